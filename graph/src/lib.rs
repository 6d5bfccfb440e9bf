//! Dependency graphs: what depends on what, in which order, and what may run now.
//!
//! A [`GraphBuilder`] collects nodes and labelled edges; [`build`](GraphBuilder::build) makes a [`Graph`] of them, to
//! which nothing can be added; [`into_dag`](Graph::into_dag) proves that it has no cycle, or reports all [`Cycles`].
//! Only the [`Dag`] that comes out has an order, and only a [`Dag`] can be walked: [`Walk`] says what may start now,
//! without ever calling or waiting for anything.
//!
//! Everything is generic over the key `K` of a node and the label `E` of an edge, synchronous, deterministic and, but
//! where it says otherwise, linear in nodes and edges. Nothing recurses: a chain of a million nodes is nothing special.
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
//! let mut builder = GraphBuilder::new();
//! builder.edge("egg", "hen", "laid by");
//! builder.edge("hen", "egg", "hatched from");
//! let cycles = builder.build().into_dag().unwrap_err();
//! assert_eq!(cycles.to_string(), "dependency cycle: `egg` → `hen` → `egg`");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adjacency;
mod assemble;
mod builder;
mod components;
mod critical_path;
mod cycles;
mod dag;
mod diff;
mod dominators;
mod elementary;
mod forest;
mod graph;
mod id;
mod layout;
mod likeness;
mod picture;
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
