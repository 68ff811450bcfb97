//! The key under which Plenum keeps what is secret and has to be read again: AES-256-GCM. The one place where something is sealed and opened.
//!
//! A sealed value says its form, the name of its key, and the nonce; what it is and whose is authenticated with it, so that one that was moved elsewhere
//! does not open. The key is a file of its own: given by a systemd credential or by `key_file`, or made in the data folder. Where it cannot be read,
//! nothing is sealed or opened and everything else goes on.

mod error;
mod file;
mod key;
mod place;
mod sealed_file;
mod sealing;
mod table;
mod what;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use plenum_core::fact::KeyFlaw;
use plenum_protocol::Timestamp;
use zeroize::Zeroizing;

use super::{Database, DatabaseError};
pub use error::KeyError;
use file::Rewritten;
pub use key::KeyName;
use key::{Key, Sealed};
pub use place::Place;
pub use sealed_file::SealedFile;
pub use sealing::{Lying, Sealed as SealedAnew, SealedRow, SealedTable, Sealing, SealingError};
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

    /// What is wrong with the keys of this place, as far as that can be seen before a start. One that Plenum makes itself may not be there yet.
    pub fn doubt(place: &Place) -> Option<KeyError> {
        let error = file::read(place, false).err()?;
        let is_to_come = place.is_plenums() && matches!(error, KeyError::Missing(_));
        (!is_to_come).then_some(error)
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

    /// The file with the keys.
    pub fn path(&self) -> &Path {
        self.0.place.path()
    }

    /// What is wrong with them now: at the start they could not be used, or the file does not hold the one in use any more. Blocks.
    pub fn flaw(&self) -> Option<KeyFlaw> {
        let current = match self.name() {
            Ok(name) => name,
            Err(error) => return Some(error.flaw()),
        };
        let there = file::read(&self.0.place, false);
        let holds = |ring: &Ring| {
            let mut keys = std::iter::once(&ring.current).chain(&ring.former);
            keys.any(|key| key.name() == current)
        };
        let is_there = there.is_ok_and(|ring| holds(&ring));
        (!is_there).then_some(KeyFlaw::Later)
    }

    /// The names of keys before the current one, which are still given.
    ///
    /// # Errors
    /// There is no key.
    pub fn former(&self) -> Result<Vec<KeyName>, KeyError> {
        self.with(|ring| Ok(ring.former.iter().map(Key::name).collect()))
    }

    /// Seals what lies in clear or under a former key; nothing where it is under the current one.
    fn seal_anew(&self, what: What, value: &[u8], is_clear: bool) -> Result<Option<Vec<u8>>, KeyError> {
        if is_clear {
            return self.seal(what, value).map(Some);
        }
        if key_of(value) == Some(self.name()?) {
            return Ok(None);
        }
        let clear = self.open_sealed(what, value)?;
        self.seal(what, &clear).map(Some)
    }

    /// Puts a new key above the others: it is on the disk before anything is sealed with it. Blocks.
    fn begin_rotation(&self) -> Result<KeyName, KeyError> {
        let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        file::add(&self.0.place)?;
        let fresh = file::read(&self.0.place, false)?;
        let name = fresh.current.name();
        *ring = Ok(fresh);
        Ok(name)
    }

    /// Lets former keys go. Blocks.
    fn forget(&self, names: &[KeyName]) -> Result<Rewritten, KeyError> {
        let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        if names.is_empty() {
            return Ok(Rewritten::Done);
        }
        let rewritten = file::remove(&self.0.place, names)?;
        if let (Rewritten::Done, Ok(ring)) = (rewritten, ring.as_mut()) {
            ring.former.retain(|key| !names.contains(&key.name()));
        }
        Ok(rewritten)
    }

    fn with<T>(&self, work: impl FnOnce(&Ring) -> Result<T, KeyError>) -> Result<T, KeyError> {
        let ring = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.as_ref().map_err(Clone::clone).and_then(work)
    }
}

/// Whether a value has the form of what is sealed.
fn is_sealed(value: &[u8]) -> bool {
    key_of(value).is_some()
}

/// The key that a value says it is sealed with.
fn key_of(value: &[u8]) -> Option<KeyName> {
    Sealed::read(value).map(|sealed| sealed.key)
}

#[cfg(test)]
mod tests;
