//! Messages to people and programs. What waits for sending is the queue `messages`.

use super::family::Family;
use super::scrape::load;

pub(super) const FAMILIES: &[Family] = &[Family::counter(
    "plenum_delivery_attempts_total",
    &["outcome"],
    "Attempts to deliver a message: `sent` (the receiver took it), `retried` (it did not and is tried again), `failed` (given up).",
    |scrape, samples| {
        let counters = &scrape.dashboard.collector.deliveries;
        samples.put(&[&"sent"], load(&counters.sent));
        samples.put(&[&"retried"], load(&counters.retried));
        samples.put(&[&"failed"], load(&counters.failed));
    },
)];
