//! Yesterday's plenum.db beside today's history.db: its journal gives numbers again that chunks know already, and nothing is lost of what is
//! acknowledged from then on.

use std::path::Path;

use super::crash::{AGENTS, BATCH, BATCHES, Store, copy};

/// What was there of plenum.db in the evening.
const JOURNAL: [&str; 3] = ["plenum.db", "plenum.db-wal", "journal.head"];

/// Every batch is an entry of its own.
async fn send(store: &Store, seqs: std::ops::RangeInclusive<u64>) {
    for seq in seqs {
        for agent in 0..AGENTS {
            store.send(agent, seq).await;
        }
        let all_have = |store: &Store| {
            let acknowledged = store.acknowledged();
            acknowledged.len() == AGENTS && acknowledged.values().all(|through| *through >= seq)
        };
        store.until(all_have).await;
    }
    store.caught_up().await;
}

fn put_back(from: &Path, to: &Path) {
    for name in JOURNAL {
        std::fs::remove_file(to.join(name)).ok();
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
    std::fs::remove_file(to.join("plenum.db-shm")).ok();
}

fn has_everything(store: &Store) {
    let readings: Vec<u64> = (0..AGENTS).map(|agent| store.readings(agent)).collect();
    assert_eq!(readings, [BATCHES * BATCH; AGENTS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restored_journal_acknowledges_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await;
    send(&store, 1..=5).await;
    store.stop().await;
    let yesterday = copy(folder.path());
    let store = Store::open(folder.path()).await;
    send(&store, 6..=40).await;
    let before = *store.journal.head().borrow();
    store.history.seal_all().await.unwrap();
    store.stop().await;

    put_back(yesterday.path(), folder.path());
    let store = Store::open(folder.path()).await;
    // The agents still hold what came since, and have measured more: all at once, so that it is in entries of numbers that chunks know.
    for agent in 0..AGENTS {
        for seq in 6..=BATCHES {
            store.send(agent, seq).await;
        }
    }
    store.has_everything().await;
    let head = *store.journal.head().borrow();
    assert!(head < before, "{head} of {before} numbers were given again");
    has_everything(&store);
    // As SIGKILL leaves the files; twice, for what was read again must not be forgotten the next time.
    let killed = copy(folder.path());
    store.stop().await;
    let reopened = Store::open(killed.path()).await;
    reopened.caught_up().await;
    has_everything(&reopened);
    let killed = copy(killed.path());
    reopened.stop().await;
    let reopened = Store::open(killed.path()).await;
    reopened.caught_up().await;
    has_everything(&reopened);
    reopened.history.seal_all().await.unwrap();
    has_everything(&reopened);
    reopened.stop().await;
}
