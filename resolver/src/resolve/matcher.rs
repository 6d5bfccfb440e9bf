//! Finding the type that is asked for, and the rule that serves a request.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;
use score_model::ResourceUid;

use super::draft::{Served, Type, served};
use crate::{ClassPattern, Context, Platform, Rule};

/// The types of a platform in one context, with what is left to compare of their rules: class and id.
pub(super) struct Matcher<'a> {
    pub(super) platform: &'a Platform,
    pub(super) context: &'a Context,
    types: FxHashMap<&'a str, (Type<'a>, OnceCell<Best<'a>>)>,
}

/// What serves requests for one type.
#[derive(Default)]
struct Best<'a> {
    /// By the most specific rule for each class and id that rules name.
    rules: ByClass<'a>,
    /// By the first entry of provisioner files for each class and id that entries name.
    entries: ByClass<'a>,
}

#[derive(Default)]
struct ByClass<'a> {
    classes: FxHashMap<&'a str, OfClass<'a>>,
    /// Of the rules that name no class.
    any: OfClass<'a>,
}

/// The same of rules for one class.
#[derive(Default)]
struct OfClass<'a> {
    ids: FxHashMap<&'a str, Served<'a>>,
    /// Of the rules that name no id.
    any: Option<Served<'a>>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(platform: &'a Platform, context: &'a Context) -> Self {
        let programs = &platform.program().types;
        let ty = |name| {
            let (name, program) = programs.get_key_value(name)?;
            Some((&**name, (Type { name, data: platform.ty(name)?, program }, OnceCell::new())))
        };
        let types = programs.keys().filter_map(|name| ty(&**name)).collect();
        Self { platform, context, types }
    }

    /// The type of this name.
    pub(super) fn ty(&self, name: &str) -> Option<&Type<'a>> {
        self.types.get(name).map(|(ty, _)| ty)
    }

    /// What serves by the rule that wins. Constant in the number of rules, but for the first request of a type.
    pub(super) fn find(&self, uid: &ResourceUid) -> Option<&Served<'a>> {
        let (ty, best) = self.types.get(uid.ty())?;
        if ty.program.rules.is_empty() {
            return None;
        }
        let best = best.get_or_init(|| Best::new(self.platform, self.context, ty.name));
        let (class, id) = (uid.class(), uid.id());
        let rule = best.rules.find(class, id).next();
        rule.or_else(|| best.entries.find(class, id).min_by_key(|served| served.rule()))
    }
}

impl<'a> Best<'a> {
    fn new(platform: &'a Platform, context: &Context, ty: &str) -> Self {
        let mut best = Self::default();
        for (id, rule) in platform.rules_of(ty).filter(|(_, rule)| rule.holds_in(context)) {
            let kind = if rule.entry.is_some() { &mut best.entries } else { &mut best.rules };
            let class = match &rule.class {
                ClassPattern::Any => &mut kind.any,
                ClassPattern::Named(class) => kind.classes.entry(class).or_default(),
            };
            let found = match &rule.id {
                Some(name) => class.ids.entry(name).or_insert(Served::Nothing),
                None => class.any.get_or_insert(Served::Nothing),
            };
            if more_specific(platform, rule, found) {
                *found = served(platform, id);
            }
        }
        best
    }
}

impl<'a> ByClass<'a> {
    /// What matches, in the order of precedence: a class named, then an id named.
    fn find(&self, class: &str, id: &str) -> impl Iterator<Item = &Served<'a>> {
        let classes = [self.classes.get(class), Some(&self.any)];
        classes.into_iter().flatten().flat_map(move |class| {
            let named = if class.ids.is_empty() { None } else { class.ids.get(id) };
            named.into_iter().chain(&class.any)
        })
    }
}

fn more_specific(platform: &Platform, rule: &Rule, than: &Served<'_>) -> bool {
    match than {
        Served::Module { rule: id, .. } => {
            platform.rule(*id).is_none_or(|other| rule.precedence() > other.precedence())
        }
        Served::Nothing | Served::BuiltIn => true,
    }
}
