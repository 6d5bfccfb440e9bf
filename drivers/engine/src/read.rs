//! Reading directories: the files of a platform, and Score files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use score_model::{Diagnostics, Source};

/// The files of a platform.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlatformFiles {
    /// The directory they are below, as their names begin; empty for the current one.
    pub directory: String,
    /// The files, in path order, named by their paths as they open from the current directory: what
    /// [`Platform::load_below`](score_resolver::Platform::load_below) takes.
    pub sources: Vec<Source>,
}

/// Why files cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not there.
    #[error("there is no `{}`", .0.display())]
    NotFound(PathBuf),
    /// There is a directory, and no Score file in it.
    #[error("there is no Score file in `{}` (`score.yaml`, `*.score.yaml` or `score-*.yaml`)", .0.display())]
    NoScoreFiles(PathBuf),
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Some are no text: a diagnostic each.
    #[error(transparent)]
    NoText(Diagnostics),
}

/// Directories deeper than this are taken for a loop of links.
const DEEPEST: usize = 64;

/// Reads a platform: a directory, of which every `*.yaml` at any depth, but for what lies in directories called `files`; or one file.
///
/// # Errors
/// It is not there, or a file of it cannot be read or is no text.
pub fn read_platform(path: impl AsRef<Path>) -> Result<PlatformFiles, ReadError> {
    let path = path.as_ref();
    if is_dir(path)? {
        let paths = walk(path, &|name| name != "files", &|name| name.ends_with(".yaml"))?;
        Ok(PlatformFiles { directory: shown(path), sources: read_all(&paths)? })
    } else {
        let directory = path.parent().map(shown).unwrap_or_default();
        Ok(PlatformFiles { directory, sources: read_all(&[(path.to_owned(), shown(path))])? })
    }
}

/// Reads Score files: the files given, and of the directories given those called `score.yaml`, `*.score.yaml` or `score-*.yaml`, at any depth but not below directories called `platform` or hidden ones. In
/// the order given, those of a directory in path order; each file once. Their names are paths as they were given.
///
/// # Errors
/// One is not there, a directory has none, or a file cannot be read or is no text.
pub fn read_score_files<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Vec<Source>, ReadError> {
    let mut all: Vec<(PathBuf, String)> = Vec::new();
    for path in paths {
        let path = path.as_ref();
        if is_dir(path)? {
            let found = walk(path, &|name| name != "platform" && !name.starts_with('.'), &is_score_file)?;
            if found.is_empty() {
                return Err(ReadError::NoScoreFiles(path.to_owned()));
            }
            all.extend(found);
        } else {
            all.push((path.to_owned(), path.to_string_lossy().into_owned()));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|(path, _)| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    read_all(&all)
}

fn is_score_file(name: &str) -> bool {
    let inner = name.strip_prefix("score-").and_then(|rest| rest.strip_suffix(".yaml"));
    name == "score.yaml" || name.strip_suffix(".score.yaml").is_some_and(|stem| !stem.is_empty()) || inner.is_some()
}

fn is_dir(path: &Path) -> Result<bool, ReadError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ReadError::NotFound(path.to_owned())),
        Err(source) => Err(ReadError::Io { path: path.to_owned(), source }),
    }
}

/// The files below a directory and how they are shown, in path order.
fn walk(
    directory: &Path,
    enter: &dyn Fn(&str) -> bool,
    take: &dyn Fn(&str) -> bool,
) -> Result<Vec<(PathBuf, String)>, ReadError> {
    let mut found = Vec::new();
    let mut open = vec![(directory.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        let io = |source| ReadError::Io { path: directory.clone(), source };
        for entry in fs::read_dir(&directory).map_err(io)? {
            let path = entry.map_err(io)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            // a link that leads nowhere is no file and no directory
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if metadata.is_dir() && depth < DEEPEST && enter(name) {
                open.push((path, depth + 1));
            } else if metadata.is_file() && take(name) {
                let name = shown(&path);
                found.push((path, name));
            }
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}

fn read_all(paths: &[(PathBuf, String)]) -> Result<Vec<Source>, ReadError> {
    let (mut sources, mut diagnostics) = (Vec::new(), Diagnostics::new());
    for (path, name) in paths {
        let bytes = fs::read(path).map_err(|source| ReadError::Io { path: path.clone(), source })?;
        let (source, found) = Source::from_bytes(name.as_str(), &bytes).into_parts();
        diagnostics.append(found);
        sources.extend(source);
    }
    if diagnostics.has_errors() { Err(ReadError::NoText(diagnostics)) } else { Ok(sources) }
}

/// A path as people write it: with `/`, without a leading `./`.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if std::path::MAIN_SEPARATOR == '/' { text } else { text.replace(std::path::MAIN_SEPARATOR, "/").into() };
    let mut rest = &*text;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    if rest == "." { String::new() } else { rest.trim_end_matches('/').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "a: 1\n").unwrap();
        }
        directory
    }

    fn names(directory: &tempfile::TempDir, sources: &[Source]) -> Vec<String> {
        let base = format!("{}/", directory.path().display());
        sources.iter().map(|source| source.name().replace(&base, "")).collect()
    }

    #[test]
    fn a_platform_is_all_yaml_but_files() {
        let tree = tree(&["p/b.yaml", "p/a/z.yaml", "p/a.yaml", "p/files/no.yaml", "p/a/files/no.yaml", "p/no.yml", "p/x.json"]);
        let platform = read_platform(tree.path().join("p")).unwrap();
        assert_eq!(names(&tree, &platform.sources), ["p/a.yaml", "p/a/z.yaml", "p/b.yaml"]);
        assert_eq!(platform.directory, tree.path().join("p").display().to_string());
        let one = read_platform(tree.path().join("p/b.yaml")).unwrap();
        assert_eq!((names(&tree, &one.sources), one.directory), (vec!["p/b.yaml".to_owned()], platform.directory));
    }

    #[test]
    fn score_files_of_a_directory() {
        let tree = tree(&[
            "score.yaml", "b.score.yaml", "deep/score-x.yaml", "platform/score.yaml", ".hidden/score.yaml", ".score.yaml", "other.yaml",
        ]);
        let sources = read_score_files([tree.path().join("b.score.yaml"), tree.path().to_owned()]).unwrap();
        assert_eq!(names(&tree, &sources), ["b.score.yaml", "deep/score-x.yaml", "score.yaml"]);
    }

    #[test]
    fn what_is_not_there_says_so() {
        let tree = tree(&["a/x.yaml"]);
        assert!(matches!(read_platform(tree.path().join("no")), Err(ReadError::NotFound(_))));
        assert!(matches!(read_score_files([tree.path().join("a")]), Err(ReadError::NoScoreFiles(_))));
        fs::write(tree.path().join("a/x.yaml"), [0xff, 0x00]).unwrap();
        assert!(matches!(read_platform(tree.path().join("a")), Err(ReadError::NoText(_))));
    }

    #[test]
    fn paths_are_shown_as_people_write_them() {
        for (path, want) in [("./a.yaml", "a.yaml"), (".", ""), ("./", ""), ("a/", "a"), ("../a", "../a"), ("/a/b", "/a/b")] {
            assert_eq!(shown(Path::new(path)), want);
        }
    }
}
