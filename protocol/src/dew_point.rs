//! Dew point from temperature and relative humidity, for every sensor that measures both.

/// The dew point in Celsius by the Magnus formula (a = 17.625, b = 243.04 C), good to 0.4 K from -40 C to 50 C.
/// Not finite at 0 %RH, where there is none.
pub fn dew_point(celsius: f64, relative_humidity_percent: f64) -> f64 {
    const A: f64 = 17.625;
    const B: f64 = 243.04;
    let gamma = (relative_humidity_percent / 100.0).ln() + A * celsius / (B + celsius);
    B * gamma / (A - gamma)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(celsius: f64, humidity: f64, expected: f64) {
        let found = dew_point(celsius, humidity);
        assert!(
            (found - expected).abs() < 0.05,
            "{celsius} C at {humidity} %RH: {found}"
        );
    }

    #[test]
    fn known_points() {
        check(27.0, 60.0, 18.6);
        check(18.0, 82.6, 15.0);
        check(22.0, 64.5, 15.0);
        check(27.0, 47.8, 15.0);
        check(-10.0, 100.0, -10.0);
        assert!(!dew_point(20.0, 0.0).is_finite());
    }
}
