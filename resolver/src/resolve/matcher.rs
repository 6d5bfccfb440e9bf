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

/// What serves requests for one type.
#[derive(Default)]
struct Best<'a> {
    /// The most specific rule for each class and id that rules name.
    rules: ByClassAndId<'a>,
    /// The first entry of provisioner files for each class and id that entries name.
    entries: ByClassAndId<'a>,
}

type ByClassAndId<'a> = FxHashMap<(Option<&'a str>, Option<&'a str>), RuleId>;

impl<'a> Matcher<'a> {
    pub(super) fn new(platform: &'a Platform, context: &'a Context) -> Self {
        Self { platform, context, types: FxHashMap::default() }
    }

    /// The rule that wins. Constant in the number of rules, but for the first request of a type.
    pub(super) fn find(&mut self, ty: &'a str, uid: &ResourceUid) -> Option<RuleId> {
        let Self { platform, context, types } = self;
        let best = types.entry(ty).or_insert_with(|| best(platform, context, ty));
        let (class, id) = (Some(uid.class()), Some(uid.id()));
        // In the order of precedence: a class named, then an id named.
        let keys = [(class, id), (class, None), (None, id), (None, None)];
        let rule = keys.iter().find_map(|key| best.rules.get(key).copied());
        if rule.is_some() || best.entries.is_empty() {
            return rule;
        }
        keys.iter().filter_map(|key| best.entries.get(key).copied()).min()
    }
}

fn best<'a>(platform: &'a Platform, context: &Context, ty: &str) -> Best<'a> {
    let mut best = Best::default();
    for (id, rule) in platform.rules_of(ty).filter(|(_, rule)| rule.holds_in(context)) {
        let class = match &rule.class {
            ClassPattern::Any => None,
            ClassPattern::Named(class) => Some(&**class),
        };
        let kind = if rule.entry.is_some() { &mut best.entries } else { &mut best.rules };
        let found = kind.entry((class, rule.id.as_deref())).or_insert(id);
        let current = platform.rule(*found).map(Rule::precedence);
        if current.is_some_and(|current| rule.precedence() > current) {
            *found = id;
        }
    }
    best
}
