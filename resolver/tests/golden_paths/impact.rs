//! What a change of the platform would do, before it is merged.

use crate::support::{resolve, workload};

const OLD: &str = "
types: {postgres: {}, redis: {}, server: {}, queue: {}, safe: {}}
modules:
  pg: {type: postgres, driver: static, inputs: {name: a, size: 1}, replace_on: [name], dependencies: {server: {type: server, id: main}}}
  rd: {type: redis, driver: static, inputs: {size: 1}}
  sv: {type: server, driver: static}
  qu: {type: queue, driver: static}
  sa: {type: safe, driver: static, on_unreferenced: protect}
rules: [{module: pg}, {module: rd}, {module: sv}, {module: qu}, {module: sa}]
";

#[track_caller]
fn check(changes: &[(&str, &str)], want: &[&str]) {
    let workloads = [
        workload("api", "{db: {type: postgres, id: main}, safe: {type: safe}}"),
        workload("web", "{db: {type: postgres, id: main}, cache: {type: redis}, jobs: {type: queue}}"),
    ];
    let mut new = OLD.to_owned();
    for (from, to) in changes {
        assert!(new.contains(from), "{from}");
        new = new.replace(from, to);
    }
    let (old, new) = (resolve(OLD, &workloads), resolve(&new, &workloads));
    let got: Vec<String> = score_resolver::impact(Some(&old), &new, []).iter().map(ToString::to_string).collect();
    assert_eq!(got, want);
}

#[test]
fn nothing_changes() {
    check(&[], &[]);
    check(&[("inputs: {name: a, size: 1}", "inputs: {size: 1, name: a}")], &[]);
}

#[test]
fn what_moves_is_told_with_its_workloads() {
    check(
        &[("inputs: {name: a, size: 1}", "inputs: {name: a, size: 2}")],
        &["`postgres.default#main` is changed in place: module `pg` (for api, web)"],
    );
    check(
        &[("inputs: {name: a, size: 1}", "inputs: {name: b, size: 1}")],
        &["`postgres.default#main` is replaced: module `pg` (for api, web)"],
    );
    check(
        &[("rd: {type: redis, driver: static", "cache: {type: redis, driver: opaque"), ("module: rd", "module: cache")],
        &["`redis.default#web.cache` is replaced: module `cache` instead of `rd` (for web)"],
    );
    check(
        &[("qu: {type: queue", "queue: {type: queue"), ("module: qu", "module: queue")],
        &["`queue.default#web.jobs` stays as it is: module `queue` instead of `qu` (for web)"],
    );
    check(
        &[(
            ", dependencies: {server: {type: server, id: main}}",
            ", dependencies: {server: {type: server, id: other}}",
        )],
        &[
            "`server.default#main` is destroyed: module `sv` (for api, web)",
            "`server.default#other` is created: module `sv` (for api, web)",
        ],
    );
    check(
        &[("sa: {type: safe, driver: static", "sa: {type: safe, driver: opaque")],
        &["`safe.default#api.safe` is protected: the deployment is refused: module `sa` (for api)"],
    );
    check(
        &[
            ("{type: server, id: main}}}", "{type: server, id: base}}}"),
            (
                "rules: [",
                "moved: [{from: server.default#main, to: server.default#old}, {from: server.default#old, to: server.default#base}]\nrules: [",
            ),
        ],
        &["`server.default#base`, which was `server.default#main`, stays as it is: module `sv` (for api, web)"],
    );
}
