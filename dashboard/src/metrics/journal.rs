//! The journal and its readers.

use super::family::Family;

pub(super) const FAMILIES: &[Family] = &[
    Family::counter(
        "plenum_journal_entries_total",
        &[],
        "Journal entries committed.",
        |scrape, samples| samples.one(scrape.journal.entries),
    ),
    Family::counter(
        "plenum_journal_readings_total",
        &[],
        "Readings committed to the journal.",
        |scrape, samples| samples.one(scrape.journal.readings),
    ),
    Family::gauge(
        "plenum_journal_unknown_items",
        &[],
        "Items of a later version that the journal held at the start: they are kept, and every reader skips them.",
        |scrape, samples| samples.one(scrape.journal.unknown),
    ),
    Family::gauge(
        "plenum_journal_head",
        &[],
        "The newest journal entry's number.",
        |scrape, samples| samples.one(scrape.journal.head),
    ),
    Family::gauge(
        "plenum_journal_position",
        &["reader"],
        "The newest journal entry that a reader has done with: `alarms` (its effect is committed), `history` (its readings are in memory). Behind \
         plenum_journal_head is what waits for it.",
        |scrape, samples| {
            samples.put(&[&"alarms"], scrape.alarms_applied);
            samples.put(&[&"history"], scrape.history.number);
        },
    ),
    Family::gauge(
        "plenum_journal_size_bytes",
        &[],
        "Journal entries that are kept because a reader has not passed them.",
        |scrape, samples| samples.one(scrape.journal.bytes),
    ),
    Family::gauge(
        "plenum_journal_limit_bytes",
        &[],
        "Up to so much is kept for readers that may be slow (`journal_max`).",
        |scrape, samples| samples.one(scrape.journal.maximum),
    ),
];
