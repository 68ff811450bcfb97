//! Readings themselves, for whoever charts them elsewhere.

use super::family::{Family, Samples};
use super::scrape::{Reading, seconds};

const LABELS: &[&str] = &["site", "room", "agent", "sensor", "quantity"];

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "plenum_reading",
        LABELS,
        "The newest value of a series, in the unit that /api/v1/series tells; a boolean is 1 or 0. Absent while the sensor has a fault, and when the \
         reading is older than three intervals (at least 60 s; 15 min where nobody has said how often it comes): no reading is not a good reading. `room` is \
         empty for a sensor that the site's configuration does not place.",
        |scrape, samples| {
            for reading in &scrape.readings {
                if let Some(value) = &reading.value {
                    put(samples, reading, value);
                }
            }
        },
    ),
    Family::gauge(
        "plenum_reading_fault",
        &["site", "room", "agent", "sensor", "quantity", "fault"],
        "1 while the newest reading of a series is a fault; absent otherwise.",
        |scrape, samples| {
            for Reading {
                series,
                room,
                outcome,
                ..
            } in &scrape.readings
            {
                if let Err(fault) = outcome {
                    let (sensor, quantity) = (series.sensor(), series.quantity().as_str());
                    samples.put(
                        &[
                            &series.agent.site,
                            room,
                            &series.agent.agent,
                            sensor,
                            &quantity,
                            fault,
                        ],
                        1,
                    );
                }
            }
        },
    ),
    Family::gauge(
        "plenum_reading_timestamp_seconds",
        LABELS,
        "When the newest reading of a series was taken, value or fault, since 1970.",
        |scrape, samples| {
            for reading in &scrape.readings {
                put(samples, reading, &seconds(reading.at));
            }
        },
    ),
];

fn put(samples: &mut Samples<'_>, reading: &Reading, value: &f64) {
    let Reading { series, room, .. } = reading;
    let (sensor, quantity) = (series.sensor(), series.quantity().as_str());
    samples.put(
        &[&series.agent.site, room, &series.agent.agent, sensor, &quantity],
        value,
    );
}
