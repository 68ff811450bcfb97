//! What the I2C drivers of temperature and humidity give: both, and the dew point.

use std::ops::RangeInclusive;

use plenum_protocol::dew_point::dew_point;
use plenum_protocol::{Fault, Quantity};

use crate::driver::{Sample, measured, rounded};

/// What `climate` gives.
pub(super) const CLIMATE: [Quantity; 3] = [Quantity::Temperature, Quantity::Humidity, Quantity::DewPoint];

/// Temperature in °C and relative humidity in % as samples in steps of 0.01, and the dew point of both. What is beyond the datasheet's
/// operating `range` of temperatures is the fault `out-of-range`. A humidity up to five beyond 0 or 100 is 0 or 100: chips' formulas go
/// further than air does, and the chip's own error near saturation is that large.
pub(super) fn climate(celsius: f64, humidity: f64, range: &RangeInclusive<f64>) -> Vec<Sample> {
    const BEYOND: f64 = 5.0;
    let humidity = if (-BEYOND..=100.0 + BEYOND).contains(&humidity) {
        humidity.clamp(0.0, 100.0)
    } else {
        humidity
    };
    let [temperature, moisture, dew] = CLIMATE;
    let moisture = measured(moisture, rounded(humidity, 100.0));
    if !range.contains(&celsius) {
        let none = Err(Fault::OutOfRange);
        return vec![(temperature, none), moisture, (dew, none)];
    }
    vec![
        measured(temperature, rounded(celsius, 100.0)),
        moisture,
        measured(dew, rounded(dew_point(celsius, humidity), 100.0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_chip_can_mean_is_out_of_range() {
        let given = |celsius, humidity| {
            let samples = climate(celsius, humidity, &(-40.0..=125.0));
            [samples[0].1, samples[1].1, samples[2].1]
        };
        let none = Err(Fault::OutOfRange);
        assert_eq!(given(27.0, 60.0), [Ok(27.0), Ok(60.0), Ok(18.58)]);
        assert_eq!(given(-40.001, 60.0), [none, Ok(60.0), none]);
        assert_eq!(given(125.001, 60.0), [none, Ok(60.0), none]);
        assert_eq!(given(20.0, 104.9), [Ok(20.0), Ok(100.0), Ok(20.0)]);
        assert_eq!(given(20.0, 105.1)[1], none);
        // Bone-dry air has no dew point.
        assert_eq!(given(27.0, -4.9), [Ok(27.0), Ok(0.0), none]);
        assert_eq!(given(27.0, -5.1), [Ok(27.0), none, none]);
    }
}
