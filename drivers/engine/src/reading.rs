//! Reading directories: the files of a platform and Score files become sources, which the pure crates take.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use score_model::{Checked, Diagnostic, Diagnostics, FileContent, Mode, Place, Source, Span, Workload};

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

/// The workload of a Score file, with the contents of the files that it names as `source`: paths below the directory of the Score file, which `source`'s name tells.
///
/// All problems at once, as [`Workload::parse`], and every file that cannot be read, at its place.
pub fn read_workload(source: Source) -> Checked<Workload> {
    read_workload_with(source, &mut |_, _| {})
}

/// As [`read_workload`], with `seen` told the path and the bytes of every file that was read for it.
pub fn read_workload_with(source: Source, seen: &mut dyn FnMut(&Path, &[u8])) -> Checked<Workload> {
    let directory = Path::new(source.name()).parent().unwrap_or(Path::new("")).to_owned();
    let (workload, mut diagnostics) = Workload::parse(source).into_parts();
    let Some(workload) = workload else { return Checked::failed(diagnostics) };
    if !names_files(&workload) {
        return Checked::new(workload, diagnostics);
    }
    let (document, found) =
        workload.document().embed_files(&mut |file| read_below(&directory, file, seen)).into_parts();
    diagnostics.append(found);
    match document.map(|document| Workload::from_document(document, Mode::Strict).into_parts()) {
        Some((Some(workload), found)) => {
            diagnostics.append(found);
            diagnostics.sort();
            Checked::new(workload, diagnostics)
        }
        _ => Checked::failed(diagnostics),
    }
}

/// Whether a container has a file with a `source`.
fn names_files(workload: &Workload) -> bool {
    let mut files = workload.containers.values().flat_map(|container| container.files.values());
    files.any(|file| matches!(file.content, FileContent::Source(_)))
}

fn read_below(directory: &Path, file: &str, seen: &mut dyn FnMut(&Path, &[u8])) -> Result<Vec<u8>, String> {
    let path = Path::new(file);
    if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err("it must be a relative path below the directory of the Score file".into());
    }
    let path = directory.join(path);
    let bytes = fs::read(&path).map_err(|error| error.to_string())?;
    seen(&path, &bytes);
    Ok(bytes)
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
    fn files_named_as_source_are_read_beside_the_score_file() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("motd"), "hello ${metadata.name}").unwrap();
        let read = |file: &str| {
            let text = format!(
                r#"{{"apiVersion": "score.dev/v1b1", "metadata": {{"name": "shop"}},
                "containers": {{"main": {{"image": "shop:1", "files": {{"/motd": {{"source": "{file}"}}}}}}}}}}"#
            );
            read_workload(Source::new(directory.path().join("score.yaml").to_string_lossy(), text)).into_result()
        };
        let (workload, _) = read("motd").unwrap();
        let path = score_model::Path::from_pointer("/containers/main/files/~1motd/content");
        assert_eq!(workload.document().value().get(&path), Some(score_model::Value::from("hello ${metadata.name}")));
        for refused in ["../motd", "/etc/hostname", "absent"] {
            let problems = read(refused).unwrap_err();
            assert_eq!(problems.iter().next().and_then(Diagnostic::position).unwrap().line, 2, "{problems}");
        }
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
