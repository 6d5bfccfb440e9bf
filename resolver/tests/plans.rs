//! Plans as files, and as people read them.

#![allow(unreachable_pub, reason = "the world is shared between tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod world;

use score_model::{Seal, Value};
use score_resolver::{Plan, PlanOptions, UnreadablePlan};
use serde_json::json;
use world::{Lab, recipe, uid};

/// Not a cipher: shows that what is secret goes through it, bound to its place.
struct Reverse(&'static str);

impl Seal for Reverse {
    fn seal(&self, bound_to: &str, clear: &[u8]) -> Vec<u8> {
        clear.iter().rev().copied().chain(format!("|{bound_to}|{}", self.0).into_bytes()).collect()
    }

    fn open(&self, bound_to: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let clear = sealed.strip_suffix(format!("|{bound_to}|{}", self.0).as_bytes())?;
        Some(clear.iter().rev().copied().collect())
    }
}

#[test]
fn a_saved_plan_does_what_the_plan_says_and_holds_no_secret() {
    let of = |size: i64| {
        [
            ("key", recipe("pure", json!({}))),
            ("db", recipe("cloud", json!({"size": size, "list": [1, "${key.password}"], "me": "${guid}"}))),
            ("api", recipe("planner", json!({"uses": "${db.value}", "promise": "p", "outputs": {"promise": "p"}}))),
        ]
    };
    let mut lab = Lab::new(of(1));
    let secret = Value::map([("password", Value::secret(Value::from("canary-x")))]);
    lab.desired.get_mut(&uid("key")).unwrap().inputs = secret.clone().into();
    lab.up();
    lab.want(of(2));
    lab.desired.get_mut(&uid("key")).unwrap().inputs = secret.into();
    let plan = lab.plan(PlanOptions::default());
    let text = plan.save(&Reverse("k"));
    assert!(!text.contains("canary-x"));
    let loaded = Plan::load(&text, &Reverse("k")).unwrap();
    assert_eq!((loaded.changes(), loaded.steps()), (plan.changes(), plan.steps()));
    assert_eq!(
        (loaded.digest(), loaded.redacted()["changes"].clone()),
        (plan.digest(), plan.redacted()["changes"].clone())
    );

    assert_eq!(Plan::load(&text, &Reverse("other")).unwrap_err(), UnreadablePlan::Changed);
    let changed = text.replace("\"number\"", "\"guid\"");
    assert!(Plan::load(&changed, &Reverse("k")).is_err());
    let changed = text.replacen("#db", "#xx", 1);
    assert!(Plan::load(&changed, &Reverse("k")).is_err());
    let newer = text.replace("partitura-plan/1", "partitura-plan/9");
    assert!(matches!(Plan::load(&newer, &Reverse("k")), Err(UnreadablePlan::Format { .. })));
    assert!(matches!(Plan::load("{", &Reverse("k")), Err(UnreadablePlan::Malformed(_))));

    lab.world.calls.clear();
    assert_eq!(lab.apply(loaded.clone()).calls, ["apply db"]);
    let stale = score_resolver::Run::new(loaded.into(), lab.snapshot(), lab.options.clone()).unwrap_err();
    assert!(stale.to_string().contains("the state moved from serial"), "{stale}");
}

#[test]
fn what_people_read() {
    let of = |size: i64, name: &str| {
        let mut db = recipe("cloud", json!({"size": size, "name": name, "outputs": {"port": size}}));
        db.replace_on = vec!["name".parse().unwrap()];
        [
            ("db", db),
            ("api", recipe("cloud", json!({"port": "${db.port}", "tags": ["a|b"]}))),
            ("cache", recipe("cloud", json!({"size": size}))),
            ("same", recipe("cloud", json!({}))),
        ]
    };
    let mut lab = Lab::new(of(1, "one"));
    lab.up();
    lab.want(of(2, "two"));
    lab.desired.remove(&uid("cache"));
    lab.desired.insert(uid("queue"), recipe("cloud", json!({"x": 1})));
    let plan = lab.plan(PlanOptions::default());
    insta::assert_snapshot!(plan.to_string());
    insta::assert_snapshot!(plan.to_markdown());
    let nothing = Lab::new([]).plan(PlanOptions::default()).to_string();
    assert_eq!(nothing, "Plan for default/default/development: nothing there, nothing to do\n");
}
