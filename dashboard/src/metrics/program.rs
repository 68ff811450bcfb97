//! Which program it is, and whether it is ready.

use super::family::Family;
use crate::readiness::unready;

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "plenum_build_info",
        &["version"],
        "1, with the program's version as a label.",
        |scrape, samples| samples.put(&[&scrape.dashboard.version], 1),
    ),
    Family::gauge(
        "plenum_ready",
        &[],
        "1 when the latest values are loaded, the alarms keep up, what comes is stored and what is due is sent, as /readyz answers.",
        |scrape, samples| samples.one(u8::from(unready(scrape.dashboard).is_none())),
    ),
];
