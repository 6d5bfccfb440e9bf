//! The drivers that need nothing.

mod command;
mod directory;
mod static_driver;

pub use command::CommandDriver;
pub use directory::DirectoryDriver;
pub use static_driver::StaticDriver;
