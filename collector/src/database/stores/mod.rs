//! The collector's two files and the migrations that made them what they are. A new migration is one file and one line here; what was
//! released is never edited again.

use plenum_migration::{Store, migrations};

const IF_NEWER: &str = "put back the copy of the folder from before it was started";
const IF_FOREIGN: &str = "name another folder with --data or `data` in collector.toml";

/// Journal, streams, alarms, outbox, site revisions, people.
pub const PLENUM: Store = Store {
    name: "plenum.db",
    application_id: u32::from_be_bytes(*b"PLNM"),
    page_size: 4_096,
    if_newer: IF_NEWER,
    if_foreign: IF_FOREIGN,
    known_by: "journal",
    migrations: migrations!["plenum":
    "0001-tables",
    "0002-unknown-items",
    "0003-outbox-indexes",
    "0004-outbox-kind",
    "0005-alarm-rows",
    "0006-stream-listed",
    "0007-alarm-covers",
    "0008-alarm-origin",
    "0009-alarm-event-instants",
    "0010-alarm-event-remark",
    "0011-people",
    "0012-second-factor",
    "0013-outbox-urgency",
        "0014-outbox-queues",
        "0015-audit",
        "0016-keys",
        "0017-certificates",
        "0018-one-person",
        "0019-authorities",
        "0020-single-sign-on",
        "0021-audit-instants",
        "0022-incidents",
        "0023-overrides",
        "0024-heartbeats",
        "0025-messages-of-incidents",
        "0026-incident-notes",
        "0027-work",
        "0028-calls",
        "0029-notes-by-time",
        "0030-drills",
    ],
};

/// Series and chunks. Chunks of some hundred bytes fill pages of this size well.
pub const HISTORY: Store = Store {
    name: "history.db",
    application_id: u32::from_be_bytes(*b"PLNH"),
    page_size: 16_384,
    if_newer: IF_NEWER,
    if_foreign: IF_FOREIGN,
    known_by: "origin",
    migrations: migrations!["history": "0001-tables", "0002-merged", "0003-expectation"],
};

#[cfg(test)]
mod tests;
