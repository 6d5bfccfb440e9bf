//! Go templates with all of sprig's functions, as the Score tools' provisioners and patches are written in them.
//!
//! ```
//! use score_templates::{Data, Functions, Host, Template};
//!
//! let template = Template::parse("greeting", "{{ .init.greeting }} {{ .who | upper }}", &Functions::default())?;
//! let data = Data::from(serde_json::json!({"init": {"greeting": "hello"}, "who": "world"}));
//! assert_eq!(template.render(&data, &mut Host::default())?, "hello WORLD");
//! # Ok::<(), score_templates::TemplateError>(())
//! ```
//!
//! A [`Template`] is parsed once, with the [`Functions`] it may call, and rendered often, from any thread. It is
//! rendered with [`Data`], which is shared, never copied. What it may know of the world is in the [`Host`], and how
//! much it may do is in the [`Limits`]; so a render is a function of its arguments, on every machine:
//!
//! ```
//! # use score_templates::{Data, Functions, Host, Template};
//! let template = Template::parse("password", "{{ randAlphaNum 8 }}", &Functions::default())?;
//! let render = |seed: &str| template.render(&Data::Null, &mut Host::default().with_seed(seed));
//! assert_eq!(render("one")?, render("one")?);
//! assert_ne!(render("one")?, render("two")?);
//! // Without a seed there is no randomness, rather than a poor one.
//! assert!(template.render(&Data::Null, &mut Host::default()).is_err());
//! # Ok::<(), score_templates::TemplateError>(())
//! ```
//!
//! # The same as Go's
//!
//! Templates give the same bytes as with Go 1.26's `text/template` and sprig 3.3, and fail where they fail there, with
//! the same message. That takes more than a template engine: Go tells `1` from `1.0` and `nil` from absent, prints
//! numbers and times in its own way, and its functions share maps that they change. No published engine keeps values
//! apart that far, so this one is our own; the tests hold it against recorded results of the original.
//!
//! What differs, on purpose:
//!
//! | | there | here |
//! |---|---|---|
//! | `randAlphaNum`, `uuidv4`, `shuffle`, … | random | from the host's seed; without one they fail |
//! | `now`, `ago`, `date` of what is no time | the clock | the host's time; without one they fail |
//! | `env`, `expandenv` | the process's variables | the host's; others are empty |
//! | the local time zone | the machine's | UTC |
//! | time zones | the machine's database | one that is built in |
//! | `keys`, `values` | in random order | sorted |
//! | `genPrivateKey`, `genCA`, `bcrypt`, `htpasswd`, … | random | from the host's seed; see below |
//! | `getHostByName` | works | fails, saying so |
//! | templates without end, results without bound | hang, or crash the process | fail: see [`Limits`] |
//! | parentheses, values to print, JSON | nest 10 000 deep | nest 100, 200 and 500 deep |
//! | output that is not UTF-8 | is written | fails, except with [`Template::render_bytes`] |
//!
//! # Keys and certificates
//!
//! What makes keys, certificates and hashes of passwords takes many crates, so it is there with the feature
//! `certificates`; without it, `genPrivateKey`, `genCA`, `genSignedCert`, `buildCustomCert`, `bcrypt`, `htpasswd` and
//! their like fail, saying so. They give what Go does, from the host's seed: the same seed gives the same key for as
//! long as the crate that searches primes stays the same. Certificates begin at the host's time, so they need one, as
//! `now` does. Keys of DSA are not made, and keys on the curve P-224 are not read.

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
