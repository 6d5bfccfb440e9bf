//! The drivers that need nothing.

mod command;
mod directory;
mod memory;
mod static_driver;

pub use command::{CommandDriver, Ended, Program};
pub use directory::DirectoryDriver;
pub use memory::{MemoryDriver, MemoryObject};
pub use static_driver::StaticDriver;
