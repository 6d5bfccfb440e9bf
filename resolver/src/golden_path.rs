//! Tests of golden paths: Score files and contexts, and what they must resolve to.
//!
//! A platform team writes them in YAML, beside its platform (not in it), and runs them with `partitura test` or from a Rust test:
//!
//! ```yaml
//! tests:
//! - name: production has its own database
//!   context: { project: shop, environment: live }   # organisation, project, environment, environment_type, labels; as a command would be told
//!   files: [shop.score.yaml]                        # Score files, beside this file
//!   score:                                          # and Score files written here, by name
//!     web.score.yaml: |
//!       apiVersion: score.dev/v1b1
//!       …
//!   expect:
//!     modules:                                      # which module serves which resource
//!       postgres.default#shop.db: postgres-rds
//!     absent: [postgres-server.default#shared]      # resources that must not be there
//!     edges:                                        # edges that must be there; kind and alias may be left out
//!     - { from: workload.default#shop, to: postgres.default#shop.db, kind: request, alias: db }
//! - name: nobody gets a huge one
//!   score: { … }
//!   expect:
//!     diagnostics:                                  # the problems there must be, and no other error; each field may be left out
//!     - { code: unknown-class, file: shop.score.yaml, line: 7, contains: huge }
//! ```
//!
//! `modules` names what matters; with `only: true` beside it there are no other nodes. Without `diagnostics`, the resolution must succeed.
//!
//! ```
//! use std::sync::Arc;
//!
//! use score_model::Source;
//! use score_resolver::{GoldenPathTests, Platform, Resolver};
//!
//! let platform = "
//! types: {postgres: {}}
//! modules: {pg: {type: postgres, driver: static}}
//! rules: [{module: pg}]
//! ";
//! let tests = "
//! tests:
//! - name: a database
//!   score:
//!     score.yaml: '{apiVersion: score.dev/v1b1, metadata: {name: shop}, containers: {main: {image: x}}, resources: {db: {type: postgres}}}'
//!   expect: {modules: {'postgres.default#shop.db': pg}}
//! ";
//! let (platform, _) = Platform::load(&[Source::new("platform.yaml", platform)]).into_result()?;
//! let (tests, _) = GoldenPathTests::load(&Source::new("tests.yaml", tests)).into_result()?;
//! let outcomes = tests.run(&Resolver::new(Arc::new(platform)), &[]);
//! assert!(outcomes.iter().all(|outcome| outcome.passed()));
//! # Ok::<(), score_model::Diagnostics>(())
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{
    Checked, Diagnostic, Diagnostics, Document, Map, Path, ResourceUid, Severity, Source, Value, Workload,
};

use crate::suggest::did_you_mean;
use crate::{ContextRequest, EdgeKind, Resolution, Resolver};

/// Tests of golden paths, as one file has them.
#[derive(Clone, Debug, PartialEq)]
pub struct GoldenPathTests {
    document: Document,
    tests: Vec<Test>,
}

/// How a test went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TestOutcome {
    /// The test's name.
    pub name: Arc<str>,
    /// What was not as expected, each at the place of the expectation. None: it passed.
    pub failures: Diagnostics,
}

impl TestOutcome {
    /// Whether everything was as expected.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Test {
    at: Path,
    name: Arc<str>,
    context: ContextRequest,
    files: Vec<(Path, Arc<str>)>,
    score: Vec<Source>,
    modules: Vec<(Path, ResourceUid, Arc<str>)>,
    only: bool,
    absent: Vec<(Path, ResourceUid)>,
    edges: Vec<(Path, ExpectedEdge)>,
    diagnostics: Option<Vec<(Path, ExpectedDiagnostic)>>,
}

#[derive(Clone, Debug, PartialEq)]
struct ExpectedEdge {
    from: ResourceUid,
    to: ResourceUid,
    kind: Option<Arc<str>>,
    alias: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq)]
struct ExpectedDiagnostic {
    code: Option<Arc<str>>,
    file: Option<Arc<str>>,
    line: Option<i64>,
    contains: Option<Arc<str>>,
}

impl GoldenPathTests {
    /// Reads a file of tests. Every problem of it is reported.
    pub fn load(file: &Source) -> Checked<Self> {
        let (document, mut diagnostics) = Document::parse(file.clone()).into_parts();
        let Some(document) = document else { return Checked::failed(diagnostics) };
        let mut reader = Reader { document: &document, diagnostics: &mut diagnostics };
        let tests = reader.tests();
        diagnostics.sort();
        Checked::new(Self { document, tests }, diagnostics)
    }

    /// The Score files that the tests name, for the caller to read: paths beside the file of tests, each once.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let all: std::collections::BTreeSet<&str> =
            self.tests.iter().flat_map(|test| &test.files).map(|(_, file)| &**file).collect();
        all.into_iter()
    }

    /// Runs all tests. `files` are the Score files that the tests name, called as they call them.
    pub fn run(&self, resolver: &Resolver, files: &[Source]) -> Vec<TestOutcome> {
        self.run_with(resolver, files, &mut |_| Diagnostics::new())
    }

    /// Like [`run`](Self::run), with somebody who says what else is wrong with a resolution: what pure drivers make of it, say. These problems count like those of the resolution itself.
    pub fn run_with(
        &self,
        resolver: &Resolver,
        files: &[Source],
        judge: &mut dyn FnMut(&Resolution) -> Diagnostics,
    ) -> Vec<TestOutcome> {
        self.tests
            .iter()
            .map(|test| {
                let mut run = Run { document: &self.document, test, failures: Diagnostics::new() };
                run.run(resolver, files, judge);
                run.failures.sort();
                TestOutcome { name: test.name.clone(), failures: run.failures }
            })
            .collect()
    }
}

struct Run<'a> {
    document: &'a Document,
    test: &'a Test,
    failures: Diagnostics,
}

impl Run<'_> {
    fn fail(&mut self, at: &Path, message: String) {
        self.fail_with_help(at, message, None);
    }

    fn fail_with_help(&mut self, at: &Path, message: String, help: Option<String>) {
        let message = format!("test `{}`: {message}", self.test.name);
        let mut failure = Diagnostic::error("golden-path", message).at(self.document.place(at));
        failure.help = help;
        self.failures.push(failure);
    }

    fn run(&mut self, resolver: &Resolver, files: &[Source], judge: &mut dyn FnMut(&Resolution) -> Diagnostics) {
        let test = self.test;
        let context = match resolver.platform().context(&test.context) {
            Ok(context) => context,
            Err(error) => return self.fail(&test.at.child("context"), error.to_string()),
        };
        if test.files.is_empty() && test.score.is_empty() {
            return self.fail(&test.at, "it has no Score file: write `files` or `score`".to_owned());
        }
        let mut sources: Vec<Source> = test.score.clone();
        for (at, name) in &test.files {
            match files.iter().find(|file| file.name() == &**name) {
                Some(file) => sources.push(file.clone()),
                None => self.fail(at, format!("there is no Score file `{name}`")),
            }
        }
        let mut found = Diagnostics::new();
        let mut workloads = Vec::new();
        for source in sources {
            let (workload, problems) = Workload::parse(source).into_parts();
            workloads.extend(workload);
            found.append(problems);
        }
        let (resolution, problems) = resolver.resolve(&context, &workloads).into_parts();
        found.append(problems);
        found.append(resolution.as_ref().map(judge).unwrap_or_default());
        found.sort();
        self.diagnostics(&found);
        if let Some(resolution) = resolution {
            self.resolution(&resolution);
        } else if let Some(at) = test.first_about_nodes().filter(|_| self.failures.is_empty()) {
            self.fail(at, "nothing is resolved, so nothing can be said about resources".to_owned());
        } else if test.diagnostics.is_none() && !found.has_errors() {
            self.fail(&test.at, "there is no resolution".to_owned());
        }
    }

    fn diagnostics(&mut self, found: &Diagnostics) {
        let test = self.test;
        let expected = test.diagnostics.as_deref().unwrap_or_default();
        for (at, wanted) in expected {
            if !found.iter().any(|diagnostic| wanted.is(diagnostic)) {
                self.fail(at, "there is no such problem".to_owned());
            }
        }
        let surprises = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        for surprise in surprises.filter(|diagnostic| !expected.iter().any(|(_, wanted)| wanted.is(diagnostic))) {
            let place = surprise.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            self.fail_with_help(&test.at, format!("{place}{}", surprise.message), surprise.help.clone());
        }
    }

    fn resolution(&mut self, resolution: &Resolution) {
        let test = self.test;
        for (at, uid, module) in &test.modules {
            match resolution.node(uid) {
                None => self.fail(at, format!("there is no `{uid}`")),
                Some(node) if node.recipe.module != *module => {
                    let explanation = resolution.explain(uid).map(|explanation| format!("\n{explanation}"));
                    let got = &node.recipe.module;
                    let why = explanation.unwrap_or_default();
                    self.fail(at, format!("`{uid}` is served by `{got}`, not by `{module}`{why}"));
                }
                Some(_) => {}
            }
        }
        if test.only {
            for node in resolution.nodes().filter(|node| !test.modules.iter().any(|(_, uid, _)| *uid == node.uid)) {
                let (uid, module) = (&node.uid, &node.recipe.module);
                self.fail(&test.at.child("expect"), format!("there also is `{uid}`, served by `{module}`"));
            }
        }
        for (at, uid) in &test.absent {
            if let Some(node) = resolution.node(uid) {
                let by: Vec<String> = node.requested_by.iter().map(|uid| format!("`{uid}`")).collect();
                self.fail(at, format!("there is `{uid}`, asked for by {}", by.join(", ")));
            }
        }
        let graph = resolution.graph();
        for (at, wanted) in &test.edges {
            let labels = match (graph.id(&wanted.from), graph.id(&wanted.to)) {
                (Some(from), Some(to)) => graph.labels(from, to),
                _ => &[],
            };
            let is =
                |wanted: &Option<Arc<str>>, got: Option<&str>| wanted.as_ref().is_none_or(|name| Some(&**name) == got);
            let found = labels
                .iter()
                .any(|label| is(&wanted.kind, Some(label.kind.as_str())) && is(&wanted.alias, label.alias.as_deref()));
            if !found {
                self.fail(at, format!("there is no such edge from `{}` to `{}`", wanted.from, wanted.to));
            }
        }
    }
}

impl Test {
    /// Where the first expectation stands that is about what was resolved.
    fn first_about_nodes(&self) -> Option<&Path> {
        let modules = self.modules.iter().map(|(at, ..)| at);
        modules.chain(self.absent.iter().map(|(at, _)| at)).chain(self.edges.iter().map(|(at, _)| at)).next()
    }
}

impl ExpectedDiagnostic {
    fn is(&self, found: &Diagnostic) -> bool {
        let place = found.place.as_ref();
        self.code.as_ref().is_none_or(|code| **code == *found.code)
            && self.file.as_ref().is_none_or(|file| place.is_some_and(|place| place.source.name() == &**file))
            && self
                .line
                .is_none_or(|line| found.position().is_some_and(|position| i64::try_from(position.line) == Ok(line)))
            && self.contains.as_ref().is_none_or(|text| found.message.contains(&**text))
    }
}

struct Reader<'a> {
    document: &'a Document,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Reader<'a> {
    fn tests(&mut self) -> Vec<Test> {
        let Some(top) = self.map(&Path::root(), self.document.value(), &["tests"]) else { return Vec::new() };
        let at = Path::root().child("tests");
        self.items(&at, top.get("tests")).into_iter().filter_map(|(at, value)| self.test(at, value)).collect()
    }

    fn test(&mut self, at: Path, value: &'a Value) -> Option<Test> {
        let map = self.map(&at, value, &["name", "context", "files", "score", "expect"])?;
        let name = self.text(&at, map, "name").unwrap_or_else(|| "unnamed".into());
        let context = self.context(&at.child("context"), map.get("context"));
        let mut files = Vec::new();
        for (at, value) in self.items(&at.child("files"), map.get("files")) {
            match value.as_str() {
                Some(file) => files.push((at, Arc::from(file))),
                None => self.error(&at, "the path of a Score file is expected".to_owned(), None),
            }
        }
        let score = self.entries(&at.child("score"), map.get("score"));
        let score = score.into_iter().filter_map(|(at, name, value)| match value {
            Value::String(text) => Some(Source::new(name.clone(), text.clone())),
            other if other.as_map().is_some() => Some(Source::new(name.clone(), other.redacted().to_string())),
            _ => {
                self.error(&at, "a Score file is expected, as text or as a map".to_owned(), None);
                None
            }
        });
        let score: Vec<Source> = score.collect();
        let expect = at.child("expect");
        let keys = ["modules", "only", "absent", "edges", "diagnostics"];
        let expected = self.map(&expect, map.get("expect").unwrap_or(&Value::Null), &keys)?;
        let mut modules = Vec::new();
        for (at, name, value) in self.entries(&expect.child("modules"), expected.get("modules")) {
            match (self.uid(&at, name), value.as_str()) {
                (Some(uid), Some(module)) => modules.push((at, uid, Arc::from(module))),
                (Some(_), None) => self.error(&at, "the name of a module is expected".to_owned(), None),
                (None, _) => {}
            }
        }
        let mut absent = Vec::new();
        for (at, value) in self.items(&expect.child("absent"), expected.get("absent")) {
            absent.extend(self.uid(&at, value.as_str().unwrap_or_default()).map(|uid| (at, uid)));
        }
        let mut edges = Vec::new();
        for (at, value) in self.items(&expect.child("edges"), expected.get("edges")) {
            edges.extend(self.edge(&at, value).map(|edge| (at, edge)));
        }
        let diagnostics = expected.get("diagnostics").map(|value| {
            let items = self.items(&expect.child("diagnostics"), Some(value));
            items.into_iter().filter_map(|(at, value)| Some((at.clone(), self.diagnostic(&at, value)?))).collect()
        });
        let only = self.read(&expect, expected, "only", "`true` or `false`", Value::as_bool).unwrap_or_default();
        Some(Test { at, name, context, files, score, modules, only, absent, edges, diagnostics })
    }

    fn context(&mut self, at: &Path, value: Option<&'a Value>) -> ContextRequest {
        let keys = ["organisation", "project", "environment", "environment_type", "labels"];
        let mut context = ContextRequest::default();
        let Some(map) = value.and_then(|value| self.map(at, value, &keys)) else { return context };
        context.organisation = self.text(at, map, "organisation");
        context.project = self.text(at, map, "project");
        context.environment = self.text(at, map, "environment");
        context.environment_type = self.text(at, map, "environment_type");
        let labels: BTreeMap<Arc<str>, Arc<str>> = self
            .entries(&at.child("labels"), map.get("labels"))
            .into_iter()
            .filter_map(|(at, name, value)| match value.as_str() {
                Some(text) => Some((name.clone(), Arc::from(text))),
                None => {
                    self.error(&at, format!("`{name}` must be text"), Some("put it in quotes".to_owned()));
                    None
                }
            })
            .collect();
        context.labels = labels;
        context
    }

    fn edge(&mut self, at: &Path, value: &'a Value) -> Option<ExpectedEdge> {
        let map = self.map(at, value, &["from", "to", "kind", "alias"])?;
        let mut end = |key: &str| {
            let text = self.text(at, map, key);
            if text.is_none() {
                self.error(at, format!("`{key}` is missing"), None);
            }
            self.uid(&at.child(key), &text?)
        };
        let (from, to) = (end("from"), end("to"));
        let kind = self.text(at, map, "kind");
        let kinds = EdgeKind::ALL.map(EdgeKind::as_str);
        if let Some(kind) = kind.as_ref().filter(|kind| !kinds.contains(&&***kind)) {
            self.error(&at.child("kind"), format!("no edge is of kind `{kind}`"), did_you_mean(kind, kinds));
        }
        let alias = self.text(at, map, "alias");
        Some(ExpectedEdge { from: from?, to: to?, kind, alias })
    }

    fn diagnostic(&mut self, at: &Path, value: &'a Value) -> Option<ExpectedDiagnostic> {
        let map = self.map(at, value, &["code", "file", "line", "contains"])?;
        Some(ExpectedDiagnostic {
            code: self.text(at, map, "code"),
            file: self.text(at, map, "file"),
            line: self.read(at, map, "line", "a number", Value::as_i64),
            contains: self.text(at, map, "contains"),
        })
    }

    fn uid(&mut self, at: &Path, text: &str) -> Option<ResourceUid> {
        let uid = text.parse();
        if let Err(error) = &uid {
            self.error(at, format!("{error}"), None);
        }
        uid.ok()
    }

    fn map(&mut self, at: &Path, value: &'a Value, keys: &[&str]) -> Option<&'a Map> {
        static NOTHING: std::sync::OnceLock<Map> = std::sync::OnceLock::new();
        let map = match value {
            Value::Map(map) => map,
            Value::Null => return Some(NOTHING.get_or_init(Map::default)),
            _ => {
                self.error(at, "a map is expected here".to_owned(), None);
                return None;
            }
        };
        for key in map.keys().filter(|key| !keys.contains(&&***key)) {
            let place = self.document.key_place(&at.child(key.clone()));
            let known: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            let help =
                did_you_mean(key, keys.iter().copied()).unwrap_or_else(|| format!("there are {}", known.join(", ")));
            let message = format!("there is no key `{key}` here");
            self.diagnostics.push(Diagnostic::error("unknown-key", message).at(place).help(help));
        }
        Some(map)
    }

    fn items(&mut self, at: &Path, value: Option<&'a Value>) -> Vec<(Path, &'a Value)> {
        match value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::List(items)) => {
                items.iter().enumerate().map(|(index, item)| (at.child(index.to_string()), item)).collect()
            }
            Some(_) => {
                self.error(at, "a list is expected here".to_owned(), None);
                Vec::new()
            }
        }
    }

    fn entries(&mut self, at: &Path, value: Option<&'a Value>) -> Vec<(Path, &'a Arc<str>, &'a Value)> {
        match value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Map(map)) => map.iter().map(|(key, value)| (at.child(key.clone()), key, value)).collect(),
            Some(_) => {
                self.error(at, "a map is expected here".to_owned(), None);
                Vec::new()
            }
        }
    }

    fn text(&mut self, at: &Path, map: &'a Map, key: &str) -> Option<Arc<str>> {
        self.read(at, map, key, "text", |value| value.as_str().map(Arc::from))
    }

    /// What is at a key, which must be `what` if it is there.
    fn read<T>(
        &mut self,
        at: &Path,
        map: &'a Map,
        key: &str,
        what: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = map.get(key).filter(|value| **value != Value::Null)?;
        let found = read(value);
        if found.is_none() {
            self.error(&at.child(key), format!("`{key}` must be {what}"), None);
        }
        found
    }

    fn error(&mut self, at: &Path, message: String, help: Option<String>) {
        let mut diagnostic = Diagnostic::error("bad-test", message).at(self.document.place(at));
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }
}
