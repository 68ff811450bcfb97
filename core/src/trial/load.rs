//! How much would have come at once, as the figures of the alarms that were have it.

use plenum_protocol::Timestamp;

use crate::alarms::figures;

/// New alarms, as the person has them who has to deal with them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    /// In ten minutes for each operator, on average.
    pub mean: f64,
    /// The most within any ten minutes.
    pub peak: u32,
    /// When those began, the first of several; none where there was no alarm.
    pub peak_at: Option<Timestamp>,
    /// Floods: from where more than ten for each operator came within ten minutes, to where fewer than five did.
    pub floods: u32,
}

impl Load {
    /// Of alarms raised at these instants within a period, in any order.
    pub(super) fn of(
        raised: impl Iterator<Item = Timestamp>,
        (from, to): (Timestamp, Timestamp),
        operators: u32,
    ) -> Self {
        let mut raised: Vec<Timestamp> = raised.collect();
        raised.sort_unstable();
        let mut load = figures::Load::new(from, to, operators);
        raised.iter().for_each(|at| load.add(*at));
        let (_, _, peak, floods) = load.finish();
        Self {
            mean: figures::rate(raised.len() as u64, (from, to), operators),
            peak: u32::try_from(peak.annunciated).unwrap_or(u32::MAX),
            peak_at: peak.from,
            floods: floods.len() as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(count: i64) -> Timestamp {
        Timestamp::from_milliseconds(count * 60_000)
    }

    #[test]
    fn a_flood_is_more_than_ten_in_any_ten_minutes_until_fewer_than_five_come() {
        let ten = (0..10).map(|index| minute(20 + index));
        // They come in no order, and reach from one ten minutes of the clock into the next.
        let eleven = (0..11).rev().map(|index| minute(65 + index % 10));
        let period = (minute(0), minute(100));
        let load = Load::of(ten.chain(eleven), period, 1);
        assert_eq!(
            load,
            Load {
                mean: 2.1,
                peak: 11,
                peak_at: Some(minute(65)),
                floods: 1
            }
        );
        let of_two = Load::of((0..11).map(|_| minute(65)), period, 2);
        assert_eq!((of_two.mean, of_two.peak, of_two.floods), (0.55, 11, 0));
        assert_eq!(Load::of(std::iter::empty(), period, 1), Load::default());
    }
}
