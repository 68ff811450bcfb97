//! Jobs elsewhere that say that they ran.

use plenum_core::heartbeat::Standing;

use super::family::Family;

pub(super) const FAMILIES: &[Family] = &[Family::gauge(
    "plenum_heartbeats",
    &["standing"],
    "Jobs that say that they ran, by how they stand.",
    |scrape, samples| {
        let jobs = scrape.dashboard.collector.heartbeats.list();
        for standing in Standing::ALL {
            let count = jobs.iter().filter(|job| job.standing == standing).count();
            samples.put(&[&standing.as_str()], count);
        }
    },
)];
