//! The drivers that need nothing.

mod command;
mod static_driver;

pub use command::CommandDriver;
pub use static_driver::StaticDriver;
