//! Phase one: the structure grows to a fixpoint, with all edges of requests, entries and their params.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{DEFAULT_CLASS, Diagnostic, Diagnostics, Path, ResourceUid, Value, WORKLOAD_TYPE};

use super::Variables;
use super::draft::{Draft, Given, Origin, Served, Type, served};
use super::evaluate::References;
use super::matcher::Matcher;
use super::score::{Request, ScoreFile, ScoreScope, requests};
use super::select::LazyNeighbours;
use crate::platform::{EntryProgram, Name, unknown_class};
use crate::suggest::did_you_mean;
use crate::{Context, EdgeKind, EdgeLabel, Expr, Module, Platform, RequestedBy};

/// How many module entries an expansion chain may have.
const LONGEST_CHAIN: u16 = 64;
/// How many resources modules that lead back to themselves may bring, beyond the first few steps.
const MOST_RECURSIVE: usize = 20_000;
/// How often the structure is grown anew because params became known late.
const MOST_PASSES: usize = 70;

/// The structure of a resolution.
pub(super) struct Structure<'a> {
    pub(super) platform: &'a Platform,
    pub(super) context: &'a Context,
    pub(super) files: &'a [ScoreFile<'a>],
    pub(super) drafts: Vec<Draft<'a>>,
    /// For each Score file, the uids of its resources.
    pub(super) resources: Vec<FxHashMap<&'a str, Option<ResourceUid>>>,
    /// Numbers of the drafts by uid.
    pub(super) numbers: FxHashMap<ResourceUid, u32>,
    pub(super) edges: Vec<(u32, u32, EdgeLabel)>,
    pub(super) neighbours: LazyNeighbours,
    pub(super) all_workloads: OnceCell<Value>,
    pub(super) variables: Arc<Variables>,
    pub(super) diagnostics: Diagnostics,
}

/// Grows the structure until nothing changes.
pub(super) fn grow<'a>(platform: &'a Platform, context: &'a Context, files: &'a [ScoreFile<'a>]) -> Structure<'a> {
    let mut matcher = Matcher::new(platform, context);
    let mut late: FxHashMap<ResourceUid, Given<'a>> = FxHashMap::default();
    for _ in 0..MOST_PASSES {
        let mut pass = Pass {
            structure: Structure::new(platform, context, files),
            matcher: &mut matcher,
            queue: VecDeque::new(),
            late: &late,
            workloads: FxHashMap::default(),
            recursive: 0,
        };
        pass.requests();
        pass.expand();
        let mut structure = pass.structure;
        match unsettled(&structure, &late) {
            None => {
                for draft in structure.drafts.iter_mut().filter(|draft| draft.late.is_some()) {
                    draft.late = None;
                    draft.params = OnceCell::new();
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

/// The params with which modules should have been expanded, where they were expanded with others.
fn unsettled<'a>(
    structure: &Structure<'a>,
    late: &FxHashMap<ResourceUid, Given<'a>>,
) -> Option<FxHashMap<ResourceUid, Given<'a>>> {
    let mut next = late.clone();
    let mut settled = true;
    for draft in &structure.drafts {
        if !draft.module().is_some_and(|module| module.entries_read_params) {
            continue;
        }
        let used = draft.expanded_with.as_ref();
        let found = (draft.given().and_then(|given| given.params.clone()), draft.metadata().cloned());
        if used.is_some_and(|used| *used != found) {
            settled = false;
            let given = draft.given().cloned();
            let metadata = draft.metadata();
            let first = draft.given.first();
            match given.or_else(|| first.cloned()) {
                Some(given) if found.0.is_some() || found.1.is_some() => {
                    next.insert(draft.uid.clone(), Given { metadata, ..given });
                }
                _ => {
                    next.remove(&draft.uid);
                }
            }
        }
    }
    (!settled).then_some(next)
}

struct Pass<'a, 'b> {
    structure: Structure<'a>,
    matcher: &'b mut Matcher<'a>,
    queue: VecDeque<u32>,
    late: &'b FxHashMap<ResourceUid, Given<'a>>,
    /// The workloads by name.
    workloads: FxHashMap<&'a str, u32>,
    recursive: usize,
}

/// Who asks, and how.
struct Asking<'a> {
    by: u32,
    origin: Origin<'a>,
    depth: u16,
    parent: Option<u32>,
}

impl<'a> Pass<'a, '_> {
    /// What Score files ask for.
    fn requests(&mut self) {
        let files = self.structure.files;
        for (index, file) in files.iter().enumerate() {
            let origin = Origin::Workload(&file.document);
            let Some(ty) = self.structure.ty(WORKLOAD_TYPE) else { continue };
            if !ty.data.has_class(file.uid.class()) {
                let path: Path = ["metadata", "annotations", score_model::CLASS_ANNOTATION].into_iter().collect();
                let (message, help) = unknown_class(WORKLOAD_TYPE, ty.data, file.uid.class());
                let mut diagnostic = Diagnostic::error("unknown-class", message).at(file.workload.place(&path));
                diagnostic.help = help;
                self.structure.diagnostics.push(diagnostic);
            }
            let number = self.draft(file.uid.clone(), ty, origin, 0, None, Some(index as u32));
            self.workloads.insert(file.uid.id(), number);
        }
        for (index, file) in files.iter().enumerate() {
            let number = index as u32;
            let mut resources = FxHashMap::default();
            let found: Vec<Request<'a>> = requests(file.document.value()).collect();
            for request in &found {
                let uid = self.request(number, file, request);
                resources.insert(&**request.name, uid);
            }
            let metadata = file.document.value().child("metadata");
            for request in &found {
                if let Some(Some(uid)) = resources.get(&**request.name).cloned() {
                    self.given(number, file, request, uid, metadata, &resources);
                }
            }
            self.structure.resources.push(resources);
        }
    }

    fn request(&mut self, by: u32, file: &'a ScoreFile<'a>, request: &Request<'a>) -> Option<ResourceUid> {
        let origin = Origin::Score { document: &file.document, name: request.name };
        let Some(ty) = self.structure.ty(request.ty) else {
            if !request.ty.is_empty() {
                let message = format!("there is no resource type `{}`", request.ty);
                let open = self.structure.platform.types().filter(|(_, ty)| ty.requested_by == RequestedBy::Developers);
                let help = did_you_mean(request.ty, open.map(|(name, _)| &**name));
                let mut diagnostic = origin.error("unknown-type", "type", message);
                diagnostic.help = help.or_else(|| Some("`catalog` lists what there is".to_owned()));
                self.structure.diagnostics.push(diagnostic);
            }
            return None;
        };
        if ty.data.requested_by == RequestedBy::Modules {
            let message = format!("a Score file may not ask for type `{}`: only modules may", request.ty);
            self.structure.diagnostics.push(origin.error("not-for-developers", "type", message));
            return None;
        }
        let private = || format!("{}.{}", file.uid.id(), request.name);
        let id = request.id.map_or_else(private, str::to_owned);
        let asking = Asking { by, origin, depth: 0, parent: None };
        let number = if request.ty == WORKLOAD_TYPE {
            self.workload(request.class, &id, &asking)?
        } else {
            self.resource(ty, request.class.unwrap_or(DEFAULT_CLASS), &id, &asking)?
        };
        self.structure.edges.push((by, number, EdgeLabel::named(EdgeKind::Request, request.name.clone())));
        Some(self.structure.drafts[number as usize].uid.clone())
    }

    fn given(
        &mut self,
        by: u32,
        file: &'a ScoreFile<'a>,
        request: &Request<'a>,
        uid: ResourceUid,
        metadata: Option<&Value>,
        resources: &FxHashMap<&'a str, Option<ResourceUid>>,
    ) {
        if request.params.is_none() && request.metadata.is_none() {
            return;
        }
        let origin = Origin::Score { document: &file.document, name: request.name };
        if uid.is_workload() {
            if request.params.is_some() {
                let message = "a workload takes no params from others".to_owned();
                self.structure.diagnostics.push(origin.error("params-of-workload", "params", message));
            }
            return;
        }
        let scope = ScoreScope { metadata, resources };
        let mut references = Vec::new();
        let params = request
            .params
            .map(|params| scope.value(params, &mut |uid, name| references.push((uid.clone(), name.clone()))));
        let by = self.structure.drafts[by as usize].uid.clone();
        let given = Given { by, written: request.params, params, metadata: request.metadata, references, origin };
        self.give(uid, given);
    }

    /// Notes the params of a request, and the edges that they make.
    fn give(&mut self, uid: ResourceUid, mut given: Given<'a>) {
        given.references.sort();
        given.references.dedup();
        let Some(number) = self.structure.numbers.get(&uid).copied() else { return };
        for (of, name) in &given.references {
            let Some(to) = self.structure.numbers.get(of).copied() else { continue };
            self.structure.edges.push((number, to, EdgeLabel::named(EdgeKind::Placeholder, name.clone())));
        }
        self.structure.drafts[number as usize].given.push(given);
    }

    /// The workload of this name, which is never made.
    fn workload(&mut self, class: Option<&str>, name: &str, asking: &Asking<'a>) -> Option<u32> {
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
    fn resource(&mut self, ty: Type<'a>, class: &str, id: &str, asking: &Asking<'a>) -> Option<u32> {
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
                let what = if id.len() > score_model::MAX_ID { "an id has at most 253 bytes" } else { "it is no uid" };
                let message = format!("`{}.{class}#{}` cannot be asked for: {what}{chain}", ty.name, shortened(id));
                self.structure.diagnostics.push(asking.origin.error("invalid-uid", "id", message));
                return None;
            }
        };
        if let Some(number) = self.structure.numbers.get(&uid).copied() {
            self.ask(number as usize, asking);
            return Some(number);
        }
        let number = self.draft(uid, ty, asking.origin, asking.depth, asking.parent, None);
        self.structure.drafts[number as usize].asked.push(asking.by);
        Some(number)
    }

    /// One more request for a node that there is. Its place is where the least requester asked.
    fn ask(&mut self, number: usize, asking: &Asking<'a>) {
        let drafts = &self.structure.drafts;
        let least = drafts[number]
            .asked
            .first()
            .is_some_and(|first| drafts[asking.by as usize].uid < drafts[*first as usize].uid);
        let draft = &mut self.structure.drafts[number];
        draft.asked.push(asking.by);
        if least {
            draft.origin = asking.origin;
            let last = draft.asked.len() - 1;
            draft.asked.swap(0, last);
        }
    }

    fn draft(
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
        let served = match self.matcher.find(ty.name, &uid) {
            Some(rule) => served(self.structure.platform, rule),
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
            asked: Vec::new(),
            origin,
            given: Vec::new(),
            expanded_with: None,
            late: None,
            depth,
            parent,
            dependencies: Vec::new(),
            brought: Vec::new(),
            params: OnceCell::new(),
        });
        self.queue.push_back(number);
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

    /// What modules ask for.
    fn expand(&mut self) {
        while let Some(number) = self.queue.pop_front() {
            let draft = &mut self.structure.drafts[number as usize];
            let Served::Module { module, program, .. } = draft.served else { continue };
            if program.entries_read_params {
                let mut found = (draft.given().and_then(|given| given.params.clone()), draft.metadata().cloned());
                if let Some(given) = self.late.get(&draft.uid) {
                    found = (given.params.clone(), given.metadata.cloned());
                    if draft.given().is_none_or(|known| known.params != given.params) {
                        draft.late = Some(given.clone());
                    }
                }
                draft.expanded_with = Some(found);
            }
            let mut targets = Vec::with_capacity(program.dependencies.len());
            for entry in &program.dependencies {
                let target = self.entry(number, module, entry);
                if let (Some(target), Some(alias)) = (target, &entry.alias) {
                    let label = EdgeLabel::named(EdgeKind::Dependency, alias.clone());
                    self.structure.edges.push((number, target, label));
                }
                targets.push(target);
            }
            self.structure.drafts[number as usize].dependencies.clone_from(&targets);
            for entry in &program.coprovision {
                let target = self.entry(number, module, entry);
                if let Some(target) = target {
                    self.structure.drafts[number as usize].brought.push((target, entry.dependents_follow));
                    if entry.depends_on_this {
                        self.structure.edges.push((target, number, EdgeKind::Coprovision.into()));
                    }
                }
                targets.push(target);
            }
            for (entry, target) in program.dependencies.iter().chain(&program.coprovision).zip(targets) {
                if let (Some(target), Some(params)) = (target, &entry.params)
                    && !entry.is_workload()
                {
                    let mut references = References::wanted();
                    let params = self.structure.evaluate(number, params, &mut references);
                    let references = references.found;
                    let written = match &entry.alias {
                        Some(alias) => module.dependencies.get(alias).and_then(|entry| entry.params.as_ref()),
                        None => entry
                            .at
                            .keys()
                            .last()
                            .and_then(|index| module.coprovision.get(index.parse::<usize>().ok()?))
                            .and_then(|brought| brought.entry.params.as_ref()),
                    };
                    let by = self.structure.drafts[number as usize].uid.clone();
                    let origin = Origin::Entry { module, entry };
                    let given = Given { by, written, params: Some(params), metadata: None, references, origin };
                    let uid = self.structure.drafts[target as usize].uid.clone();
                    self.give(uid, given);
                }
            }
            self.structure.drafts[number as usize].params = OnceCell::new();
            if self.recursive > MOST_RECURSIVE {
                let chain = self.chain(Some(number));
                let message = format!("the expansion does not end{chain}");
                self.structure.diagnostics.push(Diagnostic::error("endless-expansion", message).at(module.place()));
                self.queue.clear();
            }
        }
    }

    fn entry(&mut self, number: u32, module: &'a Module, entry: &'a EntryProgram) -> Option<u32> {
        let origin = Origin::Entry { module, entry };
        let current = self.structure.drafts[number as usize].uid.clone();
        let class = match &entry.class {
            Name::Any => None,
            name => Some(self.name(number, name, current.class(), &origin, "class")?),
        };
        let id = self.name(number, &entry.id, current.id(), &origin, "id")?;
        let depth = self.structure.drafts[number as usize].depth + 1;
        let asking = Asking { by: number, origin, depth, parent: Some(number) };
        if entry.is_workload() {
            return self.workload(class.as_deref(), &id, &asking);
        }
        if depth > LONGEST_CHAIN {
            let chain = self.chain(Some(number));
            let message = format!("an expansion chain has at most {LONGEST_CHAIN} module entries{chain}");
            self.structure
                .diagnostics
                .push(Diagnostic::error("endless-expansion", message).at(origin.place(&Path::root())));
            return None;
        }
        if depth > 8 && self.structure.drafts[number as usize].module().is_some_and(|module| module.recursive) {
            self.recursive += 1;
        }
        let ty = self.structure.ty(&entry.ty)?;
        self.resource(ty, class.as_deref().unwrap_or(DEFAULT_CLASS), &id, &asking)
    }

    /// A class or id in an entry.
    fn name(&mut self, number: u32, name: &Name, current: &str, origin: &Origin<'a>, key: &str) -> Option<Arc<str>> {
        let pieces = match name {
            Name::Fixed(text) => return Some(text.clone()),
            Name::Current | Name::Any => return Some(current.into()),
            Name::Pieces(pieces) => pieces,
        };
        match self.structure.name(number, pieces, current) {
            Ok(text) => {
                let holds = if key == "class" { crate::platform::is_type } else { crate::platform::is_id };
                if holds(&text) || text.len() > score_model::MAX_ID {
                    return Some(text.into());
                }
                let uid = &self.structure.drafts[number as usize].uid;
                let message = format!("`{}`, which `{uid}` asks for, is no {key}", shortened(&text));
                self.structure.diagnostics.push(origin.error("invalid-name", key, message));
                None
            }
            Err(message) => {
                self.structure.diagnostics.push(origin.error("not-constant", key, message));
                None
            }
        }
    }

    /// ` (asked for by …)`: the nodes from a Score file's request down to this one.
    fn chain(&self, last: Option<u32>) -> String {
        let mut uids = Vec::new();
        let mut at = last;
        while let Some(number) = at {
            let draft = &self.structure.drafts[number as usize];
            uids.push(format!("`{}`", shortened(draft.uid.as_str())));
            at = draft.parent;
        }
        uids.reverse();
        if uids.is_empty() {
            return String::new();
        }
        if uids.len() > 8 {
            let left_out = uids.len() - 6;
            uids.splice(4..uids.len() - 2, [format!("… {left_out} more …")]);
        }
        format!(": {}", uids.join(" → "))
    }
}

impl<'a> Structure<'a> {
    fn new(platform: &'a Platform, context: &'a Context, files: &'a [ScoreFile<'a>]) -> Self {
        Self {
            platform,
            context,
            files,
            drafts: Vec::new(),
            resources: Vec::with_capacity(files.len()),
            numbers: FxHashMap::default(),
            edges: Vec::new(),
            neighbours: LazyNeighbours::new(),
            all_workloads: OnceCell::new(),
            variables: Arc::default(),
            diagnostics: Diagnostics::new(),
        }
    }

    pub(super) fn ty(&self, name: &str) -> Option<Type<'a>> {
        let (key, program) = self.platform.program().types.get_key_value(name)?;
        Some(Type { name: key, data: self.platform.ty(name)?, program })
    }

    /// A class or id made of pieces, which must be known now.
    fn name(&self, number: u32, pieces: &[crate::expression::Piece], current: &str) -> Result<String, String> {
        use crate::expression::Piece;
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Plain(plain) => text.push_str(plain),
                Piece::Current => text.push_str(current),
                Piece::Reference(reference) => {
                    let found = self.reference(number, reference, &mut References::default());
                    let problem = match &found {
                        Expr::Value(Value::Secret(_)) | Expr::Secret(_) => "is secret",
                        Expr::Value(Value::Null) => "is nothing",
                        Expr::Value(Value::List(_) | Value::Map(_)) => "is no text",
                        Expr::Value(Value::Unknown) => "is wrong itself",
                        Expr::Value(value) => {
                            text.push_str(&value.to_text().unwrap_or_default());
                            continue;
                        }
                        _ => "is not known before something is made",
                    };
                    let uid = &self.drafts[number as usize].uid;
                    return Err(format!(
                        "`${{{}}}` of `{uid}` {problem}: ids and classes need constants",
                        reference.text
                    ));
                }
            }
        }
        Ok(text)
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 {
        return text.to_owned();
    }
    let head: String = text.chars().take(60).collect();
    format!("{head}…")
}
