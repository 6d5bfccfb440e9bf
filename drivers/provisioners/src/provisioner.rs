//! Provisioners, as the Score tools' files describe them.

use std::collections::BTreeMap;

use score_model::{Source, Value};

use crate::command_uri::CommandUri;
use crate::{Dialect, Error, yaml};

/// One entry of a provisioner file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Provisioner {
    /// Its identity.
    pub uri: String,
    /// The type that it serves.
    pub ty: String,
    /// The only class that it serves; `None`: all.
    pub class: Option<String>,
    /// The only id that it serves; `None`: all.
    pub id: Option<String>,
    /// What it is, for people.
    pub description: String,
    /// The params that it knows, for people; `None` where nothing is said.
    pub params: Option<Vec<String>>,
    /// The outputs that it gives, for people; `None` where nothing is said.
    pub outputs: Option<Vec<String>>,
    /// What it does.
    pub kind: Kind,
}

/// What a provisioner does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Renders Go templates, by the names of their fields.
    Template(BTreeMap<String, String>),
    /// Runs a program.
    Command {
        /// The program.
        program: CommandUri,
        /// Its arguments.
        args: Vec<String>,
    },
    /// Looks into the environment.
    Environment,
}

/// The template fields of a dialect, in the order in which they are rendered.
pub(crate) fn template_fields(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Compose => &[
            "init",
            "state",
            "shared",
            "outputs",
            "directories",
            "files",
            "networks",
            "services",
            "volumes",
            "models",
            "info_logs",
        ],
        Dialect::Kubernetes => &["init", "state", "shared", "outputs", "manifests"],
    }
}

impl Provisioner {
    /// Whether it serves this resource.
    pub fn matches(&self, ty: &str, class: &str, id: &str) -> bool {
        // The environment that is always there serves what belongs to a workload, not what is shared.
        let built_in = self.uri == BUILT_IN_ENVIRONMENT;
        self.ty == ty
            && self.class.as_deref().is_none_or(|own| own == class)
            && self.id.as_deref().is_none_or(|own| own == id)
            && (!built_in || id.contains('.'))
    }

    /// The environment, as it is served where no file says how.
    pub fn built_in_environment() -> Self {
        Self {
            uri: BUILT_IN_ENVIRONMENT.into(),
            ty: "environment".into(),
            class: Some("default".into()),
            id: None,
            description: String::new(),
            params: None,
            outputs: None,
            kind: Kind::Environment,
        }
    }

    /// Reads a provisioner file.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read_all(dialect: Dialect, source: Source) -> Result<Vec<Self>, Error> {
        let wrong = |message: String| Error::ProvisionerFile(message);
        let undecoded = |problem: &str| wrong(format!("failed to decode file: {problem}"));
        let document = yaml::read(source).map_err(|problem| undecoded(&problem))?;
        let entries = match &document {
            Value::List(entries) => entries.iter().enumerate(),
            Value::Null => [].iter().enumerate(),
            _ => return Err(undecoded("it must be a list of provisioners")),
        };
        entries.map(|(index, entry)| read(dialect, entry).map_err(|e| wrong(format!("{index}: {e}")))).collect()
    }
}

const BUILT_IN_ENVIRONMENT: &str = "builtin://environment";

pub(crate) fn read(dialect: Dialect, entry: &Value) -> Result<Provisioner, String> {
    let Value::Map(entry) = entry else { return Err("must be a map".into()) };
    let text = |value: &Value| match value {
        Value::List(_) | Value::Map(_) | Value::Null => None,
        scalar => scalar.to_text().map(std::borrow::Cow::into_owned),
    };
    let uri = entry.get("uri").and_then(Value::as_str).unwrap_or_default().to_owned();
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme).to_lowercase();
    let scheme = &*scheme;
    match (scheme, dialect) {
        ("", _) => return Err(format!("missing uri schema '{uri}'")),
        ("template" | "cmd", _) | ("local-env", Dialect::Compose) => {}
        (other, _) => return Err(format!("unsupported provisioner type '{other}'")),
    }
    let failed = |message: String| format!("{uri}: failed to parse: {message}");
    let mut provisioner = Provisioner {
        uri: uri.clone(),
        ty: String::new(),
        class: None,
        id: None,
        description: String::new(),
        params: None,
        outputs: None,
        kind: Kind::Environment,
    };
    let (mut templates, mut args) = (BTreeMap::new(), Vec::new());
    for (key, value) in entry.iter() {
        let scalar = || match value {
            Value::Null => Ok(None),
            _ => text(value).map(Some).ok_or_else(|| failed(format!("field {key} must be a text"))),
        };
        let list = || match value {
            Value::Null => Ok(None),
            Value::List(items) => {
                let said = items.iter().filter(|item| **item != Value::Null);
                said.map(text).collect::<Option<Vec<_>>>().map(Some).ok_or(())
            }
            _ => Err(()),
        };
        let list = || list().map_err(|()| failed(format!("field {key} must be a list of texts")));
        match (&**key, scheme) {
            ("uri", _) => {}
            ("type", _) => provisioner.ty = scalar()?.unwrap_or_default(),
            ("class", _) => provisioner.class = scalar()?,
            ("id", "template" | "cmd") => provisioner.id = scalar()?,
            ("description", _) => provisioner.description = scalar()?.unwrap_or_default(),
            ("supported_params", "template" | "local-env") | ("supported_params" | "params", "cmd") => {
                provisioner.params = list()?;
            }
            ("expected_outputs", "template" | "local-env") | ("expected_outputs" | "outputs", "cmd") => {
                provisioner.outputs = list()?;
            }
            ("args", "cmd") => args = list()?.unwrap_or_default(),
            (field, "template") if template_fields(dialect).contains(&field) => {
                templates.extend(scalar()?.map(|template| (field.to_owned(), template)));
            }
            (other, _) => return Err(failed(format!("field {other} not found"))),
        }
    }
    if provisioner.ty.is_empty() {
        match scheme {
            "local-env" => provisioner.ty = "environment".into(),
            _ => return Err(failed("type not set".to_owned())),
        }
    }
    provisioner.kind = match scheme {
        "template" => Kind::Template(templates),
        "cmd" => Kind::Command { program: CommandUri::parse(&uri).map_err(failed)?, args },
        _ => Kind::Environment,
    };
    for list in [&mut provisioner.params, &mut provisioner.outputs] {
        list.iter_mut().for_each(|names| names.sort());
    }
    Ok(provisioner)
}
