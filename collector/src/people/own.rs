//! What somebody does about themselves: accept an invitation, change their password, look at their sessions and end them.

use std::net::IpAddr;

use plenum_protocol::Duration;

use super::{
    Entry, Identity, People, PeopleError, Person, PersonNumber, Session, SessionName, password, secret, table,
};

/// Within this of a log-in by single sign-on it is who has logged in.
const RECENT: Duration = Duration::from_minutes(10);

impl People {
    /// Who was invited with this link, while it is good.
    pub async fn invited(&self, link: &str) -> Result<Person, PeopleError> {
        let (link, now) = (secret::fingerprint(link), self.clock.now());
        let found =
            self.database.read(
                move |connection| match table::invitation::find(connection, &link, now)? {
                    Some(number) => table::person::get(connection, number),
                    None => Ok(None),
                },
            );
        let person = found.await?.filter(|person| person.disabled_at.is_none());
        person.ok_or(PeopleError::Invitation)
    }

    /// Sets the password of whoever was invited with this link, uses it up and logs in, or asks for the code of the second factor. A refused password
    /// leaves it good.
    pub async fn accept(&self, link: &str, new: &str) -> Result<Entry, PeopleError> {
        let person = self.invited(link).await?;
        password::check(&person.name, new)?;
        let hashed = self.hashing.hash(new.to_owned()).await?;
        let (link, now, number) = (secret::fingerprint(link), self.clock.now(), person.number);
        let shown = secret::fingerprint(&hashed);
        let taken = self.database.write(move |connection| {
            // Somebody may have used it meanwhile.
            if table::invitation::find(connection, &link, now)? != Some(number) {
                return Ok(false);
            }
            table::invitation::forget(connection, number)?;
            table::person::set_password(connection, number, &hashed)?;
            table::session::end_all(connection, number, None)?;
            Ok(true)
        });
        if !taken.await? {
            return Err(PeopleError::Invitation);
        }
        tracing::info!(person = person.name, "set a password with a one-time link");
        self.seconds.forget(number);
        self.enter(person, shown).await
    }

    /// Changes somebody's own password. Their other sessions end; that of `secret` goes on.
    pub async fn change_password(
        &self,
        identity: &Identity,
        session: &str,
        (old, new): (&str, &str),
        address: IpAddr,
    ) -> Result<(), PeopleError> {
        password::check(&identity.name, new)?;
        let number = self.check_password(identity, old, address).await?;
        let hashed = self.hashing.hash(new.to_owned()).await?;
        let (fingerprint, now) = (secret::fingerprint(session), self.clock.now());
        let changed = self.database.write(move |connection| {
            // Hashing took a while: an administrator may have taken the old one away meanwhile, and the sessions with it.
            if !table::session::is_of(connection, &fingerprint, number, now)? {
                return Ok(false);
            }
            table::person::set_password(connection, number, &hashed)?;
            table::session::end_all(connection, number, Some(&fingerprint))?;
            Ok(true)
        });
        if !changed.await? {
            return Err(PeopleError::NoSession);
        }
        self.seconds.forget(number);
        tracing::info!(person = identity.name, "changed the password");
        Ok(())
    }

    /// Whether somebody's own password is this one; counted as a log-in is.
    pub(super) async fn check_password(
        &self,
        identity: &Identity,
        password: &str,
        address: IpAddr,
    ) -> Result<PersonNumber, PeopleError> {
        let number = identity.person().ok_or(PeopleError::NotAPerson)?;
        if identity.signs_on {
            return Err(PeopleError::SignsOn);
        }
        // Longer ones cannot be right, and are not hashed.
        if password.len() > password::MAXIMUM_BYTES {
            return Err(PeopleError::Wrong);
        }
        let steady = self.clock.steady();
        self.limiter()
            .begin(&identity.name, address, steady)
            .map_err(|after| PeopleError::Locked { after })?;
        let stored = self
            .database
            .read(move |connection| table::person::password(connection, number))
            .await?;
        let stored = stored.unwrap_or_default();
        if !self.hashing.verify(stored, password.to_owned()).await? {
            return Err(PeopleError::Wrong);
        }
        self.limiter().succeeded(&identity.name, address, steady);
        Ok(number)
    }

    /// The sessions of a person that have not ended, the newest first.
    pub async fn sessions(&self, person: PersonNumber) -> Result<Vec<Session>, PeopleError> {
        let now = self.clock.now();
        Ok(self
            .database
            .read(move |connection| table::session::of(connection, person, now))
            .await?)
    }

    /// Ends one of somebody's own sessions, if they show once more who they are: by the password, or, where they come by single sign-on, in a session
    /// that has just begun. Whoever has taken a session could otherwise lock its owner out.
    pub async fn end_session(
        &self,
        identity: &Identity,
        (session, password): (&str, Option<&str>),
        name: SessionName,
        address: IpAddr,
    ) -> Result<(), PeopleError> {
        let number = match (identity.signs_on, password) {
            (false, password) => {
                let password = password.unwrap_or_default();
                self.check_password(identity, password, address).await?
            }
            (true, _) => self.check_recent(identity, session).await?,
        };
        let end =
            move |connection: &rusqlite::Connection| table::session::end_named(connection, number, &name);
        match self.database.write(end).await? {
            true => Ok(()),
            false => Err(PeopleError::NoSession),
        }
    }

    /// Whether somebody has just logged in by single sign-on.
    async fn check_recent(&self, identity: &Identity, session: &str) -> Result<PersonNumber, PeopleError> {
        let number = identity.person().ok_or(PeopleError::NotAPerson)?;
        let (name, since) = (SessionName::of_secret(session), self.clock.now() - RECENT);
        let sessions = self.sessions(number).await?;
        let is_recent = |own: &Session| own.name == name && own.begun_at > since;
        match sessions.iter().any(is_recent) {
            true => Ok(number),
            false => Err(PeopleError::LongAgo),
        }
    }
}
