//! That a PIN was tried and not taken, beyond a restart: the third wrong one locks the SIM. Which one is known by when its file was written, so that
//! the data folder says nothing of the PIN itself.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use plenum_protocol::Identifier;

/// The mark of a channel.
pub(super) struct Mark {
    path: PathBuf,
    written: String,
}

impl Mark {
    /// For the PIN in this file, kept in the data folder.
    pub(super) fn of(folder: &Path, channel: &Identifier, pin_file: &Path) -> std::io::Result<Self> {
        let written = fs::metadata(pin_file)?.modified()?.duration_since(UNIX_EPOCH);
        let written = written.map(|since| since.as_nanos()).unwrap_or_default();
        Ok(Self {
            path: folder.join(format!("sms-{channel}.pin-tried")),
            written: written.to_string(),
        })
    }

    /// Whether this very PIN was tried and not taken.
    pub(super) fn is_set(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|written| written == self.written)
    }

    /// Before it is tried.
    pub(super) fn set(&self) -> std::io::Result<()> {
        let mut file = File::create(&self.path)?;
        file.write_all(self.written.as_bytes())?;
        file.sync_all()
    }

    /// It was taken.
    pub(super) fn clear(&self) -> std::io::Result<()> {
        fs::remove_file(&self.path)
    }
}
