//! Every graph of a few nodes, against definitions written down as naively as possible.

#![expect(clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use score_graph::{
    Command, Dag, Graph, GraphBuilder, NodeId, NodeOptions, OnFailure, Outcome, SkipReason, Status, Walk, WalkOptions,
};

type Edges = BTreeSet<(u8, u8)>;

/// The pairs `(from, to)` that the bits of a number stand for.
fn edges(pairs: &[(u8, u8)], bits: u64) -> Edges {
    pairs.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, pair)| *pair).collect()
}

fn graph(size: u8, edges: &Edges) -> Graph<u8, ()> {
    let mut builder = GraphBuilder::new();
    for node in (0..size).rev() {
        assert!(builder.node(node));
    }
    for &(from, to) in edges {
        assert!(builder.edge(from, to, ()));
    }
    builder.build()
}

/// All DAGs over `0..size`, up to the numbering of nodes; and each once more with the keys turned around.
fn every_dag(size: u8, check: impl Fn(Dag<u8, ()>, &Edges)) {
    let up: Vec<(u8, u8)> = (0..size).flat_map(|from| (0..from).map(move |to| (from, to))).collect();
    for bits in 0..1 << up.len() {
        let edges = edges(&up, bits);
        check(graph(size, &edges).into_dag().expect("acyclic"), &edges);
        let edges = edges.iter().map(|(from, to)| (size - 1 - from, size - 1 - to)).collect();
        check(graph(size, &edges).into_dag().expect("acyclic"), &edges);
    }
}

fn keys(dag: &Dag<u8, ()>, ids: &[NodeId]) -> Vec<u8> {
    ids.iter().map(|&id| dag[id]).collect()
}

#[test]
fn order_and_waves() {
    for size in 0..=6 {
        every_dag(size, |dag, edges| {
            let mut left: BTreeSet<u8> = (0..size).collect();
            let mut waves = Vec::new();
            while !left.is_empty() {
                let wave: Vec<u8> = left
                    .iter()
                    .copied()
                    .filter(|&node| edges.iter().all(|&(from, to)| from != node || !left.contains(&to)))
                    .collect();
                left.retain(|node| !wave.contains(node));
                waves.push(wave);
            }
            assert_eq!(dag.waves().map(|wave| keys(&dag, wave)).collect::<Vec<_>>(), waves);
            assert_eq!(keys(&dag, dag.order()), waves.concat());
        });
    }
}

#[test]
fn adjacency_and_reversal() {
    every_dag(5, |dag, edges| {
        for id in dag.ids() {
            let node = dag[id];
            let to: Vec<u8> = edges.iter().filter(|edge| edge.0 == node).map(|edge| edge.1).collect();
            let from: Vec<u8> = edges.iter().filter(|edge| edge.1 == node).map(|edge| edge.0).collect();
            assert_eq!(keys(&dag, dag.dependencies(id)), to);
            assert_eq!(keys(&dag, dag.dependents(id)), from);
            assert_eq!(dag.edges_to(id).map(|edge| dag[edge.from]).collect::<Vec<_>>(), from);
        }
        let back: BTreeSet<(u8, u8)> = edges.iter().map(|(from, to)| (*to, *from)).collect();
        let expected = graph(5, &back).into_dag().expect("acyclic");
        assert_eq!(dag.clone().reversed(), expected);
        assert_eq!(dag.clone().reversed().reversed(), dag);
    });
}

#[test]
fn cycles_are_all_elementary_cycles() {
    // Every directed graph of three nodes with loops, and of four without.
    let loops: Vec<(u8, u8)> = (0..3).flat_map(|from| (0..3).map(move |to| (from, to))).collect();
    let plain: Vec<(u8, u8)> =
        (0..4).flat_map(|from| (0..4).filter(move |to| from != *to).map(move |to| (from, to))).collect();
    for (size, pairs) in [(3, loops), (4, plain)] {
        for bits in 0..1 << pairs.len() {
            let edges = edges(&pairs, bits);
            let expected = elementary_cycles(size, &edges);
            match graph(size, &edges).into_dag() {
                Ok(_) => assert_eq!(expected, BTreeSet::new(), "{edges:?}"),
                Err(cycles) => {
                    let found: Vec<Vec<u8>> = cycles.iter().map(|cycle| cycle.keys().copied().collect()).collect();
                    assert!(cycles.is_complete());
                    assert_eq!(found.len(), expected.len(), "{edges:?}");
                    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{edges:?}");
                }
            }
        }
    }
}

#[test]
fn one_more_edge_closes_all_cycles_through_it() {
    for size in 1..=6 {
        every_dag(size, |dag, edges| {
            // From where all ways lead to where they all begin.
            let (first, last) = match edges.first() {
                Some((from, to)) if from < to => (size - 1, 0),
                _ => (0, size - 1),
            };
            let mut edges = edges.clone();
            edges.insert((first, last));
            let expected = elementary_cycles(size, &edges);
            match graph(size, &edges).into_dag() {
                Ok(closed) => {
                    assert_eq!(expected, BTreeSet::new(), "{edges:?}");
                    assert_eq!(closed.len(), dag.len());
                }
                Err(cycles) => {
                    let found: Vec<Vec<u8>> = cycles.iter().map(|cycle| cycle.keys().copied().collect()).collect();
                    assert_eq!(found.len(), expected.len(), "{edges:?}");
                    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{edges:?}");
                }
            }
        });
    }
}

/// Tries every path, starting with the least node.
fn elementary_cycles(size: u8, edges: &Edges) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    let mut paths: Vec<Vec<u8>> = (0..size).map(|node| vec![node]).collect();
    while let Some(path) = paths.pop() {
        for &(from, to) in edges {
            if from != path[path.len() - 1] {
                continue;
            }
            if to == path[0] {
                found.insert(path.clone());
            } else if to > path[0] && !path.contains(&to) {
                paths.push([&path[..], &[to]].concat());
            }
        }
    }
    found
}

/// Walks with one node that does not succeed, and checks every promise at every step.
fn walk(
    dag: &Dag<u8, ()>,
    edges: &Edges,
    options: WalkOptions,
    limit: usize,
    bad: Option<u8>,
    lane: impl Fn(u8) -> Option<u32>,
    oldest_first: bool,
) -> BTreeMap<u8, Status> {
    let mut walk = Walk::new(dag, options.limit(limit), |&node| NodeOptions::default().lane(lane(node)));
    let mut running: Vec<NodeId> = Vec::new();
    let mut succeeded = BTreeSet::new();
    let mut ended = BTreeSet::new();
    let mut failed = false;
    let mut started = Vec::new();
    loop {
        match walk.poll() {
            Some(Command::Start(id)) => {
                let node = dag[id];
                assert!(edges.iter().all(|(from, to)| *from != node || succeeded.contains(to)), "dependencies first");
                assert!(
                    dag.order().iter().map(|&id| dag[id]).take_while(|&before| before != node).all(|before| {
                        lane(node).is_none() || lane(before) != lane(node) || ended.contains(&before)
                    })
                );
                running.push(id);
                started.push(id);
                assert!(running.len() <= limit, "limit");
                assert_eq!(walk.running(), running.len());
            }
            Some(Command::Skip(id, reason)) => {
                assert!(ended.insert(dag[id]), "ends once");
                assert_eq!(walk.status(id), Some(Status::Skipped(reason)));
            }
            Some(Command::Finished) => break,
            Some(other) => panic!("unknown {other:?}"),
            None => {
                assert!(!running.is_empty(), "waits for nothing");
                if running.len() < limit && !failed {
                    for id in dag.ids().filter(|&id| walk.status(id) == Some(Status::Waiting)) {
                        let node = dag[id];
                        let blocked = edges.iter().any(|(from, to)| *from == node && !succeeded.contains(to))
                            || lane(node).is_some()
                                && dag
                                    .order()
                                    .iter()
                                    .map(|&id| dag[id])
                                    .take_while(|&before| before != node)
                                    .any(|before| lane(before) == lane(node) && !ended.contains(&before));
                        assert!(blocked, "idles though {node} could run");
                    }
                }
                let id = if oldest_first { running.remove(0) } else { running.pop().expect("not empty") };
                let node = dag[id];
                assert!(ended.insert(node), "ends once");
                if bad == Some(node) {
                    failed = true;
                    walk.report(id, Outcome::Failed).expect("running");
                } else {
                    succeeded.insert(node);
                    walk.report(id, Outcome::Succeeded).expect("running");
                }
                assert!(walk.report(id, Outcome::Succeeded).is_err());
            }
        }
    }
    assert_eq!(ended.len(), dag.len(), "every node ends");
    if limit == 1 && bad.is_none() {
        assert_eq!(started, dag.order(), "without costs in the order of the dag");
    }
    dag.ids().map(|id| (dag[id], walk.status(id).expect("known"))).collect()
}

#[test]
fn walks() {
    let none = |_| None;
    let odd = |node: u8| (node % 2 == 1).then_some(7);
    let one = |_| Some(1);
    for size in 0..=5 {
        every_dag(size, |dag, edges| {
            for limit in [1, 2, 9] {
                for lane in [&none as &dyn Fn(u8) -> Option<u32>, &odd, &one] {
                    for bad in (0..size).map(Some).chain([None]) {
                        check_walk(&dag, edges, limit, bad, lane);
                    }
                }
            }
        });
    }
}

#[test]
fn walks_of_six_nodes() {
    every_dag(6, |dag, edges| {
        let bits = edges.iter().map(|(from, to)| usize::from(from * 7 + to)).sum::<usize>();
        let bad = u8::try_from(bits % 7).ok().filter(|node| *node < 6);
        check_walk(&dag, edges, 1 + bits % 3, bad, &|node| (node % 3 != 0).then_some(u32::from(node % 2)));
    });
}

fn check_walk(dag: &Dag<u8, ()>, edges: &Edges, limit: usize, bad: Option<u8>, lane: &dyn Fn(u8) -> Option<u32>) {
    let below = |node: u8| bad.is_some_and(|bad| reaches(edges, node, bad));
    let go_on = WalkOptions::default().on_failure(OnFailure::Continue);
    for (node, status) in walk(dag, edges, go_on, limit, bad, lane, true) {
        match status {
            Status::Ended(Outcome::Failed) => assert_eq!(bad, Some(node)),
            Status::Skipped(SkipReason::DependencyFailed(id)) => assert!(below(node) && bad == Some(dag[id])),
            _ => assert!(status == Status::Ended(Outcome::Succeeded) && !below(node)),
        }
    }
    for status in walk(dag, edges, WalkOptions::default(), limit, bad, lane, false) {
        if let (node, Status::Skipped(reason)) = status {
            assert_eq!(matches!(reason, SkipReason::DependencyFailed(_)), below(node));
        }
    }
}

/// Whether there is a way from one to the other, of at least one edge.
fn reaches(edges: &Edges, from: u8, to: u8) -> bool {
    edges.iter().any(|&(a, b)| a == from && (b == to || reaches(edges, b, to)))
}

#[test]
fn reachability_and_reduction() {
    for size in 0..=6 {
        every_dag(size, |dag, edges| {
            let mut reach = vec![vec![false; size as usize]; size as usize];
            for &id in dag.order() {
                for &(from, to) in edges.iter().filter(|edge| edge.0 == dag[id]) {
                    let below = reach[to as usize].clone();
                    let row = &mut reach[from as usize];
                    row.iter_mut().zip(below).for_each(|(here, below)| *here |= below);
                    row[to as usize] = true;
                }
            }
            for id in dag.ids() {
                let all = |is: &dyn Fn(usize) -> bool| (0..size).filter(|&node| is(node as usize)).collect::<Vec<_>>();
                let node = dag[id] as usize;
                assert_eq!(keys(&dag, &dag.all_dependencies(id)), all(&|other| reach[node][other]));
                assert_eq!(keys(&dag, &dag.all_dependents(id)), all(&|other| reach[other][node]));
            }
            // An edge is needed if its start reaches its end by no other edge.
            let needed: Edges = edges
                .iter()
                .copied()
                .filter(|&(from, to)| {
                    !edges.iter().any(|&(other, via)| other == from && via != to && reach[via as usize][to as usize])
                })
                .collect();
            let reduction = dag.reduction();
            assert_eq!(reduction.edges().map(|edge| (dag[edge.from], dag[edge.to])).collect::<Edges>(), needed);
            let rebuilt = graph(size, &needed).into_dag().expect("acyclic");
            assert_eq!(reduction.order(), rebuilt.order());
            assert!(reduction.waves().eq(rebuilt.waves()));
        });
    }
}

#[test]
fn dominators() {
    for size in 0..=5 {
        every_dag(size, |dag, edges| {
            let dominators = dag.dominators();
            let asked_for = |node: u8, without: Option<u8>| {
                let without = |edge: &&(u8, u8)| without.is_none_or(|gone| gone != edge.0 && gone != edge.1);
                let left: Edges = edges.iter().filter(without).copied().collect();
                let root = |node: u8| edges.iter().all(|edge| edge.1 != node);
                root(node) || (0..size).any(|from| root(from) && reaches(&left, from, node))
            };
            for id in dag.ids() {
                let expected: Vec<u8> =
                    (0..size).filter(|&gone| gone != dag[id] && !asked_for(dag[id], Some(gone))).collect();
                let mut found: Vec<NodeId> = dominators.of(id).collect();
                assert!(found.windows(2).all(|pair| dag.all_dependents(pair[0]).contains(&pair[1])), "nearest first");
                assert_eq!(found.first().copied(), dominators.immediate(id));
                found.sort_unstable();
                assert_eq!(keys(&dag, &found), expected);
                for above in dag.ids() {
                    assert_eq!(dominators.dominated(above).contains(&id), found.contains(&above));
                }
            }
        });
    }
}

#[test]
fn critical_path() {
    let cost = |node: &u8| u64::from(*node * *node % 7);
    for size in 0..=6 {
        every_dag(size, |dag, edges| {
            let mut paths: Vec<Vec<u8>> = (0..size).map(|node| vec![node]).collect();
            let mut place = 0;
            while let Some(path) = paths.get(place).cloned() {
                place += 1;
                let last = path[path.len() - 1];
                paths.extend(edges.iter().filter(|edge| edge.1 == last).map(|edge| [&path[..], &[edge.0]].concat()));
            }
            let sum = |path: &Vec<u8>| path.iter().map(cost).sum::<u64>();
            let longest =
                |is: &dyn Fn(&Vec<u8>) -> bool| paths.iter().filter(|path| is(path)).map(sum).max().unwrap_or(0);

            let critical = dag.critical_path(cost);
            let path = keys(&dag, critical.nodes());
            assert_eq!(critical.length(), longest(&|_| true));
            assert_eq!(critical.length(), sum(&path));
            assert!(path.is_empty() || paths.contains(&path));
            let slack = dag.slack(cost);
            for id in dag.ids() {
                let node = dag[id];
                assert_eq!(critical.earliest_end(id), longest(&|path| path.ends_with(&[node])));
                assert_eq!(slack[id.index()], critical.length() - longest(&|path| path.contains(&node)));
            }
        });
    }
}
