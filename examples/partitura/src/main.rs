//! The platform orchestrator as a program.
fn main() {}
