//! From what a driver answered to what is recorded of a resource.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Fingerprint, FingerprintKey, Map, ResourceUid, SecretTexts, Value};

use crate::Schema;
use crate::kept::Kept;
use crate::{Applied, Artefact, Guid, Holes, MissingOutput, Object, Prior, Recipe};

/// What a driver's answer comes to: the module's outputs put over it, and marked as secret again what is or contains a secret, since marks do not survive foreign code.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// What the driver answered.
    pub(crate) raw: Value,
    /// With the module's outputs over it.
    pub(crate) outputs: Value,
    /// What the driver keeps for itself and what it shares, secret.
    pub(crate) state: Value,
    pub(crate) artefacts: Vec<Artefact>,
    /// What is wrong with the outputs, without secrets.
    pub(crate) problems: Vec<String>,
    /// All secrets that the driver was told or told.
    pub(crate) secrets: SecretTexts,
}

impl Made {
    /// What is wrong where a driver that was asked to tell what there is leaves a part open.
    pub(crate) fn unknown(&self) -> Vec<String> {
        let artefacts = self.artefacts.iter().any(|artefact| artefact.value.has_unknown());
        let open = [
            ("its outputs", self.outputs.has_unknown() || self.raw.has_unknown()),
            ("what it keeps for itself", self.state.has_unknown()),
            ("its artefacts", artefacts),
        ];
        let open = open.into_iter().filter(|(_, unknown)| *unknown);
        open.map(|(what, _)| format!("its driver leaves open a part of {what}")).collect()
    }
}

/// What makes the difference between an answer and what is recorded of it.
pub(crate) struct Making<'a> {
    pub(crate) recipe: &'a Recipe,
    /// What the driver was told: its secrets are looked for in what it says.
    pub(crate) told: &'a SecretTexts,
    pub(crate) holes: &'a dyn Holes,
    /// The driver's own schema of its outputs.
    pub(crate) driver_outputs: Option<&'a Arc<Value>>,
}

impl Making<'_> {
    /// Marks, overlays and checks. What is not known in the answer stays so.
    pub(crate) fn of(&self, applied: Applied, schemas: &mut Schemas) -> Made {
        let mut problems = Vec::new();
        let raw = match applied.outputs {
            Value::Null => Value::Map(Arc::default()),
            outputs => outputs,
        };
        let raw = match self.driver_outputs.and_then(|schema| schemas.get(schema)) {
            Some(schema) => schema.conceal(raw),
            None => raw,
        };
        let mut outputs = self.overlaid(&raw, &mut problems);
        if let Some(schema) = self.recipe.outputs_schema.as_ref().and_then(|schema| schemas.get(schema)) {
            let violations = schema.violations(&outputs);
            problems
                .extend(violations.iter().map(|found| format!("its outputs are not what its type promises: {found}")));
            outputs = schema.conceal(outputs);
        }
        let mut secrets = self.told.clone();
        secrets.add(&raw);
        secrets.add(&outputs);
        Made {
            raw: secrets.mark(&raw),
            outputs: secrets.mark(&outputs),
            state: match self.kept(applied.state, applied.shared).into_value() {
                Value::Null => Value::Null,
                kept => Value::secret(kept),
            },
            artefacts: applied
                .artefacts
                .into_iter()
                .map(|artefact| marked(artefact, &secrets, &mut problems))
                .collect(),
            problems: problems.into_iter().map(|problem| secrets.redact(&problem).into_owned()).collect(),
            secrets,
        }
    }

    /// Members of a lane share something, if only nothing: by that they are known later.
    fn kept(&self, state: Value, shared: Value) -> Kept {
        let shares_nothing = self.recipe.lane.is_some() && shared == Value::Null;
        Kept { state, shared: if shares_nothing { Value::Map(Arc::default()) } else { shared } }
    }

    fn overlaid(&self, raw: &Value, problems: &mut Vec<String>) -> Value {
        match overlaid(self.recipe, raw, self.holes) {
            Ok(outputs) => outputs,
            Err(missing) => {
                problems.extend(
                    missing
                        .iter()
                        .map(|missing| format!("the `outputs` of its module read what is not there: {missing}")),
                );
                raw.clone()
            }
        }
    }
}

/// What a driver answered, with the outputs of its module over it.
pub(crate) fn overlaid(recipe: &Recipe, own: &Value, holes: &dyn Holes) -> Result<Value, Vec<MissingOutput>> {
    let Some(overlay) = &recipe.outputs else { return Ok(own.clone()) };
    let Value::Map(over) = overlay.eval(&WithOwn { holes, own })? else { return Ok(own.clone()) };
    let mut outputs: Map = own.as_map().cloned().unwrap_or_default();
    outputs.extend(over.iter().map(|(key, value)| (key.clone(), value.clone())));
    Ok(Value::from(outputs))
}

/// An artefact with what is secret in it marked. Its kind and key are shown: nothing secret may be in them.
fn marked(artefact: Artefact, secrets: &SecretTexts, problems: &mut Vec<String>) -> Artefact {
    let mut shown = |what: &str, text: &Arc<str>| {
        if !secrets.are_in_key(text) {
            return text.clone();
        }
        let redacted: Arc<str> = secrets.redact(text).into();
        problems
            .push(format!("the {what} `{redacted}` of an artefact contains a secret, which others could see there"));
        redacted
    };
    let (kind, key) = (shown("kind", &artefact.kind), shown("key", &artefact.key));
    Artefact { kind, key, ..artefact }.marked(secrets)
}

struct WithOwn<'a> {
    holes: &'a dyn Holes,
    own: &'a Value,
}

impl Holes for WithOwn<'_> {
    fn outputs(&self, of: &ResourceUid) -> Option<Value> {
        self.holes.outputs(of)
    }

    fn has_more_outputs(&self, of: &ResourceUid) -> bool {
        self.holes.has_more_outputs(of)
    }

    fn artefacts(&self, kind: &str) -> Option<Value> {
        self.holes.artefacts(kind)
    }

    fn guid(&self) -> Option<Guid> {
        self.holes.guid()
    }

    fn own(&self) -> Option<Value> {
        Some(self.own.clone())
    }
}

/// Schemas made ready for use, each once. A schema that is none constrains nothing: what reads platforms refuses it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schemas(FxHashMap<usize, (Arc<Value>, Option<Schema>)>);

impl Schemas {
    pub(crate) fn get(&mut self, json: &Arc<Value>) -> Option<&Schema> {
        let at = Arc::as_ptr(json) as usize;
        // Holding the schema keeps its address from being used again.
        let entry = self.0.entry(at).or_insert_with(|| (json.clone(), Schema::new(json.clone()).ok()));
        entry.1.as_ref()
    }
}

/// The fingerprint of what a driver is told, of what is shared in its lane only what those before it share; `None` when a part is not known.
pub(crate) fn fingerprint(
    inputs: &Value,
    context: Option<&Value>,
    before: Option<&Value>,
    key: &FingerprintKey,
) -> Option<Fingerprint> {
    match (context, before) {
        (None, None) => inputs.fingerprint(key),
        (Some(context), None) => Value::list([inputs.clone(), context.clone()]).fingerprint(key),
        (context, Some(before)) => {
            Value::list([inputs.clone(), context.cloned().unwrap_or_default(), before.clone()]).fingerprint(key)
        }
    }
}

/// What is recorded of an object, to hand to its driver.
pub(crate) fn prior(object: &Object) -> Prior {
    Prior::new(object.inputs.clone(), recorded(object))
}

/// What a driver answered, as it is recorded.
pub(crate) fn recorded(object: &Object) -> Applied {
    let Kept { state, shared } = Kept::of(&object.state);
    Applied { outputs: object.raw_outputs.clone(), state, artefacts: object.artefacts.clone(), shared }
}

/// The secrets of what is recorded: in inputs, outputs and state.
pub(crate) fn secrets_of(object: &Object, secrets: &mut SecretTexts) {
    for value in [&object.inputs, &object.raw_outputs, &object.outputs] {
        secrets.add(value);
    }
}

/// The artefacts of a kind as `${artefacts.KIND}` gives them: each `{uid, type, workload, key, value}`.
pub(crate) fn artefact_list<'a>(of: impl Iterator<Item = (&'a ResourceUid, &'a [Artefact])>, kind: &str) -> Value {
    let entries = of.flat_map(|(uid, artefacts)| artefacts.iter().map(move |artefact| (uid, artefact)));
    Value::list(entries.filter(|(_, artefact)| &*artefact.kind == kind).map(|(uid, artefact)| {
        let workload = if uid.is_workload() { Some(uid.id()) } else { uid.workload() };
        Value::map([
            ("uid", Value::from(uid.as_str())),
            ("type", Value::from(uid.ty())),
            ("workload", workload.map_or(Value::Null, Value::from)),
            ("key", Value::String(artefact.key.clone())),
            ("value", artefact.value.clone()),
        ])
    }))
}
