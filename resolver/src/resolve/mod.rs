//! The resolver: workloads and a context in, a resolution out.

mod assemble;
mod bind;
mod cycles;
mod draft;
mod entries;
mod evaluate;
mod expansion;
mod follow;
mod given;
mod matcher;
mod numbers;
mod outputs;
mod params;
mod reads;
mod requests;
mod score;
mod select;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use score_model::{CLASS_ANNOTATION, Checked, Diagnostic, Diagnostics, Workload};

use self::draft::{Served, name_path};
use self::expansion::Structure;
use self::matcher::Matcher;
use self::outputs::Made;
use self::score::ScoreFile;
use crate::check::{Proof, module, secret_outputs};
use crate::drivers::Drivers;
use crate::platform::is_type;
use crate::resolution::Inner;
use crate::{Context, DriverCatalogue, Platform, Resolution};

/// The variables of an environment, by name.
pub(crate) type Variables = BTreeMap<Arc<str>, Arc<str>>;

/// Decides which modules serve what workloads ask for. Pure: the same in, the same out.
#[derive(Clone, Debug)]
pub struct Resolver {
    platform: Arc<Platform>,
    drivers: Option<Arc<Drivers>>,
    variables: Arc<Variables>,
    /// What is wrong with modules themselves: found out once.
    problems: Arc<OnceLock<BTreeMap<Arc<str>, Diagnostics>>>,
}

impl Resolver {
    /// A resolver of this platform that knows nothing of drivers: of them, everything is believed.
    pub fn new(platform: Arc<Platform>) -> Self {
        Self { platform, drivers: None, variables: Arc::default(), problems: Arc::default() }
    }

    /// The platform that it resolves on.
    pub fn platform(&self) -> &Arc<Platform> {
        &self.platform
    }

    /// With the drivers that there are: modules of others are refused, inputs and outputs are checked against what is known of them.
    #[must_use]
    pub fn drivers(mut self, drivers: DriverCatalogue) -> Self {
        self.drivers = Some(Arc::new(Drivers::new(drivers)));
        self.problems = Arc::default();
        self
    }

    /// With the variables of the environment that `local-env://` entries of provisioner files give, as secrets; without, there are none.
    #[must_use]
    pub fn variables<N: Into<Arc<str>>, T: Into<Arc<str>>>(
        mut self,
        variables: impl IntoIterator<Item = (N, T)>,
    ) -> Self {
        self.variables = Arc::new(variables.into_iter().map(|(name, text)| (name.into(), text.into())).collect());
        self
    }

    /// The graph of all that these workloads need in this context, or everything that is wrong with what they ask for. The order of the workloads does not matter.
    pub fn resolve(&self, context: &Context, workloads: &[Workload]) -> Checked<Resolution> {
        let mut diagnostics = Diagnostics::new();
        let files = files(workloads, &mut diagnostics);
        let drivers = self.drivers.as_deref();
        let matcher = Matcher::new(&self.platform, context);
        let mut structure = expansion::grow(&matcher, &files);
        if structure.endless {
            diagnostics.append(each_once(structure.diagnostics));
            diagnostics.sort();
            return Checked::failed(diagnostics);
        }
        structure.variables = self.variables.clone();
        follow::follow(&mut structure);
        let recipes = bind::bind(&structure, drivers);
        let selected = bind::selector_edges(&structure);
        // There are few of them beside all that there are: no room to grow is wanted.
        structure.edges.reserve_exact(selected.len());
        structure.edges.extend(selected);
        let made = Made { recipes: &recipes, drivers, others: None, checked: None };
        structure.check_params(made);
        structure.check_outputs(made);
        structure.check_inputs(made);
        self.check_modules(&mut structure);
        diagnostics.append(std::mem::take(&mut structure.diagnostics));
        let resolution = assemble::assemble(structure, recipes, &mut diagnostics);
        let resolution = resolution.map(|(graph, nodes)| {
            let (platform, context, graph) = (self.platform.clone(), context.clone(), Arc::new(graph));
            let resolver = diagnostics.is_empty().then(|| self.clone());
            let may_have_lanes = platform.modules().any(|(_, module)| module.lane.is_some());
            Resolution { inner: Arc::new(Inner { platform, context, graph, nodes, may_have_lanes, resolver }) }
        });
        diagnostics.sort();
        match resolution {
            Some(resolution) if !diagnostics.has_errors() => Checked::new(resolution, diagnostics),
            _ => Checked::failed(diagnostics),
        }
    }

    /// What is wrong with the modules in use themselves.
    fn check_modules(&self, structure: &mut Structure<'_>) {
        let Some(drivers) = self.drivers.as_deref() else { return };
        let known = self.problems.get_or_init(|| {
            let mut known = BTreeMap::new();
            let secrets = secret_outputs(&self.platform, drivers);
            for (name, _) in self.platform.modules() {
                let mut proof = Proof::default();
                module(&self.platform, Some(drivers), &secrets, name, &mut proof);
                if !proof.diagnostics.is_empty() {
                    known.insert(name.clone(), proof.diagnostics);
                }
            }
            known
        });
        if known.is_empty() {
            return;
        }
        let used: BTreeSet<&Arc<str>> = structure
            .drafts
            .iter()
            .filter_map(|draft| match *draft.served {
                Served::Module { name, .. } => Some(name),
                Served::Nothing | Served::BuiltIn => None,
            })
            .collect();
        for problems in used.into_iter().filter_map(|name| known.get(name)) {
            structure.diagnostics.append(problems.clone());
        }
    }
}

/// The problems, of those of one kind and place the first.
fn each_once(problems: Diagnostics) -> Diagnostics {
    let mut seen = BTreeSet::new();
    let key = |problem: &Diagnostic| {
        let place = problem.place.as_ref().map(|place| (place.source.name().to_owned(), place.span.start));
        (problem.code.clone(), place)
    };
    problems.into_iter().filter(|problem| seen.insert(key(problem))).collect()
}

/// The workloads in the order of their uids. Of two with one name, the later is reported and left out.
fn files<'a>(workloads: &'a [Workload], diagnostics: &mut Diagnostics) -> Vec<ScoreFile<'a>> {
    let mut sorted: Vec<&Workload> = workloads.iter().collect();
    sorted.sort_by(|a, b| a.document().source().name().cmp(b.document().source().name()));
    // In the order of their names, they all differ.
    let may_repeat = !sorted.is_sorted_by(|a, b| a.name < b.name);
    let mut earlier: FxHashMap<&str, &Workload> = FxHashMap::default();
    let mut files: Vec<ScoreFile<'a>> = Vec::with_capacity(workloads.len());
    for workload in sorted {
        if let Some(earlier) = earlier.get(&*workload.name) {
            let earlier = earlier.place(&name_path()).map_or_else(String::new, |place| format!(", first at {place}"));
            let message = format!("two workloads are called `{}`{earlier}", workload.name);
            let diagnostic = Diagnostic::error("duplicate-workload", message).at(workload.place(&name_path()));
            diagnostics.push(diagnostic.help("give one of them another `metadata.name`"));
            continue;
        }
        match workload.uid().filter(|uid| is_type(uid.class())) {
            Some(uid) => {
                if may_repeat {
                    earlier.insert(&workload.name, workload);
                }
                files.push(ScoreFile::new(workload, uid));
            }
            None => {
                let path = ["metadata", "annotations", CLASS_ANNOTATION].into_iter().collect();
                let message = format!("`{}` is no class", workload.class());
                let diagnostic = Diagnostic::error("invalid-name", message).at(workload.place(&path));
                diagnostics.push(diagnostic.help("write 2 to 63 letters, digits and `-`, with no `-` at either end"));
            }
        }
    }
    files.sort_by(|a, b| a.uid.cmp(&b.uid));
    let mut first = 0;
    for file in &mut files {
        file.first = first;
        first += file.workload.resources.len();
    }
    files
}
