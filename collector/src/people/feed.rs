//! The feed of somebody's duties: a calendar program cannot log in, so it fetches it by a secret in the address, which shows this alone and can be taken back.

use plenum_protocol::Timestamp;

use super::{Identity, People, PeopleError, Person, TOUCH_EVERY, noted, secret, table};

/// A feed of somebody's duties, without its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// When its address was given out.
    pub made_at: Timestamp,
    /// When it was last fetched, to a minute.
    pub used_at: Option<Timestamp>,
}

impl People {
    /// Somebody's own feed, if they have one.
    pub async fn feed(&self, identity: &Identity) -> Result<Option<Feed>, PeopleError> {
        let number = identity.person().ok_or(PeopleError::NotAPerson)?;
        let read = move |connection: &rusqlite::Connection| table::feed::of(connection, number);
        Ok(self.database.read(read).await?)
    }

    /// Gives somebody's own feed an address, in the place of a former one: the secret in it.
    pub async fn make_feed(&self, identity: &Identity) -> Result<String, PeopleError> {
        let number = identity.person().ok_or(PeopleError::NotAPerson)?;
        let (secret, now) = (secret::draw(), self.clock.now());
        let fingerprint = secret::fingerprint(&secret);
        let put =
            move |connection: &rusqlite::Connection| table::feed::put(connection, number, &fingerprint, now);
        self.database.write(put).await?;
        Ok(secret)
    }

    /// Takes the address of somebody's own feed back; one that is not there is not an error.
    pub async fn end_feed(&self, identity: &Identity) -> Result<(), PeopleError> {
        let number = identity.person().ok_or(PeopleError::NotAPerson)?;
        let forget = move |connection: &rusqlite::Connection| table::feed::forget(connection, number);
        self.database.write(forget).await?;
        Ok(())
    }

    /// Whose duties an address shows; `None` if it never was one, was taken back, or is of somebody who may not come in any more.
    pub async fn of_feed(&self, shown: &str) -> Result<Option<Person>, PeopleError> {
        let (fingerprint, now) = (secret::fingerprint(shown), self.clock.now());
        let found = self.database.read(move |connection| {
            let Some((person, used_at)) = table::feed::find(connection, &fingerprint)? else {
                return Ok(None);
            };
            Ok(table::person::get(connection, person)?.map(|person| (person, used_at)))
        });
        let Some((person, used_at)) = found.await? else {
            return Ok(None);
        };
        if !person.can_log_in() {
            return Ok(None);
        }
        let number = person.number;
        if used_at.is_none_or(|used_at| now.since(used_at) >= TOUCH_EVERY) {
            let touch = move |connection: &rusqlite::Connection| table::feed::touch(connection, number, now);
            noted(self.database.write(touch).await, "feed");
        }
        Ok(Some(person))
    }
}
