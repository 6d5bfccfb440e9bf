//! Mistakes in platforms and Score files, all at once, each at its place; and tests of golden paths.

use score_model::{Diagnostics, Source};
use score_resolver::{GoldenPathTests, Platform, Resolver};

use crate::support::{drivers, platform, problems, score};

fn load(files: &[(&str, &str)]) -> Diagnostics {
    let files: Vec<Source> = files.iter().map(|(name, text)| Source::new(*name, *text)).collect();
    Platform::load(&files).into_parts().1
}

#[test]
fn of_a_platform() {
    let found = load(&[
        (
            "a.yaml",
            "
types:
  x: {}
  postgres: {params: {type: strin}, classes: {default: Small., default_: No.}, requested_by: developer}
modules:
  pg: {type: postgres, driver: static, on_unreferenced: keeep, inputs: [a]}
  Bad_Name: {type: postgres, driver: static}
  none: {driver: static}
rules:
- {module: pg, class: large}
- {module: gp}
- {class: default}
environments:
  dev: {default: true, labels: {a: 1}}
  live: {default: true}
moved:
- {from: nonsense, to: postgres.default#new}
- {from: postgres.default#a, to: postgres.default#a}
",
        ),
        ("b.yaml", "modules:\n  pg: {type: postgres, driver: static}\n"),
        ("c.yaml", "typs: {}\nmodules: []\n"),
    ]);
    insta::assert_snapshot!(found, @r#"
    a.yaml:3:3: error[invalid-name]: `x` is no name of a type
    3 |   x: {}
      |   ^
    hint: write 2 to 63 letters, digits and `-`, with no `-` at either end
    a.yaml:4:29: error[invalid-schema]: `params` is no JSON Schema: "strin" is not valid under any of the schemas listed in the 'anyOf' keyword
    4 |   postgres: {params: {type: strin}, classes: {default: Small., default_: No.}, requested_by: developer}
      |                             ^^^^^
    a.yaml:4:64: error[invalid-name]: `default_` is no name of a class
    4 |   postgres: {params: {type: strin}, classes: {default: Small., default_: No.}, requested_by: developer}
      |                                                                ^^^^^^^^
    hint: write 2 to 63 letters, digits and `-`, with no `-` at either end
    a.yaml:4:94: error[unknown-value]: `requested_by` must be `developers` or `modules`, not `developer`
    4 |   postgres: {params: {type: strin}, classes: {default: Small., default_: No.}, requested_by: developer}
      |                                                                                              ^^^^^^^^^
    hint: did you mean `developers`?
    a.yaml:6:57: error[unknown-value]: `on_unreferenced` must be `delete` or `keep` or `forget` or `protect`, not `keeep`
    6 |   pg: {type: postgres, driver: static, on_unreferenced: keeep, inputs: [a]}
      |                                                         ^^^^^
    hint: did you mean `keep`?
    a.yaml:6:72: error[wrong-type]: `inputs` must be a map, not a list
    6 |   pg: {type: postgres, driver: static, on_unreferenced: keeep, inputs: [a]}
      |                                                                        ^^^
    a.yaml:7:3: error[invalid-name]: `Bad_Name` is no name of a module
    7 |   Bad_Name: {type: postgres, driver: static}
      |   ^^^^^^^^
    hint: write 2 to 63 characters of `a-z`, `0-9` and `-`, with no `-` at either end
    a.yaml:8:3: error[missing-key]: `type` is missing here
    8 |   none: {driver: static}
      |   ^^^^
    a.yaml:10:23: error[unknown-class]: type `postgres` has no class `large`
    10 | - {module: pg, class: large}
       |                       ^^^^^
    hint: there are `default`, `default_`
    a.yaml:11:12: error[unknown-module]: there is no module `gp`
    11 | - {module: gp}
       |            ^^
    a.yaml:12:3: error[missing-key]: `module` is missing here
    12 | - {class: default}
       |   ^^^^^^^^^^^^^^^^
    a.yaml:14:36: error[wrong-type]: `a` must be text, not a number
    14 |   dev: {default: true, labels: {a: 1}}
       |                                    ^
    a.yaml:15:19: error[two-defaults]: environment `live` is a default, and so is `dev`: only one can be
    15 |   live: {default: true}
       |                   ^^^^
    a.yaml:17:10: error[invalid-uid]: `nonsense` is not a resource uid: write `TYPE.CLASS#ID`
    17 | - {from: nonsense, to: postgres.default#new}
       |          ^^^^^^^^
    a.yaml:18:3: error[bad-move]: `postgres.default#a` is moved to itself
    18 | - {from: postgres.default#a, to: postgres.default#a}
       |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    b.yaml:2:3: error[defined-twice]: module `pg` is defined twice: it is already at a.yaml:6:3
    2 |   pg: {type: postgres, driver: static}
      |   ^^
    c.yaml:1:1: error[unknown-key]: a platform has no `typs`
    1 | typs: {}
      | ^^^^
    hint: did you mean `types`?
    c.yaml:2:10: error[wrong-type]: `modules` must be a map, not a list
    2 | modules: []
      |          ^^
    "#);
}

#[test]
fn of_a_score_file() {
    let text = "
types:
  postgres: {params: {type: object, required: [size], properties: {size: {type: integer, maximum: 9}}, additionalProperties: false}, classes: {default: Small.}, outputs: {properties: {host: {}, port: {type: integer}}, additionalProperties: false}}
  server: {requested_by: modules}
  plain: {}
modules:
  pg: {type: postgres, driver: opaque}
  pl: {type: plain, driver: static, inputs: {name: x}}
rules: [{module: pg}, {module: pl, project: elsewhere}, {module: pl, class: gold}]
";
    let file = "
apiVersion: score.dev/v1b1
metadata: {name: shop}
containers:
  main:
    image: x
    variables:
      A: 'x ${resources.good.hots} ${resources.gold.nam}'
resources:
  good: {type: postgres, params: {size: 1}}
  kind: {type: postgers}
  size: {type: postgres, params: {size: 10}}
  none: {type: postgres}
  text: {type: postgres, params: {size: '${resources.good.host} and more'}}
  port: {type: postgres, params: {size: '${resources.good.port}'}}
  more: {type: postgres, params: {size: 1, sizes: 2}}
  huge: {type: postgres, class: huge}
  mine: {type: server}
  away: {type: plain}
  gold: {type: plain, class: gold}
";
    insta::assert_snapshot!(problems(text, &[score("shop", file)]), @r"
    shop.yaml:8:13: error[unknown-output]: type `postgres` has no output `hots`
    8 |       A: 'x ${resources.good.hots} ${resources.gold.nam}'
      |             ^^^^^^^^^^^^^^^^^^^^^^
    hint: did you mean `host`?
    shop.yaml:8:36: error[unknown-output]: `plain.gold#shop.gold`, served by module `pl`, has no output `nam`
    8 |       A: 'x ${resources.good.hots} ${resources.gold.nam}'
      |                                    ^^^^^^^^^^^^^^^^^^^^^
    hint: did you mean `name`?
    shop.yaml:11:16: error[unknown-type]: there is no resource type `postgers`
    11 |   kind: {type: postgers}
       |                ^^^^^^^^
    hint: did you mean `postgres`?
    shop.yaml:12:41: error[params]: params of type `postgres`: `size` is greater than the maximum of 9
    12 |   size: {type: postgres, params: {size: 10}}
       |                                         ^^
    shop.yaml:13:9: error[params]: params of type `postgres`: `size` is missing
    13 |   none: {type: postgres}
       |         ^^^^^^^^^^^^^^^^
    shop.yaml:14:41: error[params]: params of type `postgres`: `size` must be an integer, and this is a string
    14 |   text: {type: postgres, params: {size: '${resources.good.host} and more'}}
       |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    shop.yaml:16:44: error[params]: params of type `postgres`: `sizes` does not exist
    16 |   more: {type: postgres, params: {size: 1, sizes: 2}}
       |                                            ^^^^^
    hint: did you mean `size`?
    shop.yaml:17:33: error[unknown-class]: type `postgres` has no class `huge`
    17 |   huge: {type: postgres, class: huge}
       |                                 ^^^^
    hint: there are `default`
    shop.yaml:18:16: error[not-for-developers]: a Score file may not ask for type `server`: only modules may
    18 |   mine: {type: server}
       |                ^^^^^^
    shop.yaml:19:16: error[unserved]: no rule serves `plain.default#shop.away` here
    19 |   away: {type: plain}
       |                ^^^^^
    hint: the closest rule, for module `pl`, wants project `elsewhere` (here `default`)
    ");
}

#[test]
fn of_the_class_of_an_entry() {
    let platform = "
types: {app: {}, db: {}}
modules:
  app:
    type: app
    driver: static
    dependencies:
      db: {type: db, class: '*'}
    coprovision:
    - {type: db, class: no class}
rules: []
";
    let found = load(&[("a.yaml", platform)]);
    assert_eq!(crate::support::places(&found), ["a.yaml:8 invalid-name", "a.yaml:10 invalid-name"]);
}

#[test]
fn of_the_class_of_a_workload() {
    for class in ["'not a class'", "-x", "x", "''"] {
        let file = format!(
            "apiVersion: score.dev/v1b1\nmetadata: {{name: shop, annotations: {{partitura.dev/class: {class}}}}}\ncontainers: {{main: {{image: x}}}}\n"
        );
        let found = problems("types: {}\n", &[score("shop", &file)]);
        assert_eq!(crate::support::places(&found), ["shop.yaml:2 invalid-name"], "{class}");
    }
}

/// A built-in workload has no outputs, and those that a module says are known whatever its driver is.
#[test]
fn of_outputs_that_nothing_gives() {
    let text = "
types: {app: {}, link: {}, db: {}}
modules:
  app: {type: app, driver: static, inputs: {host: '${resources.link.host}'}, dependencies: {link: {type: link}}}
  link: {type: link, driver: opaque, inputs: {host: '${resources.to.host}'}, dependencies: {to: {type: workload, id: shop}}, outputs: {address: {host: h}}}
  db: {type: db, driver: static, inputs: {port: '${resources.link.address.port}', host: '${resources.link.address.host}'}, dependencies: {link: {type: link}}}
rules: [{module: app}, {module: link}, {module: db}]
";
    let shop = crate::support::workload("shop", "{}");
    let other = crate::support::workload("other", "{app: {type: app}, db: {type: db}}");
    let found = problems(text, &[shop, other]);
    assert_eq!(crate::support::places(&found), ["platform.yaml:5 unknown-output", "platform.yaml:6 unknown-output"]);
}

/// What params do to inputs is only known when somebody asks.
#[test]
fn of_inputs_that_params_make_wrong() {
    let text = "
types: {vault: {}, app: {}}
modules:
  vault: {type: vault, driver: static, inputs: {name: x, secrets: {password: canary}}}
  app: {type: app, driver: command, inputs: {command: [run, '${params.argument}'], rest: '${params}'}}
rules: [{module: vault}, {module: app}]
";
    let asked = |argument: &str| {
        let resources = format!("{{it: {{type: app, params: {{argument: {argument}}}}}, key: {{type: vault}}}}");
        problems(text, &[crate::support::workload("shop", &resources)])
    };
    for wrong in ["'${resources.key.password}'", "'x-${resources.key.password}'", "5", "[a]"] {
        assert_eq!(crate::support::places(&asked(wrong)), ["platform.yaml:5 inputs"], "{wrong}");
    }
    let resources = "{it: {type: app, params: {argument: '${resources.key.name}'}}, key: {type: vault}}";
    assert_eq!(crate::support::resolve(text, &[crate::support::workload("shop", resources)]).nodes().len(), 3);
}

#[test]
fn tests_of_golden_paths() {
    let platform = platform(
        "
types: {postgres: {classes: {default: Small.}}, server: {}}
modules:
  pg: {type: postgres, driver: static, dependencies: {server: {type: server, id: shared}}}
  rds: {type: postgres, driver: static}
  sv: {type: server, driver: static}
rules: [{module: pg}, {module: rds, environment_type: production}, {module: sv}]
",
    );
    let tests = "
tests:
- name: development shares a server
  files: [shop.score.yaml]
  expect:
    only: true
    modules: {'postgres.default#shop.db': pg, 'server.default#shared': sv, 'workload.default#shop': workload}
    edges: [{from: 'postgres.default#shop.db', to: 'server.default#shared', kind: dependency, alias: server}]
- name: production does not
  context: {environment: live, environment_type: production}
  files: [shop.score.yaml]
  expect: {modules: {'postgres.default#shop.db': rds}, absent: ['server.default#shared']}
- name: no huge ones
  score:
    web.yaml: {apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {main: {image: x}}, resources: {db: {type: postgres, class: huge}}}
  expect: {diagnostics: [{code: unknown-class, file: web.yaml, contains: huge}]}
- name: wrong
  files: [shop.score.yaml, none.yaml]
  expect:
    only: true
    modules: {'postgres.default#shop.db': rds, 'server.default#none': sv}
    absent: ['server.default#shared']
    edges: [{from: 'postgres.default#shop.db', to: 'server.default#shared', kind: follow}]
    diagnostics: [{code: cycle}]
";
    let (tests, _) = GoldenPathTests::load(&Source::new("tests.yaml", tests)).into_result().expect("sound tests");
    assert_eq!(tests.files().collect::<Vec<_>>(), ["none.yaml", "shop.score.yaml"]);
    let shop = "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\ncontainers: {main: {image: x}}\nresources: {db: {type: postgres}}\n";
    let resolver = Resolver::new(platform).drivers(drivers());
    let outcomes = tests.run(&resolver, &[Source::new("shop.score.yaml", shop)]);
    let shown: Vec<String> = outcomes
        .iter()
        .map(|outcome| format!("{}: {}\n{}", outcome.name, outcome.passed(), outcome.failures))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    development shares a server: true

    production does not: true

    no huge ones: true

    wrong: false
    tests.yaml:18:28: error[golden-path]: test `wrong`: there is no Score file `none.yaml`
    18 |   files: [shop.score.yaml, none.yaml]
       |                            ^^^^^^^^^
    tests.yaml:20:5: error[golden-path]: test `wrong`: there also is `server.default#shared`, served by `sv`
    20 |     only: true
       |     ^^^^^^^^^^
    tests.yaml:20:5: error[golden-path]: test `wrong`: there also is `workload.default#shop`, served by `workload`
    20 |     only: true
       |     ^^^^^^^^^^
    tests.yaml:21:43: error[golden-path]: test `wrong`: `postgres.default#shop.db` is served by `pg`, not by `rds`
    `postgres.default#shop.db` is served by module `pg` (platform.yaml:7)
      not `rds` (platform.yaml:7): environment_type is `development`, wanted `production`
    21 |     modules: {'postgres.default#shop.db': rds, 'server.default#none': sv}
       |                                           ^^^
    tests.yaml:21:71: error[golden-path]: test `wrong`: there is no `server.default#none`
    21 |     modules: {'postgres.default#shop.db': rds, 'server.default#none': sv}
       |                                                                       ^^
    tests.yaml:22:14: error[golden-path]: test `wrong`: there is `server.default#shared`, asked for by `postgres.default#shop.db`
    22 |     absent: ['server.default#shared']
       |              ^^^^^^^^^^^^^^^^^^^^^^^
    tests.yaml:23:13: error[golden-path]: test `wrong`: there is no such edge from `postgres.default#shop.db` to `server.default#shared`
    23 |     edges: [{from: 'postgres.default#shop.db', to: 'server.default#shared', kind: follow}]
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    tests.yaml:24:19: error[golden-path]: test `wrong`: there is no such problem
    24 |     diagnostics: [{code: cycle}]
       |                   ^^^^^^^^^^^^^
    ");
    let nothing = "
tests:
- name: nothing is resolved
  score:
    web.yaml: {apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {main: {image: x}}, resources: {db: {type: postgres, class: huge}}}
  expect: {modules: {'postgres.default#web.db': pg}, diagnostics: [{contains: huge}]}
- name: no file
  expect: {absent: ['postgres.default#web.db']}
";
    let (tests, _) = GoldenPathTests::load(&Source::new("tests.yaml", nothing)).into_result().expect("sound tests");
    let shown: Vec<String> = tests.run(&resolver, &[]).iter().map(|outcome| outcome.failures.to_string()).collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    tests.yaml:6:49: error[golden-path]: test `nothing is resolved`: nothing is resolved, so nothing can be said about resources
    6 |   expect: {modules: {'postgres.default#web.db': pg}, diagnostics: [{contains: huge}]}
      |                                                 ^^
    tests.yaml:7:3: error[golden-path]: test `no file`: it has no Score file: write `files` or `score`
    7 | - name: no file
      |   ^^^^^^^^^^^^^
    ");
    let types =
        "tests:\n- {name: x, context: {labels: {tier: 1}}, expect: {only: 'true', diagnostics: [{line: '9'}]}}\n";
    let found = GoldenPathTests::load(&Source::new("tests.yaml", types)).into_parts().1;
    let messages: Vec<String> = found.iter().map(|found| found.message.clone()).collect();
    assert_eq!(messages, ["`tier` must be text", "`only` must be `true` or `false`", "`line` must be a number"]);
    let wrong = "tests:\n- {nam: x, expect: {edges: [{from: a, kind: depend}]}}\n";
    let found = GoldenPathTests::load(&Source::new("tests.yaml", wrong)).into_parts().1;
    insta::assert_snapshot!(found, @r"
    tests.yaml:2:4: error[unknown-key]: there is no key `nam` here
    2 | - {nam: x, expect: {edges: [{from: a, kind: depend}]}}
      |    ^^^
    hint: did you mean `name`?
    tests.yaml:2:29: error[bad-test]: `to` is missing
    2 | - {nam: x, expect: {edges: [{from: a, kind: depend}]}}
      |                             ^^^^^^^^^^^^^^^^^^^^^^^
    tests.yaml:2:36: error[bad-test]: `a` is not a resource uid: write `TYPE.CLASS#ID`
    2 | - {nam: x, expect: {edges: [{from: a, kind: depend}]}}
      |                                    ^
    tests.yaml:2:45: error[bad-test]: no edge is of kind `depend`
    2 | - {nam: x, expect: {edges: [{from: a, kind: depend}]}}
      |                                             ^^^^^^
    ");
}
