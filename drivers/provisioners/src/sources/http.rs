//! Files on the web.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig};

use super::{LIMIT, failed};
use crate::Error;

/// How long a file may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What asks: by the proxies of the environment, with the certificates that the system trusts. Answers of any status are given back.
pub(super) fn agent() -> Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).tls_config(tls).build().into()
}

/// What a `GET` of an address gives, and nothing but a 200.
pub(super) fn get(url: &str) -> Result<Vec<u8>, Error> {
    let asked = agent().get(url).call();
    let mut response = asked.map_err(|e| failed(url, format!("failed to make get request: {e}")))?;
    body(&mut response).map_err(|e| failed(url, e))
}

/// The body of an answer, if it is one.
pub(super) fn body(response: &mut Response<ureq::Body>) -> Result<Vec<u8>, String> {
    if response.status() != 200 {
        return Err(format!("non-200 status code: {}", response.status().as_u16()));
    }
    let read = response.body_mut().with_config().limit(LIMIT).read_to_vec();
    read.map_err(|e| format!("failed to read response body: {e}"))
}
