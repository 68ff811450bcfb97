//! The first bytes of a database file: most of them are the same in every file of ours, so that one that was damaged is known and put right.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use plenum_migration::Store;

const LENGTH: usize = 100;
const USER_VERSION: usize = 60;

/// Puts one damaged byte right, or a version that is not the one that the table `migration` names. Gives what it found. A file with more that is
/// not ours is left as it is: it may be another program's.
pub(crate) fn mend(path: &Path, store: &Store) -> std::io::Result<Option<String>> {
    if !path.exists() {
        return Ok(None);
    }
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut header = [0; LENGTH];
    if file.read_exact_at(&mut header, 0).is_err() {
        return Ok(None);
    }
    let expected = expected(store);
    let wrong: Vec<usize> = expected
        .iter()
        .filter(|(at, byte)| header[*at] != *byte)
        .map(|(at, _)| *at)
        .collect();
    if let [at] = wrong[..] {
        let right = expected.iter().find(|(place, _)| *place == at);
        let right = right.map_or(0, |(_, byte)| *byte);
        file.write_all_at(&[right], at as u64)?;
        file.sync_all()?;
        return Ok(Some(format!(
            "byte {at} of its header was damaged and is put right"
        )));
    }
    if !wrong.is_empty() {
        return Ok(None);
    }
    let said = u32::from_be_bytes([header[60], header[61], header[62], header[63]]);
    match version(path) {
        Some(version) if version != said && (1..=store.migrations.len() as u32).contains(&version) => {
            file.write_all_at(&version.to_be_bytes(), USER_VERSION as u64)?;
            file.sync_all()?;
            Ok(Some(format!(
                "its version said {said} and is put right to {version}"
            )))
        }
        _ => Ok(None),
    }
}

/// The bytes that never change, by their places.
fn expected(store: &Store) -> Vec<(usize, u8)> {
    let mut bytes: Vec<(usize, u8)> = Vec::new();
    let mut put = |at: usize, content: &[u8]| {
        bytes.extend(
            content
                .iter()
                .enumerate()
                .map(|(index, byte)| (at + index, *byte)),
        );
    };
    put(0, b"SQLite format 3\0");
    put(16, &(store.page_size as u16).to_be_bytes());
    // A write-ahead log, no reserved space, fixed fractions.
    put(18, &[2, 2, 0, 64, 32, 32]);
    put(44, &4_u32.to_be_bytes());
    // No vacuuming by itself; UTF-8.
    put(52, &[0; 4]);
    put(56, &1_u32.to_be_bytes());
    put(USER_VERSION, &[0; 3]);
    put(64, &[0; 4]);
    put(68, &store.application_id.to_be_bytes());
    bytes
}

/// The last migration that the file says it has had; nothing while a write-ahead log may know more.
fn version(path: &Path) -> Option<u32> {
    let waiting = super::beside(path, "-wal");
    if std::fs::metadata(waiting).is_ok_and(|wal| wal.len() > 0) {
        return None;
    }
    plenum_migration::read_only(path)
        .ok()?
        .query_row("select max(version) from migration", [], |row| row.get(0))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::super::{HISTORY, PLENUM, connect};
    use super::*;

    #[test]
    fn one_damaged_byte_is_put_right_and_another_programs_file_is_left() {
        for store in [PLENUM, HISTORY] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(store.name);
            drop(connect(&path, &store).unwrap());
            let whole = std::fs::read(&path).unwrap();
            assert_eq!(mend(&path, &store).unwrap(), None);
            for (at, _) in expected(&store) {
                let mut damaged = whole.clone();
                damaged[at] ^= 0x10;
                std::fs::write(&path, damaged).unwrap();
                let said = mend(&path, &store).unwrap().unwrap();
                assert!(said.contains(&format!("byte {at} ")), "{said}");
                assert!(std::fs::read(&path).unwrap() == whole);
            }
            let mut damaged = whole.clone();
            damaged[USER_VERSION + 3] ^= 1;
            std::fs::write(&path, damaged).unwrap();
            assert!(mend(&path, &store).unwrap().unwrap().contains("version"));
            assert!(std::fs::read(&path).unwrap() == whole);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        drop(connect(&path, &HISTORY).unwrap());
        let before = std::fs::read(&path).unwrap();
        assert_eq!(mend(&path, &PLENUM).unwrap(), None);
        assert!(std::fs::read(&path).unwrap() == before);
    }
}
