//! The proof of a platform, against brute force over all contexts and by example.

use proptest::prelude::*;
use score_model::{Severity, Source};
use score_resolver::{Platform, check};

use crate::support::{drivers, places};

/// What `check` says of a platform that loads: `FILE:LINE code` for each.
#[track_caller]
fn found(platform: &str, strict: bool) -> Vec<String> {
    let (platform, _) =
        Platform::load(&[Source::new("platform.yaml", platform)]).into_result().expect("a sound platform");
    places(&check(&platform, &drivers(), strict).diagnostics)
}

/// Five ways to break a golden path, each found before any developer meets it.
#[test]
fn five_broken_golden_paths() {
    let sound = "
types: {postgres: {classes: {default: Small.}, outputs: {required: [host], properties: {host: {type: string}}}}}
modules:
  dev: {type: postgres, driver: static, inputs: {host: dev.internal}}
  live: {type: postgres, driver: static, inputs: {host: live.internal}}
rules:
- {module: dev, environment_type: development}
- {module: live, environment_type: production}
environments: {dev: {type: development}, live: {type: production}}
";
    assert_eq!(found(sound, true), [""; 0]);
    let broken = |from: &str, to: &str| {
        assert!(sound.contains(from));
        found(&sound.replace(from, to), true)
    };
    // A rule is deleted, and production is served no more.
    assert_eq!(
        broken("- {module: live, environment_type: production}\n", ""),
        ["platform.yaml:2 gap", "platform.yaml:5 unreached-module"]
    );
    // An output is renamed.
    assert_eq!(broken("{host: live.internal}", "{hostname: live.internal}"), ["platform.yaml:5 outputs"]);
    // An environment gets another type.
    assert_eq!(
        broken("live: {type: production}", "live: {type: staging}"),
        ["platform.yaml:2 gap", "platform.yaml:8 dead-rule"]
    );
    // A driver is mistyped.
    assert_eq!(
        broken(
            "{type: postgres, driver: static, inputs: {host: dev",
            "{type: postgres, driver: statik, inputs: {host: dev"
        ),
        ["platform.yaml:4 unknown-driver"]
    );
    // One module takes fewer params.
    assert_eq!(
        broken("live: {type: postgres, driver", "live: {type: postgres, params: {additionalProperties: false}, driver"),
        ["platform.yaml:5 candidates-differ"]
    );
}

#[test]
fn promised_is_what_only_a_driver_knows() {
    let text = "
types: {postgres: {outputs: {required: [host, port, url], properties: {host: {type: string}}}}}
modules:
  mine: {type: postgres, driver: static, inputs: {host: a, port: 1}, outputs: {url: 'pg://${self.outputs.host}'}}
  theirs: {type: postgres, driver: opaque, outputs: {url: 'pg://${self.outputs.host}', port: '${self.outputs.p}'}}
rules: [{module: mine}, {module: theirs, project: shop}]
";
    let (platform, _) = Platform::load(&[Source::new("platform.yaml", text)]).into_result().expect("a sound platform");
    let proof = check(&platform, &drivers(), false);
    let promised: Vec<String> =
        proof.promised.iter().map(|promise| format!("{} {}", promise.module, promise.output)).collect();
    assert_eq!(promised, ["theirs host", "theirs port"]);
}

#[test]
fn secrets_go_where_secrets_may_go() {
    let text = "
types:
  vault: {}
  app: {outputs: {properties: {url: {type: string}, key: {type: string, writeOnly: true}}}}
modules:
  vault: {type: vault, driver: static, inputs: {secrets: {password: x}}}
  app:
    type: app
    driver: command
    inputs:
      command: [run, '${resources.vault.password}']
      given: '${resources.vault.password}'
    outputs:
      url: 'https://${resources.vault.password}@host'
      key: '${resources.vault.password}'
    dependencies: {vault: {type: vault}}
rules: [{module: vault}, {module: app}]
";
    let errors: Vec<String> = found(text, false).into_iter().filter(|line| !line.ends_with(" gap")).collect();
    assert_eq!(errors, ["platform.yaml:11 inputs", "platform.yaml:14 secret"]);
}

/// A rule as numbers: 0 names nothing, others a value.
type Fields = (u8, u8, u8, u8);

fn fields() -> impl Strategy<Value = Fields> {
    (0..3_u8, 0..3_u8, 0..3_u8, 0..3_u8)
}

/// Two declared classes; two declared environments or none.
fn text(rules: &[Fields], declared: bool) -> String {
    let mut text = "types: {thing: {classes: {class1: One., class2: Two.}}}\nmodules:\n".to_owned();
    for number in 0..rules.len() {
        text += &format!("  m{number}: {{type: thing, driver: opaque}}\n");
    }
    text += "rules:\n";
    for (number, (class, environment, project, label)) in rules.iter().enumerate() {
        let class = if *class == 0 { "'*'".to_owned() } else { format!("class{class}") };
        text += &format!("- {{module: m{number}, class: {class}");
        for (field, value) in [("environment", environment), ("project", project)] {
            if *value > 0 {
                text += &format!(", {field}: {field}{value}");
            }
        }
        if *label > 0 {
            text += &format!(", labels: {{region: value{label}}}");
        }
        text += "}\n";
    }
    if declared {
        // The second environment has the label already.
        text += "environments: {environment1: {type: one}, environment2: {type: two, labels: {region: value1}}}\n";
    }
    text
}

/// Every context there can be: classes 1 and 2; environments 1 and 2, and another where none are declared; projects and labels 1, 2 and another.
fn everywhere(declared: bool) -> Vec<Fields> {
    let mut all = Vec::new();
    for class in 1..3 {
        for environment in 1..if declared { 3 } else { 4 } {
            for project in 1..4 {
                for label in 1..4 {
                    if !declared || environment == 1 || label == 1 {
                        all.push((class, environment, project, label));
                    }
                }
            }
        }
    }
    all
}

fn holds(rule: Fields, at: Fields) -> bool {
    let one = |wanted: u8, got: u8| wanted == 0 || wanted == got;
    one(rule.0, at.0) && one(rule.1, at.1) && one(rule.2, at.2) && one(rule.3, at.3)
}

fn specificity(rule: Fields) -> [bool; 4] {
    // Class, environment, project, labels: the order of precedence.
    [rule.0 > 0, rule.1 > 0, rule.2 > 0, rule.3 > 0]
}

/// Which of the rules a finding is about.
fn rules_in(message: &str, rules: usize) -> Vec<usize> {
    (0..rules).filter(|number| message.contains(&format!("`m{number}`"))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dead_rules_gaps_and_pairs_are_those_of_brute_force(rules in prop::collection::vec(fields(), 1..6), declared: bool) {
        let source = Source::new("platform.yaml", text(&rules, declared));
        let Ok((platform, _)) = Platform::load(&[source]).into_result() else { return Ok(()) };
        let proof = check(&platform, &drivers(), false);
        let all = everywhere(declared);
        let winner = |at: Fields| {
            (0..rules.len()).filter(|number| holds(rules[*number], at)).max_by_key(|number| specificity(rules[*number]))
        };

        let dead: Vec<usize> = (0..rules.len()).filter(|number| !all.iter().any(|at| winner(*at) == Some(*number))).collect();
        let got: Vec<usize> = proof.diagnostics.iter().filter(|found| found.code == "dead-rule").map(|found| {
            assert_eq!(found.severity, Severity::Error);
            found.position().expect("a place").line - rules.len() - 4
        }).collect();
        prop_assert_eq!(got, dead);

        let gaps: std::collections::BTreeSet<u8> = all.iter().filter(|at| winner(**at).is_none()).map(|at| at.0).collect();
        let got: std::collections::BTreeSet<u8> = proof.diagnostics.iter().filter(|found| found.code == "gap").map(|found| {
            let witness = found.witness.as_ref().expect("a witness");
            let number = |field: &str, prefix: &str| witness.get(field).and_then(|value| value.as_str()).map_or(3, |text| text.trim_start_matches(prefix).parse().unwrap_or(3));
            let label = witness.get("labels").and_then(|labels| labels.get("region")).and_then(|value| value.as_str()).map_or(3, |text| text.trim_start_matches("value").parse().unwrap_or(3));
            let at = (number("class", "class"), number("environment", "environment"), number("project", "project"), label);
            assert!(winner(at).is_none(), "{at:?} is no gap");
            at.0
        }).collect();
        prop_assert_eq!(got, gaps);

        let mut pairs = Vec::new();
        for later in 0..rules.len() {
            for earlier in 0..later {
                let (a, b) = (rules[earlier], rules[later]);
                let within = |less: Fields, more: Fields| {
                    let one = |less: u8, more: u8| less == 0 || less == more;
                    one(less.0, more.0) && one(less.1, more.1) && one(less.2, more.2) && one(less.3, more.3)
                };
                if !within(a, b) && !within(b, a) && all.iter().any(|at| holds(a, *at) && holds(b, *at)) {
                    pairs.push(vec![earlier, later]);
                }
            }
        }
        let mut got: Vec<Vec<usize>> = proof.diagnostics.iter().filter(|found| found.code == "field-order").map(|found| {
            assert!(found.witness.is_some());
            rules_in(&found.message, rules.len())
        }).collect();
        got.sort_by_key(|pair| (pair[1], pair[0]));
        prop_assert_eq!(got, pairs);
    }
}
