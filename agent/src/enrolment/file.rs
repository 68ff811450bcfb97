//! A file that is replaced as a whole: whoever reads it, or starts after the power went, finds the old one or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// Who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Its owner: it holds a key.
    OwnersAlone,
    /// As before; where there was none, everybody.
    AsBefore,
}

/// Writes a file beside it, asks `judge` of that one, and puts it in its place. It belongs to whom it belonged to, or to whom the folder does: whoever
/// joins is root, and the agent is not.
pub(crate) fn replace<E>(
    path: &Path,
    text: &str,
    mode: Mode,
    judge: impl FnOnce(&Path) -> Result<(), E>,
) -> io::Result<Result<(), E>> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let before = fs::metadata(path).ok();
    let bits = match (mode, &before) {
        (Mode::OwnersAlone, _) => 0o600,
        (Mode::AsBefore, Some(before)) => before.mode() & 0o777,
        (Mode::AsBefore, None) => 0o644,
    };
    let new = beside(path);
    // One may be left of a process that was killed.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    let written = file.metadata()?;
    let meant = match before {
        Some(before) => before,
        None => fs::metadata(folder)?,
    };
    if (written.uid(), written.gid()) != (meant.uid(), meant.gid()) {
        chown(&new, Some(meant.uid()), Some(meant.gid()))?;
    }
    file.set_permissions(fs::Permissions::from_mode(bits))?;
    file.sync_all()?;
    if let Err(why) = judge(&new) {
        fs::remove_file(&new)?;
        return Ok(Err(why));
    }
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()?;
    Ok(Ok(()))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_changes_nothing_and_what_is_taken_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity.pem");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(folder.path().join("identity.pem.new"), "left over").unwrap();
        let refused = replace(&path, "new", Mode::OwnersAlone, |_| Err("no")).unwrap();
        assert_eq!(
            (refused, fs::read_to_string(&path).unwrap().as_str()),
            (Err("no"), "old")
        );
        let taken = replace(&path, "new", Mode::OwnersAlone, |_| Ok::<(), ()>(()));
        assert_eq!(taken.unwrap(), Ok(()));
        let mode = fs::metadata(&path).unwrap().mode() & 0o777;
        assert_eq!(
            (mode, fs::read_to_string(&path).unwrap().as_str()),
            (0o600, "new")
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
