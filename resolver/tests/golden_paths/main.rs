//! Platforms and Score files in, resolutions and diagnostics out.

mod check;
mod expansion;
mod expressions;
mod matching;
mod order;
mod patterns;
mod problems;
mod support;
