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
