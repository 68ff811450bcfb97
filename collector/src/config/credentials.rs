//! What the service manager hands over (`LoadCredential=`, systemd.exec(5)): files in a folder that this process alone may read, named by an environment variable.

use std::env;
use std::path::{Path, PathBuf};

/// The folder, if there is one.
pub(super) fn folder() -> Option<PathBuf> {
    env::var_os("CREDENTIALS_DIRECTORY")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
}

/// A relative path as it is meant: the credential of this name if it is given, else a file that counts from `beside`.
pub(super) fn resolve(path: &Path, beside: &Path, credentials: Option<&Path>) -> PathBuf {
    // An absolute path takes the place of what it is joined to.
    let file = beside.join(path);
    let is_name = path.components().count() == 1 && path.is_relative();
    let credential = credentials.filter(|_| is_name).map(|folder| folder.join(path));
    credential
        .filter(|credential| credential.exists())
        .unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_credential_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("smtp.password"), "x").unwrap();
        let check = |path: &str, given: bool, expected: &Path| {
            let given = given.then(|| folder.path());
            assert_eq!(
                resolve(Path::new(path), Path::new("/etc/plenum"), given),
                expected
            );
        };
        check("smtp.password", true, &folder.path().join("smtp.password"));
        check("smtp.password", false, Path::new("/etc/plenum/smtp.password"));
        check("other", true, Path::new("/etc/plenum/other"));
        check("./smtp.password", true, Path::new("/etc/plenum/smtp.password"));
        check("a/smtp.password", true, Path::new("/etc/plenum/a/smtp.password"));
        check("/smtp.password", true, Path::new("/smtp.password"));
    }
}
