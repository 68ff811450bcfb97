//! The site configuration as numbered revisions in `plenum.db`: after the first start this, and not the file, is the truth. A revision
//! and the journal item that puts it in force are one commit, so it takes effect at a journal number.

use plenum_core::authority::Actor;
use plenum_core::expectation;
use plenum_core::fact::{Expectation, ExpectationChange, Item};
use plenum_core::site::Site;
use plenum_core::site::diff::unified;
use plenum_core::site::parse;
use plenum_protocol::Timestamp;
use plenum_protocol::config_error::ConfigError;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::database::DatabaseError;
use crate::database::who::receivers::write_down;
use crate::journal::Journal;
use crate::notify::channels;

/// A revision without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// Counts from 1.
    pub number: u64,
    /// When it was applied.
    pub at: Timestamp,
    /// By whom; the file that the program began with is the monitor's.
    pub author: Actor,
    /// Why, as the log says it; may be empty.
    pub comment: String,
    /// SHA-256 of the text, in hex.
    pub hash: String,
    /// The journal entry from which on it is in force.
    pub entry: u64,
}

/// A revision to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The revision that its author had before them; 0 for the first.
    pub base: u64,
    /// The whole `site.toml`.
    pub text: String,
    /// Who applies it, as the log names them.
    pub author: Actor,
    /// What its author says of it.
    pub comment: String,
    /// When it is applied.
    pub at: Timestamp,
}

/// Why a revision was refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RevisionError {
    /// Someone else was faster.
    #[error(
        "revision {current} is current, not {base}: look at what changed (plenum site diff {base} {current}) and apply again"
    )]
    NotCurrent {
        /// The revision that the author started from.
        base: u64,
        /// The revision in force.
        current: u64,
    },
    /// The text is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<ConfigError>),
    /// There is none with this number.
    #[error("there is no revision {0}")]
    NotFound(u64),
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Checks a draft and makes it the current revision. Answers its number.
pub async fn apply(journal: &Journal, draft: Draft) -> Result<u64, RevisionError> {
    let parsed = parse::parse("site.toml", &draft.text, &channels::kinds());
    let after = parsed.map_err(RevisionError::Invalid)?.site;
    let base = draft.base;
    let outcome = journal
        .append_with(move |connection, group| {
            let current = current_number(connection)?;
            if current != draft.base {
                return Ok(Err(current));
            }
            let number = current + 1;
            connection.execute(
                "insert into site_revision(number, at, author, comment, text, hash, entry)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    number,
                    draft.at.milliseconds(),
                    draft.author.to_string(),
                    draft.comment,
                    draft.text,
                    hex::encode(Sha256::digest(draft.text.as_bytes())),
                    group.number()
                ],
            )?;
            write_down(connection, &after, draft.at)?;
            group.push(Item::Revision(number));
            for expectation in retired(connection, current, &after)? {
                group.push(Item::Expectation(expectation));
            }
            Ok(Ok(number))
        })
        .await?;
    outcome.map_err(|current| RevisionError::NotCurrent { base, current })
}

/// What is not expected any more once `after` is in force in place of the current revision.
fn retired(connection: &Connection, current: u64, after: &Site) -> rusqlite::Result<Vec<Expectation>> {
    let before = text(connection, current)?
        // One that this program cannot read any more took away nothing that it knows of.
        .and_then(|text| toml::from_str::<Site>(&text).ok());
    let Some(before) = before else {
        return Ok(Vec::new());
    };
    let retired = expectation::retired(&before, after).map(|(agent, sensor)| Expectation {
        agent,
        change: ExpectationChange::Retired {
            sensor: sensor.clone(),
            by: None,
        },
    });
    Ok(retired.collect())
}

/// Loads `site.toml` as revision 1 at the first start; later the file is not looked at. Returns whether it was loaded.
pub async fn load_first(
    journal: &Journal,
    text: String,
    author: Actor,
    at: Timestamp,
) -> Result<bool, RevisionError> {
    if journal.database().read(current_number).await? > 0 {
        return Ok(false);
    }
    let draft = Draft {
        base: 0,
        text,
        author,
        comment: "loaded at the first start".to_owned(),
        at,
    };
    match apply(journal, draft).await {
        Ok(_) => Ok(true),
        Err(RevisionError::NotCurrent { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes an earlier revision's text current again, as a new revision.
pub async fn rollback(
    journal: &Journal,
    to: u64,
    base: u64,
    author: Actor,
    comment: &str,
    at: Timestamp,
) -> Result<u64, RevisionError> {
    let text = journal
        .database()
        .read(move |connection| text(connection, to))
        .await?
        .ok_or(RevisionError::NotFound(to))?;
    let comment = match comment {
        "" => format!("back to revision {to}"),
        comment => format!("back to revision {to}: {comment}"),
    };
    let draft = Draft {
        base,
        text,
        author,
        comment,
        at,
    };
    apply(journal, draft).await
}

/// The newest revision's number; 0 before the first.
pub fn current_number(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("select coalesce(max(number), 0) from site_revision", [], |row| {
        row.get(0)
    })
}

/// A revision's `site.toml` as it was written, comments and all.
pub fn text(connection: &Connection, number: u64) -> rusqlite::Result<Option<String>> {
    connection
        .query_row(
            "select text from site_revision where number = ?1",
            [number],
            |row| row.get(0),
        )
        .optional()
}

/// A revision's site. It was checked when it was applied.
pub fn load(connection: &Connection, number: u64) -> rusqlite::Result<Option<Site>> {
    let Some(text) = text(connection, number)? else {
        return Ok(None);
    };
    let site = toml::from_str(&text).map_err(|error| {
        let damaged = format!(
            "site revision {number} is damaged and cannot be read: put back the last backup of the data folder: {error}"
        );
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, damaged.into())
    })?;
    Ok(Some(site))
}

/// The site that was in force before an instant: by its terms stands what ended then. Before the first revision that is the first; none where there is none.
pub fn in_force(connection: &Connection, before: Timestamp) -> rusqlite::Result<Option<Site>> {
    let number: Option<u64> = connection.query_row(
        "select coalesce((select max(number) from site_revision where at < ?1), (select min(number) from site_revision))",
        [before.milliseconds()],
        |row| row.get(0),
    )?;
    number.map_or(Ok(None), |number| load(connection, number))
}

/// All revisions, the newest first.
pub fn log(connection: &Connection) -> rusqlite::Result<Vec<Revision>> {
    connection
        .prepare_cached(
            "select number, at, author, comment, hash, entry from site_revision order by number desc",
        )?
        .query_map([], revision)?
        .collect()
}

/// The revisions with the journal entry from which on each is in force, the oldest first: for computing over the past.
pub fn timeline(connection: &Connection) -> rusqlite::Result<Vec<(Revision, Site)>> {
    let mut list = log(connection)?;
    list.reverse();
    let mut timeline = Vec::with_capacity(list.len());
    for revision in list {
        if let Some(site) = load(connection, revision.number)? {
            timeline.push((revision, site));
        }
    }
    Ok(timeline)
}

/// What changed from one revision to another, as a unified diff; none if one of them is not there.
pub fn diff(connection: &Connection, from: u64, to: u64) -> rusqlite::Result<Option<String>> {
    let before = match from {
        0 => Some(String::new()),
        number => text(connection, number)?,
    };
    let (Some(before), Some(after)) = (before, text(connection, to)?) else {
        return Ok(None);
    };
    let names = (format!("revision {from}"), format!("revision {to}"));
    Ok(Some(unified(&names.0, &before, &names.1, &after)))
}

fn revision(row: &Row<'_>) -> rusqlite::Result<Revision> {
    Ok(Revision {
        number: row.get(0)?,
        at: Timestamp::from_milliseconds(row.get(1)?),
        author: row.get::<_, String>(2)?.into(),
        comment: row.get(3)?,
        hash: row.get(4)?,
        entry: row.get(5)?,
    })
}
