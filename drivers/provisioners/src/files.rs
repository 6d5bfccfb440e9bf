//! Writing files.

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

/// Writes a file with these permissions, and the directories above it.
pub(crate) fn write_file(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    let failed = |e| Error::io("failed to write file", path, e);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(path, content).map_err(failed)?;
    set_mode(path, mode).map_err(failed)
}

/// Replaces a file: it is there as a whole, as it was or as it will be.
pub fn replace_file(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".temp");
    let temporary = Path::new(&temporary);
    write_file(temporary, content, mode)?;
    std::fs::rename(temporary, path).map_err(|e| Error::io("failed to replace file", path, e))
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}
