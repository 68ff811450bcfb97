//! A file beside the database that holds one sealed value; written by an earlier program, in clear.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use plenum_link::private;
use zeroize::Zeroizing;

use super::sealing::Done;
use super::{Clear, KeyError, Keys, What, is_sealed};

/// The file.
#[derive(Debug, Clone)]
pub struct SealedFile {
    path: PathBuf,
    what: What,
}

impl SealedFile {
    /// At this path. What it holds in clear must not begin with the byte 1, which is the form of what is sealed.
    pub fn new(path: PathBuf, what: What) -> Self {
        Self { path, what }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds.
    pub fn what(&self) -> What {
        self.what
    }

    /// What it holds, in clear; nothing where there is no file, or an empty one.
    ///
    /// # Errors
    /// It cannot be read. The inner error: it does not open.
    pub fn read(&self, keys: &Keys) -> io::Result<Option<Result<Clear, KeyError>>> {
        let Some(stored) = self.stored()? else {
            return Ok(None);
        };
        Ok(Some(match is_sealed(&stored) {
            true => keys.open_sealed(self.what, &stored),
            false => Ok(stored),
        }))
    }

    /// Seals this and puts it in place of what is there, whole or as it was whenever it is killed.
    ///
    /// # Errors
    /// It cannot be written. The inner error: there is no key.
    pub fn write(&self, keys: &Keys, clear: &[u8]) -> io::Result<Result<(), KeyError>> {
        match keys.seal(self.what, clear) {
            Ok(sealed) => self.put(&sealed).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    pub(super) fn stored(&self) -> io::Result<Option<Clear>> {
        match fs::read(&self.path) {
            Ok(stored) => Ok(Some(Zeroizing::new(stored)).filter(|stored| !stored.is_empty())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn seal_anew(&self, keys: &Keys) -> io::Result<Done> {
        let Some(stored) = self.stored()? else {
            return Ok(Done::Nothing);
        };
        let is_clear = !is_sealed(&stored);
        match keys.seal_anew(self.what, &stored, is_clear) {
            Ok(Some(sealed)) => {
                self.put(&sealed)?;
                Ok(if is_clear { Done::Clear } else { Done::Anew })
            }
            Ok(None) => Ok(Done::Nothing),
            Err(error) => {
                tracing::error!(path = %self.path.display(), %error, "it is left as it is");
                Ok(Done::Left)
            }
        }
    }

    fn put(&self, sealed: &[u8]) -> io::Result<()> {
        replace(&self.path, sealed)
    }
}

/// Puts a file, its owner's alone, in place of what is there: whole or as it was, whenever it is killed.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    private::make_file(&fresh)?;
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
