//! The reserve of free disk: below it no routine reading is taken, so that alarms, outbox and audit can go on.

use std::path::PathBuf;

use plenum_core::fact::Report;

/// Watches the free space of one folder's disk.
#[derive(Debug)]
pub(super) struct Reserve {
    folder: PathBuf,
    bytes: u64,
    short: bool,
}

impl Reserve {
    pub(super) fn new(folder: PathBuf, bytes: u64) -> Self {
        Self {
            folder,
            bytes,
            short: false,
        }
    }

    /// From the next look on, `bytes` is the reserve.
    pub(super) fn set(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// Looks; returns the free bytes. A disk that cannot be asked counts as before.
    pub(super) fn look(&mut self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.folder).ok()?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // A sixteenth more ends it than begins it, so that it does not flicker.
        let limit = match self.short {
            true => self.bytes + self.bytes / 16,
            false => self.bytes,
        };
        self.short = free < limit;
        Some(free)
    }

    /// Whether there is less than the reserve.
    pub(super) fn short(&self) -> bool {
        self.short
    }

    pub(super) fn report(&self, free: u64) -> Report {
        Report::DiskReserve {
            free,
            reserve: self.bytes,
        }
    }
}
