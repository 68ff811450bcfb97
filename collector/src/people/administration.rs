//! What an administrator does about people and tokens, over the API or on the server itself.

use plenum_core::authority::Actor;
use plenum_protocol::{Duration, Timestamp};
use rusqlite::Connection;

use super::{
    LINK_LIFE, NewPerson, NewToken, People, PeopleError, Person, PersonChange, PersonNumber, RefusedError,
    Token, TokenNumber, password, secret, table,
};

/// A token that is given out over the API ends within this.
const LONGEST_TOKEN: Duration = Duration::from_hours(24 * 366);

/// What came of a change that must leave an administrator.
enum Changed {
    To(Person),
    NoPerson,
    LastAdministrator,
}

impl People {
    /// Everybody, in the order in which they came.
    pub async fn all(&self) -> Result<Vec<Person>, PeopleError> {
        Ok(self.database.read(table::person::all).await?)
    }

    /// Invites somebody: they exist from now on, and set their password with the one-time link's token that comes back.
    pub async fn invite(&self, new: NewPerson) -> Result<(Person, String), PeopleError> {
        password::check_name(&new.name)?;
        new.scope.check(new.role)?;
        let secret = secret::draw();
        let (fingerprint, now) = (secret::fingerprint(&secret), self.clock.now());
        let name = new.name.clone();
        let invited = self
            .database
            .write(move |connection| {
                let known = table::person::all(connection)?;
                // Whoever is only written to is the same person.
                let is_another =
                    |other: &Person| other.logs_in || !other.name.eq_ignore_ascii_case(&new.name);
                let mut others = known.into_iter().filter(is_another);
                if let Some(taken) = others.find(|other| password::look_alike(&other.name, &new.name)) {
                    return Ok(Err(taken.name));
                }
                let added = (new.name.as_str(), new.role, &new.scope);
                let number = table::person::add(connection, added, "", now)?;
                table::invitation::put(connection, number, &fingerprint, now + LINK_LIFE)?;
                Ok(Ok(table::person::get(connection, number)?))
            })
            .await?;
        let person = invited.map_err(|taken| PeopleError::Taken { taken })?;
        let person = person.ok_or(PeopleError::Invitation)?;
        tracing::info!(person = name, role = %person.role, "somebody was invited");
        Ok((person, secret))
    }

    /// Takes somebody's password and sessions, and invites them anew: the one-time link's token.
    pub async fn reset(&self, number: PersonNumber) -> Result<String, PeopleError> {
        let person = self.person(number).await?;
        if person.erased_at.is_some() {
            return Err(PeopleError::Erased(number.0));
        }
        if !person.logs_in {
            return Err(PeopleError::NoLogIn(person.name));
        }
        if person.signs_on_at.is_some() {
            return Err(PeopleError::SignsOn);
        }
        let secret = secret::draw();
        let (fingerprint, now) = (secret::fingerprint(&secret), self.clock.now());
        let known = self
            .database
            .write(move |connection| {
                if table::person::get(connection, number)?.is_none() {
                    return Ok(false);
                }
                table::person::set_password(connection, number, "")?;
                table::session::end_all(connection, number, None)?;
                // Whoever has the password may have the address of the calendar too.
                table::feed::forget(connection, number)?;
                table::invitation::put(connection, number, &fingerprint, now + LINK_LIFE)?;
                Ok(true)
            })
            .await?;
        if !known {
            return Err(PeopleError::NoPerson(number.0));
        }
        self.seconds.forget(number);
        tracing::info!(
            person = number.0,
            "a password was taken away and a new link given out"
        );
        Ok(secret)
    }

    /// Changes what somebody may do. Whoever may not log in any more is logged out.
    pub async fn change(&self, number: PersonNumber, change: PersonChange) -> Result<Person, PeopleError> {
        let current = self.person(number).await?;
        if current.erased_at.is_some() {
            return Err(PeopleError::Erased(number.0));
        }
        let gives_rights = change.role.is_some() || change.scope.is_some();
        if gives_rights && current.signs_on_at.is_some() {
            return Err(PeopleError::RightsOfGroups);
        }
        password::check_full_name(change.full_name.as_deref().unwrap_or_default())?;
        let role = change.role.unwrap_or(current.role);
        change.scope.as_ref().unwrap_or(&current.scope).check(role)?;
        let now = self.clock.now();
        let write = move |connection: &Connection| changed(connection, number, change, now);
        let changed = self.database.write(write).await?;
        match changed {
            Changed::To(person) => {
                if person.disabled_at.is_some() {
                    self.seconds.forget(number);
                }
                self.addresses.send_replace(());
                tracing::info!(person = person.name, role = %person.role, enabled = person.disabled_at.is_none(), "somebody's rights were changed");
                Ok(person)
            }
            Changed::NoPerson => Err(PeopleError::NoPerson(number.0)),
            Changed::LastAdministrator => Err(PeopleError::LastAdministrator),
        }
    }

    /// One of them.
    pub async fn person(&self, number: PersonNumber) -> Result<Person, PeopleError> {
        let found = self
            .database
            .read(move |connection| table::person::get(connection, number))
            .await?;
        found.ok_or(PeopleError::NoPerson(number.0))
    }

    /// Ends all sessions of a person.
    pub async fn end_sessions(&self, number: PersonNumber) -> Result<(), PeopleError> {
        self.person(number).await?;
        Ok(self
            .database
            .write(move |connection| table::session::end_all(connection, number, None))
            .await?)
    }

    /// The tokens that have not ended, the newest first.
    pub async fn tokens(&self) -> Result<Vec<Token>, PeopleError> {
        let now = self.clock.now();
        Ok(self
            .database
            .read(move |connection| table::token::all(connection, now))
            .await?)
    }

    /// Gives a token out over the API: it has an end. Its secret comes back with it and is stored nowhere.
    pub async fn give_token(&self, new: NewToken, by: Actor) -> Result<(Token, String), PeopleError> {
        let (now, end) = (self.clock.now(), new.expires_at);
        if !end.is_some_and(|end| end > now && end.since(now) <= LONGEST_TOKEN) {
            return Err(PeopleError::TokenEnd);
        }
        let (token, secret) = self.add_token(new, by).await?;
        tracing::info!(token = token.name, role = %token.role, by = %token.created_by, "a token was given out");
        Ok((token, secret))
    }

    /// Takes a token back at once.
    pub async fn revoke_token(&self, number: TokenNumber) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let known = self
            .database
            .write(move |connection| table::token::revoke(connection, number, now))
            .await?;
        if !known {
            return Err(PeopleError::NoToken(number.0));
        }
        tracing::info!(token = number.0, "a token was taken back");
        Ok(())
    }

    /// A new token for a program of this machine, which may do everything.
    pub async fn issue_token(&self, name: &str) -> Result<String, PeopleError> {
        let new = NewToken::of_administrator(name);
        Ok(self.add_token(new, Actor::Monitor).await?.1)
    }

    /// A token for a program of this machine that is renewed before its end: `known` as long as half of its life is left, else a new one. The one
    /// before it stays good until its end, so that who has just read it gets through.
    pub async fn keep_token(
        &self,
        known: Option<String>,
        name: &str,
        life: Duration,
    ) -> Result<String, PeopleError> {
        let now = self.clock.now();
        if let Some(known) = known {
            let fingerprint = secret::fingerprint(&known);
            let found = self
                .database
                .read(move |connection| table::token::find(connection, &fingerprint, now))
                .await?;
            let end = found.and_then(|token| token.expires_at);
            if end.is_some_and(|end| end.since(now).milliseconds() > life.milliseconds() / 2) {
                return Ok(known);
            }
        }
        let former = name.to_owned();
        self.database
            .write(move |connection| table::token::forget_former(connection, &former, now))
            .await?;
        let new = NewToken {
            expires_at: Some(now + life),
            ..NewToken::of_administrator(name)
        };
        Ok(self.add_token(new, Actor::Monitor).await?.1)
    }

    async fn add_token(&self, new: NewToken, by: Actor) -> Result<(Token, String), PeopleError> {
        if !password::is_name(&new.name) || password::is_reserved(&new.name) {
            return Err(RefusedError::TokenName(new.name.chars().take(80).collect()).into());
        }
        new.scope.check(new.role)?;
        let (now, secret) = (self.clock.now(), secret::draw());
        let fingerprint = secret::fingerprint(&secret);
        let token = self
            .database
            .write(move |connection| {
                let number = table::token::add(connection, &fingerprint, &new, &by, now)?;
                Ok(Token {
                    number,
                    name: new.name,
                    role: new.role,
                    scope: new.scope,
                    created_by: by,
                    created_at: now,
                    expires_at: new.expires_at,
                    used_at: None,
                })
            })
            .await?;
        Ok((token, secret))
    }
}

fn changed(
    connection: &Connection,
    number: PersonNumber,
    change: PersonChange,
    now: Timestamp,
) -> rusqlite::Result<Changed> {
    let Some(mut person) = table::person::get(connection, number)? else {
        return Ok(Changed::NoPerson);
    };
    let (old, before) = (person.clone(), table::person::administrators(connection)?);
    person.role = change.role.unwrap_or(person.role);
    person.scope = change.scope.unwrap_or(person.scope);
    person.disabled_at = match change.enabled {
        Some(true) => None,
        Some(false) => person.disabled_at.or(Some(now)),
        None => person.disabled_at,
    };
    if let Some(name) = change.full_name {
        person.full_name = Some(name).filter(|name| !name.is_empty());
    }
    table::person::put(connection, &person)?;
    if before > 0 && table::person::administrators(connection)? == 0 {
        table::person::put(connection, &old)?;
        return Ok(Changed::LastAdministrator);
    }
    if person.disabled_at.is_some() {
        table::session::end_all(connection, number, None)?;
        table::invitation::forget(connection, number)?;
    }
    for reached in &change.reached {
        table::address::put(connection, number, reached)?;
    }
    let person = table::person::get(connection, number)?;
    Ok(person.map_or(Changed::NoPerson, Changed::To))
}
