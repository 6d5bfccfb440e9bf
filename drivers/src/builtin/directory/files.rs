//! Files below one directory, and never elsewhere.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::kept::Kept;
use super::wanted::{Content, Wanted, digest, parents};
use crate::{Error, ErrorKind};

/// Files below one directory. Names were checked before: relative, without `..`.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
}

impl Files {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(super) fn exists(&self) -> bool {
        self.root.is_dir()
    }

    /// The digest of a file; `None` if there is none.
    pub(super) fn digest(&self, name: &str) -> Result<Option<String>, Error> {
        if self.obstacle(name)?.is_some() {
            return Ok(None);
        }
        let path = self.root.join(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => {
                fs::read(&path).map(|bytes| Some(digest(&bytes))).map_err(failed("read", &path))
            }
            Ok(_) => Ok(None),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failed("read", &path)(error)),
        }
    }

    /// Whether there is a file as it should be in a directory (its own name is empty), and nothing that should not be there.
    pub(super) fn holds_only(&self, wanted: &Wanted, directory: &str) -> Result<bool, Error> {
        let needed = wanted.directories();
        let mut found_one = false;
        let below = |name: &&String| directory.is_empty() || parents(name).any(|parent| parent == directory);
        for directory in std::iter::once(directory).chain(needed.iter().filter(below).map(String::as_str)) {
            let path = self.root.join(directory);
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(failed("read", &path)(error)),
            };
            for entry in entries {
                let entry = entry.map_err(failed("read", &path))?;
                let Ok(name) = entry.file_name().into_string() else { return Ok(false) };
                let name = if directory.is_empty() { name } else { format!("{directory}/{name}") };
                let is_directory = entry.file_type().is_ok_and(|found| found.is_dir());
                if is_directory && needed.contains(&name) {
                    continue;
                }
                let half = wanted.files.keys().any(|wanted| half_written(Path::new(wanted)) == Path::new(&name));
                match wanted.files.get(&name) {
                    Some(content) if self.digest(&name)? == Some(content.digest()) => found_one = true,
                    None if half => {}
                    _ => return Ok(false),
                }
            }
        }
        Ok(found_one)
    }

    /// Why a file cannot be written, if it cannot: what is in its place is neither that nor in `kept`.
    pub(super) fn conflict(&self, name: &str, content: &Content, kept: &Kept) -> Result<Option<String>, Error> {
        if let Some(obstacle) = self.obstacle(name)? {
            let ours = kept.files.keys().any(|kept| self.root.join(kept) == obstacle.path);
            return Ok((!ours).then(|| format!("`{}` {}", obstacle.path.display(), obstacle.what)));
        }
        let path = self.root.join(name);
        let there = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => {
                // one that was made goes first, if it is empty then
                let ours = kept.directories.contains(name);
                return Ok((!ours).then(|| format!("`{}` is a directory", path.display())));
            }
            Ok(_) => true,
            Err(error) if is_absent(&error) => false,
            Err(error) => return Err(failed("read", &path)(error)),
        };
        if !there || kept.files.contains_key(name) || self.digest(name)? == Some(content.digest()) {
            return Ok(None);
        }
        Ok(Some(format!(
            "`{}` is there already with other content, and is somebody else's; move it away",
            path.display()
        )))
    }

    /// What a name cannot lead through: a symbolic link may lead anywhere.
    fn obstacle(&self, name: &str) -> Result<Option<Obstacle>, Error> {
        for parent in parents(name) {
            let path = self.root.join(parent);
            let what = match fs::symlink_metadata(&path) {
                Ok(found) if found.is_symlink() => "is a symbolic link, which may lead out of the directory",
                Ok(found) if !found.is_dir() => "is not a directory",
                Ok(_) => continue,
                Err(error) if is_absent(&error) => return Ok(None),
                Err(error) => return Err(failed("read", &path)(error)),
            };
            return Ok(Some(Obstacle { path, what }));
        }
        Ok(None)
    }

    /// Makes the directory, and tells how many had to be made: its own, and those above.
    pub(super) fn make_root(&self) -> Result<usize, Error> {
        let absent = self.root.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).count();
        fs::create_dir_all(&self.root).map_err(failed("make", &self.root))?;
        Ok(absent)
    }

    /// Makes a directory below, and tells whether it had to be made.
    pub(super) fn make_directory(&self, name: &str) -> Result<bool, Error> {
        let path = self.root.join(name);
        match fs::create_dir(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed("make", &path)(error)),
        }
    }

    /// Writes a file unless it is as it should be already: whole or not at all.
    pub(super) fn write(&self, name: &str, content: &Content) -> Result<(), Error> {
        let path = self.root.join(name);
        if self.digest(name)? == Some(content.digest()) && is_permitted(&path, content) {
            return Ok(());
        }
        let half = half_written(&path);
        let written = write_new(&half, content).and_then(|()| fs::rename(&half, &path));
        written.map_err(|error| {
            let _left_behind = fs::remove_file(&half);
            failed("write", &path)(error)
        })
    }

    /// Removes a file of this content. One that is gone is gone; one of other content stays, and `false` says so.
    pub(super) fn remove(&self, name: &str, expected: &str) -> Result<bool, Error> {
        let path = self.root.join(name);
        if self.obstacle(name)?.is_none() {
            let _seldom_there = fs::remove_file(half_written(&path));
        }
        match self.digest(name)? {
            None => Ok(true),
            Some(found) if found != expected => Ok(false),
            Some(_) => match fs::remove_file(&path) {
                Err(error) if !is_absent(&error) => Err(failed("remove", &path)(error)),
                _ => Ok(true),
            },
        }
    }

    /// Removes a directory below if it is empty; tells whether it is gone.
    pub(super) fn remove_directory(&self, name: &str) -> bool {
        match fs::remove_dir(self.root.join(name)) {
            Ok(()) => true,
            Err(error) => is_absent(&error),
        }
    }

    /// Removes these directories below, the directory itself and those above it that were made, as far as they are empty.
    pub(super) fn remove_directories(&self, below: &BTreeSet<String>, made: usize) {
        // the inner ones come after the outer ones in the order of names
        for directory in below.iter().rev() {
            self.remove_directory(directory);
        }
        for directory in self.root.ancestors().take(made) {
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
    }
}

struct Obstacle {
    path: PathBuf,
    what: &'static str,
}

fn half_written(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.half-written"))
}

fn write_new(path: &Path, content: &Content) -> io::Result<()> {
    // one left behind by a crash; never written through, it may be a link by now
    match fs::remove_file(path) {
        Err(error) if !is_absent(&error) => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if content.secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(&content.bytes)?;
    #[cfg(unix)]
    if let Some(mode) = content.mode {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode | 0o600))?;
    }
    file.sync_all()
}

/// Whether a file can be read by those, and only those, who are to read it.
#[cfg(unix)]
fn is_permitted(path: &Path, content: &Content) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::symlink_metadata(path).is_ok_and(|found| {
        let found = found.permissions().mode() & 0o777;
        content.mode.is_none_or(|mode| found == mode | 0o600) && !(content.secret && found & 0o077 != 0)
    })
}

#[cfg(not(unix))]
fn is_permitted(_: &Path, _: &Content) -> bool {
    true
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn failed<'a>(verb: &'a str, path: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |error| {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::Denied,
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Other,
        };
        Error::new(kind, format!("cannot {verb} `{}`", path.display())).with_source(error)
    }
}
