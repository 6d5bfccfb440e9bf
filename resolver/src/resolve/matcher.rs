//! Finding the rule that serves a request.

use rustc_hash::FxHashMap;
use score_model::ResourceUid;

use crate::{ClassPattern, Context, Platform, Rule, RuleId};

/// The rules of a platform in one context, by what is left to compare: class and id.
pub(super) struct Matcher<'a> {
    platform: &'a Platform,
    context: &'a Context,
    types: FxHashMap<&'a str, Best<'a>>,
}

/// The most specific rule for each class and id that rules name.
type Best<'a> = FxHashMap<(Option<&'a str>, Option<&'a str>), RuleId>;

impl<'a> Matcher<'a> {
    pub(super) fn new(platform: &'a Platform, context: &'a Context) -> Self {
        Self { platform, context, types: FxHashMap::default() }
    }

    /// The rule that wins. Constant in the number of rules, but for the first request of a type.
    pub(super) fn find(&mut self, ty: &'a str, uid: &ResourceUid) -> Option<RuleId> {
        let Self { platform, context, types } = self;
        let best = types.entry(ty).or_insert_with(|| best(platform, context, ty));
        if best.is_empty() {
            return None;
        }
        let (class, id) = (Some(uid.class()), Some(uid.id()));
        // In the order of precedence: a class named, then an id named.
        [(class, id), (class, None), (None, id), (None, None)].into_iter().find_map(|key| best.get(&key).copied())
    }
}

fn best<'a>(platform: &'a Platform, context: &Context, ty: &str) -> Best<'a> {
    let mut best = Best::default();
    for (id, rule) in platform.rules_of(ty).filter(|(_, rule)| rule.holds_in(context)) {
        let class = match &rule.class {
            ClassPattern::Any => None,
            ClassPattern::Named(class) => Some(&**class),
        };
        let found = best.entry((class, rule.id.as_deref())).or_insert(id);
        let current = platform.rule(*found).map(Rule::precedence);
        if current.is_some_and(|current| rule.precedence() > current) {
            *found = id;
        }
    }
    best
}
