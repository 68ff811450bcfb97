//! One key, and the form of what it seals: AES-256-GCM (NIST SP 800-38D) by `ring`, with a random nonce.
//!
//! | bytes | of a sealed value |
//! |---|---|
//! | 1 | its form: 1 |
//! | 8 | the name of its key |
//! | 12 | the nonce |
//! | the rest | what was sealed, encrypted, and 16 bytes that authenticate it, all before it, and what it is |

use std::fmt;
use std::str::FromStr;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Clear, KeyError, What};

const FORM: u8 = 1;
const NAME: usize = 8;
const NONCE: usize = 12;
/// What stands before what is encrypted.
const HEAD: usize = 1 + NAME + NONCE;
/// What a key's name is the hash of, before the key.
const NAMED: &[u8] = b"plenum key name\0";

/// A key as bytes.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// By what a key is told from others; nothing of the key can be found out from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName([u8; NAME]);

/// Text that is not the name of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid name of a key: it has 16 hexadecimal digits")]
pub struct KeyNameError(String);

/// A key that seals and opens.
pub(super) struct Key {
    name: KeyName,
    cipher: LessSafeKey,
}

/// A sealed value, taken apart.
pub(super) struct Sealed<'a> {
    /// The key that opens it.
    pub(super) key: KeyName,
    nonce: [u8; NONCE],
    bytes: &'a [u8],
}

/// A fresh key.
pub(super) fn draw() -> Result<Secret, KeyError> {
    let mut secret = Secret::default();
    let drawn = SystemRandom::new().fill(&mut secret[..]);
    drawn.map(|()| secret).map_err(|_| KeyError::Random)
}

impl Key {
    pub(super) fn new(secret: &Secret) -> Self {
        let named = Sha256::new().chain_update(NAMED).chain_update(&secret[..]);
        let mut name = [0; NAME];
        name.copy_from_slice(&named.finalize()[..NAME]);
        let cipher = UnboundKey::new(&AES_256_GCM, &secret[..]).expect("a key has 32 bytes");
        Self {
            name: KeyName(name),
            cipher: LessSafeKey::new(cipher),
        }
    }

    pub(super) fn name(&self) -> KeyName {
        self.name
    }

    pub(super) fn seal(&self, what: What, clear: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE];
        let drawn = SystemRandom::new().fill(&mut nonce);
        drawn.map_err(|_| KeyError::Random)?;
        let mut encrypted = Zeroizing::new(clear.to_vec());
        let tag = self.cipher.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            associated(self.name, what),
            &mut encrypted,
        );
        let tag = tag.expect("a secret is shorter than what AES-GCM can seal");
        Ok([&[FORM][..], &self.name.0, &nonce, &encrypted, tag.as_ref()].concat())
    }

    pub(super) fn open(&self, what: What, sealed: &Sealed<'_>) -> Option<Clear> {
        let mut bytes = Zeroizing::new(sealed.bytes.to_vec());
        let nonce = Nonce::assume_unique_for_key(sealed.nonce);
        let clear = self
            .cipher
            .open_in_place(nonce, associated(self.name, what), &mut bytes);
        let length = clear.ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

/// What is authenticated with a value beside itself: its head, and what it is.
fn associated(key: KeyName, what: What) -> Aad<Vec<u8>> {
    let what = what.to_string();
    Aad::from([&[FORM][..], &key.0, what.as_bytes()].concat())
}

impl<'a> Sealed<'a> {
    /// Takes bytes apart that may be a sealed value.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let (name, nonce) = head[1..].split_at(NAME);
        (head[0] == FORM).then_some(())?;
        Some(Self {
            key: KeyName(name.try_into().ok()?),
            nonce: nonce.try_into().ok()?,
            bytes: rest,
        })
    }
}

/// It stands in no log.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({})", self.name)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;
    fn from_str(text: &str) -> Result<Self, KeyNameError> {
        let name = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        name.map(Self)
            .ok_or_else(|| KeyNameError(text.chars().take(80).collect()))
    }
}
