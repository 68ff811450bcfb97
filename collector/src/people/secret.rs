//! Random secrets of 256 bits: session ids, API tokens and the one-time link. Only their SHA-256 is ever stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use sha2::{Digest, Sha256};

/// What is stored of a secret. A secret of 256 random bits needs no slow hash: it cannot be guessed from this.
pub(super) type Fingerprint = [u8; 32];

/// A fresh secret as text that is safe in a URL, a cookie and a header.
pub(super) fn draw() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether a text can be one that was drawn here.
pub(super) fn is_drawn(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// What the database keeps and looks a secret up by.
pub(super) fn fingerprint(secret: &str) -> Fingerprint {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_fit_into_a_header() {
        let (first, second) = (draw(), draw());
        assert_ne!(first, second);
        assert_eq!(first.len(), 43);
        assert!(
            first
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        assert_ne!(fingerprint(&first), fingerprint(&second));
        assert!(is_drawn(&first) && !is_drawn(&first[1..]) && !is_drawn("") && !is_drawn(&"é".repeat(20)));
    }
}
