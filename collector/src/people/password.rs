//! Passwords: what is accepted, and argon2id over what is. Hashing takes tens of milliseconds and never runs on an async
//! thread; the caller sees to that.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use plenum_core::authority::{Actor, MONITOR};
use plenum_core::text::foreign;
use zxcvbn::{Score, zxcvbn};

/// The least number of characters.
pub const MINIMUM_LENGTH: usize = 12;
/// The greatest number of bytes; hashing longer ones would cost an attacker nothing and the server much.
pub(super) const MAXIMUM_BYTES: usize = 256;

/// 19 MiB, two passes, one lane: OWASP's figure for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// What whoever guesses tries first here, as docs/security.md lists them. A password has to hold without these and without the name.
const EXPECTED: [&str; 10] = [
    MONITOR,
    "password",
    "passwort",
    "wachtwoord",
    "welcome",
    "welkom",
    "server",
    "monitor",
    "admin",
    "sensor",
];

/// Why a password or a name is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedError {
    /// Fewer than twelve characters.
    #[error("the password is too short: use at least {MINIMUM_LENGTH} characters, a sentence is easiest")]
    Short,
    /// More than 256 bytes.
    #[error("the password is too long: use at most {MAXIMUM_BYTES} bytes")]
    Long,
    /// It is the name, a few characters over and over, or what everybody tries.
    #[error("the password is too easy to guess: use several words that do not belong together")]
    Guessable,
    /// An empty, long or unprintable name.
    #[error("`{0}` is not a valid name for an account: use 1 to 64 printable characters")]
    Name(String),
    /// A name that looks like the monitor's own.
    #[error("`{0}` is the monitor's own name, or looks like it; take another")]
    Reserved(String),
    /// An empty or long name of a token.
    #[error("`{0}` is not a valid name for a token: use 1 to 64 printable characters")]
    TokenName(String),
}

/// Whether `password` may protect the account `name`.
pub(super) fn check(name: &str, password: &str) -> Result<(), RefusedError> {
    if password.chars().count() < MINIMUM_LENGTH {
        return Err(RefusedError::Short);
    }
    if password.len() > MAXIMUM_BYTES {
        return Err(RefusedError::Long);
    }
    let lower = password.to_lowercase();
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let rest = lower.replace(&name.to_lowercase(), "");
    let rest = EXPECTED.iter().fold(rest, |rest, word| rest.replace(word, ""));
    let is_few = distinct.len() < 5 || rest.chars().count() < MINIMUM_LENGTH / 2;
    if is_few || is_run(&lower) || is_repeated(&lower) || is_tried(name, &lower) {
        return Err(RefusedError::Guessable);
    }
    Ok(())
}

/// A half, a third and so on, over and over.
fn is_repeated(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let again = |unit: usize| characters.chunks(unit).all(|chunk| characters.starts_with(chunk));
    (1..=characters.len() / 2).any(again)
}

/// Whether whoever guesses what everybody has (common passwords, words, dates, keys beside each other) comes to it soon: within some hundred million tries,
/// as it is, or without the digits and marks behind what would be long enough.
fn is_tried(name: &str, lower: &str) -> bool {
    let known: Vec<&str> = EXPECTED.into_iter().chain([name]).collect();
    let bare = lower.trim_end_matches(|character: char| !character.is_alphabetic());
    let bare = Some(bare).filter(|bare| bare.chars().count() >= MINIMUM_LENGTH);
    let mut ways = [lower].into_iter().chain(bare);
    ways.any(|way| zxcvbn(way, &known).score() < Score::Three)
}

/// Each character one above the one before: "abcdefghijkl", "123456789012" up to its wrap.
fn is_run(text: &str) -> bool {
    let characters: Vec<u32> = text.chars().map(u32::from).collect();
    let steps = characters
        .windows(2)
        .filter(|pair| pair[1] == pair[0] + 1)
        .count();
    steps * 10 >= characters.len().saturating_sub(1) * 8
}

/// Whether `name` may be given to a person.
pub(super) fn check_name(name: &str) -> Result<(), RefusedError> {
    let cut = || name.chars().take(80).collect();
    let is_own = seen(MONITOR).iter().any(|own| seen(name.trim()).contains(own));
    if is_own || is_reserved(name) {
        return Err(RefusedError::Reserved(cut()));
    }
    match is_name(name) && turns_nothing_around(name) {
        true => Ok(()),
        false => Err(RefusedError::Name(cut())),
    }
}

/// What the row of an erased person is called, before their number.
pub(crate) const ERASED: &str = "erased person ";

/// What the eye makes of a name as it is written and in small letters, by the confusables of Unicode TS 39: a Cyrillic "а" is a Latin one.
pub(super) fn seen(name: &str) -> [String; 2] {
    [name.to_owned(), name.to_lowercase()].map(|text| unicode_security::skeleton(&text).collect())
}

/// Whether somebody may be called this on screens and in messages; empty for what the site says.
pub(super) fn check_full_name(name: &str) -> Result<(), RefusedError> {
    match name.is_empty() || is_name(name) && turns_nothing_around(name) && !is_reserved(name) {
        true => Ok(()),
        false => Err(RefusedError::Name(name.chars().take(80).collect())),
    }
}

/// Whether a name leaves what stands around it as it is written, and has no letter that nobody sees: by one, two names are the same to the eye and not to the program.
/// Names that somebody has already may have them.
fn turns_nothing_around(name: &str) -> bool {
    foreign::on_one_line(name) == name
}

/// Whether a fact with this name would be read as something else, or as somebody who is erased.
pub(super) fn is_reserved(name: &str) -> bool {
    let name = name.to_lowercase();
    Actor::is_taken(&name) || name.starts_with(ERASED)
}

/// Whether two names are the same to the eye.
pub(super) fn look_alike(one: &str, other: &str) -> bool {
    seen(one).iter().any(|of_one| seen(other).contains(of_one))
}

/// Whether `name` can name an account or a token: 1 to 64 printable characters without space around them, and not the monitor's own name.
pub(super) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.chars().count())
        && name.trim() == name
        && !name.eq_ignore_ascii_case(MONITOR)
        && !name.chars().any(|character| character.is_control())
}

pub(super) fn argon2id() -> Argon2<'static> {
    let parameters = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
}

/// The PHC string to store, under a random salt of 16 bytes. Blocks for tens of milliseconds and takes 19 MiB.
pub(super) fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(argon2id().hash_password(password.as_bytes())?.to_string())
}

/// Whether `password` is the one of the PHC string. Blocks as `hash` does; false for a string that cannot be read.
pub(super) fn verify(stored: &str, password: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|parsed| argon2id().verify_password(password.as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_guessable_passwords_are_refused() {
        let long = "ab3 de6 gh9 ".repeat(22);
        for (password, expected) in [
            ("elevenchars", Err(RefusedError::Short)),
            ("aaaaaaaaaaaaaaaa", Err(RefusedError::Guessable)),
            ("abcabcabcabcabc", Err(RefusedError::Guessable)),
            ("abcdefghijklmnop", Err(RefusedError::Guessable)),
            ("123456789012", Err(RefusedError::Guessable)),
            ("Anna1234Anna", Err(RefusedError::Guessable)),
            ("plenumplenum", Err(RefusedError::Guessable)),
            ("Welkom1234Plenum", Err(RefusedError::Guessable)),
            ("AnnaWachtwoord!", Err(RefusedError::Guessable)),
            ("qwertzqwertz", Err(RefusedError::Guessable)),
            ("hum 42hum 42h", Err(RefusedError::Guessable)),
            ("NeedForSpeed", Err(RefusedError::Guessable)),
            ("1qaz2wsx3edc", Err(RefusedError::Guessable)),
            ("counterStrike2024!", Err(RefusedError::Guessable)),
            ("need for speed bumps", Ok(())),
            ("servers hum softly", Ok(())),
            (long.as_str(), Err(RefusedError::Long)),
            ("warm racks hum softly", Ok(())),
            ("ünïcödé häusér", Ok(())),
        ] {
            assert_eq!(check("anna", password), expected, "{password}");
        }
    }

    #[test]
    fn names_that_look_the_same_are_the_same() {
        for (one, other) in [
            ("anna", "Anna"),
            ("anna", "аnnа"),
            ("paul", "pau1"),
            ("Ivo", "lvo"),
        ] {
            assert!(look_alike(one, other), "{one} {other}");
        }
        assert!(!look_alike("anna", "hanna"));
        assert!(!look_alike("é", "e"));
    }

    #[test]
    fn names_are_printable() {
        for good in ["anna", "J. de Vries", "é"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", " anna", "anna\n", &"x".repeat(65), "plenum", "Plenum"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn nobody_is_called_what_nobody_sees_or_what_turns_the_line_around() {
        for bad in ["an\u{200b}na", "anna\u{2060}", "\u{202e}anna", "anna\u{2066}"] {
            assert!(
                check_name(bad).is_err() && check_full_name(bad).is_err(),
                "{bad:?}"
            );
        }
        for good in ["anna", "Đặng Thị", "علي"] {
            assert!(
                check_name(good).is_ok() && check_full_name(good).is_ok(),
                "{good}"
            );
        }
    }

    #[test]
    fn a_hash_knows_its_password_alone() {
        let stored = hash("warm racks hum softly").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify(&stored, "warm racks hum softly"));
        assert!(!verify(&stored, "warm racks hum loudly"));
        assert!(!verify("not a hash", "warm racks hum softly"));
    }
    #[test]
    fn a_hash_of_another_program_is_understood() {
        // argon2-cffi 25, which wraps the reference implementation.
        let stored = "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcyBvaw$2Pw9OhqGIYgqheinVKzZxwWSE8aCsK6veruL52z+Dsc";
        assert!(verify(stored, "warm racks hum softly"));
        assert!(!verify(stored, "warm racks hum loudly"));
    }
}
