//! The history: series, readings in memory and in chunks.

use super::family::Family;

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "plenum_history_series",
        &[],
        "Series known.",
        |scrape, samples| samples.one(scrape.history.series),
    ),
    Family::gauge(
        "plenum_history_unsealed_readings",
        &[],
        "Readings that are in memory and in the journal, not yet in chunks.",
        |scrape, samples| samples.one(scrape.history.in_memory),
    ),
    Family::gauge(
        "plenum_history_unsealed_readings_limit",
        &[],
        "Beyond so many the largest series are written early.",
        |scrape, samples| samples.one(scrape.history.bound),
    ),
    Family::counter(
        "plenum_history_readings_total",
        &[],
        "Readings taken from the journal that were new.",
        |scrape, samples| samples.one(scrape.history.added),
    ),
    Family::counter(
        "plenum_history_duplicates_total",
        &[],
        "Readings taken from the journal that were there already.",
        |scrape, samples| samples.one(scrape.history.duplicates),
    ),
    Family::counter(
        "plenum_history_chunks_total",
        &[],
        "Chunks written.",
        |scrape, samples| samples.one(scrape.history.chunks),
    ),
    Family::counter(
        "plenum_history_damaged_total",
        &[],
        "Times that a page or a chunk of `history.db` could not be read.",
        |scrape, samples| samples.one(scrape.history.damaged),
    ),
    Family::counter(
        "plenum_history_held_total",
        &[],
        "Times that nothing was written for 2 s because readers kept the write-ahead log beyond 64 MiB.",
        |scrape, samples| samples.one(scrape.history.held),
    ),
    Family::counter(
        "plenum_history_sealed_readings_total",
        &[],
        "Readings that went into chunks.",
        |scrape, samples| samples.one(scrape.history.sealed),
    ),
];
