//! What changed between two graphs, identity first, then likeness.

use std::collections::BTreeMap;

use proptest::prelude::*;
use score_graph::{Diff, Graph, GraphBuilder, NodeChange};

type Text = Graph<String, String>;

/// One line for each edge, `from to label`, or for each node without edges.
fn graph(text: &str) -> Text {
    let mut builder = GraphBuilder::new();
    for line in text.lines() {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match <[String; 3]>::try_from(words) {
            Ok([from, to, label]) => _ = builder.edge(from, to, label),
            Err(words) => words.into_iter().for_each(|key| _ = builder.node(key)),
        }
    }
    builder.build()
}

/// The kind of a node is what stands before the dot.
fn kind(key: &str) -> String {
    key.split('.').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn check(old: &str, new: &str, expected: &[&str]) {
    let (old, new) = (graph(old), graph(new));
    let found = Diff::new(&old, &new, |key| kind(key)).to_string();
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn identity() {
    check("w.a db.x host", "w.a db.x host", &[]);
    check("", "w.a", &["+ w.a"]);
    check("w.a", "", &["- w.a"]);
    check(
        "w.a db.x host\nw.a db.x port",
        "w.a db.x host\nw.a db.x user\nw.b db.x host",
        &["+ w.b", "- w.a → db.x (port)", "+ w.a → db.x (user)", "+ w.b → db.x (host)"],
    );
}

#[test]
fn a_rename_shows() {
    // By its neighbours.
    check("w.a db.x host\ndb.x server.s on", "w.a db.y host\ndb.y server.s on", &["~ db.x → db.y"]);
    // Without any edge, if it is the only one of its kind.
    check("w.a", "w.b", &["~ w.a → w.b"]);
    check("w.a", "w.b\nw.c", &["- w.a", "+ w.b", "+ w.c"]);
    check("w.a", "db.a", &["+ db.a", "- w.a"]);
    // Another one's is no rename, where nothing that it touches is recognised.
    check(
        "w.a db.a db\nw.a redis.a cache\nw.a s3.a files",
        "w.b db.b db\nw.b dns.b name\nw.b route.b route",
        &[
            "- db.a",
            "+ db.b",
            "+ dns.b",
            "- redis.a",
            "+ route.b",
            "- s3.a",
            "- w.a",
            "+ w.b",
            "- w.a → db.a (db)",
            "- w.a → redis.a (cache)",
            "- w.a → s3.a (files)",
            "+ w.b → db.b (db)",
            "+ w.b → dns.b (name)",
            "+ w.b → route.b (route)",
        ],
    );
    // Together with all that is its own.
    check(
        "w.a db.a host\nw.a dns.a name\nw.b db.b host",
        "w.c db.c host\nw.c dns.c name\nw.b db.b host",
        &["~ db.a → db.c", "~ dns.a → dns.c", "~ w.a → w.c"],
    );
    // Labels tell siblings apart.
    check("w.a db.x one\nw.a db.y two", "w.a db.z two\nw.a db.u one", &["~ db.x → db.u", "~ db.y → db.z"]);
    // Nothing does.
    check(
        "w.a db.x one\nw.a db.y one",
        "w.a db.z one\nw.a db.u one",
        &[
            "+ db.u",
            "- db.x",
            "- db.y",
            "+ db.z",
            "+ w.a → db.u (one)",
            "- w.a → db.x (one)",
            "- w.a → db.y (one)",
            "+ w.a → db.z (one)",
        ],
    );
}

#[test]
fn a_rename_with_a_change_shows() {
    check(
        "w.a db.x host\nw.a dns.x name\nw.a route.x path",
        "w.b db.x host\nw.b dns.x name\nw.b cache.x url\nroute.x",
        &["+ cache.x", "~ w.a → w.b", "- w.a → route.x (path)", "+ w.b → cache.x (url)"],
    );
    // Less than half is the same.
    check(
        "w.a db.x host\nw.a dns.x name\nw.a route.x path",
        "w.b db.x host\ndns.x\nroute.x\nw.b cache.x url\nw.b s3.x bucket",
        &[
            "+ cache.x",
            "+ s3.x",
            "- w.a",
            "+ w.b",
            "- w.a → db.x (host)",
            "- w.a → dns.x (name)",
            "- w.a → route.x (path)",
            "+ w.b → cache.x (url)",
            "+ w.b → db.x (host)",
            "+ w.b → s3.x (bucket)",
        ],
    );
}

type Numbered = (Vec<bool>, Vec<(u8, u8, u8)>);

fn numbered((nodes, edges): &Numbered) -> Graph<u8, u8> {
    let mut builder = GraphBuilder::new();
    for node in (0..12).filter(|node| nodes[usize::from(*node)]) {
        builder.node(node);
    }
    for &(from, to, label) in edges {
        builder.edge(from, to, label);
    }
    builder.build()
}

fn any_graph() -> impl Strategy<Value = Numbered> {
    (prop::collection::vec(any::<bool>(), 12), prop::collection::vec((0..12_u8, 0..12_u8, 0..3_u8), 0..20))
}

proptest! {
    /// A diff is a patch: applied to the old graph it gives the new one. Backwards it is the same the other way round.
    #[test]
    fn patch(old in any_graph(), new in any_graph()) {
        let (old, new) = (numbered(&old), numbered(&new));
        let kind = |key: &u8| key % 3;
        let diff = Diff::new(&old, &new, kind);
        prop_assert_eq!(diff.is_empty(), old == new);

        let mut names: BTreeMap<u8, u8> = old.keys().iter().map(|key| (*key, *key)).collect();
        for change in diff.nodes() {
            match *change {
                NodeChange::Added(key) => prop_assert!(old.id(key).is_none() && new.id(key).is_some()),
                NodeChange::Removed(key) => prop_assert_eq!(names.remove(key), Some(*key)),
                NodeChange::Renamed { from, to } => {
                    prop_assert!(kind(from) == kind(to) && old.id(to).is_none() && new.id(from).is_none());
                    prop_assert_eq!(names.insert(*from, *to), Some(*from));
                }
                _ => unreachable!(),
            }
        }
        let mut builder = GraphBuilder::new();
        names.values().for_each(|key| _ = builder.node(*key));
        for change in diff.nodes() {
            if let NodeChange::Added(key) = change {
                prop_assert!(builder.node(**key));
            }
        }
        for edge in old.edges() {
            let (from, to) = (old[edge.from], old[edge.to]);
            let gone = diff.edges().iter().any(|gone| !gone.added && (*gone.from, *gone.to, gone.label) == (from, to, edge.label));
            if !gone {
                builder.edge(names[&from], names[&to], *edge.label);
            }
        }
        for edge in diff.edges().iter().filter(|edge| edge.added) {
            prop_assert!(builder.edge(*edge.from, *edge.to, *edge.label));
        }
        prop_assert_eq!(builder.build(), new.clone());

        let back = Diff::new(&new, &old, kind);
        prop_assert_eq!(diff.edges().len(), back.edges().len());
        prop_assert_eq!(diff.nodes().len(), back.nodes().len());
    }

    /// Renaming one node of a graph whose nodes all differ in kind is always recognised.
    #[test]
    fn one_rename(graph in any_graph(), node in 0..12_u8) {
        let (old, renamed) = (numbered(&graph), 100 + node);
        prop_assume!(old.id(&node).is_some());
        let name = |key: u8| if key == node { renamed } else { key };
        let mut builder = GraphBuilder::new();
        old.keys().iter().for_each(|key| _ = builder.node(name(*key)));
        for edge in old.edges() {
            builder.edge(name(old[edge.from]), name(old[edge.to]), *edge.label);
        }
        let new = builder.build();
        let diff = Diff::new(&old, &new, |key| key % 100);
        prop_assert_eq!(diff.nodes(), &[NodeChange::Renamed { from: &node, to: &renamed }]);
        prop_assert_eq!(diff.edges(), &[]);
    }
}
