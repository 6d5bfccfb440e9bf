//! The engine: one entry point for embedders.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::{Either, select};
use score_drivers::{ClockRef, DriverRef, Isolate, Registry, Retry, Seed, SystemClock, Timeout};
use score_model::{Checked, Diagnostic, Diagnostics, Workload};
use score_resolver::{
    Context, DriverCatalogue, DriverInfo, Plan, PlanOptions, Platform, Resolution, Resolver, Scope, Settled,
};

use crate::goal::Desired;
use crate::{
    EngineError, Export, Goal, Holder, Interrupt, Journal, KeySource, Recorded, Sealer, Session, Store, planning,
};

/// Drivers, a store and a platform, put together: resolves, plans, and opens [sessions](Session) that apply.
///
/// It needs no runtime: any executor drives its futures, `futures_executor::block_on` as well. Around every driver of the registry that has effects it puts layers: each call runs on a thread of its own
/// ([`Isolate`]), ends when its time is over ([`timeout`](Self::timeout)), and is repeated when it failed temporarily ([`Retry`]). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    /// As given.
    registry: Registry,
    /// With the layers around it.
    drivers: Registry,
    catalogue: Arc<DriverCatalogue>,
    store: Arc<dyn Store>,
    keys: KeySource,
    clock: ClockRef,
    platform: Arc<Platform>,
    interrupt: Interrupt,
    isolate: Option<IsolateRef>,
    retry: Option<Retry>,
    timeout: Option<Duration>,
    variables: Arc<[(Arc<str>, Arc<str>)]>,
    /// Made of the others when first asked for.
    resolver: OnceLock<Resolver>,
}

#[derive(Clone)]
struct IsolateRef(Isolate);

impl std::fmt::Debug for IsolateRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Isolate")
    }
}

/// Longer than anything that is made; shorter than anybody waits for what hangs.
const TIMEOUT: Duration = Duration::from_secs(3600);

/// How the lock of a state is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockOptions {
    /// How long to wait while another holds it; not at all unless given.
    pub timeout: Duration,
}

impl LockOptions {
    /// Waits so long while another holds it.
    pub fn wait(timeout: Duration) -> Self {
        Self { timeout }
    }
}

impl Engine {
    /// An engine of these drivers and this store, with an empty platform, on the system's clock, and with the store's own [key](Store::default_key).
    pub fn new(registry: Registry, store: impl Store) -> Self {
        let (catalogue, store): (_, Arc<dyn Store>) = (Arc::new(registry.catalogue()), Arc::new(store));
        let inner = Inner {
            drivers: registry.clone(),
            registry,
            catalogue,
            keys: store.default_key(),
            store,
            clock: Arc::new(SystemClock),
            platform: Arc::new(Platform::default()),
            interrupt: Interrupt::new(),
            isolate: Some(IsolateRef(Isolate::new())),
            retry: Some(Retry::new()),
            timeout: Some(TIMEOUT),
            variables: Arc::default(),
            resolver: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }.relayered()
    }

    /// With a platform.
    #[must_use]
    pub fn platform(self, platform: impl Into<Arc<Platform>>) -> Self {
        self.with(|inner| inner.platform = platform.into())
    }

    /// With other keys than the store's own.
    #[must_use]
    pub fn key(self, keys: impl Into<KeySource>) -> Self {
        self.with(|inner| inner.keys = keys.into())
    }

    /// With the variables of the environment that `local-env://` entries of provisioner files give: see [`Resolver::variables`].
    #[must_use]
    pub fn variables(self, variables: impl IntoIterator<Item = (Arc<str>, Arc<str>)>) -> Self {
        self.with(|inner| inner.variables = variables.into_iter().collect())
    }

    /// With another clock.
    #[must_use]
    pub fn clock(self, clock: ClockRef) -> Self {
        self.with(|inner| inner.clock = clock)
    }

    /// Stopped by this wish.
    #[must_use]
    pub fn interrupt(self, interrupt: Interrupt) -> Self {
        self.with(|inner| inner.interrupt = interrupt)
    }

    /// Calls of drivers with effects are given up after this time, an hour unless given; `None`: never.
    #[must_use]
    pub fn timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|inner| inner.timeout = timeout.into()).relayered()
    }

    /// Calls of drivers with effects run where this says; `None`: on the thread that drives the engine, where a driver that hangs holds up all others.
    #[must_use]
    pub fn isolation(self, isolate: impl Into<Option<Isolate>>) -> Self {
        self.with(|inner| inner.isolate = isolate.into().map(IsolateRef)).relayered()
    }

    /// Calls of drivers that failed temporarily are repeated as this says; `None`: they are not.
    #[must_use]
    pub fn retry(self, retry: impl Into<Option<Retry>>) -> Self {
        self.with(|inner| inner.retry = retry.into()).relayered()
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        change(inner);
        inner.resolver = OnceLock::new();
        self
    }

    fn relayered(self) -> Self {
        self.with(|inner| {
            let has_effects = |driver: &DriverInfo| !driver.capabilities.pure;
            let mut drivers = inner.registry.clone();
            if let Some(IsolateRef(isolate)) = &inner.isolate {
                drivers = drivers.layer_where(has_effects, isolate.clone());
            }
            if let Some(timeout) = inner.timeout {
                drivers = drivers.layer_where(has_effects, Timeout::new(timeout));
            }
            if let Some(retry) = &inner.retry {
                drivers = drivers.layer_where(has_effects, *retry);
            }
            inner.drivers = drivers;
        })
    }

    /// What these workloads, and only they, need in this context. Reads no state and calls nobody.
    pub fn resolve(&self, context: &Context, workloads: &[Workload]) -> Checked<Resolution> {
        self.resolver().resolve(context, workloads)
    }

    /// The resolver of its platform, drivers and variables: one and the same until one of these is another, so that it [goes on](Resolver::update) from what it resolved before.
    pub fn resolver(&self) -> &Resolver {
        let Inner { platform, catalogue, variables, resolver, .. } = &*self.inner;
        resolver.get_or_init(|| {
            let resolver = Resolver::new(platform.clone()).drivers((**catalogue).clone());
            resolver.variables(variables.iter().cloned())
        })
    }

    /// What is recorded in a scope, and what people should know of it. Waits for nobody and changes nothing.
    ///
    /// # Errors
    /// The state cannot be read.
    pub async fn snapshot(&self, scope: &Scope) -> Result<Recorded, EngineError> {
        Ok(Journal::read(&*self.inner.store, &self.inner.keys, scope).await?)
    }

    /// What would turn what is recorded into what is desired. Waits for nobody and changes nothing; where somebody deploys just now, a warning (`under-way`) says who. To apply a plan, open a [session](Self::open), and make it there
    /// unless it was saved.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] with all that speaks against it; the state cannot be read.
    pub async fn plan(
        &self,
        context: &Context,
        goal: impl Into<Goal>,
        options: PlanOptions,
    ) -> Result<Plan, EngineError> {
        let scope = context.scope();
        let holder = self.holder(&scope).await;
        let recorded = self.snapshot(&scope).await?;
        let seed = self.inner.keys.read()?.map(|keys| seed(&keys, &scope));
        let mut plan = self.plan_on(context, goal.into(), options, &recorded, seed.as_ref()).await?;
        if let Some(holder) = holder {
            let message = format!("`{scope}` is in use just now by {holder}: this plan is of what is recorded so far");
            let under_way = Diagnostic::warning("under-way", message);
            plan.warn(
                under_way.help("what looks interrupted may only be under way: plan again when that has ended").into(),
            );
        }
        Ok(plan)
    }

    /// The plan of a resolution on what is [recorded](Self::snapshot), going on from what was found out when the plan before it was made, and leaving in `settled` what is found out now: for who plans at each change of a file.
    /// Costs what came out otherwise: see [`Planner::going_on`](score_resolver::Planner::going_on), and [`Resolver::update`], which makes such resolutions.
    ///
    /// ```
    /// use score_engine::drivers::Registry;
    /// use score_engine::model::{Source, Workload};
    /// use score_engine::resolver::{Context, PlanOptions, Platform, Settled};
    /// use score_engine::{Engine, MemoryStore};
    ///
    /// let platform = "
    /// types: {database: {}}
    /// modules: {database: {type: database, driver: static, inputs: {size: '${params.size}'}}}
    /// rules: [{module: database}]
    /// ";
    /// let (platform, _) = Platform::load(&[Source::new("platform.yaml", platform)]).into_result()?;
    /// let shop = |size: u32| {
    ///     let text = format!(
    ///         "{{apiVersion: score.dev/v1b1, metadata: {{name: shop}}, containers: {{main: {{image: x}}}}, resources: {{db: {{type: database, params: {{size: {size}}}}}}}}}"
    ///     );
    ///     Workload::parse(Source::new("score.yaml", text)).into_result().map(|(workload, _)| workload)
    /// };
    /// let engine = Engine::new(Registry::new(), MemoryStore::new()).platform(platform);
    /// let context = Context::new("development");
    /// let recorded = futures_executor::block_on(engine.snapshot(&context.scope()))?;
    ///
    /// let (mut resolution, _) = engine.resolve(&context, &[shop(1)?]).into_result()?;
    /// let mut settled = Settled::default();
    /// for size in 2..5 {
    ///     (resolution, _) = engine.resolver().update(&resolution, &[shop(size)?]).into_result()?;
    ///     let plan = engine.plan_again(&mut settled, &resolution, &recorded, PlanOptions::default());
    ///     let plan = futures_executor::block_on(plan)?;
    ///     assert_eq!(plan.changes()[0].redacted()["after"]["size"], size);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EngineError::Rejected`] with all that speaks against it; the key cannot be read.
    pub async fn plan_again(
        &self,
        settled: &mut Settled,
        desired: &Resolution,
        recorded: &Recorded,
        options: PlanOptions,
    ) -> Result<Plan, EngineError> {
        let seed = self.inner.keys.read()?.map(|keys| seed(&keys, &desired.context().scope()));
        planning::plan_again(self, seed.as_ref(), settled, desired, &recorded.snapshot, options).await
    }

    pub(crate) async fn plan_on(
        &self,
        context: &Context,
        goal: Goal,
        options: PlanOptions,
        recorded: &Recorded,
        seed: Option<&Seed>,
    ) -> Result<Plan, EngineError> {
        let mut options = options.context(context.clone());
        let warnings = recorded.warnings.iter().map(|warning| Diagnostic::warning("state", warning.as_str()));
        let mut warnings: Diagnostics = warnings.collect();
        let resolution = match goal.desired(&recorded.snapshot)? {
            None => None,
            Some(Desired { workloads, documents }) => {
                options = options.documents(documents);
                let (resolution, found) = self.resolve(context, &workloads).into_result()?;
                drop(workloads);
                warnings.append(found);
                Some(resolution)
            }
        };
        let scope = context.scope();
        let mut plan = planning::plan(self, &scope, seed, resolution.as_ref(), &recorded.snapshot, options).await?;
        plan.warn(warnings);
        Ok(plan)
    }

    /// Becomes the one writer of a scope, waiting as `options` say while another is, and up to five seconds for a lock that outlives its holder.
    ///
    /// # Errors
    /// [`EngineError::Locked`] with who holds it; the state cannot be read.
    pub async fn open(&self, scope: &Scope, options: LockOptions) -> Result<Session, EngineError> {
        const FIRST_WAIT: Duration = Duration::from_millis(10);
        const LONGEST_WAIT: Duration = Duration::from_millis(250);
        /// A program that the holder was starting when it died may hold the lock until it is started.
        const STARTING: Duration = Duration::from_secs(5);
        let clock = &self.inner.clock;
        // None: there is no time that far away.
        let deadline = clock.now().checked_add(options.timeout);
        let after_death = clock.now().checked_add(options.timeout.max(STARTING));
        let mut wait = FIRST_WAIT;
        loop {
            let holder = Holder::this_process(clock.system_time());
            let opened = Journal::open(self.inner.store.clone(), &self.inner.keys, scope, holder).await;
            let error = match opened.map_err(EngineError::from) {
                Ok((journal, recorded)) => return Ok(Session::new(self.clone(), scope.clone(), journal, recorded)),
                Err(error) => error,
            };
            let deadline = match &error {
                EngineError::Locked { holder: Some(holder), .. } if !holder.may_live() => after_death,
                EngineError::Locked { .. } => deadline,
                _ => return Err(error),
            };
            let left = deadline.map_or(LONGEST_WAIT, |deadline| deadline.saturating_duration_since(clock.now()));
            if left.is_zero() {
                return Err(error);
            }
            let sleep = clock.sleep(wait.min(left));
            if let Either::Right(_) = select(sleep, self.inner.interrupt.draining()).await {
                return Err(EngineError::Interrupted);
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// All that is recorded in a scope, secrets sealed.
    ///
    /// # Errors
    /// The state cannot be read.
    pub async fn export(&self, scope: &Scope) -> Result<Export, EngineError> {
        let snapshot = self.snapshot(scope).await?.snapshot;
        let sealer = match self.inner.keys.read()? {
            Some(keys) => Sealer::new(&keys, scope)?,
            // without a key nothing is recorded
            None => Sealer::new(&crate::Keys::new(crate::SealingKey::random()?), scope)?,
        };
        Ok(Export::new(&snapshot, scope, &sealer)?)
    }

    /// An operator's way out: takes the lock of a scope away from its holder. `None` where nobody held it.
    ///
    /// # Errors
    /// [`EngineError::Locked`] where the holder is known to live: it is better ended.
    pub async fn unlock(&self, scope: &Scope) -> Result<Option<Holder>, EngineError> {
        Ok(self.inner.store.break_lock(scope).await?)
    }

    /// Who deploys in a scope just now, as far as its store can tell.
    pub async fn holder(&self, scope: &Scope) -> Option<Holder> {
        self.inner.store.holder(scope).await
    }

    /// Asks whoever deploys in a scope, wherever that is, to start nothing new.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn request_cancel(&self, scope: &Scope) -> Result<(), EngineError> {
        Ok(self.inner.store.request_cancel(scope).await?)
    }

    /// What is known of the drivers.
    pub fn catalogue(&self) -> &DriverCatalogue {
        &self.inner.catalogue
    }

    /// The keys of its states.
    pub fn keys(&self) -> &KeySource {
        &self.inner.keys
    }

    /// A driver with its layers.
    pub fn driver(&self, name: &str) -> Option<&DriverRef> {
        self.inner.drivers.get(name)
    }

    pub(crate) fn wish(&self) -> &Interrupt {
        &self.inner.interrupt
    }

    pub(crate) fn now(&self) -> &ClockRef {
        &self.inner.clock
    }
}

/// What randomness of drivers in a scope is made from.
pub(crate) fn seed(keys: &crate::Keys, scope: &Scope) -> Seed {
    Seed::new(keys.derive("partitura 2026 seed", scope))
}
