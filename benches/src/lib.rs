//! Deterministic generators that the benches share.

mod deployment;
mod exponent;
mod random;
mod score;
mod shape;

pub use deployment::Deployment;
pub use exponent::{Measured, Series};
pub use random::Random;
pub use score::score_yaml;
pub use shape::Shape;
