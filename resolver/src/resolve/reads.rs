//! Where what a node reads was written.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use score_model::{Escapes, Path, Place, Reference, Workload, placeholders};

use super::outputs::texts;
use super::score::expanded;
use crate::expression::{self, Target};
use crate::platform::ModuleProgram;
use crate::resolution::Asked;
use crate::{EdgeKind, EdgeLabel, MissingOutput, Node, Resolution};

impl Resolution {
    /// Where the references were written through which a node reads an output: in its own module, else in the params with which others ask for it, else in those that these hand on. Nowhere for what was
    /// made in code.
    pub(crate) fn reads(&self, node: &Node, output: &MissingOutput) -> Vec<Place> {
        let search = Search { resolution: self, output };
        let mut found = search.in_module(node, |program, see| {
            let own = [Some(&program.inputs), program.outputs.as_ref()];
            own.into_iter().flatten().for_each(|expression| expression.visit(&mut |reference| see(reference)));
        });
        let (mut open, mut seen) = (VecDeque::from([node]), BTreeSet::from([&node.uid]));
        while found.is_empty()
            && let Some(node) = open.pop_front()
        {
            if let Some(workload) = node.score_file() {
                expanded(workload, |path, text| search.in_text(node, workload, text, path, &mut found));
            }
            for by in node.requested_by.iter().filter_map(|uid| self.node(uid)) {
                found.extend(search.in_requests(by, node));
                if seen.insert(&by.uid) {
                    open.push_back(by);
                }
            }
        }
        found
    }
}

impl Node {
    /// The Score file of a workload.
    fn score_file(&self) -> Option<&Workload> {
        match &self.asked {
            Asked::Score { workload, resource: None } => Some(workload),
            _ => None,
        }
    }
}

struct Search<'s> {
    resolution: &'s Resolution,
    output: &'s MissingOutput,
}

impl Search<'_> {
    /// Whether the output is what a node reads that names `alias` and a path.
    fn is(&self, node: &Node, kind: EdgeKind, alias: &str, path: &Path) -> bool {
        let graph = self.resolution.graph();
        let ends = graph.id(&node.uid).zip(graph.id(&self.output.of));
        self.output.path.keys().starts_with(path.keys())
            && ends.is_some_and(|(from, to)| graph.labels(from, to).contains(&EdgeLabel::named(kind, alias)))
    }

    /// In what requests of one node for another say.
    fn in_requests(&self, by: &Node, node: &Node) -> Vec<Place> {
        let mut found = self.in_module(by, |program, see| {
            let entries = program.dependencies.iter().chain(&program.coprovision);
            let asking = entries.filter(|entry| *entry.ty == *node.uid.ty());
            let params = asking.filter_map(|entry| entry.params.as_ref());
            params.for_each(|params| params.visit(&mut |reference| see(reference)));
        });
        let Some(workload) = by.score_file() else { return found };
        let graph = self.resolution.graph();
        let ends = graph.id(&by.uid).zip(graph.id(&node.uid));
        let labels = ends.map(|(from, to)| graph.labels(from, to)).unwrap_or_default();
        for name in
            labels.iter().filter(|label| label.kind == EdgeKind::Request).filter_map(|label| label.alias.as_deref())
        {
            let Some(params) = workload.resources.get(name).and_then(|resource| resource.params.as_ref()) else {
                continue;
            };
            let at = || ["resources", name, "params"].into_iter().collect();
            texts(params, &at, &mut |path, text| self.in_text(by, workload, text, path, &mut found));
        }
        found
    }

    /// In some expressions of a node's module.
    fn in_module(
        &self,
        node: &Node,
        visit: impl FnOnce(&ModuleProgram, &mut dyn FnMut(&Arc<expression::Reference>)),
    ) -> Vec<Place> {
        let mut found = Vec::new();
        let platform = self.resolution.platform();
        let name = &node.recipe.module;
        let Some((module, program)) = platform.module(name).zip(platform.program().modules.get(name)) else {
            return found;
        };
        visit(program, &mut |reference| {
            if let Target::Output { alias, path } = &reference.target
                && self.is(node, EdgeKind::Dependency, alias, path)
            {
                found.extend(module.written.place_within(&reference.at, reference.span));
            }
        });
        found
    }

    /// In a text of a Score file.
    fn in_text(&self, node: &Node, workload: &Workload, text: &str, at: &dyn Fn() -> Path, found: &mut Vec<Place>) {
        for (inner, span) in placeholders(text, Escapes::Score) {
            if let Ok(Reference::Resource { name, path }) = inner.parse()
                && !path.is_root()
                && self.is(node, EdgeKind::Request, &name, &path)
            {
                found.extend(workload.place_within(&at(), span));
            }
        }
    }
}
