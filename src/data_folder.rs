//! Which data folder a command means: one answer for every command.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

/// Where packages keep the data.
const INSTALLED: &str = "/var/lib/plenum";
/// Where data is kept without an installation.
const HERE: &str = "data";

/// The option `--data`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataFolder {
    /// The folder of the databases. Default: /var/lib/plenum if it is there, else ./data.
    #[arg(
        long = "data",
        env = "PLENUM_DATA",
        hide_env_values = true,
        value_name = "FOLDER"
    )]
    given: Option<PathBuf>,
}

impl DataFolder {
    /// What the command line or PLENUM_DATA names.
    pub(crate) fn given(&self) -> Option<&Path> {
        self.given.as_deref()
    }

    /// The folder that is meant.
    ///
    /// # Errors
    /// Nothing was named, and the installed folder is there but may not be read.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        self.given.clone().map_or_else(usual, Ok)
    }
}

/// The folder that is meant where nothing was named.
///
/// # Errors
/// The installed one is there but may not be read: taking another one silently would show an empty world.
pub(crate) fn usual() -> Result<PathBuf> {
    choose(Path::new(INSTALLED))
}

fn choose(installed: &Path) -> Result<PathBuf> {
    let here = PathBuf::from(HERE);
    match std::fs::read_dir(installed) {
        Ok(_) => Ok(installed.to_owned()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(here),
        Err(error) => Err(error).with_context(|| {
            format!(
                "{}: is there but cannot be read: run this as its owner (sudo -u plenum ...), or name another folder with --data",
                installed.display()
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_folder_is_meant_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(choose(folder.path()).unwrap(), folder.path());
        assert_eq!(choose(&folder.path().join("missing")).unwrap(), Path::new("data"));
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(choose(&file).unwrap(), Path::new("data"));
    }

    #[test]
    fn what_was_named_is_meant() {
        let named = DataFolder {
            given: Some("/srv/plenum".into()),
        };
        assert_eq!(named.path().unwrap(), Path::new("/srv/plenum"));
    }
}
