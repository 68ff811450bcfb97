//! Where the key lies: in a file that somebody gives, in a credential of the service manager, or where Plenum keeps its own.

use std::path::{Path, PathBuf};

/// The file of this name in the data folder, and the credential of this name.
const NAME: &str = "plenum.key";

/// Whose a file with keys is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Plenum makes it, and changes it.
    Plenums,
    /// `key_file` names it.
    Named,
    /// The service manager hands it over, for this run.
    Credential,
}

/// A place for keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: PathBuf,
    whose: Whose,
}

impl Place {
    /// What `key_file` names; without it the credential `plenum.key` if the service manager gives it; without both `plenum.key` in the data folder.
    pub fn choose(key_file: Option<&Path>, credentials: Option<&Path>, data: &Path) -> Self {
        let credential = credentials.map(|folder| folder.join(NAME));
        let (path, whose) = match (key_file, credential.filter(|path| path.exists())) {
            (Some(path), _) if credentials.is_some_and(|folder| path.starts_with(folder)) => {
                (path.to_owned(), Whose::Credential)
            }
            (Some(path), _) => (path.to_owned(), Whose::Named),
            (None, Some(path)) => (path, Whose::Credential),
            (None, None) => (data.join(NAME), Whose::Plenums),
        };
        Self { path, whose }
    }

    /// Plenum's own in this data folder.
    pub fn own(data: &Path) -> Self {
        Self::choose(None, None, data)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether Plenum makes it where there is none.
    pub(super) fn is_plenums(&self) -> bool {
        self.whose == Whose::Plenums
    }

    /// Whether the service manager has seen to it that nobody else reads it. Its mode says nothing then: it lets root's file be read by an access list.
    pub(super) fn is_guarded(&self) -> bool {
        self.whose == Whose::Credential
    }
}
