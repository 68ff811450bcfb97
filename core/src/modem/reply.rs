//! What a person answers to a text message: they have it, they pass it on, or they ask how things are.
//!
//! | begins with | means |
//! |---|---|
//! | OK, OKAY, OKE, JA, YES | I am on it |
//! | NO, NEE, PASS | somebody else, please |
//! | STATUS, STAND | how are things? |
//!
//! The number stands in the message that is answered, behind the `#`. What follows it is kept as a comment. Anything else is not guessed at.

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// "I am on it": the alarm's number where there is one, and a comment.
    Take(Option<u64>, String),
    /// "Somebody else": the alarm's number where there is one.
    Pass(Option<u64>),
    /// "How are things?"
    Status,
    /// Nothing of these.
    Unclear,
}

/// So much of a comment is kept.
const COMMENT: usize = 200;

/// Reads a reply.
pub fn read(text: &str) -> Reply {
    let text = text.trim_start_matches(|character: char| !character.is_alphanumeric());
    let end = text
        .find(|character: char| !character.is_alphabetic())
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    match word.to_lowercase().as_str() {
        "ok" | "okay" | "oke" | "oké" | "ja" | "yes" => {
            let (number, comment) = number(rest);
            Reply::Take(number, comment.chars().take(COMMENT).collect())
        }
        "no" | "nee" | "pass" => Reply::Pass(number(rest).0),
        "status" | "stand" => Reply::Status,
        _ => Reply::Unclear,
    }
}

/// The number at the front, and what stands behind it.
fn number(rest: &str) -> (Option<u64>, &str) {
    let rest = rest.trim_start_matches([' ', '\u{A0}', ':', '#', ',', '.', '\n', '\r', '"', '-']);
    let end = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, comment) = rest.split_at(end);
    // "OK 4711abc" and "OK 4.711" name no number that somebody saw.
    let mut after = comment.chars();
    let goes_on = match after.next() {
        Some('.' | ',') => after.next().is_some_and(|character| character.is_ascii_digit()),
        next => next.is_some_and(char::is_alphanumeric),
    };
    if goes_on {
        return (None, rest.trim());
    }
    match digits.parse() {
        Ok(number) => (
            Some(number),
            comment.trim_matches([' ', '.', ',', '!', '"', '\n', '\r']),
        ),
        Err(_) => (None, rest.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_answers_are_read_however_they_are_typed() {
        let take = |text: &str, comment: &str| {
            assert_eq!(read(text), Reply::Take(Some(4711), comment.to_owned()), "{text}");
        };
        take("OK 4711", "");
        take("ok 4711", "");
        take("Ok #4711.", "");
        take("OK4711", "");
        take("  \"OK 4711\" ", "");
        take("oke: 4711!", "");
        take("ja 4711", "");
        take("OK 4711 on my way, 10 min", "on my way, 10 min");
        take("OK\n4711\nSanne", "Sanne");
        for text in ["NO 4711", "nee 4711", "Nee, #4711", "pass 4711 sorry"] {
            assert_eq!(read(text), Reply::Pass(Some(4711)), "{text}");
        }
        for text in ["STATUS", "status?", "Stand", "¿Status"] {
            assert_eq!(read(text), Reply::Status, "{text}");
        }
    }

    #[test]
    fn nothing_is_guessed() {
        for text in [
            "",
            "4711",
            "O K 4711",
            "okidoki 4711",
            "nope",
            "STOP",
            "what?",
            "🔥",
            "No4711x thing 1 niet",
        ] {
            let expected = match text {
                "No4711x thing 1 niet" => Reply::Pass(None),
                _ => Reply::Unclear,
            };
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("OK"), Reply::Take(None, String::new()));
        assert_eq!(read("OK 4.711"), Reply::Take(None, "4.711".to_owned()));
        assert_eq!(read("OK 4711abc"), Reply::Take(None, "4711abc".to_owned()));
        assert_eq!(
            read("OK 99999999999999999999"),
            Reply::Take(None, "99999999999999999999".to_owned())
        );
        assert_eq!(read("OK -4711"), Reply::Take(Some(4711), String::new()));
    }

    #[test]
    fn a_comment_is_bounded() {
        let Reply::Take(_, comment) = read(&format!("OK 1 {}", "é".repeat(1_000))) else {
            panic!()
        };
        assert_eq!(comment.chars().count(), COMMENT);
    }
}
