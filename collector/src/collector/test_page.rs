//! "Would I be woken?": a test of every way to whoever asks.

use plenum_core::authority::Actor;
use plenum_core::site::{Channel, Site};
use plenum_core::text::{self, Form};
use plenum_protocol::{Duration, Identifier, Timestamp};
use rusqlite::Connection;

use super::Collector;
use crate::database::DatabaseError;
use crate::database::who;
use crate::notify::channels;
use crate::notify::courier::Tested;

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum TestPageError {
    /// Nobody whom the site writes to.
    #[error(
        "the site writes to nobody of that name: an administrator adds a [[person]] with it to the site, and names them in the `people` of a channel"
    )]
    NotWrittenTo,
    /// They asked a moment ago.
    #[error("a test was sent less than a minute ago")]
    TooSoon(Duration),
    /// No message leaves yet.
    #[error("the messages have not begun yet: ask again in a moment")]
    NotBegun,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Collector {
    /// Sends whoever asks a message over each channel that reaches them, that says that it is a test. It is not of the outbox: nothing is repeated, and what does not arrive
    /// raises no alarm. `sounds`: whether they may wake a building, so that its sirens are tried too.
    ///
    /// # Errors
    /// [`TestPageError`] says why nothing was tried.
    pub async fn test_page(
        &self,
        by: Actor,
        name: &str,
        sounds: bool,
        now: Timestamp,
    ) -> Result<Vec<Tested>, TestPageError> {
        let pager = self.running.get().ok_or(TestPageError::NotBegun)?.pager.clone();
        let site = self.site();
        let person = self
            .written_to(by, &site)
            .await?
            .ok_or(TestPageError::NotWrittenTo)?;
        let language = site.person(person.as_str()).and_then(|person| person.language);
        let language = language.unwrap_or(site.site.language);
        let form = Form::of(&site, language, now);
        let words = text::test_page::write(&site.site.name, name, now, &form);
        let ways = ways(&site, &person, sounds);
        let tested = pager.test_page(&person, ways, (words, language)).await;
        tested.map_err(TestPageError::TooSoon)
    }

    /// Whoever asks, as the site names those who are written to.
    async fn written_to(&self, by: Actor, site: &Site) -> Result<Option<Identifier>, DatabaseError> {
        let site = site.clone();
        let find = move |connection: &Connection| who::recipient(connection, &by, &site);
        let found = self.database.read(find).await?;
        Ok(found.and_then(|person| person.parse().ok()))
    }
}

/// The channels that reach somebody, and those that everybody in the building hears.
fn ways<'a>(site: &'a Site, person: &Identifier, sounds: bool) -> Vec<&'a Channel> {
    let reaches = |channel: &&Channel| {
        let kind = channel.kind.as_str();
        let is_theirs = channels::reaches_people(kind) && channel.people.contains(person);
        is_theirs || (sounds && channels::is_in_the_building(kind))
    };
    site.channels.iter().filter(reaches).collect()
}
