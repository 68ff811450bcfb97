//! People and programs: who may look and act. Accounts with roles and scopes, sessions, API tokens, and the one-time links with which people set
//! their password. There is no default password: without a link nobody can log in for the first time.

mod administration;
mod error;
mod feed;
mod hashing;
mod identity;
mod limiter;
mod own;
mod password;
mod person;
mod reached;
mod second;
mod secret;
mod session;
mod sign_on;
pub(crate) mod table;
mod token;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use plenum_core::authority::{Actor, Role, Scope};
use plenum_core::site::Site;
use plenum_protocol::{Clock, Duration};
use tokio::sync::watch;

use crate::database::keys::Keys;
use crate::database::{Database, DatabaseError};
pub use error::{PeopleError, Receiver};
pub use feed::Feed;
use hashing::Hashing;
pub use identity::{Identity, Who};
pub(crate) use limiter::Bursts;
use limiter::Passwords;
pub(crate) use password::ERASED;
pub use password::{MINIMUM_LENGTH, RefusedError};
pub use person::{NewPerson, Person, PersonChange, PersonNumber, Reached, SignedOn};
pub use second::seed::Seed;
pub use second::{SecondFactor, SecondFactorState};
pub use session::{Challenge, Entry, NewSession, Session, SessionName};
pub(crate) use sign_on::is_loopback;
pub use sign_on::{
    CameBack, GroupConfig, HOME, Issuer, IssuerError, ProviderError, Reason, SIGN_ON_LIFE, SIGN_ONS, SignOn,
    SignOnBegun, SignOnError, SignOnSettingsError, SingleSignOnConfig, TokenError,
};
pub use table::second::SEEDS;
pub use token::{NewToken, Token, TokenNumber};

/// A one-time link is good for this long.
pub const LINK_LIFE: Duration = Duration::from_hours(24);
/// A session's or token's last use is written at most this often, so that a busy screen causes no commit a request.
const TOUCH_EVERY: Duration = Duration::from_minutes(1);

/// The people and tokens of this collector.
pub struct People {
    database: Database,
    clock: Arc<dyn Clock>,
    keys: Keys,
    limiter: Mutex<Passwords>,
    hashing: Hashing,
    seconds: second::Seconds,
    sign_ons: sign_on::SignOns,
    /// Told when somebody is reached elsewhere.
    addresses: watch::Sender<()>,
    /// Verified instead where nobody has the name, so that the answer takes as long.
    decoy: String,
}

impl People {
    /// Those in `plenum.db`; what of them has to be read again is sealed with these keys.
    pub async fn open(database: Database, clock: Arc<dyn Clock>, keys: Keys) -> Result<Self, PeopleError> {
        let hashing = Hashing::default();
        let decoy = hashing.hash(secret::draw()).await?;
        Ok(Self {
            database,
            clock,
            keys,
            limiter: Mutex::default(),
            hashing,
            seconds: second::Seconds::default(),
            sign_ons: sign_on::SignOns::default(),
            addresses: watch::Sender::new(()),
            decoy,
        })
    }

    /// Whether there is anybody.
    pub async fn exist(&self) -> Result<bool, PeopleError> {
        Ok(self.database.read(table::person::any).await?)
    }

    /// A new first link's token, which makes the former one worthless; `None` if there is anybody.
    pub async fn issue_first_link(&self) -> Result<Option<String>, PeopleError> {
        let secret = secret::draw();
        let fingerprint = secret::fingerprint(&secret);
        let expires_at = self.clock.now() + LINK_LIFE;
        let issued = self
            .database
            .write(move |connection| table::invitation::put_first(connection, &fingerprint, expires_at))
            .await?;
        Ok(issued.then_some(secret))
    }

    /// Makes the first administrator with the first link and logs in. A refused name or password leaves the link good.
    pub async fn create_first(
        &self,
        link: &str,
        name: &str,
        password: &str,
    ) -> Result<NewSession, PeopleError> {
        let (link, now) = (secret::fingerprint(link), self.clock.now());
        // Looked up before hashing: a stranger without the link shall not make the server work.
        if !self
            .database
            .read(move |connection| table::invitation::is_first(connection, &link, now))
            .await?
        {
            return Err(PeopleError::FirstLink);
        }
        password::check_name(name)?;
        password::check(name, password)?;
        let hashed = self.hashing.hash(password.to_owned()).await?;
        let secret = secret::draw();
        let fingerprint = secret::fingerprint(&secret);
        let wanted = name.to_owned();
        let made = self
            .database
            .write(move |connection| {
                if !table::invitation::take_first(connection, &link, now)? {
                    return Ok(None);
                }
                let first = (wanted.as_str(), Role::Administrator, &Scope::WHOLE);
                let number = table::person::add(connection, first, &hashed, now)?;
                table::session::begin(connection, &fingerprint, number, now)?;
                table::person::get(connection, number)
            })
            .await?;
        let person = made.ok_or(PeopleError::FirstLink)?;
        tracing::info!(
            person = person.name,
            "the first administrator was made with the one-time link"
        );
        Ok(NewSession {
            identity: self.identity(person),
            secret,
        })
    }

    /// Begins a session for a name and its password, or asks for the code of the second factor; `address` is the person's own.
    pub async fn log_in(&self, name: &str, password: &str, address: IpAddr) -> Result<Entry, PeopleError> {
        let steady = self.clock.steady();
        // Names nobody can have are not worth remembering or hashing for.
        if !password::is_name(name) || password.len() > password::MAXIMUM_BYTES {
            return Err(PeopleError::Wrong);
        }
        self.limiter()
            .begin(name, address, steady)
            .map_err(|after| PeopleError::Locked { after })?;
        let wanted = name.to_owned();
        let known = self
            .database
            .read(move |connection| table::person::by_name(connection, &wanted))
            .await?;
        let stored = known.as_ref().map(|(_, password)| password.clone());
        let stored = stored.filter(|stored| !stored.is_empty());
        let stored = stored.unwrap_or_else(|| self.decoy.clone());
        let shown = secret::fingerprint(&stored);
        let matches = self.hashing.verify(stored, password.to_owned()).await?;
        // People type passwords where their name belongs: what is nobody's name stands in no log.
        let name_of_somebody = known.as_ref().map(|_| name);
        let person = known.map(|(person, _)| person);
        let Some(person) = person.filter(|person| matches && person.can_log_in()) else {
            tracing::warn!(name = name_of_somebody, %address, "a log-in failed");
            return Err(PeopleError::Wrong);
        };
        self.limiter().succeeded(name, address, steady);
        tracing::info!(person = person.name, %address, second_factor = person.has_second_factor, "the password was right");
        self.enter(person, shown).await
    }

    /// The number of whoever has this name.
    pub async fn number_of(&self, name: &str) -> Result<Option<PersonNumber>, PeopleError> {
        let wanted = name.to_owned();
        let found = self
            .database
            .read(move |connection| table::person::by_name(connection, &wanted));
        Ok(found.await?.map(|(person, _)| person.number))
    }

    /// Whoever answers a message that was for a person of the site.
    pub async fn answering(&self, site: &Site, person: &str, delivery: i64) -> Result<Actor, PeopleError> {
        Ok(match self.number_of(person).await? {
            Some(number) => Actor::Link {
                person: number.0,
                delivery,
            },
            None => Actor::named(site.person(person).map_or(person, |known| known.name.as_str())),
        })
    }

    /// Whose session this is; `None` if it has ended or never was.
    pub async fn session(&self, secret: &str) -> Result<Option<Identity>, PeopleError> {
        let (fingerprint, now) = (secret::fingerprint(secret), self.clock.now());
        let found = self
            .database
            .read(move |connection| {
                let Some(found) = table::session::find(connection, &fingerprint, now)? else {
                    return Ok(None);
                };
                let person = table::person::get(connection, found.person)?;
                Ok(person.map(|person| (person, found)))
            })
            .await?;
        let goes_on = |person: &Person, found: table::session::Found| {
            person.can_log_in() && self.still_signs_on(person, found.second_factor_shown)
        };
        let Some((person, found)) = found.filter(|(person, found)| goes_on(person, *found)) else {
            return Ok(None);
        };
        if now.since(found.used_at) >= TOUCH_EVERY {
            let touch =
                move |connection: &rusqlite::Connection| table::session::touch(connection, &fingerprint, now);
            noted(self.database.write(touch).await, "session");
        }
        Ok(Some(self.identity_of(person, found.second_factor_shown)))
    }

    /// Ends a session; one that has ended already is not an error.
    pub async fn log_out(&self, secret: &str) -> Result<(), PeopleError> {
        let fingerprint = secret::fingerprint(secret);
        Ok(self
            .database
            .write(move |connection| table::session::end(connection, &fingerprint))
            .await?)
    }

    /// Whose token this is; `None` if it has ended or never was.
    pub async fn token(&self, secret: &str) -> Result<Option<Identity>, PeopleError> {
        let (fingerprint, now) = (secret::fingerprint(secret), self.clock.now());
        let found = self
            .database
            .read(move |connection| table::token::find(connection, &fingerprint, now))
            .await?;
        let Some(token) = found else { return Ok(None) };
        if token
            .used_at
            .is_none_or(|used_at| now.since(used_at) >= TOUCH_EVERY)
        {
            let number = token.number;
            let touch = move |connection: &rusqlite::Connection| table::token::touch(connection, number, now);
            noted(self.database.write(touch).await, "token");
        }
        Ok(Some(token.into()))
    }

    /// Begins a session for what somebody has shown: the password of whose stored hash this is the fingerprint, and perhaps a code. `None` if that is not
    /// what lets them in any more: hashing takes a while, and a session that began after the password was changed would outlive the change.
    async fn begin_session(
        &self,
        number: PersonNumber,
        password: secret::Fingerprint,
        with_code: bool,
    ) -> Result<Option<NewSession>, PeopleError> {
        let (now, secret) = (self.clock.now(), secret::draw());
        let fingerprint = secret::fingerprint(&secret);
        let begun = self.database.write(move |connection| {
            let person = table::person::get(connection, number)?;
            let stored = table::person::password(connection, number)?.unwrap_or_default();
            let good = secret::fingerprint(&stored) == password;
            let person = person.filter(|person| good && person.has_password && person.can_log_in());
            let person = person.filter(|person| person.has_second_factor == with_code);
            if person.is_some() {
                table::session::begin(connection, &fingerprint, number, now)?;
            }
            Ok(person)
        });
        Ok(begun.await?.map(|person| NewSession {
            identity: self.identity(person),
            secret,
        }))
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Somebody is erased: nothing of them is remembered here, and nobody writes to where they were reached.
    pub(crate) fn forget(&self, number: PersonNumber) {
        self.seconds.forget(number);
        self.addresses.send_replace(());
    }

    fn limiter(&self) -> std::sync::MutexGuard<'_, Passwords> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That it was used is noted where it can be: on a full disk people still see their alarms.
fn noted<T>(written: Result<T, DatabaseError>, what: &str) {
    if let Err(error) = written {
        tracing::debug!(%error, "that a {what} was used could not be noted");
    }
}

#[cfg(test)]
mod tests;
