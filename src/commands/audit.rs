//! `plenum audit`: who did, read or was refused what, and whether the log is as it was written.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use plenum_collector::audit::{PublicKey, Verifier};
use plenum_core::text::foreign;
use plenum_dashboard::view::{AuditKind, AuditLine, List, Seen};
use plenum_protocol::Timestamp;
use serde_json::json;

use crate::cli::Connection;
use crate::cli::audit::{Audit, Format};
use crate::client::Client;
use crate::print;

pub(crate) async fn run(command: &Audit) -> Result<()> {
    match command {
        Audit::List { limit, connection } => list(*limit, connection).await,
        Audit::Seen {
            from,
            to,
            person,
            connection,
        } => seen((*from, *to), person.as_deref(), connection).await,
        Audit::Export { format, connection } => {
            let format = match format {
                Format::Json => "json",
                Format::Syslog => "syslog",
            };
            let export = export(connection, format).await?;
            Ok(std::io::stdout().lock().write_all(&export)?)
        }
        Audit::Verify {
            file,
            key,
            connection,
        } => verify(file.as_deref(), *key, connection).await,
    }
}

async fn list(limit: u64, connection: &Connection) -> Result<()> {
    let client = Client::of(&connection.data)?;
    let lines: List<AuditLine> = client
        .get_with("audit", &[("limit", limit.min(1_000).to_string())])
        .await?;
    if connection.json {
        return print::json(&lines);
    }
    if lines.items.is_empty() {
        print::line("nothing is written down yet")?;
    }
    let mut lines = lines.items.iter().map(line);
    lines.try_for_each(|line| print::line(&line))
}

async fn seen(
    (from, to): (Timestamp, Timestamp),
    person: Option<&str>,
    connection: &Connection,
) -> Result<()> {
    let client = Client::of(&connection.data)?;
    let mut query = vec![("from", from.to_string()), ("to", to.to_string())];
    if let Some(name) = person {
        let number = super::user::find(&client, name).await?.number;
        query.push(("person", number.to_string()));
    }
    let seen: Seen = client.get_with("audit/seen", &query).await?;
    if connection.json {
        return print::json(&seen);
    }
    if seen.lines.is_empty() {
        print::line("nothing that showed people is written down for this period")?;
    }
    seen.lines.iter().try_for_each(|one| print::line(&line(one)))?;
    print::line("what this cannot know:")?;
    let mut unknown = seen.unknown.iter();
    unknown.try_for_each(|unknown| print::line(&format!("  {unknown}")))
}

fn line(line: &AuditLine) -> String {
    let who = match (&line.who.name, line.who.number) {
        (Some(name), _) => name.clone(),
        (None, Some(number)) => format!("{} {number}", line.who.kind),
        (None, None) if line.who.kind == AuditKind::Monitor => "plenum".to_owned(),
        (None, None) => "somebody unknown".to_owned(),
    };
    let on = match (line.name.as_ref().or(line.why.as_ref()), line.on.as_str()) {
        (_, "") => String::new(),
        (Some(name), on) => format!(", {name} ({on})"),
        (None, on) => format!(", {on}"),
    };
    let from = line
        .from
        .as_ref()
        .map(|from| format!(" from {from}"))
        .unwrap_or_default();
    let times = if line.times > 1 {
        format!(", {} times", line.times)
    } else {
        String::new()
    };
    let (number, at, says, ended) = (line.number, line.at, &line.says, &line.ended);
    // An earlier program wrote down what somebody asked for as they wrote it.
    foreign::on_one_line(&format!(
        "{number:>6}  {at}  {who}{from}: {says}{on}: {ended}{times}"
    ))
}

async fn export(connection: &Connection, format: &str) -> Result<Vec<u8>> {
    let client = Client::of(&connection.data)?;
    client
        .document("audit/export", &[("format", format.to_owned())])
        .await
}

/// The file beside the database with the newest checkpoint, and the one with the key.
fn beside(connection: &Connection, name: &str) -> Result<String> {
    let path = connection.data.path()?.join(name);
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

async fn verify(file: Option<&Path>, key: Option<PublicKey>, connection: &Connection) -> Result<()> {
    let mut verifier = Verifier::default();
    if file.is_none()
        && let Ok(head) = beside(connection, "audit.head")
    {
        verifier.witness(&head);
    }
    let export = match file {
        Some(file) => std::fs::read(file).with_context(|| file.display().to_string())?,
        None => export(connection, "json").await?,
    };
    String::from_utf8_lossy(&export)
        .lines()
        .for_each(|line| verifier.take(line));
    let key = match key {
        Some(key) => key,
        None => beside(connection, "audit.pub")?.parse()?,
    };
    let lines = verifier.lines();
    let flaws: Vec<String> = verifier.finish(&key).iter().map(ToString::to_string).collect();
    if connection.json {
        print::json(&json!({"lines": lines, "flaws": flaws}))?;
    } else if flaws.is_empty() {
        print::line(&format!(
            "{lines} lines, all as they were written, signed with {key}"
        ))?;
    } else {
        flaws.iter().try_for_each(|flaw| print::line(flaw))?;
    }
    match flaws.len() {
        0 => Ok(()),
        1 => anyhow::bail!("the audit log is not as it was written"),
        flaws => {
            anyhow::bail!("the audit log is not as it was written, in {flaws} ways")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_asked_for_makes_no_line_of_its_own() {
        let written: AuditLine = serde_json::from_value(json!({
            "number": 7, "at": "2026-06-18T01:12:05Z", "who": {"kind": "program", "number": 3, "name": "job"}, "from": "192.0.2.7",
            "deed": "begin-drill", "says": "begin a drill", "on": "x\n     8  2026-06-18T01:12:06Z  anna: log in: done\u{202e}", "name": null, "why": null,
            "ending": "refused", "ended": "refused", "status": 403, "times": 1,
        }))
        .unwrap();
        let line = line(&written);
        assert!(
            line.starts_with("     7  2026-06-18") && line.ends_with(": refused"),
            "{line}"
        );
        assert!(!line.contains(['\n', '\u{202e}']), "{line}");
    }
}
