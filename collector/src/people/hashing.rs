//! Hashing passwords on threads of its own, so many at once.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{PeopleError, password};

/// So many passwords are hashed at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Where passwords are hashed.
pub(super) struct Hashing(Arc<Semaphore>);

impl Default for Hashing {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Hashing {
    pub(super) async fn hash(&self, password: String) -> Result<String, PeopleError> {
        self.blocking(move || password::hash(&password).map_err(|error| PeopleError::Hash(error.to_string())))
            .await?
    }

    pub(super) async fn verify(&self, stored: String, password: String) -> Result<bool, PeopleError> {
        self.blocking(move || password::verify(&stored, &password)).await
    }

    /// Does slow work that is like hashing.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PeopleError> {
        let failed = |error: &dyn std::fmt::Display| PeopleError::Hash(error.to_string());
        let permit = self
            .0
            .clone()
            .acquire_owned()
            .await
            .map_err(|error| failed(&error))?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|error| failed(&error))
    }
}
