//! Params: that requests agree, and that schemas accept them.

use score_model::{Diagnostic, Path, Place, ResourceUid};

use super::draft::{Draft, Served};
use super::expansion::Structure;
use super::given::Given;
use super::outputs::Made;
use crate::schema::{Schema, Shape, Violation, with_defaults};

impl<'a> Structure<'a> {
    /// Requests for one resource whose params or metadata disagree, and params that contradict a schema.
    pub(super) fn check_params(&mut self, made: Made<'_>) {
        let mut found = Vec::new();
        let checked = (0..).zip(&self.drafts).filter(|(number, _)| made.is_checked(*number));
        for (_, draft) in checked.filter(|(number, _)| self.file(*number).is_none()) {
            let uid = &draft.uid;
            self.find_disagreements(draft, &mut found);
            let of_type = draft.ty.program.params.as_ref();
            let of_module = draft.module().and_then(|module| module.params.as_ref());
            if of_type.is_none() && of_module.is_none() {
                continue;
            }
            let given = self.given.with_params(draft);
            let mut shape = self.shape(self.given.params(draft).unwrap_or(&self.nothing), made);
            for schema in [of_module, of_type].into_iter().flatten().filter(|schema| schema.has_defaults()) {
                shape = with_defaults(shape, &schema.root());
            }
            let origin = given.map_or(draft.origin, |given| given.origin);
            let at = if given.is_some() { Path::root().child("params") } else { Path::root() };
            let place = |violation: &Violation| -> Option<Place> {
                let path = at.join(&violation.path);
                if violation.of_key { origin.key_place(&path) } else { origin.place(&path) }
            };
            let mut push = |violation: &Violation, message: String| {
                let mut diagnostic = Diagnostic::error("params", message).at(place(violation));
                diagnostic.help.clone_from(&violation.help);
                found.push(diagnostic);
            };
            let known = conform(of_type, &shape);
            for violation in &known {
                push(violation, format!("params of type `{}`: {violation}", draft.ty.name));
            }
            if let Served::Module { name, .. } = *draft.served {
                for violation in conform(of_module, &shape) {
                    if !known.iter().any(|known| known.path == violation.path) {
                        push(&violation, format!("params of module `{name}`, which serves `{uid}` here: {violation}"));
                    }
                }
            }
        }
        self.diagnostics.extend(found);
    }

    /// Requests for one resource whose params or metadata disagree.
    pub(super) fn find_disagreements(&self, draft: &Draft<'a>, found: &mut Vec<Diagnostic>) {
        if self.given.all(draft).nth(1).is_none() {
            return;
        }
        let by = |given: &Given<'_>| &self.drafts[given.by as usize].uid;
        let mut given: Vec<(&ResourceUid, &Given<'a>)> =
            self.given.all(draft).map(|given| (by(given), given)).collect();
        // Of one requester, what it wrote first.
        given.reverse();
        given.sort_by_key(|(by, _)| *by);
        disagreements(&draft.uid, "params", &given, |given| given.params.as_ref(), found);
        disagreements(&draft.uid, "metadata", &given, |given| given.metadata, found);
    }
}

fn conform(schema: Option<&Schema>, shape: &Shape<'_>) -> Vec<Violation> {
    schema.map(|schema| schema.conform(shape)).unwrap_or_default()
}

fn disagreements<T: PartialEq + ?Sized>(
    uid: &ResourceUid,
    what: &str,
    given: &[(&ResourceUid, &Given<'_>)],
    of: impl for<'b> Fn(&'b Given<'_>) -> Option<&'b T>,
    found: &mut Vec<Diagnostic>,
) {
    let mut wrote = given.iter().filter_map(|(by, given)| Some((by, given, of(given)?)));
    let Some((first_by, first, agreed)) = wrote.next() else { return };
    let path = Path::root().child(what);
    for (_, other, value) in wrote {
        if value != agreed {
            let place = first.origin.place(&path).map(|place| format!(" at {place}")).unwrap_or_default();
            let message = format!("{what} of `{uid}` are not those that `{first_by}` wrote{place}");
            let diagnostic = Diagnostic::error("disagreement", message).at(other.origin.place(&path));
            found.push(diagnostic.help(format!("write the same {what}, or none, or ask for another id")));
        }
    }
}
