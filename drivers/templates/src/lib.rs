//! Go templates with all of sprig's functions, as Score's provisioners and patches are written in them.
//!
//! ```
//! use score_templates::{Data, Functions, Host, Template};
//!
//! let template = Template::parse("greeting", "{{ .init.greeting }} {{ .who | upper }}", &Functions::default())?;
//! let data = Data::from(serde_json::json!({"init": {"greeting": "hello"}, "who": "world"}));
//! assert_eq!(template.render(&data, &mut Host::default())?, "hello WORLD");
//! # Ok::<(), score_templates::TemplateError>(())
//! ```

mod arguments;
mod builtins;
mod compare;
mod context;
mod data;
mod driver;
mod error;
mod evaluate;
mod execute;
mod format;
mod functions;
mod heap;
mod host;
mod lexer;
mod limits;
mod methods;
mod operand;
mod parser;
mod regexp;
mod special;
mod sprig;
mod syntax;
mod template;
mod text;
mod time;
mod types;
mod unicode;
mod url;
mod version;

pub use data::{Data, List, Map, Struct};
pub use driver::TemplateDriver;
pub use error::{ErrorKind, TemplateError};
pub use functions::Functions;
pub use host::Host;
pub use limits::Limits;
pub use special::Special;
pub use template::{Rendered, Template};
pub use text::Text;
pub use types::{StructType, Type};
