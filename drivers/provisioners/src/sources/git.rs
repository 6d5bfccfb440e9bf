//! Files in git repositories, fetched by the program `git` with all that it is configured to do.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Fetched, failed, fetched, read_directory, read_file};
use crate::Error;

/// The file, or the files of the directory, that `git-SCHEME://HOST/…/REPO.git/PATH` names, as they are on the default branch.
pub(super) fn fetch(uri: &str) -> Result<Vec<Fetched>, Error> {
    let parts = uri.strip_prefix("git-").and_then(|uri| uri.split_once(".git/"));
    let wrong = || failed(uri, "invalid git url, expected a path with ../<REPO>.git/<PATH>");
    let (remote, path) = parts.filter(|(_, path)| !path.is_empty()).ok_or_else(wrong)?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if !crate::files::is_local(path) {
        return Err(wrong());
    }
    fetch_from(&format!("{remote}.git"), path, uri)
}

/// The same from any repository that `git` understands.
fn fetch_from(remote: &str, path: &str, uri: &str) -> Result<Vec<Fetched>, Error> {
    let checkout = tempfile::tempdir().map_err(|e| failed(uri, e))?;
    let git = |what: &str, arguments: &[&str]| {
        run(checkout.path(), arguments).map_err(|e| failed(uri, format!("{what}: {e}")))
    };
    git("failed to init git repo", &["init", "--quiet"])?;
    git("failed to set git remote", &["remote", "add", "--", "origin", remote])?;
    git("failed to set sparse checkout", &["sparse-checkout", "set", "--no-cone", "--sparse-index", path])?;
    git("failed to fetch", &["pull", "--quiet", "--depth=1", "origin", "HEAD"])?;
    let full = checkout.path().join(path);
    if full.is_dir() { read_directory(&full, path) } else { Ok(vec![fetched(uri, read_file(&full)?)]) }
}

fn run(directory: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("git").args(arguments).current_dir(directory).stdin(Stdio::null()).output();
    let output = output.map_err(|e| format!("the program git cannot be run: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_directories_of_a_repository() {
        let repository = tempfile::tempdir().unwrap();
        let commit = [
            ["init", "--quiet"].as_slice(),
            &["add", "."],
            &["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message=one"],
        ];
        std::fs::create_dir(repository.path().join("files")).unwrap();
        std::fs::write(repository.path().join("files/b.yaml"), "[b]").unwrap();
        std::fs::write(repository.path().join("files/a.yaml"), "[a]").unwrap();
        commit.iter().for_each(|arguments| run(repository.path(), arguments).unwrap());
        let remote = format!("file://{}", repository.path().display());
        let contents = |path: &str| {
            let found = fetch_from(&remote, path, "uri").map_err(|e| e.to_string())?;
            Ok::<_, String>(found.into_iter().map(|file| (file.uri, file.content)).collect::<Vec<_>>())
        };
        let pair = |uri: &str, content: &str| (uri.to_owned(), content.to_owned());
        assert_eq!(contents("files/b.yaml"), Ok(vec![pair("uri", "[b]")]));
        assert_eq!(contents("files"), Ok(vec![pair("files/a.yaml", "[a]"), pair("files/b.yaml", "[b]")]));
        assert!(contents("none").unwrap_err().contains("none"));
    }

    #[track_caller]
    fn check_wrong(uri: &str) {
        assert!(fetch(uri).unwrap_err().to_string().contains("invalid git url"), "{uri}");
    }

    #[test]
    fn addresses_that_name_no_file() {
        check_wrong("git-https://host/repo");
        check_wrong("git-https://host/repo.git/");
        check_wrong("git-https://host/repo.git/../x");
    }
}
