//! What is kept about somebody, and how they are erased: names, addresses and log-in go, their number stays with what they did, so that logs stay whole.

mod site_text;
mod table;

use plenum_core::alarms::Event;
use plenum_core::authority::{Actor, Directory as _, Role};
use plenum_core::incident::timeline::Note;
use plenum_core::site::Site;
use plenum_core::text::redact::redact;
use plenum_core::work::Work;
use plenum_protocol::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::alarms::store;
use crate::database::who::{Directory, former, receivers};
use crate::database::{erasing, notes, works};
use crate::notify::channels::Address;
use crate::notify::duty::{self, Made};
use crate::notify::outbox::{self, Delivered};
use crate::people::table as rows;
use crate::people::{
    ERASED, Feed, People, PeopleError, Person, PersonNumber, Receiver, Session, SignedOn, Token,
};
use crate::revisions::{self, Revision};

/// All that is kept about a person, but for the lines of the audit log.
#[derive(Debug)]
pub struct Kept {
    /// Who they are, what they may do and where they are reached.
    pub person: Person,
    /// Since when their second factor is on.
    pub second_factor_since: Option<Timestamp>,
    /// Until when their invitation is good.
    pub invited_until: Option<Timestamp>,
    /// By whom they are known at the provider of single sign-on.
    pub sign_on: Option<SignedOn>,
    /// Where they are logged in.
    pub sessions: Vec<Session>,
    /// What they did to alarms, the oldest first.
    pub events: Vec<Event>,
    /// The revisions of the site that they applied, the newest first.
    pub revisions: Vec<Revision>,
    /// The revisions of the site that name them.
    pub named_in: Vec<u64>,
    /// The tokens that they gave out and that have not ended.
    pub tokens: Vec<Token>,
    /// The messages to them, by their alarms' numbers.
    pub messages: Vec<(u64, Delivered)>,
    /// The overrides of rotas by which they stand in, or that they made.
    pub overrides: Vec<Made>,
    /// The feed of their duties.
    pub duty_feed: Option<Feed>,
    /// What they noted about incidents, the oldest first.
    pub notes: Vec<Note>,
    /// The work that they announced or ended.
    pub works: Vec<Work>,
}

/// All that is kept about somebody.
pub(super) async fn kept(people: &People, number: PersonNumber, now: Timestamp) -> Result<Kept, PeopleError> {
    let read = move |connection: &Connection| all_of(connection, number, now);
    let kept = people.database().read(read).await?;
    kept.ok_or(PeopleError::NoPerson(number.0))
}

/// Erases somebody for good. Nobody whom the site writes to, or for whom collector.toml has an address (`in_file`), nor the last administrator.
pub(super) async fn erase(
    people: &People,
    number: PersonNumber,
    in_file: Vec<Address>,
    now: Timestamp,
) -> Result<Person, PeopleError> {
    let erased = people.database().write(move |connection| {
        let mut outcome = Err(PeopleError::NoPerson(number.0));
        erasing(connection, |connection| {
            outcome = match refusal(connection, number, &in_file)? {
                Some(refusal) => Err(refusal),
                None => Ok(erase_rows(connection, number, now)?),
            };
            Ok(())
        })?;
        Ok(outcome)
    });
    let person = erased.await??.ok_or(PeopleError::NoPerson(number.0))?;
    people.forget(number);
    // What was overwritten stands in the log of writes until it is emptied.
    people.database().checkpoint().await?;
    tracing::info!(person = number.0, "somebody was erased");
    Ok(person)
}

/// Alarms as they stand name this person by number from now on, whatever an earlier program called them.
pub(super) fn renumber_standing(connection: &Connection, number: PersonNumber) -> rusqlite::Result<()> {
    renumber(connection, &directory(connection)?, number, false)
}

fn directory(connection: &Connection) -> rusqlite::Result<Directory> {
    // Whoever had a name needs no site.
    Directory::read(connection, &Site::unconfigured())
}

/// How facts of earlier programs name a person.
fn spelled(
    connection: &Connection,
    directory: &Directory,
    number: PersonNumber,
    is_whole: bool,
) -> rusqlite::Result<Vec<String>> {
    let mut texts = table::texts(connection, is_whole)?;
    texts.retain(|text| directory.number_of(&Actor::from(text.clone())) == Some(number.0));
    Ok(texts.into_iter().collect())
}

fn renumber(
    connection: &Connection,
    directory: &Directory,
    number: PersonNumber,
    is_whole: bool,
) -> rusqlite::Result<()> {
    let by_number = Actor::Person(number.0).to_string();
    for text in spelled(connection, directory, number, is_whole)? {
        if matches!(Actor::from(text.clone()), Actor::Named(_)) {
            table::put(connection, &text, &by_number, is_whole)?;
        }
    }
    Ok(())
}

fn all_of(connection: &Connection, number: PersonNumber, now: Timestamp) -> rusqlite::Result<Option<Kept>> {
    let Some(person) = rows::person::get(connection, number)? else {
        return Ok(None);
    };
    let directory = directory(connection)?;
    let is_them = |actor: &Actor| directory.number_of(actor) == Some(number.0);
    let (second, invited) = table::instants(connection, number)?;
    let actors = spelled(connection, &directory, number, true)?;
    let mut named_in = Vec::new();
    let mut revisions = revisions::log(connection)?;
    for revision in &revisions {
        let text = revisions::text(connection, revision.number)?.unwrap_or_default();
        let names = |id: &str| directory.formerly(id) == Some(number.0);
        if site_text::without(&text, names, ("", "")).is_some() {
            named_in.push(revision.number);
        }
    }
    revisions.retain(|revision| is_them(&revision.author));
    let mut tokens = rows::token::all(connection, now)?;
    tokens.retain(|token| is_them(&token.created_by));
    let recipients = recipients(connection, &directory, number)?;
    let mut messages = Vec::new();
    for recipient in &recipients {
        messages.extend(outbox::to(connection, recipient)?);
    }
    let mut works = works::all(connection)?;
    works.retain(|work| is_them(&work.by) || work.ended_by.as_ref().is_some_and(is_them));
    Ok(Some(Kept {
        works,
        second_factor_since: second.map(Timestamp::from_milliseconds),
        invited_until: invited.map(Timestamp::from_milliseconds),
        sign_on: rows::sign_on::of(connection, number)?,
        sessions: rows::session::of(connection, number, now)?,
        events: store::events_by(connection, &actors)?,
        overrides: duty::table::about(connection, &recipients, &actors)?,
        duty_feed: rows::feed::of(connection, number)?,
        notes: notes::by(connection, &actors)?,
        revisions,
        named_in,
        tokens,
        messages,
        person,
    }))
}

/// By what names messages went to a person.
fn recipients(
    connection: &Connection,
    directory: &Directory,
    number: PersonNumber,
) -> rusqlite::Result<Vec<String>> {
    let mut recipients = table::recipients(connection)?;
    recipients.retain(|recipient| directory.formerly(recipient) == Some(number.0));
    Ok(recipients)
}

/// Why somebody is not erased, with what to change first.
fn refusal(
    connection: &Connection,
    number: PersonNumber,
    in_file: &[Address],
) -> rusqlite::Result<Option<PeopleError>> {
    let Some(person) = rows::person::get(connection, number)? else {
        return Ok(Some(PeopleError::NoPerson(number.0)));
    };
    if person.erased_at.is_some() {
        return Ok(Some(PeopleError::Erased(number.0)));
    }
    // Those who come by single sign-on are not counted: the provider may be away.
    let is_counted = person.has_password && person.disabled_at.is_none();
    let is_administrator = person.role == Role::Administrator && is_counted;
    if is_administrator && rows::person::administrators(connection)? == 1 {
        return Ok(Some(PeopleError::LastAdministrator));
    }
    let site = revisions::load(connection, revisions::current_number(connection)?)?;
    let site = site.unwrap_or_else(Site::unconfigured);
    for of_site in &site.people {
        if receivers::of_site(connection, of_site)? == Some(number.0) {
            return Ok(Some(PeopleError::Receiver(receiver(&site, of_site.id.as_str()))));
        }
    }
    let directory = directory(connection)?;
    let is_theirs = |address: &&Address| directory.formerly(address.person.as_str()) == Some(number.0);
    let held = in_file.iter().find(is_theirs);
    Ok(held.map(|address| PeopleError::InFile(address.person.to_string())))
}

fn receiver(site: &Site, id: &str) -> Receiver {
    let channels = site.channels.iter();
    let theirs = channels.filter(|channel| channel.people.iter().any(|person| person.as_str() == id));
    let (mut channels, mut last_of) = (Vec::new(), Vec::new());
    for channel in theirs {
        channels.push(channel.id.to_string());
        if channel.people.iter().all(|person| person.as_str() == id) {
            last_of.push(channel.id.to_string());
        }
    }
    Receiver {
        id: id.to_owned(),
        channels,
        last_of,
    }
}

fn erase_rows(
    connection: &Connection,
    number: PersonNumber,
    now: Timestamp,
) -> rusqlite::Result<Option<Person>> {
    let Some(person) = rows::person::get(connection, number)? else {
        return Ok(None);
    };
    out_of_what_was_said(connection, &person)?;
    let mut names: Vec<String> = person.full_name.iter().cloned().collect();
    names.push(person.name);
    for name in &names {
        former::add(connection, name, number.0)?;
    }
    let directory = directory(connection)?;
    renumber(connection, &directory, number, true)?;
    // Nobody answers for them any more.
    let tokens = rows::token::revoke_given_by(connection, &Actor::Person(number.0), now)?;
    tracing::info!(
        person = number.0,
        tokens,
        "the tokens that they gave out have ended"
    );
    let (id, name) = (format!("erased-{}", number.0), format!("{ERASED}{}", number.0));
    names.extend(out_of_revisions(connection, &directory, number, (&id, &name))?);
    for recipient in recipients(connection, &directory, number)? {
        table::put_recipient(connection, &recipient, &id)?;
    }
    // The longest first: "Sanne de Boer" before "Sanne".
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    out_of_messages(connection, &names, &name)?;
    out_of_notes(connection, &names, &name)?;
    table::erase(connection, number, &name, now.milliseconds())?;
    rows::person::get(connection, number)
}

/// Takes somebody out of the revisions of the site. Gives the names that they had there.
fn out_of_revisions(
    connection: &Connection,
    directory: &Directory,
    number: PersonNumber,
    instead: (&str, &str),
) -> rusqlite::Result<Vec<String>> {
    let is_them = |id: &str| directory.formerly(id) == Some(number.0);
    let mut names = Vec::new();
    for revision in revisions::log(connection)? {
        let text = revisions::text(connection, revision.number)?.unwrap_or_default();
        let Some(without) = site_text::without(&text, is_them, instead) else {
            continue;
        };
        let site: Option<Site> = toml::from_str(&text).ok();
        let people = site.into_iter().flat_map(|site| site.people);
        names.extend(
            people
                .filter(|person| is_them(person.id.as_str()))
                .map(|person| person.name),
        );
        let hash = hex::encode(Sha256::digest(without.as_bytes()));
        table::put_revision(connection, revision.number, (&without, &hash))?;
    }
    Ok(names)
}

/// Takes names out of what others noted about incidents.
fn out_of_notes(connection: &Connection, names: &[String], instead: &str) -> rusqlite::Result<()> {
    for name in names {
        for (id, text) in table::notes_with(connection, name)? {
            table::put_note(connection, id, &redact(&text, names, instead))?;
        }
    }
    Ok(())
}

/// Takes names out of the words of messages: those that say who has an alarm, or whom else it was told.
fn out_of_messages(connection: &Connection, names: &[String], instead: &str) -> rusqlite::Result<()> {
    for name in names {
        for (id, message) in table::messages_with(connection, &as_in_json(name))? {
            let Ok(mut words) = serde_json::from_str::<Value>(&message) else {
                continue;
            };
            let parts = words
                .as_object_mut()
                .into_iter()
                .flat_map(|words| words.values_mut());
            for part in parts {
                if let Value::String(text) = part {
                    *text = redact(text, names, instead);
                }
            }
            table::put_message(connection, id, &words.to_string())?;
        }
    }
    Ok(())
}

/// Takes addresses out of what mail servers said of them: it stands in messages and in the alarms about them.
fn out_of_what_was_said(connection: &Connection, person: &Person) -> rusqlite::Result<()> {
    for reached in &person.reached {
        let address = as_in_json(&reached.address);
        let all = [address.clone()];
        table::say_without(connection, &address, |said| redact(said, &all, "…"))?;
    }
    Ok(())
}

/// A text as it stands within a string of JSON.
fn as_in_json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests;
