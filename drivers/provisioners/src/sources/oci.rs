//! Files in OCI registries.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use ureq::Agent;
use ureq::http::Response;

use super::{failed, http};
use crate::Error;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const TITLE: &str = "org.opencontainers.image.title";

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    digest: String,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

/// The file that `oci://REGISTRY/REPOSITORY[:TAG|@DIGEST][#FILE]` names: without `#FILE`, the only one whose name ends with `.yaml`. Who asks is what Docker's configuration says.
pub(super) fn fetch(uri: &str, home: Option<&Path>) -> Result<Vec<u8>, Error> {
    let failed = |why: String| failed(uri, why);
    let reference = Reference::parse(uri).ok_or_else(|| failed("invalid artifact URL".into()))?;
    let mut registry = Registry::new(&reference, credentials(reference.registry, home));
    let manifest = registry
        .get(&format!("manifests/{}", reference.version))
        .map_err(|e| failed(format!("manifest fetch failed: {e}")))?;
    if reference.version.contains(':') {
        check(&manifest, reference.version).map_err(failed)?;
    }
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|e| failed(format!("manifest decode failed: {e}")))?;
    let layer = select(&manifest, reference.file).map_err(failed)?;
    let blob =
        registry.get(&format!("blobs/{}", layer.digest)).map_err(|e| failed(format!("blob fetch failed: {e}")))?;
    check(&blob, &layer.digest).map_err(failed)?;
    Ok(blob)
}

/// Whether this is what the digest says.
fn check(content: &[u8], digest: &str) -> Result<(), String> {
    if digest == format!("sha256:{}", super::sha256(content)) {
        Ok(())
    } else {
        Err(format!("'{digest}' is not the digest of what came"))
    }
}

fn select<'m>(manifest: &'m Manifest, file: Option<&str>) -> Result<&'m Layer, String> {
    let title = |layer: &Layer| layer.annotations.get(TITLE).cloned().unwrap_or_default();
    let mut files = manifest.layers.iter().filter(|layer| title(layer).ends_with(".yaml"));
    match file {
        Some(file) => files.find(|layer| title(layer) == file),
        None => {
            let first = files.next();
            if first.is_some() && files.next().is_some() {
                return Err("manifest contains several .yaml files; specify a specific file in the URL fragment".into());
            }
            first
        }
    }
    .ok_or_else(|| "no matching .yaml file found in layers".into())
}

/// What a uri names.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'u> {
    registry: &'u str,
    repository: &'u str,
    version: &'u str,
    file: Option<&'u str>,
}

impl<'u> Reference<'u> {
    fn parse(uri: &'u str) -> Option<Self> {
        let rest = uri.strip_prefix("oci://")?;
        let (rest, file) = match rest.split_once('#') {
            Some((rest, file)) => (rest, Some(file).filter(|file| !file.is_empty())),
            None => (rest, None),
        };
        let (registry, path) = rest.split_once('/')?;
        let (repository, version) = match path.split_once('@') {
            // A digest says more than a tag.
            Some((repository, digest)) => (repository.split(':').next()?, digest),
            None => path.split_once(':').unwrap_or((path, "latest")),
        };
        let whole = !registry.is_empty() && !repository.is_empty() && !version.is_empty();
        whole.then_some(Self { registry, repository, version, file })
    }
}

/// A repository of a registry.
struct Registry {
    agent: Agent,
    base: String,
    repository: String,
    /// User and password, in base64.
    credentials: Option<String>,
    authorization: Option<String>,
}

impl Registry {
    fn new(reference: &Reference<'_>, credentials: Option<String>) -> Self {
        let plain = ["localhost", "127.0.0.1"].iter().any(|host| reference.registry.starts_with(host));
        let host = if reference.registry == "docker.io" { "registry-1.docker.io" } else { reference.registry };
        let base = format!("{}://{host}/v2/{}/", if plain { "http" } else { "https" }, reference.repository);
        Self {
            agent: http::agent(),
            base,
            repository: reference.repository.to_owned(),
            credentials,
            authorization: None,
        }
    }

    fn get(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let url = format!("{}{path}", self.base);
        let mut response = self.ask(&url)?;
        if response.status() == 401 {
            self.authorization = Some(self.authorize(&response)?);
            response = self.ask(&url)?;
        }
        http::body(&mut response)
    }

    fn ask(&self, url: &str) -> Result<Response<ureq::Body>, String> {
        let mut request = self.agent.get(url).header("Accept", MANIFEST);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        request.call().map_err(|e| e.to_string())
    }

    /// What an answer asks us to say who we are with.
    fn authorize(&self, response: &Response<ureq::Body>) -> Result<String, String> {
        let challenge =
            response.headers().get("WWW-Authenticate").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            let credentials = self.credentials.as_ref().ok_or("the registry wants a user and a password")?;
            return Ok(format!("Basic {credentials}"));
        }
        let parameter = |name: &str| {
            parameters.split(',').find_map(|parameter| {
                let (key, value) = parameter.trim().split_once('=')?;
                (key == name).then(|| value.trim_matches('"'))
            })
        };
        let realm = parameter("realm").ok_or("the registry does not say how to log in")?;
        let scope = format!("repository:{}:pull", self.repository);
        let mut request = self.agent.get(realm).query("scope", parameter("scope").unwrap_or(&scope));
        if let Some(service) = parameter("service") {
            request = request.query("service", service);
        }
        if let Some(credentials) = &self.credentials {
            request = request.header("Authorization", format!("Basic {credentials}"));
        }
        #[derive(Deserialize)]
        struct Token {
            #[serde(alias = "access_token")]
            token: String,
        }
        let mut response = request.call().map_err(|e| e.to_string())?;
        let token: Token = serde_json::from_slice(&http::body(&mut response)?).map_err(|e| format!("no token: {e}"))?;
        Ok(format!("Bearer {}", token.token))
    }
}

/// The user and password that Docker's configuration has for a registry, in base64. Helpers of credentials are not asked.
fn credentials(registry: &str, home: Option<&Path>) -> Option<String> {
    #[derive(Deserialize)]
    struct Configuration {
        #[serde(default)]
        auths: std::collections::BTreeMap<String, Login>,
    }
    #[derive(Deserialize)]
    struct Login {
        auth: Option<String>,
    }
    let text = std::fs::read(home?.join(".docker/config.json")).ok()?;
    let configuration: Configuration = serde_json::from_slice(&text).ok()?;
    let names = [registry.to_owned(), format!("https://{registry}"), format!("https://index.{registry}/v1/")];
    let login = names.iter().find_map(|name| configuration.auths.get(name)?.auth.clone())?;
    STANDARD.decode(&login).is_ok().then_some(login)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_reference(uri: &str, want: Option<(&str, &str, &str, Option<&str>)>) {
        let want = want.map(|(registry, repository, version, file)| Reference { registry, repository, version, file });
        assert_eq!(Reference::parse(uri), want, "{uri}");
    }

    #[test]
    fn references() {
        check_reference("oci://ghcr.io/a/b", Some(("ghcr.io", "a/b", "latest", None)));
        check_reference("oci://localhost:5000/a:v1#x.yaml", Some(("localhost:5000", "a", "v1", Some("x.yaml"))));
        check_reference("oci://h/a:v1@sha256:00", Some(("h", "a", "sha256:00", None)));
        check_reference("oci://h", None);
        check_reference("oci://h/a:", None);
    }
}
