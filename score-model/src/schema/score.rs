//! The Score specification v1b1, as data.

use super::shape::{Field, Map, Object, Shape};
use crate::names::{ANNOTATION, CLASS, ID, NAME, Rule, TYPE, VARIABLE};
use crate::quantity::{CPU, MEMORY};

/// A whole Score file.
pub(crate) static WORKLOAD: Shape = Shape::Object(&Object {
    what: "a Score file",
    fields: &[
        required(
            "apiVersion",
            Shape::Text(&API_VERSION),
            "The version of the specification.",
            "apiVersion: score.dev/v1b1",
        ),
        required(
            "metadata",
            Shape::Object(&METADATA),
            "What the workload is called, and anything else about it.",
            "metadata: {name: my-workload}",
        ),
        optional(
            "service",
            Shape::Object(&SERVICE),
            "The ports under which other workloads reach this one.",
            "service: {ports: {web: {port: 80}}}",
        ),
        required("containers", CONTAINERS, "What runs, by name.", "containers: {main: {image: \"my-image:1\"}}"),
        optional(
            "resources",
            RESOURCES,
            "What the workload needs, by the name it gives each.",
            "resources: {db: {type: postgres}}",
        ),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
});

const CONTAINERS: Shape =
    Shape::Map(Map { keys: Some(&NAME), values: &Shape::Object(&CONTAINER), least: 1, listed: None });
const RESOURCES: Shape =
    Shape::Map(Map { keys: Some(&NAME), values: &Shape::Object(&RESOURCE), least: 0, listed: None });
const ANNOTATIONS: Shape =
    Shape::Map(Map { keys: Some(&ANNOTATION), values: &Shape::Text(&ANY_TEXT), least: 0, listed: None });

/// The metadata of a workload.
pub(crate) static METADATA: Object = Object {
    what: "the metadata of a workload",
    fields: &[
        required("name", Shape::Text(&NAME), "The name of the workload.", "name: my-workload"),
        optional(
            "annotations",
            ANNOTATIONS,
            "Notes for tools; all values are texts.",
            "annotations: {example.com/key: \"value\"}",
        ),
    ],
    open: true,
    one_of: &[],
    any_of: &[],
};

static SERVICE: Object = Object {
    what: "a service",
    fields: &[optional(
        "ports",
        Shape::Map(Map { keys: Some(&NAME), values: &Shape::Object(&PORT), least: 0, listed: None }),
        "The ports, by name.",
        "ports: {web: {port: 80, targetPort: 8080}}",
    )],
    open: false,
    one_of: &[],
    any_of: &[],
};

static PORT: Object = Object {
    what: "a port",
    fields: &[
        required("port", PORT_NUMBER, "The number under which others reach it.", "port: 80"),
        optional("protocol", Shape::Choice(&["TCP", "UDP"]), "The protocol; TCP unless given.", "protocol: TCP"),
        optional(
            "targetPort",
            PORT_NUMBER,
            "The number in the container; that of the port unless given.",
            "targetPort: 8080",
        ),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
};

const PORT_NUMBER: Shape = Shape::Integer(1, 65535);

pub(crate) static CONTAINER: Object = Object {
    what: "a container",
    fields: &[
        required(
            "image",
            Shape::Text(&SOME_TEXT),
            "The image; `.` where it is given at deployment.",
            "image: \"my-image:1\"",
        ),
        optional("command", TEXTS, "Instead of the image's entrypoint.", "command: [\"/bin/sh\"]"),
        optional("args", TEXTS, "Instead of the image's arguments.", "args: [\"-c\", \"sleep 1\"]"),
        optional(
            "variables",
            Shape::Map(Map { keys: Some(&VARIABLE), values: &Shape::Text(&TEMPLATE), least: 0, listed: None }),
            "Environment variables; all values are texts.",
            "variables: {PORT: \"8080\"}",
        ),
        optional(
            "files",
            Shape::Map(Map { keys: None, values: &Shape::Object(&FILE), least: 0, listed: Some(&FILE_TARGET) }),
            "Files, by their path in the container.",
            "files: {/etc/app.yaml: {content: \"key: value\"}}",
        ),
        optional(
            "volumes",
            Shape::Map(Map { keys: None, values: &Shape::Object(&VOLUME), least: 0, listed: Some(&VOLUME_TARGET) }),
            "Volumes, by their path in the container.",
            "volumes: {/data: {source: \"${resources.data}\"}}",
        ),
        optional(
            "before",
            Shape::Map(Map { keys: Some(&NAME), values: &Shape::Object(&BEFORE), least: 0, listed: None }),
            "Containers that start only after this one has come so far.",
            "before: {main: {ready: complete}}",
        ),
        optional(
            "resources",
            Shape::Object(&COMPUTE),
            "How much memory and processor time it gets.",
            "resources: {limits: {memory: \"128Mi\", cpu: \"250m\"}}",
        ),
        optional(
            "livenessProbe",
            Shape::Object(&PROBE),
            "How to tell whether it is alive.",
            "livenessProbe: {exec: {command: [\"true\"]}}",
        ),
        optional(
            "readinessProbe",
            Shape::Object(&PROBE),
            "How to tell whether it can take requests.",
            "readinessProbe: {httpGet: {path: /, port: 8080}}",
        ),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
};

const TEXTS: Shape = Shape::List(&Shape::Text(&ANY_TEXT));

pub(crate) static FILE: Object = Object {
    what: "a file",
    fields: &[
        optional("mode", Shape::Text(&MODE), "The access mode, in octal.", "mode: \"0644\""),
        optional(
            "source",
            Shape::Text(&SOME_TEXT),
            "The path of the file to take the content from.",
            "source: ./app.yaml",
        ),
        optional("content", Shape::Text(&TEMPLATE), "The content.", "content: \"key: value\""),
        optional(
            "binaryContent",
            Shape::Text(&BASE64),
            "The content in base64, without placeholders.",
            "binaryContent: aGVsbG8=",
        ),
        optional("noExpand", Shape::Bool, "Whether placeholders in the content stay as they are.", "noExpand: true"),
    ],
    open: false,
    one_of: &["content", "binaryContent", "source"],
    any_of: &[],
};

static FILE_TARGET: Field =
    optional("target", Shape::Text(&SOME_TEXT), "The path in the container.", "target: /etc/app.yaml");

static VOLUME: Object = Object {
    what: "a volume",
    fields: &[
        required(
            "source",
            Shape::Text(&VOLUME_SOURCE),
            "The volume: usually a placeholder that names a resource.",
            "source: \"${resources.data}\"",
        ),
        optional("path", Shape::Text(&ANY_TEXT), "The path inside the volume.", "path: sub/directory"),
        optional("readOnly", Shape::Bool, "Whether nothing can be written to it.", "readOnly: true"),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
};

static VOLUME_TARGET: Field = optional("target", Shape::Text(&ANY_TEXT), "The path in the container.", "target: /data");

pub(crate) static BEFORE: Object = Object {
    what: "an entry of `before`",
    fields: &[required(
        "ready",
        Shape::Choice(&["started", "healthy", "complete"]),
        "How far this container must have come.",
        "ready: complete",
    )],
    open: false,
    one_of: &[],
    any_of: &[],
};

static COMPUTE: Object = Object {
    what: "the resources of a container",
    fields: &[
        optional("limits", Shape::Object(&AMOUNTS), "The most it may use.", "limits: {memory: \"128Mi\"}"),
        optional("requests", Shape::Object(&AMOUNTS), "The least it needs.", "requests: {cpu: \"250m\"}"),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
};

static AMOUNTS: Object = Object {
    what: "limits or requests",
    fields: &[
        optional("memory", Shape::Text(&MEMORY), "Bytes.", "memory: \"128Mi\""),
        optional("cpu", Shape::Text(&CPU), "Processors.", "cpu: \"250m\""),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
};

static PROBE: Object = Object {
    what: "a probe",
    fields: &[
        optional(
            "httpGet",
            Shape::Object(&HTTP),
            "A request that is answered when all is well.",
            "httpGet: {path: /, port: 8080}",
        ),
        optional(
            "exec",
            Shape::Object(&EXEC),
            "A command that succeeds when all is well.",
            "exec: {command: [\"true\"]}",
        ),
    ],
    open: false,
    one_of: &[],
    any_of: &["httpGet", "exec"],
};

static EXEC: Object = Object {
    what: "a probe by command",
    fields: &[required("command", TEXTS, "The command and its arguments.", "command: [\"true\"]")],
    open: false,
    one_of: &[],
    any_of: &[],
};

static HTTP: Object = Object {
    what: "a probe by HTTP",
    fields: &[
        optional("host", Shape::Text(&SOME_TEXT), "The host; the workload itself unless given.", "host: localhost"),
        optional("scheme", Shape::Choice(&["HTTP", "HTTPS"]), "The scheme; HTTP unless given.", "scheme: HTTPS"),
        required("path", Shape::Text(&ANY_TEXT), "The path.", "path: /health"),
        required("port", PORT_NUMBER, "The port in the container.", "port: 8080"),
        optional(
            "httpHeaders",
            Shape::List(&Shape::Object(&HEADER)),
            "Headers of the request.",
            "httpHeaders: [{name: X-Probe, value: \"1\"}]",
        ),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
};

static HEADER: Object = Object {
    what: "a header",
    fields: &[
        required("name", Shape::Text(&HEADER_NAME), "The name.", "name: X-Probe"),
        required("value", Shape::Text(&SOME_TEXT), "The value.", "value: \"1\""),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
};

pub(crate) static RESOURCE: Object = Object {
    what: "a resource",
    fields: &[
        required("type", Shape::Text(&TYPE), "What kind of thing it is.", "type: postgres"),
        optional("class", Shape::Text(&CLASS), "Which of several sorts of it.", "class: large"),
        optional("id", Shape::Text(&ID), "Under which id workloads share it.", "id: main-db"),
        optional(
            "metadata",
            Shape::Object(&RESOURCE_METADATA),
            "Anything about it.",
            "metadata: {annotations: {example.com/key: \"value\"}}",
        ),
        optional("params", Shape::Open, "What it should be like.", "params: {size: \"10Gi\"}"),
    ],
    open: false,
    one_of: &[],
    any_of: &[],
};

static RESOURCE_METADATA: Object = Object {
    what: "the metadata of a resource",
    fields: &[optional(
        "annotations",
        ANNOTATIONS,
        "Notes for tools; all values are texts.",
        "annotations: {example.com/key: \"value\"}",
    )],
    open: true,
    one_of: &[],
    any_of: &[],
};

static API_VERSION: Rule = Rule {
    what: "a version of the specification",
    rule: "the only one is `score.dev/v1b1`",
    pattern: Some("^score\\.dev/v1b1$"),
    length: (0, None),
    holds: |text| text == "score.dev/v1b1",
};

/// A text with placeholders.
pub(crate) static TEMPLATE: Rule = Rule { ..ANYTHING };

/// A text with placeholders, which may stand for a resource as a whole.
pub(crate) static VOLUME_SOURCE: Rule = Rule { ..ANYTHING };

/// Bytes in base64; that they are is no matter of the schema.
pub(crate) static BASE64: Rule = Rule { ..ANYTHING };

static ANY_TEXT: Rule = Rule { ..ANYTHING };

const ANYTHING: Rule = Rule { what: "a text", rule: "", pattern: None, length: (0, None), holds: |_| true };

static SOME_TEXT: Rule = Rule {
    what: "a text",
    rule: "it cannot be empty",
    pattern: None,
    length: (1, None),
    holds: |text| !text.is_empty(),
};

pub(crate) static MODE: Rule = Rule {
    what: "an access mode",
    rule: "a mode has three octal digits, with or without a `0` before them, such as `\"0644\"`",
    pattern: Some("^0?[0-7]{3}$"),
    length: (0, None),
    holds: |text| {
        let digits = if text.len() == 4 { text.strip_prefix('0').unwrap_or_default() } else { text };
        digits.len() == 3 && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
    },
};

pub(crate) static HEADER_NAME: Rule = Rule {
    what: "the name of a header",
    rule: "it consists of letters, digits, `-` and `_`",
    pattern: Some("^[A-Za-z0-9_-]+$"),
    length: (0, None),
    holds: |text| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    },
};

const fn required(name: &'static str, shape: Shape, about: &'static str, example: &'static str) -> Field {
    Field { name, required: true, shape, about, example }
}

const fn optional(name: &'static str, shape: Shape, about: &'static str, example: &'static str) -> Field {
    Field { name, required: false, shape, about, example }
}
