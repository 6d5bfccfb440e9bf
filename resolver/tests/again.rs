//! Planning again: the plan that goes on from what was found out before is the one that is made anew, and nobody is asked for nothing.

#![allow(unreachable_pub, reason = "the world is shared between tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod random;
mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;
use random::Random;
use score_model::{Diagnostics, ResourceUid, Value};
use score_resolver::{
    Action, Plan, PlanOptions, Planner, Preview, Recipe, ReplaceOrder, Resolution, Retention, Settled, Snapshot,
};
use serde_json::{Value as Json, json};
use world::{Behave, Lab, World, catalogue, recipe, uid};

/// Asks the world, in any order, and says who was asked.
fn ask(planner: &mut Planner<'_>, world: &mut World, random: &mut Random) -> Vec<ResourceUid> {
    let (mut open, mut asked) = (Vec::new(), Vec::new());
    loop {
        let next = planner.propose();
        let waits = next.is_none();
        open.extend(next);
        if open.is_empty() {
            return asked;
        }
        if waits || random.percent(50) {
            let invocation = open.remove(random.below(open.len())).into_invocation();
            asked.push(invocation.uid.clone());
            planner.settle(&invocation.uid, Preview::from(world.call(&invocation)));
        }
    }
}

type Planned = (Result<Plan, Diagnostics>, Vec<ResourceUid>);

fn anew(
    desired: &Resolution,
    snapshot: &Snapshot,
    options: PlanOptions,
    world: &World,
    random: &mut Random,
) -> Planned {
    let drivers = catalogue();
    let mut planner = Planner::new(Some(desired), snapshot, options, &drivers);
    let asked = ask(&mut planner, &mut world.clone(), random);
    (planner.finish(), asked)
}

fn again(
    settled: &mut Settled,
    desired: &Resolution,
    snapshot: &Snapshot,
    options: PlanOptions,
    world: &World,
    random: &mut Random,
) -> Planned {
    let drivers = catalogue();
    let mut planner = Planner::going_on(std::mem::take(settled), Some(desired), snapshot, options, &drivers);
    let asked = ask(&mut planner, &mut world.clone(), random);
    let plan;
    (plan, *settled) = planner.finish_to_go_on();
    (plan, asked)
}

/// All that can be seen of a plan, or what is wrong.
fn seen(plan: &Result<Plan, Diagnostics>) -> String {
    match plan {
        Ok(plan) => format!("{} {plan} {:?} {:?} {:?}", plan.redacted(), plan.changes(), plan.steps(), plan.warnings()),
        Err(problems) => problems.to_string(),
    }
}

fn node(random: &mut Random, index: usize, lanes: bool) -> Recipe {
    let driver = ["cloud", "pure", "pure", "planner", "blind"][random.below(5)];
    let mut inputs = json!({"size": random.below(3), "name": random.below(2), "value": "v", "out": random.below(2)});
    if driver != "pure" {
        inputs["outputs"] = json!({"out": random.below(2), "size": 1});
    }
    if random.percent(70) {
        inputs["artefacts"] = json!({"one": random.below(2)});
    }
    for other in 0..index {
        if random.percent(30) {
            let path = ["value", "out", "size", "size"][random.below(4)];
            inputs[format!("from{other}")] = json!(format!("${{n{other}.{path}}}"));
        }
    }
    if random.percent(20) {
        inputs["pages"] = json!("${artefacts.page}");
    }
    if random.percent(10) {
        inputs["me"] = json!("${guid}");
    }
    if driver == "planner" {
        inputs["promise"] = json!(random.below(2));
        inputs["outputs"]["promise"] = inputs["promise"].clone();
    }
    let mut node = recipe(driver, inputs);
    if random.percent(15) {
        node.replace_on = vec!["name".parse().unwrap()];
    }
    if random.percent(50) {
        node.replace = ReplaceOrder::CreateBeforeDestroy;
    }
    if random.percent(20) {
        node.outputs = Some(world::expr(&json!({"size": "${self.out}", "over": random.below(2)})));
    }
    node.on_unreferenced = [Retention::Delete, Retention::Delete, Retention::Protect][random.below(3)];
    if lanes && random.percent(30) {
        node.lane = Some("lane".into());
    }
    node
}

/// The same with one known input changed, or gone.
fn edited(recipe: &Recipe, random: &mut Random) -> Recipe {
    let mut recipe = recipe.clone();
    let score_resolver::Expr::Map(inputs) = &recipe.inputs else { return recipe };
    let mut inputs = (**inputs).clone();
    let value = match random.below(20) {
        0 => Value::secret(Value::from("hidden")),
        _ => Value::from(random.below(4) as i64),
    };
    let (key, value) = match random.below(12) {
        0 => ("artefacts", Value::map([("one", value)])),
        1 => ("wait", Value::from("later")),
        2 => ("wait", Value::Null),
        3 => {
            inputs.retain(|key, _| &**key != "value");
            ("name", value)
        }
        at => (["size", "size", "name", "out", "value", "new", "size", "out"][at - 4], value),
    };
    inputs.insert(key.into(), value.into());
    recipe.inputs = score_resolver::Expr::Map(inputs.into());
    recipe
}

fn try_edits(seed: u64, saved: &mut (usize, usize)) -> Result<(), TestCaseError> {
    let mut random = Random::new(seed);
    let (mut lab, lanes, count) = (Lab::default(), random.percent(10), 2 + random.below(8));
    for index in 0..count {
        let node = node(&mut random, index, lanes);
        lab.desired.insert(uid(&format!("n{index}")), node);
    }
    if random.percent(15) {
        let node = node(&mut random, 1, lanes);
        lab.desired.insert(uid("old"), node);
    }
    if random.percent(60) {
        if random.percent(25) {
            let how = [Behave::Half, Behave::Lost, Behave::Hang, Behave::Fail];
            lab.world.behave.insert(uid("n1"), how[random.below(4)].clone());
        }
        let plan = lab.try_plan(PlanOptions::default());
        if let Ok(plan) = plan {
            lab.apply(plan);
        }
        lab.world.behave.clear();
    } else if random.percent(50) {
        lab.journal.clear();
    }
    if random.percent(20) {
        lab.desired.remove(&uid(&format!("n{}", count - 1)));
    }
    if random.percent(20) {
        lab.desired.insert(uid("n9"), node(&mut random, 0, false));
    }
    if let Some(old) = lab.desired.remove(&uid("old")) {
        lab.desired.insert(uid("new"), old);
        lab.moved("old", "new");
    }
    let mut options = PlanOptions::default();
    if random.percent(10) {
        options = options.exclude(uid("n1"));
    }
    if random.percent(5) {
        options = options.replace(uid("n0"));
    }
    if random.percent(20) {
        lab.world.drifted.insert(uid("n0"), json!({"value": "drifted"}));
    }
    let mut settled = Settled::default();
    for _ in 0..6 {
        let (desired, snapshot) = (lab.resolution(), lab.snapshot());
        let (cold, asked_anew) = anew(&desired, &snapshot, options.clone(), &lab.world, &mut random);
        let (warm, asked_again) = again(&mut settled, &desired, &snapshot, options.clone(), &lab.world, &mut random);
        prop_assert_eq!(seen(&warm), seen(&cold));
        let plan = cold.clone();
        if let (Ok(warm), Ok(cold)) = (warm, cold) {
            prop_assert_eq!(warm, cold);
        }
        let sorted = |asked: &[ResourceUid]| asked.iter().cloned().collect::<BTreeSet<_>>();
        prop_assert!(sorted(&asked_again).is_subset(&sorted(&asked_anew)));
        *saved = (saved.0 + asked_anew.len(), saved.1 + asked_anew.len() - asked_again.len());
        if random.percent(10)
            && !lab.journal.is_empty()
            && let Ok(plan) = plan
        {
            lab.apply(plan);
        }
        options = options.refresh(random.percent(5));
        for _ in 0..1 + random.below(2) {
            let at = uid(&format!("n{}", random.below(count)));
            if random.percent(5) {
                let node = node(&mut random, 0, lanes);
                lab.desired.insert(at, node);
            } else if let Some(recipe) = lab.desired.get_mut(&at) {
                *recipe = edited(recipe, &mut random);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn again_is_as_anew(seed: u64) {
        try_edits(seed, &mut (0, 0))?;
    }
}

#[test]
fn most_questions_are_spared() {
    let mut saved = (0, 0);
    (0..100).for_each(|seed| try_edits(seed, &mut saved).expect("they are alike"));
    assert!(saved.1 * 3 > saved.0, "{saved:?}");
}

/// A chain of pure resources in which each reads what `reads` says of the one before.
fn chain(length: usize, reads: &str) -> Lab {
    let mut lab = Lab::default();
    for index in 0..length {
        let mut inputs = json!({"size": 1, "name": "n"});
        if index > 0 {
            inputs["from"] = json!(format!("${{n{:03}.{reads}}}", index - 1));
        }
        lab.desired.insert(uid(&format!("n{index:03}")), recipe("pure", inputs));
    }
    lab
}

/// Changes an input of the first of a chain: who is asked, and to how many something happens.
#[track_caller]
fn check(reads: &str, change: (&str, Json), asked: &[&str], changed: usize) {
    let (mut lab, mut random, mut settled) = (chain(300, reads), Random::new(0), Settled::default());
    lab.up();
    let snapshot = lab.snapshot();
    let (plan, all) =
        again(&mut settled, &lab.resolution(), &snapshot, PlanOptions::default(), &lab.world, &mut random);
    assert!(!plan.unwrap().has_changes());
    assert_eq!(all.len(), 0);
    let mut inputs = json!({"size": 1, "name": "n"});
    inputs[change.0] = change.1;
    lab.desired.insert(uid("n000"), recipe("pure", inputs));
    let (plan, found) =
        again(&mut settled, &lab.resolution(), &snapshot, PlanOptions::default(), &lab.world, &mut random);
    let plan = plan.unwrap();
    assert_eq!(found, asked.iter().map(|id| uid(id)).collect::<Vec<_>>(), "{reads}");
    assert_eq!(plan.summary().count(Action::Update), changed, "{reads}");
    let (again, found) =
        again(&mut settled, &lab.resolution(), &snapshot, PlanOptions::default(), &lab.world, &mut random);
    assert_eq!((again.unwrap(), found.len()), (plan, 0), "{reads}");
}

#[test]
fn what_comes_out_as_it_was_ends_it() {
    check("name", ("size", json!(2)), &["n000"], 1);
    check("name", ("size", json!(1)), &[], 0);
    check("size", ("size", json!(2)), &["n000", "n001"], 2);
}

#[test]
fn what_comes_and_what_goes_is_looked_at_together() {
    let of = |size: i64| recipe("cloud", json!({"size": size}));
    let mut lab = Lab::new([("old", of(1))]);
    lab.up();
    let (snapshot, mut settled, mut random) = (lab.snapshot(), Settled::default(), Random::new(0));
    for size in [3, 4, 1, 3] {
        lab.want([("new", of(size)), ("other", of(2))]);
        let (desired, options) = (lab.resolution(), PlanOptions::default());
        let (cold, _) = anew(&desired, &snapshot, options.clone(), &lab.world, &mut random);
        let (warm, _) = again(&mut settled, &desired, &snapshot, options, &lab.world, &mut random);
        assert_eq!(cold.as_ref().unwrap().warnings().is_empty(), size != 1);
        assert_eq!(seen(&warm), seen(&cold));
    }
}
