//! Requests, entries, edges, fixpoints.

use std::collections::{BTreeMap, BTreeSet};

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
modules:
  item:
    type: item
    driver: static
    inputs: {all: \"${select.all_dependencies('item').outputs}\"}
    dependencies: {one: {type: item, id: '@.aa'}, two: {type: item, id: '@.bb'}}
rules: [{module: item}]
";
    // What selectors find in what there is of it by then is not asked.
    let found = problems(text, &[workload("shop", "{it: {type: item}}")]);
    assert_eq!(places(&found), ["platform.yaml:4 endless-expansion"]);
}

#[test]
fn what_grows_too_long_is_told_with_its_chain() {
    for entry in ["class: '@@'", "id: '@.@'"] {
        let text = format!(
            "types: {{item: {{}}}}\nmodules:\n  item: {{type: item, driver: static, dependencies: {{next: {{type: item, {entry}}}}}}}\nrules: [{{module: item, class: '*'}}]\n"
        );
        let found = problems(&text, &[workload("shop", "{it: {type: item}}")]);
        assert_eq!(places(&found), ["platform.yaml:3 invalid-uid"]);
        assert!(found.to_string().contains(": `item.default#shop.it` → "), "{found}");
    }
}

/// `hand` is expanded before `late` asks for it, too, and with params that refer to what only `late` brings along.
#[test]
fn late_params_are_handed_on_with_what_they_refer_to() {
    let text = "
types: {first: {}, late: {}, hand: {}, more: {}, end: {}, source: {}}
modules:
  first: {type: first, driver: static, dependencies: {hand: {type: hand}}, coprovision: [{type: late}]}
  late: {type: late, driver: static, dependencies: {from: {type: source}}, coprovision: [{type: hand, params: {key: '${resources.from.value}'}}]}
  hand: {type: hand, driver: static, dependencies: {more: {type: more, params: {key: '<${params.key}>'}}}}
  more: {type: more, driver: static, dependencies: {end: {type: end, params: {key: '${params.key}'}}}}
  end: {type: end, driver: static, inputs: {key: '${params.key}'}}
  source: {type: source, driver: static, inputs: {value: 7}}
rules: [{module: first}, {module: late}, {module: hand}, {module: more}, {module: end}, {module: source}]
";
    insta::assert_snapshot!(shown(&resolve(text, &[workload("shop", "{it: {type: first}}")])), @r"
source#shop.it by source
end#shop.it by end
late#shop.it by late
more#shop.it by more
hand#shop.it by hand
first#shop.it by first
workload#shop by workload
end#shop.it → source#shop.it placeholder from
first#shop.it → hand#shop.it dependency hand
hand#shop.it → more#shop.it dependency more
hand#shop.it → source#shop.it placeholder from
late#shop.it → source#shop.it dependency from
more#shop.it → end#shop.it dependency end
more#shop.it → source#shop.it placeholder from
workload#shop → first#shop.it request it
");
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
    assert_eq!(places(&found), ["platform.yaml:5 unsettled"]);
}

#[test]
fn params_that_disagree_are_told_also_where_nothing_settles() {
    // What is wrong with the Score file is told as well, whatever the type is called.
    for (ty, place) in [("aa", "shop.yaml:4"), ("zz", "platform.yaml:3")] {
        let text = format!(
            "
types: {{{ty}: {{}}}}
modules: {{am: {{type: {ty}, driver: static, coprovision: [{{type: {ty}, params: {{xx: 't-${{params.xx}}'}}}}]}}}}
rules: [{{module: am}}]
"
        );
        let resources = format!("{{one: {{type: {ty}, params: {{xx: 1}}}}, two: {{type: dd}}}}");
        let found = problems(&text, &[workload("shop", &resources)]);
        assert_eq!(places(&found), [format!("{place} disagreement").as_str(), "shop.yaml:4 unknown-type"], "{ty}");
    }
}

#[test]
fn params_are_handed_on_however_long_the_way_and_whatever_the_order() {
    let count = 120;
    let mut text = "types:\n".to_owned();
    let mut modules = "modules:\n".to_owned();
    let mut rules = "rules:\n".to_owned();
    for number in 0..=count {
        text += &format!("  t{number:03}: {{}}\n");
        let next = number + 1;
        let entry =
            format!(", dependencies: {{next: {{type: t{next:03}, id: main, params: {{name: '${{params.name}}x'}}}}}}");
        let entry = if number < count { entry } else { String::new() };
        modules += &format!(
            "  m{number:03}: {{type: t{number:03}, driver: static, inputs: {{name: '${{params.name}}'}}{entry}}}\n"
        );
        rules += &format!("- {{module: m{number:03}}}\n");
    }
    text += &modules;
    text += &rules;
    let resource = |number: usize| {
        let params = if number == 0 { ", params: {name: s}" } else { "" };
        format!("r{number:03}: {{type: t{number:03}, id: main{params}}}")
    };
    let forward: Vec<String> = (0..=count).map(resource).collect();
    let backward: Vec<String> = (0..=count).rev().map(resource).collect();
    let all = [forward, backward].map(|resources| {
        let resolution = resolve(&text, &[workload("shop", &format!("{{{}}}", resources.join(", ")))]);
        let last = format!("t{count:03}.default#main").parse().expect("a uid");
        let node = resolution.node(&last).expect("the last");
        (resolution.nodes().len(), node.recipe.inputs.clone())
    });
    let name = all[0].1.as_value().and_then(|inputs| inputs.child("name")?.as_str());
    assert_eq!(name, Some(&*format!("s{}", "x".repeat(count))));
    assert_eq!(all[0], all[1]);
}

#[test]
fn of_what_one_file_writes_for_one_resource_the_least_name_counts() {
    let text = "
types: {aa: {}}
modules: {am: {type: aa, driver: static}}
rules: [{module: am}]
";
    let one = "r1: {type: aa, id: main, params: {x: '${metadata.name}'}}";
    let two = "r2: {type: aa, id: main, params: {x: shop}}";
    for resources in [format!("{{{one}, {two}}}"), format!("{{{two}, {one}}}")] {
        let resolution = resolve(text, &[workload("shop", &resources)]);
        let node = resolution.node(&"aa.default#main".parse().expect("a uid")).expect("a node");
        assert_eq!(node.params.child("x").and_then(|x| x.as_str()), Some("${metadata.name}"));
    }
}

/// What modules and Score files ask for, as numbers.
#[derive(Clone, Debug)]
struct Asked {
    /// One for each of the types `t0`…
    modules: Vec<AskedOfModule>,
    /// For each workload: the type of its resource `r0`, and whether that is shared. A second one, `r1`, refers to it in its params.
    resources: Vec<(usize, bool)>,
}

#[derive(Clone, Debug)]
struct AskedOfModule {
    dependencies: Vec<Target>,
    /// Whether they depend on what brings them, and whether dependents follow.
    brought: Vec<(Target, bool, bool)>,
    /// The steps of a selector among the inputs: axis and type.
    selector: Vec<(usize, usize)>,
}

/// How many types further, class and id.
type Target = (usize, &'static str, &'static str);

const AXES: [&str; 4] = ["dependencies", "consumers", "all_dependencies", "all_consumers"];
const TYPES: usize = 5;

fn asked() -> impl Strategy<Value = Asked> {
    let class = prop_oneof![3 => Just("default"), 1 => Just("@"), 1 => Just("gold")];
    let id = prop_oneof![Just("@"), Just("aa"), Just("bb"), Just("@.cc")];
    let target = (0..TYPES, class, id);
    let brought = (target.clone(), any::<bool>(), any::<bool>());
    let selector = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec((0..AXES.len(), 0..TYPES), 1..3)];
    let parts = (prop::collection::vec(target, 0..3), prop::collection::vec(brought, 0..3), selector);
    let module = parts.prop_map(|(dependencies, brought, selector)| AskedOfModule { dependencies, brought, selector });
    let resources = prop::collection::vec((0..TYPES, any::<bool>()), 1..8);
    (prop::collection::vec(module, TYPES), resources).prop_map(|(mut modules, resources)| {
        // Types ask for later ones only, so that expansions end; edges may go round all the same.
        for (number, module) in modules.iter_mut().enumerate() {
            module.dependencies.retain(|(further, ..)| number + 1 + further < TYPES);
            module.brought.retain(|((further, ..), ..)| number + 1 + further < TYPES);
        }
        Asked { modules, resources }
    })
}

impl Asked {
    fn platform(&self) -> String {
        let mut text = "types: {t0: {}, t1: {}, t2: {}, t3: {}, t4: {}}\nmodules:\n".to_owned();
        for (number, module) in self.modules.iter().enumerate() {
            let entry = |(further, class, id): &Target| {
                format!("type: t{}, class: '{class}', id: '{id}'", number + 1 + further)
            };
            let dependencies: Vec<String> = (0..)
                .zip(&module.dependencies)
                .map(|(alias, target): (u32, _)| format!("a{alias}: {{{}}}", entry(target)))
                .collect();
            let brought: Vec<String> = module
                .brought
                .iter()
                .map(|(target, this, follow)| {
                    format!("{{{}, depends_on_this: {this}, dependents_follow: {follow}}}", entry(target))
                })
                .collect();
            let steps: String = module.selector.iter().map(|(axis, ty)| format!("{}('t{ty}').", AXES[*axis])).collect();
            let part = if module.selects_outputs() { "outputs.v" } else { "params" };
            let inputs = if steps.is_empty() { String::new() } else { format!("s: \"${{select.{steps}{part}}}\"") };
            text += &format!(
                "  m{number}: {{type: t{number}, driver: opaque, inputs: {{{inputs}}}, dependencies: {{{}}}, coprovision: [{}]}}\n",
                dependencies.join(", "),
                brought.join(", ")
            );
        }
        for number in 0..TYPES {
            text += if number == 0 { "rules:\n" } else { "" };
            text += &format!("- {{module: m{number}, class: '*'}}\n");
        }
        text
    }

    fn workloads(&self) -> Vec<Workload> {
        let resources = self.resources.iter().map(|(ty, shared)| {
            let id = if *shared { ", id: aa" } else { "" };
            format!("{{r0: {{type: t{ty}{id}}}, r1: {{type: t0, params: {{x: '${{resources.r0.v}}'}}}}}}")
        });
        resources.enumerate().map(|(number, resources)| workload(&format!("w{number}"), &resources)).collect()
    }
}

impl AskedOfModule {
    fn selects_outputs(&self) -> bool {
        self.selector.iter().any(|(axis, _)| axis % 2 == 0)
    }
}

/// A node: type (`t0`… as numbers, workloads as none), class, id.
type Place = (Option<usize>, String, String);

fn uid((ty, class, id): &Place) -> String {
    ty.map_or_else(|| format!("workload.{class}#{id}"), |ty| format!("t{ty}.{class}#{id}"))
}

/// Nodes and edges by repeating every rule until nothing changes, then every selector on what there is.
fn naive(asked: &Asked) -> (BTreeSet<String>, BTreeSet<(String, String, &'static str)>) {
    let mut nodes: BTreeSet<Place> = BTreeSet::new();
    let mut edges: BTreeSet<(Place, Place, &'static str)> = BTreeSet::new();
    let mut brings: BTreeMap<Place, BTreeMap<Place, bool>> = BTreeMap::new();
    // What the params of a node refer to.
    let mut refers: BTreeMap<Place, Place> = BTreeMap::new();
    for (number, (ty, shared)) in asked.resources.iter().enumerate() {
        let workload = (None, "default".to_owned(), format!("w{number}"));
        let id = if *shared { "aa".to_owned() } else { format!("w{number}.r0") };
        let first = (Some(*ty), "default".to_owned(), id);
        let second = (Some(0), "default".to_owned(), format!("w{number}.r1"));
        edges.insert((workload.clone(), first.clone(), "request"));
        edges.insert((workload.clone(), second.clone(), "request"));
        edges.insert((second.clone(), first.clone(), "placeholder"));
        refers.insert(second.clone(), first.clone());
        nodes.extend([workload, first, second]);
    }
    loop {
        let before = (nodes.len(), edges.len());
        for node in nodes.clone() {
            let Some(ty) = node.0 else { continue };
            let target = |(further, class, id): &Target| -> Place {
                (Some(ty + 1 + further), class.replace('@', &node.1), id.replace('@', &node.2))
            };
            for entry in &asked.modules[ty].dependencies {
                nodes.insert(target(entry));
                edges.insert((node.clone(), target(entry), "dependency"));
            }
            for (entry, this, follow) in &asked.modules[ty].brought {
                nodes.insert(target(entry));
                if *this {
                    edges.insert((target(entry), node.clone(), "coprovision"));
                }
                *brings.entry(node.clone()).or_default().entry(target(entry)).or_default() |= follow;
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
            break;
        }
    }
    let grown = edges.clone();
    for node in &nodes {
        let Some(module) = node.0.map(|ty| &asked.modules[ty]) else { continue };
        let mut at = BTreeSet::from([node]);
        for (axis, ty) in &module.selector {
            let next = |from: &BTreeSet<&Place>| -> BTreeSet<&Place> {
                let ends = grown.iter().map(|(from, to, _)| if axis % 2 == 0 { (from, to) } else { (to, from) });
                ends.filter(|(start, _)| from.contains(start)).map(|(_, end)| end).collect()
            };
            let mut reached = next(&at);
            if *axis >= 2 {
                // As far as it goes.
                for _ in 0..nodes.len() {
                    reached = next(&reached).union(&reached).copied().collect();
                }
            }
            at = reached.into_iter().filter(|found| found.0 == Some(*ty)).collect();
        }
        at.remove(node);
        if module.selector.is_empty() {
            continue;
        }
        let read =
            at.into_iter().filter_map(|found| if module.selects_outputs() { Some(found) } else { refers.get(found) });
        edges.extend(read.map(|read| (node.clone(), read.clone(), "selector")));
    }
    let edges = edges.into_iter().map(|(from, to, kind)| (uid(&from), uid(&to), kind));
    (nodes.iter().map(uid).collect(), edges.collect())
}

proptest! {
    #![proptest_config(crate::support::cases(256))]

    #[test]
    fn the_fixpoint_is_that_of_repeating_until_nothing_changes(asked in asked()) {
        let (nodes, edges) = naive(&asked);
        match resolve_in(&score_resolver::Context::new("dev"), &platform(&asked.platform()), &asked.workloads()) {
            Ok(resolution) => {
                let graph = resolution.graph();
                let got: BTreeSet<_> = graph
                    .edges()
                    .map(|edge| (graph[edge.from].to_string(), graph[edge.to].to_string(), edge.label.kind.as_str()))
                    .collect();
                prop_assert_eq!(got, edges);
                prop_assert_eq!(resolution.nodes().map(|node| node.uid.to_string()).collect::<BTreeSet<_>>(), nodes);
            }
            Err(diagnostics) => {
                prop_assert!(diagnostics.iter().all(|diagnostic| diagnostic.code == "cycle"), "{}", diagnostics);
                let mut left = edges;
                loop {
                    let with_dependencies: BTreeSet<String> = left.iter().map(|(from, ..)| from.clone()).collect();
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
