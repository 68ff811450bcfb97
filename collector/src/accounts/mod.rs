//! Who may look and act: the administrator's account, sessions, API tokens and the one-time link that makes the account.
//! There is no default password: without the link nobody can log in for the first time.

mod limiter;
mod password;
mod secret;
mod table;

use std::sync::{Arc, Mutex, PoisonError};

use plenum_core::authority::Role;
use plenum_protocol::{Clock, Duration};
use tokio::sync::Semaphore;

use crate::database::{Database, DatabaseError};
use limiter::Limiter;
pub use password::{MINIMUM_LENGTH, RefusedError};

/// The one-time link is good for this long; the next start prints a new one.
const FIRST_LINK_LIFE: Duration = Duration::from_hours(24);
/// A session's last use is written at most this often, so that a busy screen causes no commit a request.
const TOUCH_EVERY: Duration = Duration::from_minutes(1);
/// So many passwords are hashed at once: each takes 19 MiB and a core.
const HASHING: usize = 2;

/// A person with an account, or a program with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name that logs and acknowledgements carry.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct NewSession {
    /// Who has logged in.
    pub user: User,
    /// What the cookie carries; it is stored nowhere.
    pub secret: String,
}

/// Why an account, a session or a token was not given.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The name or the password is wrong; which of both is not told.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many attempts failed.
    #[error("too many attempts failed: wait {} s", after.milliseconds().div_euclid(1_000) + 1)]
    Locked {
        /// Try again after this.
        after: Duration,
    },
    /// The one-time link was used, is too old or was never given out.
    #[error("the one-time link was used or is too old: a start without an account prints a new one")]
    Link,
    /// The name or the new password is not accepted.
    #[error(transparent)]
    Refused(#[from] RefusedError),
    /// A password could not be hashed.
    #[error("cannot hash a password: {0}")]
    Hash(String),
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The accounts of this collector.
pub struct Accounts {
    database: Database,
    clock: Arc<dyn Clock>,
    limiter: Mutex<Limiter>,
    hashing: Arc<Semaphore>,
    /// Verified instead where no account has the name, so that the answer takes as long.
    decoy: String,
}

impl Accounts {
    /// The accounts in `plenum.db`.
    pub async fn open(database: Database, clock: Arc<dyn Clock>) -> Result<Self, AccountsError> {
        let hashing = Arc::new(Semaphore::new(HASHING));
        let decoy = hash(&hashing, secret::draw()).await?;
        Ok(Self {
            database,
            clock,
            limiter: Mutex::default(),
            hashing,
            decoy,
        })
    }

    /// Whether anybody has an account.
    pub async fn exist(&self) -> Result<bool, AccountsError> {
        Ok(self.database.read(table::any_account).await?)
    }

    /// A new one-time link's token, which makes the former one worthless; `None` if there is an account.
    pub async fn issue_first_link(&self) -> Result<Option<String>, AccountsError> {
        let secret = secret::draw();
        let fingerprint = secret::fingerprint(&secret);
        let expires_at = self.clock.now() + FIRST_LINK_LIFE;
        let issued = self
            .database
            .write(move |connection| table::put_first_link(connection, &fingerprint, expires_at))
            .await?;
        Ok(issued.then_some(secret))
    }

    /// Makes the administrator's account with the one-time link and logs in. A refused name or password leaves the link good.
    pub async fn create_first(
        &self,
        link: &str,
        name: &str,
        password: &str,
    ) -> Result<NewSession, AccountsError> {
        let (link, now) = (secret::fingerprint(link), self.clock.now());
        // Looked up before hashing: a stranger without the link shall not make the server work.
        if !self
            .database
            .read(move |connection| table::is_first_link(connection, &link, now))
            .await?
        {
            return Err(AccountsError::Link);
        }
        if !password::is_name(name) {
            return Err(RefusedError::Name(name.chars().take(80).collect()).into());
        }
        password::check(name, password)?;
        let hashed = hash(&self.hashing, password.to_owned()).await?;
        let user = User {
            name: name.to_owned(),
            role: Role::Administrator,
        };
        let secret = secret::draw();
        let fingerprint = secret::fingerprint(&secret);
        let account_name = user.name.clone();
        let made = self
            .database
            .write(move |connection| {
                let account = table::take_first_link(connection, &link, &account_name, &hashed, now)?;
                if let Some(account) = account {
                    table::begin_session(connection, &fingerprint, account, now)?;
                }
                Ok(account.is_some())
            })
            .await?;
        if !made {
            return Err(AccountsError::Link);
        }
        tracing::info!(
            user = user.name,
            "the administrator's account was made with the one-time link"
        );
        Ok(NewSession { user, secret })
    }

    /// Begins a session for a name and its password.
    pub async fn log_in(&self, name: &str, password: &str) -> Result<NewSession, AccountsError> {
        let (now, steady) = (self.clock.now(), self.clock.steady());
        // Names nobody can have are not worth remembering or hashing for.
        if !password::is_name(name) || password.len() > password::MAXIMUM_BYTES {
            return Err(AccountsError::Wrong);
        }
        self.limiter()
            .begin(name, steady)
            .map_err(|after| AccountsError::Locked { after })?;
        let wanted = name.to_owned();
        let account = self
            .database
            .read(move |connection| table::account(connection, &wanted))
            .await?;
        let stored = account
            .as_ref()
            .map_or_else(|| self.decoy.clone(), |account| account.password.clone());
        let matches = verify(&self.hashing, stored, password.to_owned()).await?;
        let Some(account) = account.filter(|_| matches) else {
            tracing::warn!(user = name, "a log-in failed");
            return Err(AccountsError::Wrong);
        };
        self.limiter().succeeded(name);
        let secret = secret::draw();
        let fingerprint = secret::fingerprint(&secret);
        let id = account.id;
        self.database
            .write(move |connection| table::begin_session(connection, &fingerprint, id, now))
            .await?;
        tracing::info!(user = account.user.name, "logged in");
        Ok(NewSession {
            user: account.user,
            secret,
        })
    }

    /// Whose session this is; `None` if it has ended or never was.
    pub async fn session(&self, secret: &str) -> Result<Option<User>, AccountsError> {
        let (fingerprint, now) = (secret::fingerprint(secret), self.clock.now());
        let found = self
            .database
            .read(move |connection| table::session(connection, &fingerprint, now))
            .await?;
        let Some((user, used_at)) = found else {
            return Ok(None);
        };
        if now.since(used_at) >= TOUCH_EVERY {
            self.database
                .write(move |connection| table::touch_session(connection, &fingerprint, now))
                .await?;
        }
        Ok(Some(user))
    }

    /// Ends a session; one that has ended already is not an error.
    pub async fn log_out(&self, secret: &str) -> Result<(), AccountsError> {
        let fingerprint = secret::fingerprint(secret);
        Ok(self
            .database
            .write(move |connection| table::end_session(connection, &fingerprint))
            .await?)
    }

    /// A new password for an account, from the command line on the server itself. It ends the account's sessions.
    pub async fn set_password(&self, name: &str, password: &str) -> Result<(), AccountsError> {
        password::check(name, password)?;
        let wanted = name.to_owned();
        let hashed = hash(&self.hashing, password.to_owned()).await?;
        let found = self
            .database
            .write(move |connection| match table::account(connection, &wanted)? {
                Some(account) => table::set_password(connection, account.id, &hashed).map(|()| true),
                None => Ok(false),
            })
            .await?;
        if found { Ok(()) } else { Err(AccountsError::Wrong) }
    }

    /// A new bearer token for the API. `name` is what logs and acknowledgements carry.
    pub async fn issue_token(&self, name: &str) -> Result<String, AccountsError> {
        if !password::is_name(name) {
            return Err(RefusedError::TokenName(name.chars().take(80).collect()).into());
        }
        let (name, now) = (name.to_owned(), self.clock.now());
        let secret = secret::draw();
        let fingerprint = secret::fingerprint(&secret);
        self.database
            .write(move |connection| table::put_token(connection, &fingerprint, &name, now))
            .await?;
        Ok(secret)
    }

    /// As `issue_token`, and every former token of this name is worth nothing from then on.
    pub async fn replace_token(&self, name: &str) -> Result<String, AccountsError> {
        let former = name.to_owned();
        self.database
            .write(move |connection| table::forget_tokens(connection, &former))
            .await?;
        self.issue_token(name).await
    }

    /// Whose token this is.
    pub async fn token(&self, secret: &str) -> Result<Option<User>, AccountsError> {
        let fingerprint = secret::fingerprint(secret);
        Ok(self
            .database
            .read(move |connection| table::token(connection, &fingerprint))
            .await?)
    }

    fn limiter(&self) -> std::sync::MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn hash(hashing: &Arc<Semaphore>, password: String) -> Result<String, AccountsError> {
    blocking(hashing, move || {
        password::hash(&password).map_err(|error| AccountsError::Hash(error.to_string()))
    })
    .await?
}

async fn verify(hashing: &Arc<Semaphore>, stored: String, password: String) -> Result<bool, AccountsError> {
    blocking(hashing, move || password::verify(&stored, &password)).await
}

/// Runs on a thread for blocking work, `HASHING` at a time.
async fn blocking<T: Send + 'static>(
    hashing: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AccountsError> {
    let failed = |error: &dyn std::fmt::Display| AccountsError::Hash(error.to_string());
    let permit = hashing
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

#[cfg(test)]
mod tests;
