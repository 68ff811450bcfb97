//! Every queue with its length, its bound and what it dropped.

use super::family::Family;

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "plenum_queue_length",
        &["queue"],
        "What waits in a queue: `packets` from the broker for intake, `commands` for intake, `conditions` of the monitor itself for the journal, \
         `plenum.db` and `history.db` (writes for the next commit), `messages` in the outbox.",
        |scrape, samples| {
            for queue in scrape.dashboard.collector.queues() {
                samples.put(&[&queue.name], queue.length);
            }
        },
    ),
    Family::gauge(
        "plenum_queue_capacity",
        &["queue"],
        "How much may wait in a queue. The outbox lies on disk and is bounded by it alone (`+Inf`).",
        |scrape, samples| {
            for queue in scrape.dashboard.collector.queues() {
                match queue.capacity {
                    Some(capacity) => samples.put(&[&queue.name], capacity),
                    None => samples.put(&[&queue.name], "+Inf"),
                }
            }
        },
    ),
    Family::counter(
        "plenum_queue_dropped_total",
        &["queue"],
        "What a full queue turned away. `packets`: refused unacknowledged, their agents send them again; `messages`: given up after 24 h or for good; \
         the others make their writer wait and drop nothing.",
        |scrape, samples| {
            for queue in scrape.dashboard.collector.queues() {
                samples.put(&[&queue.name], queue.dropped);
            }
        },
    ),
];
