//! What a plan does to one resource.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use score_model::{ResourceUid, SecretTexts, Value};
use serde::{Deserialize, Serialize};

use super::Changes;
use crate::{Applied, Guid, Planned, Reason, Recipe, ReplaceOrder};

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It comes to be.
    Create,
    /// It is changed in place; or not, when inputs that are not known yet turn out as recorded.
    Update,
    /// A new one takes its place.
    Replace,
    /// It is destroyed.
    Delete,
    /// It leaves state and stays in the world.
    Forget,
    /// Its record gets another uid, nothing else.
    Move,
    /// Nothing.
    None,
    /// Nothing now, though something may be to be done.
    Deferred,
}

impl Action {
    /// All actions, in the order of the summary.
    pub const ALL: [Self; 8] =
        [Self::Create, Self::Update, Self::Replace, Self::Delete, Self::Forget, Self::Move, Self::None, Self::Deferred];

    /// The name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Forget => "forget",
            Self::Move => "move",
            Self::None => "none",
            Self::Deferred => "deferred",
        }
    }

    /// Whether a plan with such a change has anything to do.
    pub fn is_change(self) -> bool {
        !matches!(self, Self::None | Self::Deferred)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How many changes there are of each action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSummary(BTreeMap<Action, usize>);

impl PlanSummary {
    pub(crate) fn new(changes: &Changes) -> Self {
        Self(Action::ALL.into_iter().map(|action| (action, changes.count(action))).collect())
    }

    /// How many changes there are of this action.
    pub fn count(&self, action: Action) -> usize {
        self.0.get(&action).copied().unwrap_or_default()
    }
}

/// Serialised as `{"create": 0, "update": 0, …}`, all actions named.
impl Serialize for PlanSummary {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Action::ALL.into_iter().map(|action| (action.as_str(), self.count(action))))
    }
}

/// What a plan does to one resource, or to one old object of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// Whose. Of what moves, the new uid.
    pub uid: ResourceUid,
    /// What happens.
    pub action: Action,
    /// The module that serves; of what only state knows, the module that served.
    pub module: Arc<str>,
    /// Why, the most important reason first. Empty where nothing happens.
    pub reasons: Vec<Reason>,
    /// The recorded inputs; `None` where nothing is recorded.
    pub before: Option<Value>,
    /// The planned inputs, as far as known; `None` for what goes.
    pub after: Option<Value>,
    /// All that is needed to make it; `None` for what only state knows.
    pub recipe: Option<Arc<Recipe>>,
    /// The object that this is about: the recorded one, or that of an interrupted call. `None` where there is neither.
    pub guid: Option<Guid>,
    /// The number that a new object would get among those of the state.
    pub number: u64,
    /// In which order a replacement goes.
    pub order: ReplaceOrder,
    /// Whether the recorded object turned out to be gone from the world.
    pub gone: bool,
    /// The recorded object as refresh found it, where that is not as recorded.
    pub observed: Option<Box<Applied>>,
    /// What the driver said an apply would give: what it said of the outputs must come true.
    pub planned: Option<Box<Planned>>,
    /// What a pure driver made of the inputs in `after`.
    pub evaluated: Option<Box<Applied>>,
    /// What the members of its lane before it shared then.
    pub(crate) before_it: Option<Value>,
}

impl Change {
    /// Whether the module keeps open that a replacement happens when inputs become known.
    pub fn may_replace(&self) -> bool {
        self.action == Action::Update && self.reasons.iter().any(|reason| matches!(reason, Reason::MayReplace { .. }))
    }

    /// Marks what is secret in the inputs in the recipe, too, which is saved with the plan: where an output turns out to be an input that the platform writes in the clear, only its type says that it is secret.
    pub(super) fn conceal_recipe(&mut self) {
        let (Some(recipe), Some(after)) = (&mut self.recipe, &self.after) else { return };
        if recipe.outputs_schema.is_some() && after.has_secret() {
            let inputs = recipe.inputs.marked(&SecretTexts::of(after));
            if inputs != recipe.inputs {
                Arc::make_mut(recipe).inputs = inputs;
            }
        }
    }
}
