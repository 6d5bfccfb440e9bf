//! Compose documents, held against the schema of the Compose specification.

use std::path::Path;

use serde_json::Value;

/// The schema, among the recorded cases.
pub(crate) fn compose_schema(conformance: &Path) -> jsonschema::Validator {
    let schema = std::fs::read(conformance.join("schemas/compose-spec.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap()
}

#[track_caller]
pub(crate) fn check(schema: &jsonschema::Validator, document: &Value, file: &Path) {
    let problems: Vec<String> =
        schema.iter_errors(document).map(|problem| format!("{}: {problem}", problem.instance_path())).collect();
    assert!(problems.is_empty(), "{}: {}", file.display(), problems.join("\n"));
}
