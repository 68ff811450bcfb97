//! The file `journal.head`: number, receive time and hash of the last commit, beside the database.
//!
//! SQLite ends its WAL at the first frame that does not check, silently: rows that were committed can be gone with
//! every check green. What this file names and the database lacks is therefore lost, and said. It is on the disk before anyone is
//! told of a commit: groups that were committed meanwhile share one sync, and the writer does not wait for it. Two slots are written in
//! turn: a torn one leaves the other.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use plenum_link::private;
use plenum_protocol::Timestamp;

use super::bytes::{Cursor, Damaged};
use super::frame::Hash;
use crate::database::Witness;

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
    pub(super) file: File,
    /// The slot that is written next: the one that does not hold the newest head.
    pub(super) next: usize,
}

/// What was read when the file was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The newest head that is whole.
    pub(super) head: Option<Head>,
    /// Slots that hold something that cannot be read.
    pub(super) damaged: usize,
}

impl HeadFile {
    /// Opens or creates the file and takes the lock that keeps a second collector off the folder.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Found)> {
        private::make_file(path)?;
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        lock(&file)?;
        let slots = SLOTS.map(|slot| read(&file, slot));
        let newest = (0..SLOTS.len())
            .filter_map(|index| slots[index].ok().flatten().map(|head| (index, head)))
            .max_by_key(|(_, head)| head.number);
        if file.metadata()?.len() == 0 {
            // Both slots have their space on the disk, so that a full one cannot refuse them later.
            file.write_all_at(&[0; 2 * 4_096], 0)?;
            file.sync_all()?;
        }
        let found = Found {
            head: newest.map(|(_, head)| head),
            damaged: slots.iter().filter(|slot| slot.is_err()).count(),
        };
        let next = newest.map_or(0, |(index, _)| 1 - index);
        Ok((Self { file, next }, found))
    }

    /// Writes the head; it is on the disk when this comes back.
    pub(super) fn write(&mut self, head: &Head) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&head.number.to_le_bytes());
        bytes.extend_from_slice(&head.received.milliseconds().to_le_bytes());
        bytes.extend_from_slice(&head.hash);
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        self.file.write_all_at(&bytes, SLOTS[self.next])?;
        self.file.sync_data()?;
        self.next = 1 - self.next;
        Ok(())
    }
}

/// Brings the newest committed head to the disk before anybody is told of it.
pub(super) struct HeadWitness {
    newest: Mutex<Head>,
    file: Mutex<HeadFile>,
}

impl HeadWitness {
    pub(super) fn new(file: HeadFile, head: Head) -> Self {
        Self {
            newest: Mutex::new(head),
            file: Mutex::new(file),
        }
    }

    pub(super) fn committed(&self, head: Head) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }
}

impl Witness for HeadWitness {
    fn witness(&self) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let head = *self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        file.write(&head)
    }
}

/// `Ok(None)`: nothing was ever written there. An error: what was cannot be read.
fn read(file: &File, slot: u64) -> Result<Option<Head>, Damaged> {
    let mut bytes = [0; LENGTH];
    match file.read_exact_at(&mut bytes, slot) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(_) => return Err(Damaged("it cannot be read")),
    }
    if bytes == [0; LENGTH] {
        return Ok(None);
    }
    let (content, crc) = bytes.split_at(LENGTH - 4);
    let mut cursor = Cursor::new(content);
    if cursor.array()? != MAGIC || crc32fast::hash(content).to_le_bytes() != crc {
        return Err(Damaged("its CRC does not match"));
    }
    Ok(Some(Head {
        number: u64::from_le_bytes(cursor.array()?),
        received: Timestamp::from_milliseconds(i64::from_le_bytes(cursor.array()?)),
        hash: cursor.array()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_place_leaves_the_other_and_a_second_opener_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.head");
        let (mut file, found) = HeadFile::open(&path).unwrap();
        assert_eq!((found.head, found.damaged), (None, 0));
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
        // The third stands where the first stood.
        file.file.write_all_at(b"torn", SLOTS[0] + 20).unwrap();
        drop(file);
        let (file, found) = HeadFile::open(&path).unwrap();
        assert_eq!(found.head.map(|head| head.number), Some(2));
        assert_eq!(found.damaged, 1);
        assert_eq!(file.next, 0, "the one that is whole stays until another is");
    }
}
