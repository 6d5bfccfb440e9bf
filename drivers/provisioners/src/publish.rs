//! Ports of a Compose project that the host is to have.

use std::sync::Arc;

use score_model::{Map, Value};

use crate::Error;
use crate::state::State;

impl State {
    /// Adds published ports to a Compose project: each `HOST_PORT:TARGET:CONTAINER_PORT`, where TARGET is a workload, or `TYPE[.CLASS]#ID.OUTPUT`, an output that names a service.
    ///
    /// A workload is found by its host name. Where a patch took that away nothing is published, and the answer says so, line by line.
    ///
    /// # Errors
    /// The first that is not sound.
    pub fn publish(&self, project: &mut Value, published: &[String]) -> Result<Vec<String>, Error> {
        let mut warnings = Vec::new();
        for (index, entry) in published.iter().enumerate() {
            let found = self.publish_one(project, entry);
            if !found.map_err(|problem| Error::Convert(format!("--publish[{index}] {problem}")))? {
                warnings.push(format!("--publish[{index}] '{entry}': no service has the host name of the workload"));
            }
        }
        Ok(warnings)
    }

    /// Whether there was something to publish.
    fn publish_one(&self, project: &mut Value, entry: &str) -> Result<bool, String> {
        let parts = entry.split_once(':').and_then(|(host, rest)| Some((host, rest.rsplit_once(':')?)));
        let (host, (target, container)) = parts.ok_or("expected 3 :-separated parts")?;
        let port = |what: &str, text: &str| {
            let port: i64 = text.parse().map_err(|_| format!("could not parse {what} port '{text}' as integer"))?;
            if port > 1 { Ok(port) } else { Err(format!("{what} port must be > 1")) }
        };
        let (host_port, container_port) = (port("host", host)?, port("container", container)?);
        let services = project.child("services").and_then(Value::as_map);
        let service = match target.split_once('#') {
            None => {
                let named = |(_, service): &(&Arc<str>, &Value)| {
                    service.child("hostname").and_then(Value::as_str) == Some(target)
                };
                if !self.workloads.contains_key(target) {
                    return Err(format!("failed to find a workload named '{target}'"));
                }
                match services.and_then(|services| services.iter().find(named)) {
                    Some((name, _)) => name.clone(),
                    None => return Ok(false),
                }
            }
            Some((ty, rest)) => {
                let (id, output) = rest.rsplit_once('.').ok_or("must match RES_UID.OUTPUT")?;
                let class = if ty.contains('.') { "" } else { ".default" };
                let uid = format!("{ty}{class}#{id}");
                let resource = self.resources.get(&uid).ok_or_else(|| {
                    format!(
                        "failed to find a resource with uid '{}'",
                        target.rsplit_once('.').map_or(target, |(uid, _)| uid)
                    )
                })?;
                let value = resource
                    .outputs
                    .child(output)
                    .ok_or_else(|| format!("resource '{uid}' has no output '{output}'"))?;
                let host =
                    value.as_str().ok_or_else(|| format!("resource '{uid}' output '{output}' is not a string"))?;
                let exists = services.is_some_and(|services| services.contains_key(host));
                exists.then(|| Arc::from(host)).ok_or_else(|| format!("host '{host}' does not exist"))?
            }
        };
        let path = ["services", &*service, "ports"].into_iter().collect();
        let mut ports = project.get(&path).and_then(|ports| ports.as_list().map(<[Value]>::to_vec)).unwrap_or_default();
        let mut port = Map::default();
        port.insert("target".into(), Value::from(container_port));
        port.insert("published".into(), Value::from(host_port.to_string()));
        ports.push(Value::from(port));
        project.insert(&path, Value::from(ports));
        Ok(true)
    }
}
