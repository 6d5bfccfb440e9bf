//! A plan as JSON, without secrets.

use serde_json::{Value as Json, json};

use super::{Change, Plan};

impl Plan {
    /// The plan for programs to read: `{"changes": [{"uid", "action", "module", "reasons", "before", "after"}], "summary", "digest"}`, and `"diagnostics"` where there are warnings. Secrets are
    /// `{"$secret": true}`, what is not known is `{"$unknown": true}`.
    pub fn redacted(&self) -> Json {
        let mut plan = json!({
            "changes": self.changes().iter().map(Change::redacted).collect::<Vec<_>>(),
            "summary": self.summary(),
            "digest": self.digest(),
        });
        if let (Some(plan), false) = (plan.as_object_mut(), self.warnings().is_empty()) {
            plan.insert("diagnostics".to_owned(), json!(self.warnings()));
        }
        plan
    }

    /// A name for what the plan does and stands on, in hex: equal plans for the same state from the same sources have the same. Nothing secret can be guessed from it.
    ///
    /// Linear in the plan. What plans that were made [one after the other](crate::Settled) share is looked at once.
    pub fn digest(&self) -> String {
        let options = self.options();
        let drivers: Vec<_> = self.drivers().iter().map(|(name, driver)| (name, driver.schema)).collect();
        let documents: Vec<_> =
            self.documents().iter().map(|(name, document)| (name, document.as_ref().map(|it| &it.file))).collect();
        let head = json!({
            "context": self.context(),
            "lineage": self.lineage(),
            "serial": self.serial(),
            "sources": options.sources,
            "options": [json!(options.targets), json!(options.excludes), json!(options.replace), json!(options.refresh), json!(options.all)],
            "drivers": drivers,
            "documents": documents,
            "moves": self.moves(),
        });
        let mut hasher = blake3::Hasher::new();
        hasher.update(head.to_string().as_bytes());
        hasher.update(self.changes.digest().as_bytes());
        hasher.update(self.steps.digest().as_bytes());
        hasher.finalize().to_hex().to_string()
    }
}

impl Change {
    /// The change for programs to read, without secrets: an entry of [`Plan::redacted`].
    pub fn redacted(&self) -> Json {
        json!({
            "uid": self.uid,
            "action": self.action,
            "module": self.module,
            "reasons": self.reasons,
            "before": self.before.as_ref().map(score_model::Value::redacted),
            "after": self.after.as_ref().map(score_model::Value::redacted),
        })
    }
}
