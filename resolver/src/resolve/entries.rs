//! What modules ask for.

use std::cell::OnceCell;
use std::sync::Arc;

use score_model::{DEFAULT_CLASS, Diagnostic, Path, ResourceUid, Value};

use super::draft::{Expansion, Late, Origin, Served};
use super::evaluate::References;
use super::expansion::{Asking, Edge, LateParams, Pass, Structure, shortened};
use super::given::Given;
use crate::platform::{EntryProgram, Name};
use crate::{EdgeKind, EdgeLabel, Expr, Module};

/// How many module entries an expansion chain may have.
const LONGEST_CHAIN: u16 = 64;
/// How many resources modules that lead back to themselves may bring, beyond the first few steps.
const MOST_RECURSIVE: usize = 20_000;
/// How many of them are too many where some cannot be made: then only the lengths of chains and ids end it.
const MANY_RECURSIVE: usize = 500;

impl<'a> Pass<'a, '_> {
    /// What modules ask for.
    pub(super) fn expand(&mut self) {
        let mut done = 0;
        while let Some(&number) = self.structure.asking.get(done) {
            done += 1;
            let Served::Module { module, program, .. } = *self.structure.drafts[number as usize].served else {
                continue;
            };
            if program.entries_read_params {
                self.read_params(number);
            }
            let mut targets = Vec::with_capacity(program.dependencies.len());
            for entry in &program.dependencies {
                let target = self.entry(number, module, entry);
                if let (Some(target), Some(alias)) = (target, &entry.alias) {
                    let label = EdgeLabel::named(EdgeKind::Dependency, alias.clone());
                    self.structure.edges.push((number, target, label));
                }
                targets.push(target);
            }
            self.expansion(number).dependencies.clone_from(&targets);
            for entry in &program.coprovision {
                let target = self.entry(number, module, entry);
                if let Some(target) = target {
                    self.expansion(number).brought.push((target, entry.dependents_follow));
                    if entry.depends_on_this {
                        self.structure.edges.push((target, number, EdgeKind::Coprovision.into()));
                    }
                }
                targets.push(target);
            }
            for (entry, target) in program.dependencies.iter().chain(&program.coprovision).zip(targets) {
                if let (Some(target), Some(params)) = (target, &entry.params)
                    && !entry.is_workload()
                {
                    let mut references = References::wanted();
                    let params = self.structure.evaluate(number, params, &mut references);
                    self.references.append(&mut references.found);
                    let written = match &entry.alias {
                        Some(alias) => module.dependencies.get(alias).and_then(|entry| entry.params.as_ref()),
                        None => entry
                            .at
                            .keys()
                            .last()
                            .and_then(|index| module.coprovision.get(index.parse::<usize>().ok()?))
                            .and_then(|brought| brought.entry.params.as_ref()),
                    };
                    let written = written.cloned();
                    let origin = Origin::Entry { module, entry };
                    let params = Some(params);
                    self.give(target, Given { by: number, written, params, metadata: None, references: 0..0, origin });
                }
            }
            self.structure.drafts[number as usize].params = OnceCell::new();
            if self.recursive > MOST_RECURSIVE {
                let chain = self.chain(Some(number));
                let message = format!("the expansion does not end{chain}");
                self.structure.diagnostics.push(Diagnostic::error("endless-expansion", message).at(module.place()));
                self.structure.endless = true;
                return;
            }
        }
        let outgrown = |found: &Diagnostic| matches!(&*found.code, "endless-expansion" | "invalid-uid");
        self.structure.endless = self.recursive > MANY_RECURSIVE && self.structure.diagnostics.iter().any(outgrown);
    }

    /// Notes the params with which a module is expanded.
    fn read_params(&mut self, number: u32) {
        let structure = &self.structure;
        let draft = &structure.drafts[number as usize];
        let mut found = (structure.given.params(draft).cloned(), structure.given.metadata(draft));
        let mut late = None;
        if let Some(LateParams { params, metadata, references }) = self.late.get(&draft.uid) {
            found = (params.clone(), *metadata);
            if structure.given.with_params(draft).is_none_or(|known| known.params != *params) {
                let edge = |(uid, name): &(ResourceUid, Arc<str>)| {
                    let label = EdgeLabel::named(EdgeKind::Placeholder, name.clone());
                    Some((number, structure.number(uid)?, label))
                };
                let mut references: Vec<Edge> = references.iter().filter_map(edge).collect();
                references.sort_unstable();
                late = Some(Late { params: params.clone(), metadata: *metadata, references });
            }
        }
        let expansion = self.expansion(number);
        expansion.with = Some(found);
        expansion.late = late;
    }

    fn expansion(&mut self, number: u32) -> &mut Expansion<'a> {
        self.structure.drafts[number as usize].expansion.get_or_insert_default()
    }

    fn entry(&mut self, number: u32, module: &'a Module, entry: &'a EntryProgram) -> Option<u32> {
        let origin = Origin::Entry { module, entry };
        let current = self.structure.drafts[number as usize].uid.clone();
        let class = match &entry.class {
            Name::Any => None,
            name => Some(self.name(number, name, current.class(), &origin, "class")?),
        };
        let id = self.name(number, &entry.id, current.id(), &origin, "id")?;
        let depth = self.structure.drafts[number as usize].depth + 1;
        let asking = Asking { by: number, origin, depth, parent: Some(number) };
        if entry.is_workload() {
            return self.workload(class.as_deref(), &id, &asking);
        }
        if depth > LONGEST_CHAIN {
            let chain = self.chain(Some(number));
            let message = format!("an expansion chain has at most {LONGEST_CHAIN} module entries{chain}");
            self.structure
                .diagnostics
                .push(Diagnostic::error("endless-expansion", message).at(origin.place(&Path::root())));
            return None;
        }
        if depth > 8 && self.structure.drafts[number as usize].module().is_some_and(|module| module.recursive) {
            self.recursive += 1;
        }
        let ty = self.matcher.ty(&entry.ty)?;
        self.resource(ty, class.as_deref().unwrap_or(DEFAULT_CLASS), &id, &asking)
    }

    /// A class or id in an entry.
    fn name(&mut self, number: u32, name: &Name, current: &str, origin: &Origin<'a>, key: &str) -> Option<Arc<str>> {
        let pieces = match name {
            Name::Fixed(text) => return Some(text.clone()),
            Name::Current | Name::Any => return Some(current.into()),
            Name::Pieces(pieces) => pieces,
        };
        match self.structure.name(number, pieces, current) {
            Ok(text) => {
                let (holds, longest): (fn(&str) -> bool, _) = match key {
                    "class" => (crate::platform::is_type, score_model::MAX_CLASS),
                    _ => (crate::platform::is_id, score_model::MAX_ID),
                };
                // What is too long is told with the chain that made it so.
                if holds(&text) || text.len() > longest {
                    return Some(text.into());
                }
                let uid = &self.structure.drafts[number as usize].uid;
                let message = format!("`{}`, which `{uid}` asks for, is no {key}", shortened(&text));
                self.structure.diagnostics.push(origin.error("invalid-name", key, message));
                None
            }
            Err(message) => {
                self.structure.diagnostics.push(origin.error("not-constant", key, message));
                None
            }
        }
    }

    /// ` (asked for by …)`: the nodes from a Score file's request down to this one.
    pub(super) fn chain(&self, last: Option<u32>) -> String {
        let mut uids = Vec::new();
        let mut at = last;
        while let Some(number) = at {
            let draft = &self.structure.drafts[number as usize];
            uids.push(format!("`{}`", shortened(draft.uid.as_str())));
            at = draft.parent;
        }
        uids.reverse();
        if uids.is_empty() {
            return String::new();
        }
        if uids.len() > 8 {
            let left_out = uids.len() - 6;
            uids.splice(4..uids.len() - 2, [format!("… {left_out} more …")]);
        }
        format!(": {}", uids.join(" → "))
    }
}

impl Structure<'_> {
    /// A class or id made of pieces, which must be known now.
    fn name(&self, number: u32, pieces: &[crate::expression::Piece], current: &str) -> Result<String, String> {
        use crate::expression::Piece;
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Plain(plain) => text.push_str(plain),
                Piece::Current => text.push_str(current),
                Piece::Reference(reference) => {
                    let found = self.reference(number, reference, &mut References::default());
                    let problem = match &found {
                        Expr::Value(Value::Secret(_)) | Expr::Secret(_) => "is secret",
                        Expr::Value(Value::Null) => "is nothing",
                        Expr::Value(Value::List(_) | Value::Map(_)) => "is no text",
                        Expr::Value(Value::Unknown) => "is wrong itself",
                        Expr::Value(value) => {
                            text.push_str(&value.to_text().unwrap_or_default());
                            continue;
                        }
                        _ => "is not known before something is made",
                    };
                    let uid = &self.drafts[number as usize].uid;
                    return Err(format!(
                        "`${{{}}}` of `{uid}` {problem}: ids and classes need constants",
                        reference.text
                    ));
                }
            }
        }
        Ok(text)
    }
}
