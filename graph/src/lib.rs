//! Dependency graphs: what depends on what, in which order, what may run now, and what it all looks like.
//!
//! A [`GraphBuilder`] collects nodes and labelled edges; [`build`](GraphBuilder::build) makes a [`Graph`] of them, to
//! which nothing can be added; [`into_dag`](Graph::into_dag) proves that it has no cycle, or reports all [`Cycles`].
//! Only the [`Dag`] that comes out has an order, and only a [`Dag`] can be walked.
//!
//! ```
//! use score_graph::GraphBuilder;
//!
//! let mut builder = GraphBuilder::new();
//! builder.edge("shop", "database", "host"); // shop depends on database
//! builder.edge("database", "server", "port");
//! builder.edge("shop", "dns", "name");
//! let dag = builder.build().into_dag()?;
//!
//! let waves: Vec<Vec<&str>> = dag.waves().map(|wave| wave.iter().map(|&node| dag[node]).collect()).collect();
//! assert_eq!(waves, [vec!["dns", "server"], vec!["database"], vec!["shop"]]);
//!
//! let server = dag.id(&"server").expect("it is there");
//! let needed_by: Vec<&str> = dag.all_dependents(server).into_iter().map(|node| dag[node]).collect();
//! assert_eq!(needed_by, ["database", "shop"]);
//!
//! let mut builder = GraphBuilder::new();
//! builder.edge("egg", "hen", "laid by");
//! builder.edge("hen", "egg", "hatched from");
//! let cycles = builder.build().into_dag().unwrap_err();
//! assert_eq!(cycles.to_string(), "dependency cycle: `egg` → `hen` → `egg`");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What can be asked:
//!
//! | question | answer |
//! |---|---|
//! | What does a node depend on, and what depends on it? | [`Graph::dependencies`], [`Graph::dependents`], and with labels [`Graph::edges_from`], [`Graph::edges_to`] |
//! | And through others? | [`Graph::all_dependencies`], [`Graph::all_dependents`] |
//! | In which order? | [`Dag::order`], [`Dag::waves`] |
//! | Why is there none? | [`Cycles`] |
//! | How long does it take at least, and what may be late? | [`Dag::critical_path`], [`Dag::slack`] |
//! | What would nobody ask for without this node? | [`Dag::dominators`] |
//! | Which edges say nothing new? | [`Dag::reduction`] |
//! | What changed? | [`Diff`], which also recognises what was renamed |
//! | What may run now? | [`Walk`], a state machine that calls nothing and waits for nothing |
//! | What does it look like? | [`Picture`]: SVG, Graphviz, Mermaid |
//!
//! Everything is generic over the key `K` of a node and the label `E` of an edge, synchronous and deterministic: the
//! order in which things were added, or a hash map would list them, never shows. But where it says otherwise, everything
//! is linear in nodes and edges. Nothing recurses: a chain of a million nodes is nothing special.

mod adjacency;
mod assemble;
mod builder;
mod components;
mod critical_path;
mod cycles;
mod dag;
mod diff;
mod dominators;
mod edge_set;
mod edges;
mod elementary;
mod forest;
mod graph;
mod id;
mod lane;
mod layout;
mod likeness;
mod map;
mod picture;
mod priority;
mod reach;
mod ready;
mod reduction;
mod svg;
mod table;
mod walk;

pub use assemble::Malformed;
pub use builder::GraphBuilder;
pub use critical_path::CriticalPath;
pub use cycles::{Cycle, Cycles};
pub use dag::Dag;
pub use diff::{Diff, EdgeChange, NodeChange};
pub use dominators::Dominators;
pub use graph::{Edge, Graph};
pub use id::NodeId;
pub use picture::{Direction, NodeLook, Outline, Picture};
pub use walk::{Command, NodeOptions, NotRunning, OnFailure, Outcome, SkipReason, Status, Walk, WalkOptions};
