use std::fmt::Write as _;

use crate::Shape;

/// A platform of one open type `thing`, whose modules pass on what they are given.
const THINGS: &str = "
types: {thing: {}}
modules: {thing: {type: thing, driver: static, inputs: {given: '${params}', name: '${context.project}-${context.id}'}}}
rules: [{module: thing, class: '*'}]
";

/// The same with one resource of another type, which all others select.
const SELECTING: &str = "
types: {thing: {}, base: {}}
modules:
  thing: {type: thing, driver: static, inputs: {given: '${params}', name: '${context.id}', below: \"${select.all_dependencies('base').outputs.name}\"}}
  base: {type: base, driver: static, inputs: {name: '${context.id}'}}
rules: [{module: thing}, {module: base}]
";

/// A platform as they are: schemas, defaults, secrets, dependencies, co-provisioned resources that dependents follow, a selector, and a module for workloads.
const ORDINARY: &str = "
types:
  postgres:
    params: {type: object, properties: {version: {type: string, default: '15'}, size: {type: integer}}, additionalProperties: false}
    outputs: {type: object, required: [host, port], properties: {host: {type: string}, port: {type: integer}, password: {type: string, writeOnly: true}}}
    classes: {default: Small., large: Large.}
  redis: {outputs: {type: object, properties: {host: {type: string}}}}
  route: {params: {type: object, properties: {path: {type: string}}}}
  server: {requested_by: modules}
  policy: {requested_by: modules}
  namespace: {requested_by: modules}
  workload: {}
modules:
  postgres-dev:
    type: postgres
    driver: static
    inputs: {host: '${resources.server.host}', port: 5432, name: '${context.project}-${context.id}', version: '${params.version}', secrets: {password: p}}
    dependencies: {server: {type: server, id: shared}}
    coprovision: [{type: policy, class: '@', dependents_follow: true}]
  postgres-live: {type: postgres, driver: static, inputs: {host: h, port: 5432}}
  redis: {type: redis, driver: static, inputs: {host: '${context.id}.internal'}}
  route: {type: route, driver: static, inputs: {url: 'https://${context.workload}.example.com${params.path}'}}
  server: {type: server, driver: static, inputs: {host: db.internal}}
  policy: {type: policy, driver: static, inputs: {id: '${context.id}'}}
  namespace: {type: namespace, driver: static, inputs: {name: '${context.project}'}}
  run:
    type: workload
    driver: static
    inputs: {params: '${params}', namespace: '${resources.namespace.name}'}
    dependencies: {namespace: {type: namespace, id: '${context.environment}'}}
rules:
- {module: postgres-dev, class: '*', environment_type: development}
- {module: postgres-live, class: '*', environment_type: production}
- {module: redis, class: '*'}
- {module: route}
- {module: server}
- {module: policy, class: '*'}
- {module: namespace}
- {module: run}
";

/// What is deployed, of any size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployment {
    /// Resources of one open type, with the dependencies of a shape.
    Things(Shape),
    /// The same, layered, where each resource selects what of another type it depends on, directly or through others: the first one.
    Selecting,
    /// Ordinary workloads on an ordinary platform.
    Ordinary,
}

impl Deployment {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Things(Shape::Chain),
        Self::Things(Shape::Wide),
        Self::Things(Shape::Layered),
        Self::Things(Shape::Hub),
        Self::Selecting,
        Self::Ordinary,
    ];

    /// What it is called in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Things(shape) => shape.name(),
            Self::Selecting => "selecting",
            Self::Ordinary => "ordinary",
        }
    }

    /// The text of its platform.
    #[must_use]
    pub const fn platform(self) -> &'static str {
        match self {
            Self::Things(_) => THINGS,
            Self::Selecting => SELECTING,
            Self::Ordinary => ORDINARY,
        }
    }

    /// The texts of its Score files, as JSON, which ask for about `size` resources.
    #[must_use]
    pub fn score_files(self, size: u32) -> Vec<String> {
        match self {
            Self::Things(shape) => things(shape, size, "thing"),
            Self::Selecting => things(Shape::Layered, size, "base"),
            Self::Ordinary => ordinary(size),
        }
    }
}

/// How many resources a Score file of [`things`] makes.
const CHUNK: u32 = 10;

/// Score files, as JSON, that together ask for `size` resources with the dependencies of the shape, ten to a file; the first is of type `first`, all others are things.
fn things(shape: Shape, size: u32, first: &str) -> Vec<String> {
    let ty = |node: u32| if node == 0 { first } else { "thing" };
    let mut uses: Vec<Vec<u32>> = vec![Vec::new(); size as usize];
    for (from, to) in shape.edges(size) {
        uses[from as usize].push(to);
    }
    let mut files = Vec::new();
    for start in (0..size).step_by(CHUNK as usize) {
        let own = start..(start + CHUNK).min(size);
        let mut resources = Vec::new();
        let mut others = std::collections::BTreeSet::new();
        for node in own.clone() {
            let uses = &uses[node as usize];
            others.extend(uses.iter().copied().filter(|other| !own.contains(other)));
            let list: Vec<String> = uses.iter().map(|other| format!("\"${{resources.n{other:07}.name}}\"")).collect();
            resources.push(format!(
                "\"n{node:07}\":{{\"type\":\"{}\",\"id\":\"node{node:07}\",\"params\":{{\"size\":{},\"uses\":[{}]}}}}",
                ty(node),
                node % 100,
                list.join(",")
            ));
        }
        resources.extend(
            others
                .iter()
                .map(|&other| format!("\"n{other:07}\":{{\"type\":\"{}\",\"id\":\"node{other:07}\"}}", ty(other))),
        );
        files.push(file(&format!("w{start:07}"), "", &resources.join(",")));
    }
    files
}

/// Score files, as JSON, of ordinary workloads: two containers, a database, a cache and a route each, every tenth with a database that others share.
fn ordinary(size: u32) -> Vec<String> {
    // A workload, its three resources and a policy.
    (0..size.div_ceil(5))
        .map(|number| {
            let mut variables = String::new();
            let _ = write!(
                variables,
                "\"DB\":\"postgres://${{resources.db.host}}:${{resources.db.port}}/${{metadata.name}}\",\"PASSWORD\":\"${{resources.db.password}}\",\"CACHE\":\"${{resources.cache.host}}\",\"LEVEL\":\"info\""
            );
            let shared = if number % 10 == 0 { format!(",\"id\":\"main{}\"", number / 100) } else { String::new() };
            let resources = format!(
                "\"db\":{{\"type\":\"postgres\",\"params\":{{\"size\":{}}}{shared}}},\"cache\":{{\"type\":\"redis\"}},\"web\":{{\"type\":\"route\",\"params\":{{\"path\":\"/{number}\"}}}}",
                if number % 10 == 0 { 1 } else { number % 8 }
            );
            file(&format!("w{number:07}"), &variables, &resources)
        })
        .collect()
}

fn file(name: &str, variables: &str, resources: &str) -> String {
    format!(
        "{{\"apiVersion\":\"score.dev/v1b1\",\"metadata\":{{\"name\":\"{name}\"}},\"containers\":{{\"main\":{{\"image\":\"{name}:1\",\"variables\":{{{variables}}}}}}},\"resources\":{{{resources}}}}}"
    )
}
