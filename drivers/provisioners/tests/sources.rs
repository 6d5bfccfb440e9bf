//! Files from real servers.
#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use score_provisioners::fetch;
use sha2::{Digest as _, Sha256};

const CACHE: &str = "- {uri: template://cache, type: cache}\n";

fn digest(content: &str) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a server answers to a path: a status, a header, and a body.
type Answers = BTreeMap<&'static str, (u16, String, String)>;

/// A server that answers to paths, on a port of its own, as long as the process lives. Paths below `/v2/private/` want the token `secret`, which `/token` gives.
fn serve(answers: impl FnOnce(&str) -> Answers) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answers = Arc::new(answers(&address));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || answer(stream, &answers));
        }
    });
    address
}

fn answer(mut stream: TcpStream, answers: &Answers) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let request = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let locked = path.starts_with("/v2/private/") && !headers.iter().any(|line| line == "authorization: bearer secret");
    let path = if locked { "locked" } else { path.split('?').next().unwrap_or_default() };
    let not_found = (404, String::new(), "nothing".to_owned());
    let (status, header, body) = answers.get(path).unwrap_or(&not_found);
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).unwrap();
}

/// A manifest with one layer for each file.
fn manifest(files: &[(&str, &str)]) -> String {
    let layers = files.iter().map(|(title, content)| {
        serde_json::json!({
            "digest": format!("sha256:{}", digest(content)),
            "annotations": {"org.opencontainers.image.title": title},
        })
    });
    serde_json::json!({"schemaVersion": 2, "layers": layers.collect::<Vec<_>>()}).to_string()
}

#[track_caller]
fn check(uri: &str, want: Result<&str, &str>) {
    match (fetch(uri, Path::new(""), None), want) {
        (Ok(found), Ok(want)) => {
            let contents: Vec<&str> = found.iter().map(|file| &*file.content).collect();
            assert_eq!(contents, [want], "{uri}");
        }
        (Err(found), Err(want)) => assert!(found.to_string().contains(want), "{uri}: {found}"),
        (found, want) => panic!("{uri}: {found:?}, want {want:?}"),
    }
}

#[track_caller]
fn check_uris(directory: &Path, uri: &str, want: &[&str]) {
    let found = fetch(uri, directory, Some(directory)).unwrap();
    let uris: Vec<&str> = found.iter().map(|file| &*file.uri).collect();
    assert_eq!(uris, want);
}

#[test]
fn directories() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::create_dir_all(path.join("a/b")).unwrap();
    for file in ["z.yaml", "a/y.yaml", "a/x.yaml"] {
        std::fs::write(path.join(file), CACHE).unwrap();
    }
    check_uris(path, ".", &["z.yaml"]);
    check_uris(path, "./a", &["a/x.yaml", "a/y.yaml"]);
    check_uris(path, "a//", &["a/x.yaml", "a/y.yaml"]);
    check_uris(path, "a/./x.yaml", &["a/./x.yaml"]);
    let home = |file: &str| path.join(file).display().to_string();
    check_uris(path, "~/z.yaml", &[&home("z.yaml")]);
    check_uris(path, "~/a", &[&home("a/x.yaml"), &home("a/y.yaml")]);
}

#[test]
fn web() {
    let address = serve(|_| {
        BTreeMap::from([
            ("/cache.yaml", (200, String::new(), CACHE.to_owned())),
            ("/moved.yaml", (302, "Location: /cache.yaml\r\n".to_owned(), String::new())),
        ])
    });
    check(&format!("http://{address}/cache.yaml"), Ok(CACHE));
    check(&format!("http://{address}/moved.yaml"), Ok(CACHE));
    check(&format!("http://{address}/none.yaml"), Err("non-200 status code: 404"));
    check(&format!("http://{address}/cache.yaml#sha256={}", digest(CACHE)), Ok(CACHE));
    check(&format!("http://{address}/cache.yaml#sha256={}", digest("other")), Err("it is not what was pinned"));
    check("http://127.0.0.1:1/cache.yaml", Err("failed to make get request"));
    check("ftp://127.0.0.1/cache.yaml", Err("unsupported scheme 'ftp'"));
}

#[test]
fn registries() {
    let (one, two) =
        (manifest(&[("notes.md", "x"), ("a.yaml", CACHE)]), manifest(&[("a.yaml", CACHE), ("b.yaml", "[]")]));
    let (one_digest, cache, lied) = (digest(&one), digest(CACHE), manifest(&[("a.yaml", "[1]")]));
    let text = |text: &str| (200, String::new(), text.to_owned());
    let leak = |path: String| -> &'static str { Box::leak(path.into_boxed_str()) };
    let address = serve(|address| {
        let challenge = format!("WWW-Authenticate: Bearer realm=\"http://{address}/token\",service=\"test\"\r\n");
        BTreeMap::from([
            ("/v2/one/manifests/latest", text(&one)),
            (leak(format!("/v2/one/manifests/sha256:{one_digest}")), text(&one)),
            ("/v2/one/manifests/sha256:00", text(&one)),
            (leak(format!("/v2/one/blobs/sha256:{cache}")), text(CACHE)),
            ("/v2/two/manifests/v1", text(&two)),
            (leak(format!("/v2/two/blobs/sha256:{cache}")), text(CACHE)),
            ("/v2/lied/manifests/latest", text(&lied)),
            (leak(format!("/v2/lied/blobs/sha256:{}", digest("[1]"))), text("[2]")),
            ("locked", (401, challenge, String::new())),
            ("/token", text("{\"token\": \"secret\"}")),
            ("/v2/private/manifests/latest", text(&one)),
            (leak(format!("/v2/private/blobs/sha256:{cache}")), text(CACHE)),
        ])
    });
    check(&format!("oci://{address}/one"), Ok(CACHE));
    check(&format!("oci://{address}/one:latest#a.yaml"), Ok(CACHE));
    check(&format!("oci://{address}/one@sha256:{one_digest}"), Ok(CACHE));
    check(&format!("oci://{address}/one#a.yaml#sha256={cache}"), Ok(CACHE));
    check(&format!("oci://{address}/one@sha256:00"), Err("is not the digest of what came"));
    check(&format!("oci://{address}/one#b.yaml"), Err("no matching .yaml file"));
    check(&format!("oci://{address}/two:v1"), Err("several .yaml files"));
    check(&format!("oci://{address}/two:v1#a.yaml"), Ok(CACHE));
    check(&format!("oci://{address}/lied"), Err("is not the digest of what came"));
    check(&format!("oci://{address}/none"), Err("non-200 status code: 404"));
    check(&format!("oci://{address}/private"), Ok(CACHE));
}
