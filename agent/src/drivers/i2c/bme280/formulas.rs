//! From what a BME280 measures to units, by the coefficients that it was made with: datasheet BST-BME280-DS002, section 4.2.2 "Trimming
//! parameter readout" and appendix 8.1 "Compensation formulas in double precision".

/// The coefficients of one chip, as it keeps them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Coefficients {
    temperature: [f64; 3],
    pressure: [f64; 9],
    humidity: [f64; 6],
}

/// What the chip measured, as numbers of 20, 20 and 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) pressure: u32,
    pub(super) temperature: u32,
    pub(super) humidity: u16,
}

/// What it means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Air {
    /// In °C.
    pub(super) celsius: f64,
    /// In Pa; not a number where its coefficients are not those of a chip.
    pub(super) pascal: f64,
    /// In %, 0 to 100.
    pub(super) humidity: f64,
}

impl Coefficients {
    /// From the registers 0x88 to 0xa1 and 0xe1 to 0xe7. `None` where they are those of nothing that was ever made.
    pub(super) fn new(first: &[u8; 26], second: &[u8; 7]) -> Option<Self> {
        let unsigned = |index: usize| f64::from(u16::from_le_bytes([first[index], first[index + 1]]));
        let signed = |index: usize| f64::from(i16::from_le_bytes([first[index], first[index + 1]]));
        let is_blank = |byte: u8| first.iter().chain(second).all(|other| *other == byte);
        if is_blank(0x00) || is_blank(0xff) || unsigned(0) == 0.0 || unsigned(6) == 0.0 {
            return None;
        }
        let mut pressure = [unsigned(6); 9];
        for (place, coefficient) in pressure.iter_mut().enumerate().skip(1) {
            *coefficient = signed(6 + 2 * place);
        }
        // The fourth and the fifth have twelve bits each, and share a byte.
        let high = |byte: u8| i16::from(i8::from_ne_bytes([byte])) << 4;
        let fourth = high(second[3]) | i16::from(second[4] & 0x0f);
        let fifth = high(second[5]) | i16::from(second[4] >> 4);
        Some(Self {
            temperature: [unsigned(0), signed(2), signed(4)],
            pressure,
            humidity: [
                f64::from(first[25]),
                f64::from(i16::from_le_bytes([second[0], second[1]])),
                f64::from(second[2]),
                f64::from(fourth),
                f64::from(fifth),
                f64::from(i8::from_ne_bytes([second[6]])),
            ],
        })
    }

    /// The air that the chip has measured.
    pub(super) fn convert(&self, measured: Measured) -> Air {
        let fine = self.fine(f64::from(measured.temperature));
        Air {
            celsius: fine / 5_120.0,
            pascal: self.pascal(fine, f64::from(measured.pressure)),
            humidity: self.humidity(fine, f64::from(measured.humidity)),
        }
    }

    /// The temperature in 5120ths of a degree, on which the other two depend.
    fn fine(&self, measured: f64) -> f64 {
        let [first, second, third] = self.temperature;
        let above = measured / 131_072.0 - first / 8_192.0;
        (measured / 16_384.0 - first / 1_024.0) * second + above * above * third
    }

    fn pascal(&self, fine: f64, measured: f64) -> f64 {
        let [p1, p2, p3, p4, p5, p6, p7, p8, p9] = self.pressure;
        let warmth = fine / 2.0 - 64_000.0;
        let offset = (warmth * warmth * p6 / 32_768.0 + warmth * p5 * 2.0) / 4.0 + p4 * 65_536.0;
        let slope = (p3 * warmth * warmth / 524_288.0 + p2 * warmth) / 524_288.0;
        let slope = (1.0 + slope / 32_768.0) * p1;
        let pressure = (1_048_576.0 - measured - offset / 4_096.0) * 6_250.0 / slope;
        let bent = p9 * pressure * pressure / 2_147_483_648.0 + pressure * p8 / 32_768.0 + p7;
        pressure + bent / 16.0
    }

    fn humidity(&self, fine: f64, measured: f64) -> f64 {
        let [h1, h2, h3, h4, h5, h6] = self.humidity;
        let warmth = fine - 76_800.0;
        let above = measured - (h4 * 64.0 + h5 / 16_384.0 * warmth);
        let slope = 1.0 + h6 / 67_108_864.0 * warmth * (1.0 + h3 / 67_108_864.0 * warmth);
        let humidity = above * h2 / 65_536.0 * slope;
        (humidity * (1.0 - h1 * humidity / 524_288.0)).clamp(0.0, 100.0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Temperature and pressure as in Bosch's worked example for the BMP280, which has the same formulas (BST-BMP280-DS001, 3.12); humidity as a
    /// chip has it that was bought.
    pub(crate) fn registers() -> ([u8; 26], [u8; 7]) {
        let words: [i32; 12] = [
            27_504, 26_435, -1_000, 36_477, -10_685, 3_024, 2_855, 140, -7, 15_500, -14_600, 6_000,
        ];
        let mut first = [0; 26];
        for (place, word) in first.chunks_exact_mut(2).zip(words) {
            place.copy_from_slice(&word.to_le_bytes()[..2]);
        }
        first[25] = 75;
        // 362, 0, 313 = 0x139, 50 = 0x032, 30.
        (first, [0x6a, 0x01, 0x00, 0x13, 0x29, 0x03, 0x1e])
    }

    fn coefficients() -> Coefficients {
        let (first, second) = registers();
        Coefficients::new(&first, &second).unwrap()
    }

    /// What the datasheet's other formulas, those in whole numbers (4.2.3), give for the same.
    fn check(temperature: u32, humidity: u16, expected: (f64, f64, f64)) {
        let air = coefficients().convert(Measured {
            pressure: 415_148,
            temperature,
            humidity,
        });
        let (celsius, pascal, moisture) = expected;
        assert!((air.celsius - celsius).abs() < 0.01, "{air:?}");
        assert!((air.pascal - pascal).abs() < 2.0, "{air:?}");
        assert!((air.humidity - moisture).abs() < 0.05, "{air:?}");
    }

    #[test]
    fn both_formulas_of_the_datasheet_agree() {
        check(519_888, 30_000, (25.08, 100_653.27, 54.997));
        check(400_000, 30_000, (-12.64, 94_916.3, 53.396));
        check(519_888, 20_000, (25.08, 100_653.27, 0.0));
        check(519_888, 65_000, (25.08, 100_653.27, 100.0));
    }

    #[test]
    fn twelve_bits_have_their_signs() {
        let (first, mut second) = registers();
        [second[3], second[4], second[5]] = [0xff, 0x1f, 0x80];
        let humidity = Coefficients::new(&first, &second).unwrap().humidity;
        assert_eq!(humidity[3..5], [-1.0, -2_047.0]);
    }

    #[test]
    fn what_was_never_made_has_no_coefficients() {
        assert_eq!(Coefficients::new(&[0x00; 26], &[0x00; 7]), None);
        assert_eq!(Coefficients::new(&[0xff; 26], &[0xff; 7]), None);
        let (mut first, second) = registers();
        [first[6], first[7]] = [0, 0];
        assert_eq!(Coefficients::new(&first, &second), None);
    }
}
