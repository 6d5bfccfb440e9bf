//! Phase one: the structure grows to a fixpoint, with all edges of requests, entries and their params.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Diagnostic, Diagnostics, ResourceUid, Value};

use super::Variables;
use super::draft::{Draft, Given, Origin, Served, Type};
use super::matcher::Matcher;
use super::score::{Paths, ScoreFile, ScoreScope};
use super::select::LazySurroundings;
use crate::platform::unknown_class;
use crate::suggest::did_you_mean;
use crate::{Context, EdgeKind, EdgeLabel, Platform};

/// How often the structure is grown anew because params became known late.
const MOST_PASSES: usize = 70;

/// The structure of a resolution.
pub(super) struct Structure<'a> {
    pub(super) platform: &'a Platform,
    pub(super) context: &'a Context,
    pub(super) files: &'a [ScoreFile<'a>],
    pub(super) drafts: Vec<Draft<'a>>,
    /// The numbers of what Score files ask for, one file after the other; `None` where a request failed.
    pub(super) resources: Vec<Option<u32>>,
    /// Numbers of the drafts by uid.
    pub(super) numbers: FxHashMap<ResourceUid, u32>,
    /// Who asked for what: the second for the first.
    pub(super) asked: Vec<(u32, u32)>,
    pub(super) edges: Vec<(u32, u32, EdgeLabel)>,
    pub(super) surroundings: LazySurroundings,
    pub(super) all_workloads: OnceCell<Value>,
    pub(super) variables: Arc<Variables>,
    pub(super) paths: RefCell<Paths<'a>>,
    pub(super) diagnostics: Diagnostics,
    /// Whether it was cut off because it does not end: what there is of it is not worth looking at.
    pub(super) endless: bool,
}

/// Grows the structure until nothing changes.
pub(super) fn grow<'a>(platform: &'a Platform, context: &'a Context, files: &'a [ScoreFile<'a>]) -> Structure<'a> {
    let mut matcher = Matcher::new(platform, context);
    let mut late: FxHashMap<ResourceUid, Late<'a>> = FxHashMap::default();
    for _ in 0..MOST_PASSES {
        let mut pass = Pass {
            structure: Structure::new(platform, context, files),
            matcher: &mut matcher,
            expanded: 0,
            late: &late,
            workloads: FxHashMap::default(),
            recursive: 0,
        };
        pass.requests();
        pass.expand();
        let mut structure = pass.structure;
        if structure.endless {
            return structure;
        }
        match unsettled(&structure, &late) {
            None => {
                let mut any_late = false;
                for draft in structure.drafts.iter_mut().filter(|draft| draft.late.is_some()) {
                    any_late = true;
                    draft.late = None;
                    draft.params = OnceCell::new();
                }
                if any_late {
                    structure.complete_references();
                }
                // They have made their edges, and there are many of them.
                for given in structure.drafts.iter_mut().flat_map(|draft| &mut draft.given) {
                    given.references = Vec::new();
                }
                return structure;
            }
            Some(next) => late = next,
        }
    }
    let mut structure = Structure::new(platform, context, files);
    let mut names: Vec<String> = late.keys().map(|uid| format!("`{uid}`")).collect();
    names.sort();
    names.truncate(8);
    let message = format!("what modules ask for does not settle: params of {} depend on themselves", names.join(", "));
    structure.diagnostics.push(Diagnostic::error("unsettled", message));
    structure
}

/// Params that become known late in a pass, from the pass before, in which nodes had other numbers.
#[derive(Clone)]
pub(super) struct Late<'a> {
    pub(super) given: Given<'a>,
    /// The resources that the params refer to, and the names under which they do.
    pub(super) references: Vec<(ResourceUid, Arc<str>)>,
}

/// The params with which modules should have been expanded, where they were expanded with others.
fn unsettled<'a>(
    structure: &Structure<'a>,
    late: &FxHashMap<ResourceUid, Late<'a>>,
) -> Option<FxHashMap<ResourceUid, Late<'a>>> {
    let mut next = None;
    for draft in &structure.drafts {
        let Some(used) = draft.expanded_with.as_deref() else { continue };
        let found = (draft.given().and_then(|given| given.params.clone()), draft.metadata().cloned());
        if *used == found {
            continue;
        }
        let next = next.get_or_insert_with(|| late.clone());
        match draft.given().or_else(|| draft.given.first()) {
            Some(given) if found.0.is_some() || found.1.is_some() => {
                let uid = |number: &u32| structure.drafts[*number as usize].uid.clone();
                let references = given.references.iter().map(|(of, name)| (uid(of), name.clone())).collect();
                let given = Given { metadata: draft.metadata(), ..given.clone() };
                next.insert(draft.uid.clone(), Late { given, references });
            }
            _ => {
                next.remove(&draft.uid);
            }
        }
    }
    next
}

pub(super) struct Pass<'a, 'b> {
    pub(super) structure: Structure<'a>,
    pub(super) matcher: &'b mut Matcher<'a>,
    /// How many drafts have been expanded: they are in the order of their numbers.
    pub(super) expanded: usize,
    pub(super) late: &'b FxHashMap<ResourceUid, Late<'a>>,
    /// The workloads by name.
    pub(super) workloads: FxHashMap<&'a str, u32>,
    pub(super) recursive: usize,
}

/// Who asks, and how.
pub(super) struct Asking<'a> {
    pub(super) by: u32,
    pub(super) origin: Origin<'a>,
    pub(super) depth: u16,
    pub(super) parent: Option<u32>,
}

impl<'a> Pass<'a, '_> {
    /// Notes the params of a request for a node, and the edges that they make.
    pub(super) fn give(&mut self, number: u32, mut given: Given<'a>) {
        given.references.sort_unstable();
        given.references.dedup();
        for (of, name) in &given.references {
            self.structure.edges.push((number, *of, EdgeLabel::named(EdgeKind::Placeholder, name.clone())));
        }
        let structure = &self.structure;
        let draft = &structure.drafts[number as usize];
        let less =
            |than: Option<u32>| than.is_none_or(|than| structure.is_before(given.by, draft.given[than as usize].by));
        let (params, metadata) =
            (given.params.is_some() && less(draft.params_in), given.metadata.is_some() && less(draft.metadata_in));
        let draft = &mut self.structure.drafts[number as usize];
        let place = Some(draft.given.len() as u32);
        if params {
            draft.params_in = place;
        }
        if metadata {
            draft.metadata_in = place;
        }
        if draft.given.is_empty() {
            // Nearly always there is one.
            draft.given.reserve_exact(1);
        }
        draft.given.push(given);
    }

    /// The workload of this name, which is never made.
    pub(super) fn workload(&mut self, class: Option<&str>, name: &str, asking: &Asking<'a>) -> Option<u32> {
        let found = self.workloads.get(name).copied();
        let uid = found.map(|number| self.structure.drafts[number as usize].uid.clone());
        if let (Some(number), Some(uid)) = (found, uid)
            && class.is_none_or(|class| class == uid.class())
        {
            return Some(number);
        }
        let class = class.map(|class| format!(" of class `{class}`")).unwrap_or_default();
        let key = if matches!(asking.origin, Origin::Score { .. }) { "type" } else { "" };
        let mut diagnostic = asking.origin.error("no-workload", key, format!("there is no workload `{name}`{class}"));
        diagnostic.help = did_you_mean(name, self.workloads.keys().copied())
            .or_else(|| Some("a request for a workload names one that is deployed, and never makes one".to_owned()));
        self.structure.diagnostics.push(diagnostic);
        None
    }

    /// The resource of this type, class and id, made where there is none.
    pub(super) fn resource(&mut self, ty: Type<'a>, class: &str, id: &str, asking: &Asking<'a>) -> Option<u32> {
        if !ty.data.has_class(class) {
            let (message, help) = unknown_class(ty.name, ty.data, class);
            let mut diagnostic = asking.origin.error("unknown-class", "class", message);
            diagnostic.help = help;
            self.structure.diagnostics.push(diagnostic);
            return None;
        }
        let uid = match ResourceUid::new(ty.name, class, id) {
            Ok(uid) => uid,
            Err(_) => {
                let chain = self.chain(asking.parent);
                let (key, what) = match (class.len() > score_model::MAX_CLASS, id.len() > score_model::MAX_ID) {
                    (true, _) => ("class", "a class has at most 63 bytes"),
                    (_, true) => ("id", "an id has at most 253 bytes"),
                    _ => ("id", "it is no uid"),
                };
                let message = format!("`{}.{class}#{}` cannot be asked for: {what}{chain}", ty.name, shortened(id));
                self.structure.diagnostics.push(asking.origin.error("invalid-uid", key, message));
                return None;
            }
        };
        if let Some(number) = self.structure.numbers.get(&uid).copied() {
            self.ask(number, asking);
            return Some(number);
        }
        let number = self.draft(uid, ty, asking.origin, asking.depth, asking.parent, None);
        self.structure.drafts[number as usize].asked_by = Some(asking.by);
        self.structure.asked.push((number, asking.by));
        Some(number)
    }

    /// One more request for a node that there is. Its place is where the least requester asked.
    fn ask(&mut self, number: u32, asking: &Asking<'a>) {
        self.structure.asked.push((number, asking.by));
        let least = self.structure.drafts[number as usize].asked_by;
        if least.is_some_and(|least| self.structure.is_before(asking.by, least)) {
            let draft = &mut self.structure.drafts[number as usize];
            draft.asked_by = Some(asking.by);
            draft.origin = asking.origin;
        }
    }

    pub(super) fn draft(
        &mut self,
        uid: ResourceUid,
        ty: Type<'a>,
        origin: Origin<'a>,
        depth: u16,
        parent: Option<u32>,
        workload: Option<u32>,
    ) -> u32 {
        let number = self.structure.drafts.len() as u32;
        self.structure.numbers.insert(uid.clone(), number);
        let served = match self.matcher.find(&uid) {
            Some(served) => served,
            None if uid.is_workload() && ty.program.rules.is_empty() => Served::BuiltIn,
            None => {
                let diagnostic = self.unserved(&uid, ty, origin);
                self.structure.diagnostics.push(diagnostic);
                Served::Nothing
            }
        };
        self.structure.drafts.push(Draft {
            uid,
            ty,
            served,
            workload,
            asked_by: None,
            origin,
            given: Vec::new(),
            params_in: None,
            metadata_in: None,
            expanded_with: None,
            late: None,
            depth,
            parent,
            dependencies: Vec::new(),
            brought: Vec::new(),
            params: OnceCell::new(),
        });
        number
    }

    fn unserved(&self, uid: &ResourceUid, ty: Type<'a>, origin: Origin<'a>) -> Diagnostic {
        let mut closest = None;
        for (_, rule) in self.structure.platform.rules_of(ty.name) {
            let fields = rule.mismatches(uid.class(), uid.id(), self.structure.context);
            if closest.as_ref().is_none_or(|(_, found): &(_, Vec<_>)| fields.len() < found.len()) {
                closest = Some((rule, fields));
            }
        }
        let message = format!("no rule serves `{uid}` here");
        let mut diagnostic = origin.error("unserved", "type", message);
        diagnostic.help = Some(match closest {
            None => format!("no rule is for type `{}`", ty.name),
            Some((rule, fields)) => {
                let wants: Vec<String> = fields
                    .iter()
                    .map(|field| match &field.got {
                        Some(got) => format!("{} `{}` (here `{got}`)", field.field, field.wanted),
                        None => format!("{} `{}` (here none)", field.field, field.wanted),
                    })
                    .collect();
                format!("the closest rule, for module `{}`, wants {}", rule.module, wants.join(", "))
            }
        });
        diagnostic
    }
}

impl<'a> Structure<'a> {
    fn new(platform: &'a Platform, context: &'a Context, files: &'a [ScoreFile<'a>]) -> Self {
        Self {
            platform,
            context,
            files,
            drafts: Vec::new(),
            resources: Vec::new(),
            numbers: FxHashMap::default(),
            asked: Vec::new(),
            edges: Vec::new(),
            surroundings: LazySurroundings::new(),
            all_workloads: OnceCell::new(),
            variables: Arc::default(),
            paths: RefCell::default(),
            diagnostics: Diagnostics::new(),
            endless: false,
        }
    }

    /// Adds what params refer to that were handed on before it was there: a module that was expanded with late params may have passed on references to nodes that had no number yet.
    fn complete_references(&mut self) {
        let mut more = true;
        while more {
            more = false;
            for number in 0..self.drafts.len() {
                for place in 0..self.drafts[number].given.len() {
                    let missing = self.missing_references(&self.drafts[number].given[place]);
                    more |= !missing.is_empty();
                    for (of, name) in &missing {
                        self.edges.push((number as u32, *of, EdgeLabel::named(EdgeKind::Placeholder, name.clone())));
                    }
                    let references = &mut self.drafts[number].given[place].references;
                    references.extend(missing);
                    references.sort_unstable();
                }
            }
        }
    }

    /// What the params of an entry refer to through those of the node that asks, under the names that these have for it, as far as it is not noted.
    fn missing_references(&self, given: &Given<'a>) -> Vec<(u32, Arc<str>)> {
        let (Origin::Entry { .. }, Some(params)) = (given.origin, &given.params) else { return Vec::new() };
        let handed_on = self.drafts[given.by as usize].given().map(|given| &given.references);
        let known = |of: u32| given.references.iter().any(|(number, _)| *number == of);
        let missing = params.references().into_iter().filter_map(|uid| self.numbers.get(uid).copied());
        let missing = missing.filter(|of| !known(*of));
        missing
            .flat_map(|of| handed_on.into_iter().flatten().filter(move |(number, _)| *number == of).cloned())
            .collect()
    }

    /// Whether the uid of one node comes before that of another.
    fn is_before(&self, one: u32, other: u32) -> bool {
        // Those of Score files are numbered in the order of their uids.
        if (one.max(other) as usize) < self.files.len() {
            return one < other;
        }
        self.drafts[one as usize].uid < self.drafts[other as usize].uid
    }

    /// What the placeholders of a Score file refer to.
    pub(super) fn scope(&self, file: u32) -> ScoreScope<'a, '_> {
        ScoreScope::new(&self.files[file as usize], self)
    }
}

pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 {
        return text.to_owned();
    }
    let head: String = text.chars().take(60).collect();
    format!("{head}…")
}
