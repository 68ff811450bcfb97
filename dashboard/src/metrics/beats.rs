//! Who is told that the collector is well.

use super::family::Family;
use super::scrape::load;

pub(super) const FAMILIES: &[Family] = &[
    Family::counter(
        "plenum_beats_total",
        &["beat", "outcome"],
        "Beats that say that the collector is well, by [[beat]]: `taken`, `failed`. While it is not well there are none.",
        |scrape, samples| {
            for beat in scrape.dashboard.collector.beats.iter() {
                samples.put(&[beat.id(), &"taken"], load(&beat.counters().taken));
                samples.put(&[beat.id(), &"failed"], load(&beat.counters().failed));
            }
        },
    ),
    Family::gauge(
        "plenum_beat_taken_timestamp_seconds",
        &["beat"],
        "When a beat was last taken, by [[beat]], in seconds since 1970; 0 before the first.",
        |scrape, samples| {
            for beat in scrape.dashboard.collector.beats.iter() {
                samples.put(&[beat.id()], load(&beat.counters().taken_at) / 1_000);
            }
        },
    ),
];
