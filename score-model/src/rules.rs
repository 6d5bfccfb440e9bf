//! What a Score file must be beyond its schema.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::Problem;
use crate::reference::Target;
use crate::suggest::suggest;
use crate::template::{placeholders, unclosed};
use crate::{Diagnostic, Diagnostics, Escapes, InvalidReference, Map, Mode, Path, Reference, Span, Value, Workload};

/// Checks placeholders, the order of containers, contents and ids of a Score file whose deprecated forms were upgraded. What the schema does not allow is passed over.
pub(crate) fn check(document: &Value, mode: Mode) -> Vec<Problem> {
    let mut check = Check {
        mode,
        metadata: document.child("metadata"),
        resources: document.child("resources").and_then(Value::as_map),
        problems: Vec::new(),
    };
    let containers = document.child("containers").and_then(Value::as_map);
    for (name, container) in containers.into_iter().flatten() {
        check.container(name, container);
    }
    if let Some(containers) = containers {
        check.order(containers);
    }
    for (name, resource) in check.resources.into_iter().flatten() {
        let at = ["resources", &**name].into_iter().collect::<Path>();
        if let Some(params) = resource.child("params") {
            check.tree(params, &|| at.child("params"));
        }
        if let Some(id) = resource.child("id").and_then(Value::as_str) {
            check.id(id, &at.child("id"));
        }
    }
    check.problems
}

/// What several Score files must be together: no two workloads have one name. Of two places the later is the diagnostic's.
pub fn unique_names(workloads: &[Workload]) -> Diagnostics {
    let mut seen: BTreeMap<&str, &Workload> = BTreeMap::new();
    let mut diagnostics = Diagnostics::new();
    let path: Path = ["metadata", "name"].into_iter().collect();
    for workload in workloads {
        if let Some(first) = seen.insert(&workload.name, workload) {
            seen.insert(&workload.name, first);
            let first = first.place(&path).map_or_else(String::new, |place| format!(", first at {place}"));
            let message = format!("two workloads are called `{}`{first}", workload.name);
            let diagnostic = Diagnostic::error("duplicate-workload", message).at(workload.place(&path));
            diagnostics.push(diagnostic.help("give one of them another `metadata.name`"));
        }
    }
    diagnostics
}

struct Check<'a> {
    mode: Mode,
    metadata: Option<&'a Value>,
    resources: Option<&'a Map>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn container(&mut self, name: &str, container: &Value) {
        let at = |keys: &[&str]| ["containers", name].into_iter().chain(keys.iter().copied()).collect::<Path>();
        let maps = |key: &str| container.child(key).and_then(Value::as_map).into_iter().flatten();
        for (variable, value) in maps("variables") {
            if let Value::String(text) = value {
                self.text(text, false, &|| at(&["variables", variable]));
            }
        }
        for (target, file) in maps("files") {
            let expanded = file.child("noExpand").and_then(Value::as_bool) != Some(true);
            if let Some(text) = file.child("content").and_then(Value::as_str).filter(|_| expanded) {
                self.text(text, false, &|| at(&["files", target, "content"]));
            }
            if let Some(text) = file.child("binaryContent").and_then(Value::as_str) {
                self.base64(text, at(&["files", target, "binaryContent"]));
            }
        }
        for (target, volume) in maps("volumes") {
            if let Some(text) = volume.child("source").and_then(Value::as_str) {
                self.text(text, true, &|| at(&["volumes", target, "source"]));
            }
        }
        let probed = container.child("livenessProbe").is_some() || container.child("readinessProbe").is_some();
        for (target, entry) in maps("before") {
            if entry.child("ready").and_then(Value::as_str) == Some("healthy") && !probed {
                let message =
                    format!("`{target}` waits until `{name}` is healthy, which `{name}` has no probe to tell");
                let help = format!("add a `readinessProbe` to `{name}`, or wait for `started`");
                let problem = Problem::warning("no-probe", at(&["before", target, "ready"]), message);
                self.problems.push(problem.help(help));
            }
        }
    }

    fn base64(&mut self, text: &str, path: Path) {
        if self.mode == Mode::Strict && !is_base64(text) {
            let help = "write the bytes in base64, or use `content` for a text".to_owned();
            self.problems.push(Problem::error("not-base64", path, "`binaryContent` is not base64").help(help));
        }
    }

    fn id(&mut self, id: &str, path: &Path) {
        if let Some((workload, resource)) = id.split_once('.').filter(|(_, rest)| !rest.contains('.')) {
            let message =
                format!("the id `{id}` is that of the private resource `{resource}` of a workload `{workload}`");
            let help =
                "give a resource that workloads share an id without a dot, unless it is that one you mean".to_owned();
            self.problems.push(Problem::warning("private-id", path.clone(), message).help(help));
        }
    }

    /// Placeholders anywhere in params.
    fn tree(&mut self, value: &Value, path: &dyn Fn() -> Path) {
        match value {
            Value::String(text) => self.text(text, false, path),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.tree(item, &|| path().child(index.to_string()));
                }
            }
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    self.tree(value, &|| path().child(key.clone()));
                }
            }
            _ => {}
        }
    }

    /// A text with placeholders; `takes_resources` says whether it may name a resource as a whole.
    fn text(&mut self, text: &str, takes_resources: bool, path: &dyn Fn() -> Path) {
        let mut seen: Vec<&str> = Vec::new();
        for (inner, span) in placeholders(text, Escapes::Score) {
            if !seen.contains(&inner) {
                seen.push(inner);
                self.placeholder(inner, span, takes_resources, path);
            }
        }
        if let Some(at) = unclosed(text).filter(|_| self.mode == Mode::Strict) {
            let message = "no `}` closes this `${`: it stays as it is, as plain text";
            let help = "add the `}`; write `$${` for a text that is no placeholder".to_owned();
            let problem = Problem::warning("unclosed-placeholder", path(), message);
            self.problems.push(problem.help(help).within(Span::new(at, at + 2)));
        }
    }

    fn placeholder(&mut self, inner: &str, span: Span, takes_resources: bool, path: &dyn Fn() -> Path) {
        let escape = "write `$${` for a text that is no placeholder";
        let (code, message, help) = match Target::of(inner, self.mode) {
            Ok(Target::Resource { name, whole }) => {
                if self.resources.is_some_and(|resources| resources.contains_key(&*name)) {
                    if whole && !takes_resources && self.mode == Mode::Strict {
                        let message = format!(
                            "`${{{inner}}}` names no output of `{name}`: here it is the uid of the resource, and score-compose and score-k8s refuse it"
                        );
                        let help = format!("name an output, such as `${{{inner}.host}}`");
                        self.problems.push(Problem::warning("no-output", path(), message).help(help).within(span));
                    }
                    return;
                }
                let declared: Vec<&str> =
                    self.resources.into_iter().flat_map(|map| map.keys().map(|key| &**key)).collect();
                let help = match suggest(&name, declared.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None if declared.is_empty() => format!("add it: `resources: {{{name}: {{type: …}}}}`"),
                    None => format!(
                        "declared are `{}`; add it under `resources`, or name one of these",
                        declared.join("`, `")
                    ),
                };
                ("undeclared-resource", format!("`${{{inner}}}` names a resource `{name}` that is not declared"), help)
            }
            Ok(Target::Metadata) => {
                if self.mode == Mode::Compatible || self.metadata.is_none_or(|metadata| has(metadata, inner)) {
                    return;
                }
                let keys = self.metadata.and_then(Value::as_map).into_iter().flat_map(Map::keys);
                let meant = inner.split_once('.').and_then(|(_, key)| suggest(key, keys.map(|key| &**key)));
                let help = match meant {
                    Some(meant) => format!("did you mean `${{metadata.{meant}}}`?"),
                    None => {
                        "write it into `metadata`, or correct the path; a dot inside a key is written `\\.`".to_owned()
                    }
                };
                ("unknown-metadata", format!("`${{{inner}}}` names what the metadata does not have"), help)
            }
            Err(InvalidReference::UnknownRoot(_)) => {
                let first = inner.split('.').next().unwrap_or_default();
                let help = match suggest(first, ["metadata", "resources"]) {
                    _ if self.resources.is_some_and(|resources| resources.contains_key(first)) => {
                        format!("did you mean `${{resources.{inner}}}`? {escape}")
                    }
                    None if matches!(first, "env" | "environment") => format!(
                        "declare a resource, `resources: {{env: {{type: environment}}}}`, and write `${{resources.env.NAME}}`; {escape}"
                    ),
                    Some(meant) => format!("did you mean `{meant}`? {escape}"),
                    None => format!("write `${{metadata.…}}` or `${{resources.NAME.…}}`; {escape}"),
                };
                (
                    "unknown-reference",
                    format!("`${{{inner}}}` begins with `{first}`, which is neither `metadata` nor `resources`"),
                    help,
                )
            }
            Err(_) => {
                let help = format!("write `${{metadata.KEY}}` or `${{resources.NAME.OUTPUT}}`; {escape}");
                ("malformed-placeholder", format!("`${{{inner}}}` is malformed"), help)
            }
        };
        self.problems.push(Problem::error(code, path(), message).help(help).within(span));
    }

    /// No container comes before itself, an unknown one, or one that comes before it.
    fn order(&mut self, containers: &Map) {
        let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, container) in containers {
            for target in container.child("before").and_then(Value::as_map).into_iter().flat_map(Map::keys) {
                let at = || ["containers", &**name, "before", &**target].into_iter().collect::<Path>();
                if target == name {
                    let message = format!("the container `{name}` comes before itself");
                    let problem = Problem::error("before-itself", at(), message).at_key();
                    self.problems.push(problem.help("remove this entry".to_owned()));
                } else if containers.contains_key(target) {
                    edges.entry(name).or_default().push(target);
                } else {
                    let known = containers.keys().filter(|known| *known != name).map(|known| &**known);
                    let help = match suggest(target, known) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "name a container of this file".to_owned(),
                    };
                    let message = format!("the container `{name}` comes before `{target}`, which does not exist");
                    self.problems.push(Problem::error("unknown-container", at(), message).at_key().help(help));
                }
            }
        }
        for cycle in cycles(&edges) {
            let shown: Vec<String> = cycle.iter().chain(cycle.first()).map(|name| format!("`{name}`")).collect();
            let message = format!("containers wait for each other: {}", shown.join(" before "));
            if let [from, to, ..] = *cycle {
                let at = ["containers", from, "before", to].into_iter().collect();
                let help = "remove one of these entries of `before`".to_owned();
                self.problems.push(Problem::error("before-cycle", at, message).at_key().help(help));
            }
        }
    }
}

/// Whether the metadata has what a reference to it leads to.
pub(crate) fn has(metadata: &Value, reference: &str) -> bool {
    match reference.parse() {
        Ok(Reference::Metadata(path)) => metadata.get(&path).is_some(),
        _ => false,
    }
}

/// Whether a text is base64; line breaks do not count.
pub(crate) fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).is_ok();
    if text.contains(['\n', '\r']) { decode(&text.replace(['\n', '\r'], "")) } else { decode(text) }
}

/// One cycle of each knot of names that lead to each other.
fn cycles<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut cycles = Vec::new();
    for start in edges.keys() {
        let mut trail: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((name, next)) = trail.last_mut() {
            let target = edges.get(name).and_then(|targets| targets.get(*next)).filter(|_| !done.contains(name));
            let Some(target) = target else {
                done.insert(name);
                trail.pop();
                continue;
            };
            *next += 1;
            match trail.iter().position(|(name, _)| name == target) {
                Some(at) => {
                    cycles.push(trail.iter().skip(at).map(|(name, _)| *name).collect::<Vec<_>>());
                    done.extend(trail.iter().skip(at).map(|(name, _)| *name));
                }
                None if !done.contains(target) => trail.push((target, 0)),
                None => {}
            }
        }
    }
    cycles
}
