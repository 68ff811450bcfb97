//! The file `journal.head`: number, receive time and hash of the last commit, beside the database.
//!
//! SQLite ends its WAL at the first frame that does not check, silently: rows that were committed can be gone with
//! every check green. What this file names and the database lacks is therefore lost, and said. It is written after
//! each commit and before anyone is told of it; the disk gets it from a thread of its own as fast as it can, so that
//! the next group does not wait. Two slots are written in turn: a torn one leaves the other.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use plenum_link::private;
use plenum_protocol::Timestamp;

use super::bytes::Cursor;
use super::frame::Hash;

const MAGIC: [u8; 8] = *b"PLNMHEAD";
const LENGTH: usize = 8 + 8 + 8 + 32 + 4;
/// The two slots lie in pages of their own.
const SLOTS: [u64; 2] = [0, 4_096];

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) number: u64,
    pub(super) received: Timestamp,
    pub(super) hash: Hash,
}

/// How often, and how many times, a lock that is held is tried again: one that is being stopped lets go of it when its last writes are down.
const TRY_EVERY: std::time::Duration = std::time::Duration::from_millis(50);
const TRIES: u32 = 60;

fn lock(file: &File) -> io::Result<()> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(TRY_EVERY),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::ResourceBusy,
        "another collector uses this folder: stop it first, or give this one another folder",
    ))
}

/// The open file; holds the folder's lock as long as it lives.
pub(super) struct HeadFile {
    file: Arc<File>,
    wake: Option<SyncSender<()>>,
    syncing: Option<JoinHandle<()>>,
}

impl HeadFile {
    /// Opens or creates the file and takes the lock that keeps a second collector off the folder.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<Head>)> {
        private::make_file(path)?;
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        lock(&file)?;
        let found = SLOTS
            .iter()
            .filter_map(|slot| read(&file, *slot))
            .max_by_key(|head| head.number);
        if file.metadata()?.len() == 0 {
            // Both slots have their space on the disk, so that a full one cannot refuse them later.
            file.write_all_at(&[0; 2 * 4_096], 0)?;
        }
        let file = Arc::new(file);
        let (wake, woken) = sync_channel(1);
        let synced = file.clone();
        let syncing = std::thread::Builder::new()
            .name("plenum-head".to_owned())
            .spawn(move || {
                while woken.recv().is_ok() {
                    if let Err(error) = synced.sync_data() {
                        tracing::error!(%error, "journal.head cannot be synced");
                    }
                }
            })?;
        let opened = Self {
            file,
            wake: Some(wake),
            syncing: Some(syncing),
        };
        Ok((opened, found))
    }

    /// Writes the head; the disk gets it soon.
    pub(super) fn write(&self, head: &Head) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&head.number.to_le_bytes());
        bytes.extend_from_slice(&head.received.milliseconds().to_le_bytes());
        bytes.extend_from_slice(&head.hash);
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        self.file
            .write_all_at(&bytes, SLOTS[(head.number % 2) as usize])?;
        // Full: a sync is on its way, and a further one is asked for.
        if let Some(wake) = &self.wake {
            wake.try_send(()).ok();
        }
        Ok(())
    }
}

impl Drop for HeadFile {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(syncing) = self.syncing.take()
            && syncing.join().is_err()
        {
            tracing::error!("the thread that syncs journal.head ended in a panic");
        }
    }
}

fn read(file: &File, slot: u64) -> Option<Head> {
    let mut bytes = [0; LENGTH];
    file.read_exact_at(&mut bytes, slot).ok()?;
    let (content, crc) = bytes.split_at(LENGTH - 4);
    let mut cursor = Cursor::new(content);
    if cursor.array().ok()? != MAGIC || crc32fast::hash(content).to_le_bytes() != crc {
        return None;
    }
    Some(Head {
        number: u64::from_le_bytes(cursor.array().ok()?),
        received: Timestamp::from_milliseconds(i64::from_le_bytes(cursor.array().ok()?)),
        hash: cursor.array().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_place_leaves_the_other_and_a_second_opener_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.head");
        let (file, found) = HeadFile::open(&path).unwrap();
        assert_eq!(found, None);
        for number in 1..=3 {
            let received = Timestamp::from_milliseconds(number as i64);
            let hash = [number as u8; 32];
            file.write(&Head {
                number,
                received,
                hash,
            })
            .unwrap();
        }
        assert!(HeadFile::open(&path).is_err());
        file.file.write_all_at(b"torn", SLOTS[1] + 20).unwrap();
        drop(file);
        let (_file, found) = HeadFile::open(&path).unwrap();
        assert_eq!(found.map(|head| head.number), Some(2));
    }
}
