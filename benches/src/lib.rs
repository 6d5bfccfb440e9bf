//! Deterministic generators that the benches share.
