//! Files and directories that survive a loss of power, and that only their owner reads.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Makes a directory and those above it, durably.
pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_dir(parent)?;
    }
    match owner_only_dir().create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_dir_of(path),
    }
}

/// Options for files that only their owner may read.
pub(crate) fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn owner_only_dir() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Puts a file of these contents at `path`, in the place of one that is there: all of it or nothing, durably. Gives the file, open for appending; `None` where `confirm`, asked at the last moment, says
/// that it may not be done any more.
pub(crate) fn replace(
    path: &Path,
    contents: &[&[u8]],
    confirm: impl FnOnce() -> io::Result<bool>,
) -> io::Result<Option<File>> {
    let temporary = beside(path);
    remove(&temporary)?;
    let mut file = owner_only().append(true).read(true).create_new(true).open(&temporary)?;
    for part in contents {
        file.write_all(part)?;
    }
    file.sync_all()?;
    if !confirm()? {
        return Ok(None);
    }
    fs::rename(&temporary, path)?;
    sync_dir_of(path)?;
    Ok(Some(file))
}

/// Where a file is written before it takes the place of the one at `path`.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Makes the entries of the directory that `path` is in durable.
pub(crate) fn sync_dir_of(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // only Unix lets a directory be opened and synced
    if cfg!(unix) { File::open(parent)?.sync_all() } else { Ok(()) }
}

/// Whether `path` still names the open `file`. Where that cannot be told, files are never removed, so it does.
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let open = file.metadata()?;
        match fs::metadata(path) {
            Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.try_exists()
    }
}

/// Removes a file if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The bytes of a file; `None` if there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
