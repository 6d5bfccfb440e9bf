//! Writing files.

use std::fs::{File, Metadata};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Component, Path};

use crate::Error;

/// Whether a path is relative and stays below where it starts.
pub(crate) fn is_local(path: &str) -> bool {
    let depth = Path::new(path).components().try_fold(0_usize, |depth, part| match part {
        Component::Normal(_) => Some(depth + 1),
        Component::CurDir => Some(depth),
        Component::ParentDir => depth.checked_sub(1),
        _ => None,
    });
    !path.is_empty() && depth.is_some()
}

/// Writes a file with these permissions, and the directories above it. Nobody can read it before it has them; one that is so already is left alone.
pub(crate) fn write_file(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    if is_written(path, content, mode) {
        return Ok(());
    }
    let failed = |e| Error::io("failed to write file", path, e);
    let mut file = match create(path, mode) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
            create(path, mode).map_err(failed)?
        }
        created => created.map_err(failed)?,
    };
    file.write_all(content).map_err(failed)
}

fn is_written(path: &Path, content: &[u8], mode: u32) -> bool {
    let there = std::fs::symlink_metadata(path)
        .is_ok_and(|there| there.is_file() && there.len() == content.len() as u64 && has_mode(&there, mode));
    there && File::open(path).is_ok_and(|there| holds(there, content).unwrap_or(false))
}

/// Whether this is what a file holds, which is compared piece by piece.
fn holds(file: File, mut content: &[u8]) -> std::io::Result<bool> {
    let mut file = BufReader::with_capacity(64 * 1024, file);
    loop {
        let piece = file.fill_buf()?;
        let read = piece.len();
        match content.strip_prefix(piece) {
            Some(rest) if read > 0 => content = rest,
            rest => return Ok(rest.is_some_and(<[u8]>::is_empty)),
        }
        file.consume(read);
    }
}

/// Replaces a file: it is there as a whole, as it was or as it will be.
pub fn replace_file(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    if is_written(path, content, mode) {
        return Ok(());
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".temp");
    let temporary = Path::new(&temporary);
    write_file(temporary, content, mode)?;
    std::fs::rename(temporary, path).map_err(|e| Error::io("failed to replace file", path, e))
}

#[cfg(unix)]
fn create(path: &Path, mode: u32) -> std::io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file = File::options().write(true).create(true).truncate(true).mode(mode).open(path)?;
    // A file that was there keeps its permissions, and a new one lacks what the process leaves out.
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    Ok(file)
}

#[cfg(unix)]
fn has_mode(file: &Metadata, mode: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o7777 == mode
}

#[cfg(not(unix))]
fn has_mode(_: &Metadata, _: u32) -> bool {
    true
}

#[cfg(not(unix))]
fn create(path: &Path, _: u32) -> std::io::Result<File> {
    File::create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_written(there: &[u8], content: &[u8], want: bool) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write_file(&path, there, 0o600).unwrap();
        assert_eq!(is_written(&path, content, 0o600), want);
        assert!(!is_written(&path, there, 0o644) || cfg!(not(unix)));
        replace_file(&path, content, 0o600).unwrap();
        assert!(is_written(&path, content, 0o600));
    }

    #[test]
    fn what_is_there_is_left_alone() {
        let long = vec![b'a'; 200_000];
        let mut other = long.clone();
        *other.last_mut().unwrap() = b'b';
        check_written(b"", b"", true);
        check_written(b"a", b"a", true);
        check_written(b"a", b"b", false);
        check_written(b"a", b"", false);
        check_written(b"", b"a", false);
        check_written(&long, &long, true);
        check_written(&long, &other, false);
    }
}
