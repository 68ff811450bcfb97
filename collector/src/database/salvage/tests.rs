//! Damaged pages of plenum.db, and a process that is killed while the files get their names.

use rusqlite::params;

use super::*;
use crate::database::{Database, PLENUM};

const NOW: Timestamp = Timestamp::from_milliseconds(1_700_000_000_000);
const PAGE: usize = 4_096;

/// A file with people and a log of alarms over many pages.
fn file(folder: &Path) -> PathBuf {
    let path = folder.join("plenum.db");
    let connection = connect(&path, &PLENUM).unwrap();
    connection.execute_batch("begin").unwrap();
    for number in 0..2_000 {
        connection
            .execute(
                "insert into alarm_event(id, at, alarm, source, target, cause, actor, comment)
                 values (?1, ?1, 1, 'normal', 'normal', 'raised', 'monitor', ?2)",
                params![number, "c".repeat(90)],
            )
            .unwrap();
        let person = "insert into person (id, name, role, password, created_at) values (?1, ?2, 'administrator', ?3, 0)";
        connection
            .execute(person, params![number, format!("name {number}"), "p".repeat(90)])
            .unwrap();
    }
    connection.execute_batch("commit").unwrap();
    path
}

/// The number of a page of a table's tree that is a leaf.
fn leaf(path: &Path, table: &str) -> usize {
    let connection = Connection::open(path).unwrap();
    let root: usize = connection
        .query_row(
            "select rootpage from sqlite_schema where name = ?1",
            [table],
            |row| row.get(0),
        )
        .unwrap();
    let bytes = std::fs::read(path).unwrap();
    let page = &bytes[(root - 1) * PAGE..root * PAGE];
    assert_eq!(page[0], 5, "an inner page of a table");
    // The third child of the root.
    let cell = usize::from(u16::from_be_bytes([page[12 + 4], page[12 + 5]]));
    u32::from_be_bytes(page[cell..cell + 4].try_into().unwrap()) as usize
}

fn damage(path: &Path, page: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[(page - 1) * PAGE..page * PAGE].fill(0xa5);
    std::fs::write(path, bytes).unwrap();
}

fn count(database: &Database, table: &str) -> u64 {
    let sql = format!("select count(*) from {table}");
    database
        .read_blocking(|connection| connection.query_row(&sql, [], |row| row.get(0)))
        .unwrap()
}

#[test]
fn a_damaged_page_costs_its_rows_alone_and_the_file_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    damage(&path, leaf(&path, "alarm_event"));
    let (database, said) = Database::open_whole(&path, NOW).unwrap();
    let said = said.join("; ");
    assert!(
        said.contains("part of its table `alarm_event`")
            && said.contains("plenum.db.damaged-20231114T221320"),
        "{said}"
    );
    let left = count(&database, "alarm_event");
    assert!(
        (1_900..2_000).contains(&left),
        "{left}: those before the page and those behind it"
    );
    assert_eq!(count(&database, "person"), 2_000);
    drop(database);
    let (_, said) = Database::open_whole(&path, NOW).unwrap();
    assert!(said.is_empty(), "{said:?}");
    // A second one within the same second has a name of its own.
    damage(&path, leaf(&path, "alarm_event"));
    Database::open_whole(&path, NOW).unwrap();
    let kept = std::fs::read_dir(folder.path()).unwrap();
    let kept = kept.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("damaged")
    });
    assert_eq!(kept.count(), 2);
}

#[test]
fn without_its_people_it_stops_names_the_page_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    let page = leaf(&path, "person");
    damage(&path, page);
    let before = std::fs::read(&path).unwrap();
    let error = Database::open_whole(&path, NOW)
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("its table `person` is damaged")
            && error.contains(&format!("page {page}"))
            && error.contains("put back the last backup of the data folder"),
        "{error}"
    );
    assert!(std::fs::read(&path).unwrap() == before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_process_that_is_killed_between_two_names_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    let copy = beside(&path, "-salvaged");
    // Before the first name: the copy may not be whole.
    std::fs::write(&copy, "half a copy").unwrap();
    let (database, _) = Database::open_whole(&path, NOW).unwrap();
    assert_eq!(count(&database, "person"), 2_000);
    assert!(!copy.exists());
    drop(database);
    // After it: the copy is all there is, and the log beside is the old file's.
    std::fs::rename(&path, &copy).unwrap();
    std::fs::write(beside(&path, "-wal"), "the old file's log").unwrap();
    let (database, _) = Database::open_whole(&path, NOW).unwrap();
    assert_eq!(count(&database, "person"), 2_000);
}
