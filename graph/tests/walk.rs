//! The walk in virtual time: limits, lanes, priorities, failures, cancellation, restored walks.

#![expect(clippy::expect_used, clippy::panic, reason = "a test")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use proptest::prelude::*;
use score_graph::{
    Command, Dag, Graph, NodeId, NodeOptions, OnFailure, Outcome, SkipReason, Status, Walk, WalkOptions,
};

/// What one node is like.
#[derive(Clone, Debug)]
struct Node {
    duration: u64,
    lane: Option<u32>,
    group: Option<u32>,
    outcome: Outcome,
}

impl Node {
    fn lasting(duration: u64) -> Self {
        Self { duration, lane: None, group: None, outcome: Outcome::Succeeded }
    }

    fn options(&self) -> NodeOptions {
        NodeOptions::default().cost(self.duration).lane(self.lane).group(self.group)
    }
}

fn dag(size: usize, edges: &[(usize, usize)]) -> Dag<usize, ()> {
    let edges = edges.iter().map(|&(from, to)| (from, to, ()));
    Graph::from_numbered((0..size).collect(), edges).expect("well formed").into_dag().expect("acyclic")
}

/// What happened when, as a person would note it down.
#[derive(Debug, Default, PartialEq)]
struct Log {
    started: BTreeMap<usize, u64>,
    ended: BTreeMap<usize, u64>,
    skipped: BTreeMap<usize, SkipReason>,
    commands: Vec<Command>,
    makespan: u64,
}

/// Runs a walk in virtual time, cancels it at some instant, and checks at every step what always holds.
fn simulate(dag: &Dag<usize, ()>, nodes: &[Node], mut walk: Walk, limits: Limits, cancel_at: Option<u64>) -> Log {
    let mut log = Log::default();
    let mut now = 0;
    let mut running: BinaryHeap<Reverse<(u64, NodeId)>> = BinaryHeap::new();
    let mut stopped = false;
    let succeeded = |walk: &Walk, id: NodeId| walk.status(id) == Some(Status::Ended(Outcome::Succeeded));
    let over = |walk: &Walk, id: NodeId| matches!(walk.status(id), Some(Status::Ended(_) | Status::Skipped(_)));
    let in_turn = |walk: &Walk, id: NodeId| {
        let lane = nodes[dag[id]].lane;
        lane.is_none()
            || dag
                .order()
                .iter()
                .take_while(|before| **before != id)
                .all(|&before| nodes[dag[before]].lane != lane || over(walk, before))
    };
    loop {
        if cancel_at.is_some_and(|instant| instant <= now) && !stopped {
            walk.cancel();
            stopped = true;
        }
        let command = walk.poll();
        log.commands.extend(command);
        match command {
            Some(Command::Start(id)) => {
                assert!(!stopped, "nothing new");
                assert!(dag.dependencies(id).iter().all(|&to| succeeded(&walk, to)), "dependencies first");
                assert!(in_turn(&walk, id), "lanes in order");
                assert_eq!(log.started.insert(dag[id], now), None, "once");
                running.push(Reverse((now + nodes[dag[id]].duration, id)));
                assert!(running.len() <= limits.all && walk.running() == running.len());
                for (&group, &limit) in &limits.groups {
                    let members = running.iter().filter(|Reverse((_, id))| nodes[dag[*id]].group == Some(group));
                    assert!(members.count() <= limit, "group limit");
                }
            }
            Some(Command::Skip(id, reason)) => {
                assert_eq!(log.skipped.insert(dag[id], reason), None, "once");
                assert_eq!(walk.status(id), Some(Status::Skipped(reason)));
            }
            Some(Command::Finished) => {
                assert!(running.is_empty());
                assert_eq!(walk.poll(), Some(Command::Finished), "still");
                log.makespan = now;
                return log;
            }
            Some(other) => panic!("unknown {other:?}"),
            None => {
                if running.len() < limits.all && !stopped {
                    for id in dag.ids().filter(|&id| walk.status(id) == Some(Status::Waiting)) {
                        let group = nodes[dag[id]]
                            .group
                            .and_then(|group| limits.groups.get(&group).map(|limit| (group, *limit)));
                        let full = group.is_some_and(|(group, limit)| {
                            running.iter().filter(|Reverse((_, id))| nodes[dag[*id]].group == Some(group)).count()
                                == limit
                        });
                        let ready = dag.dependencies(id).iter().all(|&to| succeeded(&walk, to)) && in_turn(&walk, id);
                        assert!(full || !ready, "idles though {id:?} could run");
                    }
                }
                let Some(Reverse((instant, id))) = running.pop() else { panic!("waits for nothing") };
                now = instant;
                let outcome = nodes[dag[id]].outcome;
                stopped |= outcome != Outcome::Succeeded && limits.stop;
                walk.report(id, outcome).expect("running");
                assert_eq!(walk.report(id, outcome).map_err(|error| error.status), Err(Some(Status::Ended(outcome))));
                log.ended.insert(dag[id], now);
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Limits {
    all: usize,
    groups: BTreeMap<u32, usize>,
    stop: bool,
}

impl Limits {
    fn options(&self) -> WalkOptions {
        let on_failure = if self.stop { OnFailure::Stop } else { OnFailure::Continue };
        let options = WalkOptions::default().limit(self.all).on_failure(on_failure);
        self.groups.iter().fold(options, |options, (&group, &limit)| options.group_limit(group, limit))
    }
}

fn run(dag: &Dag<usize, ()>, nodes: &[Node], limits: &Limits, cancel_at: Option<u64>) -> Log {
    let walk = Walk::new(dag, limits.options(), |&node| nodes[node].options());
    simulate(dag, nodes, walk, limits.clone(), cancel_at)
}

fn limited(all: usize) -> Limits {
    Limits { all, groups: BTreeMap::new(), stop: true }
}

fn any_dag(most: usize) -> impl Strategy<Value = Dag<usize, ()>> {
    (1..most).prop_flat_map(|size| {
        let names = Just((0..size).collect::<Vec<_>>()).prop_shuffle();
        (names, prop::collection::vec((0..size, 0..size), 0..2 * size)).prop_map(|(names, edges)| {
            let edges = edges.into_iter().filter(|(from, to)| from != to);
            let edges: Vec<_> = edges.map(|(from, to)| (names[from.max(to)], names[from.min(to)])).collect();
            dag(names.len(), &edges)
        })
    })
}

fn any_node(good: u32) -> impl Strategy<Value = Node> {
    let outcome =
        prop_oneof![good => Just(Outcome::Succeeded), 1 => Just(Outcome::Failed), 1 => Just(Outcome::Cancelled)];
    (0..20_u64, prop::option::of(0..2_u32), prop::option::of(0..3_u32), outcome)
        .prop_map(|(duration, lane, group, outcome)| Node { duration, lane, group, outcome })
}

fn any_limits() -> impl Strategy<Value = Limits> {
    (1..6_usize, prop::collection::btree_map(0..2_u32, 1..3_usize, 0..3), any::<bool>())
        .prop_map(|(all, groups, stop)| Limits { all, groups, stop })
}

/// What depends on any of the nodes that did not succeed.
fn condemned(dag: &Dag<usize, ()>, log: &Log, nodes: &[Node]) -> BTreeSet<usize> {
    let bad = dag.ids().filter(|&id| log.ended.contains_key(&dag[id]) && nodes[dag[id]].outcome != Outcome::Succeeded);
    dag.all_dependents_of(bad).into_iter().map(|id| dag[id]).collect()
}

proptest! {
    /// Every promise but those about time, whatever happens.
    #[test]
    fn anything_may_happen(
        dag in any_dag(30),
        nodes in prop::collection::vec(any_node(8), 30),
        limits in any_limits(),
        cancel_at in prop::option::weighted(0.3, 0..60_u64),
    ) {
        let log = run(&dag, &nodes, &limits, cancel_at);
        prop_assert_eq!(log.ended.len() + log.skipped.len(), dag.len(), "every node ends");
        prop_assert_eq!(log.started.len(), log.ended.len());
        let condemned = condemned(&dag, &log, &nodes);
        prop_assert!(condemned.iter().all(|node| log.skipped.contains_key(node)));
        for (node, reason) in &log.skipped {
            match reason {
                SkipReason::DependencyFailed(id) => {
                    prop_assert!(condemned.contains(node));
                    prop_assert!(nodes[dag[*id]].outcome != Outcome::Succeeded && log.ended.contains_key(&dag[*id]));
                }
                SkipReason::Stopped => prop_assert!(limits.stop),
                SkipReason::Cancelled => prop_assert!(cancel_at.is_some()),
                other => panic!("unknown {other:?}"),
            }
        }
        if !limits.stop && cancel_at.is_none() {
            prop_assert_eq!(log.skipped.keys().copied().collect::<BTreeSet<_>>(), condemned, "nothing else");
        }
        prop_assert_eq!(run(&dag, &nodes, &limits, cancel_at), log, "deterministic");
    }

    /// Without groups and lanes: never longer than Graham's bound, and no longer than necessary if all can run at once.
    #[test]
    fn makespan(dag in any_dag(40), durations in prop::collection::vec(1..100_u64, 40), limit in 1..12_usize) {
        let nodes: Vec<Node> = durations.into_iter().map(Node::lasting).collect();
        let makespan = |limit| run(&dag, &nodes, &limited(limit), None).makespan;
        let critical = dag.critical_path(|&node| nodes[node].duration).length();
        let work: u64 = dag.keys().iter().map(|&node| nodes[node].duration).sum();
        prop_assert_eq!(makespan(dag.len()), critical);
        prop_assert_eq!(makespan(1), work);
        let limit_of_time = limit as u64;
        // Graham 1966: at most (2 - 1/P) times the best possible; and more exactly work / P + (1 - 1/P) critical path.
        prop_assert!(makespan(limit) * limit_of_time <= work + (limit_of_time - 1) * critical);
        prop_assert!(makespan(limit) >= critical.max(work.div_ceil(limit_of_time)));
    }

    /// A walk that is restored in the middle of another does the rest of it.
    #[test]
    fn restored(
        dag in any_dag(30),
        nodes in prop::collection::vec(any_node(6), 30),
        instant in 0..60_u64,
        mut limits in any_limits(),
    ) {
        limits.stop = false;
        let whole = run(&dag, &nodes, &limits, None);
        let before = |node: &usize| whole.ended.get(node).is_some_and(|ended| *ended <= instant);
        let walk = Walk::new(&dag, limits.options(), |node| {
            nodes[*node].options().settled(before(node).then_some(nodes[*node].outcome))
        });
        let rest = simulate(&dag, &nodes, walk, limits, None);
        let left: BTreeSet<usize> = whole.ended.keys().copied().filter(|node| !before(node)).collect();
        prop_assert_eq!(rest.ended.keys().copied().collect::<BTreeSet<_>>(), left);
        prop_assert_eq!(rest.skipped.keys().collect::<Vec<_>>(), whole.skipped.keys().collect::<Vec<_>>());
    }
}

/// How far makespans are from the larger of critical path and work over parallelism, on random graphs with durations
/// between which there are worlds.
#[test]
fn makespan_on_average() {
    let mut random = 0x5eed_u64;
    let mut below = |bound: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % bound
    };
    let (mut sum, mut count) = (0.0, 0.0);
    for _ in 0..60 {
        let size = 50 + below(200) as usize;
        let edges: Vec<(usize, usize)> = (1..size)
            .flat_map(|from| (0..below(4)).map(|_| (from, below(from as u64) as usize)).collect::<Vec<_>>())
            .collect();
        let dag = dag(size, &edges);
        // A product of factors is about log-normal.
        let nodes: Vec<Node> = (0..size).map(|_| Node::lasting((0..6).map(|_| 1 + below(5)).product())).collect();
        let critical = dag.critical_path(|&node| nodes[node].duration).length();
        let work: u64 = nodes.iter().map(|node| node.duration).sum();
        for limit in [1, 2, 4, 10, 64] {
            let bound = critical.max(work.div_ceil(limit as u64));
            let makespan = run(&dag, &nodes, &limited(limit), None).makespan;
            sum += makespan as f64 / bound as f64;
            count += 1.0;
        }
    }
    assert!(sum / count < 1.02, "{}", sum / count);
}

#[test]
fn the_longest_path_goes_first() {
    // 3 → 2 → 1 is the long way; 0 and 4 are short.
    let dag = dag(5, &[(3, 2), (2, 1)]);
    let nodes: Vec<Node> = [9, 5, 5, 5, 1].map(Node::lasting).into();
    let log = run(&dag, &nodes, &limited(1), None);
    let mut order: Vec<usize> = log.started.keys().copied().collect();
    order.sort_by_key(|node| log.started[node]);
    assert_eq!(order, [1, 2, 0, 3, 4]);
}

#[test]
fn a_lane_goes_on_after_a_failure() {
    let dag = dag(4, &[(3, 2)]);
    let mut nodes = vec![Node { lane: Some(1), ..Node::lasting(2) }; 4];
    nodes[0].outcome = Outcome::Failed;
    let log = run(&dag, &nodes, &Limits { stop: false, ..limited(9) }, None);
    assert_eq!(log.started, BTreeMap::from([(0, 0), (1, 2), (2, 4), (3, 6)]));
}

proptest! {
    /// Held against starting, of all members that could, the one of the least rank.
    #[test]
    fn a_lane_follows_its_ranks_as_far_as_the_dag_allows(
        edges in prop::collection::vec((0_usize..7, 0_usize..7), 0..10),
        ranks in Just((1..8_u32).collect::<Vec<_>>()).prop_shuffle(),
        members in prop::collection::vec(any::<bool>(), 7),
        costs in prop::collection::vec(0_u64..5, 7),
    ) {
        let edges: Vec<(usize, usize)> =
            edges.into_iter().filter(|(a, b)| a != b).map(|(a, b)| (a.max(b), a.min(b))).collect();
        let dag = dag(7, &edges);
        let mut walk = Walk::new(&dag, WalkOptions::default().limit(1), |&node| {
            NodeOptions::default().cost(costs[node]).lane(members[node].then_some(0)).rank(ranks[node])
        });
        let mut found = Vec::new();
        while let Some(Command::Start(id)) = walk.poll() {
            found.extend(Some(dag[id]).filter(|node| members[*node]));
            walk.report(id, Outcome::Succeeded).expect("running");
        }
        let needs = |node: usize| {
            let mut open = vec![node];
            let mut seen = [false; 7];
            while let Some(at) = open.pop() {
                for (_, to) in edges.iter().filter(|(from, to)| *from == at && !std::mem::replace(&mut seen[*to], true)) {
                    open.push(*to);
                }
            }
            seen
        };
        let mut left: Vec<usize> = (0..7).filter(|node| members[*node]).collect();
        let mut want = Vec::new();
        while !left.is_empty() {
            let free = left.iter().copied().filter(|node| !left.iter().any(|other| needs(*node)[*other]));
            let next = free.min_by_key(|node| ranks[*node]).expect("acyclic");
            left.retain(|node| *node != next);
            want.push(next);
        }
        prop_assert_eq!(found, want);
    }
}

#[test]
fn skipped_and_cancelled_in_the_order_of_the_dag() {
    let dag = dag(5, &[(0, 4), (1, 0), (2, 4)]);
    let mut walk = Walk::new(&dag, WalkOptions::default().limit(2), |_| NodeOptions::default());
    let mut poll = |expected: &[Option<Command>]| {
        let found: Vec<_> = expected.iter().map(|_| walk.poll()).collect();
        assert_eq!(found, expected);
        walk.clone()
    };
    let id = |node: usize| dag.id(&node).expect("there");
    let start = |node| Some(Command::Start(id(node)));
    let skip = |node, reason| Some(Command::Skip(id(node), reason));
    let walk = poll(&[start(3), start(4), None]);

    let mut failed = walk.clone();
    failed.report(id(4), Outcome::Failed).expect("running");
    let below = SkipReason::DependencyFailed(id(4));
    let found: Vec<_> = (0..4).map(|_| failed.poll()).collect();
    assert_eq!(found, [skip(0, below), skip(2, below), skip(1, below), None]);
    failed.report(id(3), Outcome::Succeeded).expect("running");
    assert_eq!(failed.poll(), Some(Command::Finished));

    let mut cancelled = walk.clone();
    cancelled.report(id(4), Outcome::Succeeded).expect("running");
    cancelled.cancel();
    cancelled.cancel();
    let found: Vec<_> = (0..4).map(|_| cancelled.poll()).collect();
    let reason = SkipReason::Cancelled;
    assert_eq!(found, [skip(0, reason), skip(2, reason), skip(1, reason), None]);
    assert_eq!(
        cancelled.report(id(0), Outcome::Failed).map_err(|error| error.status),
        Err(Some(Status::Skipped(reason)))
    );
    cancelled.report(id(3), Outcome::Cancelled).expect("running");
    assert_eq!(cancelled.poll(), Some(Command::Finished));
}
