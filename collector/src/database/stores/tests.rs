//! Old files come to the same tables as new ones; whatever moment a migration is killed in, the file is the one before or the one after.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use plenum_migration::testing::{
    check_files, content, definitions, kill_at, order, rows, tables, waiting_at,
};
use plenum_migration::{Migration, PROGRAM, migrate, version};
use rusqlite::Connection;

use super::*;
use crate::database::{Database, DatabaseError, beside, configure, connect};

/// Files of before there were versions.
const OLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/collector-unversioned");
/// The test that is run again to be killed.
const KILLED: &str =
    "database::stores::tests::a_migration_killed_at_any_statement_is_run_again_to_the_same_content";
const STORES: [Store; 2] = [PLENUM, HISTORY];

/// A program that knows the first version alone, one that is newer, and one whose second migration fails half-way.
const FIRST: Store = Store {
    migrations: &[PLENUM.migrations[0]],
    ..PLENUM
};
const NEWER: Store = Store {
    migrations: &[
        PLENUM.migrations[0],
        Migration {
            name: "0002-later",
            sql: "create table later(number integer primary key) strict",
        },
    ],
    ..PLENUM
};
const BROKEN: Store = Store {
    migrations: &[
        PLENUM.migrations[0],
        Migration {
            name: "0002-broken",
            sql: "insert into first_link values (1, x'00', 0); alter table no_such_table add column x integer;",
        },
    ],
    ..PLENUM
};

/// How a table was made; nothing if it is gone.
fn definition(connection: &Connection, table: &str) -> String {
    let sql = "select coalesce(max(sql), '') from sqlite_schema where type = 'table' and name = ?1";
    connection.query_row(sql, [table], |row| row.get(0)).unwrap()
}

/// A copy of an old file, or the path of a new one.
fn file(store: &Store, folder: &Path, old: bool) -> PathBuf {
    let path = folder.join(store.name);
    if old {
        std::fs::copy(Path::new(OLD).join(store.name), &path).unwrap();
    }
    path
}

#[test]
fn every_file_in_the_folder_is_in_the_list_numbered_without_a_hole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    check_files(&PLENUM, &folder.join("plenum"));
    check_files(&HISTORY, &folder.join("history"));
}

#[test]
fn an_old_file_comes_to_the_tables_of_a_new_one_and_keeps_its_rows() {
    for store in STORES {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (file(&store, folder.path(), true), folder.path().join("new.db"));
        let before = Connection::open(&old).unwrap();
        let kept: Vec<(String, String, BTreeSet<String>)> = tables(&before)
            .into_iter()
            .map(|table| (table.clone(), definition(&before, &table), rows(&before, &table)))
            .collect();
        drop(before);
        assert!(kept.iter().any(|(_, _, rows)| !rows.is_empty()));
        let (old, new) = (connect(&old, &store).unwrap(), connect(&new, &store).unwrap());
        assert_eq!(definitions(&old), definitions(&new));
        assert_eq!(version(&old).unwrap(), store.migrations.len());
        assert_eq!(rows(&old, "migration"), rows(&new, "migration"));
        // What a migration changes has a test beside that change; everything else is as it was.
        for (table, made, before) in kept {
            if table == "system_condition" {
                remembers_who_cannot_be_reached(&before, &rows(&old, &table));
            } else if made == definition(&old, &table) && table != "sqlite_sequence" {
                assert_eq!(rows(&old, &table), before, "{table}");
            }
        }
    }
}

/// The alarms that say so stand, and their conditions are remembered with them.
fn remembers_who_cannot_be_reached(before: &BTreeSet<String>, after: &BTreeSet<String>) {
    assert!(before.is_subset(after));
    let new: Vec<&String> = after.difference(before).collect();
    for (row, channel) in new.iter().zip(["duty", "slow", "wrong"]) {
        let begins = format!("[Text(\"delivery-failed\"), Text(\"{channel}\")");
        assert!(row.starts_with(&begins), "{row}");
    }
    assert_eq!(new.len(), 3);
}

#[test]
fn an_authority_and_its_enrolments_go_on_where_there_may_be_two() {
    const BEFORE: Store = Store {
        migrations: PLENUM.migrations.split_at(18).0,
        ..PLENUM
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(PLENUM.name);
    let before = connect(&path, &BEFORE).unwrap();
    before
        .execute_batch(
            "insert into authority (id, certificate, key, made_at) values (1, x'01', x'02', 3);
             insert into enrolment (site, agent, code_until, begun_at, joined_at, certificate_until) values ('ams1', 'pi-a1', 4, 5, 6, 7);",
        )
        .unwrap();
    drop(before);
    let after = connect(&path, &PLENUM).unwrap();
    let kept = after.query_row(
        "select number, certificate, key, made_at from authority",
        [],
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, Vec<u8>>(2)?,
                row.get::<_, i64>(3)?,
            ))
        },
    );
    assert_eq!(kept.unwrap(), (1, vec![1], vec![2], 3));
    let signed_by = after.query_row("select authority, reason from enrolment", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?))
    });
    assert_eq!(signed_by.unwrap(), (1, None));
}

#[test]
fn a_migration_killed_at_any_statement_is_run_again_to_the_same_content() {
    if let Some((statement, name, path)) = order() {
        let store = STORES.iter().find(|store| store.name == name).unwrap();
        let connection = Connection::open(path).unwrap();
        configure(&connection).unwrap();
        migrate(&connection, store, &mut waiting_at(statement)).unwrap();
        panic!("there is no statement {statement}");
    }
    for (store, old) in STORES.iter().flat_map(|store| [(store, true), (store, false)]) {
        let folder = tempfile::tempdir().unwrap();
        let path = file(store, folder.path(), old);
        let mut statements = 0;
        let connection = Connection::open(&path).unwrap();
        configure(&connection).unwrap();
        migrate(&connection, store, &mut || statements += 1).unwrap();
        drop(connection);
        let expected = content(&path);
        assert!(statements > 5);
        for statement in 1..=statements {
            let folder = tempfile::tempdir().unwrap();
            let path = file(store, folder.path(), old);
            kill_at(statement, KILLED, store, &path);
            drop(connect(&path, store).unwrap());
            assert_eq!(
                content(&path),
                expected,
                "{} killed at statement {statement}",
                store.name
            );
        }
    }
}

#[test]
fn a_newer_file_is_refused_by_name_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plenum.db");
    let connection = connect(&path, &NEWER).unwrap();
    let wrote = "update migration set program = '9.1.0' where version = 2";
    connection.execute(wrote, []).unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let error = Database::open(&path, &FIRST).map(drop).unwrap_err();
    let text = error.to_string();
    let expected = format!(
        "{}: plenum 9.1.0 has brought it to version 2, and this is plenum {PROGRAM}, which knows versions up to 1: start plenum 9.1.0",
        path.display()
    );
    assert!(text.starts_with(&expected), "{text}");
    assert!(matches!(error, DatabaseError::Refused { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_of_another_program_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.db");
    let make = "create table song(title text) strict";
    Connection::open(&foreign).unwrap().execute_batch(make).unwrap();
    let history = folder.path().join("history.db");
    drop(connect(&history, &HISTORY).unwrap());
    // As a program that was killed leaves it: what it wrote last is in the files beside alone.
    let (running, killed) = (folder.path().join("running.db"), folder.path().join("100%?#.db"));
    let writing = Connection::open(&running).unwrap();
    let write = "pragma journal_mode = wal; create table song(title text) strict";
    writing.execute_batch(write).unwrap();
    std::fs::copy(&running, &killed).unwrap();
    std::fs::copy(beside(&running, "-wal"), beside(&killed, "-wal")).unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "Not a database, but a text that is longer than the hundred bytes of the header of an SQLite file: its reader would stop earlier.\n").unwrap();
    for (path, why) in [
        (foreign, "it is not a plenum.db of Plenum's"),
        (history, "it is not a plenum.db of Plenum's"),
        (killed, "it is not a plenum.db of Plenum's"),
        (text, "it is not an SQLite file"),
    ] {
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let wal = || std::fs::read(beside(&path, "-wal")).ok();
        let before = (std::fs::read(&path).unwrap(), wal());
        let text = Database::open(&path, &PLENUM).map(drop).unwrap_err().to_string();
        assert!(
            text.contains(why) && text.contains("name another folder"),
            "{text}"
        );
        assert_eq!((std::fs::read(&path).unwrap(), wal()), before);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{}", path.display());
    }
}

#[test]
fn a_migration_that_does_not_go_through_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plenum.db");
    drop(connect(&path, &FIRST).unwrap());
    let before = content(&path);
    let text = Database::open(&path, &BROKEN).map(drop).unwrap_err().to_string();
    assert!(
        text.contains("migration 0002-broken does not go through") && text.contains("no_such_table"),
        "{text}"
    );
    assert_eq!(content(&path), before);
    assert!(
        text.contains("nothing was changed") && text.contains("start the program that used the file last"),
        "{text}"
    );
}

#[test]
fn a_migration_that_stops_after_others_says_which_version_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plenum.db");
    drop(connect(&path, &FIRST).unwrap());
    const TWO_OF_THREE: Store = Store {
        migrations: &[NEWER.migrations[0], NEWER.migrations[1], BROKEN.migrations[1]],
        ..PLENUM
    };
    let text = Database::open(&path, &TWO_OF_THREE)
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("brought from version 1 to 2") && text.contains("put back the copy of the folder"),
        "{text}"
    );
    assert!(!text.contains("nothing was changed"), "{text}");
    assert_eq!(version(&Connection::open(&path).unwrap()).unwrap(), 2);
}
