//! Requests, entries, edges, fixpoints.

use proptest::prelude::*;
use score_model::Workload;

use crate::support::{places, platform, problems, resolve, resolve_in, shown, workload};

/// A platform in which each of `types` types asks for the next.
fn chain(types: usize) -> String {
    let names: Vec<String> = (0..types).map(|number| format!("t{number:02}")).collect();
    let mut modules = String::new();
    for (number, name) in names.iter().enumerate() {
        let next = names.get(number + 1);
        let dependencies = next.map(|next| format!(", dependencies: {{next: {{type: {next}}}}}")).unwrap_or_default();
        modules += &format!("  {name}: {{type: {name}, driver: static{dependencies}}}\n");
    }
    let types: Vec<String> = names.iter().map(|name| format!("{name}: {{}}")).collect();
    let rules: Vec<String> = names.iter().map(|name| format!("{{module: {name}}}")).collect();
    format!("types: {{{}}}\nmodules:\n{modules}rules: [{}]\n", types.join(", "), rules.join(", "))
}

#[test]
fn a_chain_may_have_64_entries() {
    let shop = [workload("shop", "{it: {type: t00}}")];
    assert_eq!(resolve(&chain(65), &shop).nodes().len(), 66);
    let found = problems(&chain(66), &shop);
    assert_eq!(places(&found), ["platform.yaml:67 endless-expansion"]);
    assert!(found.to_string().contains("`t00.default#shop.it` → `t01.default#shop.it` → "), "{found}");
}

#[test]
fn an_expansion_that_branches_for_ever_is_stopped() {
    let text = "
types: {item: {}}
modules: {item: {type: item, driver: static, dependencies: {one: {type: item, id: '@.aa'}, two: {type: item, id: '@.bb'}}}}
rules: [{module: item}]
";
    let found = problems(text, &[workload("shop", "{it: {type: item}}")]);
    assert!(found.iter().any(|diagnostic| diagnostic.code == "endless-expansion"), "{found}");
}

#[test]
fn a_workload_of_any_class_is_found_by_name() {
    let text = "
types: {link: {params: {properties: {to: {type: string}}}}}
modules: {link: {type: link, driver: static, dependencies: {to: {type: workload, id: '${params.to}'}}}}
rules: [{module: link}]
";
    let job = crate::support::score(
        "job",
        "apiVersion: score.dev/v1b1\nmetadata: {name: job, annotations: {partitura.dev/class: batch}}\ncontainers: {main: {image: x}}\n",
    );
    let web = workload("web", "{up: {type: link, params: {to: job}}, direct: {type: workload, id: job}}");
    insta::assert_snapshot!(shown(&resolve(text, &[job.clone(), web])), @r"
workload.batch#job by workload
link#web.up by link
workload#web by workload
link#web.up → workload.batch#job dependency to
workload#web → link#web.up request up
workload#web → workload.batch#job request direct
");
    let wrong =
        workload("web", "{up: {type: link, params: {to: jop}}, direct: {type: workload, class: other, id: job}}");
    insta::assert_snapshot!(problems(text, &[job, wrong]), @r"
    platform.yaml:3:65: error[no-workload]: there is no workload `jop`
    3 | modules: {link: {type: link, driver: static, dependencies: {to: {type: workload, id: '${params.to}'}}}}
      |                                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: did you mean `job`?
    web.yaml:4:65: error[no-workload]: there is no workload `job` of class `other`
    4 | resources: {up: {type: link, params: {to: jop}}, direct: {type: workload, class: other, id: job}}
      |                                                                 ^^^^^^^^
    hint: a request for a workload names one that is deployed, and never makes one
    ");
}

#[test]
fn params_that_become_known_late_are_used() {
    // `first` is expanded before `second` says what its params are.
    let text = "
types: {cache: {}, first: {}, second: {}, server: {}}
modules:
  cache: {type: cache, driver: static, dependencies: {server: {type: server, id: 's.${params.name}'}}}
  first: {type: first, driver: static, dependencies: {cache: {type: cache, id: shared}}}
  second: {type: second, driver: static, dependencies: {third: {type: first, id: other}, cache: {type: cache, id: shared, params: {name: north}}}}
  server: {type: server, driver: static}
rules: [{module: cache}, {module: first}, {module: second}, {module: server}]
";
    let resolution = resolve(text, &[workload("shop", "{aa: {type: first}, bb: {type: second}}")]);
    insta::assert_snapshot!(shown(&resolution), @r"
server#s.north by server
cache#shared by cache
first#other by first
first#shop.aa by first
second#shop.bb by second
workload#shop by workload
cache#shared → server#s.north dependency server
first#other → cache#shared dependency cache
first#shop.aa → cache#shared dependency cache
second#shop.bb → cache#shared dependency cache
second#shop.bb → first#other dependency third
workload#shop → first#shop.aa request aa
workload#shop → second#shop.bb request bb
");
}

#[test]
fn params_that_depend_on_themselves_are_refused() {
    // With the params that `two` gives, `one` no longer asks for `two`.
    let text = "
types: {one: {params: {properties: {next: {default: aa}}}}, two: {}}
modules:
  one: {type: one, driver: static, dependencies: {two: {type: two, id: '${params.next}'}}}
  two-aa: {type: two, driver: static, coprovision: [{type: one, id: shared, params: {next: bb}}]}
  two-bb: {type: two, driver: static}
rules: [{module: one}, {module: two-aa, id: aa}, {module: two-bb, id: bb}]
";
    let found = problems(text, &[workload("shop", "{it: {type: one, id: shared}}")]);
    assert_eq!(places(&found), ["unsettled"]);
}

/// A platform in which the types `t0`…: each has one module that asks for and brings along others.
fn platforms() -> impl Strategy<Value = (String, Vec<String>)> {
    let entry = (0..5_usize, prop_oneof![Just("@"), Just("aa"), Just("bb"), Just("@.cc")]);
    let brought = (entry.clone(), any::<bool>(), any::<bool>());
    // Types ask for later ones only, so that expansions end; edges may go round all the same.
    let module = (prop::collection::vec(entry, 0..3), prop::collection::vec(brought, 0..3));
    (prop::collection::vec(module, 5), prop::collection::vec((0..5_usize, any::<bool>()), 1..4)).prop_map(
        |(modules, asked)| {
            let mut text = "types: {t0: {}, t1: {}, t2: {}, t3: {}, t4: {}}\nmodules:\n".to_owned();
            for (number, (dependencies, brought)) in modules.iter().enumerate() {
                let later = |ty: usize| number + 1 + ty;
                let dependencies: Vec<String> = dependencies
                    .iter()
                    .enumerate()
                    .filter(|(_, (ty, _))| later(*ty) < 5)
                    .map(|(alias, (ty, id))| format!("a{alias}: {{type: t{}, id: '{id}'}}", later(*ty)))
                    .collect();
                let brought: Vec<String> = brought
                    .iter()
                    .filter(|((ty, _), ..)| later(*ty) < 5)
                    .map(|((ty, id), this, follow)| {
                        format!(
                            "{{type: t{}, id: '{id}', depends_on_this: {this}, dependents_follow: {follow}}}",
                            later(*ty)
                        )
                    })
                    .collect();
                text += &format!(
                    "  m{number}: {{type: t{number}, driver: static, dependencies: {{{}}}, coprovision: [{}]}}\n",
                    dependencies.join(", "),
                    brought.join(", ")
                );
            }
            text += "rules: [{module: m0}, {module: m1}, {module: m2}, {module: m3}, {module: m4}]\n";
            let resources = asked.iter().map(|(ty, shared)| {
                let id = if *shared { ", id: aa" } else { "" };
                format!("{{r0: {{type: t{ty}{id}}}, r1: {{type: t0}}}}")
            });
            (text, resources.collect())
        },
    )
}

/// The edges by repeating every rule until nothing changes.
fn naive(
    platform: &score_resolver::Platform,
    workloads: &[Workload],
) -> std::collections::BTreeSet<(String, String, &'static str)> {
    use std::collections::{BTreeMap, BTreeSet};
    let mut nodes: BTreeSet<(String, String)> = BTreeSet::new();
    let mut edges: BTreeSet<(String, String, &'static str)> = BTreeSet::new();
    // Per node, what it brings along.
    let mut brings: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    let uid = |ty: &str, id: &str| format!("{ty}.default#{id}");
    for workload in workloads {
        for (name, resource) in &workload.resources {
            let ty = resource.ty.to_string();
            let id = resource.id.as_ref().map_or_else(|| format!("{}.{name}", workload.name), ToString::to_string);
            edges.insert((format!("workload.default#{}", workload.name), uid(&ty, &id), "request"));
            nodes.insert((ty, id));
        }
    }
    loop {
        let before = (nodes.len(), edges.len());
        for (ty, id) in nodes.clone() {
            let module = platform.module(&ty.replace('t', "m")).expect("one for each type");
            let target = |entry: &score_resolver::Entry| entry.id.as_deref().unwrap_or("@").replace('@', &id);
            for entry in module.dependencies.values() {
                nodes.insert((entry.ty.to_string(), target(entry)));
                edges.insert((uid(&ty, &id), uid(&entry.ty, &target(entry)), "dependency"));
            }
            for brought in &module.coprovision {
                let to = uid(&brought.entry.ty, &target(&brought.entry));
                nodes.insert((brought.entry.ty.to_string(), target(&brought.entry)));
                if brought.depends_on_this {
                    edges.insert((to.clone(), uid(&ty, &id), "coprovision"));
                }
                *brings.entry(uid(&ty, &id)).or_default().entry(to).or_default() |= brought.dependents_follow;
            }
        }
        for (from, to, _) in edges.clone() {
            let brought = brings.get(&to).cloned().unwrap_or_default();
            for (target, follow) in &brought {
                if *follow && from != *target && !brought.contains_key(&from) {
                    edges.insert((from.clone(), target.clone(), "follow"));
                }
            }
        }
        if (nodes.len(), edges.len()) == before {
            return edges;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fixpoint_is_that_of_repeating_until_nothing_changes((text, resources) in platforms()) {
        let platform = platform(&text);
        let workloads: Vec<Workload> =
            resources.iter().enumerate().map(|(number, resources)| workload(&format!("w{number}"), resources)).collect();
        let want = naive(&platform, &workloads);
        match resolve_in(&score_resolver::Context::new("dev"), &platform, &workloads) {
            Ok(resolution) => {
                let graph = resolution.graph();
                let got: std::collections::BTreeSet<_> = graph
                    .edges()
                    .map(|edge| (graph[edge.from].to_string(), graph[edge.to].to_string(), edge.label.kind.as_str()))
                    .collect();
                prop_assert_eq!(got, want);
            }
            Err(diagnostics) => {
                prop_assert!(diagnostics.iter().all(|diagnostic| diagnostic.code == "cycle"), "{}", diagnostics);
                let mut left = want;
                loop {
                    let with_dependencies: std::collections::BTreeSet<String> = left.iter().map(|(from, ..)| from.clone()).collect();
                    let before = left.len();
                    left.retain(|(_, to, _)| with_dependencies.contains(to));
                    if left.len() == before {
                        break;
                    }
                }
                prop_assert!(!left.is_empty(), "there is a cycle");
            }
        }
    }
}
