//! Resolutions and explanations as people and programs read them.

use std::fmt;

use score_graph::{Direction, NodeLook, Outline, Picture};
use score_model::ResourceUid;
use serde_json::{Value, json};

use crate::{EdgeKind, EdgeLabel, Resolution};

impl Resolution {
    /// `{"nodes": […], "edges": […]}`: nodes in waves, edges sorted by (from, to, kind, alias); secrets redacted. `from` depends on `to`.
    pub fn to_json(&self) -> Value {
        let nodes: Vec<Value> = self
            .nodes()
            .map(|node| {
                json!({
                    "uid": node.uid,
                    "type": node.uid.ty(),
                    "class": node.uid.class(),
                    "id": node.uid.id(),
                    "module": node.recipe.module,
                    "rule": node.rule.and_then(|rule| self.platform().rule_location(rule)),
                    "params": node.params.redacted(),
                    "requested_by": node.requested_by,
                })
            })
            .collect();
        let graph = self.graph();
        let edges: Vec<Value> = graph
            .edges()
            .map(|edge| {
                let mut object =
                    json!({"from": graph.key(edge.from), "to": graph.key(edge.to), "kind": edge.label.kind});
                if let (Some(alias), Value::Object(object)) = (&edge.label.alias, &mut object) {
                    object.insert("alias".into(), json!(alias));
                }
                object
            })
            .collect();
        json!({"nodes": nodes, "edges": edges})
    }

    /// The graph in Graphviz's language: uids and modules, arrows from what depends to what it depends on.
    pub fn to_dot(&self) -> String {
        self.picture().dot()
    }

    /// The graph in Mermaid's language, as Markdown pages draw it.
    pub fn to_mermaid(&self) -> String {
        self.picture().mermaid()
    }

    /// The graph as a drawing of its own, which any browser shows.
    pub fn to_svg(&self) -> String {
        self.picture().svg()
    }

    /// The drawing in a page of its own, which refers to nothing outside itself.
    pub fn to_html(&self) -> String {
        let svg = self.to_svg();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Resources</title>\n{svg}</html>\n"
        )
    }

    fn picture(&self) -> Picture<'_, ResourceUid, EdgeLabel> {
        let look = |uid: &ResourceUid| {
            let module = self.node(uid).map(|node| &*node.recipe.module).unwrap_or_default();
            let look = NodeLook::new(format!("{uid}\n{module}"));
            if uid.is_workload() { look.outline(Outline::Hexagon) } else { look }
        };
        let label = |label: &EdgeLabel| match (label.kind, &label.alias) {
            (EdgeKind::Request | EdgeKind::Dependency | EdgeKind::Placeholder, Some(alias)) => alias.to_string(),
            (kind, _) => kind.as_str().to_owned(),
        };
        Picture::new(self.graph(), look).edge_labels(label).direction(Direction::Right)
    }
}

/// One line a node: uid, module, and what it depends on.
impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = self.graph();
        let width = self.nodes().map(|node| node.uid.as_str().len()).max().unwrap_or_default();
        for node in self.nodes() {
            write!(f, "{:width$}  {}", node.uid, node.recipe.module)?;
            if let Some(location) = node.rule.and_then(|rule| self.platform().rule_location(rule)) {
                write!(f, "  {location}")?;
            }
            writeln!(f)?;
            for on in graph.id(&node.uid).map(|id| graph.dependencies(id)).unwrap_or_default() {
                if let Some(on) = graph.key(*on) {
                    writeln!(f, "    → {on}")?;
                }
            }
        }
        Ok(())
    }
}
