//! `plenum site`: revisions of the site's configuration, by way of the running server.

use std::path::Path;

use anyhow::Result;
use plenum_collector::notify::channels;
use plenum_core::duty::ical;
use plenum_core::site;
use plenum_dashboard::view::{Diff, NewRevision, Revision, RevisionText, Rollback};
use serde_json::json;

use super::trial::{self, Period};
use crate::cli::{Connection, Site};
use crate::client::Client;
use crate::failure::Failure;
use crate::print;

pub(crate) async fn run(command: &Site) -> Result<()> {
    match command {
        Site::Show { revision, connection } => show(*revision, connection).await,
        Site::Apply {
            file,
            base,
            comment,
            connection,
        } => apply(file, *base, comment, connection).await,
        Site::Try {
            file,
            last,
            from,
            to,
            connection,
        } => {
            let period = Period {
                last: from.is_none().then_some(*last),
                from: *from,
                to: *to,
            };
            trial::run(file, period, connection).await
        }
        Site::Log { connection } => log(connection).await,
        Site::Diff { from, to, connection } => diff(*from, *to, connection).await,
        Site::Rollback {
            revision,
            comment,
            connection,
        } => {
            let body = Rollback {
                comment: comment.clone(),
                base: None,
            };
            let path = format!("site/revisions/{revision}/rollback");
            let made = Client::of(&connection.data)?.post(&path, &body).await?;
            in_force(&made, connection)
        }
        Site::Holidays { file } => holidays(file),
        Site::Defaults { json } => defaults(*json),
    }
}

/// No server is asked: what is printed belongs into site.toml.
fn holidays(file: &Path) -> Result<()> {
    #[derive(serde::Serialize)]
    struct Tables {
        holiday: Vec<site::Holiday>,
    }
    let name = file.display().to_string();
    let holiday = ical::holidays(&name, &read(file)?).map_err(|error| Failure::Mistakes(vec![error]))?;
    print::whole(toml::to_string(&Tables { holiday })?.as_bytes())
}

async fn show(revision: Option<u64>, connection: &Connection) -> Result<()> {
    let name = revision.map_or_else(|| "current".to_owned(), |number| number.to_string());
    let client = Client::of(&connection.data)?;
    let shown: RevisionText = client.get(&format!("site/revisions/{name}")).await?;
    if connection.json {
        return print::json(&shown);
    }
    print::whole(format!("{}\n", shown.text.trim_end()).as_bytes())
}

fn read(file: &Path) -> Result<String> {
    let read = std::fs::read_to_string(file);
    Ok(read.map_err(|source| Failure::Unreadable {
        file: file.display().to_string(),
        source,
    })?)
}

/// A file's text, if it has no mistakes: found here already, so that each names the file as the operator knows it.
pub(super) fn checked(file: &Path) -> Result<String> {
    let name = file.display().to_string();
    let text = read(file)?;
    site::parse::parse(&name, &text, &channels::kinds()).map_err(Failure::Mistakes)?;
    Ok(text)
}

async fn apply(file: &Path, base: u64, comment: &str, connection: &Connection) -> Result<()> {
    let body = NewRevision {
        base,
        comment: comment.to_owned(),
        text: checked(file)?,
    };
    let client = Client::of(&connection.data)?;
    in_force(&client.post("site/revisions", &body).await?, connection)
}

async fn log(connection: &Connection) -> Result<()> {
    let client = Client::of(&connection.data)?;
    let revisions = client.list::<Revision>("site/revisions").await?;
    if connection.json {
        return print::json(&revisions);
    }
    for revision in revisions.items {
        print::line(&format!(
            "{:>4}  {}  {}  {}",
            revision.number, revision.at, revision.author, revision.comment
        ))?;
    }
    Ok(())
}

async fn diff(from: u64, to: u64, connection: &Connection) -> Result<()> {
    let client = Client::of(&connection.data)?;
    let changed: Diff = client
        .get(&format!("site/revisions/{to}/diff?from={from}"))
        .await?;
    if connection.json {
        return print::json(&changed);
    }
    print::line(changed.diff.trim_end())?;
    Ok(())
}

fn in_force(made: &RevisionText, connection: &Connection) -> Result<()> {
    if connection.json {
        return print::json(made);
    }
    print::line(&format!("revision {} is in force", made.revision.number))?;
    for warning in &made.warnings {
        print::line(&format!("warning: {warning}"))?;
    }
    Ok(())
}

fn defaults(as_json: bool) -> Result<()> {
    let rules = site::defaults::built_in();
    if as_json {
        return print::json(&json!({ "items": rules }));
    }
    for rule in rules {
        let priority = format!("{:?}", rule.priority).to_lowercase();
        print::line(&format!("{:<26} {priority:<9} {}", rule.id.as_str(), rule.name))?;
    }
    Ok(())
}
