//! What an object keeps for itself and what it shares, as the one value that is recorded.

use score_model::{Map, Value};

const STATE: &str = "$state";
const SHARED: &str = "$shared";

/// What an object keeps for itself, and its part of what is shared in its lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) state: Value,
    pub(crate) shared: Value,
}

impl Kept {
    /// Both as one value: the state alone where nothing is shared.
    pub(crate) fn into_value(self) -> Value {
        if self.shared == Value::Null && parts(&self.state).is_none() {
            return self.state;
        }
        Value::map([(SHARED, self.shared), (STATE, self.state)])
    }

    /// What [`into_value`](Self::into_value) made, whether marked as secret or not: the state stays so, what is shared is not marked.
    pub(crate) fn of(value: &Value) -> Self {
        let (inner, is_secret) = match value {
            Value::Secret(secret) => (secret.expose(), true),
            value => (value, false),
        };
        let Some((shared, state)) = parts(inner) else { return Self { state: value.clone(), shared: Value::Null } };
        let marked = is_secret && *state != Value::Null;
        let state = if marked { Value::secret(state.clone()) } else { state.clone() };
        Self { state, shared: shared.unmarked() }
    }
}

fn parts(value: &Value) -> Option<(&Value, &Value)> {
    let map: &Map = value.as_map().filter(|map| map.len() == 2)?;
    Some((map.get(SHARED)?, map.get(STATE)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(state: Value, shared: Value) {
        let kept = Kept { state, shared };
        assert_eq!(Kept::of(&kept.clone().into_value()), kept);
        let secret = Kept::of(&Value::secret(kept.clone().into_value()));
        assert_eq!((secret.state.unmarked(), secret.shared), (kept.state, kept.shared));
    }

    #[test]
    fn comes_back_as_it_was() {
        let map = |key: &str| Value::map([(key, Value::from(1))]);
        check(Value::Null, Value::Null);
        check(map("a"), Value::Null);
        check(Value::Null, map("a"));
        check(map("a"), map("b"));
        let confusing = Kept { state: map("a"), shared: map("b") }.into_value();
        check(confusing.clone(), Value::Null);
        check(confusing, map("c"));
    }
}
