//! What a change of the platform would do, before it is merged.

use crate::support::{drivers, resolve, workload};

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

/// A resource that reads an output of another, of a driver that passes its inputs on, and one that reads an output of which only its driver knows.
const READING: &str = "
types: {app: {}, server: {}, disk: {}, vault: {}}
modules:
  ap: {type: app, driver: static, inputs: {size: 1}, dependencies: {server: {type: server, id: main}, disk: {type: disk, id: main}}}
  sv: {type: server, driver: static, inputs: {host: a, zone: x}}
  di: {type: disk, driver: opaque, inputs: {size: 1}}
  va: {type: vault, driver: static, inputs: {name: a}, replace_on: [name], on_unreferenced: protect}
rules: [{module: ap}, {module: sv}, {module: di}, {module: va}]
";

#[track_caller]
fn check(changes: &[(&str, &str)], want: &[&str]) {
    check_on(OLD, &[], changes, want);
}

/// With `reads` as inputs of `ap`.
#[track_caller]
fn check_reading(reads: &str, changes: &[(&str, &str)], want: &[&str]) {
    check_on(READING, &[("inputs: {size: 1}, dependencies", &format!("{reads}, dependencies"))], changes, want);
}

#[track_caller]
fn check_on(platform: &str, setting: &[(&str, &str)], changes: &[(&str, &str)], want: &[&str]) {
    let workloads = [
        workload("api", "{db: {type: postgres, id: main}, safe: {type: safe}}"),
        workload("web", "{db: {type: postgres, id: main}, cache: {type: redis}, jobs: {type: queue}}"),
    ];
    let changed = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let old = setting.iter().fold(platform.to_owned(), changed);
    let new = changes.iter().fold(old.clone(), changed);
    let workloads = if platform == OLD {
        workloads
    } else {
        [workload("api", "{app: {type: app}, vault: {type: vault}}"), workload("web", "{}")]
    };
    let (old, new) = (resolve(&old, &workloads), resolve(&new, &workloads));
    let got: Vec<String> =
        score_resolver::impact(Some(&old), &new, [], &drivers()).iter().map(ToString::to_string).collect();
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

#[test]
fn what_is_read_is_followed() {
    let server = "`server.default#main` is changed in place: module `sv` (for api)";
    let disk = "`disk.default#main` is changed in place: module `di` (for api)";
    let in_place = "`app.default#api.app` is changed in place: module `ap` (for api)";
    let host = "inputs: {url: 'http://${resources.server.host}/'}";
    check_reading(host, &[("host: a", "host: b")], &[in_place, server]);
    check_reading(host, &[("zone: x", "zone: y")], &[server]);
    check_reading(
        &format!("{host}, replace_on: [url]"),
        &[("host: a", "host: b")],
        &["`app.default#api.app` is replaced: module `ap` (for api)", server],
    );
    // What only the driver knows may come out otherwise.
    let place = "inputs: {disk: {at: '${resources.disk.place.of.it}'}}";
    check_reading(
        place,
        &[("di: {type: disk, driver: opaque, inputs: {size: 1}", "di: {type: disk, driver: opaque, inputs: {size: 2}")],
        &[in_place, disk],
    );
    check_reading(
        &format!("{place}, replace_on: [disk.at]"),
        &[("di: {type: disk, driver: opaque, inputs: {size: 1}", "di: {type: disk, driver: opaque, inputs: {size: 2}")],
        &["`app.default#api.app` is changed, and may be replaced: module `ap` (for api)", disk],
    );
    // What stays gives what it gave, also where it is written otherwise.
    let all = "inputs: {host: a, disk: '${resources.disk.place}'}, replace_on: [host, disk]";
    check_reading(all, &[("{host: a, disk", "{host: '${resources.server.host}', disk")], &[]);
    check_reading(
        all,
        &[
            ("disk: {type: disk, id: main}", "disk: {type: disk, id: other}"),
            ("rules: [", "moved: [{from: disk.default#main, to: disk.default#other}]\nrules: ["),
        ],
        &["`disk.default#other`, which was `disk.default#main`, stays as it is: module `di` (for api)"],
    );
    check_reading(
        all,
        &[("disk: {type: disk, id: main}", "disk: {type: disk, id: other}")],
        &[
            "`app.default#api.app` is changed, and may be replaced: module `ap` (for api)",
            "`disk.default#main` is destroyed: module `di` (for api)",
            "`disk.default#other` is created: module `di` (for api)",
        ],
    );
}

#[test]
fn what_protects_is_the_new_platform() {
    let change = ("inputs: {name: a}", "inputs: {name: b}");
    check_reading(
        "inputs: {size: 1}",
        &[change, (", on_unreferenced: protect", "")],
        &["`vault.default#api.vault` is replaced: module `va` (for api)"],
    );
    check_on(
        READING,
        &[(", on_unreferenced: protect", "")],
        &[change, ("replace_on: [name]", "replace_on: [name], on_unreferenced: protect")],
        &["`vault.default#api.vault` is protected: the deployment is refused: module `va` (for api)"],
    );
}
