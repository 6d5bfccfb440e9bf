//! [`Functions`]: what templates may call.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

use crate::builtins;
use crate::context::Context;
use crate::data::Data;
use crate::operand::Reflected;
use crate::sprig;

/// Why a function did not give a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failed {
    /// What the function says, which the template's author reads.
    Error(String),
    /// A limit of the render.
    Limit(&'static str),
}

impl<T: Into<String>> From<T> for Failed {
    fn from(message: T) -> Self {
        Self::Error(message.into())
    }
}

pub(crate) type Outcome = Result<Data, Failed>;

/// The Go name of the struct that holds a certificate and its key.
pub(crate) const CERTIFICATE: &str = "sprig.certificate";

/// The Go type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// `interface {}`
    Any,
    /// `reflect.Value`: told apart whether the argument is absent or nil.
    Reflected,
    Bool,
    Int,
    Uint32,
    Float,
    String,
    /// `map[string]interface {}`
    Map,
    Time,
    /// `*semver.Version`
    Version,
    /// `time.Duration`
    Duration,
    /// `*time.Location`
    Location,
    /// `[]interface {}`
    List,
    /// `sprig.certificate`
    Certificate,
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "interface {}",
            Self::Reflected => "reflect.Value",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::String => "string",
            Self::Map => "map[string]interface {}",
            Self::Time => "time.Time",
            Self::Version => "*semver.Version",
            Self::Duration => "time.Duration",
            Self::Location => "*time.Location",
            Self::List => "[]interface {}",
            Self::Certificate => CERTIFICATE,
        })
    }
}

/// What a function does.
#[derive(Clone)]
pub(crate) enum Body {
    /// With values, which are what the parameters say.
    Plain(fn(&mut Context<'_>, &[Data]) -> Outcome),
    /// With values whose absence matters.
    Reflected(fn(&mut Context<'_>, &[Reflected]) -> Result<Reflected, Failed>),
    /// `and`, `or`: evaluates its arguments itself.
    Lazy,
    /// `call`: with the expression or value that is called before the values.
    Call(fn(&mut Context<'_>, &[Reflected]) -> Result<Reflected, Failed>),
    Host(Arc<HostFunction>),
    /// Nothing: Go refuses to call it, and says why.
    Uncallable(&'static str),
}

type HostFunction = dyn Fn(&[Data]) -> Result<Data, String> + Send + Sync;

/// A function and how it is called.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) parameters: &'static [Parameter],
    /// The type of all further arguments, where there may be any.
    pub(crate) variadic: Option<Parameter>,
    /// Whether the result's static type is `interface {}`.
    pub(crate) returns_any: bool,
    pub(crate) body: Body,
}

impl Function {
    pub(crate) const fn plain(
        parameters: &'static [Parameter],
        body: fn(&mut Context<'_>, &[Data]) -> Outcome,
    ) -> Self {
        Self { parameters, variadic: None, returns_any: false, body: Body::Plain(body) }
    }

    pub(crate) const fn reflected(
        parameters: &'static [Parameter],
        body: fn(&mut Context<'_>, &[Reflected]) -> Result<Reflected, Failed>,
    ) -> Self {
        Self { parameters, variadic: None, returns_any: false, body: Body::Reflected(body) }
    }

    pub(crate) const fn lazy() -> Self {
        Self {
            parameters: &[Parameter::Reflected],
            variadic: Some(Parameter::Reflected),
            returns_any: false,
            body: Body::Lazy,
        }
    }

    pub(crate) const fn call(body: fn(&mut Context<'_>, &[Reflected]) -> Result<Reflected, Failed>) -> Self {
        Self {
            parameters: &[Parameter::Reflected],
            variadic: Some(Parameter::Reflected),
            returns_any: false,
            body: Body::Call(body),
        }
    }

    /// Takes further arguments of this type.
    pub(crate) const fn and(mut self, variadic: Parameter) -> Self {
        self.variadic = Some(variadic);
        self
    }

    /// Its result's static type is `interface {}`.
    pub(crate) const fn any(mut self) -> Self {
        self.returns_any = true;
        self
    }
}

/// Functions by name, as each module lists its own.
pub(crate) type Table = &'static [(&'static str, Function)];

static BUILTINS: LazyLock<FxHashMap<&'static str, &'static Function>> = LazyLock::new(|| index(&[builtins::TABLE]));
static SPRIG: LazyLock<FxHashMap<&'static str, &'static Function>> = LazyLock::new(|| index(sprig::TABLES));

fn index(tables: &[Table]) -> FxHashMap<&'static str, &'static Function> {
    tables.iter().copied().flatten().map(|(name, function)| (*name, function)).collect()
}

/// The functions that templates may call: Go's own, all of sprig's, and the host's.
///
/// ```
/// use score_templates::{Data, Functions, Host, Template};
///
/// let functions = Functions::default().with("shout", |arguments| match arguments {
///     [Data::String(text)] => Ok(Data::from(format!("{}!", text.to_string_lossy()))),
///     _ => Err("shout wants one string".to_owned()),
/// });
/// let template = Template::parse("greeting", r#"{{ "hello" | upper | shout }}"#, &functions)?;
/// assert_eq!(template.render(&Data::Null, &mut Host::default())?, "HELLO!");
/// # Ok::<(), score_templates::TemplateError>(())
/// ```
#[derive(Clone, Default)]
pub struct Functions {
    host: BTreeMap<String, Function>,
}

impl Functions {
    /// With a function of the host, called with whatever arguments the template gives; it replaces any other of that
    /// name.
    ///
    /// Its error is the error of the render, which says where. It must be pure: same arguments, same result.
    #[must_use]
    pub fn with<F>(mut self, name: impl Into<String>, function: F) -> Self
    where
        F: Fn(&[Data]) -> Result<Data, String> + Send + Sync + 'static,
    {
        let body = Body::Host(Arc::new(function));
        let function = Function { parameters: &[], variadic: Some(Parameter::Any), returns_any: true, body };
        self.host.insert(name.into(), function);
        self
    }

    /// Whether there is a function of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Function> {
        self.host.get(name).or_else(|| SPRIG.get(name).copied()).or_else(|| BUILTINS.get(name).copied())
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions").field("host", &self.host.keys()).finish_non_exhaustive()
    }
}
