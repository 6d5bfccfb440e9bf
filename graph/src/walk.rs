use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::adjacency::Adjacency;
use crate::lane::{Member, by_rank};
use crate::priority::by_priority;
use crate::ready::ReadySet;
use crate::{Dag, NodeId};

/// A walk over a [`Dag`] as a state machine: it says what may start now, and is told how it ended.
///
/// It calls nothing, waits for nothing and reads no clock; whoever drives it does. The same reports in the same order
/// give the same commands, whatever the machine or the day. It owns what it needs to know of the graph, so it has
/// neither a lifetime nor the type of the keys.
///
/// - A node starts after all it depends on have succeeded, as soon as a limit allows: the walk never idles while
///   something could run.
/// - Of several nodes that could start, the one with the longest remaining path goes first (the costs on the most
///   expensive way from it to the end, along dependents and along its lane), and among equals the one that comes first in [`Dag::order`].
/// - Nodes of one **lane** run one at a time, also after one of them failed: in the order of their ranks, then of the dag, as far as the dag allows. Where there are several lanes, there is one such order of all nodes that are in
///   lanes, so that no two lanes can wait for each other: of all that could come next, the least rank does, whatever its lane.
/// - Nodes of one **group** are limited in number together, beside the limit for all.
/// - Every node ends exactly once: reported by the caller, or skipped by a command.
///
/// A whole walk costs O((V + E) log V), of which only ranked lanes and limited groups need the logarithm.
///
/// ```
/// use score_graph::{Command, GraphBuilder, NodeOptions, Outcome, Walk, WalkOptions};
///
/// let mut builder = GraphBuilder::new();
/// builder.edge("shop", "database", ());
/// let dag = builder.build().into_dag()?;
///
/// let mut walk = Walk::new(&dag, WalkOptions::default().limit(4), |_| NodeOptions::default());
/// let mut log = Vec::new();
/// while let Some(command) = walk.poll() {
///     match command {
///         Command::Start(node) => {
///             log.push(dag[node]);
///             walk.report(node, Outcome::Succeeded)?; // usually later
///         }
///         Command::Skip(node, reason) => unreachable!("{node:?} {reason:?}: nothing failed"),
///         Command::Finished => break,
///         _ => {}
///     }
/// }
/// assert_eq!(log, ["database", "shop"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Walk {
    dependents: Arc<Adjacency>,
    order: Arc<Vec<NodeId>>,
    nodes: Vec<Node>,
    /// The nodes that are in a lane.
    lanes: FxHashMap<NodeId, Place>,
    by_priority: Vec<NodeId>,
    /// The priorities of nodes that could start.
    ready: ReadySet,
    groups: Vec<Group>,
    /// The place of each node's group among those that have a limit; empty if none has.
    group_of: Vec<u32>,
    /// The place of each node in the order of the dag, once anything failed.
    ranks: Vec<u32>,
    skips: VecDeque<(NodeId, SkipReason)>,
    limit: usize,
    on_failure: OnFailure,
    running: usize,
    /// How many nodes are waiting or running.
    open: usize,
}

/// What holds for a whole [`Walk`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WalkOptions {
    limit: usize,
    on_failure: OnFailure,
    group_limits: BTreeMap<u32, usize>,
}

/// What holds for one node of a [`Walk`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeOptions {
    cost: u64,
    lane: Option<u32>,
    rank: u32,
    group: Option<u32>,
    settled: Option<Outcome>,
}

/// What a walk does after a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing new starts; what runs is awaited; everything else is skipped.
    #[default]
    Stop,
    /// Only what depends on the failed node is skipped.
    Continue,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Start this node; [`Walk::report`] how it ended.
    Start(NodeId),
    /// This node will not run. There is nothing to report.
    Skip(NodeId, SkipReason),
    /// Every node has ended.
    Finished,
}

/// Why a node did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// It depends, directly or through others, on this node, which did not succeed.
    DependencyFailed(NodeId),
    /// Another node did not succeed, and the walk was to stop then.
    Stopped,
    /// The walk was cancelled.
    Cancelled,
}

/// How a node that was started ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What depends on it may run.
    Succeeded,
    /// What depends on it is skipped.
    Failed,
    /// It was interrupted; for what depends on it the same as a failure.
    Cancelled,
}

/// Where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Not started yet.
    Waiting,
    /// Started and not reported yet.
    Running,
    /// Reported.
    Ended(Outcome),
    /// It will not run.
    Skipped(SkipReason),
}

/// A report about a node that is not running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("node {node:?} was reported, but it is not running")]
pub struct NotRunning {
    /// The node that was reported.
    pub node: NodeId,
    /// Where it is; `None` if the walk has no such node.
    pub status: Option<Status>,
}

impl Default for WalkOptions {
    fn default() -> Self {
        Self { limit: usize::MAX, on_failure: OnFailure::default(), group_limits: BTreeMap::new() }
    }
}

impl WalkOptions {
    /// How many nodes may run at once; unlimited unless given. 0 is taken as 1, or the walk would never end.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// What to do after a failure; to stop unless given.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// How many nodes of this group may run at once; unlimited unless given. 0 is taken as 1.
    #[must_use]
    pub fn group_limit(mut self, group: u32, limit: usize) -> Self {
        self.group_limits.insert(group, limit.max(1));
        self
    }
}

impl NodeOptions {
    /// How long it is expected to run, in any unit; 0 unless given. If no cost is known, nodes start in the order of
    /// the dag.
    #[must_use]
    pub fn cost(mut self, cost: u64) -> Self {
        self.cost = cost;
        self
    }

    /// The lane it belongs to, if any.
    #[must_use]
    pub fn lane(mut self, lane: impl Into<Option<u32>>) -> Self {
        self.lane = lane.into();
        self
    }

    /// Where it is to stand among those of its lane: the lower goes first, as far as the dag allows; 0 unless given. Among equals it is the order of the dag.
    #[must_use]
    pub fn rank(mut self, rank: u32) -> Self {
        self.rank = rank;
        self
    }

    /// The group with which it shares a limit, if any.
    #[must_use]
    pub fn group(mut self, group: impl Into<Option<u32>>) -> Self {
        self.group = group.into();
        self
    }

    /// How it ended already, before this walk: it is not started, and the others see it as if it was reported.
    #[must_use]
    pub fn settled(mut self, outcome: impl Into<Option<Outcome>>) -> Self {
        self.settled = outcome.into();
        self
    }
}

#[derive(Clone, Debug)]
struct Node {
    status: Status,
    /// How many dependencies have not succeeded; one more until its turn in its lane has come.
    open: u32,
    /// Its place when all nodes are ordered by who is to go first.
    priority: u32,
}

/// More groups than there are.
const NO_GROUP: u32 = u32::MAX;

/// What a node knows of its lane.
#[derive(Clone, Debug)]
struct Place {
    /// Whether all before it have ended, and it has not passed that on.
    in_turn: bool,
    next: Option<NodeId>,
}

#[derive(Clone, Debug)]
struct Group {
    limit: usize,
    running: usize,
    /// Nodes that could start if the group was not at its limit, by their priorities.
    waiting: BinaryHeap<Reverse<u32>>,
}

impl Walk {
    /// A walk over all nodes of the dag; `node` is asked once for each of them.
    pub fn new<K, E>(dag: &Dag<K, E>, options: WalkOptions, node: impl Fn(&K) -> NodeOptions) -> Self {
        let open = |node| NodeId::new(dag.dependencies(node).len()).0;
        let mut nodes: Vec<Node> =
            dag.ids().map(|node| Node { status: Status::Waiting, open: open(node), priority: 0 }).collect();
        let mut lanes: FxHashMap<NodeId, Place> = FxHashMap::default();
        let mut last_of_lane: FxHashMap<u32, NodeId> = FxHashMap::default();
        let group_places: BTreeMap<u32, u32> = options.group_limits.keys().copied().zip(0..).collect();
        let mut group_of = if group_places.is_empty() { Vec::new() } else { vec![NO_GROUP; dag.len()] };
        let mut settled = Vec::new();
        let mut costs = Vec::with_capacity(dag.len());
        let mut members: Vec<Member> = Vec::new();
        for &id in dag.order() {
            let NodeOptions { cost, lane, rank, group, settled: outcome } = node(&dag[id]);
            costs.push(cost);
            settled.extend(outcome.map(|outcome| (id, outcome)));
            if let Some(place) = group.and_then(|group| group_places.get(&group)) {
                group_of[id.index()] = *place;
            }
            members.extend(lane.map(|lane| Member { id, lane, rank }));
        }
        let order = by_rank(dag, &mut members, &mut costs);
        for Member { id, lane, .. } in members {
            let before = last_of_lane.insert(lane, id);
            lanes.insert(id, Place { in_turn: before.is_none(), next: None });
            if let Some(before) = before.and_then(|before| lanes.get_mut(&before)) {
                before.next = Some(id);
                nodes[id.index()].open += 1;
            }
        }

        let by_priority = by_priority(dag, order.as_deref(), &costs, |node| lanes.get(&node)?.next);
        for (priority, node) in (0..).zip(&by_priority) {
            nodes[node.index()].priority = priority;
        }

        let group = |&limit| Group { limit, running: 0, waiting: BinaryHeap::new() };
        let mut walk = Self {
            dependents: dag.dependents_adjacency().clone(),
            order: dag.shared_order().clone(),
            ready: ReadySet::new(nodes.len()),
            open: nodes.len(),
            nodes,
            lanes,
            by_priority,
            groups: options.group_limits.values().map(group).collect(),
            group_of,
            ranks: Vec::new(),
            skips: VecDeque::new(),
            limit: options.limit,
            on_failure: options.on_failure,
            running: 0,
        };
        for &(node, outcome) in &settled {
            walk.end(node, outcome);
        }
        for node in &walk.nodes {
            if let Node { status: Status::Waiting, open: 0, priority } = *node {
                walk.ready.insert(priority);
            }
        }
        for (node, outcome) in settled {
            walk.follow(node, outcome);
        }
        walk
    }

    /// The next thing to do; `None` while there is nothing to do before the next report. After the end it answers
    /// [`Command::Finished`] each time.
    pub fn poll(&mut self) -> Option<Command> {
        if let Some((node, reason)) = self.skips.pop_front() {
            return Some(Command::Skip(node, reason));
        }
        while self.running < self.limit
            && let Some(priority) = self.ready.take_first()
        {
            let node = self.by_priority[priority as usize];
            if self.nodes[node.index()].status != Status::Waiting {
                continue;
            }
            if let Some(group) = self.group(node) {
                if group.running == group.limit {
                    group.waiting.push(Reverse(priority));
                    continue;
                }
                group.running += 1;
            }
            self.nodes[node.index()].status = Status::Running;
            self.running += 1;
            return Some(Command::Start(node));
        }
        (self.open == 0).then_some(Command::Finished)
    }

    /// Says how a node that was started ended.
    ///
    /// # Errors
    ///
    /// The node is not running; the walk is as before.
    pub fn report(&mut self, node: NodeId, outcome: Outcome) -> Result<(), NotRunning> {
        let status = self.status(node);
        if status != Some(Status::Running) {
            return Err(NotRunning { node, status });
        }
        self.running -= 1;
        if let Some(group) = self.group(node) {
            group.running -= 1;
            // One place became free, so one more may compete for it.
            if let Some(Reverse(priority)) = group.waiting.pop() {
                self.ready.insert(priority);
            }
        }
        self.end(node, outcome);
        self.follow(node, outcome);
        Ok(())
    }

    /// Starts nothing new: everything that waits is skipped. What runs is awaited as before.
    pub fn cancel(&mut self) {
        self.skip_all(|_| SkipReason::Cancelled);
    }

    /// Where a node is; `None` for one that the walk does not have.
    ///
    /// A node counts as skipped as soon as that is decided, possibly before [`poll`](Self::poll) says so.
    #[must_use]
    pub fn status(&self, node: NodeId) -> Option<Status> {
        self.nodes.get(node.index()).map(|node| node.status)
    }

    /// How many nodes are running.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running
    }

    /// The group of a node, if that has a limit.
    fn group(&mut self, node: NodeId) -> Option<&mut Group> {
        self.groups.get_mut(*self.group_of.get(node.index())? as usize)
    }

    fn end(&mut self, node: NodeId, outcome: Outcome) {
        self.nodes[node.index()].status = Status::Ended(outcome);
        self.open -= 1;
    }

    /// Draws the consequences for the other nodes.
    fn follow(&mut self, node: NodeId, outcome: Outcome) {
        match (outcome, self.on_failure) {
            (Outcome::Succeeded, _) => {
                for place in self.dependents.range(node) {
                    self.release(self.dependents.nodes()[place]);
                }
                self.pass_turn(node);
            }
            (_, OnFailure::Continue) => {
                let cone = self.waiting_dependents(node);
                for &dependent in &cone {
                    self.skip(dependent, SkipReason::DependencyFailed(node));
                }
                self.pass_turn(node);
                for dependent in cone {
                    self.pass_turn(dependent);
                }
            }
            // Nothing waits after the first failure.
            (_, OnFailure::Stop) if self.open == self.running => {}
            (_, OnFailure::Stop) => {
                let cone = self.waiting_dependents(node);
                let mut depends = vec![false; self.nodes.len()];
                for other in cone {
                    depends[other.index()] = true;
                }
                self.skip_all(|other| match depends[other.index()] {
                    true => SkipReason::DependencyFailed(node),
                    false => SkipReason::Stopped,
                });
            }
        }
    }

    /// All that depends on the node and still waits, in the order of the dag.
    fn waiting_dependents(&mut self, node: NodeId) -> Vec<NodeId> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut found = Vec::new();
        let mut work = vec![node];
        while let Some(node) = work.pop() {
            for &dependent in self.dependents.of(node) {
                if self.nodes[dependent.index()].status == Status::Waiting && seen.insert(dependent) {
                    found.push(dependent);
                    work.push(dependent);
                }
            }
        }
        if found.len() > 1 && self.ranks.is_empty() {
            self.ranks = vec![0; self.order.len()];
            for (rank, node) in (0..).zip(&*self.order) {
                self.ranks[node.index()] = rank;
            }
        }
        found.sort_unstable_by_key(|node| self.ranks[node.index()]);
        found
    }

    fn skip(&mut self, node: NodeId, reason: SkipReason) {
        self.nodes[node.index()].status = Status::Skipped(reason);
        self.open -= 1;
        self.skips.push_back((node, reason));
    }

    fn skip_all(&mut self, reason: impl Fn(NodeId) -> SkipReason) {
        for place in 0..self.order.len() {
            let node = self.order[place];
            if self.nodes[node.index()].status == Status::Waiting {
                self.skip(node, reason(node));
            }
        }
        self.ready.clear();
        for group in &mut self.groups {
            group.waiting.clear();
        }
    }

    /// One thing less to wait for.
    fn release(&mut self, node: NodeId) {
        let Node { open, status, priority, .. } = &mut self.nodes[node.index()];
        *open -= 1;
        if *open == 0 && *status == Status::Waiting {
            self.ready.insert(*priority);
        }
    }

    /// Lets the next one in the lane of a node that has ended have its turn. Those that ended before it came pass it on.
    fn pass_turn(&mut self, node: NodeId) {
        let pass = |place: &mut Place| std::mem::take(&mut place.in_turn).then_some(place.next).flatten();
        let mut passed_to = self.lanes.get_mut(&node).and_then(pass);
        while let Some(next) = passed_to {
            self.release(next);
            let waits = self.nodes[next.index()].status == Status::Waiting;
            passed_to = self.lanes.get_mut(&next).and_then(|place| {
                place.in_turn = waits;
                if waits { None } else { place.next }
            });
        }
    }
}
