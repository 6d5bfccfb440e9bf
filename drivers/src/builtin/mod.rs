//! The drivers that need nothing.

mod static_driver;

pub use static_driver::StaticDriver;
