//! The proof of a platform, against brute force over all contexts and by example.

use std::collections::BTreeSet;

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

#[test]
fn what_a_driver_is_known_not_to_answer_cannot_be_read() {
    let text = |path: &str| {
        format!(
            "types: {{db: {{}}}}
modules:
  db: {{type: db, driver: static, inputs: {{host: h, of: {{port: 1}}, secrets: {{key: canary}}}}, outputs: {{it: '${{self.outputs.{path}}}'}}}}
rules: [{{module: db}}]
"
        )
    };
    for path in ["host", "of", "of.port", "key"] {
        assert_eq!(found(&text(path), true), [""; 0], "{path}");
    }
    for path in ["hots", "of.prot", "host.name", "secrets"] {
        assert_eq!(found(&text(path), true), ["platform.yaml:3 unknown-output"], "{path}");
    }
    assert_eq!(found(&text("hots").replace("static", "opaque"), true), [""; 0]);
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

#[test]
fn keys_of_artefacts_are_shown() {
    let text = "
types: {vault: {outputs: {properties: {password: {writeOnly: true}}}}, files: {}}
modules:
  vault: {type: vault, driver: opaque}
  files:
    type: files
    driver: writer
    inputs:
      artefacts:
      - {key: a, value: '${resources.vault.password}'}
      - {key: '${context.id}', value: b}
      - {key: 'c-${resources.vault.password}', value: c}
    dependencies: {vault: {type: vault}}
rules: [{module: vault}, {module: files}]
";
    let errors: Vec<String> = found(text, false).into_iter().filter(|line| !line.ends_with(" gap")).collect();
    assert_eq!(errors, ["platform.yaml:12 inputs"]);
    // The same where only a Score file's params bring the secret there.
    let asked = text.replace("'c-${resources.vault.password}'", "'${params.name}'");
    assert_eq!(found(&asked, false).into_iter().filter(|line| !line.ends_with(" gap")).count(), 0);
    let resources = "{secret: {type: vault}, it: {type: files, params: {name: '${resources.secret.password}'}}}";
    let problems = crate::support::problems(&asked, &[crate::support::workload("shop", resources)]);
    assert_eq!(places(&problems), ["platform.yaml:12 inputs"]);
}

#[test]
fn defaults_fit_their_own_schema() {
    let text = "
types:
  postgres:
    params:
      type: object
      properties:
        version: {type: string, default: 15}
        tier: {enum: [small, large], default: small}
        disk: {type: object, default: {}, properties: {size: {type: integer, default: big}, kind: {type: string, default: ssd}}}
modules:
  pg:
    type: postgres
    driver: static
    params: {properties: {tier: {enum: [small], default: large}}}
rules: [{module: pg}]
";
    assert_eq!(
        found(text, false),
        ["platform.yaml:7 default", "platform.yaml:9 default", "platform.yaml:9 default", "platform.yaml:14 default"]
    );
}

#[test]
fn what_moves_leads_somewhere() {
    let text = "
types: {postgres: {classes: {default: Small.}}}
modules: {pg: {type: postgres, driver: static}}
rules: [{module: pg}]
moved:
- {from: mysql.default#old, to: postgres.default#new}
- {from: postgres.default#a, to: postgres.huge#a}
- {from: postgres.default#b, to: postgress.default#b}
- {from: postgres.default#c, to: mysql.default#c}
- {from: mysql.default#c, to: postgres.default#d}
";
    assert_eq!(found(text, false), ["platform.yaml:7 bad-move", "platform.yaml:8 bad-move"]);
}

#[test]
fn the_order_of_fields_decides_only_where_it_does() {
    let text = |modules: [&str; 3]| {
        let [one, other, both] = modules;
        format!(
            "
types: {{postgres: {{}}}}
modules: {{pg: {{type: postgres, driver: static}}, live: {{type: postgres, driver: static}}, shop: {{type: postgres, driver: static}}, both: {{type: postgres, driver: static}}}}
rules:
- {{module: pg}}
- {{module: {one}, project: shop}}
- {{module: {other}, environment_type: production}}
{both}
"
        )
    };
    let about_order = |text: &str| found(text, false).iter().filter(|line| line.ends_with("field-order")).count();
    assert_eq!(about_order(&text(["shop", "live", ""])), 1);
    // A rule that names the fields of both wins there.
    let both = "- {module: both, project: shop, environment_type: production}";
    assert_eq!(about_order(&text(["shop", "live", both])), 0);
    assert_eq!(about_order(&text(["shop", "shop", ""])), 0);
}

/// A rule as numbers, 0 for what it does not name: class, id, environment, project, environment type, label.
type Fields = [u8; 6];

const FIELDS: [&str; 6] = ["class", "id", "environment", "project", "environment_type", "region"];

fn fields() -> impl Strategy<Value = Fields> {
    // Mostly few fields are named.
    prop::array::uniform6(prop_oneof![3 => Just(0_u8), 1 => Just(1_u8), 1 => Just(2_u8)])
}

/// Two declared classes; two declared environments or none.
fn text(rules: &[Fields], declared: bool) -> String {
    let mut text = "types: {thing: {classes: {class1: One., class2: Two.}}}\nmodules:\n".to_owned();
    for number in 0..rules.len() {
        text += &format!("  m{number}: {{type: thing, driver: opaque}}\n");
    }
    text += "rules:\n";
    for (number, rule) in rules.iter().enumerate() {
        let class = if rule[0] == 0 { "'*'".to_owned() } else { format!("class{}", rule[0]) };
        text += &format!("- {{module: m{number}, class: {class}");
        for (field, value) in FIELDS.iter().zip(rule).skip(1).filter(|(_, value)| **value > 0) {
            let name = field.replace('_', "-");
            text += &match *field {
                "region" => format!(", labels: {{region: region{value}}}"),
                _ => format!(", {field}: {name}{value}"),
            };
        }
        text += "}\n";
    }
    if declared {
        // The second environment has the label already.
        text += "environments: {environment1: {type: environment-type1}, environment2: {type: environment-type2, labels: {region: region1}}}\n";
    }
    text
}

/// Every context there can be: classes 1 and 2; of all else 1, 2 and another, but what declared environments say.
fn everywhere(declared: bool) -> Vec<Fields> {
    let mut all = Vec::new();
    for number in 0..3_u32.pow(6) {
        let digit = |place: u32| u8::try_from(number / 3_u32.pow(place) % 3 + 1).unwrap_or_default();
        let at = [digit(0), digit(1), digit(2), digit(3), digit(4), digit(5)];
        let [class, _, environment, _, ty, region] = at;
        let is_declared = environment < 3 && ty == environment && (environment == 1 || region == 1);
        if class < 3 && (!declared || is_declared) {
            all.push(at);
        }
    }
    all
}

fn holds(rule: Fields, at: Fields) -> bool {
    rule.iter().zip(at).all(|(wanted, got)| *wanted == 0 || *wanted == got)
}

fn specificity(rule: Fields) -> [bool; 6] {
    // The fields are in the order of precedence.
    rule.map(|value| value > 0)
}

/// Which of the rules a finding is about.
fn rules_in(message: &str, rules: usize) -> Vec<usize> {
    (0..rules).filter(|number| message.contains(&format!("`m{number}`"))).collect()
}

/// The context of a witness: what it does not say is another value.
fn witnessed(witness: &serde_json::Map<String, serde_json::Value>) -> Fields {
    FIELDS.map(|field| {
        let value = match field {
            "region" => witness.get("labels").and_then(|labels| labels.get("region")),
            _ => witness.get(field),
        };
        let text = value.and_then(|value| value.as_str()).unwrap_or_default();
        text.strip_prefix(&field.replace('_', "-")).and_then(|number| number.parse().ok()).unwrap_or(3)
    })
}

proptest! {
    #![proptest_config(crate::support::cases(128))]

    #[test]
    fn dead_rules_gaps_and_pairs_are_those_of_brute_force(rules in prop::collection::vec(fields(), 1..6), declared: bool) {
        let source = Source::new("platform.yaml", text(&rules, declared));
        let Ok((platform, _)) = Platform::load(&[source]).into_result() else { return Ok(()) };
        let proof = check(&platform, &drivers(), false);
        let all = everywhere(declared);
        let winner = |at: Fields| {
            (0..rules.len()).filter(|number| holds(rules[*number], at)).max_by_key(|number| specificity(rules[*number]))
        };
        let found = |code: &'static str| proof.diagnostics.iter().filter(move |found| found.code == code);

        let dead: Vec<usize> = (0..rules.len()).filter(|number| !all.iter().any(|at| winner(*at) == Some(*number))).collect();
        let got: Vec<usize> = found("dead-rule").map(|found| {
            assert_eq!(found.severity, Severity::Error);
            found.position().expect("a place").line - rules.len() - 4
        }).collect();
        prop_assert_eq!(got, dead);

        let gaps: BTreeSet<u8> = all.iter().filter(|at| winner(**at).is_none()).map(|at| at[0]).collect();
        let got: BTreeSet<u8> = found("gap").map(|found| {
            let at = witnessed(found.witness.as_ref().expect("a witness"));
            assert!(winner(at).is_none(), "{at:?} is no gap");
            at[0]
        }).collect();
        prop_assert_eq!(got, gaps);

        let mut pairs = Vec::new();
        for later in 0..rules.len() {
            for earlier in 0..later {
                let (a, b) = (rules[earlier], rules[later]);
                let within = |less: Fields, more: Fields| less.iter().zip(more).all(|(less, more)| *less == 0 || *less == more);
                let decides = |at: &Fields| holds(a, *at) && holds(b, *at) && matches!(winner(*at), Some(wins) if wins == earlier || wins == later);
                if !within(a, b) && !within(b, a) && all.iter().any(decides) {
                    pairs.push(vec![earlier, later]);
                }
            }
        }
        let mut got: Vec<Vec<usize>> = found("field-order").map(|found| {
            let pair = rules_in(&found.message, rules.len());
            let at = witnessed(found.witness.as_ref().expect("a witness"));
            assert!(pair.iter().all(|rule| holds(rules[*rule], at)), "{at:?} does not satisfy both");
            let wins = winner(at).expect("a winner");
            assert!(found.message.contains(&format!("`m{wins}` wins")), "{at:?}: {}", found.message);
            pair
        }).collect();
        got.sort_by_key(|pair| (pair[1], pair[0]));
        prop_assert_eq!(got, pairs);
    }
}
