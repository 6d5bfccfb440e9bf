//! Larger graphs, against petgraph.

#![expect(clippy::expect_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};
use proptest::prelude::*;
use score_graph::{Dag, Graph, GraphBuilder, Malformed, NodeId};

/// Edges between numbered nodes, each with a label.
type Edges = Vec<(usize, usize, u8)>;

fn any_edges(most: usize) -> impl Strategy<Value = (usize, Edges)> {
    (1..most).prop_flat_map(|size| {
        (Just(size), prop::collection::vec((0..size, 0..size, prop_oneof![4 => Just(0_u8), 1 => 1..4_u8]), 0..3 * size))
    })
}

/// The same without cycles, with the numbers mixed up.
fn any_dag(most: usize) -> impl Strategy<Value = (usize, Edges)> {
    any_edges(most).prop_flat_map(|(size, edges)| {
        let names = Just((0..size).collect::<Vec<_>>()).prop_shuffle();
        (Just(size), names, Just(edges)).prop_map(|(size, names, edges)| {
            let down = edges.into_iter().filter(|(from, to, _)| from != to);
            let down = down.map(|(from, to, label)| (names[from.max(to)], names[from.min(to)], label));
            (size, down.collect())
        })
    })
}

/// Keys whose order is not that of the numbers.
fn key(number: usize) -> String {
    format!("{:x}", number * 7 + 13)
}

fn built(size: usize, edges: &Edges) -> Graph<String, u8> {
    let mut builder = GraphBuilder::new();
    (0..size).for_each(|node| _ = builder.node(key(node)));
    for &(from, to, label) in edges {
        builder.edge(key(from), key(to), label);
    }
    builder.build()
}

fn numbered(size: usize, edges: &Edges) -> Graph<usize, u8> {
    Graph::from_numbered((0..size).collect(), edges.iter().copied()).expect("well formed")
}

fn petgraph(size: usize, edges: &Edges) -> DiGraph<(), ()> {
    let mut graph = DiGraph::new();
    (0..size).for_each(|_| _ = graph.add_node(()));
    for &(from, to, _) in edges {
        graph.update_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }
    graph
}

fn numbers(nodes: impl IntoIterator<Item = NodeId>) -> Vec<usize> {
    nodes.into_iter().map(NodeId::index).collect()
}

proptest! {
    #[test]
    fn edges_are_a_sorted_set((size, edges) in any_edges(40)) {
        let graph = built(size, &edges);
        let expected: BTreeSet<(String, String, u8)> =
            edges.iter().map(|&(from, to, label)| (key(from), key(to), label)).collect();
        let found: Vec<(String, String, u8)> =
            graph.edges().map(|edge| (graph[edge.from].clone(), graph[edge.to].clone(), *edge.label)).collect();
        prop_assert_eq!(&found, &expected.iter().cloned().collect::<Vec<_>>());
        prop_assert_eq!(graph.edge_count(), found.len());
        prop_assert!(graph.keys().is_sorted());
        for id in graph.ids() {
            prop_assert_eq!(graph.id(&graph[id]), Some(id));
            let from: Vec<_> = graph.edges_from(id).collect();
            prop_assert_eq!(from, graph.edges().filter(|edge| edge.from == id).collect::<Vec<_>>());
            let to: Vec<_> = graph.edges_to(id).collect();
            prop_assert_eq!(to, graph.edges().filter(|edge| edge.to == id).collect::<Vec<_>>());
            let distinct: BTreeSet<NodeId> = graph.edges_from(id).map(|edge| edge.to).collect();
            prop_assert!(graph.dependencies(id).iter().eq(&distinct));
            let distinct: BTreeSet<NodeId> = graph.edges_to(id).map(|edge| edge.from).collect();
            prop_assert!(graph.dependents(id).iter().eq(&distinct));
        }
        prop_assert_eq!(graph.id(&"no such key".to_owned()), None);
    }

    /// Nothing depends on the order in which things were added, or on the way.
    #[test]
    fn order_of_adding((size, edges) in any_edges(40), reverse in any::<bool>()) {
        let graph = built(size, &edges);
        let mut builder = GraphBuilder::new();
        let mut other = edges.clone();
        if reverse { other.reverse() } else { other.sort_unstable() }
        for &(from, to, label) in &other {
            builder.edge(key(from), key(to), label);
            prop_assert!(!builder.edge(key(from), key(to), label));
        }
        (0..size).rev().for_each(|node| _ = builder.node(key(node)));
        prop_assert_eq!(&builder.build(), &graph);
        let numbered = Graph::from_numbered((0..size).map(key).collect(), other.iter().copied());
        prop_assert_eq!(numbered.as_ref(), Ok(&graph));
        prop_assert_eq!(format!("{:?}", numbered.ok()), format!("{:?}", Some(&graph)));
    }

    /// Few nodes with many edges, in whatever order, some more than once, with labels that must move along.
    #[test]
    fn long_rows(
        mut edges in prop::collection::vec((0..5_usize, 0..200_usize, 0..2_u8), 0..400),
        in_order in any::<bool>(),
        very_long in prop::bool::weighted(0.1),
    ) {
        let nodes: Vec<usize> = (0..if very_long { 6000 } else { 200 }).collect();
        if very_long {
            edges.extend((0..4200).map(|number| (1, number * 7919 % 6000, 0)));
        }
        let mut given: Vec<_> = edges.iter().map(|&(from, to, label)| (from, to, format!("{to} {label}"))).collect();
        if in_order {
            given.sort_by_key(|edge| edge.0);
        }
        let graph = Graph::from_numbered(nodes.clone(), given.iter().cloned()).expect("well formed");
        let found: Vec<_> = graph.edges().map(|edge| (edge.from.index(), edge.to.index(), edge.label.clone())).collect();
        prop_assert_eq!(found, given.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
        let unlabelled = Graph::from_numbered(nodes, edges.iter().map(|edge| (edge.0, edge.1, ())));
        let found: Vec<_> = unlabelled.expect("well formed").edges().map(|edge| (edge.from.index(), edge.to.index())).collect();
        let expected: BTreeSet<_> = edges.iter().map(|edge| (edge.0, edge.1)).collect();
        prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn dag_or_cycles((size, edges) in prop_oneof![any_edges(60), any_dag(60)]) {
        let oracle = petgraph(size, &edges);
        let mut components: Vec<Vec<usize>> = petgraph::algo::tarjan_scc(&oracle)
            .into_iter()
            .filter(|nodes| nodes.len() > 1 || oracle.contains_edge(nodes[0], nodes[0]))
            .map(|nodes| nodes.into_iter().map(NodeIndex::index).collect::<BTreeSet<_>>().into_iter().collect())
            .collect();
        components.sort_unstable();
        match numbered(size, &edges).into_dag() {
            Ok(dag) => {
                prop_assert!(petgraph::algo::toposort(&oracle, None).is_ok());
                check_order(&dag);
            }
            Err(cycles) => {
                let found: Vec<Vec<usize>> =
                    cycles.components().iter().map(|nodes| numbers(nodes.iter().copied())).collect();
                prop_assert_eq!(&found, &components);
                let mut on_cycles: BTreeMap<usize, usize> = BTreeMap::new();
                let mut seen = BTreeSet::new();
                for cycle in cycles.iter() {
                    let nodes = cycle.nodes();
                    prop_assert!(seen.insert(nodes.to_vec()), "each once");
                    prop_assert_eq!(nodes.iter().collect::<BTreeSet<_>>().len(), nodes.len(), "elementary");
                    prop_assert_eq!(nodes.iter().min(), nodes.first());
                    for (from, to, labels) in cycle.edges() {
                        prop_assert!(!labels.is_empty());
                        prop_assert!(labels.iter().all(|label| edges.contains(&(*from, *to, *label))));
                    }
                    let component = found.iter().position(|nodes| nodes.contains(&cycle.nodes()[0].index()));
                    *on_cycles.entry(component.expect("in a component")).or_default() += 1;
                }
                prop_assert_eq!(on_cycles.len(), components.len(), "one of each component at least");
                prop_assert!(on_cycles.values().all(|count| *count <= 64));
                prop_assert_eq!(cycles.into_graph(), numbered(size, &edges));
            }
        }
    }

    #[test]
    fn reachability((size, edges) in any_edges(40), starts in prop::collection::btree_set(0..40_usize, 0..4)) {
        let graph = numbered(size, &edges);
        let starts: Vec<NodeId> = graph.ids().filter(|id| starts.contains(&id.index())).collect();
        let mut oracle = petgraph(size, &edges);
        let reached = |oracle: &DiGraph<(), ()>| -> Vec<usize> {
            let first = starts.iter().flat_map(|id| oracle.neighbors(NodeIndex::new(id.index())));
            let mut search = petgraph::visit::Dfs::empty(oracle);
            search.stack.extend(first);
            std::iter::from_fn(|| search.next(oracle)).map(NodeIndex::index).collect::<BTreeSet<_>>().into_iter().collect()
        };
        prop_assert_eq!(numbers(graph.all_dependencies_of(starts.iter().copied())), reached(&oracle));
        oracle.reverse();
        prop_assert_eq!(numbers(graph.all_dependents_of(starts.iter().copied())), reached(&oracle));
    }

    #[test]
    fn reduction((size, edges) in any_dag(60)) {
        let dag = numbered(size, &edges).into_dag().expect("acyclic");
        let oracle = petgraph(size, &edges);
        let order = petgraph::algo::toposort(&oracle, None).expect("acyclic");
        let (sorted, places) =
            petgraph::algo::tred::dag_to_toposorted_adjacency_list::<_, u32>(&oracle, &order);
        let (reduced, _) = petgraph::algo::tred::dag_transitive_reduction_closure(&sorted);
        let expected: Edges = edges
            .iter()
            .copied()
            .filter(|&(from, to, _)| reduced.contains_edge(places[from], places[to]))
            .collect();
        let reduction = dag.reduction();
        let found: Vec<_> = reduction.edges().map(|edge| (edge.from.index(), edge.to.index(), **edge.label)).collect();
        prop_assert_eq!(found, expected.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
        prop_assert_eq!(reduction.order(), dag.order());
        check_order(&reduction);
    }

    #[test]
    fn dominators((size, edges) in any_dag(60)) {
        let dag = numbered(size, &edges).into_dag().expect("acyclic");
        let mut oracle = petgraph(size, &edges);
        let roots: Vec<NodeIndex> = oracle.externals(petgraph::Direction::Incoming).collect();
        let top = oracle.add_node(());
        roots.into_iter().for_each(|root| _ = oracle.add_edge(top, root, ()));
        let expected = petgraph::algo::dominators::simple_fast(&oracle, top);
        let found = dag.dominators();
        for id in dag.ids() {
            let expected = expected.immediate_dominator(NodeIndex::new(id.index())).filter(|node| *node != top);
            prop_assert_eq!(found.immediate(id).map(NodeId::index), expected.map(NodeIndex::index));
        }
    }

    #[test]
    fn reversal((size, edges) in any_dag(60)) {
        let dag = numbered(size, &edges).into_dag().expect("acyclic");
        let back = edges.iter().map(|&(from, to, label)| (to, from, label)).collect();
        prop_assert_eq!(&dag.clone().reversed(), &numbered(size, &back).into_dag().expect("acyclic"));
        prop_assert_eq!(dag.clone().reversed().reversed(), dag);
    }
}

/// Waves are sorted, and a node is in the wave after the latest of its dependencies.
fn check_order<K, E>(dag: &Dag<K, E>) {
    assert_eq!(dag.order(), dag.waves().collect::<Vec<_>>().concat());
    let mut wave = BTreeMap::new();
    for (number, nodes) in dag.waves().enumerate() {
        assert!(nodes.is_sorted() && !nodes.is_empty());
        for &node in nodes {
            let latest = dag.dependencies(node).iter().map(|node| wave[node] + 1).max();
            assert_eq!(latest.unwrap_or(0), number);
            wave.insert(node, number);
        }
    }
    assert_eq!(wave.len(), dag.len());
}

#[test]
fn malformed() {
    let edge = |from, to| [(from, to, ())];
    assert_eq!(
        Graph::from_numbered(vec!["b", "a", "b"], []).map(|graph: Graph<_, ()>| graph.len()),
        Err(Malformed::SameKey(0, 2))
    );
    let beyond = Err(Malformed::NoSuchNode { end: 2, nodes: 2 });
    assert_eq!(Graph::from_numbered(vec!["b", "a"], edge(0, 2)).map(|graph| graph.len()), beyond);
    assert_eq!(Graph::from_numbered(vec!["b", "a"], edge(2, 0)).map(|graph| graph.len()), beyond);
    assert_eq!(Graph::from_numbered(vec!["b", "a"], edge(1, 0)).map(|graph| graph.edges().count()), Ok(1));
}

#[test]
fn foreign_ids_have_no_edges() {
    let large: Graph<u8, ()> = Graph::from_numbered((0..9).collect(), [(8, 7, ())]).expect("well formed");
    let small = Graph::from_numbered(vec![0_u8], [(0, 0, ())]).expect("well formed");
    let foreign = large.id(&8).expect("there");
    assert_eq!(small.key(foreign), None);
    assert!(small.dependencies(foreign).is_empty() && small.dependents(foreign).is_empty());
    assert!(small.edges_from(foreign).next().is_none() && small.edges_to(foreign).next().is_none());
    assert!(small.labels(foreign, foreign).is_empty());
    assert!(small.all_dependencies(foreign).is_empty() && small.all_dependents(foreign).is_empty());
}

#[test]
fn a_long_chain_needs_little_stack() {
    const SIZE: usize = 200_000;
    let chain = |with_cycle: bool| {
        // Neither ascending nor descending, so that no shortcut is taken.
        let name = |node: usize| node * 129_140_163 % SIZE;
        let edges = (1..SIZE).map(move |node| (name(node), name(node - 1), ()));
        let closing = with_cycle.then(|| (name(0), name(SIZE - 1), ()));
        Graph::from_numbered((0..SIZE).collect(), edges.chain(closing)).expect("well formed")
    };
    let check = move || {
        let dag = chain(false).into_dag().expect("acyclic");
        assert_eq!(dag.waves().len(), SIZE);
        assert_eq!(dag.critical_path(|_| 1).length(), SIZE as u64);
        assert_eq!(dag.reduction().edge_count(), SIZE - 1);
        assert_eq!(dag.dominators().of(dag.order()[0]).count(), SIZE - 1);
        assert_eq!(dag.all_dependents(dag.order()[0]).len(), SIZE - 1);
        let cycles = chain(true).into_dag().expect_err("a cycle");
        assert_eq!(cycles.iter().map(|cycle| cycle.nodes().len()).collect::<Vec<_>>(), [SIZE]);
        assert!(cycles.to_string().len() < 300, "{cycles}");
    };
    let thread = std::thread::Builder::new().stack_size(64 * 1024).spawn(check).expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn too_many_cycles_are_counted_out() {
    // Every node depends on every other: more cycles than anyone could list.
    let edges = (0..100).flat_map(|from| (0..100).filter(move |to| from != *to).map(move |to| (from, to, ())));
    let cycles = Graph::from_numbered((0..100).collect(), edges).expect("well formed").into_dag().expect_err("cycles");
    assert!(!cycles.is_complete());
    assert_eq!(cycles.iter().len(), 64);
    assert!(cycles.iter().all(|cycle| cycle.nodes().len() == 2), "the shortest");
    let text = cycles.to_string();
    assert!(text.starts_with("more than 64 dependency cycles, among them: `0` → `1` → `0`; `0` → `2` → `0`"), "{text}");
}

#[test]
fn cycles_are_told_with_all_that_makes_them() {
    let mut builder = GraphBuilder::new();
    builder.edge("shop", "db", "${resources.db.host}");
    builder.edge("shop", "db", "${resources.db.port}");
    builder.edge("db", "shop", "depends_on_this");
    builder.edge("lone", "lone", "${resources.me}");
    builder.edge("lone", "shop", "not on a cycle");
    let cycles = builder.build().into_dag().expect_err("cycles");
    assert_eq!(cycles.to_string(), "2 dependency cycles: `db` → `shop` → `db`; `lone` → `lone`");
    insta::assert_debug_snapshot!(cycles.iter().map(|cycle| cycle.edges().collect::<Vec<_>>()).collect::<Vec<_>>(), @r##"
    [
        [
            (
                "db",
                "shop",
                [
                    "depends_on_this",
                ],
            ),
            (
                "shop",
                "db",
                [
                    "${resources.db.host}",
                    "${resources.db.port}",
                ],
            ),
        ],
        [
            (
                "lone",
                "lone",
                [
                    "${resources.me}",
                ],
            ),
        ],
    ]
    "##);
}

#[test]
fn mapping_may_merge() {
    let mut builder = GraphBuilder::new();
    for (from, to) in [("shop.web", "shop.db"), ("shop.db", "net.vpc"), ("shop.web", "net.dns"), ("net.dns", "net.dns")]
    {
        builder.edge(from, to, from.len());
    }
    let graph = builder.build().map(|key| key.split('.').next().map(str::to_owned), |_| ());
    let (net, shop) = (Some("net".to_owned()), Some("shop".to_owned()));
    let edges: Vec<_> = graph.edges().map(|edge| (&graph[edge.from], &graph[edge.to])).collect();
    assert_eq!(edges, [(&net, &net), (&shop, &net)]);
}
