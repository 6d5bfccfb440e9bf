//! What the program answers on the command line: exit statuses and messages, step by step in one directory.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::process::{Command, Stdio};

const SHOP: &str = "apiVersion: score.dev/v1b1
metadata: {name: shop}
containers: {main: {image: x, files: {/motd: {source: motd}}}}
resources: {db: {type: thing}}
";
const PLATFORM: &str = "types: {thing: {}}
modules: {mk: {type: thing, driver: static, inputs: {host: hh}}}
rules: [{module: mk}]
environments: {dev: {type: development, default: true}, live: {type: production}}
";

enum Step<'a> {
    /// Arguments, the status that is wanted, and a part of what is printed.
    Run(&'a str, i32, &'a str),
    Write(&'a str, &'a str),
}
use Step::{Run, Write};

#[track_caller]
fn check(steps: &[Step<'_>]) {
    let directory = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("shop.score.yaml", SHOP);
    write("motd", "hello");
    write("platform/platform.yaml", PLATFORM);
    for step in steps {
        match step {
            Write(file, text) => write(file, text),
            Run(arguments, status, part) => {
                let output = Command::new(env!("CARGO_BIN_EXE_partitura"))
                    .args(arguments.split(' '))
                    .current_dir(directory.path())
                    .stdin(Stdio::null())
                    .output()
                    .unwrap();
                let printed =
                    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
                assert_eq!(output.status.code(), Some(*status), "{arguments}: {printed}");
                assert!(printed.contains(part), "{arguments}: {printed}");
                assert!(!printed.contains("canary"), "{arguments}: {printed}");
            }
        }
    }
}

#[test]
fn options_that_name_nothing_are_wrong_use() {
    check(&[
        Run("plan shop.score.yaml --target thing.default#nothing", 2, "`--target thing.default#nothing` names nothing"),
        Run("plan shop.score.yaml --exclude thing.default#nothing --detailed-exitcode", 64, "names nothing"),
        Run("up shop.score.yaml --replace thing.default#nothing --yes --format json", 2, r#""event":"finished""#),
        Run("explain thing.default#nothing shop.score.yaml", 1, "thing.default#nothing"),
        Run("check -e nowhere", 2, "there is no environment `nowhere`"),
        Run("check -e live --environment-type development", 2, "`production`"),
        Run("check", 0, ""),
        Run("validate platform", 2, "there is no Score file in `platform`"),
        Run("plan platform --platform platform", 2, "there is no Score file in `platform`"),
        Run("outputs nothing", 2, "`nothing` is neither a file nor a resource"),
    ]);
}

#[test]
fn a_saved_plan_that_was_refused_can_still_be_made_so() {
    check(&[
        Run("plan shop.score.yaml --out saved.plan", 0, "to create"),
        Run("up --plan saved.plan", 2, "--yes"),
        Write("motd", "good bye"),
        Run("up --plan saved.plan --yes", 1, "motd"),
        Write("motd", "hello"),
        Write("platform/more.yaml", "types: {other: {}}"),
        Run("up --plan saved.plan --yes", 1, "more.yaml"),
        Write("platform/more.yaml", ""),
        Run("up --plan saved.plan --yes", 1, "more.yaml"),
        Run("plan shop.score.yaml --out saved.plan", 0, "to create"),
        Run("up --plan saved.plan --yes --lock-timeout 18446744073709551615h", 0, "1 succeeded"),
        Run("down --yes", 0, ""),
    ]);
}

#[test]
fn a_saved_plan_holds_however_its_files_are_named() {
    let as_named = |made: &'static str, used: &'static str, status: i32, part: &'static str| {
        check(&[Run(made, 0, "to create"), Run(used, status, part)]);
    };
    for made in [
        "plan . --out saved.plan",
        "plan ./shop.score.yaml --out saved.plan",
        "plan platform/../shop.score.yaml --platform ./platform --state .partitura --out saved.plan",
        "plan shop.score.yaml --platform platform --out saved.plan",
    ] {
        for used in [
            "up --plan saved.plan --yes",
            "up --plan saved.plan . --yes",
            "up --plan ./saved.plan ./shop.score.yaml --platform ./platform --yes",
        ] {
            as_named(made, used, 0, "1 succeeded");
        }
    }
    let elsewhere = "up --plan saved.plan platform --yes";
    as_named("plan . --out saved.plan", elsewhere, 1, "made beside another state");
}

#[test]
fn no_message_shows_a_secret_that_stands_on_its_line() {
    const PLATFORM: &str = "types: {thing: {outputs: {type: object, properties: {key: {type: integer}}}}}
modules: {mk: {type: thing, driver: static, inputs: {host: hh, secrets: {key: canary}}}}
rules: [{module: mk}]
";
    check(&[
        Write("platform/platform.yaml", PLATFORM),
        Run("check", 1, "secrets: ••••"),
        Run("up shop.score.yaml --yes", 1, "secrets: ••••"),
    ]);
}

/// What only drivers know to be wrong with inputs, `check` tells where these are written; what is not known yet is not wrong.
#[test]
fn a_template_that_does_not_parse_does_not_pass() {
    const PLATFORM: &str = "types: {thing: {}}
modules:
  broken: {type: thing, driver: template, inputs: {templates: {outputs: '{{ nonsense }}'}}}
rules: [{module: broken}]
";
    const SOUND: &str = "types: {thing: {}}
modules:
  open: {type: thing, driver: template, inputs: {templates: {init: '${params.text}', outputs: '{{ .context.id }}'}}}
rules: [{module: open}]
";
    check(&[
        Write("platform/platform.yaml", PLATFORM),
        Run("check", 1, "platform.yaml:3:73: error[inputs]: inputs of driver `template` in module `broken`: "),
        Write("platform/platform.yaml", SOUND),
        Run("check", 0, ""),
    ]);
}

#[test]
fn a_saved_plan_to_destroy_comes_of_no_file() {
    check(&[
        Run("up shop.score.yaml --yes", 0, "1 succeeded"),
        Run("plan --destroy --out saved.plan", 0, "2 to delete"),
        Write("platform/more.yaml", "types: {other: {}}"),
        Run("up --plan saved.plan --yes", 0, "2 unchanged"),
        Run("state list --format json", 0, "[]"),
    ]);
}

#[test]
fn a_broken_platform_hides_no_broken_score_file() {
    let mut steps = vec![
        Write("platform/broken.yaml", "typs: {}"),
        Write(
            "shop.score.yaml",
            "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\ncontainers: {main: {imgae: x}}\n",
        ),
    ];
    for run in [
        "validate shop.score.yaml",
        "resolve shop.score.yaml",
        "explain thing.default#shop.db shop.score.yaml",
        "plan shop.score.yaml",
        "up shop.score.yaml --yes",
        "import thing.default#shop.db shop.score.yaml",
    ] {
        steps.extend([Run(run, 1, "`typs`"), Run(run, 1, "`imgae`")]);
    }
    check(&steps);
}

#[test]
fn all_that_is_wrong_with_a_file_is_told_at_once() {
    let score = "apiVersion: score.dev/v1b1
metadata: {name: shop}
containers: {main: {image: x, variables: {A: '${resources.nobody.v}', B: 8080}}}
resources: {db: {type: thing, params: 5}, cache: {type: redis}}
";
    check(&[
        Write("shop.score.yaml", score),
        Run("validate shop.score.yaml", 1, "undeclared-resource"),
        Run("validate shop.score.yaml", 1, "`B` must be a text"),
        Run("validate shop.score.yaml", 1, "`params` must be a map"),
        Run("validate shop.score.yaml", 1, "there is no resource type `redis`"),
    ]);
}

#[test]
fn a_test_whose_file_is_not_there_fails_alone() {
    let tests = "tests:
- {name: gone, files: [gone.score.yaml]}
- {name: there, files: [shop.score.yaml], expect: {modules: {thing.default#shop.db: mk}}}
";
    check(&[
        Write("tests.yaml", tests),
        Run("test", 1, "there is no Score file `gone.score.yaml`"),
        Run("test", 1, "1 passed, 1 failed"),
    ]);
}

#[test]
fn a_platform_is_held_against_another_as_plans_are() {
    let live = "types: {thing: {}}
modules: {mk: {type: thing, driver: static, inputs: {host: 'h-${context.labels.region}'}, replace_on: [host]}}
rules: [{module: mk}]
environments: {live: {type: production, labels: {region: eu}}}
";
    let elsewhere = live.replace("region: eu", "region: us");
    let more = live.replace("labels: {region: eu}}", "labels: {region: eu}}, other: {labels: {region: af}}");
    let with_redis = live.replace("types: {thing: {}}", "types: {thing: {}, redis: {}}");
    let with_redis = with_redis.replace("modules: {", "modules: {rd: {type: redis, driver: static}, ");
    let with_redis = with_redis.replace("rules: [", "rules: [{module: rd}, ");
    let redis = SHOP.replace("name: shop", "name: blog").replace("type: thing", "type: redis");
    check(&[
        Write("platform/platform.yaml", live),
        Write("old/platform.yaml", live),
        Run("check shop.score.yaml --against old", 0, "environment `live`: everything stays as it is"),
        // An environment is what each platform says of it.
        Write("platform/platform.yaml", &elsewhere),
        Run("check shop.score.yaml --against old", 0, "`thing.default#shop.db` is replaced"),
        Run("up shop.score.yaml --platform old --yes", 0, ""),
        Run("check --against old", 0, "`thing.default#shop.db` is replaced"),
        Run("plan shop.score.yaml", 0, "1 to replace"),
        Write("platform/platform.yaml", &more),
        Run("check shop.score.yaml --against old -e live", 0, "environment `live`: everything stays as it is"),
        Run("check shop.score.yaml --against old -e other", 0, "`thing.default#shop.db` is created"),
        // What the old platform refuses is compared with what is recorded.
        Write("blog.score.yaml", &redis),
        Write("platform/platform.yaml", &with_redis),
        Run(
            "check shop.score.yaml blog.score.yaml --against old",
            0,
            "environment `live`:\n  `redis.default#blog.db` is created: module `rd` (for blog)\n  `workload.default#blog` is created: module `workload` (for blog)\n",
        ),
    ]);
}
