//! `moved` entries that lead to what nobody can ask for.

use rustc_hash::FxHashSet;
use score_model::{Diagnostic, Diagnostics, Path, ResourceUid};

use crate::Platform;
use crate::platform::unknown_class;
use crate::suggest::did_you_mean;

pub(super) fn to_nowhere(platform: &Platform, diagnostics: &mut Diagnostics) {
    let left: FxHashSet<&ResourceUid> = platform.moved().iter().map(|moved| &moved.from).collect();
    // What moved on may be of a type that is gone.
    for moved in platform.moved().iter().filter(|moved| !left.contains(&moved.to)) {
        let name = moved.to.ty();
        let (message, help) = match platform.ty(name) {
            None => {
                let types = platform.types().map(|(name, _)| &**name);
                (format!("there is no type `{name}`"), did_you_mean(name, types))
            }
            Some(ty) if !ty.has_class(moved.to.class()) => unknown_class(name, ty, moved.to.class()),
            Some(_) => continue,
        };
        let message = format!("nothing can move to `{}`: {message}", moved.to);
        let place = moved.written.place(&Path::root().child("to"));
        let mut diagnostic = Diagnostic::warning("bad-move", message).at(place);
        diagnostic.help = help;
        diagnostics.push(diagnostic);
    }
}
