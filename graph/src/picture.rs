use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::{Graph, NodeId};

/// A [`Graph`] as people look at it: as a drawing ([`svg`](Self::svg)), or as text that other programs draw
/// ([`dot`](Self::dot) for Graphviz, [`mermaid`](Self::mermaid) for Markdown).
///
/// Arrows point from what depends to what it depends on, and go down unless told otherwise. Any text can be in a label.
/// Equal graphs give equal pictures, byte for byte. Large graphs are easier to look at after
/// [`Dag::reduction`](crate::Dag::reduction).
///
/// ```
/// use score_graph::{GraphBuilder, NodeLook, Picture};
///
/// let mut builder = GraphBuilder::new();
/// builder.edge("shop", "database", "host");
/// let graph = builder.build();
/// let picture = Picture::new(&graph, |key| NodeLook::new(*key)).edge_labels(|label| label.to_string());
/// assert_eq!(picture.mermaid(), r#"flowchart TD
///   n0["database"]
///   n1["shop"]
///   n1 -->|"host"| n0
/// "#);
/// ```
pub struct Picture<'a, K, E> {
    pub(crate) graph: &'a Graph<K, E>,
    pub(crate) nodes: Vec<NodeLook>,
    edge_label: Box<dyn Fn(&E) -> String + 'a>,
    pub(crate) direction: Direction,
}

/// How one node looks in a [`Picture`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeLook {
    pub(crate) label: String,
    pub(crate) cluster: Option<String>,
    pub(crate) outline: Outline,
    pub(crate) fill: Option<String>,
}

/// The outline of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outline {
    /// A box.
    #[default]
    Box,
    /// A box with round ends.
    Round,
    /// A drum, as databases are drawn.
    Cylinder,
    /// A hexagon.
    Hexagon,
}

/// Where arrows go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From top to bottom.
    #[default]
    Down,
    /// From left to right.
    Right,
}

impl NodeLook {
    /// A box with this text in it.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// The name of the frame it is drawn in, together with all nodes that name the same.
    #[must_use]
    pub fn cluster(mut self, name: impl Into<String>) -> Self {
        self.cluster = Some(name.into());
        self
    }

    /// Its outline.
    #[must_use]
    pub fn outline(mut self, outline: Outline) -> Self {
        self.outline = outline;
        self
    }

    /// Its colour: a name (`lightblue`) or `#rrggbb`. Anything else is not used.
    #[must_use]
    pub fn fill(mut self, colour: impl Into<String>) -> Self {
        let colour = colour.into();
        let name = colour.strip_prefix('#').unwrap_or(&colour);
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.fill = Some(colour);
        }
        self
    }
}

impl<'a, K, E> Picture<'a, K, E> {
    /// A picture of the graph, without texts at the edges.
    pub fn new(graph: &'a Graph<K, E>, look: impl Fn(&K) -> NodeLook) -> Self {
        let nodes = graph.keys().iter().map(look).collect();
        Self { graph, nodes, edge_label: Box::new(|_| String::new()), direction: Direction::default() }
    }

    /// Texts at the edges. Those of several edges between the same nodes are drawn at one arrow; empty ones are not
    /// drawn.
    #[must_use]
    pub fn edge_labels(mut self, label: impl Fn(&E) -> String + 'a) -> Self {
        self.edge_label = Box::new(label);
        self
    }

    /// Where arrows go.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// The picture in Graphviz's language.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut text = String::from("digraph {\n");
        if self.direction == Direction::Right {
            text.push_str("  rankdir=LR;\n");
        }
        text.push_str("  node [shape=box];\n");
        let (clusters, others) = self.clusters();
        for (number, (name, nodes)) in clusters.iter().enumerate() {
            line(&mut text, format_args!("  subgraph cluster_{number} {{\n    label={};", dot_text(name)));
            for &node in nodes {
                line(&mut text, format_args!("    {}", self.dot_node(node)));
            }
            text.push_str("  }\n");
        }
        for node in others {
            line(&mut text, format_args!("  {}", self.dot_node(node)));
        }
        for (from, to, label) in self.arrows() {
            let label = if label.is_empty() { label } else { format!(" [label={}]", dot_text(&label)) };
            line(&mut text, format_args!("  n{} -> n{}{label};", from.index(), to.index()));
        }
        text.push_str("}\n");
        text
    }

    /// The picture in Mermaid's language.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut text = String::from(match self.direction {
            Direction::Down => "flowchart TD\n",
            Direction::Right => "flowchart LR\n",
        });
        let (clusters, others) = self.clusters();
        for (number, (name, nodes)) in clusters.iter().enumerate() {
            line(&mut text, format_args!("  subgraph c{number}[{}]", mermaid_text(name)));
            for &node in nodes {
                line(&mut text, format_args!("    {}", self.mermaid_node(node)));
            }
            text.push_str("  end\n");
        }
        for node in others {
            line(&mut text, format_args!("  {}", self.mermaid_node(node)));
        }
        for (from, to, label) in self.arrows() {
            let label = if label.is_empty() { label } else { format!("|{}|", mermaid_text(&label)) };
            line(&mut text, format_args!("  n{} -->{label} n{}", from.index(), to.index()));
        }
        for (number, look) in self.nodes.iter().enumerate() {
            if let Some(colour) = &look.fill {
                line(&mut text, format_args!("  style n{number} fill:{colour}"));
            }
        }
        text
    }

    /// The nodes of each cluster, and those that are in none.
    fn clusters(&self) -> (BTreeMap<&str, Vec<NodeId>>, Vec<NodeId>) {
        let mut clusters: BTreeMap<&str, Vec<NodeId>> = BTreeMap::new();
        let mut others = Vec::new();
        for (node, look) in self.graph.ids().zip(&self.nodes) {
            match &look.cluster {
                Some(name) => clusters.entry(name).or_default().push(node),
                None => others.push(node),
            }
        }
        (clusters, others)
    }

    /// Each pair of neighbours with the texts of its edges, each once.
    pub(crate) fn arrows(&self) -> impl Iterator<Item = (NodeId, NodeId, String)> {
        self.graph.ids().flat_map(move |from| {
            self.graph.dependencies(from).iter().map(move |&to| {
                let texts: BTreeSet<String> = self.graph.labels(from, to).iter().map(&self.edge_label).collect();
                let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
                (from, to, texts.join(", "))
            })
        })
    }

    fn dot_node(&self, node: NodeId) -> String {
        let NodeLook { label, outline, fill, .. } = &self.nodes[node.index()];
        let mut text = format!("n{} [label={}", node.index(), dot_text(label));
        match outline {
            Outline::Box => {}
            Outline::Round if fill.is_some() => text.push_str(", style=\"rounded,filled\""),
            Outline::Round => text.push_str(", style=rounded"),
            Outline::Cylinder => text.push_str(", shape=cylinder"),
            Outline::Hexagon => text.push_str(", shape=hexagon"),
        }
        if let Some(colour) = fill {
            if *outline != Outline::Round {
                text.push_str(", style=filled");
            }
            text.push_str(", fillcolor=");
            text.push_str(&dot_text(colour));
        }
        text.push_str("];");
        text
    }

    fn mermaid_node(&self, node: NodeId) -> String {
        let NodeLook { label, outline, .. } = &self.nodes[node.index()];
        let (open, close) = match outline {
            Outline::Box => ("[", "]"),
            Outline::Round => ("([", "])"),
            Outline::Cylinder => ("[(", ")]"),
            Outline::Hexagon => ("{{", "}}"),
        };
        format!("n{}{open}{}{close}", node.index(), mermaid_text(label))
    }
}

impl<K, E> std::fmt::Debug for Picture<'_, K, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture")
            .field("nodes", &self.nodes)
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a `String` does not fail.
    let _ = writeln!(text, "{content}");
}

fn dot_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            // Nothing that a label could show.
            '\0'..' ' | '\x7f' => quoted.push(' '),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Mermaid has no escapes but numbered entities; it reads Markdown and HTML in labels.
fn mermaid_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    // Such words with a colon are taken for styles, from which what ends an entity is taken away.
    let looks_like_style = ["style", "classDef"].iter().any(|word| text.contains(word));
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\n' => quoted.push_str("<br/>"),
            '\0'..' ' | '\x7f' => quoted.push(' '),
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | '*' | '_' | '~' | ';' => entity(&mut quoted, character),
            // The beginning of a comment or a directive, perhaps: these are looked for before texts are.
            '%' => entity(&mut quoted, character),
            ':' if looks_like_style => entity(&mut quoted, character),
            // The beginning of a list, perhaps.
            '.' | '-' | '+' if rest.peek() == Some(&' ') => entity(&mut quoted, character),
            _ => quoted.push(character),
        }
    }
    // An empty text would not be a text.
    quoted.push_str(if text.is_empty() { " \"" } else { "\"" });
    quoted
}

fn entity(text: &mut String, character: char) {
    let _ = write!(text, "#{};", u32::from(character));
}
