//! Where provisioner files and patch templates come from.

mod git;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod oci;

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::Error;

/// The most bytes that are taken from anywhere.
const LIMIT: u64 = 1 << 30;

/// One file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// The uri that names it: of a file in a directory, that of the directory and its name.
    pub uri: String,
    /// Its content.
    pub content: String,
}

/// Fetches what a uri names.
///
/// | uri | |
/// |---|---|
/// | `PATH`, `~/PATH`, `file://PATH` | a file, or all files of a directory in the order of their names |
/// | `-` | standard input |
/// | `http://…`, `https://…` | what a `GET` gives |
/// | `git-https://HOST/REPO.git/PATH`, `git-ssh://…` | a file, or the files of a directory, of a repository's default branch; the program `git` fetches it |
/// | `oci://[REGISTRY/]REPOSITORY[:TAG\|@DIGEST][#FILE]` | the file, or the only one whose name ends with `.yaml`, of an artefact in a registry |
///
/// With `#sha256=DIGEST` at its end (`oci`: after the file), a uri is pinned: content with another digest is refused. Web addresses and registries need the feature `http`.
///
/// # Errors
/// There is nothing, it is too much, no text, or not what was pinned.
pub fn fetch(uri: &str, directory: &Path, home: Option<&Path>) -> Result<Vec<Fetched>, Error> {
    let (place, digest) = match uri.rsplit_once("#sha256=") {
        Some((place, digest)) => (place, Some(digest)),
        None => (uri, None),
    };
    let files = match place.split_once("://") {
        _ if place == "-" => vec![standard_input()?],
        None => local(place, directory, home)?,
        Some(("file", path)) => local(path, directory, home)?,
        Some(("git-ssh" | "git-https", _)) => git::fetch(place)?,
        #[cfg(feature = "http")]
        Some(("http" | "https", _)) => vec![fetched(place, text(http::get(place)?, place)?)],
        #[cfg(feature = "http")]
        Some(("oci", _)) => vec![fetched(place, text(oci::fetch(place, home)?, place)?)],
        #[cfg(not(feature = "http"))]
        Some((scheme @ ("http" | "https" | "oci"), _)) => {
            return Err(failed(place, format!("fetching by '{scheme}' is not built into this program")));
        }
        Some((scheme, _)) => return Err(Error::ProvisionerFile(format!("unsupported scheme '{scheme}'"))),
    };
    if let Some(digest) = digest {
        let [file] = files.as_slice() else {
            return Err(failed(place, format!("one digest cannot pin {} files; pin each file", files.len())));
        };
        let found = sha256(file.content.as_bytes());
        if !found.eq_ignore_ascii_case(digest) {
            return Err(failed(place, format!("it is not what was pinned: its digest is sha256={found}")));
        }
    }
    Ok(files)
}

/// In lower case hexadecimal digits.
fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fetched(uri: impl Into<String>, content: String) -> Fetched {
    Fetched { uri: uri.into(), content }
}

fn failed(uri: &str, why: impl std::fmt::Display) -> Error {
    Error::ProvisionerFile(format!("failed to fetch '{uri}': {why}"))
}

#[cfg(feature = "http")]
fn text(bytes: Vec<u8>, uri: &str) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| failed(uri, "it is no text"))
}

fn standard_input() -> Result<Fetched, Error> {
    use std::io::IsTerminal as _;
    if std::io::stdin().is_terminal() {
        return Err(Error::ProvisionerFile("no stdin data provided".into()));
    }
    let read = read(std::io::stdin().lock(), "standard input")?;
    if read.is_empty() {
        return Err(Error::ProvisionerFile("stdin is empty".into()));
    }
    Ok(fetched("-", read))
}

fn local(path: &str, directory: &Path, home: Option<&Path>) -> Result<Vec<Fetched>, Error> {
    let (full, uri) = match (path.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => (home.join(below), home.join(below).display().to_string()),
        _ => (directory.join(path), path.to_owned()),
    };
    if full.is_dir() { read_directory(&full, &uri) } else { Ok(vec![fetched(uri, read_file(&full)?)]) }
}

/// The files of a directory, in the order of their names; not those of directories in it.
fn read_directory(directory: &Path, uri: &str) -> Result<Vec<Fetched>, Error> {
    let failed = |e| Error::io("failed to read directory", directory, e);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_file() {
            names.push(entry.file_name());
        }
    }
    if names.is_empty() {
        return Err(Error::ProvisionerFile(format!("directory {uri} contains no files")));
    }
    names.sort();
    let files = names.into_iter().map(|name| {
        let path = Path::new(uri).join(&name);
        // As the Score tools write it: by their uris files are known again.
        let uri: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        Ok(fetched(uri.display().to_string(), read_file(&directory.join(name))?))
    });
    files.collect()
}

fn read_file(path: &Path) -> Result<String, Error> {
    let file = std::fs::File::open(path).map_err(|e| Error::io("failed to read file", path, e))?;
    read(file, &path.display().to_string())
}

fn read(source: impl std::io::Read, name: &str) -> Result<String, Error> {
    let mut text = String::new();
    let failed = |source| Error::Io { what: format!("failed to read '{name}'"), source };
    source.take(LIMIT + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LIMIT {
        return Err(Error::ProvisionerFile(format!("'{name}' is larger than {LIMIT} bytes")));
    }
    Ok(text)
}
