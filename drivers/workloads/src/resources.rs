//! What a workload's resources gave.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::Value;

/// The outputs of a workload's resources, by uid.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Resources(BTreeMap<Arc<str>, Value>);

impl Resources {
    /// From `alias → {uid, outputs}`, as `${resources}` gives them.
    pub fn read(resources: &Value) -> Self {
        let resources = resources.as_map().into_iter().flatten().filter_map(|(_, resource)| {
            let uid = resource.child("uid")?.as_str()?;
            Some((Arc::from(uid), resource.child("outputs").cloned().unwrap_or_default()))
        });
        Self(resources.collect())
    }

    /// The outputs of the resource `uid`.
    pub fn outputs(&self, uid: &str) -> Option<&Value> {
        self.0.get(uid)
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Resources {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(outputs: I) -> Self {
        Self(outputs.into_iter().map(|(uid, outputs)| (uid.into(), outputs)).collect())
    }
}
