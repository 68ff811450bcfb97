//! The disk of the data folder. Below a reserve of free space no routine reading is taken, so that alarms, outbox and audit can go on; before that it is
//! said that it fills up.

use std::path::PathBuf;

use plenum_core::fact::Report;

/// It is called free again at so much less than it is called full at, in hundredths: what is deleted and written each hour does not make it flicker.
const BACK: u64 = 2;

/// Watches the free space of one folder's disk.
#[derive(Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    reserve: u64,
    full_at: u64,
    is_short: bool,
    is_full: bool,
}

/// What a look showed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space {
    /// Free for this program, in bytes.
    pub(super) free: u64,
    /// That and what is used, in bytes.
    pub(super) size: u64,
}

impl Space {
    /// Whether at least so many hundredths of it are used.
    fn is_used_to(self, hundredths: u64) -> bool {
        u128::from(self.size - self.free) * 100 >= u128::from(self.size) * u128::from(hundredths)
    }
}

impl Disk {
    pub(super) fn new(folder: PathBuf, reserve: u64, full_at: u64) -> Self {
        Self {
            folder,
            reserve,
            full_at,
            is_short: false,
            is_full: false,
        }
    }

    /// From the next look on, `reserve` bytes are kept.
    pub(super) fn set(&mut self, reserve: u64) {
        self.reserve = reserve;
    }

    /// Looks. A disk that cannot be asked counts as before.
    pub(super) fn look(&mut self) -> Option<Space> {
        let disk = rustix::fs::statvfs(&self.folder).ok()?;
        let used = disk.f_blocks.saturating_sub(disk.f_bfree);
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        let space = Space {
            free: bytes(disk.f_bavail),
            size: bytes(disk.f_bavail.saturating_add(used)),
        };
        // A sixteenth more ends it than begins it, so that it does not flicker.
        let limit = match self.is_short {
            true => self.reserve + self.reserve / 16,
            false => self.reserve,
        };
        self.is_short = space.free < limit;
        self.is_full = space.size > 0
            && space.is_used_to(match self.is_full {
                true => self.full_at.saturating_sub(BACK),
                false => self.full_at,
            });
        Some(space)
    }

    /// Whether there is less than the reserve.
    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }

    /// Whether it is nearly full.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn reserve_report(&self, space: Space) -> Report {
        Report::DiskReserve {
            free: space.free,
            reserve: self.reserve,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_used_to_as_many_hundredths_as_df_says() {
        let used = |free, size| (0..=100).rfind(|hundredths| Space { free, size }.is_used_to(*hundredths));
        assert_eq!(used(15, 100), Some(85));
        assert_eq!(used(16, 100), Some(84));
        assert_eq!(used(u64::MAX / 2, u64::MAX), Some(50));
        assert_eq!(used(0, 1), Some(100));
    }
}
