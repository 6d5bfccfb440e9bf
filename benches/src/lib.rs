//! Deterministic generators that the benches share.

mod deployment;
mod exponent;
mod random;
mod score;
mod selection;
mod shape;

pub use deployment::Deployment;
pub use exponent::{Measured, Series, inputs_of};
pub use random::Random;
pub use score::score_yaml;
pub use selection::Selection;
pub use shape::Shape;
