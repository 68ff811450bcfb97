//! The figures of `/metrics`. A file a noun; each holds the table of its families, and a family is one row: name, labels, meaning, and where its
//! samples come from. docs/reference/metrics.md is written from the same rows.
//!
//! A scrape reads counters in memory and never scans a table.

mod agents;
mod alarms;
mod beats;
#[cfg(test)]
mod bounds;
mod broker;
mod database;
mod family;
mod heartbeats;
mod history;
pub(crate) mod http;
mod intake;
mod journal;
mod live;
mod messages;
mod process;
mod program;
mod queues;
mod readings;
mod scrape;

use family::Family;
use scrape::Scrape;

use crate::state::Dashboard;

/// Every family, by noun, in the order in which they are written.
const FAMILIES: &[&[Family]] = &[
    program::FAMILIES,
    process::FAMILIES,
    http::FAMILIES,
    live::FAMILIES,
    queues::FAMILIES,
    broker::FAMILIES,
    intake::FAMILIES,
    database::FAMILIES,
    journal::FAMILIES,
    history::FAMILIES,
    alarms::FAMILIES,
    messages::FAMILIES,
    heartbeats::FAMILIES,
    beats::FAMILIES,
    agents::FAMILIES,
    readings::FAMILIES,
];

/// All figures, as they stand now.
pub(crate) fn exposition(dashboard: &Dashboard) -> String {
    let scrape = Scrape::new(dashboard);
    let mut text = String::with_capacity(64 << 10);
    for family in FAMILIES.iter().copied().flatten() {
        family.write(&scrape, &mut text);
    }
    text
}

#[cfg(test)]
mod tests;
