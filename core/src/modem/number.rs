//! Telephone numbers of people: however they are spelled, one form is sent to and compared (E.164).

use super::pdu::Address;

/// Countries whose numbers lose the 0 before them when the country's stands there. With it they reach nobody.
const WITHOUT_ZERO: [&str; 12] = [
    "27", "31", "32", "33", "353", "41", "43", "44", "46", "49", "61", "64",
];

/// Why a text is not a number that can be sent to, and what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// It has no country.
    Country,
    /// The national 0 stands behind the country.
    Zero,
    /// It has something else than digits and what people put between them.
    Characters,
    /// It has fewer than 8 digits or more than 15.
    Length,
}

impl NumberError {
    /// What is wrong, and what to write instead.
    pub const fn words(self) -> (&'static str, &'static str) {
        let what = "is not a valid telephone number";
        match self {
            Self::Country => (what, "begin with the country: +31612345678 and not 0612345678"),
            Self::Zero => (what, "leave out the 0 behind the country: +31612345678"),
            Self::Characters => (what, "write digits alone behind a plus: +31612345678"),
            Self::Length => (what, "it has 8 to 15 digits with the country's: +31612345678"),
        }
    }
}

/// The one form: a plus and digits.
pub fn normalise(text: &str) -> Result<String, NumberError> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let international = text.starts_with(['+', '(']) || text.starts_with("00");
    let text = match international {
        true => text.replacen("(0)", "", 1),
        false => text.to_owned(),
    };
    let between = |character: &char| {
        !matches!(
            character,
            ' ' | '\u{A0}' | '\u{202F}' | '-' | '\u{2011}' | '.' | '/' | '(' | ')'
        )
    };
    let kept: String = text.chars().filter(between).collect();
    let digits = match (kept.strip_prefix('+'), kept.strip_prefix("00")) {
        (Some(digits), _) | (None, Some(digits)) => digits,
        (None, None) if kept.bytes().all(|byte| byte.is_ascii_digit()) && !kept.is_empty() => {
            return Err(NumberError::Country);
        }
        (None, None) => return Err(NumberError::Characters),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::Characters);
    }
    if digits.starts_with('0') {
        return Err(NumberError::Country);
    }
    let has_zero = |country: &str| {
        digits
            .strip_prefix(country)
            .is_some_and(|rest| rest.starts_with('0'))
    };
    if WITHOUT_ZERO.into_iter().any(has_zero) {
        return Err(NumberError::Zero);
    }
    match digits.len() {
        8..=15 => Ok(format!("+{digits}")),
        _ => Err(NumberError::Length),
    }
}

/// Whether a message's sender is who has this number. A network may write a number of its own country without it: then the last nine digits decide. A name is nobody's
/// number, also one that is written in digits: whoever sends by a provider of text messages writes there what they like.
pub fn is_same(normal: &str, sender: &Address) -> bool {
    const NATIONAL: usize = 9;
    let digits = match sender {
        Address::International(number) => return normal == number,
        Address::Name(_) => return false,
        Address::National(digits) => digits,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let national = digits.strip_prefix("00").unwrap_or(digits);
    if national.len() > NATIONAL + 1 {
        return normal.strip_prefix('+') == Some(national);
    }
    let tail = national.trim_start_matches('0');
    tail.len() >= NATIONAL && normal.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_spellings_are_one_number() {
        for spelling in [
            "+31612345678",
            "+31 6 12345678",
            "+31-6-1234-5678",
            "+31 (0)6 12 34 56 78",
            "+31(6)12345678",
            "0031612345678",
            "00 31 6 12.34.56.78",
            "(+31) 612345678",
            "tel:+31-6-12345678",
            " +31\u{A0}6\u{202F}12/34\u{2011}5678 ",
        ] {
            assert_eq!(normalise(spelling).as_deref(), Ok("+31612345678"), "{spelling}");
        }
        assert_eq!(
            normalise("+39 06 1234567").as_deref(),
            Ok("+39061234567"),
            "Rome keeps its 0"
        );
    }

    #[test]
    fn what_reaches_nobody_is_refused_with_what_to_write() {
        let check = |text: &str, error| assert_eq!(normalise(text), Err(error), "{text}");
        check("0612345678", NumberError::Country);
        check("06-12345678", NumberError::Country);
        check("(06) 12345678", NumberError::Country);
        check("612345678", NumberError::Country);
        check("+0612345678", NumberError::Country);
        check("+310612345678", NumberError::Zero);
        check("0031 06 12345678", NumberError::Zero);
        check("+3161234567a", NumberError::Characters);
        check("+31６12345678", NumberError::Characters);
        check("Sanne", NumberError::Characters);
        check("", NumberError::Characters);
        check("+3161", NumberError::Length);
        check("+3161234567890123456", NumberError::Length);
    }

    #[test]
    fn a_sender_is_known_however_its_network_writes_it_and_a_name_is_nobodys_number() {
        let check = |sender: Address, expected: bool| {
            assert_eq!(is_same("+31612345678", &sender), expected, "{sender:?}");
        };
        let of_number = |number: &str| Address::of_number(number);
        for sender in [
            "+31612345678",
            "31612345678",
            "0031612345678",
            "0612345678",
            "612345678",
        ] {
            check(of_number(sender), true);
            check(Address::Name(sender.to_owned()), false);
        }
        for sender in [
            "+32612345678",
            "12345678",
            "5678",
            "",
            "+612345678",
            "+316#12345678",
            "06*12345678",
        ] {
            check(of_number(sender), false);
        }
        check(Address::Name("Plenum".to_owned()), false);
    }
}
