//! Why a module serves, and why the others do not.

use std::fmt;
use std::sync::Arc;

use score_model::ResourceUid;
use serde_json::{Value as Json, json};

use crate::{ClassPattern, Context, Platform, Rule, RuleId, RuleLocation};

/// Why a module serves a resource, and why no other rule of its type won.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The resource.
    pub uid: ResourceUid,
    /// The module that serves.
    pub module: Arc<str>,
    /// The rule that won; `None` for the built-in module `workload`.
    pub rule: Option<RuleId>,
    /// Where that rule is written.
    pub location: Option<RuleLocation>,
    /// The rules that do not match, in the order of files and lines.
    pub rejected: Vec<Rejected>,
    /// The rules that match and are less specific, in the order of files and lines.
    pub outranked: Vec<Outranked>,
}

/// A rule that does not match, and why.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rejected {
    /// Its module.
    pub module: Arc<str>,
    /// The rule.
    pub rule: RuleId,
    /// Where it is written.
    pub location: Option<RuleLocation>,
    /// Every field that failed, in the order of precedence: all of them as wanted, the rule matches; any one left out, it does not.
    pub fields: Vec<Mismatch>,
}

/// A field of a rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// `class`, `id`, `environment`, `project`, `environment_type` or `labels.KEY`.
    pub field: Arc<str>,
    /// What the rule wants.
    pub wanted: Arc<str>,
    /// What there is; `None`: nothing.
    pub got: Option<Arc<str>>,
}

/// A rule that matches and is less specific than the one that won.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outranked {
    /// Its module.
    pub module: Arc<str>,
    /// The rule.
    pub rule: RuleId,
    /// Where it is written.
    pub location: Option<RuleLocation>,
    /// The first field in which the winner names more; `labels` for their number, `rule` where this is an entry of a provisioner file and the winner a rule, `order` where both are such entries.
    pub field: &'static str,
}

impl Explanation {
    pub(crate) fn new(
        platform: &Platform,
        context: &Context,
        uid: &ResourceUid,
        winner: Option<RuleId>,
        module: &Arc<str>,
    ) -> Self {
        let mut explanation = Self {
            uid: uid.clone(),
            module: module.clone(),
            rule: winner,
            location: winner.and_then(|rule| platform.rule_location(rule)),
            rejected: Vec::new(),
            outranked: Vec::new(),
        };
        let best = winner.and_then(|id| platform.rule(id)).map(Rule::precedence);
        for (id, rule) in platform.rules_of(uid.ty()) {
            let fields = rule.mismatches(uid.class(), uid.id(), context);
            let module = rule.module.clone();
            let location = platform.rule_location(id);
            if !fields.is_empty() {
                explanation.rejected.push(Rejected { module, rule: id, location, fields });
            } else if let Some(field) = best.and_then(|best| best.decided_by(&rule.precedence()))
                && Some(id) != winner
            {
                explanation.outranked.push(Outranked { module, rule: id, location, field });
            }
        }
        explanation
    }

    /// As `{"uid", "module", "rule", "rejected": [{"module", "rule", "fields": [{"field", "wanted", "got"}]}], "outranked": [{"module", "rule", "field"}]}`, where a rule is `{"file", "line"}`; null for
    /// built-ins and for rules made in code.
    pub fn to_json(&self) -> Json {
        let fields = |fields: &[Mismatch]| -> Json {
            fields.iter().map(|field| json!({"field": field.field, "wanted": field.wanted, "got": field.got})).collect()
        };
        let rejected: Json = self
            .rejected
            .iter()
            .map(|by| json!({"module": by.module, "rule": by.location, "fields": fields(&by.fields)}))
            .collect();
        let outranked: Json = self
            .outranked
            .iter()
            .map(|by| json!({"module": by.module, "rule": by.location, "field": by.field}))
            .collect();
        json!({
            "uid": self.uid,
            "module": self.module,
            "rule": self.location,
            "rejected": rejected,
            "outranked": outranked,
        })
    }
}

impl Rule {
    /// Whether all that it says of the context holds, whatever the request.
    pub(crate) fn holds_in(&self, context: &Context) -> bool {
        let same = |wanted: &Option<Arc<str>>, got: &Arc<str>| wanted.as_ref().is_none_or(|wanted| wanted == got);
        same(&self.environment, &context.environment)
            && same(&self.project, &context.project)
            && same(&self.environment_type, &context.environment_type)
            && self.labels.iter().all(|(key, value)| context.labels.get(key) == Some(value))
    }

    /// Every field that does not hold for a resource of this class and id in this context, in the order of precedence. None: the rule matches.
    pub fn mismatches(&self, class: &str, id: &str, context: &Context) -> Vec<Mismatch> {
        let mut found = Vec::new();
        let mut compare = |field: &str, wanted: Option<&Arc<str>>, got: Option<&str>| {
            if let Some(wanted) = wanted.filter(|wanted| Some(&***wanted) != got) {
                found.push(Mismatch { field: field.into(), wanted: wanted.clone(), got: got.map(Into::into) });
            }
        };
        let named = match &self.class {
            ClassPattern::Any => None,
            ClassPattern::Named(class) => Some(class),
        };
        compare("class", named, Some(class));
        compare("id", self.id.as_ref(), Some(id));
        compare("environment", self.environment.as_ref(), Some(&context.environment));
        compare("project", self.project.as_ref(), Some(&context.project));
        compare("environment_type", self.environment_type.as_ref(), Some(&context.environment_type));
        for (key, wanted) in &self.labels {
            compare(&format!("labels.{key}"), Some(wanted), context.labels.get(key).map(|value| &**value));
        }
        found
    }
}

/// As text for people.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is served by module `{}`", self.uid, self.module)?;
        if self.rule.is_none() {
            f.write_str(" (built in)")?;
        }
        at(f, self.location.as_ref())?;
        for Outranked { module, location, field, .. } in &self.outranked {
            write!(f, "\n  rather than `{module}`")?;
            at(f, location.as_ref())?;
            match *field {
                "rule" => f.write_str(": rules go before provisioner files")?,
                "order" => f.write_str(": the entry that won comes first")?,
                field => write!(f, ": the rule that won is more specific in `{field}`")?,
            }
        }
        for Rejected { module, location, fields, .. } in &self.rejected {
            write!(f, "\n  not `{module}`")?;
            at(f, location.as_ref())?;
            f.write_str(":")?;
            for (index, Mismatch { field, wanted, got }) in fields.iter().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                match got {
                    Some(got) => write!(f, "{comma} {field} is `{got}`, wanted `{wanted}`")?,
                    None => write!(f, "{comma} {field} is absent, wanted `{wanted}`")?,
                }
            }
        }
        Ok(())
    }
}

fn at(f: &mut fmt::Formatter<'_>, location: Option<&RuleLocation>) -> fmt::Result {
    location.map_or(Ok(()), |location| write!(f, " ({location})"))
}
