//! Group commits, savepoints, a full disk and errors that end the process.

use std::sync::Mutex;

use tokio::sync::oneshot;

use super::*;

const FACTS: Store = Store {
    name: "x.db",
    application_id: 7,
    page_size: 4_096,
    if_newer: "",
    if_foreign: "",
    known_by: "fact",
    migrations: &[Migration {
        name: "0001-facts",
        sql: "create table migration(version integer primary key, name text not null, program text not null) strict;
              create table fact(number integer primary key, text text not null) strict;",
    }],
};

fn open(folder: &Path) -> Database {
    Database::open(&folder.join("x.db"), &FACTS).unwrap()
}

/// Puts a closure into the queue without waiting for its answer.
async fn submit<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> oneshot::Receiver<Result<T, DatabaseError>> {
    let (job, answer) = Write::job(work);
    database.sender().unwrap().send(job).await.unwrap();
    answer
}

fn numbers(database: &Database) -> Vec<i64> {
    database
        .read_blocking(|connection| {
            connection
                .prepare("select number from fact order by number")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
        .unwrap()
}

#[tokio::test]
async fn what_waits_is_committed_together_and_a_bad_closure_alone_is_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path());
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let first = submit(&database, move |_| {
        held.recv().ok();
        Ok(())
    });
    let first = first.await;
    let mut answers = Vec::new();
    for number in 1..=50 {
        let insert = move |connection: &Connection| {
            connection.execute("insert into fact values (?1, 'x')", [number % 49])
        };
        answers.push(submit(&database, insert).await);
    }
    drop(hold);
    first.await.unwrap().unwrap();
    let mut refused = 0;
    for answer in answers {
        refused += u64::from(matches!(answer.await.unwrap(), Err(DatabaseError::Sql { .. })));
    }
    assert_eq!(refused, 1, "the second 1 is a duplicate");
    assert_eq!(numbers(&database).len(), 49);
    assert!(database.statistics().commits.snapshot().count <= 3);
}

#[tokio::test]
async fn a_panic_in_a_closure_is_its_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path());
    let panicking = database.write(|connection| -> rusqlite::Result<()> {
        connection.execute("insert into fact values (1, 'x')", [])?;
        panic!("on purpose")
    });
    assert!(matches!(panicking.await, Err(DatabaseError::Sql { .. })));
    let insert = |connection: &Connection| connection.execute("insert into fact values (2, 'x')", []);
    assert_eq!(database.write(insert).await.unwrap(), 1);
    assert_eq!(numbers(&database), [2]);
}

#[tokio::test]
async fn a_reading_connection_refuses_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path());
    let write = |connection: &Connection| connection.execute("delete from fact", []);
    assert!(database.read(write).await.is_err());
}

#[tokio::test]
async fn a_damaged_file_calls_the_handler_that_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let make = "create table fact(number integer primary key, text text) strict";
    Connection::open(&path).unwrap().execute_batch(make).unwrap();
    // The header says that it is a database, and nothing behind it can be read.
    let mut damaged = std::fs::read(&path).unwrap();
    damaged[100..].fill(7);
    std::fs::write(&path, damaged).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handler = seen.clone();
    let fatal: Fatal = Arc::new(move |error| handler.lock().unwrap().push(error.to_string()));
    assert!(Database::open_with(&path, &FACTS, fatal).is_err());
    assert!(seen.lock().unwrap()[0].contains("x.db"), "{seen:?}");
}

#[tokio::test]
async fn the_wal_stays_small_under_steady_writing() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path());
    for number in 0..300 {
        let insert = move |connection: &Connection| {
            connection.execute("insert into fact values (?1, ?2)", (number, "x".repeat(100_000)))
        };
        database.write(insert).await.unwrap();
    }
    assert!(database.statistics().checkpoints.load(Ordering::Relaxed) > 0);
    let wal = std::fs::metadata(beside(database.path(), "-wal")).unwrap().len();
    assert!(wal < 80 << 20, "{wal}");
    // The thread that does so by itself may be at it: then there is another time.
    let wal = || std::fs::metadata(beside(database.path(), "-wal")).unwrap().len();
    for _ in 0..100 {
        database.checkpoint().await.unwrap();
        if wal() == 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the write-ahead log still has {} bytes", wal());
}

#[tokio::test]
async fn the_wal_begins_anew_though_it_is_copied_as_fast_as_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path());
    let wal = || std::fs::metadata(beside(database.path(), "-wal")).unwrap().len();
    let mut longest = 0;
    for number in 0..500 {
        let insert = move |connection: &Connection| {
            connection.execute(
                "insert or replace into fact values (?1, ?2)",
                (number % 7, "x".repeat(200_000)),
            )
        };
        database.write(insert).await.unwrap();
        longest = longest.max(wal());
    }
    assert!(longest < 40 << 20, "{longest}");
}

#[tokio::test]
async fn every_file_is_its_owners_alone_and_wider_ones_are_narrowed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let modes = || -> Vec<u32> {
        let files = ["x.db", "x.db-wal", "x.db-shm"].map(|name| folder.path().join(name));
        files
            .iter()
            .map(|file| std::fs::metadata(file).unwrap().permissions().mode() & 0o777)
            .collect()
    };
    let database = open(folder.path());
    let insert = |connection: &Connection| connection.execute("insert into fact values (1, 'x')", []);
    database.write(insert).await.unwrap();
    assert_eq!(modes(), [0o600; 3]);
    // As a killed process of an earlier version leaves them.
    let left = tempfile::tempdir().unwrap();
    for name in ["x.db", "x.db-wal", "x.db-shm"] {
        let copy = left.path().join(name);
        std::fs::copy(folder.path().join(name), &copy).unwrap();
        std::fs::set_permissions(copy, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    drop(database);
    for name in ["x.db", "x.db-wal", "x.db-shm"] {
        std::fs::rename(left.path().join(name), folder.path().join(name)).unwrap();
    }
    let database = open(folder.path());
    assert_eq!(numbers(&database), [1]);
    assert_eq!(modes(), [0o600; 3]);
}
