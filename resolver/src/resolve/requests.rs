//! What Score files ask for.

use std::borrow::{Borrow as _, Cow};
use std::sync::Arc;

use score_model::{DEFAULT_CLASS, Diagnostic, Path, Resource, Value, WORKLOAD_TYPE};

use super::draft::Origin;
use super::expansion::{Asking, Pass};
use super::given::Given;
use super::score::{ScoreFile, expanded};
use crate::platform::unknown_class;
use crate::suggest::did_you_mean;
use crate::{EdgeKind, EdgeLabel, RequestedBy};

impl<'a> Pass<'a, '_> {
    /// What Score files ask for.
    pub(super) fn requests(&mut self) {
        let files = self.structure.files;
        for file in files {
            let origin = Origin::Workload(file);
            let Some(ty) = self.matcher.ty(WORKLOAD_TYPE) else { continue };
            if !ty.data.has_class(file.uid.class()) {
                let path: Path = ["metadata", "annotations", score_model::CLASS_ANNOTATION].into_iter().collect();
                let (message, help) = unknown_class(WORKLOAD_TYPE, ty.data, file.uid.class());
                let mut diagnostic = Diagnostic::error("unknown-class", message).at(file.workload.place(&path));
                diagnostic.help = help;
                self.structure.diagnostics.push(diagnostic);
            }
            self.draft(file.uid.clone(), ty, origin, 0, None);
        }
        for (index, file) in (0..).zip(files) {
            let first = self.structure.resources.len();
            for (place, (name, resource)) in (0..).zip(&file.workload.resources) {
                let number = self.request(index, file, place, name.borrow(), resource);
                self.structure.resources.push(number);
            }
            for (place, resource) in (0..).zip(file.workload.resources.values()) {
                if let Some(number) = self.structure.resources[first + place as usize] {
                    self.given(index, file, place, number, resource);
                }
            }
            let scope = self.structure.scope(index);
            expanded(file.workload, |_, text| {
                self.outputs.extend(scope.outputs(text).map(|(of, output, _)| (of, output)));
            });
        }
    }

    fn request(
        &mut self,
        by: u32,
        file: &'a ScoreFile<'a>,
        place: u32,
        name: &'a Arc<str>,
        resource: &'a Resource,
    ) -> Option<u32> {
        let origin = Origin::Score { file, place };
        let Some(ty) = self.matcher.ty(&resource.ty) else {
            let message = format!("there is no resource type `{}`", resource.ty);
            let open = self.structure.platform.types().filter(|(_, ty)| ty.requested_by == RequestedBy::Developers);
            let help = did_you_mean(&resource.ty, open.map(|(name, _)| &**name));
            let mut diagnostic = origin.error("unknown-type", "type", message);
            diagnostic.help = help.or_else(|| Some("`catalog` lists what there is".to_owned()));
            self.structure.diagnostics.push(diagnostic);
            return None;
        };
        if ty.data.requested_by == RequestedBy::Modules {
            let message = format!("a Score file may not ask for type `{}`: only modules may", resource.ty);
            self.structure.diagnostics.push(origin.error("not-for-developers", "type", message));
            return None;
        }
        let private = || format!("{}.{name}", file.uid.id());
        let id = resource.id.as_deref().map_or_else(|| Cow::Owned(private()), Cow::Borrowed);
        let asking = Asking { by, origin, depth: 0, parent: None };
        let class = resource.class.as_deref();
        let number = if resource.ty == WORKLOAD_TYPE {
            self.workload(class, &id, &asking)?
        } else {
            self.resource(ty, class.unwrap_or(DEFAULT_CLASS), &id, &asking)?
        };
        self.structure.edges.push((by, number, EdgeLabel::named(EdgeKind::Request, name.clone())));
        Some(number)
    }

    fn given(&mut self, by: u32, file: &'a ScoreFile<'a>, place: u32, number: u32, resource: &'a Resource) {
        let some = |value: &'a Value| Some(value).filter(|value| !matches!(value, Value::Null));
        let (written, metadata) = (resource.params.as_ref().and_then(some), some(&resource.metadata));
        if written.is_none() && metadata.is_none() {
            return;
        }
        let origin = Origin::Score { file, place };
        if self.structure.drafts[number as usize].uid.is_workload() {
            if written.is_some() {
                let message = "a workload takes no params from others".to_owned();
                self.structure.diagnostics.push(origin.error("params-of-workload", "params", message));
            }
            return;
        }
        let scope = self.structure.scope(by);
        let mut refer = |of, name: &Arc<str>, output: &Path| {
            self.references.push((of, name.clone()));
            self.outputs.push((of, output.clone()));
        };
        let params = written.map(|params| scope.value(params, &mut refer));
        let written = written.cloned();
        self.give(number, Given { by, written, params, metadata, references: 0..0, origin });
    }
}
