//! Going on from a resolution when some Score files have changed.
//!
//! The Score files that changed are resolved by themselves, with those that they name, as they were and as they are. Where both ask for the same, so that only what they tell differs, the graph of the whole is what it was, and what differs is what was told
//! to resources of which everything that is told comes from these files. Only these are bound and checked again. Whatever is not so simple is resolved anew.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use score_model::{Checked, Diagnostics, Name, ResourceUid, WORKLOAD_TYPE, Workload};

use super::assemble::concealed_params;
use super::draft::{Draft, Origin, Served};
use super::expansion::{Structure, grow};
use super::given::Given;
use super::matcher::Matcher;
use super::outputs::Made;
use super::score::ScoreFile;
use super::{Resolver, bind, files};
use crate::resolution::{Asked, Inner};
use crate::sameness::{same_exprs, same_recipe, same_values, stands_in};
use crate::{Node, Recipe, Resolution};

/// So far it is followed who tells what; beyond that all is resolved anew.
const MOST_STEPS: usize = 100;

impl Resolver {
    /// The resolution after some of its workloads changed: `changed` in the places of those of the same names, or beside them. The same as [`resolve`](Self::resolve) makes of all of them, to every byte.
    ///
    /// What changed in params, metadata and containers costs about as much as resolving the files in `changed` by themselves, twice, and what did not change is shared with `previous`. All is resolved anew where files ask
    /// for other resources than before, where others have a say in the params that changed, or read them from afar (`${workloads}`, selectors of params), where there is something to report, or where `previous` was
    /// resolved by another resolver, or with warnings.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use score_model::{Source, Workload};
    /// use score_resolver::{Context, Platform, Resolver};
    ///
    /// let platform = "
    /// types: {postgres: {}}
    /// modules: {pg: {type: postgres, driver: static, inputs: {size: '${params.size}'}}}
    /// rules: [{module: pg}]
    /// ";
    /// let score = |name: &str, size: u32| {
    ///     let text = format!(
    ///         "{{apiVersion: score.dev/v1b1, metadata: {{name: {name}}}, containers: {{main: {{image: x}}}}, resources: {{db: {{type: postgres, params: {{size: {size}}}}}}}}}"
    ///     );
    ///     Workload::parse(Source::new(format!("{name}.yaml"), text)).into_result().map(|(workload, _)| workload)
    /// };
    /// let (platform, _) = Platform::load(&[Source::new("platform.yaml", platform)]).into_result()?;
    /// let (resolver, context) = (Resolver::new(Arc::new(platform)), Context::new("dev"));
    /// let (before, _) = resolver.resolve(&context, &[score("shop", 1)?, score("blog", 1)?]).into_result()?;
    /// let (after, _) = resolver.update(&before, &[score("blog", 2)?]).into_result()?;
    ///
    /// let (shop, blog) = ("postgres.default#shop.db".parse()?, "postgres.default#blog.db".parse()?);
    /// let recipe = |resolution: &score_resolver::Resolution, uid| resolution.node(uid).map(|node| node.recipe.clone());
    /// assert!(Arc::ptr_eq(&recipe(&before, &shop).unwrap(), &recipe(&after, &shop).unwrap()));
    /// assert_ne!(recipe(&before, &blog), recipe(&after, &blog));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&self, previous: &Resolution, changed: &[Workload]) -> Checked<Resolution> {
        if let Some(resolution) = self.update_locally(previous, changed) {
            return Checked::new(resolution, Diagnostics::new());
        }
        let names: FxHashSet<&str> = changed.iter().map(|workload| &*workload.name).collect();
        let others = previous.workloads().filter(|workload| !names.contains(&*workload.name));
        let workloads: Vec<Workload> = others.chain(changed).cloned().collect();
        self.resolve(previous.context(), &workloads)
    }

    /// The resolution, where only what is told differs, and there is nothing to report.
    fn update_locally(&self, previous: &Resolution, changed: &[Workload]) -> Option<Resolution> {
        let inner = &*previous.inner;
        if !inner.resolver.as_ref()?.is(self) {
            return None;
        }
        let was = |workload: &Workload| previous.workload(&workload.uid()?).cloned();
        let mut before: Vec<Workload> = changed.iter().map(was).collect::<Option<_>>()?;
        let named = previous.named_by(changed);
        let after: Vec<Workload> = changed.iter().chain(&named).cloned().collect();
        before.extend(named);
        let mut problems = Diagnostics::new();
        let (old, new) = (files(&before, &mut problems), files(&after, &mut problems));
        let (matcher, drivers) = (Matcher::new(&self.platform, &inner.context), self.drivers.as_deref());
        let (old, mut new) = (grow(&matcher, &old), grow(&matcher, &new));
        problems.append(std::mem::take(&mut new.diagnostics));
        if !problems.is_empty() || new.endless || !same_shape(&old, &new) || tells_all(&old, &new) {
            return None;
        }
        new.variables = self.variables.clone();
        let told = Told::new(previous, &old, &new);
        let remade = told.remade()?;
        let mut recipes = bind::bind(&new, drivers);
        for ((node, recipe), remade) in told.nodes.iter().zip(&mut recipes).zip(&remade) {
            if let Some(node) = node {
                told.settle(node, recipe, *remade)?;
            }
        }
        let made = Made { recipes: &recipes, drivers, others: Some(previous), checked: Some(&remade) };
        new.check_params(made);
        new.check_outputs(made);
        new.check_inputs(made);
        if !new.diagnostics.is_empty() {
            return None;
        }
        let told = Told::new(previous, &old, &new);
        let mut nodes = inner.nodes.clone();
        for (number, draft) in new.drafts.iter().enumerate() {
            let Some(node) = told.nodes[number] else { continue };
            let moved = told.is_asked_here(draft, node);
            if !moved && !remade[number] {
                continue;
            }
            let node = nodes.get_mut(inner.graph.id(&node.uid)?.index())?;
            if moved {
                node.asked = draft.origin.keep();
            }
            if remade[number] {
                node.recipe = recipes[number].take()?;
                let written = new.given.with_params(draft).and_then(|given| given.written.clone());
                node.params = concealed_params(draft, written.unwrap_or_else(|| new.no_params()));
                node.given = new.given.all(draft).count() as u32;
            }
        }
        let inner = Inner {
            platform: inner.platform.clone(),
            context: inner.context.clone(),
            graph: inner.graph.clone(),
            nodes,
            may_have_lanes: inner.may_have_lanes,
            resolver: inner.resolver.clone(),
        };
        Some(Resolution { inner: Arc::new(inner) })
    }

    /// Whether it resolves as the other does.
    fn is(&self, other: &Self) -> bool {
        let same_drivers = match (&self.drivers, &other.drivers) {
            (Some(own), Some(others)) => Arc::ptr_eq(own, others),
            (None, None) => true,
            _ => false,
        };
        same_drivers
            && Arc::ptr_eq(&self.platform, &other.platform)
            && (Arc::ptr_eq(&self.variables, &other.variables) || self.variables == other.variables)
    }
}

impl Resolution {
    /// The workloads, unread.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = &Workload> {
        self.inner.nodes.iter().filter_map(|node| match &node.asked {
            Asked::Score { workload, resource: None } => Some(&**workload),
            _ => None,
        })
    }

    /// Other workloads that these name as something that they depend on, and those that they name in turn.
    fn named_by(&self, workloads: &[Workload]) -> Vec<Workload> {
        let mut known: FxHashSet<Name> = workloads.iter().map(|workload| workload.name.clone()).collect();
        let mut named: Vec<Workload> = Vec::new();
        for place in 0.. {
            let Some(workload) = workloads.get(place).or_else(|| named.get(place - workloads.len())) else { break };
            let asked = workload.resources.values().filter(|resource| resource.ty == WORKLOAD_TYPE);
            let found: Vec<Workload> = asked
                .filter_map(|resource| self.workload(&resource.uid(&workload.name, "")?))
                .filter(|workload| known.insert(workload.name.clone()))
                .cloned()
                .collect();
            named.extend(found);
        }
        named
    }

    fn workload(&self, uid: &ResourceUid) -> Option<&Workload> {
        match &self.node(uid)?.asked {
            Asked::Score { workload, resource: None } => Some(workload),
            _ => None,
        }
    }
}

/// Whether the same is asked for by the same, with the same edges.
fn same_shape(old: &Structure<'_>, new: &Structure<'_>) -> bool {
    let same = |(old, new): (&Draft<'_>, &Draft<'_>)| {
        old.uid == new.uid && old.dependencies() == new.dependencies() && old.brought() == new.brought()
    };
    old.drafts.len() == new.drafts.len()
        && old.drafts.iter().zip(&new.drafts).all(same)
        && old.resources == new.resources
        && old.asked == new.asked
        && old.edges == new.edges
}

/// Whether workloads tell something else to all who want to know of them.
fn tells_all(old: &Structure<'_>, new: &Structure<'_>) -> bool {
    let afar = &new.platform.program().afar;
    let metadata = afar.sources || afar.workloads;
    old.files.iter().zip(new.files).any(|(old, new)| {
        let differs = |key| !same_values(old.value().child(key), new.value().child(key));
        (metadata && differs("metadata")) || (afar.workloads && differs("service"))
    })
}

/// What the files that changed tell to whom, as they were and as they are.
struct Told<'a, 's> {
    old: &'s Structure<'a>,
    new: &'s Structure<'a>,
    /// The nodes of the whole, in the order of the drafts; `None` for what is there only when the files are by themselves.
    nodes: Vec<Option<&'s Node>>,
    previous: &'s Resolution,
}

impl<'a, 's> Told<'a, 's> {
    fn new(previous: &'s Resolution, old: &'s Structure<'a>, new: &'s Structure<'a>) -> Self {
        let nodes = new.drafts.iter().map(|draft| previous.node(&draft.uid)).collect();
        Self { old, new, nodes, previous }
    }

    /// Which nodes are told something else than before; `None` where that cannot be told from these files alone.
    fn remade(&self) -> Option<Vec<bool>> {
        let (old, new) = (&self.old.drafts, &self.new.drafts);
        let mut remade = Vec::with_capacity(new.len());
        for ((number, old), new) in (0_u32..).zip(old).zip(new) {
            let differs = match self.new.file(number) {
                Some(file) => !same_values(self.old.file(number).map(ScoreFile::value), Some(file.value())),
                None => !self.is_given_the_same(old, new),
            };
            if differs && !self.may_be_remade(number, new) {
                return None;
            }
            remade.push(differs);
        }
        // What it gives depends on what all others read.
        let gives_variables =
            |draft: &Draft<'_>| matches!(*draft.served, Served::Module { module, .. } if module.reads_environment);
        (!remade.contains(&true) || !new.iter().any(gives_variables)).then_some(remade)
    }

    /// Whether a node is told the same, to every byte.
    fn is_given_the_same(&self, old: &Draft<'a>, new: &Draft<'a>) -> bool {
        let same = |(old, new): (&&Given<'a>, &&Given<'a>)| {
            old.by == new.by
                && same_values(old.written.as_ref(), new.written.as_ref())
                && same_exprs(old.params.as_ref(), new.params.as_ref())
                && same_values(old.metadata, new.metadata)
        };
        let old: Vec<&Given<'a>> = self.old.given.all(old).collect();
        let new: Vec<&Given<'a>> = self.new.given.all(new).collect();
        old.len() == new.len() && old.iter().zip(&new).all(same)
    }

    /// Whether a node that is told something else can be made again by looking at these files alone, and no other node is told of that by other ways than these files show.
    fn may_be_remade(&self, number: u32, draft: &Draft<'a>) -> bool {
        let afar = &self.new.platform.program().afar;
        let module = draft.module();
        !module.is_some_and(|module| module.reads_afar)
            && !afar.params_of.contains(draft.uid.ty())
            && (self.new.file(number).is_some() || self.is_told_here_only(number, MOST_STEPS))
            && (!module.is_some_and(|module| module.entries_read_params) || self.is_asked_here_only(number, MOST_STEPS))
    }

    /// Whether all that is told to a node comes from these files.
    fn is_told_here_only(&self, number: u32, steps: usize) -> bool {
        let (Some(old), Some(Some(node))) = (self.old.drafts.get(number as usize), self.nodes.get(number as usize))
        else {
            return false;
        };
        let Some(new) = self.new.drafts.get(number as usize).filter(|_| steps > 0) else { return false };
        let tells_what_is_known = |given: &Given<'a>| {
            let Some(by) = self.new.drafts.get(given.by as usize) else { return false };
            by.module().is_none_or(|module| {
                !module.reads_afar
                    && (!module.entries_read_params
                        || self.new.file(given.by).is_some()
                        || self.is_told_here_only(given.by, steps - 1))
            })
        };
        let (old, new) = (|| self.old.given.all(old), self.new.given.all(new));
        old().count() == node.given as usize && old().chain(new).all(tells_what_is_known)
    }

    /// Whether all that ask for a node are of these files: then it is expanded in the whole as it is here.
    fn is_asked_here_only(&self, number: u32, steps: usize) -> bool {
        if self.new.file(number).is_some() {
            return true;
        }
        let Some(Some(node)) = self.nodes.get(number as usize).filter(|_| steps > 0) else { return false };
        node.requested_by
            .iter()
            .all(|by| self.new.number(by).is_some_and(|number| self.is_asked_here_only(number, steps - 1)))
    }

    /// Puts the recipe that a node has in the whole in the place of the one that it has by itself. `None` where what others found out about it may not hold any more.
    fn settle(&self, node: &Node, recipe: &mut Option<Arc<Recipe>>, remade: bool) -> Option<()> {
        if !remade {
            *recipe = Some(node.recipe.clone());
            return Some(());
        }
        let made = recipe.as_mut().and_then(Arc::get_mut)?;
        made.depends_on.clone_from(&node.recipe.depends_on);
        if same_recipe(made, &node.recipe) {
            *recipe = Some(node.recipe.clone());
            return Some(());
        }
        let graph = self.previous.graph();
        let is_read = !graph.dependents(graph.id(&node.uid)?).is_empty();
        let outputs = match (&made.outputs, &node.recipe.outputs) {
            (Some(new), Some(old)) => stands_in(new, old),
            (new, old) => new == old,
        };
        (!is_read || (stands_in(&made.inputs, &node.recipe.inputs) && outputs)).then_some(())
    }

    /// Whether it is one of these files of which is told that it asked for a node.
    fn is_asked_here(&self, draft: &Draft<'a>, node: &Node) -> bool {
        let by = draft.asked_by.and_then(|by| self.new.drafts.get(by as usize));
        match draft.origin {
            Origin::Workload(_) => true,
            Origin::Score { .. } => by.is_some_and(|by| node.requested_by.first() == Some(&by.uid)),
            Origin::Entry { .. } => false,
        }
    }
}
