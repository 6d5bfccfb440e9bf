//! What files of other tools call things, and where Score has them.

use super::shape::Object;

/// What to do about a key that an object does not have, but may have elsewhere.
pub(super) fn elsewhere(object: &Object, key: &str) -> Option<&'static str> {
    const PLATFORM: &str = "remove it: Score leaves this to the platform";
    let help = match (object.what, key) {
        ("a Score file", "kind" | "spec" | "data" | "status") => {
            "this is what a Kubernetes manifest has; a Score file has `apiVersion: score.dev/v1b1`, `metadata`, `containers` and what else the workload needs"
        }
        ("a Score file", "services" | "networks") => {
            "this is what a Compose file has; write a Score file for each service, with `containers`, and `resources` for what it needs"
        }
        ("a Score file", "volumes") => {
            "a volume is a resource, `resources: {data: {type: volume}}`, that a container mounts with `volumes`"
        }
        ("a Score file", "name" | "annotations") => "write it below `metadata`",
        ("a Score file", "ports") => "write it below `service`: `service: {ports: {web: {port: 80}}}`",
        (
            "a Score file",
            "image" | "command" | "args" | "variables" | "files" | "env" | "livenessProbe" | "readinessProbe",
        ) => "write it into a container: `containers: {main: {image: \"my-image:1\"}}`",
        ("a container", "env" | "environment" | "envFrom" | "env_file") => {
            "environment variables are `variables: {KEY: \"value\"}`"
        }
        ("a container", "ports" | "expose") => {
            "ports are the workload's: write `service: {ports: {web: {port: 80, targetPort: 8080}}}` at the top of the file"
        }
        ("a container", "depends_on" | "dependsOn") => {
            "write into the container that starts first which others it comes before, such as `before: {main: {ready: started}}`; what is no container is a resource"
        }
        ("a container", "entrypoint") => "write `command`, a list",
        ("a container", "healthcheck" | "startupProbe") => "write `livenessProbe` or `readinessProbe`",
        ("a container", "volumeMounts" | "mounts") => {
            "write `volumes`, by the path in the container: `volumes: {/data: {source: \"${resources.data}\"}}`"
        }
        ("a container", "configs" | "secrets") => "write `files`, or declare it under `resources`",
        ("a container", "limits" | "requests") => {
            "write it below `resources`: `resources: {limits: {memory: \"128Mi\"}}`"
        }
        ("a container", "build") => {
            "an image is built elsewhere: remove it, and write `image: .` if the image is given at deployment"
        }
        ("a container" | "a port", "name" | "container_name") => "remove it: the key above is the name",
        (
            "a container",
            "restart"
            | "restartPolicy"
            | "imagePullPolicy"
            | "securityContext"
            | "lifecycle"
            | "user"
            | "privileged"
            | "networks"
            | "network_mode"
            | "replicas"
            | "deploy"
            | "labels"
            | "tty"
            | "stdin"
            | "workingDir"
            | "working_dir"
            | "hostname"
            | "logging"
            | "cap_add"
            | "ulimits"
            | "terminationMessagePath",
        )
        | ("a Score file", "replicas" | "labels" | "deploy")
        | ("a service", "type" | "selector" | "clusterIP") => PLATFORM,
        ("a port", "target" | "containerPort" | "container_port") => "write `targetPort`",
        ("a port", "published" | "hostPort" | "nodePort" | "servicePort") => "write `port`",
        (
            "a probe" | "a probe by HTTP" | "a probe by command",
            "initialDelaySeconds"
            | "periodSeconds"
            | "timeoutSeconds"
            | "failureThreshold"
            | "successThreshold"
            | "interval"
            | "timeout"
            | "retries"
            | "start_period"
            | "terminationGracePeriodSeconds",
        ) => "remove it: Score leaves how often and how long to ask to the platform",
        ("a probe", "tcpSocket" | "grpc" | "tcp") => {
            "Score has no such probe: write `exec` with a command that does it, or `httpGet`"
        }
        ("a probe", "path" | "port" | "host" | "scheme" | "httpHeaders" | "http") => {
            "write it below `httpGet`: `httpGet: {path: /, port: 8080}`"
        }
        ("a probe", "command" | "test" | "cmd") => "write it below `exec`: `exec: {command: [\"true\"]}`",
        ("a probe by HTTP", "headers") => "write `httpHeaders: [{name: X-Probe, value: \"1\"}]`",
        ("a file" | "a volume", "target" | "mountPath" | "destination") => {
            "remove it: the key above is the path in the container"
        }
        ("a volume", "subPath") => "write `path`",
        ("a resource", "name") => "remove it: the key above is the name",
        _ => return None,
    };
    Some(help)
}
