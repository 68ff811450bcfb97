//! How much would have come at once: the rate of new alarms, as EEMUA 191 counts it for the person who has to deal with them.

use std::collections::BTreeMap;

use plenum_protocol::{Duration, Timestamp};

/// The stretch of time that alarms are counted in.
const STRETCH: Duration = Duration::from_minutes(10);
/// More than so many in one are a flood.
const FLOOD: u32 = 10;

/// New alarms in stretches of ten minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    /// In a stretch, on average.
    pub mean: f64,
    /// In the worst stretch.
    pub peak: u32,
    /// When the worst stretch began, the first of several; none where there was no alarm.
    pub peak_at: Option<Timestamp>,
    /// Stretches with a flood: more than ten.
    pub floods: u32,
}

impl Load {
    /// Of alarms raised at these instants within a period.
    pub(super) fn of(raised: impl Iterator<Item = Timestamp>, (from, to): (Timestamp, Timestamp)) -> Self {
        let mut counts: BTreeMap<Timestamp, u32> = BTreeMap::new();
        for at in raised {
            *counts.entry(at.align_down(STRETCH)).or_default() += 1;
        }
        let total: u32 = counts.values().sum();
        let stretches = to.since(from).seconds() / STRETCH.seconds();
        let peak = counts.values().copied().max().unwrap_or(0);
        let mut at_peak = counts.iter().filter(|(_, count)| **count == peak);
        Self {
            mean: f64::from(total) / stretches.max(1.0),
            peak,
            peak_at: at_peak.next().map(|(at, _)| *at),
            floods: counts.values().filter(|count| **count > FLOOD).count() as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_more_than_ten_in_ten_minutes() {
        let minute = |count: i64| Timestamp::from_milliseconds(count * 60_000);
        let ten = (0..10).map(|index| minute(20 + index));
        let eleven = (0..11).map(|index| minute(60 + index % 10));
        let load = Load::of(ten.chain(eleven), (minute(0), minute(100)));
        assert_eq!(
            load,
            Load {
                mean: 2.1,
                peak: 11,
                peak_at: Some(minute(60)),
                floods: 1
            }
        );
        assert_eq!(
            Load::of(std::iter::empty(), (minute(0), minute(100))),
            Load::default()
        );
    }
}
