//! The seed of a second factor and its codes: RFC 6238 with SHA-1, six digits and 30 s, which every authenticator app knows. Pure.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use plenum_protocol::{Duration, Timestamp};
use rand::RngCore;
use sha1::Sha1;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// A code is good for this long.
const PERIOD: Duration = Duration::from_seconds(30);
/// The code before and the one after are good too: clocks differ, and people type.
const TOLERANCE: i64 = 1;
/// A code of so many steps away tells that a clock is wrong: two hours.
const ASTRAY: i64 = 240;

/// How many times 30 s since 1970: what a code is made of beside the seed.
pub(in crate::people) type Step = i64;

/// A code as it is typed: six digits.
pub(in crate::people) type Code = [u8; 6];

/// What a phone and this server share: 160 bits, as long as what they are hashed to (RFC 4226, section 4).
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 20]);

impl Seed {
    pub(in crate::people) fn draw() -> Self {
        let mut bytes = [0; 20];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub(in crate::people) fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    pub(in crate::people) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads what [`Display`](fmt::Display) writes, spaces or not.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|character| *character != ' ').collect();
        let bytes = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        bytes.try_into().map(Self).ok()
    }

    /// What an authenticator app reads out of the picture: `issuer` and `account` are what it shows. SHA-1, six digits and 30 s are what it takes
    /// where nothing else is said, and a shorter text is a picture that is easier to photograph.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (percent(issuer), percent(account));
        format!("otpauth://totp/{issuer}:{account}?secret={self}&issuer={issuer}")
    }

    /// The code at this instant, as a phone shows it.
    pub fn code_at(&self, now: Timestamp) -> String {
        self.code(step(now)).iter().copied().map(char::from).collect()
    }

    fn code(&self, step: Step) -> Code {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let offset = usize::from(hash[19] & 0x0F);
        let cut = [hash[offset], hash[offset + 1], hash[offset + 2], hash[offset + 3]];
        let mut rest = u32::from_be_bytes(cut) & 0x7FFF_FFFF;
        let mut code = [b'0'; 6];
        for digit in code.iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        code
    }

    /// The step of which this is the code, if it is good now; as long whichever it is.
    pub(in crate::people) fn step_of(&self, code: &Code, now: Timestamp) -> Option<Step> {
        let now = step(now);
        let (mut found, mut step_of) = (Choice::from(0), 0);
        for step in now - TOLERANCE..=now + TOLERANCE {
            let same = self.code(step)[..].ct_eq(&code[..]);
            step_of.conditional_assign(&step, same);
            found |= same;
        }
        bool::from(found).then_some(step_of)
    }

    /// The steps up to two hours away of which this is the code: a clock that is wrong, or a guess. The nearest first.
    pub(in crate::people) fn astray(&self, code: &Code, now: Timestamp) -> Vec<Step> {
        let now = step(now);
        let away = (TOLERANCE + 1..=ASTRAY).flat_map(|away| [now - away, now + away]);
        away.filter(|step| bool::from(self.code(*step)[..].ct_eq(&code[..])))
            .collect()
    }
}

/// As text: 32 characters of base32.
impl fmt::Display for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE32_NOPAD.encode(&self.0))
    }
}

/// It stands in no log.
impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seed")
    }
}

pub(in crate::people) fn step(now: Timestamp) -> Step {
    now.milliseconds().div_euclid(PERIOD.milliseconds())
}

/// How far a step is ahead of an instant; negative for one that is past.
pub(in crate::people) fn ahead(step_of: Step, now: Timestamp) -> Duration {
    Duration::from_milliseconds((step_of - step(now)) * PERIOD.milliseconds())
}

fn percent(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(seconds * 1_000)
    }

    fn digits(text: &str) -> Code {
        text.as_bytes().try_into().unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, of whose eight digits the last six.
        let seed = Seed(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(seed.code_at(at(seconds)), code, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_from_one_step_before_to_one_after() {
        let seed = Seed::draw();
        let now = at(1_750_000_000);
        let code = digits(&seed.code_at(now));
        for (steps, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let then = now + Duration::from_seconds(30 * steps);
            let found = seed.step_of(&code, then);
            // Another step may have the same code, once in 300,000 tries.
            assert!(found == good.then(|| step(now)) || found.is_some_and(|found| found != step(now)));
        }
    }

    #[test]
    fn a_clock_up_to_two_hours_off_is_seen() {
        let seed = Seed(*b"12345678901234567890");
        let now = at(1_750_000_000);
        for (minutes, seen) in [(60, true), (-119, true), (121, false), (-130, false)] {
            let phone = now + Duration::from_minutes(minutes);
            let steps = seed.astray(&digits(&seed.code_at(phone)), now);
            assert_eq!(steps.contains(&step(phone)), seen, "{minutes}");
        }
        assert_eq!(
            ahead(step(now + Duration::from_hours(1)), now),
            Duration::from_hours(1)
        );
    }

    #[test]
    fn a_seed_is_read_as_it_is_written() {
        let seed = Seed(*b"12345678901234567890");
        assert_eq!(seed.to_string(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let spaced = Seed::read("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(spaced.as_ref(), Some(&seed));
        assert!(Seed::read("GEZD").is_none() && Seed::read("1").is_none());
        assert_eq!(format!("{seed:?}"), "Seed");
        assert_eq!(
            seed.uri("Plenum Zaandam", "é: b"),
            "otpauth://totp/Plenum%20Zaandam:%C3%A9%3A%20b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Plenum%20Zaandam"
        );
    }
}
