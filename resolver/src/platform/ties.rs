//! Rules of which neither is the more specific, and that one context can satisfy both.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{DEFAULT_CLASS, Diagnostic, Diagnostics};
use serde_json::{Map as Json, Value};

use super::{ClassPattern, Platform, Precedence, ResourceType, Rule, RuleId};

/// How many ties are reported of one type; beyond that, their number.
const MOST: usize = 100;

/// What must be equal for two rules to tie, all but labels.
type Key<'a> = (Precedence, &'a ClassPattern, [Option<&'a str>; 4]);

pub(super) fn ties(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (name, program) in platform.types().filter_map(|(name, _)| Some((name, platform.program.types.get(name)?))) {
        let mut groups: FxHashMap<Key<'_>, Vec<RuleId>> = FxHashMap::default();
        let mut found: Vec<(RuleId, RuleId)> = Vec::new();
        for (id, rule) in program.rules.iter().filter_map(|id| Some((*id, platform.rule(*id)?))) {
            let fields = [&rule.id, &rule.environment, &rule.project, &rule.environment_type];
            let key = (rule.precedence(), &rule.class, fields.map(Option::as_deref));
            let group = groups.entry(key).or_default();
            for earlier in group.iter().take_while(|_| true) {
                if found.len() <= MOST && platform.rule(*earlier).is_some_and(|earlier| agree(earlier, rule)) {
                    found.push((*earlier, id));
                }
            }
            group.push(id);
        }
        found.sort();
        for (earlier, later) in found.iter().take(MOST) {
            if let (Some(earlier), Some(later)) = (platform.rule(*earlier), platform.rule(*later)) {
                diagnostics.push(tie(name, platform.ty(name), earlier, later));
            }
        }
        if found.len() > MOST {
            let message = format!("more than {MOST} pairs of rules for type `{name}` tie; the first {MOST} are shown");
            diagnostics.push(Diagnostic::error("tie", message));
        }
    }
}

/// Whether no label has two values.
fn agree(one: &Rule, other: &Rule) -> bool {
    one.labels.iter().all(|(key, value)| other.labels.get(key).is_none_or(|found| found == value))
}

fn tie(name: &str, ty: Option<&ResourceType>, earlier: &Rule, later: &Rule) -> Diagnostic {
    let place = earlier.place().map(|place| format!(" ({place})")).unwrap_or_default();
    let message = format!(
        "the rules for modules `{}`{place} and `{}` tie: both match some request for `{name}`, and neither is more specific",
        earlier.module, later.module
    );
    let mut diagnostic = Diagnostic::error("tie", message).at(later.place()).witness(witness(ty, &[earlier, later]));
    diagnostic.help = Some("name a further field in one of them".to_owned());
    diagnostic
}

/// The fields of a context that satisfies all these rules, which agree.
pub(crate) fn witness(ty: Option<&ResourceType>, rules: &[&Rule]) -> Json<String, Value> {
    let mut fields = Json::new();
    let named = rules.iter().find_map(|rule| match &rule.class {
        ClassPattern::Named(class) => Some(class.clone()),
        ClassPattern::Any => None,
    });
    let class: Arc<str> = named.unwrap_or_else(|| match ty.and_then(|ty| ty.classes.as_ref()) {
        Some(classes) if !classes.contains_key(DEFAULT_CLASS) => {
            classes.keys().next().cloned().unwrap_or_else(|| DEFAULT_CLASS.into())
        }
        _ => DEFAULT_CLASS.into(),
    });
    fields.insert("class".to_owned(), Value::from(&*class));
    let mut add = |field: &str, of: fn(&Rule) -> &Option<Arc<str>>| {
        if let Some(value) = rules.iter().find_map(|rule| of(rule).as_deref()) {
            fields.insert(field.to_owned(), Value::from(value));
        }
    };
    add("id", |rule| &rule.id);
    add("environment", |rule| &rule.environment);
    add("project", |rule| &rule.project);
    add("environment_type", |rule| &rule.environment_type);
    let labels: Json<String, Value> = rules
        .iter()
        .flat_map(|rule| &rule.labels)
        .map(|(key, value)| (key.to_string(), Value::from(&**value)))
        .collect();
    if !labels.is_empty() {
        fields.insert("labels".to_owned(), Value::Object(labels));
    }
    fields
}
