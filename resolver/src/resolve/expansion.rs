//! Phase one: the structure grows to a fixpoint, with all edges of requests, entries and their params.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Diagnostic, Diagnostics, Path, ResourceUid, Value};

use super::Variables;
use super::draft::{Draft, Origin, Served, Type};
use super::given::{AllGiven, Given, OwnGiven, Place};
use super::matcher::Matcher;
use super::numbers::Numbers;
use super::score::{Paths, ScoreFile, ScoreScope};
use super::select::LazySurroundings;
use crate::platform::unknown_class;
use crate::suggest::did_you_mean;
use crate::{Context, EdgeKind, EdgeLabel, Expr, Platform};

/// How often the structure is grown anew because params became known late: so often at least,
const MANY_PASSES: usize = 70;
/// and then as long as this many nodes have not been grown, or there are more nodes with entries. Where it settles, each time settles one of these at least.
const MANY_NODES: usize = 10_000_000;

/// What depends on what, and why.
pub(super) type Edge = (u32, u32, EdgeLabel);

/// The structure of a resolution.
pub(super) struct Structure<'a> {
    pub(super) platform: &'a Platform,
    pub(super) context: &'a Context,
    pub(super) files: &'a [ScoreFile<'a>],
    pub(super) drafts: Vec<Draft<'a>>,
    pub(super) given: AllGiven<'a>,
    /// The numbers of what Score files ask for, one file after the other; `None` where a request failed.
    pub(super) resources: Vec<Option<u32>>,
    numbers: Numbers<'a>,
    /// The nodes whose modules ask for something, and those whose modules have selectors.
    pub(super) asking: Vec<u32>,
    pub(super) selecting: Vec<u32>,
    /// Who asked for what: the second for the first.
    pub(super) asked: Vec<(u32, u32)>,
    pub(super) edges: Vec<Edge>,
    /// The outputs that placeholders of Score files refer to.
    pub(super) outputs: Vec<(u32, Path)>,
    /// No params.
    pub(super) nothing: Expr,
    pub(super) surroundings: LazySurroundings,
    pub(super) all_workloads: OnceCell<Value>,
    pub(super) variables: Arc<Variables>,
    pub(super) paths: RefCell<Paths<'a>>,
    pub(super) diagnostics: Diagnostics,
    /// Whether it was cut off because it does not end: what there is of it is not worth looking at.
    pub(super) endless: bool,
}

/// Grows the structure until nothing changes.
pub(super) fn grow<'a>(matcher: &'a Matcher<'a>, files: &'a [ScoreFile<'a>]) -> Structure<'a> {
    let mut late: FxHashMap<ResourceUid, LateParams<'a>> = FxHashMap::default();
    let (mut passes, mut nodes) = (0, 0);
    loop {
        let mut pass = Pass {
            structure: Structure::new(matcher, files),
            matcher,
            late: &late,
            workloads: OnceCell::new(),
            references: Vec::new(),
            outputs: Vec::new(),
            recursive: 0,
        };
        pass.requests();
        let asked = pass.structure.diagnostics.clone();
        pass.expand();
        let mut structure = pass.structure;
        structure.outputs = pass.outputs;
        if structure.endless {
            return structure;
        }
        match unsettled(&structure, &late) {
            None => {
                let mut any_late = false;
                for number in &structure.asking {
                    let draft = &mut structure.drafts[*number as usize];
                    if let Some(expansion) = &mut draft.expansion
                        && expansion.late.take().is_some()
                    {
                        any_late = true;
                        draft.params = OnceCell::new();
                    }
                }
                if any_late {
                    structure.complete_references();
                }
                structure.shrink();
                return structure;
            }
            Some(next) => late = next,
        }
        passes += 1;
        nodes += structure.drafts.len();
        if passes > MANY_PASSES && (passes > structure.asking.len() || nodes > MANY_NODES) {
            structure.diagnostics = asked;
            structure.does_not_settle(&late);
            return structure;
        }
    }
}

/// Params that become known late in a pass, from the pass before, in which nodes had other numbers.
#[derive(Clone)]
pub(super) struct LateParams<'a> {
    pub(super) params: Option<Expr>,
    pub(super) metadata: Option<&'a Value>,
    /// The resources that the params refer to, and the names under which they do.
    pub(super) references: Vec<(ResourceUid, Arc<str>)>,
}

/// The params with which modules should have been expanded, where they were expanded with others.
fn unsettled<'a>(
    structure: &Structure<'a>,
    late: &FxHashMap<ResourceUid, LateParams<'a>>,
) -> Option<FxHashMap<ResourceUid, LateParams<'a>>> {
    let mut next = None;
    for number in &structure.asking {
        let draft = &structure.drafts[*number as usize];
        let Some(used) = draft.expansion.as_ref().and_then(|expansion| expansion.with.as_ref()) else { continue };
        let (params, metadata) = (structure.given.params(draft), structure.given.metadata(draft));
        if (used.0.as_ref(), used.1) == (params, metadata) {
            continue;
        }
        let next = next.get_or_insert_with(|| late.clone());
        if params.is_none() && metadata.is_none() {
            next.remove(&draft.uid);
            continue;
        }
        let references = structure.given.with_params(draft).into_iter().flat_map(|given| structure.references(given));
        let reference = |(_, of, label): &Edge| {
            let uid = structure.drafts[*of as usize].uid.clone();
            Some((uid, label.alias.clone()?))
        };
        let references = references.filter_map(reference).collect();
        next.insert(draft.uid.clone(), LateParams { params: params.cloned(), metadata, references });
    }
    next
}

pub(super) struct Pass<'a, 'b> {
    pub(super) structure: Structure<'a>,
    pub(super) matcher: &'a Matcher<'a>,
    pub(super) late: &'b FxHashMap<ResourceUid, LateParams<'a>>,
    /// The workloads by name, once somebody asks for one.
    workloads: OnceCell<FxHashMap<&'a str, u32>>,
    /// The resources that params refer to, and the names under which they do, until they have made their edges.
    pub(super) references: Vec<(u32, Arc<str>)>,
    /// See [`Structure::outputs`].
    pub(super) outputs: Vec<(u32, Path)>,
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
    /// Notes what a request wrote for a node, and the edges that the references make which were found in its params.
    pub(super) fn give(&mut self, number: u32, mut given: Given<'a>) {
        let structure = &mut self.structure;
        self.references.sort_unstable();
        self.references.dedup();
        let first = structure.edges.len() as u32;
        let edge = |(of, name)| (number, of, EdgeLabel::named(EdgeKind::Placeholder, name));
        structure.edges.extend(self.references.drain(..).map(edge));
        given.references = first..structure.edges.len() as u32;
        let draft = &structure.drafts[number as usize];
        let is_before = |than: &Given<'a>| match than.by == given.by {
            // However the file is ordered.
            true => given.origin.name() < than.origin.name(),
            false => structure.is_before(given.by, than.by),
        };
        let less = |than: Option<&Given<'a>>| than.is_none_or(is_before);
        let params = given.params.is_some() && less(structure.given.with_params(draft));
        let metadata = given.metadata.is_some() && less(structure.given.with_metadata(draft));
        let own = &mut structure.drafts[number as usize].given;
        structure.given.note(own, given, params, metadata);
    }

    /// The workload of this name, which is never made.
    pub(super) fn workload(&mut self, class: Option<&str>, name: &str, asking: &Asking<'a>) -> Option<u32> {
        let files = self.structure.files;
        let names = || files.iter().map(|file| file.uid.id());
        // Score files are the first nodes.
        let numbers = self.workloads.get_or_init(|| names().zip(0..).collect());
        if let Some(number) = numbers.get(name).copied()
            && class.is_none_or(|class| class == files[number as usize].uid.class())
        {
            return Some(number);
        }
        let class = class.map(|class| format!(" of class `{class}`")).unwrap_or_default();
        let key = if matches!(asking.origin, Origin::Score { .. }) { "type" } else { "" };
        let mut diagnostic = asking.origin.error("no-workload", key, format!("there is no workload `{name}`{class}"));
        diagnostic.help = did_you_mean(name, names())
            .or_else(|| Some("a request for a workload names one that is deployed, and never makes one".to_owned()));
        self.structure.diagnostics.push(diagnostic);
        None
    }

    /// The resource of this type, class and id, made where there is none.
    pub(super) fn resource(&mut self, ty: &'a Type<'a>, class: &str, id: &str, asking: &Asking<'a>) -> Option<u32> {
        if !ty.data.has_class(class) {
            let (message, help) = unknown_class(ty.name, ty.data, class);
            let mut diagnostic = asking.origin.error("unknown-class", "class", message);
            diagnostic.help = help;
            self.structure.diagnostics.push(diagnostic);
            return None;
        }
        if let Some(number) = self.structure.numbers.find(ty.name, class, id, &self.structure.drafts) {
            self.ask(number, asking);
            return Some(number);
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
        let number = self.draft(uid, ty, asking.origin, asking.depth, asking.parent);
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

    /// A new node, whose uid no other has.
    pub(super) fn draft(
        &mut self,
        uid: ResourceUid,
        ty: &'a Type<'a>,
        origin: Origin<'a>,
        depth: u16,
        parent: Option<u32>,
    ) -> u32 {
        let number = self.structure.drafts.len() as u32;
        let served = match self.matcher.find(&uid) {
            Some(served) => served,
            None if uid.is_workload() && ty.program.rules.is_empty() => &Served::BuiltIn,
            None => {
                let diagnostic = self.unserved(&uid, ty, origin);
                self.structure.diagnostics.push(diagnostic);
                &Served::Nothing
            }
        };
        if let Served::Module { program, .. } = served {
            if program.asks() {
                self.structure.asking.push(number);
            }
            if program.selects {
                self.structure.selecting.push(number);
            }
        }
        self.structure.drafts.push(Draft {
            uid,
            ty,
            served,
            asked_by: None,
            origin,
            given: OwnGiven::default(),
            depth,
            parent,
            expansion: None,
            params: OnceCell::new(),
        });
        self.structure.numbers.note_last(&self.structure.drafts);
        number
    }

    fn unserved(&self, uid: &ResourceUid, ty: &Type<'a>, origin: Origin<'a>) -> Diagnostic {
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
    fn new(matcher: &Matcher<'a>, files: &'a [ScoreFile<'a>]) -> Self {
        // Most of what comes to be is what files ask for.
        let asked = files.last().map_or(0, |file| file.first + file.workload.resources.len());
        Self {
            platform: matcher.platform,
            context: matcher.context,
            files,
            drafts: Vec::with_capacity(files.len() + asked),
            given: AllGiven::default(),
            resources: Vec::with_capacity(asked),
            numbers: Numbers::default(),
            asked: Vec::with_capacity(asked),
            asking: Vec::new(),
            selecting: Vec::new(),
            // Most of these have a placeholder for what they name.
            edges: Vec::with_capacity(2 * asked),
            outputs: Vec::new(),
            nothing: Expr::Value(Value::Map(Arc::default())),
            surroundings: LazySurroundings::new(),
            all_workloads: OnceCell::new(),
            variables: Arc::default(),
            paths: RefCell::default(),
            diagnostics: Diagnostics::new(),
            endless: false,
        }
    }

    /// Says of a structure that is another one each time what it is about, and that it is cut off.
    fn does_not_settle(&mut self, late: &FxHashMap<ResourceUid, LateParams<'a>>) {
        self.endless = true;
        let mut found = Vec::new();
        self.drafts.iter().for_each(|draft| self.find_disagreements(draft, &mut found));
        if found.is_empty() {
            let mut uids: Vec<&ResourceUid> = late.keys().collect();
            uids.sort_unstable();
            let names: Vec<String> = uids.iter().take(8).map(|uid| format!("`{uid}`")).collect();
            let names = names.join(", ");
            let message = format!("what modules ask for does not settle: params of {names} depend on themselves");
            let first = uids.first().and_then(|uid| Some(&self.drafts[self.number(uid)? as usize]));
            let place = first.and_then(|draft| draft.origin.place(&Path::root()));
            found.push(Diagnostic::error("unsettled", message).at(place));
        }
        self.diagnostics.extend(found);
    }

    /// Adds what params refer to that were handed on before it was there: a module that was expanded with late params may have passed on references to nodes that had no number yet.
    fn complete_references(&mut self) {
        let mut more = true;
        while more {
            more = false;
            for number in 0..self.drafts.len() {
                let places: Vec<Place> = self.given.places(&self.drafts[number]).collect();
                for place in places {
                    let Some(given) = self.given.at(place) else { continue };
                    let missing = self.missing_references(given);
                    if missing.is_empty() {
                        continue;
                    }
                    more = true;
                    // With those that are known, once more: they are found together, and the graph takes each once.
                    let mut references = self.references(given).to_vec();
                    let edge = |(of, name)| (number as u32, of, EdgeLabel::named(EdgeKind::Placeholder, name));
                    references.extend(missing.into_iter().map(edge));
                    references.sort_unstable();
                    let first = self.edges.len() as u32;
                    self.edges.extend(references);
                    let references = first..self.edges.len() as u32;
                    if let Some(given) = self.given.at_mut(place) {
                        given.references = references;
                    }
                }
            }
        }
    }

    /// What the params of an entry refer to through those of the node that asks, under the names that these have for it, as far as it is not noted.
    fn missing_references(&self, given: &Given<'a>) -> Vec<(u32, Arc<str>)> {
        let (Origin::Entry { .. }, Some(params)) = (given.origin, &given.params) else { return Vec::new() };
        let handed_on = self.given.with_params(&self.drafts[given.by as usize]).map(|given| self.references(given));
        let known = |of: u32| self.references(given).iter().any(|(_, number, _)| *number == of);
        let missing = params.references().into_iter().filter_map(|uid| self.number(uid));
        let missing = missing.filter(|of| !known(*of));
        missing
            .flat_map(|of| handed_on.into_iter().flatten().filter(move |(_, number, _)| *number == of))
            .filter_map(|(_, of, label)| Some((*of, label.alias.clone()?)))
            .collect()
    }

    /// The edges that the params of a request make.
    pub(super) fn references(&self, given: &Given<'a>) -> &[Edge] {
        self.edges.get(given.references.start as usize..given.references.end as usize).unwrap_or_default()
    }

    /// The number of a uid.
    pub(super) fn number(&self, uid: &ResourceUid) -> Option<u32> {
        self.numbers.get(uid, &self.drafts)
    }

    /// The numbers of all nodes in the order of their uids.
    pub(super) fn in_order_of_uids(&self) -> Vec<u32> {
        self.numbers.in_order(&self.drafts)
    }

    /// What nodes to which nobody wrote params are given.
    pub(super) fn no_params(&self) -> Value {
        self.nothing.as_value().cloned().unwrap_or_default()
    }

    /// The Score file of the workload that a node is.
    pub(super) fn file(&self, number: u32) -> Option<&'a ScoreFile<'a>> {
        // Those of Score files are the first.
        self.files.get(number as usize)
    }

    /// Gives back what was taken to grow.
    fn shrink(&mut self) {
        give_back(&mut self.drafts);
        self.given.shrink();
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

/// Gives back what a list has room for, where it is much: what is in it must be moved for that.
pub(super) fn give_back<T>(list: &mut Vec<T>) {
    if list.capacity() > list.len() / 2 * 3 {
        list.shrink_to_fit();
    }
}

pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 {
        return text.to_owned();
    }
    let head: String = text.chars().take(60).collect();
    format!("{head}…")
}
