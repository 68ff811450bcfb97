//! Codes for whoever has lost the phone, and how what somebody types is read: six digits, or one of these.

use argon2::Error;
use data_encoding::BASE32_NOPAD;
use rand::RngCore;

use super::seed::Code;
use crate::people::password;

/// So many are given out at once.
pub(in crate::people) const CODES: usize = 10;
/// Each has so many characters of five bits: 50 bits under a slow hash.
const LENGTH: usize = 10;

/// What is stored of one.
pub(in crate::people) type Hash = [u8; 32];
/// One for each list.
pub(in crate::people) type Salt = [u8; 16];

/// What somebody has typed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::people) enum Typed {
    /// What a phone shows.
    Code(Code),
    /// A recovery code without its dash.
    Recovery(String),
}

/// Reads what somebody typed, with spaces and dashes or without. 0, 1 and 8 are in no recovery code: they are meant as the letters they look like.
pub(in crate::people) fn read(text: &str) -> Option<Typed> {
    let bare: String = text
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '-')
        .take(LENGTH + 1)
        .collect();
    if bare.bytes().all(|byte| byte.is_ascii_digit()) && bare.len() == 6 {
        return bare.as_bytes().try_into().ok().map(Typed::Code);
    }
    let letter = |character: char| match character.to_ascii_lowercase() {
        '0' => Some('o'),
        '1' => Some('l'),
        '8' => Some('b'),
        letter @ ('a'..='z' | '2'..='7') => Some(letter),
        _ => None,
    };
    let code: String = bare.chars().map(letter).collect::<Option<_>>()?;
    (code.len() == LENGTH).then_some(Typed::Recovery(code))
}

/// Ten fresh ones as they are shown: "abcde-fghij".
pub(in crate::people) fn draw() -> Vec<String> {
    let one = |_| {
        let mut bytes = [0; 10];
        rand::rng().fill_bytes(&mut bytes);
        let code = BASE32_NOPAD.encode(&bytes).to_lowercase();
        format!("{}-{}", &code[..5], &code[5..LENGTH])
    };
    (0..CODES).map(one).collect()
}

/// A salt for a list.
pub(in crate::people) fn salt() -> Salt {
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    salt
}

/// What is stored of a code. Blocks as hashing a password does.
pub(in crate::people) fn hash(code: &str, salt: &Salt) -> Result<Hash, Error> {
    let mut hash = [0; 32];
    password::argon2id().hash_password_into(code.as_bytes(), salt, &mut hash)?;
    Ok(hash)
}

/// What is stored of codes as they are shown.
pub(in crate::people) fn hash_all(codes: &[String], salt: &Salt) -> Result<Vec<Hash>, Error> {
    codes
        .iter()
        .map(|code| hash(&code.replace('-', ""), salt))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_as_it_is_meant() {
        let recovery = |code: &str| Some(Typed::Recovery(code.to_owned()));
        for (text, expected) in [
            ("123456", Some(Typed::Code(*b"123456"))),
            (" 123 456 ", Some(Typed::Code(*b"123456"))),
            ("abcde-fghij", recovery("abcdefghij")),
            ("ABCDE FGHIJ", recovery("abcdefghij")),
            ("0bcd1-fgh8j", recovery("obcdlfghbj")),
            ("2345672345", recovery("2345672345")),
            ("", None),
            ("12345", None),
            ("1234567", None),
            ("abcde-fghijk", None),
            ("abcde-fgh9j", None),
            ("１２３４５６", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_shown_can_be_typed_and_differs() {
        let (codes, salt) = (draw(), salt());
        let mut hashes = hash_all(&codes, &salt).unwrap();
        let Some(Typed::Recovery(typed)) = read(&codes[3]) else {
            panic!("{codes:?}");
        };
        assert_eq!(hash(&typed, &salt).unwrap(), hashes[3]);
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), CODES);
        assert!(codes.iter().all(|code| code.len() == LENGTH + 1));
    }
}
