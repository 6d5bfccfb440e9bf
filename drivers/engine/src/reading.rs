//! Reading directories: the files of a platform and Score files become sources, which the pure crates take.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use score_model::{Diagnostic, Diagnostics, Place, Source, Span};

/// The files of a platform at `path`: a file itself, or every `*.yaml` of a directory, at any depth but under directories called `files` or hidden ones, in path order.
///
/// Sources are named by their paths from where `path` starts.
///
/// # Errors
/// Every file or directory that cannot be read, and every file that is not UTF-8.
pub fn read_platform(path: &Path) -> Result<Vec<Source>, Diagnostics> {
    let mut found = Found::default();
    if path.is_dir() {
        found.directory(path, &|name| name != "files" && !name.starts_with('.'), &|name| name.ends_with(".yaml"));
    } else {
        found.files.push(path.to_owned());
    }
    found.read()
}

/// Score files: each path is one, or a directory whose Score files are taken: `score.yaml`, `*.score.yaml` and `score-*.yaml`, at any depth but not under directories called `platform` or hidden ones.
///
/// Those of a directory come in path order; one that is named twice comes once. Sources are named by their paths as given.
///
/// # Errors
/// Every file or directory that cannot be read, and every file that is not UTF-8.
pub fn read_score_files(paths: &[PathBuf]) -> Result<Vec<Source>, Diagnostics> {
    let mut found = Found::default();
    for path in paths {
        if path.is_dir() {
            found.directory(path, &|name| name != "platform" && !name.starts_with('.'), &is_score_file);
        } else {
            found.files.push(path.clone());
        }
    }
    found.read()
}

fn is_score_file(name: &str) -> bool {
    !name.starts_with('.')
        && name.strip_suffix(".yaml").is_some_and(|stem| {
            stem == "score" || stem.ends_with(".score") || (stem.starts_with("score-") && stem.len() > "score-".len())
        })
}

#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    problems: Diagnostics,
}

impl Found {
    /// Adds the files below `directory` whose names `take` wants, entering directories whose names `enter` wants. Links to directories are not followed, so that there is no loop.
    fn directory(&mut self, directory: &Path, enter: &dyn Fn(&str) -> bool, take: &dyn Fn(&str) -> bool) {
        let (mut open, mut files) = (vec![directory.to_owned()], Vec::new());
        while let Some(directory) = open.pop() {
            let entries = match fs::read_dir(&directory).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
                Ok(entries) => entries,
                Err(error) => {
                    self.problems.push(unreadable(&directory, &error));
                    continue;
                }
            };
            for entry in entries {
                let (name, path) = (entry.file_name(), entry.path());
                let name = name.to_string_lossy();
                if entry.file_type().is_ok_and(|ty| ty.is_dir()) {
                    if enter(&name) {
                        open.push(path);
                    }
                } else if take(&name) && path.is_file() {
                    files.push(path);
                }
            }
        }
        files.sort();
        self.files.append(&mut files);
    }

    fn read(mut self) -> Result<Vec<Source>, Diagnostics> {
        let mut sources: Vec<Source> = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let name = file.to_string_lossy();
            if sources.iter().any(|source| source.name() == name) {
                continue;
            }
            match fs::read(file).map(String::from_utf8) {
                Ok(Ok(text)) => sources.push(Source::new(&*name, text)),
                Ok(Err(error)) => {
                    let (valid, bytes) = (error.utf8_error().valid_up_to(), error.into_bytes());
                    let source = Source::new(&*name, String::from_utf8_lossy(&bytes).into_owned());
                    let place = Place::new(source, Span::new(valid, valid + 1));
                    self.problems.push(
                        Diagnostic::error("not-utf8", format!("`{name}` is not UTF-8 text"))
                            .at(place)
                            .help("save the file as UTF-8"),
                    );
                }
                Err(error) => self.problems.push(unreadable(file, &error)),
            }
        }
        if self.problems.is_empty() { Ok(sources) } else { Err(self.problems) }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let source = Source::new(path.to_string_lossy(), "");
    Diagnostic::error("unreadable", format!("`{}` cannot be read: {error}", path.display()))
        .at(Place::new(source, Span::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[&str], read: impl Fn(&Path) -> Result<Vec<Source>, Diagnostics>, want: &[&str]) {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        let prefix = format!("{}/", directory.path().display());
        let names: Vec<String> =
            read(directory.path()).unwrap().iter().map(|s| s.name().replace(&prefix, "")).collect();
        assert_eq!(names, want);
    }

    #[test]
    fn score_files_of_a_directory() {
        check(
            &[
                "score.yaml",
                "b.score.yaml",
                "score-a.yaml",
                "score-.yaml",
                "notes.yaml",
                "score.json",
                "sub/score.yaml",
                "platform/x.score.yaml",
                ".hidden/score.yaml",
                ".score.yaml",
            ],
            |path| read_score_files(&[path.to_owned()]),
            &["b.score.yaml", "score-a.yaml", "score.yaml", "sub/score.yaml"],
        );
    }

    #[test]
    fn files_of_a_platform() {
        check(
            &[
                "types.yaml",
                "rules/deep/b.yaml",
                "files/x.yaml",
                "rules/files/y.yaml",
                "README.md",
                "a.provisioners.yaml",
            ],
            read_platform,
            &["a.provisioners.yaml", "rules/deep/b.yaml", "types.yaml"],
        );
    }

    #[test]
    fn what_is_not_text_is_told_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("score.yaml");
        fs::write(&file, b"a: 1\nb: \xff").unwrap();
        let problems = read_score_files(&[file]).unwrap_err();
        let position = problems.iter().next().and_then(Diagnostic::position).unwrap();
        assert_eq!((position.line, position.column), (2, 4));
    }
}
