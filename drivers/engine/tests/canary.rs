//! A secret that a driver is told is found nowhere else, also when the driver says it inside other texts, wherever it can say anything.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_executor::block_on;
use score_engine::drivers::{
    Applied, ApplyRequest, Artefact, Call, Capabilities, DestroyRequest, Driver, DriverInfo, Error, ErrorKind,
    ImportRequest, ObserveRequest, Observed, PlanRequest, Planned, Registry, Retry, Trace, Value,
};
use score_engine::model::{Source, Workload};
use score_engine::resolver::{Context, Event, Listed, OnFailure, Plan, PlanOptions, Platform, RunOptions, Snapshot};
use score_engine::{Engine, EngineError, Goal, LockOptions, MemoryStore, SealingKey, Store as _};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

const CANARY: &str = "canary-4711";

/// What the driver does with what it is told: says it.
const HOWS: [&str; 8] =
    ["makes", "fails", "fails in half", "panics", "fails for now", "cannot plan", "defers", "stays"];

struct Blabber;

impl Blabber {
    fn hears(call: &Call, inputs: &Value) -> (String, String) {
        let text = |key: &str| inputs.child(key).map(Value::expose).and_then(|it| it.as_str().map(str::to_owned));
        let said = format!("it is {}!", text("told").unwrap_or_default());
        call.log(format!("log: {said}"));
        (text("how").unwrap_or_default(), said)
    }

    fn applied(said: &str) -> Applied {
        let outputs = json!({"url": format!("db://user:{said}@host"), "list": [{"deep": said}], "plain": "plain"});
        let value = json!({"env": said}).into();
        let artefact = Artefact { kind: "page".into(), key: "index".into(), value };
        Applied::new(outputs.into()).state(json!({"token": said}).into()).artefacts(vec![artefact])
    }
}

impl Driver for Blabber {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::default().plan().destroy().observe().import())
    }

    async fn plan(&self, call: &Call, request: PlanRequest) -> Result<Planned, Error> {
        let mut planned = Planned::default();
        let (how, said) = Self::hears(call, &request.inputs);
        match how.as_str() {
            "cannot plan" => return Err(Error::invalid(said)),
            "defers" => planned.deferred = Some(said),
            "makes" => planned.outputs = Some(Self::applied(&said).outputs),
            _ => {}
        }
        Ok(planned)
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let (how, said) = Self::hears(call, &request.inputs);
        match how.as_str() {
            "fails" => Err(Error::invalid(&*said).with_source(std::io::Error::other(said))),
            "fails in half" => Err(Error::new(ErrorKind::Other, &*said).with_partial(Self::applied(&said))),
            "fails for now" => Err(Error::new(ErrorKind::Unavailable, said).temporary()),
            "panics" => panic!("{said}"),
            _ => Ok(Self::applied(&said)),
        }
    }

    async fn destroy(&self, call: &Call, request: DestroyRequest) -> Result<(), Error> {
        let (how, said) = Self::hears(call, &request.prior.inputs);
        if how == "stays" { Err(Error::new(ErrorKind::Conflict, said)) } else { Ok(()) }
    }

    async fn observe(&self, call: &Call, request: ObserveRequest) -> Result<Observed, Error> {
        let (_, said) = Self::hears(call, &request.prior.inputs);
        let changed = format!("changed by hand: {said}");
        Ok(Observed::Present { applied: Self::applied(&changed), complete: true })
    }

    async fn import(&self, call: &Call, request: ImportRequest) -> Result<Observed, Error> {
        let (_, said) = Self::hears(call, &request.inputs);
        Err(Error::new(ErrorKind::NotFound, said))
    }
}

/// Everything that is told of spans and events, as text.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<String>>);

impl Visit for Traced {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0.lock().unwrap(), " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Traced {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// All that was seen, by channel.
#[derive(Default)]
struct Seen(Vec<(String, String)>);

impl Seen {
    fn see(&mut self, channel: &str, text: impl Into<String>) {
        self.0.push((channel.to_owned(), text.into()));
    }

    fn plan(&mut self, engine: &Engine, plan: &Plan) {
        let texts = [plan.to_string(), plan.to_markdown(), plan.redacted().to_string(), format!("{plan:?}")];
        texts.into_iter().for_each(|text| self.see("plan", text));
        self.see("saved plan", engine.save(plan).unwrap());
    }

    fn event(&mut self, event: &Event) {
        let texts = [event.to_string(), serde_json::to_string(event).unwrap(), format!("{event:?}")];
        texts.into_iter().for_each(|text| self.see("event", text));
    }

    fn error(&mut self, error: &EngineError) {
        self.see("error", format!("{error} {error:?} {}", error.full_message()));
    }

    async fn state(&mut self, engine: &Engine, store: &MemoryStore, snapshot: &Snapshot) {
        let listed = snapshot.list();
        let listed = listed.iter().map(Listed::redacted_in_full).collect::<serde_json::Value>();
        self.see("list", listed.to_string());
        self.see("snapshot", format!("{snapshot:?}"));
        let entries = store.load(&context().scope()).await.unwrap().entries;
        self.see("journal", entries.iter().map(|entry| String::from_utf8_lossy(entry)).collect::<String>());
        let export = engine.export(&context().scope()).await.unwrap();
        self.see("export", serde_json::to_string(&export).unwrap());
    }
}

fn context() -> Context {
    Context::new("development")
}

fn platform() -> Platform {
    let text = format!(
        r#"
types:
  vault: {{outputs: {{type: object, properties: {{password: {{type: string, writeOnly: true}}, key: {{writeOnly: true}}}}}}}}
  thing: {{}}
modules:
  # Only the type says that `key` is secret.
  vault: {{type: vault, driver: static, inputs: {{key: {CANARY}, secrets: {{password: {CANARY}}}}}}}
  thing: {{type: thing, driver: blabber, inputs: {{how: "${{params.how}}", told: "${{params.told}}"}}}}
rules: [{{module: vault}}, {{module: thing}}]
"#
    );
    Platform::load(&[Source::new("platform.yaml", text)]).into_result().unwrap().0
}

fn workload(how: &str) -> Workload {
    let text = json!({
        "apiVersion": "score.dev/v1b1", "metadata": {"name": "shop"},
        "containers": {"main": {"image": "busybox", "variables": {"PASSWORD": "${resources.vault.password}"}}},
        "resources": {
            "vault": {"type": "vault"},
            "thing": {"type": "thing", "params": {"how": how, "told": "${resources.vault.password}"}},
        },
    });
    Workload::parse(Source::new("score.json", text.to_string())).into_result().unwrap().0
}

/// Plans, saves, applies, plans again with what is observed, looks for drift, imports and destroys.
fn everything(how: &str, seen: &mut Seen) -> Result<(), EngineError> {
    let store = MemoryStore::new();
    let retry = Retry::new().attempts(2).first_wait(Duration::from_millis(1));
    let registry = Registry::new().with("blabber", Blabber).layer(Trace);
    let engine = Engine::new(registry, store.clone()).platform(platform()).isolation(None).retry(retry);
    let engine = engine.key(SealingKey::new([7; 32]));
    let scope = context().scope();
    for goal in [Goal::up([workload(how)]), Goal::up([workload(how)]), Goal::down()] {
        block_on(async {
            let mut session = engine.open(&scope, LockOptions::default()).await?;
            let options = PlanOptions::default().refresh(true);
            let plan = session.plan(&context(), goal, options).await;
            let plan = match plan {
                Ok(plan) => plan,
                Err(error) => {
                    seen.error(&error);
                    return session.close().await;
                }
            };
            seen.plan(&engine, &plan);
            let run = RunOptions::default().on_failure(OnFailure::Continue);
            let summary = session.apply(plan, run, &mut |event| seen.event(event)).await?;
            seen.see("summary", summary.to_string());
            seen.state(&engine, &store, session.snapshot()).await;
            let uid = "thing.default#shop.thing".parse().unwrap();
            if let Err(error) = session.import(&context(), vec![workload(how)], &uid).await {
                seen.error(&error);
            }
            session.close().await
        })?;
        let drift = block_on(engine.drift(&scope))?;
        seen.see("drift", format!("{drift:?}"));
    }
    Ok(())
}

#[test]
fn a_secret_is_found_nowhere() {
    let traced = Traced::default();
    let mut seen = Seen::default();
    tracing::subscriber::with_default(traced.clone(), || {
        for how in HOWS {
            everything(how, &mut seen).unwrap();
        }
    });
    seen.see("trace", traced.0.lock().unwrap().clone());
    for channel in
        ["plan", "saved plan", "event", "error", "summary", "list", "snapshot", "journal", "export", "drift", "trace"]
    {
        let texts: Vec<&String> = seen.0.iter().filter(|(name, _)| name == channel).map(|(_, text)| text).collect();
        assert!(texts.iter().any(|text| !text.is_empty()), "nothing was seen of {channel}");
        let found = texts.iter().find(|text| text.contains(CANARY));
        assert_eq!(found, None, "in {channel}");
    }
    let told = |text: &str| seen.0.iter().any(|(_, seen)| seen.contains(text));
    assert!(
        told("log: it is") && told("changed by hand") == told("changed by hand: it is "),
        "what is not secret is told"
    );
}
