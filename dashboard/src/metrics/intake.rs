//! Intake: what came in and what became of it.

use super::family::Family;
use super::scrape::load;

pub(super) const FAMILIES: &[Family] = &[
    Family::counter(
        "plenum_intake_messages_total",
        &[],
        "MQTT messages received.",
        |scrape, samples| samples.one(load(&scrape.intake().messages)),
    ),
    Family::counter(
        "plenum_intake_readings_total",
        &[],
        "Readings committed.",
        |scrape, samples| samples.one(load(&scrape.intake().readings_committed)),
    ),
    Family::counter(
        "plenum_intake_batches_total",
        &["outcome"],
        "Batches by what became of them: `committed`; `duplicate` (taken before); `out_of_order` (one before them is missing; they are sent again); \
         `refused` (no room on the disk, or the agent's dead letters are full; they are sent again); `second_host` (of a second host under the name).",
        |scrape, samples| {
            let counters = scrape.intake();
            samples.put(&[&"committed"], load(&counters.batches_committed));
            samples.put(&[&"duplicate"], load(&counters.batches_duplicate));
            samples.put(&[&"out_of_order"], load(&counters.batches_out_of_order));
            samples.put(&[&"refused"], load(&counters.batches_refused));
            samples.put(&[&"second_host"], load(&counters.batches_of_a_second_host));
        },
    ),
    Family::counter(
        "plenum_intake_ignored_total",
        &["reason"],
        "Messages that were not taken: `foreign` (packs without stream properties under a name that has a stream or a credential), `retained` \
         (readings that a broker had kept), `topic` (a topic that is not ours), `second_host` (a status of a second host under an agent's name), \
         `stranger` (one more name without a credential than may publish).",
        |scrape, samples| {
            let counters = scrape.intake();
            samples.put(&[&"foreign"], load(&counters.foreign_refused));
            samples.put(&[&"retained"], load(&counters.retained_ignored));
            samples.put(&[&"topic"], load(&counters.topics_unknown));
            samples.put(&[&"second_host"], load(&counters.statuses_of_a_second_host));
            samples.put(&[&"stranger"], load(&counters.agents_refused));
        },
    ),
    Family::counter(
        "plenum_intake_dead_letters_total",
        &[],
        "Messages and records that went to the dead letters.",
        |scrape, samples| samples.one(load(&scrape.intake().dead_letters)),
    ),
    Family::counter(
        "plenum_intake_dead_letters_dropped_total",
        &[],
        "Unreadable records and messages beyond what is kept: 100 a message, the bound of an agent, none while the disk is short.",
        |scrape, samples| samples.one(load(&scrape.intake().letters_dropped)),
    ),
    Family::counter(
        "plenum_intake_statuses_unreadable_total",
        &[],
        "Statuses that could not be read or were larger than a status may be; they went to the dead letters.",
        |scrape, samples| samples.one(load(&scrape.intake().statuses_unreadable)),
    ),
    Family::counter(
        "plenum_intake_statuses_passed_over_total",
        &[],
        "Statuses beyond those that are taken of one agent, in whose place a newer one was taken.",
        |scrape, samples| samples.one(load(&scrape.intake().statuses_passed_over)),
    ),
    Family::counter(
        "plenum_intake_expectation_changes_passed_over_total",
        &[],
        "Changes of an interval beyond those that are believed of one sensor.",
        |scrape, samples| samples.one(load(&scrape.intake().expectation_changes_passed_over)),
    ),
    Family::counter(
        "plenum_intake_series_limit_total",
        &[],
        "Readings of series beyond those that an agent may have; they went to the dead letters.",
        |scrape, samples| samples.one(load(&scrape.intake().readings_of_too_many_series)),
    ),
    Family::counter(
        "plenum_intake_set_aside_total",
        &["what"],
        "What could not be written although the disk was well: `message` (it went to the dead letters), `agent` (nothing of it was written).",
        |scrape, samples| {
            let counters = scrape.intake();
            samples.put(&[&"message"], load(&counters.messages_set_aside));
            samples.put(&[&"agent"], load(&counters.agents_left_out));
        },
    ),
    Family::gauge(
        "plenum_intake_commits_fail",
        &[],
        "1 while no group could be committed for 10 s.",
        |scrape, samples| samples.one(load(&scrape.intake().commits_fail)),
    ),
    Family::counter(
        "plenum_intake_gaps_total",
        &[],
        "Gaps noted: batches that will never come.",
        |scrape, samples| samples.one(load(&scrape.intake().gaps)),
    ),
    Family::counter(
        "plenum_intake_readings_ahead_total",
        &[],
        "Readings from the future, moved to their receipt.",
        |scrape, samples| samples.one(load(&scrape.intake().readings_ahead)),
    ),
    Family::counter(
        "plenum_intake_acknowledgements_total",
        &[],
        "Acknowledgements handed to the broker.",
        |scrape, samples| samples.one(load(&scrape.intake().acknowledgements)),
    ),
    Family::histogram(
        "plenum_intake_commit_duration_seconds",
        &[],
        "Intake's group commits that succeeded, from handing over to durable: an agent's batch waits so long for its acknowledgement.",
        |scrape, samples| samples.put_histogram(&[], &scrape.intake().commits.snapshot()),
    ),
    Family::counter(
        "plenum_intake_commit_failures_total",
        &[],
        "Group commits that failed and were given up; agents send again.",
        |scrape, samples| samples.one(load(&scrape.intake().groups_failed)),
    ),
    Family::gauge(
        "plenum_data_free_bytes",
        &[],
        "Free bytes on the disk of the data folder at the last look.",
        |scrape, samples| samples.one(load(&scrape.intake().free_bytes)),
    ),
    Family::gauge(
        "plenum_data_reserve_bytes",
        &[],
        "Free bytes below which no routine batch is taken.",
        |scrape, samples| samples.one(load(&scrape.intake().reserve_bytes)),
    ),
];
