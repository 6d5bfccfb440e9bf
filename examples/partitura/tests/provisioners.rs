//! Provisioner files of the Score tools in a platform: the real program brings them up, changes them and takes them down.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A directory with Score files and a platform.
struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| project.write(name, text));
        project
    }

    fn example() -> Self {
        Self(support::example("provisioners"))
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.0.path().join(name)).unwrap();
        assert!(text.contains(from));
        self.write(name, &text.replace(from, to));
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap_or_default()
    }

    fn output(&self, arguments: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_partitura");
        Command::new(program).args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        out
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(&[arguments, &["--format", "json"]].concat())).unwrap()
    }

    /// How many resources a deployment changed and how many it left.
    #[track_caller]
    fn deploy(&self, arguments: &[&str]) -> (u64, u64) {
        let out = self.run(&[arguments, &["--yes", "--format", "json"]].concat());
        let finished: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        (finished["succeeded"].as_u64().unwrap(), finished["unchanged"].as_u64().unwrap())
    }

    /// What a plan would do, but for nothing.
    #[track_caller]
    fn changes(&self, arguments: &[&str]) -> BTreeMap<String, String> {
        let plan = self.json(&[&["plan"], arguments].concat());
        let changes = plan["changes"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        changes
            .filter(|change| change["action"] != "none")
            .map(|change| (text(&change["uid"]), text(&change["action"])))
            .collect()
    }

    #[track_caller]
    fn compose(&self) -> Value {
        self.json(&["render", "compose", ".", "--show-secrets"])
    }
}

/// The one service of the shared server, and its name.
#[track_caller]
fn server(compose: &Value) -> (String, Value) {
    let services = compose["services"].as_object().unwrap();
    let mut found = services.iter().filter(|(name, _)| name.starts_with("postgres-"));
    let (name, service) = found.next().unwrap();
    assert!(found.next().is_none(), "there is more than one server");
    (name.clone(), service.clone())
}

#[test]
fn up_again_changed_and_down() {
    let project = Project::example();
    assert_eq!(project.deploy(&["up", "."]), (8, 0));
    assert_eq!(project.deploy(&["up", "."]), (0, 8));
    assert!(project.changes(&["."]).is_empty());

    let before = project.compose();
    let (name, service) = server(&before);
    assert_eq!(service["labels"]["databases"], "db_orders_db,db_shop_db");
    assert_eq!(service["depends_on"], Value::Null);
    assert_eq!(before["services"]["shop-web"]["environment"]["CACHE"], "redis.example.com:6380");
    let database = before["services"]["shop-web"]["environment"]["DATABASE"].as_str().unwrap().to_owned();
    assert!(database.starts_with("postgres://db_shop_db:") && database.contains(&name), "{database}");
    assert_eq!(before["services"]["orders-main"]["environment"]["SHOP"], "shop");

    // What the type calls secret is hidden, and so is what contains it; a plan shows what an apply does.
    let hidden = project.run(&["render", "compose", "."]);
    let password = database.split([':', '@']).nth(2).unwrap();
    assert!(
        !hidden.contains(password)
            && !fs::read_dir(project.0.path().join(".partitura")).unwrap().any(|file| {
                fs::read(file.unwrap().path())
                    .is_ok_and(|bytes| bytes.windows(password.len()).any(|part| part == password.as_bytes()))
            })
    );

    // Only what asked for it is another: the password stays.
    project.edit("orders.score.yaml", "hstore", "citext");
    let changed = project.changes(&["."]);
    assert_eq!(changed, [("postgres.default#orders.db".to_owned(), "update".to_owned())].into());
    assert_eq!(project.deploy(&["up", "."]), (1, 7));
    project.run(&["render", "compose", ".", "--out", "compose.yaml"]);
    assert!(project.read(&format!("mounts/{name}/db_orders_db.sql")).contains("CREATE EXTENSION citext"));
    assert_eq!(project.compose()["services"]["orders-main"], before["services"]["orders-main"]);

    assert_eq!(
        project.deploy(&["down", "."]).0 + project.deploy(&["down", "."]).0,
        0,
        "nothing here needs a call to go"
    );
    assert_eq!(project.json(&["state", "list", "."]), json!([]));
}

#[test]
fn a_new_member_disturbs_nobody_and_one_that_leaves_takes_its_part() {
    let project = Project::example();
    let orders = project.read("orders.score.yaml");
    fs::remove_file(project.0.path().join("orders.score.yaml")).unwrap();
    project.deploy(&["up", "shop.score.yaml"]);
    let (name, service) = server(&project.compose());
    assert_eq!(service["labels"]["databases"], "db_shop_db");
    let password = service["environment"]["POSTGRES_PASSWORD"].clone();

    // It sorts before the one that is there.
    project.write("orders.score.yaml", &orders);
    let changed = project.changes(&["."]);
    assert!(changed.keys().all(|uid| uid.contains("orders") || uid.ends_with("service.default#shop")), "{changed:?}");
    project.deploy(&["up", "."]);
    assert!(project.changes(&["."]).is_empty(), "{:?}", project.changes(&["."]));
    let (same, service) = server(&project.compose());
    assert_eq!((&same, &service["environment"]["POSTGRES_PASSWORD"]), (&name, &password));
    assert_eq!(service["labels"]["databases"], "db_orders_db,db_shop_db");

    // The first one goes.
    fs::remove_file(project.0.path().join("shop.score.yaml")).unwrap();
    project.edit("orders.score.yaml", "    type: service\n    id: shop", "    type: service\n    id: orders");
    let changed = project.changes(&[".", "--prune"]);
    assert_eq!(changed.get("postgres.default#orders.db").map(String::as_str), Some("update"), "{changed:?}");
    project.deploy(&["up", ".", "--prune"]);
    assert!(project.changes(&["."]).is_empty());
    let (same, service) = server(&project.compose());
    assert_eq!((&same, &service["environment"]["POSTGRES_PASSWORD"]), (&name, &password));
    assert_eq!(service["labels"]["databases"], "db_orders_db");
}

const WORKLOAD: &str = "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\ncontainers: {main: {image: x, variables: {V: '${resources.one.id}'}}}\n";

fn shop(resources: &str) -> String {
    format!("{WORKLOAD}resources: {resources}\n")
}

/// A program that notes how it was called, and what of stdin.
const PROGRAM: &str = "
- uri: cmd://sh#thing
  type: thing
  args:
  - -c
  - |
    told=$(cat)
    echo \"$1 $told\" >>calls
    if [ -e kill ]; then rm kill; kill -9 $PPID; sleep 5; fi
    echo '{\"resource_outputs\": {\"id\": \"thing-1\"}, \"resource_state\": {\"made\": true}, \"manifests\": [{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"one\"}}]}'
  - sh
  - <mode>
";

#[test]
fn programs_are_called_once_and_told_when_to_go() {
    let project = Project::new(&[
        ("score.yaml", &shop("{one: {type: thing, params: {size: 1}}}")),
        ("platform/a.provisioners.yaml", PROGRAM),
    ]);
    let calls = |project: &Project| -> Vec<(String, Value)> {
        let text = project.read("calls");
        text.lines()
            .map(|line| {
                line.split_once(' ').map(|(mode, told)| (mode.to_owned(), serde_json::from_str(told).unwrap())).unwrap()
            })
            .collect()
    };
    let refused = project.output(&["up", ".", "--yes", "--forbid-commands"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{message}");
    assert!(
        message.contains("score.yaml:4:") && message.contains("programs are forbidden, and `cmd://sh#thing` is one"),
        "{message}"
    );
    assert!(calls(&project).is_empty());

    assert_eq!(project.deploy(&["up", "."]), (1, 1));
    assert_eq!(project.deploy(&["up", "."]), (0, 2));
    let made = calls(&project);
    assert_eq!(made.len(), 1);
    let (mode, told) = &made[0];
    assert_eq!(mode, "provision");
    let fields = [
        "compose_project_name",
        "mount_directory_path",
        "namespace",
        "resource_guid",
        "shared_state",
        "workload_metadata",
        "workload_services",
    ];
    assert!(fields.iter().all(|field| told.get(field).is_some()), "{told}");
    assert_eq!((&told["resource_uid"], &told["source_workload"]), (&json!("thing.default#shop.one"), &json!("shop")));
    assert_eq!((&told["resource_params"], &told["resource_state"]), (&json!({"size": 1}), &json!({})));
    assert_eq!(
        project.json(&["outputs", "thing.default#shop.one", "."])["thing.default#shop.one"],
        json!({"id": "thing-1"})
    );
    assert_eq!(project.json(&["render", "kubernetes", "."])[0]["metadata"]["name"], "one");
    let shown = project.json(&["state", "show", "thing.default#shop.one", "."]);
    assert_eq!(shown["artefacts"][0]["key"], "ConfigMap//one");

    project.write("score.yaml", &shop("{one: {type: thing, params: {size: 2}}}"));
    assert_eq!(project.deploy(&["up", "."]), (1, 1));
    assert_eq!(calls(&project)[1].1["resource_state"], json!({"made": true}));
    assert_eq!(project.deploy(&["down", "."]), (1, 1));
    let made = calls(&project);
    assert_eq!((made.len(), &*made[2].0), (3, "deprovision"));
    assert_eq!(made[2].1["resource_params"], json!({"size": 2}));
}

#[test]
fn a_platform_with_unsound_entries_does_not_pass() {
    let project = Project::new(&[(
        "platform/a.provisioners.yaml",
        "- {uri: template://a, type: cache, outputs: '{{ nonsense }} ${HOME}'}\n- {uri: 'cmd://me@host', type: queue}\n- {uri: template://b, type: topic, outputs: 'a: ${x}'}\n",
    )]);
    let output = project.output(&["check", "."]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("a.provisioners.yaml:1:3: error[inputs]: inputs of driver `provisioner` in module `template://a`: outputs template failed"),
        "{text}"
    );
    assert!(
        text.contains(
            "a.provisioners.yaml:2:3: error[inputs]: inputs of driver `provisioner-command` in module `cmd://me@host`: "
        ),
        "{text}"
    );
    assert!(!text.contains("template://b"), "{text}");
}

#[test]
fn killed_between_intent_and_result() {
    let project = Project::new(&[
        (
            "score.yaml",
            &shop("{one: {type: thing}, two: {type: part, params: {of: '${resources.one.id}'}}, three: {type: part}}"),
        ),
        ("platform/a.provisioners.yaml", PROGRAM),
        (
            "platform/b.provisioners.yaml",
            "- {uri: template://part, type: part, shared: '{{ .Id | quote }}: {{ len .Shared }}', outputs: 'seen: {{ len .Shared }}'}",
        ),
        ("kill", ""),
    ]);
    let output = project.output(&["up", ".", "--yes"]);
    assert!(!output.status.success());
    let output = project.output(&["state", "list", "."]);
    let (listed, note) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!listed.contains("thing.default#shop.one") && note.contains("thing.default#shop.one"), "{listed}{note}");

    // It is repeated as it was, then all else follows.
    project.deploy(&["up", "."]);
    let calls = project.read("calls");
    let told: Vec<&str> = calls.lines().collect();
    assert_eq!((told.len(), told[0]), (2, told[1]));
    let listed = project.json(&["state", "list", "."]);
    assert!(listed.as_array().unwrap().iter().all(|entry| entry["status"] == "ready"), "{listed}");
    let outputs = project.json(&["outputs", "."]);
    let seen = |uid: &str| outputs[uid]["seen"].as_u64().unwrap();
    assert_eq!(seen("part.default#shop.three") + seen("part.default#shop.two"), 1 + 2);
    assert!(project.changes(&["."]).is_empty());
}

#[test]
fn what_programs_share_is_patched_in_a_lane() {
    let program = "
- uri: cmd://python3#counter
  type: counter
  description: Takes the next number of shared_state.
  args:
  - -c
  - |
    import json, sys
    told = json.load(sys.stdin)
    taken = told['shared_state'].get('taken', {})
    own = taken.get(told['resource_id'], max(taken.values(), default=0) + 1)
    print(json.dumps({'resource_outputs': {'number': own}, 'shared_state': {'taken': {told['resource_id']: own}}}))
";
    let resources: Vec<String> = (10..30).map(|number| format!("n{number}: {{type: counter}}")).collect();
    let score = format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: shop}}\ncontainers: {{main: {{image: x}}}}\nresources: {{{}}}\n",
        resources.join(", ")
    );
    let project = Project::new(&[("score.yaml", &score), ("platform/a.provisioners.yaml", program)]);
    assert_eq!(project.deploy(&["up", "."]), (20, 1));
    let numbers = |project: &Project| -> Vec<u64> {
        let outputs = project.json(&["outputs", "."]);
        outputs.as_object().unwrap().values().filter_map(|all| all["number"].as_u64()).collect()
    };
    assert_eq!(numbers(&project), (1..=20).collect::<Vec<_>>());
    assert_eq!(project.deploy(&["up", "."]), (0, 21));
    // One more that sorts before all others comes after them.
    project.edit("score.yaml", "{n10:", "{a00: {type: counter}, n10:");
    assert_eq!(project.deploy(&["up", "."]), (1, 21));
    assert_eq!(numbers(&project)[0], 21);
    assert_eq!(project.deploy(&["up", "."]), (0, 22));
}

/// The files that the community and the Score tools hand out, where they are there.
fn inputs() -> Option<PathBuf> {
    let given = std::env::var_os("SCORE_CONFORMANCE").map(PathBuf::from);
    let directory = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"));
    if directory.is_dir() {
        return Some(directory.join("inputs"));
    }
    assert!(std::env::var_os("CI").is_none(), "{} is not there", directory.display());
    eprintln!("{} is not there: nothing is tested", directory.display());
    None
}

const COMPOSE: &str = "
modules:
  run: { type: workload, driver: compose-workload, inputs: { workload: '${params}', resources: '${resources}', services: '${artefacts.compose.service}' } }
rules: [{ module: run, class: '*' }]
";

/// Brings up a workload with these resources over the files of `from`, twice, and gives what is rendered.
#[track_caller]
fn check_files(document: &str, from: &[PathBuf], resources: &str) -> Value {
    let score = "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\ncontainers: {main: {image: x}}\nservice: {ports: {web: {port: 80, targetPort: 8080}}}\n";
    let platform = match document {
        "compose" => COMPOSE.to_owned(),
        _ => COMPOSE
            .replace("compose-workload", "kubernetes-workload")
            .replace(", services: '${artefacts.compose.service}'", ""),
    };
    let project = Project::new(&[
        ("score.yaml", &format!("{score}resources: {resources}\n")),
        ("platform/run.yaml", &platform),
        (".env", "GREETING=hello\nPLACE=here\n"),
    ]);
    for file in from {
        project.write(
            &format!("platform/{}", file.file_name().unwrap().to_str().unwrap()),
            &fs::read_to_string(file).unwrap(),
        );
    }
    let (made, left) = project.deploy(&["up", "."]);
    assert_eq!(left, 0);
    assert_eq!(project.deploy(&["up", "."]), (0, made));
    let rendered = project.json(&["render", document, ".", "--show-secrets"]);
    project.deploy(&["down", "."]);
    rendered
}

#[test]
fn community_provisioners() {
    let Some(inputs) = inputs() else { return };
    let community = inputs.join("community-provisioners");
    let file = |path: &str| community.join(path);
    let resources = "{dns: {type: dns}, env: {type: environment}, scale: {type: horizontal-pod-autoscaler, params: {maxReplicas: 5}}, itself: {type: service, id: shop.shop}}";
    let compose = [
        "dns/score-compose/10-dns-with-url.provisioners.yaml",
        "environment/score-compose/10-env.provisioners.yaml",
        "horizontal-pod-autoscaler/score-compose/10-hpa.provisioners.yaml",
        "service/score-compose/10-service.provisioners.yaml",
    ];
    let rendered = check_files("compose", &compose.map(file), resources);
    assert!(rendered["services"]["shop-main"].is_object());
    let kubernetes = [
        "dns/score-k8s/10-dns-with-url.provisioners.yaml",
        "environment/score-k8s/10-env.provisioners.yaml",
        "horizontal-pod-autoscaler/score-k8s/10-hpa.provisioners.yaml",
        "service/score-k8s/10-service-with-netpol.provisioners.yaml",
    ];
    let rendered = check_files("kubernetes", &kubernetes.map(file), resources);
    let find = |kind: &str| {
        rendered.as_array().unwrap().iter().filter(|object| object["kind"] == kind).cloned().collect::<Vec<_>>()
    };
    assert_eq!(find("HorizontalPodAutoscaler")[0]["spec"]["maxReplicas"], 5);
    let policies = find("NetworkPolicy");
    assert_eq!(policies.len(), 2);
    assert_eq!(policies[0]["spec"]["ingress"][0]["ports"][0]["port"], 8080);
}

#[test]
fn the_default_provisioners_of_the_score_tools() {
    let Some(inputs) = inputs() else { return };
    let both = [
        "amqp",
        "dns",
        "kafka-topic",
        "mongodb",
        "mssql",
        "mysql",
        "postgres",
        "postgres-instance",
        "redis",
        "s3",
        "volume",
    ];
    let resources = |more: &[&str]| {
        let all: Vec<String> =
            both.iter().chain(more).map(|ty| format!("{ty}: {{type: {ty}}}, {ty}-2: {{type: {ty}}}")).collect();
        let route = "route: {type: route, params: {host: '${resources.dns.host}', path: /, port: 80}}";
        format!("{{{}, {route}, port: {{type: service-port, params: {{workload: shop, port: web}}}}}}", all.join(", "))
    };
    let compose = inputs.join("score-compose/internal/command/default.provisioners.yaml");
    let rendered = check_files("compose", &[compose], &resources(&[]));
    let services = rendered["services"].as_object().unwrap();
    // One server of each kind that is shared (and two instances of PostgreSQL of one's own), one of each other kind for each resource.
    let count =
        |prefix: &str| services.keys().filter(|name| name.starts_with(prefix) && !name.ends_with("-init")).count();
    assert_eq!(
        (count("pg-"), count("mysql-"), count("redis-"), count("routing-")),
        (1 + 2, 1, 2, 1),
        "{:?}",
        services.keys()
    );
    let kubernetes = inputs.join("score-k8s/internal/provisioners/default/zz-default.provisioners.yaml");
    let rendered = check_files("kubernetes", &[kubernetes], &resources(&[]));
    assert!(rendered.as_array().unwrap().len() > 50);
}
