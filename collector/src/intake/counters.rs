//! What intake counted; plain numbers for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

use plenum_link::Histogram;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident $words:literal;)*) => {
        /// Counters since the start, and a few gauges.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$doc])* #[doc = $words] pub $name: AtomicU64,)*
            /// Group commits, and how long each took.
            pub commits: Histogram,
        }

        #[cfg(test)]
        impl Counters {
            /// Name and value of each.
            pub(super) fn list(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.load(Ordering::Relaxed)),)*]
            }
        }
    };
}

counters! {
    messages "Messages received.";
    readings_committed "Readings that are durable.";
    batches_committed "Batches that are durable.";
    batches_duplicate "Batches that had been taken before.";
    batches_out_of_order "Batches dropped because one before them is missing; they are sent again.";
    batches_refused "Batches not taken for lack of disk or because their agent's dead letters are full.";
    foreign_refused "Packs without stream properties refused under a name that has a stream or a credential.";
    retained_ignored "Readings that a broker had kept, ignored.";
    topics_unknown "Messages on topics that are none of ours.";
    dead_letters "Messages and records that went to the dead letters.";
    gaps "Gaps noted: batches that will never come.";
    readings_ahead "Readings from the future, stored at their receipt.";
    acknowledgements "Acknowledgements handed to the broker.";
    batches_of_a_second_host "Batches of a second host under an agent's name, not taken.";
    statuses_of_a_second_host "Statuses of a second host under an agent's name, not taken.";
    statuses_unreadable "Statuses that could not be read; they went to the dead letters.";
    statuses_passed_over "Statuses beyond those that are taken of one agent, in whose place a newer one was taken.";
    expectation_changes_passed_over "Changes of an interval beyond those that are believed of one sensor.";
    letters_dropped "Unreadable records and messages beyond what is kept: 100 a message, the bound of an agent, none while the disk is short.";
    readings_of_too_many_series "Readings of series beyond those that an agent may have; they went to the dead letters.";
    agents_refused "Messages under names beyond those that may publish without a credential.";
    messages_set_aside "Messages that could not be stored and went to the dead letters, while the others of their group were stored.";
    agents_left_out "Times that nothing of an agent could be written, while the others of its group were stored.";
    commits_fail "1 while no group could be committed for 10 s.";
    groups_failed "Group commits that failed and were given up; agents send again.";
    free_bytes "Free bytes on the data folder's disk at the last look.";
    reserve_bytes "Free bytes below which no routine batch is taken.";
    dead_letters_limit "Bytes of dead letters beyond which an agent is not acknowledged.";
}

pub(super) fn add(counter: &AtomicU64, amount: usize) {
    counter.fetch_add(amount as u64, Ordering::Relaxed);
}

pub(super) fn set(gauge: &AtomicU64, value: u64) {
    gauge.store(value, Ordering::Relaxed);
}
