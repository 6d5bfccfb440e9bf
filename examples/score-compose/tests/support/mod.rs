//! The Score files that both programs are tried on.

use std::path::{Path, PathBuf};

/// The directory of the recorded cases, where there is one.
pub(crate) fn conformance() -> Option<PathBuf> {
    let root = std::env::var_os("SCORE_CONFORMANCE").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"));
    if root.is_dir() {
        return Some(root);
    }
    assert!(std::env::var_os("CI").is_none(), "no `{}`: set SCORE_CONFORMANCE", root.display());
    eprintln!("no `{}`: what needs it is not checked", root.display());
    None
}

/// All Score files below a directory.
pub(crate) fn score_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            score_files(&path, found);
        } else if name.ends_with("score.yaml") || (name.starts_with("score") && name.ends_with(".yaml")) {
            found.push(path);
        }
    }
}
