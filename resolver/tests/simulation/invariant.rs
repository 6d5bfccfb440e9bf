//! What holds whatever happens, by number:
//!
//! 1. nothing happens without a durable intent;
//! 2. whatever crashes, the end is that of a run without faults, a key never comes with other inputs, and nothing is made twice;
//! 3. dependencies first, destroys in reverse;
//! 4. never idle while something could run;
//! 5. never more calls than the limit;
//! 6. exactly what depends on a failure is skipped;
//! 7. the serial grows, the lineage stays, a stale plan is refused;
//! 8. after success nothing is to be done;
//! 9. same inputs, same plan;
//! 10. no secret in the clear;
//! 11. a cancelled run ends and loses nothing;
//! 12. garbage fails its node alone;
//! 13. commands are linear in the steps.

/// A broken invariant, by its number (0: the simulation itself), and how.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Broken(pub(crate) u8, pub(crate) String);

pub(crate) type Check = Result<(), Broken>;

pub(crate) fn ensure(holds: bool, invariant: u8, what: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(Broken(invariant, what())) }
}
