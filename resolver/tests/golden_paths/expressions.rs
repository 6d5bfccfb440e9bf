//! What expressions give, and where they may stand.

use serde_json::json;

use crate::support::{inputs, places, problems, resolve, score, workload};

/// The inputs of a module of type `it` for a resource with these params.
#[track_caller]
fn check(module_inputs: &str, params: &str, want: serde_json::Value) {
    let text = format!(
        "
types: {{it: {{params: {{properties: {{port: {{type: integer, default: 5432}}, deep: {{properties: {{a: {{default: 1}}}}}}, x: {{}}, whole: {{default: {{b: 2}}, properties: {{a: {{default: 1}}, self: {{default: {{}}, properties: {{c: {{default: 3}}}}}}}}}}, loop: {{$ref: '#/$defs/loop'}}}}, $defs: {{loop: {{properties: {{next: {{default: {{n: 1}}, $ref: '#/$defs/loop'}}}}}}}}}}}}, other: {{}}}}
modules:
  it: {{type: it, driver: static, inputs: {module_inputs}, dependencies: {{other: {{type: other, id: shared}}}}}}
  other: {{type: other, driver: opaque}}
rules: [{{module: it, class: '*'}}, {{module: other}}]
"
    );
    let resolution =
        resolve(&text, &[workload("shop", &format!("{{one: {{type: it, class: large, params: {params}}}}}"))]);
    assert_eq!(inputs(&resolution, "it.large#shop.one"), want);
}

#[test]
fn values() {
    check("{v: '${params.port}'}", "{}", json!({"v": 5432}));
    check("{v: '${params.port}'}", "{port: 1}", json!({"v": 1}));
    check("{v: '${params.deep}'}", "{deep: {b: 2}}", json!({"v": {"a": 1, "b": 2}}));
    check("{v: '${params.deep}'}", "{}", json!({"v": null}));
    check("{v: '${params.whole}'}", "{}", json!({"v": {"a": 1, "b": 2, "self": {"c": 3}}}));
    check("{v: '${params.whole}'}", "{whole: {a: 7, self: {}}}", json!({"v": {"a": 7, "self": {"c": 3}}}));
    check("{v: '${params.loop}'}", "{loop: {}}", json!({"v": {"next": {"n": 1}}}));
    check("{v: 'a${params.x}b'}", "{}", json!({"v": "ab"}));
    check("{v: '<${params.x}>'}", "{x: [1, {b: 2, a: null}]}", json!({"v": "<[1,{\"a\":null,\"b\":2}]>"}));
    check("{v: '${params.x.0.k\\.l}'}", "{x: [{k.l: deep}]}", json!({"v": "deep"}));
    check("{v: '$${params.x} $ $$'}", "{}", json!({"v": "${params.x} $ $$"}));
    check("{v: [a, '${params.x}', {k: '${params.x}'}]}", "{x: true}", json!({"v": ["a", true, {"k": true}]}));
    check(
        "{v: '${context.type} ${context.class} ${context.id} ${context.workload} ${context.environment}'}",
        "{}",
        json!({"v": "it large shop.one shop dev"}),
    );
    check("{v: '${context.labels.none}', w: '${context.guid}'}", "{}", json!({"v": null, "w": {"$unknown": true}}));
    check("{v: '${resources.other.value}'}", "{}", json!({"v": "<other.default#shared>"}));
    check("{v: 'x-${resources.other.value}-y'}", "{}", json!({"v": "x-<other.default#shared>-y"}));
    check(
        "{v: '${resources}'}",
        "{}",
        json!({"v": {"other": {"uid": "other.default#shared", "outputs": {"value": "<other.default#shared>"}}}}),
    );
    check("{v: '${artefacts.compose.service}'}", "{}", json!({"v": {"$unknown": true}}));
    check(
        "{v: x, secrets: {key: '${params.x}'}}",
        "{x: canary}",
        json!({"v": "x", "secrets": {"key": {"$secret": true}}}),
    );
}

#[test]
fn defaults_are_filled_in_before_anything_is_judged() {
    let platform = "
types:
  app: {}
  server: {params: {type: object, required: [size, at], properties: {size: {type: integer, default: 3}, at: {type: object, required: [zone], properties: {zone: {default: eu}}}}}}
modules:
  app: {type: app, driver: opaque, dependencies: {server: {type: server, params: {at: {}}}}}
  server: {type: server, driver: opaque, params: {required: [size], properties: {size: {maximum: 3}}}, inputs: {size: \"${params.size}\", zone: \"${params.at.zone}\"}}
rules: [{module: app}, {module: server}]
";
    let resolution =
        resolve(platform, &[workload("shop", "{one: {type: app}, two: {type: server, params: {at: {zone: us}}}}")]);
    assert_eq!(inputs(&resolution, "server.default#shop.one"), json!({"size": 3, "zone": "eu"}));
    assert_eq!(inputs(&resolution, "server.default#shop.two"), json!({"size": 3, "zone": "us"}));
    let problems = problems(platform, &[workload("shop", "{two: {type: server, params: {size: 4}}}")]);
    assert_eq!(places(&problems), ["shop.yaml:4 params", "shop.yaml:4 params"]);
}

#[test]
fn metadata_and_documents() {
    let text = "
types: {it: {}, workload: {}}
modules:
  it: {type: it, driver: opaque, inputs: {team: '${context.metadata.annotations.team}'}}
  run: {type: workload, driver: static, inputs: {image: '${params.containers.main.image}', written: '${context.document.containers}', all: '${workloads.shop.metadata.name}', v: '${params.containers.main.volumes}'}}
rules: [{module: it}, {module: run}]
";
    let file = "
apiVersion: score.dev/v1b1
metadata: {name: shop, kind: web}
containers:
  main:
    image: x
    variables: {A: '${resources.one.value} ${metadata.kind}', B: '$${x}', C: '${resources.one}'}
    volumes: {/data: {source: '${resources.one}'}}
resources: {one: {type: it, metadata: {annotations: {team: blue}}}}
";
    let resolution = resolve(text, &[score("shop", file)]);
    assert_eq!(inputs(&resolution, "it.default#shop.one"), json!({"team": "blue"}));
    let got = inputs(&resolution, "workload.default#shop");
    assert_eq!(got["image"], json!("x"));
    assert_eq!(got["all"], json!("shop"));
    assert_eq!(got["written"]["main"]["variables"]["A"], json!("${resources.one.value} ${metadata.kind}"));
    assert_eq!(got["v"], json!({"/data": {"source": "it.default#shop.one"}}));
}

#[test]
fn selectors() {
    let text = "
types: {dns: {}, route: {params: {properties: {path: {}, via: {}}}}, ingress: {}}
modules:
  dns: {type: dns, driver: static, inputs: {paths: \"${select.consumers('route').params.path}\"}}
  route: {type: route, driver: opaque, dependencies: {dns: {type: dns, id: main}}}
  ingress:
    type: ingress
    driver: static
    inputs:
      all: \"${select.dependencies('dns').consumers('route').outputs.value}\"
      own: \"${select.dependencies('dns').consumers('route#@').params.path}\"
      text: \"<${select.dependencies('dns').consumers('route').params.path}>\"
    dependencies: {dns: {type: dns, id: main}}
rules: [{module: dns}, {module: route}, {module: ingress}]
";
    let resolution = resolve(
        text,
        &[workload(
            "shop",
            "{bb: {type: route, params: {path: /b}}, aa: {type: route}, in: {type: ingress, id: shop.aa}}",
        )],
    );
    assert_eq!(inputs(&resolution, "dns.default#main"), json!({"paths": [null, "/b"]}));
    assert_eq!(
        inputs(&resolution, "ingress.default#shop.aa"),
        json!({
            "all": ["<route.default#shop.aa>", "<route.default#shop.bb>"],
            "own": [null],
            "text": "<[null,\"/b\"]>",
        })
    );
}

/// Problems of a module `it` with these further keys.
#[track_caller]
fn refused(module: &str, want: &str) {
    let text = format!(
        "types: {{it: {{params: {{properties: {{x: {{type: string}}}}, additionalProperties: false}}, outputs: {{properties: {{y: {{type: string}}}}, additionalProperties: false}}}}, other: {{}}}}\nmodules: {{it: {{type: it, driver: static, {module}}}}}\nrules: [{{module: it}}]\n"
    );
    let found = score_resolver::Platform::load(&[score_model::Source::new("platform.yaml", text)]).into_parts().1;
    let shown: Vec<String> = found
        .iter()
        .map(|found| {
            format!(
                "{}: {}{}",
                found.code,
                found.message,
                found.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(shown.join("\n"), want);
}

#[test]
fn what_means_nothing_is_refused_when_a_platform_is_loaded() {
    refused(
        "inputs: {a: '${parms.x}'}",
        "bad-expression: `${parms.x}` means nothing here: `parms` is unknown (did you mean `params`?)",
    );
    refused(
        "inputs: {a: '${context.enviroment}'}",
        "bad-expression: `${context.enviroment}` means nothing here: the context has no `enviroment` (did you mean `environment`?)",
    );
    for open in ["x ${context.id", "${context.id} ${", "$${a} ${params.x"] {
        refused(
            &format!("inputs: {{a: '{open}'}}"),
            "bad-expression: a `${` is not closed (close it with `}`; a literal `${` is written `$${`)",
        );
    }
    refused("inputs: {a: '$${ $$${ $5 } $${x'}", "");
    refused("inputs: {a: '${params.xx}'}", "unknown-param: type `it` has no param `xx`");
    refused("inputs: {a: '${params.x.y}'}", "unknown-param: type `it` has no param `x.y`");
    refused(
        "inputs: {a: '${resources.db.host}'}",
        "unknown-alias: the module has no dependency `db` (add `db` to the module's `dependencies`)",
    );
    refused(
        "inputs: {a: '${resources.me.z}'}, dependencies: {me: {type: it, id: other}}",
        "unknown-output: type `it` has no output `z`",
    );
    refused("inputs: {a: '${self.outputs.y}'}", "bad-expression: `${self.outputs.y}` is known in `outputs` only");
    refused(
        "inputs: {a: \"${select.consumers('it').outputs.y}\"}",
        "bad-selector: outputs of what depends on a resource are made after it: this always is a cycle (their `params` can be read)",
    );
    refused("inputs: {a: \"${select.dependencies('ti').outputs.y}\"}", "unknown-type: there is no resource type `ti`");
    refused(
        "dependencies: {o: {type: other, id: aa, params: {g: '${context.guid}'}}}",
        "bad-expression: `${context.guid}` is known to the resource itself only, not in what it asks for (use it in `inputs`)",
    );
    refused(
        "dependencies: {o: {type: other, id: '${context.guid}'}}",
        "not-constant: `${context.guid}` cannot be part of an id or class: it is not known before something is made (use `context` and `params`)",
    );
    refused(
        "replace_on: [nam], inputs: {name: x}",
        "unknown-input: module `it` has no input `nam` (did you mean `name`?)",
    );
    refused(
        "dependencies: {o: {type: workload, id: web, params: {a: 1}}}",
        "params-of-workload: a workload takes no params from others",
    );
}

#[test]
fn ids_and_classes_need_constants() {
    let text = "
types: {it: {params: {properties: {name: {}}}}, other: {}}
modules:
  it: {type: it, driver: static, dependencies: {other: {type: other, id: 'x.${params.name}'}}}
  other: {type: other, driver: opaque}
rules: [{module: it}, {module: other}]
";
    let of = |params: &str| {
        problems(text, &[workload("shop", &format!("{{one: {{type: it, params: {params}}}, two: {{type: other}}}}"))])
    };
    for params in ["{}", "{name: [a]}", "{name: '${resources.two.value}'}"] {
        assert_eq!(places(&of(params)), ["platform.yaml:4 not-constant"], "{params}");
    }
    assert_eq!(places(&of("{name: A_B}")), ["platform.yaml:4 invalid-name"]);
}

#[test]
fn outputs_that_are_read_through_params_are_looked_for() {
    let text = "
types: {aa: {}, bb: {}, cc: {outputs: {type: object, properties: {v: {type: string}}, additionalProperties: false}}, dd: {}}
modules:
  am: {type: aa, driver: static, inputs: {k: '${params.h.zz}', all: '${params.h}'}}
  bm: {type: bb, driver: static, inputs: {v: 1, map: {zz: 2}}}
  cm: {type: cc, driver: opaque}
  dm: {type: dd, driver: static, dependencies: {b: {type: bb}, a: {type: aa, params: {h: '${resources.b.v}'}}}}
rules: [{module: am}, {module: bm}, {module: cm}, {module: dm}]
";
    let check = |resources: &str, want: &[&str]| {
        let found = problems(text, &[workload("shop", resources)]);
        assert_eq!(places(&found), want, "{found}");
    };
    let sound = "{one: {type: aa, params: {h: '${resources.two.map}'}}, two: {type: bb}}";
    assert_eq!(resolve(text, &[workload("shop", sound)]).nodes().len(), 3);
    check("{one: {type: aa, params: {h: '${resources.two.v}'}}, two: {type: bb}}", &["shop.yaml:4 unknown-output"]);
    check(
        "{one: {type: aa, params: {h: {zz: '${resources.two.w}'}}}, two: {type: bb}}",
        &["shop.yaml:4 unknown-output"],
    );
    check("{one: {type: aa, params: {h: '${resources.two.v}'}}, two: {type: cc}}", &["shop.yaml:4 unknown-output"]);
    check("{four: {type: dd}}", &["platform.yaml:7 unknown-output"]);
}
