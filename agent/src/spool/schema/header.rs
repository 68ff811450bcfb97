//! The first hundred bytes of the file. What they say of a spool is known beforehand, so that a flipped bit there neither makes another
//! program's file of it nor a newer one's.
//! <https://www.sqlite.org/fileformat2.html#the_database_header>

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::SPOOL;

const LENGTH: usize = 100;
const APPLICATION_ID: usize = 68;
const PAGES: usize = 28;
/// Where what stands in every spool.
const KNOWN: [(usize, &[u8]); 8] = [
    (0, b"SQLite format 3\0"),
    // 4,096 bytes a page.
    (16, &[0x10, 0x00]),
    // A write-ahead log for writing and reading, nothing reserved, three shares that are always so.
    (18, &[2, 2, 0, 64, 32, 32]),
    // The schema's format; no vacuum by itself; UTF-8.
    (44, &[0, 0, 0, 4]),
    (52, &[0, 0, 0, 0, 0, 0, 0, 1]),
    (64, &[0, 0, 0, 0]),
    (APPLICATION_ID, &SPOOL.application_id.to_be_bytes()),
    (72, &[0; 20]),
];
/// With more bytes that are other than they should be it is something else.
const DAMAGED_AT_MOST: usize = 8;

/// Puts right what is known of the header, if three of the four bytes that say whose file it is say so, and the version, if the list of
/// migrations has another.
pub(super) fn put_right(path: &Path) -> std::io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    put_bytes_right(path)?;
    // What is damaged beyond that is found by whoever opens it.
    let _ = put_version_right(path);
    Ok(())
}

fn put_bytes_right(path: &Path) -> std::io::Result<()> {
    let mut header = [0; LENGTH];
    let mut file = File::open(path)?;
    if let Err(error) = file.read_exact(&mut header) {
        return match error.kind() {
            ErrorKind::UnexpectedEof => Ok(()),
            _ => Err(error),
        };
    }
    let length = file.metadata()?.len();
    let Some(right) = corrected(&header, length) else {
        return Ok(());
    };
    tracing::error!(path = %path.display(), "the first bytes of the spool are damaged and put right");
    let mut file = File::options().write(true).open(path)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&right)?;
    file.sync_all()
}

/// The header as it should be; absent if it is, or if it is not a spool's.
fn corrected(header: &[u8; LENGTH], length: u64) -> Option<[u8; LENGTH]> {
    let differing = |offset: usize, known: &[u8]| {
        let found = header.iter().skip(offset);
        found.zip(known).filter(|(found, known)| found != known).count()
    };
    let damaged: usize = KNOWN
        .iter()
        .map(|(offset, known)| differing(*offset, known))
        .sum();
    if differing(APPLICATION_ID, &SPOOL.application_id.to_be_bytes()) > 1 || damaged > DAMAGED_AT_MOST {
        return None;
    }
    let mut right = *header;
    for (offset, known) in KNOWN {
        right[offset..offset + known.len()].copy_from_slice(known);
    }
    let pages = u32::try_from(length / u64::from(SPOOL.page_size)).ok()?;
    right[PAGES..PAGES + 4].copy_from_slice(&pages.to_be_bytes());
    (right != *header).then_some(right)
}

fn put_version_right(path: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let owner: u32 = connection.query_row("pragma application_id", (), |row| row.get(0))?;
    let version: i64 = connection.query_row("pragma user_version", (), |row| row.get(0))?;
    let listed: Option<i64> = connection
        .query_row("select max(version) from migration", (), |row| row.get(0))
        .optional()?
        .flatten();
    let known = 1..=SPOOL.migrations.len() as i64;
    match listed {
        Some(listed) if owner == SPOOL.application_id && listed != version && known.contains(&listed) => {
            tracing::error!(path = %path.display(), version, listed, "the spool's version is damaged and put right");
            connection.pragma_update(None, "user_version", listed)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> [u8; LENGTH] {
        let mut header = [0; LENGTH];
        for (offset, known) in KNOWN {
            header[offset..offset + known.len()].copy_from_slice(known);
        }
        header[PAGES + 3] = 5;
        header
    }

    #[test]
    fn a_damaged_header_is_put_right_and_another_programs_is_left() {
        let length = 5 * 4_096;
        assert_eq!(corrected(&sound(), length), None);
        for (offset, known) in KNOWN {
            for place in offset..offset + known.len() {
                let mut damaged = sound();
                damaged[place] ^= 0x41;
                assert_eq!(corrected(&damaged, length), Some(sound()), "{place}");
            }
        }
        let mut pages = sound();
        pages[PAGES] = 9;
        assert_eq!(corrected(&pages, length), Some(sound()));
        let mut other = sound();
        other[APPLICATION_ID..APPLICATION_ID + 4].copy_from_slice(b"SONG");
        assert_eq!(corrected(&other, length), None);
        assert_eq!(corrected(&[0x55; LENGTH], length), None);
    }
}
