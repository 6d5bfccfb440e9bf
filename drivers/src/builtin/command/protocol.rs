//! What a program answers.

use std::sync::Arc;

use score_model::{Map, SecretTexts, Value};
use score_resolver::{Applied, Artefact, Prior};

use crate::redact;

/// The one JSON object that a program prints, as far as it has what it needs.
#[derive(Debug, Default)]
pub(super) struct Answer {
    outputs: Option<Arc<Map>>,
    secrets: Option<Arc<Map>>,
    state: Option<Value>,
    artefacts: Option<Vec<Artefact>>,
    pub(super) exists: Option<bool>,
    pub(super) complete: bool,
    pub(super) unknown_keys: Vec<Arc<str>>,
}

/// What is no answer, and what could be understood of it all the same.
#[derive(Debug)]
pub(super) struct BadAnswer {
    pub(super) problem: String,
    pub(super) understood: Option<Answer>,
}

impl Answer {
    pub(super) fn parse(stdout: &[u8]) -> Result<Self, BadAnswer> {
        let bad = |problem: String| BadAnswer { problem, understood: None };
        if stdout.trim_ascii().is_empty() {
            return Err(bad("it printed nothing".to_owned()));
        }
        let value: Value = serde_json::from_slice(stdout).map_err(|error| bad(error.to_string()))?;
        let map = value.as_map().ok_or_else(|| bad("it printed something else than an object".to_owned()))?;
        let (mut answer, mut problems) = (Self::default(), Vec::new());
        for (key, value) in map.iter().filter(|(_, value)| **value != Value::Null) {
            let understood = match (&**key, value) {
                ("outputs", Value::Map(outputs)) => {
                    answer.outputs = Some(outputs.clone());
                    true
                }
                ("secrets", Value::Map(secrets)) => {
                    answer.secrets = Some(secrets.clone());
                    true
                }
                ("state", state) => {
                    answer.state = Some(state.clone());
                    true
                }
                ("artefacts", Value::List(items)) => {
                    let artefacts: Vec<_> = items.iter().filter_map(artefact).collect();
                    let all = artefacts.len() == items.len();
                    answer.artefacts = Some(artefacts);
                    all
                }
                ("exists", Value::Bool(exists)) => {
                    answer.exists = Some(*exists);
                    true
                }
                ("complete", Value::Bool(complete)) => {
                    answer.complete = *complete;
                    true
                }
                ("outputs" | "secrets" | "artefacts" | "exists" | "complete", _) => false,
                _ => {
                    answer.unknown_keys.push(key.clone());
                    true
                }
            };
            if !understood {
                problems.push(format!("`{key}` must be {}", shape_of(key)));
            }
        }
        if problems.is_empty() {
            Ok(answer)
        } else {
            Err(BadAnswer { problem: problems.join("; "), understood: Some(answer) })
        }
    }

    /// After an apply: what is absent is not there, but the state is as before.
    pub(super) fn applied(self, state_before: Value) -> Applied {
        let mut applied = Applied::new(merged(self.outputs, self.secrets).into());
        applied.state = self.state.unwrap_or(state_before);
        applied.artefacts = self.artefacts.unwrap_or_default();
        applied
    }

    /// After an observe: what is absent is as recorded.
    pub(super) fn over(self, prior: Prior) -> Applied {
        let recorded = prior.outputs.as_map().cloned().unwrap_or_default();
        let (secret, open): (Map, Map) = recorded.into_iter().partition(|(_, value)| matches!(value, Value::Secret(_)));
        let secrets = self.secrets.unwrap_or_else(|| Arc::new(secret.clone()));
        let mut outputs = merged(Some(self.outputs.clone().unwrap_or_else(|| Arc::new(open))), Some(secrets));
        // an output that was found secret by what it contains is told among the open ones, and stays secret
        for (key, value) in self.outputs.iter().flat_map(|outputs| outputs.iter()) {
            if secret.contains_key(key) {
                outputs.insert(key.clone(), Value::secret(value.clone()));
            }
        }
        let mut applied = Applied::new(outputs.into());
        applied.state = self.state.unwrap_or(prior.state);
        applied.artefacts = self.artefacts.unwrap_or(prior.artefacts);
        applied
    }
}

/// The texts of what an answer says to be secret: its `secrets`, and what is long enough to be no mere word in its `state`, which nobody else is to see.
pub(super) fn secrets_in(stdout: &[u8]) -> SecretTexts {
    let mut texts = SecretTexts::new();
    let answer: Value = serde_json::from_slice(stdout).unwrap_or_default();
    if let Some(map) = answer.as_map() {
        map.get("secrets").into_iter().for_each(|secrets| texts.add_whole(secrets));
        map.get("state").into_iter().for_each(|state| redact::add_kept(&mut texts, state));
    }
    texts
}

/// The outputs, and over them the secrets, marked.
fn merged(outputs: Option<Arc<Map>>, secrets: Option<Arc<Map>>) -> Map {
    let mut all = outputs.map(Arc::unwrap_or_clone).unwrap_or_default();
    let secrets = secrets.map(Arc::unwrap_or_clone).unwrap_or_default();
    all.extend(secrets.into_iter().map(|(key, value)| (key, Value::secret(value))));
    all
}

fn artefact(item: &Value) -> Option<Artefact> {
    let text = |key: &str| item.child(key)?.as_str().map(Arc::from);
    Some(Artefact { kind: text("kind")?, key: text("key")?, value: item.child("value").cloned().unwrap_or_default() })
}

fn shape_of(key: &str) -> &'static str {
    match key {
        "artefacts" => "a list of objects with the texts `kind` and `key`, and a `value`",
        "exists" | "complete" => "true or false",
        _ => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_bad(stdout: &str, want: &str) {
        assert_eq!(Answer::parse(stdout.as_bytes()).unwrap_err().problem, want);
    }

    #[test]
    fn says_what_is_wrong() {
        check_bad("  \n", "it printed nothing");
        check_bad("[]", "it printed something else than an object");
        check_bad("{} {}", "trailing characters at line 1 column 4");
        check_bad(
            r#"{"outputs": [], "exists": "yes", "artefacts": [{"kind": "a"}]}"#,
            "`outputs` must be an object; `exists` must be true or false; \
             `artefacts` must be a list of objects with the texts `kind` and `key`, and a `value`",
        );
    }

    #[test]
    fn what_is_understood_of_a_bad_answer_is_kept() {
        let bad = Answer::parse(br#"{"outputs": [], "state": {"id": 7}}"#).unwrap_err();
        let applied = bad.understood.unwrap().applied(Value::Null);
        assert_eq!(applied.state, Value::map([("id", Value::from(7))]));
    }

    #[track_caller]
    fn check_over(answer: &str, want_outputs: serde_json::Value) {
        let mut applied =
            Applied::new(Value::map([("host", Value::from("a")), ("password", Value::secret(Value::from("p")))]));
        applied.state = Value::from("s");
        let got = Answer::parse(answer.as_bytes()).unwrap().over(Prior::new(Value::Null, applied));
        assert_eq!(got.outputs.redacted(), want_outputs);
        assert_eq!(got.state, Value::from("s"));
    }

    #[test]
    fn what_is_absent_is_as_recorded() {
        let secret = serde_json::json!({"$secret": true});
        check_over("{}", serde_json::json!({"host": "a", "password": secret}));
        check_over(r#"{"outputs": {"host": "b"}}"#, serde_json::json!({"host": "b", "password": secret}));
        check_over(r#"{"secrets": {"key": "k"}}"#, serde_json::json!({"host": "a", "key": secret}));
        check_over(r#"{"outputs": {"password": "q"}, "secrets": {}}"#, serde_json::json!({"password": secret}));
    }
}
