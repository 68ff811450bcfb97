//! For tests of migrations: everything that is in a file, and a process that is killed at a statement.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::Store;

/// Tells the child process which file to migrate and where to wait for its end: `STATEMENT STORE PATH`.
const ORDER: &str = "PLENUM_TEST_MIGRATION";

/// Everything in a file: its version, its tables' definitions and their rows, each a line.
pub fn content(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut lines = Vec::new();
    for pragma in ["user_version", "application_id", "integrity_check"] {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, Value>(0);
        let value = connection
            .query_row(&format!("pragma {pragma}"), [], read)
            .unwrap();
        lines.push(format!("{pragma} {value:?}"));
    }
    lines.extend(definitions(&connection));
    for table in tables(&connection) {
        let rows = rows(&connection, &table);
        lines.extend(rows.iter().map(|row| format!("{table} {row}")));
    }
    lines
}

/// The names of its tables, in order.
pub fn tables(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("select name from sqlite_schema where type = 'table' order by name")
        .unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

/// The rows of a table, each a line.
pub fn rows(connection: &Connection, table: &str) -> BTreeSet<String> {
    let mut statement = connection.prepare(&format!("select * from {table}")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut all = BTreeSet::new();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<Value> = (0..columns).map(|column| row.get(column).unwrap()).collect();
        all.insert(format!("{values:?}"));
    }
    all
}

/// The statements that made the tables, without what says nothing: case and space.
pub fn definitions(connection: &Connection) -> BTreeSet<String> {
    let mut statement = connection
        .prepare("select sql from sqlite_schema where sql is not null")
        .unwrap();
    let texts = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    texts
        .map(|text| {
            text.unwrap()
                .to_lowercase()
                .split_whitespace()
                .collect::<String>()
        })
        .collect()
}

/// Every file of a folder of migrations is in the store's list, numbered without a hole.
///
/// # Panics
/// One is not.
pub fn check_files(store: &Store, folder: &Path) {
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let listed = store.migrations.iter();
    let listed: Vec<String> = listed
        .map(|migration| format!("{}.sql", migration.name))
        .collect();
    assert_eq!(files, listed);
    for (number, name) in (1..).zip(listed) {
        let begins = name.starts_with(&format!("{number:04}-"));
        assert!(begins, "{name} is number {number}");
    }
}

/// What a child process of [`kill_at`] has to do: at which statement of which store's migrations it waits for its end, and in which file.
pub fn order() -> Option<(usize, String, PathBuf)> {
    let order = std::env::var(ORDER).ok()?;
    let mut words = order.splitn(3, ' ');
    let mut next = || words.next().unwrap();
    Some((next().parse().unwrap(), next().to_owned(), PathBuf::from(next())))
}

/// To be called before each statement by that child: at the `statement`-th it says so and waits to be killed.
pub fn waiting_at(statement: usize) -> impl FnMut() {
    let mut count = 0;
    move || {
        count += 1;
        if count == statement {
            let mut output = std::io::stdout();
            writeln!(output, "at the statement").unwrap();
            output.flush().unwrap();
            loop {
                std::thread::park();
            }
        }
    }
}

/// Runs the test of this name in a process of its own, which gets SIGKILL when it has come to this statement.
///
/// # Panics
/// It does not come there.
pub fn kill_at(statement: usize, test: &str, store: &Store, path: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env(ORDER, format!("{statement} {} {}", store.name, path.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let there = lines.any(|line| line.unwrap().contains("at the statement"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(there, "statement {statement} of {} was not reached", store.name);
}
