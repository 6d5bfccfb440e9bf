//! The pure graph phase beside petgraph, and every other operation of `score-graph`.
//!
//! `cargo bench -p benches --bench graph` runs criterion; with `-- --exponents` it prints tables instead: nanoseconds
//! a node from 1,000 to 1,000,000 nodes, and the exponents fitted to them. Further words select rows.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench")]

use std::hint::black_box;
use std::sync::Arc;

use benches::{Selection, Series, Shape, inputs_of};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use petgraph::graph::{DiGraph, NodeIndex};
use score_graph::{Command, Dag, Graph, GraphBuilder, NodeOptions, Outcome, Walk, WalkOptions};

/// That of the program `partitura`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Edges = Vec<(u32, u32)>;

fn build(size: u32, edges: &Edges) -> Graph<u32, ()> {
    let edges = edges.iter().map(|&(from, to)| (from as usize, to as usize, ()));
    Graph::from_numbered((0..size).collect(), edges).expect("well formed")
}

fn build_by_key<K: Ord + std::hash::Hash + Clone>(keys: &[K], edges: &Edges) -> Graph<K, ()> {
    let mut builder = GraphBuilder::new();
    for key in keys {
        builder.node(key.clone());
    }
    for &(from, to) in edges {
        builder.edge(keys[from as usize].clone(), keys[to as usize].clone(), ());
    }
    builder.build()
}

fn dag(size: u32, edges: &Edges) -> Dag<u32, ()> {
    build(size, edges).into_dag().expect("acyclic")
}

/// Build, order with the proof that there is no cycle, and critical path.
fn pure_phase(size: u32, edges: &Edges) -> u64 {
    dag(size, edges).critical_path(|node| u64::from(node % 7)).length()
}

fn petgraph_build(size: u32, edges: &Edges) -> DiGraph<u32, ()> {
    let mut graph = DiGraph::with_capacity(size as usize, edges.len());
    for node in 0..size {
        graph.add_node(node);
    }
    for &(from, to) in edges {
        graph.add_edge(NodeIndex::new(from as usize), NodeIndex::new(to as usize), ());
    }
    graph
}

fn petgraph_phase(size: u32, edges: &Edges) -> usize {
    petgraph::algo::toposort(&petgraph_build(size, edges), None).expect("acyclic").len()
}

/// The same with one more edge, from the first node that is depended on to a last one.
fn with_cycle(size: u32, mut edges: Edges) -> Edges {
    let dag = dag(size, &edges);
    let first = dag.order().iter().copied().find(|&node| !dag.dependents(node).is_empty()).expect("not empty");
    let last = *dag.all_dependents(first).last().expect("not empty");
    edges.push((dag[first], dag[last]));
    edges
}

/// A graph in plain arrays, to see what memory alone makes of an access pattern.
struct Plain {
    order: Vec<u32>,
    offsets: Vec<u32>,
    targets: Vec<u32>,
}

impl Plain {
    fn new(size: u32, edges: &Edges) -> Self {
        let dag = dag(size, edges);
        let mut plain = Self { order: Vec::new(), offsets: vec![0], targets: Vec::new() };
        plain.order.extend(dag.order().iter().map(|&node| dag[node]));
        for node in dag.ids() {
            plain.targets.extend(dag.dependencies(node).iter().map(|&to| dag[to]));
            plain.offsets.push(plain.targets.len() as u32);
        }
        plain
    }

    /// Visits the nodes in order, reads a word of each dependency and writes one.
    fn visit(&self) -> Vec<u32> {
        let mut words = vec![0_u32; self.order.len()];
        for &node in &self.order {
            let row = self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize;
            let sum: u32 = self.targets[row].iter().map(|&to| words[to as usize]).fold(0, u32::wrapping_add);
            words[node as usize] = sum + 1;
        }
        words
    }
}

/// Numbers texts with the hash map of the standard library, and looks up both ends of each edge.
fn number_in_a_map(names: &[Arc<str>], edges: &Edges) -> usize {
    let mut numbers = std::collections::HashMap::new();
    for (number, name) in names.iter().enumerate() {
        numbers.insert(name.clone(), number);
    }
    edges.iter().map(|&(from, to)| numbers[&names[from as usize]] ^ numbers[&names[to as usize]]).fold(0, |a, b| a ^ b)
}

fn walk(dag: &Dag<u32, ()>) -> usize {
    let mut walk =
        Walk::new(dag, WalkOptions::default().limit(64), |node| NodeOptions::default().cost((node % 7).into()));
    let mut running = std::collections::VecDeque::new();
    let mut done = 0;
    loop {
        match walk.poll() {
            Some(Command::Start(node)) => running.push_back(node),
            Some(Command::Finished) => return done,
            _ => {
                let node = running.pop_front().expect("something runs");
                walk.report(node, Outcome::Succeeded).expect("running");
                done += 1;
            }
        }
    }
}

fn criterion(criterion: &mut Criterion) {
    let size = 100_000;
    for shape in Shape::ALL {
        let edges = shape.edges(size);
        let mut group = criterion.benchmark_group(format!("graph/{}", shape.name()));
        group.throughput(Throughput::Elements(size.into())).sample_size(10);
        group.bench_function(BenchmarkId::new("build, order, critical path", size), |bencher| {
            bencher.iter(|| pure_phase(size, &edges));
        });
        group.bench_function(BenchmarkId::new("petgraph build, toposort", size), |bencher| {
            bencher.iter(|| petgraph_phase(size, &edges));
        });
        let dag = dag(size, &edges);
        group.bench_function(BenchmarkId::new("order", size), |bencher| {
            bencher.iter_batched(|| dag.clone().into_graph(), Graph::into_dag, BatchSize::LargeInput);
        });
        group.bench_function(BenchmarkId::new("walk", size), |bencher| bencher.iter(|| walk(&dag)));
        group.bench_function(BenchmarkId::new("reduction", size), |bencher| bencher.iter(|| dag.reduction()));
        group.bench_function(BenchmarkId::new("dominators", size), |bencher| bencher.iter(|| dag.dominators()));
        group.finish();
    }
}

const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];

fn measured<I, J, O>(
    prepare: impl Fn(u32, u32) -> I,
    each: impl Fn(&I) -> J,
    operation: impl Fn(&I, J) -> O,
) -> Series {
    let mut series = Series::default();
    for size in SIZES {
        let inputs: Vec<I> = (0..inputs_of(size)).map(|variant| prepare(size, variant)).collect();
        let input = |number| &inputs[number as usize];
        let prepare = |number| (input(number), each(input(number)));
        series.measure_each(size, inputs.len() as u32, prepare, |(input, own)| operation(input, own));
    }
    series
}

fn series<I, O>(prepare: impl Fn(u32, u32) -> I, operation: impl Fn(&I) -> O) -> Series {
    measured(prepare, |_| (), |input, ()| operation(input))
}

fn consuming<I: Clone, O>(prepare: impl Fn(u32, u32) -> I, operation: impl Fn(I) -> O) -> Series {
    measured(prepare, I::clone, |_, own| operation(own))
}

/// Prints the rows whose "shape: operation" contains all of the given words.
fn exponents(selection: &Selection) {
    println!("| shape | operation | 1e3 | 1e4 | 1e5 | 1e6 | exponent |\n|---|---|--:|--:|--:|--:|--:|");
    for shape in Shape::ALL {
        let row = |operation: &str, series: &dyn Fn() -> Series| {
            let name = format!("{}: {operation}", shape.name());
            if selection.selects(&name) {
                let series = series();
                let times: Vec<String> =
                    series.points().iter().map(|point| format!("{:.1}", point.per_node())).collect();
                println!("| {} | {operation} | {} | {:.2} |", shape.name(), times.join(" | "), series.exponent());
            }
        };
        let edges = |size, variant| (size, shape.variant(size, variant));
        let cyclic = |size, variant| (size, with_cycle(size, shape.variant(size, variant)));
        let graph = |size, variant| build(size, &shape.variant(size, variant));
        let dag = |size, variant| dag(size, &shape.variant(size, variant));
        row("**build, order, critical path**", &|| series(edges, |(size, edges)| pure_phase(*size, edges)));
        row("*petgraph: build, toposort*", &|| series(edges, |(size, edges)| petgraph_phase(*size, edges)));
        row("*plain arrays: visit in order*", &|| {
            series(|size, variant| Plain::new(size, &shape.variant(size, variant)), Plain::visit)
        });
        row("build", &|| series(edges, |(size, edges)| build(*size, edges)));
        row("order", &|| consuming(graph, |graph| black_box(graph.into_dag().is_ok())));
        row("critical path", &|| series(dag, |dag| dag.critical_path(|node| u64::from(node % 7))));
        row("build, cycle report", &|| {
            series(cyclic, |(size, edges)| build(*size, edges).into_dag().expect_err("a cycle"))
        });
        row("*petgraph: build, kosaraju_scc*", &|| {
            series(cyclic, |(size, edges)| petgraph::algo::kosaraju_scc(&petgraph_build(*size, edges)))
        });
        let names = |size: u32, variant| -> (Vec<Arc<str>>, Edges) {
            let name = |node| format!("postgres.default#workload-{node:07}.database").into();
            ((0..size).map(name).collect(), shape.variant(size, variant))
        };
        row("build from text, edge by edge", &|| series(names, |(names, edges)| build_by_key(names, edges)));
        row("*std HashMap: number texts, look up ends*", &|| {
            series(names, |(names, edges)| number_in_a_map(names, edges))
        });
        row("whole walk, 64 at once", &|| series(dag, walk));
        row("reversed", &|| consuming(dag, Dag::reversed));
        row("reduction", &|| series(dag, |dag| dag.reduction().len()));
        row("dominators", &|| series(dag, Dag::dominators));
        row("all dependents of the first wave", &|| {
            series(dag, |dag| dag.all_dependents_of(dag.waves().next().unwrap_or_default().iter().copied()))
        });
    }
}

fn main() {
    let selection = Selection::given();
    if selection.has("--exponents") {
        return exponents(&selection);
    }
    let mut runner = Criterion::default().configure_from_args();
    criterion(&mut runner);
    runner.final_summary();
}
