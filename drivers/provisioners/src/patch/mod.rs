//! Patch templates: changes to finished documents.

mod path;
mod query;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_model::{Map, Source, Value};
use score_templates::{Data, Functions, Host, Struct, StructType, Template, Type};

use self::path::PatchPath;
use crate::compose_form;
use crate::data::data;
use crate::state::{State, WorkloadState, kept_spec};
use crate::substitution::{Environment, Scope};
use crate::template::functions;
use crate::{Dialect, Error, yaml};

/// A template that renders to a list of operations on a document.
#[derive(Debug, Clone)]
pub struct PatchTemplate {
    dialect: Dialect,
    template: Template,
}

/// What templates of `score-k8s` call to replace placeholders: the name of a workload, and a text.
const SUBSTITUTE: &str = "substituteValue";

impl PatchTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(dialect: Dialect, text: &str) -> Result<Self, Error> {
        Ok(Self { dialect, template: parse(text, &with_substitution(dialect, Arc::default()))? })
    }

    /// Applies the operations to `document`: a Compose project, or the list of all manifests. `state` is that of the project after provisioning.
    ///
    /// # Errors
    /// The template does not render to operations, or one of them cannot be done.
    pub fn apply(&self, document: &Value, state: &State, namespace: &str) -> Result<Value, Error> {
        let kept = |workload: &WorkloadState| data(&kept_spec(self.dialect, &workload.spec));
        let workloads = state.workloads.iter().map(|(name, workload)| (&**name, kept(workload)));
        let workloads: Data = workloads.collect();
        let values = match self.dialect {
            Dialect::Compose => vec![data(document), workloads],
            Dialect::Kubernetes => vec![data(document), workloads, Data::from(namespace)],
        };
        let root = Data::Struct(Arc::new(Struct::new(root_type(self.dialect), values)));
        let text = self.template.text();
        let template = if text.contains(SUBSTITUTE) {
            &parse(text, &with_substitution(self.dialect, Arc::new(state.clone())))?
        } else {
            &self.template
        };
        let rendered = template.render(&root, &mut Host::default());
        let rendered = rendered.map_err(|e| Error::Patch(format!("failed to execute template: {e}")))?;
        let operations = operations(&rendered)
            .map_err(|e| Error::Patch(format!("failed to unmarshal patches from template execution output: {e}")))?;
        let mut patched = document.clone();
        for (index, operation) in operations.into_iter().enumerate() {
            let Operation { op, path, value } = operation;
            let done = match &*op {
                "set" => PatchPath::parse(&path).and_then(|path| path.set(&mut patched, value)),
                "delete" => PatchPath::parse(&path).and_then(|path| path.delete(&mut patched)),
                other => Err(format!("unknown operation: {other}")),
            };
            done.map_err(|problem| {
                Error::Patch(format!("failed to perform patch operation {}: '{op} '{path}': {problem}", index + 1))
            })?;
        }
        let patched = match self.dialect {
            Dialect::Compose => compose_form::patched_project(&patched),
            Dialect::Kubernetes => patched_manifests(&patched),
        };
        patched.map_err(|e| Error::Patch(format!("failed to unmarshal patched output: {e}")))
    }
}

impl State {
    /// The document after all patch templates of the project were applied, in their order.
    ///
    /// # Errors
    /// One of them cannot be applied.
    pub fn patched(&self, dialect: Dialect, document: Value, namespace: &str) -> Result<Value, Error> {
        self.patch_templates.iter().enumerate().try_fold(document, |document, (index, text)| {
            let patched = PatchTemplate::parse(dialect, text)?.apply(&document, self, namespace);
            patched.map_err(|error| Error::Patch(format!("failed to patch template {}: {error}", index + 1)))
        })
    }
}

/// The type of the root of templates. A field that the dialect does not have cannot be asked for.
fn root_type(dialect: Dialect) -> Arc<StructType> {
    let map = Type::Map(Arc::new(Type::Any));
    let fields = match dialect {
        Dialect::Compose => vec![("Compose", map.clone()), ("Workloads", map)],
        Dialect::Kubernetes => {
            vec![("Manifests", Type::List(Arc::new(map.clone()))), ("Workloads", map), ("Namespace", Type::String)]
        }
    };
    let fields = fields.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
    Arc::new(StructType { name: "patching.patchTemplateInput".into(), pointer: false, fields, json: Vec::new() })
}

fn parse(text: &str, functions: &Functions) -> Result<Template, Error> {
    Template::parse("", text, functions).map_err(|e| Error::Patch(format!("failed to parse template: {e}")))
}

/// The functions of patch templates. What a text cannot be made of is itself a text, as there: the template goes on.
fn with_substitution(dialect: Dialect, state: Arc<State>) -> Functions {
    let functions = functions(dialect);
    if dialect == Dialect::Compose {
        return functions;
    }
    functions.with(SUBSTITUTE, move |arguments| {
        let [Data::String(workload), Data::String(text)] = arguments else {
            return Err("it wants two strings, the name of a workload and a text".to_owned());
        };
        let (workload, text) = (workload.to_string_lossy(), text.to_string_lossy());
        let (environments, variables, mut accessed) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        let scope = Scope::new(&state, &workload, &environments, &variables);
        let substituted = scope.text(&text, Environment::Immediate, &mut accessed);
        Ok(Data::from(substituted.unwrap_or_else(|_| format!("failed to substitute placeholders with:{text}"))))
    })
}

/// A list of maps; nothing is an empty one.
fn patched_manifests(patched: &Value) -> Result<Value, String> {
    let Value::List(items) = patched else { return Err("expected a list of manifests".into()) };
    let items = items.iter().enumerate().map(|(index, item)| match item {
        Value::Map(_) => Ok(item.clone()),
        Value::Null => Ok(Value::from(Map::default())),
        _ => Err(format!("{index}: expected a map")),
    });
    Ok(Value::list(items.collect::<Result<Vec<_>, _>>()?))
}

struct Operation {
    op: String,
    path: String,
    value: Value,
}

fn operations(rendered: &str) -> Result<Vec<Operation>, String> {
    if rendered.trim().is_empty() {
        return Ok(Vec::new());
    }
    let document = yaml::read(Source::new("patch", rendered.to_owned()))?;
    let items = match &document {
        Value::Null => return Ok(Vec::new()),
        Value::List(items) => items,
        _ => return Err("expected a list of operations".into()),
    };
    let read = |item: &Value| {
        let mut operation = Operation { op: String::new(), path: String::new(), value: Value::Null };
        for (key, value) in item.as_map().ok_or("expected a map")? {
            let text = || value.to_text().map(std::borrow::Cow::into_owned).unwrap_or_default();
            match &**key {
                "op" => operation.op = text(),
                "path" => operation.path = text(),
                "value" => operation.value = value.clone(),
                "description" => {}
                other => return Err(format!("field {other} not found")),
            }
        }
        Ok(operation)
    };
    items.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(document: serde_json::Value, template: &str, want: serde_json::Value) {
        let template = PatchTemplate::parse(Dialect::Kubernetes, template).unwrap();
        let patched = template.apply(&Value::from(document), &State::default(), "").unwrap();
        assert_eq!(patched.redacted(), want);
    }

    #[test]
    fn operations() {
        check(json!([{"a": 1}]), "", json!([{"a": 1}]));
        check(
            json!([{"kind": "A"}, {"kind": "B"}]),
            "{{ range $i, $m := .Manifests }}\n- {op: set, path: '{{ $i }}.metadata.labels.a\\.b/c', value: '{{ $m.kind }}'}\n{{ end }}",
            json!([
                {"kind": "A", "metadata": {"labels": {"a.b/c": "A"}}},
                {"kind": "B", "metadata": {"labels": {"a.b/c": "B"}}},
            ]),
        );
        check(
            json!([{"a": [1, 2, 3]}]),
            "- {op: delete, path: 0.a.0}\n- {op: delete, path: 0.a.-1}",
            json!([{"a": [2]}]),
        );
        check(json!([]), "- op: set\n  path: -1\n  value: {k: v}", json!([{"k": "v"}]));
        check(json!([{"a": 1}]), "- {op: set, path: 2.b, value: x}", json!([{"a": 1}, {}, {"b": "x"}]));
        check(json!([{"a": 1}]), "- {op: set, path: 0, value: null}", json!([{}]));
        check(
            json!([{"kind": "A"}, {"kind": "B"}]),
            "- {op: set, path: '#(kind==\"B\").spec', value: 1}\n- {op: set, path: '#.kind', value: C}",
            json!([{"kind": "C"}, {"kind": "C"}]),
        );
    }

    #[track_caller]
    fn check_refused(operation: &str, want: &str) {
        let template = PatchTemplate::parse(Dialect::Kubernetes, operation).unwrap();
        let error = template.apply(&Value::from(json!([{}])), &State::default(), "").unwrap_err();
        assert_eq!(error.to_string(), want);
    }

    #[test]
    fn refused() {
        check_refused(
            "- {op: move, path: a}",
            "failed to perform patch operation 1: 'move 'a': unknown operation: move",
        );
        check_refused("- {op: set, path: 0, value: 5}", "failed to unmarshal patched output: 0: expected a map");
        check_refused("- {op: set, path: 1, value: [a]}", "failed to unmarshal patched output: 1: expected a map");
    }

    /// Templates see workloads as the state keeps them: without what is empty.
    #[test]
    fn workloads() {
        let spec = json!({"containers": {"main": {"image": "i", "args": [], "command": ["a"]}}, "resources": {}});
        let mut state = State::default();
        state.workloads.entry("shop".into()).or_default().spec = Value::from(spec);
        let template = "- {op: set, path: 0.a, value: '{{ .Workloads | toJson }}'}";
        let patched = PatchTemplate::parse(Dialect::Kubernetes, template).unwrap();
        let patched = patched.apply(&Value::list([Value::Null]), &state, "").unwrap().redacted();
        assert_eq!(patched, json!([{"a": r#"{"shop":{"containers":{"main":{"command":["a"],"image":"i"}}}}"#}]));
    }

    #[test]
    fn substitution() {
        let spec = json!({"metadata": {"name": "shop", "team": "blue"}, "resources": {"db": {"type": "postgres"}}});
        let mut state = State::new(Dialect::Kubernetes, "");
        state.workloads.entry("shop".into()).or_default().spec = Value::from(spec);
        state.prime(&mut String::new).unwrap();
        let resource = state.resources.values_mut().next().unwrap();
        resource.outputs = Value::from(json!({"host": "db.internal"}));
        let check = |call: &str, want: &str| {
            let text = format!("- {{op: set, path: 0.a, value: {{{{ {call} | quote }}}}}}");
            let template = PatchTemplate::parse(Dialect::Kubernetes, &text).unwrap();
            let patched = template.apply(&Value::from(json!([{}])), &state, "").unwrap();
            assert_eq!(patched.redacted(), json!([{"a": want}]));
        };
        check(r#"substituteValue "shop" "${metadata.team}@${resources.db.host} $${x}""#, "blue@db.internal ${x}");
        check(
            r#"substituteValue "shop" "${resources.db.port}""#,
            "failed to substitute placeholders with:${resources.db.port}",
        );
        check(r#"substituteValue "none" "plain""#, "plain");
        assert!(PatchTemplate::parse(Dialect::Compose, "{{ substituteValue 1 2 }}").is_err());
    }
}
