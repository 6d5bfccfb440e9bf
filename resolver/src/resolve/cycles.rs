//! Phase four: cycles, each with what made each edge.

use std::fmt::Write as _;

use score_graph::Cycles;
use score_model::{Diagnostic, Diagnostics, Place, ResourceUid};

use crate::{EdgeKind, EdgeLabel};

/// One problem for each cycle. `place` says where a node was asked for.
pub(super) fn problems(
    cycles: &Cycles<ResourceUid, EdgeLabel>,
    place: impl Fn(&ResourceUid) -> Option<Place>,
) -> Diagnostics {
    let mut found = Diagnostics::new();
    for cycle in cycles.iter() {
        let mut message = match cycle.nodes() {
            [_] => format!("this depends on itself: {cycle}"),
            _ => format!("these depend on each other: {cycle}"),
        };
        for (index, (from, to, labels)) in cycle.edges().enumerate() {
            if index == 24 {
                message.push_str("; …");
                break;
            }
            let reasons: Vec<String> = labels.iter().map(reason).collect();
            let _ = write!(
                message,
                "{} `{from}` needs `{to}` by {}",
                if index == 0 { ":" } else { ";" },
                reasons.join(" and ")
            );
        }
        let first = cycle.keys().next().and_then(&place);
        let help = "take one of these references out, or put what both sides need into a third resource";
        found.push(Diagnostic::error("cycle", message).at(first).help(help));
    }
    if !cycles.is_complete() {
        let message = "there are more cycles than these".to_owned();
        found.push(Diagnostic::error("cycle", message));
    }
    found
}

fn reason(label: &EdgeLabel) -> String {
    let alias = label.alias.as_deref().unwrap_or_default();
    match label.kind {
        EdgeKind::Request => format!("its resource `{alias}`"),
        EdgeKind::Placeholder => format!("a reference to `{alias}` in its params"),
        EdgeKind::Dependency => format!("dependency `{alias}`"),
        EdgeKind::Coprovision => "being brought along with `depends_on_this`".to_owned(),
        EdgeKind::Follow => "`dependents_follow`".to_owned(),
        EdgeKind::Selector => "a selector".to_owned(),
    }
}
