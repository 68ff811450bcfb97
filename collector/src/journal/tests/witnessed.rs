//! `journal.head` is on the disk before anybody is told of a commit; where it cannot be written, nobody is.

use std::sync::Mutex;

use super::super::head::HeadFile;
use super::*;
use crate::database::{DatabaseError, Fatal};

/// What the file says at this instant.
fn head(folder: &Path) -> u64 {
    // Read beside the lock: only an opener takes it.
    let bytes = std::fs::read(folder.join("journal.head")).unwrap();
    [0, 4_096]
        .map(|slot| u64::from_le_bytes(bytes[slot + 8..slot + 16].try_into().unwrap()))
        .into_iter()
        .max()
        .unwrap()
}

#[tokio::test]
async fn an_answered_append_stands_in_the_head() {
    let bench = Bench::new();
    let journal = bench.open().await;
    for at in 1..=20 {
        let number = journal.append(vec![item(at)]).await.unwrap();
        assert!(head(bench.folder.path()) >= number);
    }
    let many = (21..=200).map(|at| {
        let journal = journal.clone();
        let folder = bench.folder.path().to_owned();
        tokio::spawn(async move {
            let number = journal.append(vec![item(at)]).await.unwrap();
            assert!(head(&folder) >= number);
        })
    });
    for one in many.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn a_head_that_cannot_be_written_is_an_error_that_counts_and_nobody_is_told() {
    let bench = Bench::new();
    drop(bench.open().await);
    let path = bench.folder.path().join("journal.head");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (folder, clock, heard) = (bench.folder.path().to_owned(), bench.clock.clone(), seen.clone());
    let open = move || {
        let (_, found) = HeadFile::open(&path).unwrap();
        // Open for reading alone: every write to it fails.
        let file = HeadFile {
            file: std::fs::File::open(&path).unwrap(),
            next: 0,
        };
        let fatal: Fatal =
            Arc::new(move |error: &DatabaseError| heard.lock().unwrap().push(error.to_string()));
        let database = Database::open_with(&folder.join("plenum.db"), &database::PLENUM, fatal).unwrap();
        let claim = log::Claim {
            path,
            file,
            found,
            findings: Vec::new(),
        };
        Journal::open(claim, database, Arc::new(clock), Options::default()).unwrap()
    };
    let journal = tokio::task::spawn_blocking(open).await.unwrap();
    let mut live = journal.live();
    let refused = journal.append(vec![item(1)]).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::Disk { .. }), "{refused}");
    assert!(!refused.may_be_tried_again(), "it is committed");
    let failures = &journal.database().statistics().failures;
    assert_eq!(failures.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert!(
        seen.lock().unwrap()[0].contains("cannot be witnessed"),
        "{seen:?}"
    );
    // The entry is there: readers have it, and the next start finds it.
    assert_eq!(live.next().await.map(|(entry, _)| entry.number), Some(1));
    drop((live, journal));
    let journal = bench.open().await;
    assert_eq!(batches(&all(&journal, "r").await), [1]);
}
