//! Placeholders in a project of the Score tools.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_model::{DEFAULT_CLASS, Lookup, Path, Value, Whole, substitute};

use crate::state::{ResourceState, State};

/// What a placeholder of the environment becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Environment {
    /// A reference that Compose replaces.
    Deferred,
    /// The value of the variable, which must be there.
    Immediate,
}

/// What a workload asks for by a name.
pub(crate) struct Asked<'a> {
    pub(crate) ty: &'a str,
    pub(crate) class: &'a str,
    pub(crate) id: Cow<'a, str>,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(workload: &str, name: &str, resource: &'a Value) -> Self {
        let text = |key: &str| resource.child(key).and_then(Value::as_str);
        Self {
            ty: text("type").unwrap_or_default(),
            class: text("class").unwrap_or(DEFAULT_CLASS),
            id: text("id").map_or_else(|| Cow::Owned([workload, ".", name].concat()), Cow::Borrowed),
        }
    }

    /// The uid of the resource.
    pub(crate) fn uid(&self) -> String {
        [self.ty, ".", self.class, "#", &self.id].concat()
    }
}

/// The resources that a workload asks for: name and document, by name.
pub(crate) fn resources_of(spec: &Value) -> BTreeMap<&str, &Value> {
    let resources = spec.child("resources").and_then(Value::as_map);
    resources.into_iter().flatten().map(|(name, resource)| (&**name, resource)).collect()
}

/// What the placeholders of one workload find.
pub(crate) struct Scope<'a> {
    metadata: &'a Value,
    /// What each name of a resource means, and whether it is the environment.
    resources: BTreeMap<&'a str, (String, Option<&'a ResourceState>)>,
    environments: &'a BTreeSet<String>,
    variables: &'a BTreeMap<String, String>,
}

const NOTHING: &Value = &Value::Null;

impl<'a> Scope<'a> {
    pub(crate) fn new(
        state: &'a State,
        workload: &'a str,
        environments: &'a BTreeSet<String>,
        variables: &'a BTreeMap<String, String>,
    ) -> Self {
        let spec = state.workloads.get(workload).map_or(NOTHING, |workload| &workload.spec);
        let resources = resources_of(spec).into_iter().map(|(name, resource)| {
            let uid = Asked::of(workload, name, resource).uid();
            let found = state.resources.get(&uid);
            (name, (uid, found))
        });
        let metadata = spec.child("metadata").unwrap_or(NOTHING);
        Self { metadata, resources: resources.collect(), environments, variables }
    }

    /// What a reference stands for; names of variables that were asked for go to `accessed`.
    pub(crate) fn find(
        &self,
        reference: &str,
        environment: Environment,
        accessed: &mut BTreeSet<String>,
    ) -> Result<Value, String> {
        let accessed = std::cell::RefCell::new(accessed);
        let resource = |name: &str, keys: &[Arc<str>]| {
            let (uid, resource) = self.resources.get(name)?;
            if self.environments.contains(uid) {
                return Some(self.variable(keys, environment, &mut accessed.borrow_mut()));
            }
            Some(walk(resource.map_or(NOTHING, |resource| &resource.outputs), keys))
        };
        let lookup = Lookup { metadata: self.metadata, resource: &resource };
        lookup.find(reference).map_err(|error| error.to_string())
    }

    fn variable(
        &self,
        keys: &[Arc<str>],
        environment: Environment,
        accessed: &mut BTreeSet<String>,
    ) -> Result<Value, String> {
        let [name] = keys else { return Err("environment resource only supports a single lookup key".into()) };
        accessed.insert(name.to_string());
        match (environment, self.variables.get(&**name)) {
            (Environment::Deferred, _) => Ok(Value::from(format!("${{{name}}}"))),
            (Environment::Immediate, Some(value)) => Ok(Value::from(&**value)),
            (Environment::Immediate, None) => Err(format!("environment variable '{name}' must be resolved")),
        }
    }

    /// A text with all placeholders replaced.
    pub(crate) fn text(
        &self,
        text: &str,
        environment: Environment,
        accessed: &mut BTreeSet<String>,
    ) -> Result<String, String> {
        let value =
            substitute(&Value::from(text), Whole::IsText, &mut |reference| self.find(reference, environment, accessed));
        match value {
            Ok(value) => Ok(value.to_text().map(std::borrow::Cow::into_owned).unwrap_or_default()),
            Err(errors) => Err(errors.into_iter().map(|(_, error)| error).collect::<Vec<_>>().join("\n")),
        }
    }

    /// A text with all placeholders replaced and escapes left as they are: Compose takes those away.
    pub(crate) fn text_with_escapes(&self, text: &str, accessed: &mut BTreeSet<String>) -> Result<String, String> {
        let (mut done, mut errors, mut rest) = (String::with_capacity(text.len()), Vec::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            done.push_str(before);
            let braced = |text: &str| text.strip_prefix('{').and_then(|inner| inner.find('}')).map(|end| end + 2);
            if let Some(end) = braced(after) {
                match self.find(&after[1..end - 1], Environment::Deferred, accessed) {
                    Ok(value) => done.push_str(&value.to_text().unwrap_or_default()),
                    Err(error) => errors.push(error),
                }
                rest = &after[end..];
            } else if let Some(escaped) = after.strip_prefix('$') {
                let end = 1 + braced(escaped).unwrap_or_default();
                done.push('$');
                done.push_str(&after[..end]);
                rest = &after[end..];
            } else {
                done.push('$');
                rest = after;
            }
        }
        done.push_str(rest);
        if errors.is_empty() { Ok(done) } else { Err(errors.join("\n")) }
    }

    /// The source of a volume: of a resource it is the uid.
    pub(crate) fn volume(
        &self,
        source: &str,
        environment: Environment,
        accessed: &mut BTreeSet<String>,
    ) -> Result<String, String> {
        let value = substitute(&Value::from(source), Whole::IsText, &mut |reference| {
            let path: Path = reference.parse().unwrap_or_else(|never: std::convert::Infallible| match never {});
            match path.keys() {
                [root, name] if &**root == "resources" && self.resources.contains_key(&**name) => {
                    Ok(Value::from(self.resources.get(&**name).map(|(uid, _)| &**uid).unwrap_or_default()))
                }
                _ => self.find(reference, environment, accessed),
            }
        });
        match value {
            Ok(value) => Ok(value.to_text().map(std::borrow::Cow::into_owned).unwrap_or_default()),
            Err(errors) => Err(errors.into_iter().map(|(_, error)| error).collect::<Vec<_>>().join("\n")),
        }
    }

    /// A tree with all placeholders replaced.
    pub(crate) fn tree(&self, tree: &Value, accessed: &mut BTreeSet<String>) -> Result<Value, String> {
        substitute(tree, Whole::IsText, &mut |reference| self.find(reference, Environment::Immediate, accessed))
            .map_err(|errors| {
                let lines = errors.into_iter().map(|(path, error)| {
                    let keys: String = path.keys().iter().map(|key| format!("{key}: ")).collect();
                    format!("{keys}{error}")
                });
                lines.collect::<Vec<_>>().join("\n")
            })
    }
}

/// What lies below `keys`, as outputs are looked up.
fn walk(outputs: &Value, keys: &[Arc<str>]) -> Result<Value, String> {
    if keys.is_empty() {
        return Err("at least one lookup key is required".into());
    }
    let mut at = outputs;
    for key in keys {
        let map = at.as_map().ok_or_else(|| format!("cannot lookup key '{key}', context is not a map"))?;
        at = map.get(key).ok_or_else(|| format!("key '{key}' not found"))?;
    }
    Ok(at.clone())
}
