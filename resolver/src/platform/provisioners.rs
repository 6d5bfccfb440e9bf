//! Reading provisioner files of the Score tools: each entry becomes a module and the rule that leads to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use score_model::{Checked, Diagnostic, Document, Path, Place, Source, Span, Value};

use super::load::{Reader, Section};
use super::{ClassPattern, Module, PlatformBuilder, Rule, Written};

/// How the files are recognised.
pub(super) const SUFFIX: &str = ".provisioners.yaml";
/// The driver of entries that render templates.
const TEMPLATES: &str = "provisioner";
/// The driver of entries that run programs.
const PROGRAMS: &str = "provisioner-command";
/// The driver of entries that look into the environment: what is found there is what they give.
const ENVIRONMENT: &str = "static";
/// What all share that share anything.
const LANE: &str = "provisioners";

const COMMON: [&str; 7] = ["uri", "type", "class", "id", "description", "supported_params", "expected_outputs"];
/// Template fields of both tools, those of one only, and those of the other only.
const BOTH: [&str; 4] = ["init", "state", "shared", "outputs"];
const COMPOSE: [&str; 7] = ["directories", "files", "networks", "services", "volumes", "models", "info_logs"];
const KUBERNETES: [&str; 1] = ["manifests"];
/// What texts mention that were written for one tool only.
const COMPOSE_WORDS: [&str; 4] =
    [".ComposeProjectName", ".MountsDirectory", "compose_project_name", "mount_directory_path"];
const KUBERNETES_WORDS: [&str; 6] =
    [".Guid", ".Namespace", ".WorkloadMetadata", "encodeSecretRef", "resource_guid", "workload_metadata"];

/// A type that only provisioner files serve: what their entries say of it, for people.
#[derive(Clone, Debug, Default)]
pub(super) struct Implied {
    description: Option<Arc<str>>,
    params: BTreeSet<Arc<str>>,
    outputs: BTreeSet<Arc<str>>,
    /// Where the first of them says `type`.
    written: Written,
}

impl Implied {
    /// The type: open, whatever its entries say.
    pub(super) fn ty(self) -> super::ResourceType {
        let schema = |names: BTreeSet<Arc<str>>| {
            (!names.is_empty()).then(|| {
                let properties = Value::map(names.into_iter().map(|name| (name, nothing())));
                Arc::new(Value::map([("type", Value::from("object")), ("properties", properties)]))
            })
        };
        let mut ty = super::ResourceType::new();
        ty.description = self.description;
        ty.written = self.written;
        ty.params = schema(self.params);
        ty.outputs = schema(self.outputs);
        ty
    }
}

/// Reads the entries of one file into the builder.
pub(super) fn read(file: &Source, builder: &mut PlatformBuilder, diagnostics: &mut score_model::Diagnostics) {
    let parsed: Checked<Document> = Document::parse(file.clone());
    let (document, found) = parsed.into_parts();
    let failed = found.has_errors();
    diagnostics.append(found);
    let Some(document) = document.filter(|_| !failed) else { return };
    let Value::List(entries) = document.value() else {
        let place = match document.value() {
            Value::Null => Place::new(file.clone(), Span::default()),
            _ => document.place(&Path::root()),
        };
        let message = "a provisioner file must be a list of provisioners";
        diagnostics.push(Diagnostic::error("wrong-type", message).at(place));
        return;
    };
    let mut reader = Reader::new(&document, diagnostics);
    let read: Vec<Entry> = entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| entry_of(&mut reader, Path::root().child(index.to_string()), entry))
        .collect();
    let of_file = Dialect::of_all(&read);
    for entry in read {
        entry.add(&document, of_file, builder);
    }
}

/// For which of the two tools something was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Compose,
    Kubernetes,
}

impl Dialect {
    /// The dialect of those that have one, where that is the same.
    fn of_all(entries: &[Entry]) -> Option<Self> {
        let mut found = entries.iter().filter_map(|entry| entry.dialect);
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// One entry, read.
struct Entry {
    path: Path,
    uri: Arc<str>,
    ty: Arc<str>,
    class: Option<Arc<str>>,
    id: Option<Arc<str>>,
    description: Option<Arc<str>>,
    params: Vec<Arc<str>>,
    outputs: Vec<Arc<str>>,
    dialect: Option<Dialect>,
    work: Work,
    /// All that it says, to look for words in.
    text: String,
}

/// What an entry does.
enum Work {
    Templates(Vec<(Arc<str>, Arc<str>)>),
    Program(Vec<Arc<str>>),
    Environment,
}

fn entry_of<'a>(reader: &mut Reader<'a>, path: Path, value: &'a Value) -> Option<Entry> {
    let plain = reader.any_section(path.clone(), value, "a provisioner")?;
    let uri = scalar(reader, &plain, "uri");
    let scheme = uri.as_deref().and_then(|uri| uri.split_once(':')).map_or("", |(scheme, _)| scheme).to_lowercase();
    let scheme = &*scheme;
    let keys: Vec<&str> = match scheme {
        "template" => COMMON.iter().chain(&BOTH).chain(&COMPOSE).chain(&KUBERNETES).copied().collect(),
        "cmd" => COMMON.into_iter().chain(["args", "params", "outputs"]).collect(),
        "local-env" => COMMON.into_iter().filter(|key| *key != "id").collect(),
        _ => {
            let place = reader.document().place(&path.child("uri"));
            let (code, message) = match uri.as_deref() {
                None => ("missing-key", "`uri` is missing here".to_owned()),
                Some(uri) => ("unknown-value", format!("`{uri}` is of no kind of provisioner that there is")),
            };
            let diagnostic = Diagnostic::error(code, message).at(place);
            reader.report(diagnostic.help("a uri begins with `template://`, `cmd://` or `local-env://`"));
            return None;
        }
    };
    let section = reader.section(path.clone(), value, "a provisioner of this kind", &keys)?;
    let mut ty = scalar(reader, &section, "type");
    if ty.is_none() && scheme == "local-env" {
        ty = Some("environment".into());
    }
    if ty.is_none() && section.get("type").is_none() {
        let place = reader.document().place(&path);
        reader.report(Diagnostic::error("missing-key", "`type` is missing here").at(place));
    }
    let fields: Vec<&str> = BOTH.iter().chain(&COMPOSE).chain(&KUBERNETES).copied().collect();
    let work = match scheme {
        "template" => Work::Templates(
            fields
                .iter()
                .filter_map(|field| Some((Arc::from(*field), scalar(reader, &section, field)?)))
                .filter(|(_, text)| !text.trim().is_empty())
                .collect(),
        ),
        "cmd" => Work::Program(texts(reader, &section, "args")),
        _ => Work::Environment,
    };
    let (class, id) = (scalar(reader, &section, "class"), scalar(reader, &section, "id"));
    let description = scalar(reader, &section, "description").filter(|text| !text.is_empty());
    let mut params = texts(reader, &section, "supported_params");
    let mut outputs = texts(reader, &section, "expected_outputs");
    if scheme == "cmd" {
        params.extend(texts(reader, &section, "params"));
        outputs.extend(texts(reader, &section, "outputs"));
    }
    let mut text = String::new();
    all_texts(value, &mut text);
    let dialect = dialect_of(reader, &section, &work, &text);
    Some(Entry { path, uri: uri?, ty: ty?, class, id, description, params, outputs, dialect, work, text })
}

/// For which tool an entry was written; `None`: either. What is for both at once is reported.
fn dialect_of(reader: &mut Reader<'_>, section: &Section<'_>, work: &Work, text: &str) -> Option<Dialect> {
    let has = |fields: &[&'static str]| match work {
        Work::Templates(templates) => {
            fields.iter().copied().find(|field| templates.iter().any(|(name, _)| **name == **field))
        }
        Work::Program(_) | Work::Environment => None,
    };
    match (has(&COMPOSE), has(&KUBERNETES)) {
        (Some(compose), Some(kubernetes)) => {
            let place = reader.document().key_place(&section.path.child(kubernetes));
            let message =
                format!("`{compose}` is for Compose and `{kubernetes}` for Kubernetes: one entry cannot have both");
            let help = "write two entries, and rules that say where each of them serves";
            reader.report(Diagnostic::error("two-dialects", message).at(place).help(help));
            None
        }
        (Some(_), None) => Some(Dialect::Compose),
        (None, Some(_)) => Some(Dialect::Kubernetes),
        (None, None) => {
            let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
            match (says(&COMPOSE_WORDS), says(&KUBERNETES_WORDS)) {
                (true, false) => Some(Dialect::Compose),
                (false, true) => Some(Dialect::Kubernetes),
                _ => None,
            }
        }
    }
}

impl Entry {
    /// The module, the rule that leads to it, and what it says of its type.
    fn add(self, document: &Document, of_file: Option<Dialect>, builder: &mut PlatformBuilder) {
        let name = self.name(builder);
        let new = || Implied { written: Written::new(document, self.path.child("type")), ..Implied::default() };
        let implied = builder.implied.entry(self.ty.clone()).or_insert_with(new);
        if implied.description.is_none() {
            implied.description.clone_from(&self.description);
        }
        implied.params.extend(self.params.iter().cloned());
        implied.outputs.extend(self.outputs.iter().cloned());

        let written = Written::new(document, self.path.clone());
        let driver = match self.work {
            Work::Templates(_) => TEMPLATES,
            Work::Program(_) => PROGRAMS,
            Work::Environment => ENVIRONMENT,
        };
        let mut module = Module::new(self.ty.clone(), driver);
        module.inputs = self.inputs(self.dialect.or(of_file).unwrap_or(Dialect::Kubernetes));
        module.lane = self.shares().then(|| LANE.into());
        module.description.clone_from(&self.description);
        module.from_entry = true;
        module.reads_environment = matches!(self.work, Work::Environment);
        module.written = written.clone();
        builder.modules.push((name.clone(), module));

        let mut rule = Rule::new(name.clone());
        rule.class = self.class.map_or(ClassPattern::Any, ClassPattern::Named);
        rule.id = self.id;
        rule.entry = Some(builder.entries.len() as u32);
        rule.written = written;
        builder.rules.push(rule);
        builder.entries.insert(name);
    }

    /// Its uri. Entries may have the same one, and then are told apart by a number.
    fn name(&self, builder: &PlatformBuilder) -> Arc<str> {
        let names = &builder.entries;
        if !names.contains(&self.uri) {
            return self.uri.clone();
        }
        let numbered = (2..=names.len() + 2).map(|number| format!("{}#{number}", self.uri));
        numbered.into_iter().find(|name| !names.contains(&**name)).map_or_else(|| self.uri.clone(), Arc::from)
    }

    /// What its driver is told. Of what changes with other workloads only what it mentions: otherwise a new one would change everything.
    fn inputs(&self, dialect: Dialect) -> Value {
        let literal = |text: &Arc<str>| Value::from(text.replace("${", "$${"));
        let mut provisioner = vec![("uri", literal(&self.uri)), ("dialect", Value::from(dialect.name()))];
        match &self.work {
            Work::Templates(templates) => {
                let templates = templates.iter().map(|(field, text)| (field.clone(), literal(text)));
                provisioner.push(("templates", Value::map(templates)));
            }
            Work::Program(args) => provisioner.push(("args", Value::list(args.iter().map(literal)))),
            Work::Environment => return nothing(),
        }
        let mut inputs = vec![
            ("provisioner", Value::map(provisioner)),
            ("params", Value::from("${params}")),
            ("metadata", Value::from("${context.metadata}")),
            ("source_workload", Value::from("${context.source.name}")),
        ];
        if self.mentions(&[".WorkloadServices", "workload_services"]) {
            inputs.push(("workloads", Value::from("${workloads}")));
        }
        if self.mentions(&[".WorkloadMetadata", "workload_metadata"]) {
            inputs.push(("workload_metadata", Value::from("${context.source.metadata}")));
        }
        if self.mentions(&[".ComposeProjectName", "compose_project_name"]) {
            inputs.push(("compose_project", Value::from("${context.project}")));
        }
        Value::map(inputs)
    }

    /// Whether it reads or patches what is shared.
    fn shares(&self) -> bool {
        match &self.work {
            Work::Templates(templates) => {
                templates.iter().any(|(field, _)| &**field == "shared") || self.mentions(&[".Shared"])
            }
            Work::Program(_) => self.mentions(&["shared_state"]),
            Work::Environment => false,
        }
    }

    fn mentions(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.text.contains(word))
    }
}

fn nothing() -> Value {
    Value::from(score_model::Map::default())
}

/// A text, or what reads as one. An empty `class` or `id` is one all the same.
fn scalar(reader: &mut Reader<'_>, section: &Section<'_>, key: &str) -> Option<Arc<str>> {
    let (path, value) = section.get(key)?;
    match value {
        Value::List(_) | Value::Map(_) => {
            reader.wrong(&path, "text", value);
            None
        }
        value => value.to_text().map(Arc::from),
    }
}

fn texts(reader: &mut Reader<'_>, section: &Section<'_>, key: &str) -> Vec<Arc<str>> {
    let Some((path, value)) = section.get(key) else { return Vec::new() };
    let Some(items) = value.as_list() else {
        reader.wrong(&path, "a list of texts", value);
        return Vec::new();
    };
    let mut found = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        match item {
            Value::List(_) | Value::Map(_) | Value::Null => {
                reader.wrong(&path.child(index.to_string()), "text", item);
            }
            item => found.extend(item.to_text().map(Arc::from)),
        }
    }
    found
}

fn all_texts(value: &Value, to: &mut String) {
    match value {
        Value::String(text) => {
            to.push_str(text);
            to.push('\n');
        }
        Value::List(items) => items.iter().for_each(|item| all_texts(item, to)),
        Value::Map(map) => map.values().for_each(|item| all_texts(item, to)),
        _ => {}
    }
}
