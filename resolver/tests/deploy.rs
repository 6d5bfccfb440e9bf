//! Plans and runs against a world in memory.

#![allow(unreachable_pub, reason = "the world is shared between tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod world;

use score_model::Value;
use score_resolver::{
    Action, Applied, Basis, Drift, Import, ImportError, Observed, OnFailure, PlanOptions, Platform, Recipe,
    ReplaceOrder, Request, Response, Retention,
};
use serde_json::json;
use world::{Behave, Lab, actions, catalogue, recipe, uid};

fn options() -> PlanOptions {
    PlanOptions::default()
}

/// A chain: b reads a, c reads b; d stands alone.
fn chain(size: i64) -> [(&'static str, Recipe); 4] {
    [
        ("a", recipe("cloud", json!({"size": size}))),
        ("b", recipe("cloud", json!({"uses": "${a.value}"}))),
        ("c", recipe("cloud", json!({"uses": "${b.value}"}))),
        ("d", recipe("cloud", json!({"size": 1}))),
    ]
}

#[test]
fn comes_up_changes_nothing_twice_and_goes_down() {
    let mut lab = Lab::new(chain(1));
    assert_eq!(lab.actions(options()), "create a, create d, create b, create c");
    let outcome = lab.up();
    assert_eq!(outcome.calls, ["apply a", "apply d", "apply b", "apply c"]);
    assert_eq!(outcome.summary.succeeded, 4);

    assert_eq!(lab.actions(options()), "");
    let outcome = lab.up();
    assert_eq!((outcome.calls.len(), outcome.summary.unchanged), (0, 4));

    let outcome = lab.down(options());
    assert_eq!(outcome.summary.succeeded, 4);
    assert_eq!(outcome.calls, ["destroy c", "destroy d", "destroy b", "destroy a"]);
    assert!(lab.snapshot().is_empty() && lab.world.things.is_empty());
}

#[test]
fn what_turns_out_as_recorded_is_not_called() {
    let mut lab = Lab::new(chain(1));
    lab.up();
    lab.want(chain(2));
    assert_eq!(lab.actions(options()), "update a, update b, update c");
    let outcome = lab.up();
    assert_eq!(outcome.calls, ["apply a"]);
    assert_eq!((outcome.summary.succeeded, outcome.summary.unchanged), (1, 3));
}

#[test]
fn pure_drivers_are_evaluated_while_planning() {
    let host = |size: i64| {
        [
            ("host", recipe("pure", json!({"name": "h1", "size": size}))),
            ("user", recipe("cloud", json!({"uses": "${host.name}"}))),
        ]
    };
    let mut lab = Lab::new(host(1));
    let plan = lab.plan(options());
    assert_eq!(plan.changes()[1].after.as_ref().unwrap().redacted(), json!({"uses": "h1"}));
    assert_eq!(lab.up().summary.succeeded, 2);
    lab.want(host(2));
    assert_eq!(lab.actions(options()), "update host");
    let outcome = lab.up();
    assert_eq!((outcome.calls.len(), outcome.summary.succeeded), (0, 1));
}

#[test]
fn what_a_pure_driver_passes_on_is_known_though_other_inputs_are_not() {
    let wanted = |size: i64| {
        [
            ("db", recipe("cloud", json!({"size": size}))),
            ("host", recipe("pure", json!({"name": "h1", "at": ["${db.value}"]}))),
            ("near", recipe("cloud", json!({"uses": "${host.at}"}))),
            ("user", recipe("cloud", json!({"uses": "${host.name}"}))),
        ]
    };
    let mut lab = Lab::new(wanted(1));
    lab.up();
    lab.want(wanted(2));
    assert_eq!(lab.actions(options()), "update db, update host, update near");
    assert_eq!(lab.up().calls, ["apply db"]);
}

#[test]
fn replaced_destroy_first_and_create_before_destroy() {
    let of = |name: &str, order| {
        let mut db = recipe("cloud", json!({"name": name}));
        db.replace_on = vec!["name".parse().unwrap()];
        db.replace = order;
        [("db", db), ("api", recipe("cloud", json!({"uses": "${db.id}"})))]
    };
    let mut lab = Lab::new(of("a", ReplaceOrder::DestroyFirst));
    lab.up();
    lab.want(of("b", ReplaceOrder::DestroyFirst));
    assert_eq!(lab.actions(options()), "replace db, update api");
    assert_eq!(lab.up().calls, ["destroy db", "apply db", "apply api"]);
    lab.want(of("c", ReplaceOrder::CreateBeforeDestroy));
    assert_eq!(lab.up().calls, ["apply db", "apply api", "destroy db"]);
    assert_eq!(lab.actions(options()), "");
    assert_eq!(lab.world.things.len(), 2);
}

#[test]
fn old_objects_are_recorded_until_they_are_gone() {
    let of = |name: &str| {
        let mut db = recipe("cloud", json!({"name": name}));
        db.replace_on = vec!["name".parse().unwrap()];
        db.replace = ReplaceOrder::CreateBeforeDestroy;
        [("db", db)]
    };
    let mut lab = Lab::new(of("a"));
    lab.up();
    lab.want(of("b"));
    lab.world.behave.insert(uid("db"), Behave::Stay);
    let outcome = lab.up();
    assert_eq!((outcome.summary.failed, outcome.summary.succeeded), (1, 0));
    assert_eq!(lab.statuses(), "db ready, db deposed");
    lab.world.behave.clear();
    assert_eq!(lab.actions(options()), "delete db");
    assert_eq!(lab.up().calls, ["destroy db"]);
    assert_eq!(lab.statuses(), "db ready");
}

#[test]
fn a_replacement_that_depends_on_another_takes_it_along() {
    let of = |name: &str| {
        let mut base = recipe("cloud", json!({"name": name}));
        base.replace_on = vec!["name".parse().unwrap()];
        let mut top = recipe("cloud", json!({"name": name, "uses": "${base.id}"}));
        top.replace_on = vec!["name".parse().unwrap()];
        top.replace = ReplaceOrder::CreateBeforeDestroy;
        [("base", base), ("top", top)]
    };
    let mut lab = Lab::new(of("a"));
    lab.up();
    lab.want(of("b"));
    assert_eq!(lab.up().calls, ["apply base", "apply top", "destroy top", "destroy base"]);
    assert_eq!(lab.world.things.len(), 2);
}

#[test]
fn inputs_that_turn_out_to_force_a_replacement() {
    for order in [ReplaceOrder::DestroyFirst, ReplaceOrder::CreateBeforeDestroy] {
        let of = |name: &str| {
            let mut base = recipe("cloud", json!({"outputs": {"name": name}}));
            base.replace_on = Vec::new();
            let mut top = recipe("cloud", json!({"name": "${base.name}"}));
            top.replace_on = vec!["name".parse().unwrap()];
            top.replace = order;
            [("base", base), ("top", top)]
        };
        let mut lab = Lab::new(of("a"));
        lab.up();
        let before = lab.snapshot().object(&uid("top")).unwrap().guid.clone();
        lab.want(of("b"));
        assert_eq!(lab.actions(options()), "update base, update top");
        let outcome = lab.up();
        let want = match order {
            ReplaceOrder::DestroyFirst => ["apply base", "destroy top", "apply top"],
            ReplaceOrder::CreateBeforeDestroy => ["apply base", "apply top", "destroy top"],
        };
        assert_eq!(outcome.calls, want);
        assert_ne!(lab.snapshot().object(&uid("top")).unwrap().guid, before);
        assert_eq!(lab.world.things.len(), 2);
        assert_eq!(lab.actions(options()), "");
    }
}

#[test]
fn retention() {
    let of = |retention| {
        let mut data = recipe("cloud", json!({}));
        data.on_unreferenced = retention;
        [("data", data)]
    };
    let mut lab = Lab::new(of(Retention::Keep));
    lab.up();
    lab.want([]);
    assert_eq!(lab.actions(options()), "");
    assert_eq!(lab.up().calls.len(), 0);
    assert_eq!(lab.statuses(), "data unreferenced");
    assert_eq!(lab.down(options()).calls.len(), 0);
    lab.want(of(Retention::Keep));
    assert_eq!(lab.up().calls.len(), 0);
    assert_eq!(lab.statuses(), "data ready");
    lab.want(of(Retention::Protect));
    lab.up();
    lab.want([]);
    assert!(lab.try_plan(options()).unwrap_err().contains("`thing.default#data` is protected"));
    assert!(lab.plan_for(None, options().all(true)).is_err());
    lab.want(of(Retention::Forget));
    lab.up();
    lab.want([]);
    assert_eq!(lab.actions(options()), "forget data");
    assert_eq!(lab.up().calls.len(), 0);
    assert_eq!((lab.statuses().as_str(), lab.world.things.len()), ("", 1));
}

#[test]
fn down_also_of_what_is_kept_and_what_that_needs() {
    let mut data = recipe("cloud", json!({"on": "${server.id}"}));
    data.on_unreferenced = Retention::Keep;
    let mut lab = Lab::new([("data", data), ("server", recipe("cloud", json!({}))), ("x", recipe("cloud", json!({})))]);
    lab.up();
    assert_eq!(lab.down(options()).calls, ["destroy x"]);
    assert_eq!(lab.statuses(), "data unreferenced, server unreferenced");
    assert_eq!(lab.down(options().all(true)).calls, ["destroy data", "destroy server"]);
}

#[test]
fn moved() {
    let mut lab = Lab::new([("old", recipe("cloud", json!({"size": 1})))]);
    lab.up();
    let guid = lab.snapshot().object(&uid("old")).unwrap().guid.clone();
    lab.want([("new", recipe("cloud", json!({"size": 1})))]);
    let plan = lab.plan(options());
    assert_eq!(actions(&plan), "create new, delete old");
    assert!(plan.warnings().to_string().contains("likely-rename"));
    lab.moved("old", "new");
    assert_eq!(lab.actions(options()), "move new");
    assert_eq!(lab.up().calls.len(), 0);
    assert_eq!(lab.snapshot().object(&uid("new")).unwrap().guid, guid);
    assert_eq!(lab.actions(options()), "");
}

#[test]
fn many_move_at_once() {
    let name = |number: usize, moved: bool| {
        format!("{}{number:02}", if moved && !number.is_multiple_of(3) { "new" } else { "old" })
    };
    let desired = |moved: bool| {
        let of = |number: usize| {
            let reads = |before: usize| format!("${{{}.value}}", name(before, moved));
            let reads = [number.wrapping_sub(1), number / 2].into_iter().filter(|before| *before < number).map(reads);
            // What drivers are told stays: only what it is read from moves.
            (uid(&name(number, moved)), recipe("pure", json!({"value": 1, "reads": reads.collect::<Vec<_>>()})))
        };
        (0..30).map(of).collect()
    };
    let mut lab = Lab { desired: desired(false), ..Lab::default() };
    lab.up();
    let moves = || (0..30_usize).filter(|number| !number.is_multiple_of(3));
    let builder = moves().fold(Platform::builder(), |builder, number| {
        builder.moved(uid(&name(number, false)), uid(&name(number, true)))
    });
    lab.platform = std::sync::Arc::new(builder.build().into_result().unwrap().0);
    lab.desired = desired(true);
    let plan = lab.plan(options());
    assert_eq!(plan.summary().count(Action::Move), moves().count());
    let summary = lab.apply(plan).summary;
    assert!(summary.is_success() && summary.succeeded == 0, "{summary}");
    for object in lab.snapshot().objects() {
        assert_eq!(object.depends_on, lab.desired[&object.uid].depends_on);
    }
    assert_eq!(lab.actions(options()), "");
}

#[test]
fn targets_and_exclusions() {
    let mut lab = Lab::new(chain(1));
    let plan = lab.plan(options().target(uid("b")));
    assert_eq!(actions(&plan), "create a, deferred d, create b, deferred c");
    assert_eq!(lab.apply(plan).calls, ["apply a", "apply b"]);
    let mut lab = Lab::new(chain(1));
    let plan = lab.plan(options().exclude(uid("b")));
    assert_eq!(actions(&plan), "create a, create d, deferred b, deferred c");
    assert_eq!(lab.apply(plan).summary.succeeded, 2);
    assert_eq!(lab.up().calls, ["apply b", "apply c"]);
    assert!(lab.try_plan(options().target(uid("nobody"))).unwrap_err().contains("no-such-resource"));
    // what deferred nodes used to depend on stays
    lab.want([("b", recipe("cloud", json!({"uses": 1}))), ("c", recipe("cloud", json!({"uses": "${b.value}"})))]);
    assert_eq!(lab.actions(options().exclude(uid("b"))), "deferred b, deferred c, deferred a, delete d");
    assert_eq!(
        lab.plan_for(None, options().target(uid("b"))).map(|plan| actions(&plan)).unwrap(),
        "deferred a, delete b, delete c, deferred d"
    );
}

#[test]
fn old_objects_that_deferred_ones_use_stay() {
    // top (replaced, the new one first) on base (so replaced likewise) and side (gone from the second version on), used by user
    let of = |name: &str, on_side: bool| {
        let mut base = recipe("cloud", json!({"name": name}));
        base.replace_on = vec!["name".parse().unwrap()];
        let side = if on_side { "${side.id}" } else { "none" };
        let mut top = recipe("cloud", json!({"name": name, "uses": "${base.id}", "side": side}));
        top.replace_on = vec!["name".parse().unwrap()];
        top.replace = ReplaceOrder::CreateBeforeDestroy;
        [("base", base), ("top", top), ("user", recipe("cloud", json!({"uses": "${top.id}"})))]
    };
    let first = || {
        let [base, top, user] = of("a", true);
        let mut lab = Lab::new([base, top, user, ("side", recipe("cloud", json!({})))]);
        lab.up();
        lab.want(of("b", false));
        lab
    };
    // by a target, all at once
    let mut lab = first();
    let plan = lab.plan(options().target(uid("top")));
    assert_eq!(actions(&plan), "replace base, replace top, deferred user, deferred side");
    assert_eq!(lab.apply(plan).calls, ["apply base", "apply top"]);
    assert_eq!(lab.statuses(), "base ready, base deposed, side ready, top ready, top deposed, user ready");
    // after a failure, by what is left out
    let mut lab = first();
    lab.world.behave.insert(uid("user"), Behave::Fail);
    assert_eq!(lab.up().calls, ["apply base", "apply top", "apply user"]);
    lab.world.behave.clear();
    let plan = lab.plan(options().exclude(uid("user")));
    assert_eq!(actions(&plan), "deferred user, deferred base, deferred side, deferred top");
    assert!(plan.to_string().contains("what was there stays for now, `thing.default#user` may still use it"), "{plan}");
    assert_eq!(lab.apply(plan).calls.len(), 0);
    // what does not wait any more lets them go
    assert_eq!(lab.actions(options()), "update user, delete base, delete side, delete top");
    assert_eq!(lab.up().calls, ["apply user", "destroy top", "destroy base", "destroy side"]);
    assert_eq!(lab.statuses(), "base ready, top ready, user ready");
}

#[test]
fn failures_stop_or_not() {
    for (on_failure, calls, skipped) in
        [(OnFailure::Stop, &["apply a"][..], 3), (OnFailure::Continue, &["apply a", "apply d"], 2)]
    {
        let mut lab = Lab::new(chain(1));
        lab.options = lab.options.clone().parallelism(1.try_into().unwrap()).on_failure(on_failure);
        lab.world.behave.insert(uid("a"), Behave::Fail);
        let outcome = lab.up();
        assert_eq!(
            (outcome.calls, outcome.summary.skipped),
            (calls.iter().map(ToString::to_string).collect(), skipped)
        );
        assert!(lab.snapshot().object(&uid("a")).is_none() && lab.snapshot().intents().len() == 0);
        lab.world.behave.clear();
        assert!(lab.up().summary.is_success());
    }
}

#[track_caller]
fn check_settled(driver: &str, behave: Behave, status: &str, calls: &[&str]) {
    let mut lab = Lab::new([("db", recipe(driver, json!({"size": 1})))]);
    lab.world.behave.insert(uid("db"), behave.clone());
    assert_eq!(lab.up().summary.failed, 1);
    let first = lab.snapshot().intents().next().unwrap().clone();
    assert_eq!(lab.statuses(), status);
    assert!(lab.plan(options()).has_changes());
    let plan = lab.plan(options());
    lab.world.behave.clear();
    lab.world.calls.clear();
    let outcome = {
        let mut run = score_resolver::Run::new(plan.into(), lab.snapshot(), lab.options.clone()).unwrap();
        let mut calls = Vec::new();
        let mut open = Vec::new();
        loop {
            match run.poll() {
                Some(score_resolver::Command::Write(ticket, record)) => {
                    lab.journal.push(record);
                    run.written(ticket);
                }
                Some(score_resolver::Command::Invoke(ticket, invocation)) => open.push((ticket, invocation)),
                Some(score_resolver::Command::Finished(summary)) => break (summary, calls),
                None => {
                    let (ticket, invocation) = open.remove(0);
                    if let Some(key) = &invocation.key {
                        assert_eq!(*key, first.key, "the key is kept");
                    }
                    calls.push(invocation.request.operation());
                    let answer = lab.world.call(&invocation);
                    run.answered(ticket, answer);
                }
                _ => {}
            }
        }
    };
    assert_eq!(outcome.1, calls);
    assert_eq!(outcome.0.succeeded, 1);
    assert_eq!(lab.statuses(), "db ready");
    assert_eq!(lab.snapshot().intents().len(), 0);
    assert_eq!(lab.world.things.len(), 1);
    assert_eq!(lab.actions(options()), "");
}

#[test]
fn open_intents_are_settled_with_their_key() {
    check_settled("cloud", Behave::Half, "db incomplete", &["observe", "apply"]);
    check_settled("blind", Behave::Half, "db incomplete", &["apply"]);
    check_settled("cloud", Behave::Lost, "db unknown", &["observe"]);
    check_settled("blind", Behave::Lost, "db unknown", &["apply"]);
    check_settled("cloud", Behave::Hang, "db unknown", &["observe", "apply"]);
    check_settled("blind", Behave::Hang, "db unknown", &["apply"]);
}

#[test]
fn what_may_have_come_to_exist_goes_down() {
    for driver in ["cloud", "blind"] {
        for behave in [Behave::Half, Behave::Lost, Behave::Hang] {
            let mut lab = Lab::new([("db", recipe(driver, json!({"size": 1})))]);
            lab.world.behave.insert(uid("db"), behave);
            lab.up();
            lab.world.behave.clear();
            let outcome = lab.down(options());
            assert!(outcome.summary.is_success());
            assert!(lab.world.things.is_empty() && lab.snapshot().is_empty());
        }
    }
}

#[test]
fn artefacts_are_collected_in_provisioning_order() {
    let of = |title: &str| {
        [
            ("one", recipe("cloud", json!({"artefacts": {"one": title}}))),
            ("two", recipe("cloud", json!({"artefacts": {"two": "Two"}, "after": "${one.value}"}))),
            ("zero", recipe("cloud", json!({"artefacts": {"zero": "Zero"}}))),
            ("book", recipe("cloud", json!({"pages": "${artefacts.page}", "uses": ["${two.value}", "${zero.value}"]}))),
        ]
    };
    let mut lab = Lab::new(of("One"));
    lab.up();
    let pages = |lab: &Lab| {
        let snapshot = lab.snapshot();
        let pages = snapshot.object(&uid("book")).unwrap().inputs.child("pages").unwrap().redacted();
        pages.as_array().unwrap().iter().map(|page| page["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(pages(&lab), ["One", "Zero", "Two"]);
    assert_eq!(lab.actions(options()), "");
    lab.want(of("First"));
    assert_eq!(lab.up().calls, ["apply one", "apply book"]);
    assert_eq!(pages(&lab), ["First", "Zero", "Two"]);
}

#[test]
fn refresh() {
    let mut lab = Lab::new(chain(1));
    lab.up();
    let guid = lab.snapshot().object(&uid("a")).unwrap().guid.clone();
    lab.world.things.remove(&guid);
    assert_eq!(lab.actions(options()), "");
    let plan = lab.plan(options().refresh(true));
    assert_eq!(actions(&plan), "create a, update b, update c");
    lab.world.calls.clear();
    assert_eq!(lab.apply(plan).calls, ["apply a"]);
    assert_ne!(lab.snapshot().object(&uid("a")).unwrap().guid, guid);

    lab.world.drifted.insert(uid("a"), json!({"value": "changed-by-hand"}));
    let plan = lab.plan(options().refresh(true));
    assert_eq!(actions(&plan), "update b, update c");
    assert_eq!(plan.changes()[2].after.as_ref().unwrap().redacted(), json!({"uses": "changed-by-hand"}));
    lab.world.calls.clear();
    assert_eq!(lab.apply(plan).calls, ["apply b"]);
    assert_eq!(lab.actions(options().refresh(true)), "");
}

#[test]
fn secrets_are_marked_again_by_value() {
    let mut lab = Lab::new([
        ("key", recipe("pure", json!({}))),
        ("api", recipe("cloud", json!({"password": "${key.password}"}))),
    ]);
    let secret = Value::map([("password", Value::secret(Value::from("canary-x")))]);
    lab.desired.get_mut(&uid("key")).unwrap().inputs = secret.into();
    lab.world.behave.insert(uid("api"), Behave::Lie(json!({"told": "it is canary-x!"})));
    lab.up();
    let snapshot = lab.snapshot();
    let api = snapshot.object(&uid("api")).unwrap();
    assert_eq!(api.outputs.redacted()["told"], json!({"$secret": true}));
    let plan = lab.plan(options());
    assert!(!format!("{:?} {} {plan} {}", lab.journal, plan.redacted(), plan.to_markdown()).contains("canary-x"));
}

#[test]
fn promises_of_a_drivers_plan_are_kept() {
    let of = |promise: &str| {
        [
            ("a", recipe("planner", json!({"promise": promise, "outputs": {"promise": "kept"}}))),
            ("b", recipe("cloud", json!({"uses": "${a.promise}"}))),
        ]
    };
    let mut lab = Lab::new(of("kept"));
    let plan = lab.plan(options());
    assert_eq!(plan.changes()[1].after.as_ref().unwrap().redacted(), json!({"uses": "kept"}));
    lab.world.calls.clear();
    assert!(lab.apply(plan).summary.is_success());
    let mut lab = Lab::new(of("broken"));
    let outcome = lab.up();
    assert_eq!((outcome.summary.failed, outcome.summary.skipped), (1, 1));
    assert_eq!(lab.statuses(), "a incomplete");
}

#[test]
fn outputs_are_held_against_the_type() {
    let mut host = recipe("cloud", json!({}));
    let schema = json!({"type": "object", "properties": {"port": {"type": "integer"}, "pin": {"writeOnly": true}}});
    host.outputs_schema = Some(std::sync::Arc::new(schema.into()));
    let mut lab = Lab::new([("host", host), ("user", recipe("cloud", json!({"uses": "${host.port}"})))]);
    lab.world.behave.insert(uid("host"), Behave::Lie(json!({"port": "eighty", "pin": "canary-pin"})));
    let outcome = lab.up();
    assert_eq!((outcome.summary.failed, outcome.summary.skipped), (1, 1));
    assert_eq!(lab.statuses(), "host incomplete");
    assert!(!format!("{:?} {:?}", lab.journal, outcome.events).contains("canary-pin"));
    assert!(format!("{:?}", outcome.events).contains("port"));
    assert_eq!(lab.down(options()).calls, ["destroy host"]);
}

#[test]
fn renamed_modules_and_edges_are_relinked_without_a_call() {
    let mut lab = Lab::new([("a", recipe("cloud", json!({}))), ("b", recipe("cloud", json!({})))]);
    lab.up();
    let b = lab.desired.get_mut(&uid("b")).unwrap();
    b.module = "renamed".into();
    b.depends_on = vec![uid("a")];
    assert_eq!(lab.actions(options()), "");
    assert_eq!(lab.up().calls.len(), 0);
    let snapshot = lab.snapshot();
    let b = snapshot.object(&uid("b")).unwrap();
    assert_eq!((&*b.module, &b.depends_on), ("renamed", &vec![uid("a")]));
    assert_eq!(lab.down(options()).calls, ["destroy b", "destroy a"]);
}

#[test]
fn a_snapshot_is_equal_to_the_fold_of_its_records() {
    let mut lab = Lab::new(chain(1));
    lab.world.behave.insert(uid("b"), Behave::Half);
    lab.world.behave.insert(uid("d"), Behave::Lost);
    lab.up();
    let snapshot = lab.snapshot();
    assert!(snapshot.intents().len() == 2);
    lab.journal = snapshot.records();
    assert_eq!(lab.snapshot(), snapshot);
}

#[test]
fn a_plan_says_what_it_stands_on_that_moved() {
    let mut lab = Lab::new(chain(1));
    let sources = |content: &str| vec![score_resolver::SourceDigest::new("shop.score.yaml", content.as_bytes())];
    let plan = lab.plan(options().sources(sources("one")));
    let (context, drivers, snapshot) = (plan.context().clone(), catalogue(), lab.snapshot());
    let basis = Basis { context: &context, sources: &sources("one"), drivers: &drivers, snapshot: &snapshot };
    plan.holds(&basis).unwrap();
    let other = context.clone().label("region", "eu");
    let moved = plan.holds(&Basis { context: &other, sources: &sources("two"), ..basis }).unwrap_err();
    assert_eq!(
        moved.to_string(),
        "the plan does not hold any more: `labels` was `` and is `region=eu`, `shop.score.yaml` changed; plan again"
    );
}

#[test]
fn drift() {
    let mut lab = Lab::new([
        ("a", recipe("cloud", json!({}))),
        ("b", recipe("cloud", json!({"outputs": {"port": 1}}))),
        ("c", recipe("blind", json!({}))),
        ("d", recipe("cloud", json!({}))),
        ("e", recipe("pure", json!({}))),
        ("f", recipe("cloud", json!({}))),
    ]);
    lab.up();
    let guid = lab.snapshot().object(&uid("a")).unwrap().guid.clone();
    lab.world.things.remove(&guid);
    lab.world.drifted.insert(uid("b"), json!({"port": 2}));
    let guid = lab.snapshot().object(&uid("f")).unwrap().guid.clone();
    lab.world.things.get_mut(&guid).unwrap().complete = false;
    let (snapshot, drivers) = (lab.snapshot(), catalogue());
    let mut drift = Drift::new(&snapshot, &drivers);
    for invocation in snapshot.observations(&drivers) {
        drift.tell(&snapshot, &invocation.uid, lab.world.call(&invocation));
    }
    assert!(drift.has_changes());
    let want = json!({"drifted": [
        {"uid": "thing.default#a", "status": "gone", "changes": []},
        {"uid": "thing.default#b", "status": "changed", "changes": [{"path": "port", "recorded": 1, "observed": 2}]},
        {"uid": "thing.default#c", "status": "unknown", "changes": []},
        {"uid": "thing.default#f", "status": "changed", "changes": [], "incomplete": true},
    ]});
    assert_eq!(drift.redacted(), want);
}

#[test]
fn drift_shows_no_secret_that_only_the_world_tells() {
    let mut lab = Lab::new([("a", recipe("cloud", json!({"outputs": {"value": "canary-x is recorded"}})))]);
    lab.up();
    let snapshot = lab.snapshot();
    let mut drift = Drift::new(&snapshot, &catalogue());
    let outputs = Value::map([
        ("value", Value::from("it is canary-x!")),
        ("password", Value::secret(Value::from("canary-x"))),
        ("port", Value::from(1)),
    ]);
    let applied = Applied::new(outputs);
    drift.tell(&snapshot, &uid("a"), Ok(Response::Observe(Observed::Present { applied, complete: true })));
    let (secret, id) = (json!({"$secret": true}), snapshot.object(&uid("a")).unwrap().guid.clone());
    let want = json!([
        {"path": "id", "recorded": id, "observed": null},
        {"path": "password", "recorded": null, "observed": secret},
        {"path": "port", "recorded": null, "observed": 1},
        {"path": "value", "recorded": secret, "observed": secret},
    ]);
    assert_eq!(drift.redacted()["drifted"][0]["changes"], want);
    assert!(!format!("{drift:?}").contains("canary-x"));
}

#[test]
fn import() {
    let mut lab = Lab::new([
        ("a", recipe("cloud", json!({"size": 1}))),
        ("b", recipe("cloud", json!({"on": "${a.value}"}))),
        ("c", recipe("blind", json!({}))),
    ]);
    let import = |lab: &Lab, of: &str| Import::new(&lab.resolution(), &lab.snapshot(), &uid(of), &catalogue());
    let adoption = import(&lab, "a").unwrap();
    let answer = lab.world.call(adoption.invocation());
    assert_eq!(adoption.clone().adopt(answer).unwrap_err(), ImportError::Absent(uid("a")));
    let thing = world::Thing {
        uid: uid("a"),
        inputs: Value::map([("size", Value::from(1))]),
        complete: true,
        shared: Value::Null,
        key: None,
    };
    let Request::Observe(request) = &adoption.invocation().request else { panic!() };
    lab.world.things.insert(request.guid.clone(), thing);
    let answer = lab.world.call(adoption.invocation());
    lab.journal.push(adoption.adopt(answer).unwrap());
    assert_eq!(lab.actions(options()), "create c, create b");
    assert!(matches!(import(&lab, "a"), Err(ImportError::Recorded(_))));
    assert!(import(&lab, "b").is_ok());
    assert!(matches!(import(&lab, "c"), Err(ImportError::NotPossible { .. })));
    assert!(matches!(import(&lab, "nobody"), Err(ImportError::NoSuchResource(_))));
}
