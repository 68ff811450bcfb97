//! The key under which Plenum keeps what is secret and has to be read again: AES-256-GCM. The one place where something is sealed and opened.
//!
//! A sealed value says its form, the name of its key, and the nonce; what it is and whose is authenticated with it, so that one that was moved elsewhere
//! does not open. The key is a file of its own: given by a systemd credential or by `key_file`, or made in the data folder. Where it cannot be read,
//! nothing is sealed or opened and everything else goes on.

mod error;
mod file;
mod key;
mod place;
mod table;
mod what;

use std::sync::{Arc, PoisonError, RwLock};

use plenum_protocol::Timestamp;
use zeroize::Zeroizing;

use super::{Database, DatabaseError};
pub use error::KeyError;
pub use key::KeyName;
use key::{Key, Sealed};
pub use place::Place;
pub use what::What;

/// What was sealed, in clear again; wiped from memory when it goes.
pub type Clear = Zeroizing<Vec<u8>>;

/// The keys of this collector. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Keys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    place: Place,
    ring: RwLock<Result<Ring, KeyError>>,
}

/// The key that seals, and those before it, which still open.
#[derive(Debug)]
struct Ring {
    current: Key,
    former: Vec<Key>,
}

impl Keys {
    /// Reads the keys of this place. Where Plenum keeps its key itself and has none yet, one is made; a key that is gone and under which something is
    /// sealed is never replaced by itself. What is wrong is said in the log, and by whatever is asked to seal or to open.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub async fn open(place: Place, database: &Database, now: Timestamp) -> Result<Self, DatabaseError> {
        let makes = place.is_plenums() && !database.read(table::any).await?;
        let keys = Self::at(place, makes);
        match keys.name() {
            Ok(name) => {
                tracing::info!(key = %name, path = %keys.0.place.path().display(), "the key was opened");
                let remember =
                    move |connection: &rusqlite::Connection| table::remember(connection, name, now);
                database.write(remember).await?;
            }
            Err(error) => tracing::error!(
                %error,
                "nothing that is sealed can be opened: whoever has a second factor logs in by a recovery code alone"
            ),
        }
        Ok(keys)
    }

    /// Reads the keys of this place alone; `makes` one where there is none.
    pub fn at(place: Place, makes: bool) -> Self {
        let ring = file::read(&place, makes);
        Self(Arc::new(Inner {
            place,
            ring: RwLock::new(ring),
        }))
    }

    /// Seals with the current key: `what` it is has to be said again to open it.
    ///
    /// # Errors
    /// There is no key.
    pub fn seal(&self, what: What, clear: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.with(|ring| ring.current.seal(what, clear))
    }

    /// Opens what was sealed, also under a former key that is still given.
    ///
    /// # Errors
    /// There is no key, it is another one, or this is not what was sealed as `what`.
    pub fn open_sealed(&self, what: What, sealed: &[u8]) -> Result<Clear, KeyError> {
        let sealed = Sealed::read(sealed).ok_or(KeyError::Altered(what))?;
        self.with(|ring| {
            let mut keys = std::iter::once(&ring.current).chain(&ring.former);
            let key = keys
                .find(|key| key.name() == sealed.key)
                .ok_or_else(|| KeyError::Unknown {
                    what,
                    key: sealed.key,
                    path: self.0.place.path().to_owned(),
                })?;
            key.open(what, &sealed).ok_or(KeyError::Altered(what))
        })
    }

    /// The name of the key that seals now.
    ///
    /// # Errors
    /// There is no key.
    pub fn name(&self) -> Result<KeyName, KeyError> {
        self.with(|ring| Ok(ring.current.name()))
    }

    fn with<T>(&self, work: impl FnOnce(&Ring) -> Result<T, KeyError>) -> Result<T, KeyError> {
        let ring = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.as_ref().map_err(Clone::clone).and_then(work)
    }
}

#[cfg(test)]
mod tests;
