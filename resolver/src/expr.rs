//! Expressions after resolution: values with holes for what only a deployment can know.

use std::collections::BTreeSet;
use std::sync::Arc;

use score_model::{Entries, Map, Path, ResourceUid, SecretTexts, Value};

use crate::Guid;

/// A value with holes. Context, params and selectors are gone; what remains open are outputs, artefacts, the guid of the node and what its driver answers.
///
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// What is known.
    Value(Value),
    /// An output of a resource: a hole, and so an edge.
    Output {
        /// Whose output.
        of: ResourceUid,
        /// Where in its outputs; the root is all of them.
        path: Path,
        /// Whether an output that is not there is null (selectors) rather than an error.
        or_null: bool,
    },
    /// What the node's own driver answered, at this path of its outputs. Only in a module's `outputs`.
    Own(Path),
    /// The guid of the node.
    Guid,
    /// The artefacts of a kind, of all that the node depends on, directly or through others, in provisioning order: a list of `{uid, type, workload, key, value}`.
    Artefacts(Arc<str>),
    /// What lies at a path of what the inner expression gives.
    At(Arc<Self>, Path),
    /// A text made of these.
    Text(Arc<[Self]>),
    /// A list.
    List(Arc<[Self]>),
    /// A map.
    Map(Arc<Entries<Arc<str>, Self>>),
    /// What the inner expression gives, secret.
    Secret(Arc<Self>),
}

/// What fills the holes of one node's expressions. `None` everywhere: not known yet.
pub trait Holes {
    /// All outputs of a resource.
    fn outputs(&self, of: &ResourceUid) -> Option<Value>;
    /// Whether a resource may have outputs beyond those that [`outputs`](Self::outputs) knows: they are not known yet.
    fn has_more_outputs(&self, of: &ResourceUid) -> bool {
        let _ = of;
        false
    }
    /// The artefacts of a kind of all that the node depends on.
    fn artefacts(&self, kind: &str) -> Option<Value>;
    /// The guid of the node.
    fn guid(&self) -> Option<Guid>;
    /// What the node's own driver answered.
    fn own(&self) -> Option<Value>;
}

/// An output that was promised and is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{of}` has no output `{path}`")]
pub struct MissingOutput {
    /// Whose output.
    pub of: ResourceUid,
    /// Where in its outputs.
    pub path: Path,
}

impl Expr {
    /// Fills the holes. What is not known yet is [`Value::Unknown`], in a text the whole text; what is made of a secret is secret. Pure and total: plan and apply use this one function.
    ///
    /// # Errors
    /// Every output that is known not to be there.
    pub fn eval(&self, holes: &dyn Holes) -> Result<Value, Vec<MissingOutput>> {
        let mut missing = Vec::new();
        let value = self.fill(holes, &mut missing);
        if missing.is_empty() { Ok(value) } else { Err(missing) }
    }

    fn fill(&self, holes: &dyn Holes, missing: &mut Vec<MissingOutput>) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Output { of, path, or_null } => match holes.outputs(of) {
                None => Value::Unknown,
                Some(outputs) => outputs.get(path).unwrap_or_else(|| {
                    if holes.has_more_outputs(of) {
                        return Value::Unknown;
                    }
                    if !or_null {
                        missing.push(MissingOutput { of: of.clone(), path: path.clone() });
                    }
                    Value::Null
                }),
            },
            Self::Own(path) => holes.own().map_or(Value::Unknown, |own| own.get(path).unwrap_or_default()),
            Self::Guid => holes.guid().map_or(Value::Unknown, |guid| Value::from(guid.to_string())),
            Self::Artefacts(kind) => holes.artefacts(kind).unwrap_or(Value::Unknown),
            Self::At(inner, path) => inner.fill(holes, missing).get(path).unwrap_or_default(),
            Self::Text(parts) => {
                let (mut text, mut unknown, mut secret) = (String::new(), false, false);
                for part in parts.iter() {
                    let value = part.fill(holes, missing);
                    secret |= value.has_secret();
                    match value.to_text() {
                        Some(piece) => text.push_str(&piece),
                        None => unknown = true,
                    }
                }
                match (unknown, secret) {
                    (true, _) => Value::Unknown,
                    (false, true) => Value::secret(Value::from(text)),
                    (false, false) => Value::from(text),
                }
            }
            Self::List(items) => Value::list(items.iter().map(|item| item.fill(holes, missing))),
            Self::Map(map) => Value::map(map.iter().map(|(key, item)| (key.clone(), item.fill(holes, missing)))),
            Self::Secret(inner) => Value::secret(inner.fill(holes, missing)),
        }
    }

    /// The same with what is known and is or contains one of these secrets marked.
    pub(crate) fn marked(&self, secrets: &SecretTexts) -> Self {
        let all = |parts: &[Self]| parts.iter().map(|part| part.marked(secrets)).collect();
        match self {
            Self::Value(value) => Self::Value(secrets.mark(value)),
            Self::At(inner, path) => Self::At(Arc::new(inner.marked(secrets)), path.clone()),
            Self::Text(parts) => Self::Text(all(parts)),
            Self::List(items) => Self::List(all(items)),
            Self::Map(map) => {
                Self::Map(Arc::new(map.iter().map(|(key, item)| (key.clone(), item.marked(secrets))).collect()))
            }
            Self::Output { .. } | Self::Own(_) | Self::Guid | Self::Artefacts(_) | Self::Secret(_) => self.clone(),
        }
    }

    /// A list of these; a value where all of them are.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        let items: Arc<[Self]> = items.into_iter().collect();
        if items.iter().all(|item| matches!(item, Self::Value(_))) {
            return Self::Value(Value::list(items.iter().filter_map(Self::as_value).cloned()));
        }
        Self::List(items)
    }

    /// A map of these; a value where all of them are.
    pub fn map(entries: impl IntoIterator<Item = (Arc<str>, Self)>) -> Self {
        let mut entries = entries.into_iter();
        let mut values = Map::new();
        while let Some((key, item)) = entries.next() {
            match item {
                Self::Value(value) => {
                    if values.is_empty() {
                        values = Map::with_capacity(1 + entries.size_hint().0);
                    }
                    values.insert(key, value);
                }
                open => {
                    let values = values.into_iter().map(|(key, value)| (key, Self::Value(value)));
                    return Self::Map(Arc::new(values.chain([(key, open)]).chain(entries).collect()));
                }
            }
        }
        Self::Value(Value::from(values))
    }

    /// A text made of these, what is known of it joined; a value where all of them are. Null is no text at all.
    pub fn text(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut joined, mut known): (Vec<Self>, Option<String>) = (Vec::new(), None);
        let text = |known: String| Self::Value(Value::from(known));
        for part in parts {
            let piece = match &part {
                Self::Value(Value::Null) => continue,
                Self::Value(value) if !value.has_secret() => value.to_text(),
                _ => None,
            };
            if let Some(piece) = piece {
                known.get_or_insert_default().push_str(&piece);
            } else {
                joined.extend(known.take().map(text));
                joined.push(part);
            }
        }
        if joined.is_empty() {
            return text(known.unwrap_or_default());
        }
        joined.extend(known.map(text));
        if joined.iter().all(|part| matches!(part, Self::Value(value) if !value.has_unknown())) {
            let pieces = joined.iter().filter_map(|part| part.as_value()?.to_text());
            return Self::Value(Value::secret(Value::from(pieces.collect::<String>())));
        }
        Self::Text(joined.into())
    }

    /// The same, secret.
    #[must_use]
    pub fn secret(self) -> Self {
        match self {
            Self::Value(value) => Self::Value(Value::secret(value)),
            Self::Secret(inner) => Self::Secret(inner),
            other => Self::Secret(Arc::new(other)),
        }
    }

    /// What lies at `path`; `None`: it is known that there is nothing.
    pub fn get(&self, path: &Path) -> Option<Self> {
        if path.is_root() {
            return Some(self.clone());
        }
        match self {
            Self::Value(value) => value.get(path).map(Self::Value),
            Self::Output { of, path: base, or_null } => {
                Some(Self::Output { of: of.clone(), path: base.join(path), or_null: *or_null })
            }
            Self::Own(base) => Some(Self::Own(base.join(path))),
            Self::Guid | Self::Text(_) => None,
            Self::Artefacts(_) => Some(Self::At(Arc::new(self.clone()), path.clone())),
            Self::At(inner, base) => Some(Self::At(inner.clone(), base.join(path))),
            Self::Secret(inner) => inner.get(path).map(Self::secret),
            Self::List(_) | Self::Map(_) => {
                let (first, rest) = path.keys().split_first()?;
                let below = match self {
                    Self::List(items) => items.get(first.parse::<usize>().ok()?),
                    Self::Map(map) => map.get(first),
                    _ => None,
                };
                below?.get(&rest.iter().cloned().collect())
            }
        }
    }

    /// Whether it may be that something lies where these keys lead: whether [`get`](Self::get) gives anything.
    pub(crate) fn has<'k>(&self, mut keys: impl Iterator<Item = &'k str>) -> bool {
        let mut at = self;
        while let Some(key) = keys.next() {
            while let Self::Secret(inner) = at {
                at = inner;
            }
            let below = match at {
                Self::Value(value) => return value_has(value, std::iter::once(key).chain(keys)),
                Self::Output { .. } | Self::Own(_) | Self::Artefacts(_) | Self::At(..) => return true,
                Self::Guid | Self::Text(_) | Self::Secret(_) => None,
                Self::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
                Self::Map(map) => map.get(key),
            };
            match below {
                Some(below) => at = below,
                None => return false,
            }
        }
        true
    }

    /// The output of a resource in which these keys lead on, and how many of them lead to it. `None` where they lead to no output, or only to a whole one.
    pub(crate) fn output_within(&self, keys: &[Arc<str>]) -> Option<(&ResourceUid, &Path, usize)> {
        let mut at = self;
        for (place, key) in keys.iter().enumerate() {
            while let Self::Secret(inner) = at {
                at = inner;
            }
            at = match at {
                Self::Output { of, path, or_null: false } => return Some((of, path, place)),
                Self::List(items) => items.get(key.parse::<usize>().ok()?)?,
                Self::Map(map) => map.get(key)?,
                _ => return None,
            };
        }
        None
    }

    /// The value, if there is no hole.
    pub fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The resources whose outputs are read: exactly the data edges of the node.
    pub fn references(&self) -> BTreeSet<&ResourceUid> {
        let mut found = BTreeSet::new();
        self.visit(&mut |expr| {
            if let Self::Output { of, .. } = expr {
                found.insert(of);
            }
        });
        found
    }

    /// Calls `see` for this expression and everything in it.
    pub fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Self)) {
        see(self);
        match self {
            Self::At(inner, _) | Self::Secret(inner) => inner.visit(see),
            Self::Text(parts) | Self::List(parts) => parts.iter().for_each(|part| part.visit(see)),
            Self::Map(map) => map.values().for_each(|item| item.visit(see)),
            Self::Value(_) | Self::Output { .. } | Self::Own(_) | Self::Guid | Self::Artefacts(_) => {}
        }
    }
}

/// The same of a value.
pub(crate) fn value_has<'k>(value: &Value, keys: impl Iterator<Item = &'k str>) -> bool {
    let mut at = value;
    for key in keys {
        while let Value::Secret(hidden) = at {
            at = hidden.expose();
        }
        match at.child(key) {
            Some(below) => at = below,
            None => return matches!(at, Value::Unknown),
        }
    }
    true
}

impl From<Value> for Expr {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}
