//! Entries of provisioner files that cannot do what they are for, found before anyone asks for them.

use score_drivers::ResourceUid;
use score_model::{Diagnostic, Diagnostics, Value};
use score_resolver::Platform;

use crate::Kind;
use crate::template::Templates;
use crate::told::Told;

/// What is wrong with the entries of a platform's provisioner files themselves, each at its entry: templates that do not parse, uris that name no program.
pub fn unsound_entries(platform: &Platform) -> Diagnostics {
    let mut found = Diagnostics::new();
    for (name, module) in platform.modules().filter(|(_, module)| module.driver.starts_with("provisioner")) {
        let Ok(uid) = ResourceUid::new(&module.ty, score_model::DEFAULT_CLASS, "any") else { continue };
        let told = Told::read(&uid, "", &as_written(&module.inputs), None, &Value::Null);
        let problem = match told.map(|told| (told.dialect, told.kind)) {
            Ok((dialect, Kind::Template(texts))) => Templates::parse(dialect, &texts).err(),
            Ok(_) => None,
            Err(error) => Some(error.message().to_owned()),
        };
        if let Some(problem) = problem {
            let diagnostic = Diagnostic::error("unsound-entry", format!("`{name}`: {problem}"));
            found.push(diagnostic.at(module.place()));
        }
    }
    found
}

/// The inputs as the driver gets them: in modules `${` of what is meant literally is written `$${`.
fn as_written(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(text.replace("$${", "${")),
        Value::List(items) => Value::list(items.iter().map(as_written)),
        Value::Map(map) => Value::map(map.iter().map(|(key, item)| (key.clone(), as_written(item)))),
        other => other.clone(),
    }
}
