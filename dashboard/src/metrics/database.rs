//! The two databases.

use plenum_collector::database::Database;

use super::family::Family;
use super::scrape::{Scrape, load};

pub(super) const FAMILIES: &[Family] = &[
    Family::histogram(
        "plenum_database_commit_duration_seconds",
        &["database"],
        "Transactions of `plenum.db` and `history.db` that became durable, with the disk's sync.",
        |scrape, samples| {
            for (name, database) in both(scrape) {
                samples.put_histogram(&[&name], &database.statistics().commits.snapshot());
            }
        },
    ),
    Family::counter(
        "plenum_database_commit_failures_total",
        &["database"],
        "Transactions that failed, by a full disk or otherwise.",
        |scrape, samples| {
            for (name, database) in both(scrape) {
                samples.put(&[&name], load(&database.statistics().failures));
            }
        },
    ),
    Family::counter(
        "plenum_database_writes_total",
        &["database"],
        "Writes that were committed; those that wait together share a transaction.",
        |scrape, samples| {
            for (name, database) in both(scrape) {
                samples.put(&[&name], load(&database.statistics().writes));
            }
        },
    ),
    Family::gauge(
        "plenum_database_wal_pages",
        &["database"],
        "Pages of the write-ahead log that are not yet copied into the database's file.",
        |scrape, samples| {
            for (name, database) in both(scrape) {
                samples.put(&[&name], load(&database.statistics().wal_frames));
            }
        },
    ),
    Family::gauge(
        "plenum_database_wal_bytes",
        &["database"],
        "Bytes of the write-ahead log; beyond 64 MiB `history.db` is not written before its readers have let go of it.",
        |scrape, samples| {
            for (name, database) in both(scrape) {
                samples.put(&[&name], load(&database.statistics().wal_bytes));
            }
        },
    ),
    Family::counter(
        "plenum_database_checkpoints_total",
        &["database"],
        "Times that the write-ahead log was copied into the database's file.",
        |scrape, samples| {
            for (name, database) in both(scrape) {
                samples.put(&[&name], load(&database.statistics().checkpoints));
            }
        },
    ),
    Family::gauge(
        "plenum_database_size_bytes",
        &["database"],
        "The database's file with its write-ahead log.",
        |scrape, samples| {
            for (name, database) in both(scrape) {
                samples.put(&[&name], database.size());
            }
        },
    ),
];

/// Both, or plenum.db alone while a damaged history.db is begun anew.
fn both(scrape: &Scrape<'_>) -> impl Iterator<Item = (&'static str, Database)> {
    let collector = &scrape.dashboard.collector;
    let history = collector.history.database();
    std::iter::once(("plenum.db", collector.database.clone()))
        .chain(history.map(|history| ("history.db", history)))
}
