//! Parts of schemas, and the way down into them.

use score_model::{Path, Value};

use super::Types;

/// How deep schemas are looked into.
const DEPTH: usize = 32;

/// All that schemas say of one place in a value: a conjunction of schemas, each with the document that its references are about. None: anything goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subschema<'a> {
    parts: Vec<Part<'a>>,
    secret: bool,
    /// Whether a part says `writeOnly: false`.
    plain: bool,
}

#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    root: &'a Value,
    schema: &'a Value,
}

impl<'a> Subschema<'a> {
    /// Anything goes.
    pub(crate) fn open() -> Self {
        Self::default()
    }

    /// Anything goes, and it is secret.
    pub(crate) fn secret() -> Self {
        Self { secret: true, ..Self::default() }
    }

    /// What a whole schema says.
    pub(crate) fn of(root: &'a Value) -> Self {
        let mut this = Self::open();
        this.add(Part { root, schema: root }, 0);
        this
    }

    /// What both say.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self.secret |= other.secret;
        self.plain |= other.plain;
        self
    }

    fn add(&mut self, part: Part<'a>, depth: usize) {
        if depth > DEPTH {
            return;
        }
        let Value::Map(map) = part.schema else {
            // `true` says nothing; `false` is kept.
            if part.schema.as_bool() == Some(false) {
                self.parts.push(part);
            }
            return;
        };
        match map.get("writeOnly").and_then(Value::as_bool) {
            Some(true) => self.secret = true,
            Some(false) => self.plain = true,
            None => {}
        }
        if !map.is_empty() {
            self.parts.push(part);
        }
        if let Some(target) = map.get("$ref").and_then(Value::as_str).and_then(|name| target(part.root, name)) {
            self.add(Part { schema: target, ..part }, depth + 1);
        }
        for schema in map.get("allOf").and_then(Value::as_list).into_iter().flatten() {
            self.add(Part { schema, ..part }, depth + 1);
        }
    }

    /// Whether what is here is secret, as a whole.
    pub(crate) fn is_secret(&self) -> bool {
        self.secret
    }

    /// Whether no secret may get here.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether nothing is said.
    pub(crate) fn is_open(&self) -> bool {
        self.parts.is_empty()
    }

    /// What is said of what lies below `key`. `None`: there can be no such thing.
    pub(crate) fn child(&self, key: &str) -> Option<Self> {
        let mut below = Self { parts: Vec::new(), secret: self.secret, plain: self.plain };
        for part in &self.parts {
            let map = part.schema.as_map()?;
            let types = map.get("type").map_or(Types::ALL, Types::named);
            let index = key.bytes().all(|byte| byte.is_ascii_digit());
            if !types.meets(Types::OBJECT | if index { Types::ARRAY } else { Types::NONE }) {
                return None;
            }
            if let Some(schema) = map.get("properties").and_then(|all| all.child(key)) {
                below.add(Part { schema, ..*part }, 0);
                continue;
            }
            if index && types.meets(Types::ARRAY) {
                if let Some(schema) = map.get("items") {
                    below.add(Part { schema, ..*part }, 0);
                }
                continue;
            }
            if map.get("patternProperties").is_some() {
                continue;
            }
            match map.get("additionalProperties") {
                Some(Value::Bool(false)) => return None,
                Some(schema) => below.add(Part { schema, ..*part }, 0),
                None => {}
            }
        }
        (!below.parts.iter().any(|part| part.schema.as_map().is_none())).then_some(below)
    }

    /// What is said of what lies at `path`. `None`: there can be no such thing.
    pub(crate) fn get(&self, path: &Path) -> Option<Self> {
        path.keys().iter().try_fold(self.clone(), |at, key| at.child(key))
    }

    /// What must lie directly below.
    pub(crate) fn required(&self) -> impl Iterator<Item = &'a str> {
        self.maps().filter_map(|map| map.get("required").and_then(Value::as_list)).flatten().filter_map(Value::as_str)
    }

    /// The names that are known to lie below, whether they must or may.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &'a str> {
        self.maps()
            .filter_map(|map| map.get("properties").and_then(Value::as_map))
            .flat_map(|map| map.keys().map(|key| &**key))
    }

    /// The default of what lies directly below `key`, as it is written.
    pub(crate) fn default_of(&self, key: &str) -> Option<&'a Value> {
        self.maps().find_map(|map| map.get("properties")?.child(key)?.child("default"))
    }

    fn maps(&self) -> impl Iterator<Item = &'a score_model::Map> {
        self.parts.iter().filter_map(|part| part.schema.as_map())
    }

    /// The types that a value here may have.
    pub(crate) fn types(&self) -> Types {
        self.parts.iter().fold(Types::ALL, |all, part| all & types(part.schema, 0))
    }

    /// Whether what is here, or a part of it, is secret.
    pub(crate) fn may_contain_secret(&self) -> bool {
        self.secret || self.parts.iter().any(|part| says_secret(part.root, part.schema, 0))
    }

    /// Whether there is anything that a map can contradict.
    pub(crate) fn constrains(&self) -> bool {
        self.parts.iter().any(|part| constrains(part.schema, 0))
    }

    /// Whether there is anything that a value of any type can contradict.
    pub(crate) fn constrains_any(&self) -> bool {
        self.parts.iter().any(|part| constrains(part.schema, 1))
    }
}

fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let path = Path::from_pointer(reference.strip_prefix('#')?);
    path.keys().iter().try_fold(root, |at, key| at.child(key))
}

fn types(schema: &Value, depth: usize) -> Types {
    let Value::Map(map) = schema else {
        return if schema.as_bool() == Some(false) { Types::NONE } else { Types::ALL };
    };
    if depth > DEPTH {
        return Types::ALL;
    }
    let mut all = map.get("type").map_or(Types::ALL, Types::named);
    if let Some(value) = map.get("const") {
        all = all & Types::of(value);
    }
    if let Some(values) = map.get("enum").and_then(Value::as_list) {
        all = all & values.iter().map(Types::of).fold(Types::NONE, |some, one| some | one);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(schemas) = map.get(key).and_then(Value::as_list) {
            all = all & schemas.iter().map(|one| types(one, depth + 1)).fold(Types::NONE, |some, one| some | one);
        }
    }
    all
}

fn says_secret(root: &Value, schema: &Value, depth: usize) -> bool {
    let Value::Map(map) = schema else { return false };
    if depth > DEPTH {
        return false;
    }
    if map.get("writeOnly").and_then(Value::as_bool) == Some(true) {
        return true;
    }
    map.iter().any(|(key, below)| match &**key {
        "properties" | "patternProperties" => {
            below.as_map().is_some_and(|all| all.values().any(|one| says_secret(root, one, depth + 1)))
        }
        "allOf" | "anyOf" | "oneOf" => {
            below.as_list().is_some_and(|all| all.iter().any(|one| says_secret(root, one, depth + 1)))
        }
        "additionalProperties" | "items" | "then" | "else" => says_secret(root, below, depth + 1),
        "$ref" => {
            below.as_str().and_then(|name| target(root, name)).is_some_and(|one| says_secret(root, one, depth + 1))
        }
        _ => false,
    })
}

/// Whether a schema says anything beyond annotations.
fn constrains(schema: &Value, depth: usize) -> bool {
    let Value::Map(map) = schema else { return schema.as_bool() == Some(false) };
    depth > DEPTH
        || map.iter().any(|(key, below)| match &**key {
            "title" | "description" | "default" | "examples" | "deprecated" | "readOnly" | "$comment" | "$defs"
            | "definitions" => false,
            // `false` forbids secrets, which is checked.
            "writeOnly" => below.as_bool() == Some(false),
            "properties" => below.as_map().is_none_or(|all| all.values().any(|one| constrains(one, depth + 1))),
            "additionalProperties" | "items" => constrains(below, depth + 1),
            // Params, inputs and outputs always are maps.
            "type" => depth > 0 || below.as_str() != Some("object"),
            _ => true,
        })
}

/// Whether a schema has defaults for what may be absent.
pub(super) fn has_defaults(schema: &Value, depth: usize) -> bool {
    let Value::Map(map) = schema else { return false };
    depth <= DEPTH
        && (map.contains_key("$ref")
            || map
                .get("allOf")
                .and_then(Value::as_list)
                .is_some_and(|all| all.iter().any(|one| has_defaults(one, depth + 1)))
            || map.get("properties").and_then(Value::as_map).is_some_and(|all| {
                all.values().any(|one| one.child("default").is_some() || has_defaults(one, depth + 1))
            }))
}
