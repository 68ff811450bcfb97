//! The key with which checkpoints are signed (Ed25519, RFC 8032): `audit.key` in the data folder, sealed, and beside it `audit.pub`, which
//! everybody may know. Whoever checks an export needs the second alone.

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use plenum_link::private;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::database::keys::{Clear, KeyError, Keys, SealedFile, What};

/// A signature.
pub(super) type Signature = [u8; 64];

/// The key of this collector.
pub(super) struct Key(Ed25519KeyPair);

/// What a signature is checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// Text that is not a public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid public key: it has 64 hexadecimal digits, as in audit.pub")]
pub struct PublicKeyError(String);

impl Key {
    /// Reads the folder's key, or draws one where there is none yet. What goes wrong is said in the log and stops nothing: alarms do not wait for an audit log.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub(super) fn open(folder: &Path, keys: &Keys) -> io::Result<Self> {
        let file = file(folder);
        let stored = Self::stored(&file, keys).and_then(|key| {
            key.publish(&folder.join("audit.pub"))?;
            Ok(key)
        });
        stored.or_else(|error| {
            tracing::error!(
                path = %file.path().display(), %error,
                "checkpoints are signed with a key of this run alone: nobody can check them"
            );
            Ok(Self(read(&drawn()?)?))
        })
    }

    fn stored(file: &SealedFile, keys: &Keys) -> io::Result<Self> {
        let path = file.path();
        private::narrow(path)?;
        let broken = match file.read(keys)? {
            None => None,
            Some(Ok(stored)) => match read(&stored) {
                Ok(key) => return Ok(Self(key)),
                Err(error) => Some(error.to_string()),
            },
            Some(Err(error @ KeyError::Altered(_))) => Some(error.to_string()),
            // It is whole, and opens again once its key is back.
            Some(Err(error)) => return Err(failed(error)),
        };
        if let Some(error) = broken {
            tracing::error!(path = %path.display(), error, "it is put aside as audit.key.broken, and another is made");
            std::fs::rename(path, path.with_extension("key.broken"))?;
        }
        let drawn = drawn()?;
        file.write(keys, &drawn)?.map_err(failed)?;
        Ok(Self(read(&drawn)?))
    }

    fn publish(&self, path: &Path) -> io::Result<()> {
        let text = format!("{}\n", self.public());
        if std::fs::read_to_string(path).ok().as_ref() != Some(&text) {
            private::make_file(path)?;
            std::fs::write(path, text)?;
        }
        Ok(())
    }

    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.0.sign(message).as_ref());
        signature
    }

    pub(super) fn public(&self) -> PublicKey {
        let mut public = [0; 32];
        public.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(public)
    }
}

/// A fresh key as it is stored: PKCS#8.
fn drawn() -> io::Result<Clear> {
    let drawn = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    Ok(Clear::new(drawn.map_err(failed)?.as_ref().to_vec()))
}

/// Where it lies.
pub(super) fn file(folder: &Path) -> SealedFile {
    SealedFile::new(folder.join("audit.key"), What::AuditKey)
}

fn failed(error: impl fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

fn read(stored: &[u8]) -> io::Result<Ed25519KeyPair> {
    Ed25519KeyPair::from_pkcs8(stored).map_err(failed)
}

impl PublicKey {
    pub(super) fn has_signed(&self, message: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;
    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        let bytes = hex::decode(text.trim()).ok();
        let key = bytes.and_then(|bytes| bytes.try_into().ok());
        key.map(Self)
            .ok_or_else(|| PublicKeyError(text.trim().chars().take(80).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::keys::Place;

    #[test]
    fn a_key_is_drawn_once_and_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::at(Place::own(folder.path()), true);
        let open = || Key::open(folder.path(), &keys).unwrap();
        let (first, again) = (open(), open());
        assert_eq!(first.public(), again.public());
        let written = std::fs::read_to_string(folder.path().join("audit.pub")).unwrap();
        assert_eq!(written.parse(), Ok(first.public()));
        let mode = std::fs::metadata(folder.path().join("audit.key")).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        let signature = first.sign(b"a line");
        assert!(again.public().has_signed(b"a line", &signature));
        assert!(!again.public().has_signed(b"another", &signature));
        std::fs::write(folder.path().join("audit.key"), b"not a key").unwrap();
        // The monitor starts all the same, with another; the old one is not thrown away.
        let other = open().public();
        assert_ne!(other, first.public());
        assert_eq!(open().public(), other);
        assert!(folder.path().join("audit.key.broken").exists());
        assert!("abc".parse::<PublicKey>().is_err());
    }

    #[test]
    fn a_key_whose_key_is_not_there_is_kept_and_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let place = || Place::own(folder.path());
        let keys = Keys::at(place(), true);
        let public = Key::open(folder.path(), &keys).unwrap().public();
        let sealed = std::fs::read(folder.path().join("audit.key")).unwrap();
        let away = folder.path().join("away");
        std::fs::rename(place().path(), &away).unwrap();
        for makes in [false, true] {
            let without = Keys::at(place(), makes);
            assert_ne!(Key::open(folder.path(), &without).unwrap().public(), public);
        }
        std::fs::rename(&away, place().path()).unwrap();
        assert_eq!(
            Key::open(folder.path(), &Keys::at(place(), false))
                .unwrap()
                .public(),
            public
        );
        assert_eq!(std::fs::read(folder.path().join("audit.key")).unwrap(), sealed);
    }
}
