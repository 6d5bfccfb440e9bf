//! Patterns of resource graphs that platform teams use, rebuilt as platforms.

use crate::support::{inputs, resolve, shown, workload};

/// One bucket with two ways of access: classes are access modes that delegate to the concrete resource, and bring the policies that whoever uses them needs.
#[test]
fn delegator() {
    let resolution = resolve(
        "
types: {bucket: {}, policy: {}, role: {}, workload: {}}
modules:
  delegate:
    type: bucket
    driver: static
    inputs: {name: '${resources.concrete.name}'}
    dependencies: {concrete: {type: bucket, class: concrete, id: '@'}}
    coprovision: [{type: policy, class: 'bucket-${context.class}', dependents_follow: true}]
  concrete: {type: bucket, driver: static, inputs: {name: 'b-${context.id}'}}
  policy: {type: policy, driver: static, inputs: {arn: 'arn:${context.class}:${context.id}'}}
  role: {type: role, driver: static, inputs: {policies: \"${select.consumers('workload').dependencies('policy').outputs.arn}\"}}
  run: {type: workload, driver: static, dependencies: {role: {type: role}}}
rules:
- {module: delegate, class: admin}
- {module: delegate, class: read-only}
- {module: concrete, class: concrete}
- {module: policy, class: '*'}
- {module: role}
- {module: run}
",
        &[
            workload("writer", "{files: {type: bucket, class: admin, id: files}}"),
            workload("reader", "{files: {type: bucket, class: read-only, id: files}}"),
        ],
    );
    insta::assert_snapshot!(shown(&resolution), @r"
    bucket.concrete#files by concrete
    policy.bucket-admin#files by policy
    policy.bucket-read-only#files by policy
    bucket.admin#files by delegate
    bucket.read-only#files by delegate
    role#reader by role
    role#writer by role
    workload#reader by run
    workload#writer by run
    bucket.admin#files → bucket.concrete#files dependency concrete
    bucket.read-only#files → bucket.concrete#files dependency concrete
    role#reader → policy.bucket-read-only#files selector
    role#writer → policy.bucket-admin#files selector
    workload#reader → bucket.read-only#files request files
    workload#reader → policy.bucket-read-only#files follow
    workload#reader → role#reader dependency role
    workload#writer → bucket.admin#files request files
    workload#writer → policy.bucket-admin#files follow
    workload#writer → role#writer dependency role
    ");
}

/// What a workload depends on says what is changed in the workload: accounts and sidecars are injected by whoever brings them.
#[test]
fn patched_workload() {
    let resolution = resolve(
        "
types: {account: {}, proxy: {}, patch: {}, workload: {}}
modules:
  account: {type: account, driver: static, inputs: {name: 'sa-${context.id}'}, coprovision: [{type: patch, class: account, params: {path: /spec/serviceAccountName, value: '${context.id}'}, dependents_follow: true}]}
  proxy: {type: proxy, driver: static, coprovision: [{type: patch, class: proxy, params: {path: /spec/containers/proxy, value: {image: proxy}}, dependents_follow: true}]}
  patch: {type: patch, driver: static, inputs: {op: add, path: '${params.path}', value: '${params.value}'}}
  run:
    type: workload
    driver: static
    inputs: {update: \"${select.dependencies('patch').params}\", name: '${context.id}'}
    dependencies: {account: {type: account}}
rules: [{module: account}, {module: proxy}, {module: patch, class: '*'}, {module: run}]
",
        &[workload("api", "{proxy: {type: proxy}}"), workload("web", "{}")],
    );
    insta::assert_snapshot!(shown(&resolution), @r"
    account#api by account
    account#web by account
    patch.account#api by patch
    patch.account#web by patch
    patch.proxy#api.proxy by patch
    proxy#api.proxy by proxy
    workload#api by run
    workload#web by run
    workload#api → account#api dependency account
    workload#api → patch.account#api follow
    workload#api → patch.proxy#api.proxy follow
    workload#api → proxy#api.proxy request proxy
    workload#web → account#web dependency account
    workload#web → patch.account#web follow
    ");
    assert_eq!(
        inputs(&resolution, "workload.default#api"),
        serde_json::json!({"name": "api", "update": [
            {"path": "/spec/serviceAccountName", "value": "api"},
            {"path": "/spec/containers/proxy", "value": {"image": "proxy"}},
        ]})
    );
    assert_eq!(
        inputs(&resolution, "workload.default#web"),
        serde_json::json!({"name": "web", "update": [{"path": "/spec/serviceAccountName", "value": "web"}]})
    );
}

/// One ingress for each host gathers the routes of all workloads; it is brought along by the host, and whoever asks for the host waits for it.
#[test]
fn gathered_routes() {
    let resolution = resolve(
        "
types: {dns: {}, route: {params: {properties: {path: {type: string}, port: {type: integer}}}}, ingress: {}}
modules:
  dns: {type: dns, driver: static, inputs: {host: '${context.id}.example.com'}, coprovision: [{type: ingress, id: '@'}]}
  route: {type: route, driver: static, inputs: {host: '${resources.dns.host}'}, dependencies: {dns: {type: dns, id: shop}}}
  ingress:
    type: ingress
    driver: static
    inputs: {host: '${resources.dns.host}', routes: \"${select.dependencies('dns').consumers('route').params}\"}
    dependencies: {dns: {type: dns, id: '@'}}
rules: [{module: dns}, {module: route}, {module: ingress}]
",
        &[
            workload("api", "{web: {type: route, params: {path: /api, port: 8080}}}"),
            workload("web", "{one: {type: route, params: {path: /}}, two: {type: route, params: {path: /static}}}"),
        ],
    );
    insta::assert_snapshot!(shown(&resolution), @r"
    dns#shop by dns
    ingress#shop by ingress
    route#api.web by route
    route#web.one by route
    route#web.two by route
    workload#api by workload
    workload#web by workload
    ingress#shop → dns#shop dependency dns
    route#api.web → dns#shop dependency dns
    route#web.one → dns#shop dependency dns
    route#web.two → dns#shop dependency dns
    workload#api → route#api.web request web
    workload#web → route#web.one request one
    workload#web → route#web.two request two
    ");
    assert_eq!(
        inputs(&resolution, "ingress.default#shop")["routes"],
        serde_json::json!([{"path": "/api", "port": 8080}, {"path": "/"}, {"path": "/static"}])
    );
}

/// What follows may have followers of its own, whatever they are called: the last of a chain is waited for by the first.
#[test]
fn chain_of_followers() {
    let resolution = resolve(
        "
types: {zone: {}, middle: {}, alpha: {}}
modules:
  zone: {type: zone, driver: static, coprovision: [{type: middle, dependents_follow: true, depends_on_this: true}]}
  middle: {type: middle, driver: static, coprovision: [{type: alpha, dependents_follow: true}]}
  alpha: {type: alpha, driver: static}
rules: [{module: zone}, {module: middle}, {module: alpha}]
",
        &[workload("shop", "{it: {type: zone}}")],
    );
    insta::assert_snapshot!(shown(&resolution), @r"
    alpha#shop.it by alpha
    zone#shop.it by zone
    middle#shop.it by middle
    workload#shop by workload
    middle#shop.it → zone#shop.it coprovision
    workload#shop → alpha#shop.it follow
    workload#shop → middle#shop.it follow
    workload#shop → zone#shop.it request it
    ");
}

/// Two names of one resource, of which each is read.
#[test]
fn two_names_of_one() {
    let resolution = resolve(
        "
types: {database: {}, server: {}}
modules:
  database:
    type: database
    driver: static
    inputs: {read: '${resources.reader.host}', write: '${resources.writer.host}'}
    dependencies: {reader: {type: server, id: main}, writer: {type: server, id: main}}
  server: {type: server, driver: static, inputs: {host: 'db.internal'}}
rules: [{module: database}, {module: server}]
",
        &[workload("shop", "{db: {type: database}}")],
    );
    insta::assert_snapshot!(shown(&resolution), @r"
    server#main by server
    database#shop.db by database
    workload#shop by workload
    database#shop.db → server#main dependency reader
    database#shop.db → server#main dependency writer
    workload#shop → database#shop.db request db
    ");
}

/// One account for each workload, with the workload's id.
#[test]
fn propagated_id() {
    let resolution = resolve(
        "
types: {account: {}, workload: {}}
modules:
  account: {type: account, driver: static, inputs: {name: 'sa-${context.id}'}}
  run: {type: workload, driver: static, inputs: {account: '${resources.account.name}'}, dependencies: {account: {type: account}}}
rules: [{module: account}, {module: run}]
",
        &[workload("api", "{}"), workload("web", "{}")],
    );
    insta::assert_snapshot!(shown(&resolution), @r"
    account#api by account
    account#web by account
    workload#api by run
    workload#web by run
    workload#api → account#api dependency account
    workload#web → account#web dependency account
    ");
}

/// Configuration that belongs to a class is found by passing the class on.
#[test]
fn propagated_class() {
    let resolution = resolve(
        "
types: {bucket: {}, config: {}}
modules:
  bucket:
    type: bucket
    driver: static
    inputs: {settings: '${resources.config.settings}'}
    dependencies: {config: {type: config, class: '@', id: bucket}}
  config-small: {type: config, driver: static, inputs: {settings: {size: 1}}}
  config-large: {type: config, driver: static, inputs: {settings: {size: 9}}}
rules:
- {module: bucket, class: '*'}
- {module: config-small, class: small, id: bucket}
- {module: config-large, class: large, id: bucket}
",
        &[workload("shop", "{one: {type: bucket, class: small}, two: {type: bucket, class: large}}")],
    );
    insta::assert_snapshot!(shown(&resolution), @r"
    config.large#bucket by config-large
    config.small#bucket by config-small
    bucket.large#shop.two by bucket
    bucket.small#shop.one by bucket
    workload#shop by workload
    bucket.large#shop.two → config.large#bucket dependency config
    bucket.small#shop.one → config.small#bucket dependency config
    workload#shop → bucket.large#shop.two request two
    workload#shop → bucket.small#shop.one request one
    ");
}

/// Defaults of the platform and what a developer overrides are nodes of their own, put together by a third.
#[test]
fn layered_configuration() {
    let resolution = resolve(
        "
types: {config: {}, database: {params: {properties: {version: {type: string}}}}}
modules:
  defaults: {type: config, driver: static, inputs: {version: '15', size: 1}}
  overrides: {type: config, driver: static, inputs: {version: '${params.version}'}}
  database:
    type: database
    driver: static
    inputs: {base: '${resources.defaults.version}', over: '${resources.overrides.version}'}
    dependencies:
      defaults: {type: config, class: defaults, id: database}
      overrides: {type: config, class: overrides, id: '@', params: {version: '${params.version}'}}
rules:
- {module: defaults, class: defaults}
- {module: overrides, class: overrides}
- {module: database}
",
        &[workload("shop", "{db: {type: database, params: {version: '16'}}}")],
    );
    insta::assert_snapshot!(shown(&resolution), @r"
    config.defaults#database by defaults
    config.overrides#shop.db by overrides
    database#shop.db by database
    workload#shop by workload
    database#shop.db → config.defaults#database dependency defaults
    database#shop.db → config.overrides#shop.db dependency overrides
    workload#shop → database#shop.db request db
    ");
    assert_eq!(inputs(&resolution, "config.overrides#shop.db"), serde_json::json!({"version": "16"}));
}

/// A loop between two that need each other's name is broken by a third that knows both.
#[test]
fn loop_broken_by_a_third() {
    let types = "types: {dns: {}, route: {}, names: {}}";
    let rules = "rules: [{module: dns}, {module: route}, {module: names}]";
    let names = "names: {type: names, driver: static, inputs: {host: '${context.id}.example.com', path: /}}";
    let workloads = [workload("shop", "{web: {type: route}}")];
    let looping = format!(
        "
{types}
modules:
  dns: {{type: dns, driver: static, inputs: {{host: '${{resources.route.path}}'}}, dependencies: {{route: {{type: route}}}}}}
  route: {{type: route, driver: static, inputs: {{path: '${{resources.dns.host}}'}}, dependencies: {{dns: {{type: dns}}}}}}
  {names}
{rules}
"
    );
    insta::assert_snapshot!(crate::support::problems(&looping, &workloads), @r"
    platform.yaml:5:96: error[cycle]: these depend on each other: `dns.default#shop.web` → `route.default#shop.web` → `dns.default#shop.web`: `dns.default#shop.web` needs `route.default#shop.web` by dependency `route`; `route.default#shop.web` needs `dns.default#shop.web` by dependency `dns`
    5 |   route: {type: route, driver: static, inputs: {path: '${resources.dns.host}'}, dependencies: {dns: {type: dns}}}
      |                                                                                                ^^^
    hint: take one of these references out, or put what both sides need into a third resource
    ");
    let broken = format!(
        "
{types}
modules:
  dns: {{type: dns, driver: static, inputs: {{host: '${{resources.names.host}}'}}, dependencies: {{names: {{type: names}}}}}}
  route:
    type: route
    driver: static
    inputs: {{path: '${{resources.names.path}}', host: '${{resources.dns.host}}'}}
    dependencies: {{dns: {{type: dns}}, names: {{type: names}}}}
  {names}
{rules}
"
    );
    insta::assert_snapshot!(shown(&resolve(&broken, &workloads)), @r"
    names#shop.web by names
    dns#shop.web by dns
    route#shop.web by route
    workload#shop by workload
    dns#shop.web → names#shop.web dependency names
    route#shop.web → dns#shop.web dependency dns
    route#shop.web → names#shop.web dependency names
    workload#shop → route#shop.web request web
    ");
}
