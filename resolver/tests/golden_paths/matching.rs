//! Matching, ties and explanations against brute force over all contexts.

use std::cmp::Ordering;
use std::sync::Arc;

use proptest::prelude::*;
use score_resolver::{ClassPattern, Context, Explanation, Module, Platform, Resolver, ResourceType, Rule};

/// A rule as numbers: 0 names nothing, 1 and 2 name a value.
type Fields = (u8, u8, u8, u8, u8, u8, u8);

fn fields() -> impl Strategy<Value = Fields> {
    (0..3_u8, 0..3_u8, 0..3_u8, 0..3_u8, 0..3_u8, 0..3_u8, 0..3_u8)
}

fn name(what: &str, number: u8) -> String {
    format!("{what}{number}")
}

fn rule(module: &str, (class, id, environment, project, ty, one, two): Fields) -> Rule {
    let mut rule = Rule::new(module);
    rule = match class {
        0 => rule.any_class(),
        number => rule.class(name("class", number)),
    };
    if id > 0 {
        rule = rule.id(name("id", id));
    }
    if environment > 0 {
        rule = rule.environment(name("environment", environment));
    }
    if project > 0 {
        rule = rule.project(name("project", project));
    }
    if ty > 0 {
        rule = rule.environment_type(name("type", ty));
    }
    if one > 0 {
        rule = rule.label("one", name("value", one));
    }
    if two > 0 {
        rule = rule.label("two", name("value", two));
    }
    rule
}

/// Every request and context over the values that rules can name, and one more of each.
fn everywhere() -> impl Iterator<Item = Fields> {
    (0..3_u32.pow(7)).map(|number| {
        let digit = |place: u32| u8::try_from(number / 3_u32.pow(place) % 3).unwrap_or_default();
        (digit(0), digit(1), digit(2), digit(3), digit(4), digit(5), digit(6))
    })
}

fn holds(rule: Fields, at: Fields) -> bool {
    let one = |wanted: u8, got: u8| wanted == 0 || wanted == got;
    one(rule.0, at.0)
        && one(rule.1, at.1)
        && one(rule.2, at.2)
        && one(rule.3, at.3)
        && one(rule.4, at.4)
        && one(rule.5, at.5)
        && one(rule.6, at.6)
}

/// The order of precedence, restated.
fn specificity(rule: Fields) -> [u8; 6] {
    let named = |number: u8| u8::from(number > 0);
    [named(rule.0), named(rule.1), named(rule.2), named(rule.3), named(rule.4), named(rule.5) + named(rule.6)]
}

fn context(at: Fields) -> Context {
    let mut context =
        Context::new(name("environment", at.2)).project(name("project", at.3)).environment_type(name("type", at.4));
    for (key, number) in [("one", at.5), ("two", at.6)] {
        if number > 0 {
            context = context.label(key, name("value", number));
        }
    }
    context
}

fn build(rules: &[Fields]) -> score_model::Checked<Platform> {
    let mut builder = Platform::builder().ty("thing", ResourceType::new());
    for number in 0..rules.len() {
        builder = builder.module(format!("m{number}"), Module::new("thing", "static"));
    }
    for (number, fields) in rules.iter().enumerate() {
        builder = builder.rule(rule(&format!("m{number}"), *fields));
    }
    builder.build()
}

/// The pairs of rules that some context satisfies and that are equally specific.
fn ties(rules: &[Fields]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for later in 0..rules.len() {
        for earlier in 0..later {
            let equal = specificity(rules[earlier]) == specificity(rules[later]);
            if equal && everywhere().any(|at| holds(rules[earlier], at) && holds(rules[later], at)) {
                found.push((earlier, later));
            }
        }
    }
    found
}

/// Rules of which no two tie, by leaving out those that do.
fn untied(rules: Vec<Fields>) -> Vec<Fields> {
    let mut kept: Vec<Fields> = Vec::new();
    for rule in rules {
        kept.push(rule);
        if !ties(&kept).is_empty() {
            kept.pop();
        }
    }
    kept
}

fn explanation(platform: &Arc<Platform>, at: Fields) -> Option<Explanation> {
    let text = format!("{{it: {{type: thing, class: {}, id: {}}}}}", name("class", at.0), name("id", at.1));
    let workload = crate::support::workload("shop", &text);
    let (resolution, _) = Resolver::new(platform.clone()).resolve(&context(at), &[workload]).into_result().ok()?;
    let uid = format!("thing.{}#{}", name("class", at.0), name("id", at.1)).parse().expect("a uid");
    resolution.explain(&uid)
}

proptest! {
    #![proptest_config(crate::support::cases(48))]

    #[test]
    fn the_most_specific_rule_wins(rules in prop::collection::vec(fields(), 1..7), at in fields()) {
        let rules = untied(rules);
        let platform = Arc::new(build(&rules).into_result().expect("no ties").0);
        let want = (0..rules.len())
            .filter(|number| holds(rules[*number], at))
            .max_by(|a, b| specificity(rules[*a]).cmp(&specificity(rules[*b])));
        let got = explanation(&platform, at);
        prop_assert_eq!(got.as_ref().map(|found| found.module.to_string()), want.map(|number| format!("m{number}")));

        let Some(got) = got else { return Ok(()) };
        let winner = want.expect("a rule wins");
        // Every other rule is either rejected or outranked, in the order of the rules.
        for rejected in &got.rejected {
            let number = rejected.rule.index();
            prop_assert!(!holds(rules[number], at));
            // All fields as wanted, the rule matches; any one left out, it does not.
            for left_out in 0..=rejected.fields.len() {
                let mut changed = at;
                for (index, field) in rejected.fields.iter().enumerate() {
                    let number: u8 = field.wanted.trim_start_matches(char::is_alphabetic).parse().expect("a number");
                    if index != left_out {
                        match &*field.field {
                            "class" => changed.0 = number,
                            "id" => changed.1 = number,
                            "environment" => changed.2 = number,
                            "project" => changed.3 = number,
                            "environment_type" => changed.4 = number,
                            "labels.one" => changed.5 = number,
                            "labels.two" => changed.6 = number,
                            other => prop_assert!(false, "unknown field {}", other),
                        }
                    }
                }
                prop_assert_eq!(holds(rules[number], changed), left_out == rejected.fields.len());
            }
        }
        let order = ["class", "id", "environment", "project", "environment_type", "labels"];
        for outranked in &got.outranked {
            let number = outranked.rule.index();
            prop_assert!(holds(rules[number], at));
            let (more, less) = (specificity(rules[winner]), specificity(rules[number]));
            let first = (0..6).find(|place| more[*place] != less[*place]).expect("they differ");
            prop_assert_eq!(more[first].cmp(&less[first]), Ordering::Greater);
            prop_assert_eq!(outranked.field, order[first]);
        }
        prop_assert_eq!(got.rejected.len() + got.outranked.len() + 1, rules.len());
    }

    #[test]
    fn everywhere_the_most_specific_rule_wins(rules in prop::collection::vec(fields(), 1..6)) {
        // What no other rule serves, this one does.
        let mut rules: Vec<Fields> = rules.into_iter().filter(|rule| *rule != (0, 0, 0, 0, 0, 0, 0)).collect();
        rules.push((0, 0, 0, 0, 0, 0, 0));
        let rules = untied(rules);
        let resolver = Resolver::new(Arc::new(build(&rules).into_result().expect("no ties").0));
        let resources: Vec<String> = (0..9)
            .map(|number: u8| {
                let (class, id) = (name("class", number % 3), name("id", number / 3));
                format!("r{number}: {{type: thing, class: {class}, id: {id}}}")
            })
            .collect();
        let workload = [crate::support::workload("shop", &format!("{{{}}}", resources.join(", ")))];
        for at in everywhere().filter(|at| (at.0, at.1) == (0, 0)) {
            let (resolution, _) = resolver.resolve(&context(at), &workload).into_result().expect("all is served");
            for (class, id) in (0..9).map(|number| (number % 3, number / 3)) {
                let at = (class, id, at.2, at.3, at.4, at.5, at.6);
                let want = (0..rules.len())
                    .filter(|number| holds(rules[*number], at))
                    .max_by_key(|number| specificity(rules[*number]))
                    .expect("all is served");
                let uid = format!("thing.{}#{}", name("class", class), name("id", id)).parse().expect("a uid");
                let node = resolution.node(&uid).expect("it was asked for");
                prop_assert_eq!(&*node.recipe.module, format!("m{want}"), "{:?}", at);
                prop_assert_eq!(node.rule.map(score_resolver::RuleId::index), Some(want));
            }
        }
    }

    #[test]
    fn ties_are_those_of_brute_force(rules in prop::collection::vec(fields(), 1..6)) {
        let found = build(&rules);
        let got: Vec<(usize, usize)> = found
            .diagnostics()
            .iter()
            .map(|diagnostic| {
                assert_eq!(diagnostic.code, "tie");
                // The witness is a context that satisfies both.
                let witness = diagnostic.witness.as_ref().expect("a witness");
                let number = |field: &str| witness.get(field).and_then(|value| value.as_str()).map_or(0, |text| {
                    text.trim_start_matches(char::is_alphabetic).parse::<u8>().unwrap_or_default()
                });
                let label = |key: &str| witness.get("labels").and_then(|labels| labels.get(key)).and_then(|value| value.as_str()).map_or(0, |text| {
                    text.trim_start_matches(char::is_alphabetic).parse::<u8>().unwrap_or_default()
                });
                let at = (number("class"), number("id"), number("environment"), number("project"), number("environment_type"), label("one"), label("two"));
                let both: Vec<usize> = (0..rules.len()).filter(|rule| diagnostic.message.contains(&format!("`m{rule}`"))).collect();
                assert_eq!(both.len(), 2);
                assert!(both.iter().all(|rule| holds(rules[*rule], at)));
                (both[0], both[1])
            })
            .collect();
        let mut got = got;
        got.sort_by_key(|(earlier, later)| (*later, *earlier));
        prop_assert_eq!(got, ties(&rules));
    }
}

#[test]
fn class_patterns() {
    assert_eq!(ClassPattern::from(Arc::from("*")), ClassPattern::Any);
    assert!(ClassPattern::from(Arc::from("large")).holds("large"));
    assert!(!ClassPattern::from(Arc::from("large")).holds("default"));
}
