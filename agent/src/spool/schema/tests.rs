//! An old spool comes to the tables of a new one; whatever moment a migration is killed in, the file is the one before or the one after;
//! what is not for this program stays as it is.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use plenum_migration::testing::{
    check_files, content, definitions, kill_at, order, rows, tables, waiting_at,
};
use plenum_migration::{Migration, PROGRAM, version};
use plenum_protocol::Size;

use super::*;
use crate::config::SpoolConfig;
use crate::moment::Moment;
use crate::spool::Spool;

/// A spool of before there were versions.
const OLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/spool-unversioned");
/// The test that is run again to be killed.
const KILLED: &str =
    "spool::schema::tests::a_migration_killed_at_any_statement_is_run_again_to_the_same_content";
/// A program that is newer.
const NEWER: Store = Store {
    migrations: &[
        SPOOL.migrations[0],
        SPOOL.migrations[1],
        Migration {
            name: "0003-later",
            sql: "create table later(number integer primary key) strict",
        },
    ],
    ..SPOOL
};

/// A copy of the old file, or the path of a new one.
fn file(folder: &Path, old: bool) -> PathBuf {
    let path = folder.join("spool.db");
    for suffix in ["", "-wal"].into_iter().filter(|_| old) {
        let from = Path::new(OLD).join(format!("spool.db{suffix}"));
        std::fs::copy(from, with_suffix(&path, suffix)).unwrap();
    }
    path
}

fn connect(path: &Path, store: &Store) -> Connection {
    let connection = Connection::open(path).unwrap();
    configure(&connection).unwrap();
    migrate(&connection, store, &mut || {}).unwrap();
    connection
}

fn open_spool(path: &Path) -> Result<Spool, SpoolError> {
    let config = SpoolConfig {
        path: path.to_owned(),
        maximum: Size(1 << 20),
    };
    let now = Moment {
        wall: Timestamp::from_milliseconds(1_790_000_000_000),
        boot: plenum_protocol::Duration::from_seconds(1),
        synchronised: true,
    };
    Spool::open(&config, "boot", now)
}

#[test]
fn every_file_in_the_folder_is_in_the_list_numbered_without_a_hole() {
    check_files(
        &SPOOL,
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/spool"),
    );
}

#[test]
fn an_old_file_comes_to_the_tables_of_a_new_one_and_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (file(folder.path(), true), folder.path().join("new.db"));
    let before = Connection::open(&old).unwrap();
    assert_eq!(
        version(&before).unwrap(),
        1,
        "spools of before called themselves 1"
    );
    let kept = tables(&before)
        .into_iter()
        .map(|table| (rows(&before, &table), table))
        .collect::<Vec<_>>();
    drop(before);
    assert!(kept.iter().filter(|(rows, _)| !rows.is_empty()).count() > 5);
    let (old, new) = (connect(&old, &SPOOL), connect(&new, &SPOOL));
    assert_eq!(definitions(&old), definitions(&new));
    assert_eq!(version(&old).unwrap(), SPOOL.migrations.len());
    assert_eq!(rows(&old, "migration"), rows(&new, "migration"));
    // The first migration takes the file as it is. What a later one changes has a test beside that change.
    for (before, table) in kept.into_iter().filter(|_| SPOOL.migrations.len() == 1) {
        assert_eq!(rows(&old, &table), before, "{table}");
    }
}

#[test]
fn a_migration_killed_at_any_statement_is_run_again_to_the_same_content() {
    if let Some((statement, _, path)) = order() {
        let connection = Connection::open(path).unwrap();
        configure(&connection).unwrap();
        migrate(&connection, &SPOOL, &mut waiting_at(statement)).unwrap();
        panic!("there are fewer than {statement} statements");
    }
    for old in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), old);
        let mut statements = 0;
        let connection = Connection::open(&path).unwrap();
        configure(&connection).unwrap();
        migrate(&connection, &SPOOL, &mut || statements += 1).unwrap();
        drop(connection);
        let expected = content(&path);
        assert!(statements > 10, "{statements}");
        for statement in 1..=statements {
            let folder = tempfile::tempdir().unwrap();
            let path = file(folder.path(), old);
            kill_at(statement, KILLED, &SPOOL, &path);
            check(&Connection::open(&path).unwrap(), &SPOOL).unwrap();
            drop(connect(&path, &SPOOL));
            assert_eq!(content(&path), expected, "killed at statement {statement}");
        }
    }
}

#[test]
fn a_newer_file_is_refused_by_name_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let connection = connect(&path, &NEWER);
    let wrote = "update migration set program = '9.1.0' where version = 3";
    connection.execute(wrote, ()).unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let error = open_spool(&path).map(drop).unwrap_err();
    let text = error.to_string();
    let expected = format!(
        "the spool {}: plenum 9.1.0 has brought it to version 3, and this is plenum {PROGRAM}, which knows versions up to 2: start plenum 9.1.0",
        path.display()
    );
    assert!(text.starts_with(&expected), "{text}");
    assert!(
        text.contains("`path` in [spool]") && matches!(error, SpoolError::Refused { .. }),
        "{text}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_of_another_program_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("songs.db");
    let make = "create table song(title text) strict";
    Connection::open(&path).unwrap().execute_batch(make).unwrap();
    let before = std::fs::read(&path).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let text = open_spool(&path).map(drop).unwrap_err().to_string();
    assert!(text.contains("it is not a spool of Plenum's"), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn a_migration_that_stops_after_others_says_which_version_is_left() {
    const BROKEN: Migration = Migration {
        name: "0004-broken",
        sql: "alter table no_such_table add column x integer",
    };
    const ONE_OF_TWO: Store = Store {
        migrations: &[
            NEWER.migrations[0],
            NEWER.migrations[1],
            NEWER.migrations[2],
            BROKEN,
        ],
        ..SPOOL
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    drop(connect(&path, &SPOOL));
    let connection = Connection::open(&path).unwrap();
    let error = migrate(&connection, &ONE_OF_TWO, &mut || {}).unwrap_err();
    let text = SpoolError::unopened(&path, error).to_string();
    assert!(
        text.contains("brought from version 2 to 3") && text.contains("`path` in [spool]"),
        "{text}"
    );
    assert_eq!(version(&connection).unwrap(), 3);
}
