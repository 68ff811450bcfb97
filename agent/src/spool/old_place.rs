//! A spool that still lies where the package's unit kept it before each daemon had a folder of its own.

use std::path::{Path, PathBuf};

use super::SpoolError;

const BEFORE: &str = "/var/lib/plenum/spool.db";
const NOW: &str = "/var/lib/plenum-agent/spool.db";

/// Refuses to begin a new spool in the usual place while one with unsent readings may lie in the old one.
pub(super) fn refuse_left_behind(path: &Path) -> Result<(), SpoolError> {
    match path == Path::new(NOW) {
        true => compare(path, Path::new(BEFORE)),
        false => Ok(()),
    }
}

fn compare(path: &Path, before: &Path) -> Result<(), SpoolError> {
    if path.exists() || !before.exists() {
        return Ok(());
    }
    Err(SpoolError::LeftBehind {
        before: before.to_owned(),
        folder: path.parent().map(PathBuf::from).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spool_in_the_old_place_is_not_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let (before, path) = (folder.path().join("old.db"), folder.path().join("new.db"));
        assert!(compare(&path, &before).is_ok(), "a first start");
        std::fs::write(&before, "readings").unwrap();
        let error = compare(&path, &before).unwrap_err().to_string();
        assert!(error.contains("old.db*"), "{error}");
        std::fs::rename(&before, &path).unwrap();
        assert!(compare(&path, &before).is_ok(), "it was moved");
        std::fs::write(&before, "somebody else's").unwrap();
        assert!(compare(&path, &before).is_ok(), "there is one here already");
    }
}
