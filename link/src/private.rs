//! Files and folders that are their owner's alone, whatever the umask: readings, passwords' hashes and tokens lie in them.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;
const OTHERS: u32 = 0o077;

/// Makes an empty file with mode 0600 where there is none. One that is there is narrowed to its owner, which is said in the log; it is
/// never opened, so that the locks that this process may have on it stay.
pub fn make_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE)
        .open(path)
    {
        Ok(file) => file.set_permissions(Permissions::from_mode(FILE)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => narrow(path),
        Err(error) => Err(error),
    }
}

/// Takes from others what a file that is there lets them do; says so in the log.
pub fn narrow(path: &Path) -> io::Result<()> {
    let mode = match fs::metadata(path) {
        Ok(data) => data.permissions().mode() & 0o777,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & OTHERS == 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))?;
    tracing::warn!(path = %path.display(), "others could read it (mode {mode:o}); now its owner alone can");
    Ok(())
}

/// What others may do with a folder that is there, if they may do anything, in words with the command that takes it from them. It is left as it
/// is: whoever opened it may have meant to.
pub fn open_to_others(folder: &Path) -> io::Result<Option<String>> {
    let mode = fs::metadata(folder)?.permissions().mode() & 0o777;
    Ok((mode & OTHERS != 0).then(|| {
        let path = folder.display();
        format!("{path}: others may look into it (mode {mode:o}): chmod 700 {path}")
    }))
}

/// Makes a folder and those above it that are missing, with mode 0700. One that is there stays as it is.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    // One by one: with a strict umask the first would not let the second in.
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_folder(above)?;
    }
    DirBuilder::new().mode(FOLDER).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(FOLDER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_its_owners_alone_and_what_was_wider_is_narrowed() {
        let folder = tempfile::tempdir().unwrap();
        let (new, old) = (folder.path().join("new"), folder.path().join("old"));
        make_file(&new).unwrap();
        assert_eq!(mode(&new), 0o600);
        fs::write(&old, "kept").unwrap();
        fs::set_permissions(&old, Permissions::from_mode(0o644)).unwrap();
        make_file(&old).unwrap();
        assert_eq!(
            (mode(&old), fs::read_to_string(&old).unwrap().as_str()),
            (0o600, "kept")
        );
        narrow(&folder.path().join("nothing")).unwrap();
    }

    #[test]
    fn a_folder_that_is_made_is_its_owners_alone_and_one_that_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("a/b");
        make_folder(&made).unwrap();
        assert_eq!((mode(&made), mode(&folder.path().join("a"))), (0o700, 0o700));
        fs::set_permissions(&made, Permissions::from_mode(0o755)).unwrap();
        make_folder(&made).unwrap();
        assert_eq!(mode(&made), 0o755);
        let said = open_to_others(&made).unwrap().unwrap();
        assert!(
            said.contains("mode 755") && said.ends_with(&format!("chmod 700 {}", made.display())),
            "{said}"
        );
        fs::set_permissions(&made, Permissions::from_mode(0o700)).unwrap();
        assert_eq!(open_to_others(&made).unwrap(), None);
    }
}
