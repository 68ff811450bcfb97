//! The live feed to screens.

use super::family::Family;
use super::scrape::load;
use crate::live;

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "plenum_live_screens",
        &[],
        "Screens that listen to the live feed.",
        |scrape, samples| samples.one(load(&scrape.dashboard.feed.screens)),
    ),
    Family::gauge(
        "plenum_live_screens_limit",
        &[],
        "How many screens may listen; one more is refused.",
        |scrape, samples| samples.one(live::most(scrape.dashboard)),
    ),
    Family::counter(
        "plenum_live_screens_cut_off_total",
        &[],
        "Screens that were too slow for the live feed and were cut off; they connect again and ask for the whole.",
        |scrape, samples| samples.one(load(&scrape.dashboard.feed.cut_off)),
    ),
    Family::counter(
        "plenum_live_feed_missed_total",
        &[],
        "Times that the live feed itself was too slow; every screen then asked for the whole.",
        |scrape, samples| samples.one(load(&scrape.dashboard.feed.missed)),
    ),
];
