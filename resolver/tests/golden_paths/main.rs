//! Platforms and Score files in, resolutions and diagnostics out.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod check;
mod expansion;
mod expressions;
mod impact;
mod matching;
mod missing;
mod order;
mod patterns;
mod problems;
mod provisioners;
#[path = "../random/mod.rs"]
mod random;
mod support;
mod update;
