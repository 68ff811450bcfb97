//! What the kernel's file `w1_slave` says: the nine bytes that the sensor gave, whether their checksum is right, and the temperature in
//! thousandths of a degree. The bytes are those of the datasheet DS18B20, "Memory".

use plenum_protocol::Fault;

use crate::driver::Problem;

/// In °C.
const RANGE: std::ops::RangeInclusive<f64> = -55.0..=125.0;
/// What is said of a sensor that was not there.
const NOBODY: f64 = -127.0;

/// The temperature in °C.
///
/// # Errors
/// `corrupt` where the bytes are not those of a sensor, `out-of-range` where it cannot mean what it says.
pub(super) fn celsius(text: &str) -> Result<f64, Problem> {
    let damaged = |words: &str| {
        let words = format!(
            "{words}: check the cable's length, the resistor of 4.7 kΩ between data and 3.3 V, and its supply"
        );
        Problem::new(Fault::Corrupt, words)
    };
    let mut lines = text.lines();
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else {
        return Err(damaged("it said nothing whole"));
    };
    let bytes = bytes(first).ok_or_else(|| damaged("it said nothing whole"))?;
    if !first.trim_end().ends_with("YES") || checksum(&bytes[..8]) != bytes[8] {
        return Err(damaged("its checksum is wrong"));
    }
    // The checksum of nothing but zeros is zero: a wire that is shorted to ground says 0 C.
    if bytes == [0; 9] {
        return Err(damaged("the wire is held low"));
    }
    let milli: Option<i32> = second
        .rsplit_once("t=")
        .and_then(|(_, number)| number.trim().parse().ok());
    let celsius = f64::from(milli.ok_or_else(|| damaged("it said nothing whole"))?) / 1_000.0;
    if RANGE.contains(&celsius) {
        return Ok(celsius);
    }
    let words = if celsius == NOBODY {
        "-127 is what is said of a sensor that did not answer: look at its plug".to_owned()
    } else {
        format!("{celsius} C is beyond what it can measure, -55 to 125 C: look at its plug, then replace it")
    };
    Err(Problem::new(Fault::OutOfRange, words))
}

/// The bytes before the colon.
fn bytes(line: &str) -> Option<[u8; 9]> {
    let (written, _) = line.split_once(':')?;
    let bytes: Vec<u8> = written
        .split_ascii_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}

/// CRC-8 of the 1-Wire bus: X^8 + X^5 + X^4 + 1, lowest bit first (datasheet, "CRC generation").
fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum: u8, _| {
            let carried = sum & 1 != 0;
            (sum >> 1) ^ if carried { 0x8c } else { 0 }
        })
    })
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As the kernel shows a sensor of this many sixteenths of a degree.
    pub(crate) fn said(sixteenths: i16) -> String {
        let [low, high] = sixteenths.to_le_bytes();
        let mut bytes = vec![low, high, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10];
        bytes.push(checksum(&bytes));
        let written: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let written = written.join(" ");
        let milli = i32::from(sixteenths) * 1_000 / 16;
        format!("{written} : crc={:02x} YES\n{written} t={milli}\n", bytes[8])
    }

    fn check(text: &str, expected: Result<f64, Fault>, words: &str) {
        let found = celsius(text);
        if let Err(problem) = &found {
            let advice = problem.advice.as_deref().unwrap_or_default();
            assert!(advice.contains(words), "{text}: {advice}");
        }
        assert_eq!(found.map_err(|problem| problem.fault), expected, "{text}");
    }

    #[test]
    fn datasheet_values_of_both_signs() {
        // Datasheet DS18B20, "Temperature/data relationship".
        for (register, celsius) in [
            (0x07d0, 125.0),
            (0x0550, 85.0),
            (0x0191, 25.062),
            (0x00a2, 10.125),
            (0x0008, 0.5),
            (0x0000, 0.0),
            (-0x0008, -0.5),
            (-0x00a2, -10.125),
            (-0x0191, -25.062),
            (-0x0370, -55.0),
        ] {
            check(&said(register), Ok(celsius), "");
        }
    }

    #[test]
    fn the_checksum_is_the_datasheets() {
        // A sensor's scratchpad when its power comes on.
        let power_on = [0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10];
        assert_eq!(checksum(&power_on), 0x1c);
    }

    #[test]
    fn a_checksum_that_is_wrong_or_said_to_be_is_corrupt() {
        let good = said(0x0191);
        check(
            &good.replace("YES", "NO"),
            Err(Fault::Corrupt),
            "checksum is wrong",
        );
        check(
            &good.replacen("91", "92", 1),
            Err(Fault::Corrupt),
            "checksum is wrong",
        );
        let low = "00 00 00 00 00 00 00 00 00";
        let shorted = format!("{low} : crc=00 YES\n{low} t=0\n");
        check(&shorted, Err(Fault::Corrupt), "held low");
        let high = "ff ff ff ff ff ff ff ff ff";
        let open = format!("{high} : crc=c9 NO\n{high} t=-62\n");
        check(&open, Err(Fault::Corrupt), "checksum is wrong");
    }

    #[test]
    fn what_is_not_whole_is_corrupt() {
        let good = said(0x0191);
        let first = good.lines().next().unwrap();
        for text in [
            "",
            "\n",
            first,
            "4b 46 : crc=00 YES\n t=1\n",
            "zz\nt=1\n",
            &good.replace("t=", "u="),
            &good.replace("t=25062", "t=9999999999"),
        ] {
            check(text, Err(Fault::Corrupt), "nothing whole");
        }
    }

    #[test]
    fn what_it_cannot_mean_is_out_of_range() {
        let instead = |milli: &str| said(0x0191).replace("25062", milli);
        check(&instead("-127000"), Err(Fault::OutOfRange), "did not answer");
        check(
            &instead("-55063"),
            Err(Fault::OutOfRange),
            "beyond what it can measure",
        );
        check(
            &instead("127937"),
            Err(Fault::OutOfRange),
            "beyond what it can measure",
        );
    }

    proptest! {
        #[test]
        fn no_text_whatever_makes_it_panic_or_gives_what_is_not_a_temperature(text in "\\PC*|([0-9a-f]{2} ){0,10}: crc=[0-9a-f]{2} YES\\n.*t=-?[0-9]*") {
            if let Ok(celsius) = celsius(&text) {
                prop_assert!(RANGE.contains(&celsius));
            }
        }
    }
}
