//! The key with which checkpoints are signed (Ed25519, RFC 8032): `audit.key` in the data folder, its owner's alone, and beside it `audit.pub`, which
//! everybody may know. Whoever checks an export needs the second alone.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::str::FromStr;

use plenum_link::private;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

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
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("audit.key");
        let stored = Self::stored(&path).and_then(|key| {
            key.publish(&folder.join("audit.pub"))?;
            Ok(key)
        });
        stored.or_else(|error| {
            tracing::error!(path = %path.display(), %error, "checkpoints are signed with a key of this run alone: nobody can check them");
            Ok(Self(read(&drawn()?)?))
        })
    }

    fn stored(path: &Path) -> io::Result<Self> {
        private::make_file(path)?;
        let stored = std::fs::read(path)?;
        match read(&stored) {
            Ok(key) => Ok(Self(key)),
            Err(error) => {
                if !stored.is_empty() {
                    tracing::error!(path = %path.display(), %error, "it is put aside as audit.key.broken, and another is made");
                    std::fs::rename(path, path.with_extension("key.broken"))?;
                    private::make_file(path)?;
                }
                let drawn = drawn()?;
                std::fs::write(path, &drawn)?;
                File::open(path)?.sync_all()?;
                Ok(Self(read(&drawn)?))
            }
        }
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
fn drawn() -> io::Result<Vec<u8>> {
    let drawn = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    Ok(drawn.map_err(failed)?.as_ref().to_vec())
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

    #[test]
    fn a_key_is_drawn_once_and_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (first, again) = (
            Key::open(folder.path()).unwrap(),
            Key::open(folder.path()).unwrap(),
        );
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
        let other = Key::open(folder.path()).unwrap().public();
        assert_ne!(other, first.public());
        assert_eq!(Key::open(folder.path()).unwrap().public(), other);
        assert!(folder.path().join("audit.key.broken").exists());
        assert!("abc".parse::<PublicKey>().is_err());
    }
}
