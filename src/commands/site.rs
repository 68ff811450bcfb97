//! `plenum site`: revisions of the site's configuration, by way of the running server.

use anyhow::Result;
use plenum_collector::site;
use serde_json::json;

use crate::cli::Site;
use crate::client::Client;
use crate::failure::Failure;
use crate::print;

pub(crate) async fn run(command: &Site) -> Result<()> {
    match command {
        Site::Show { revision, connection } => {
            let client = Client::of(&connection.data)?;
            let name = revision.map_or_else(|| "current".to_owned(), |number| number.to_string());
            let answer = client.get(&format!("site/revisions/{name}")).await?;
            if connection.json {
                return print::json(&answer);
            }
            print::line(answer["text"].as_str().unwrap_or_default().trim_end());
        }
        Site::Apply {
            file,
            base,
            comment,
            connection,
        } => {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(file).map_err(|source| Failure::Unreadable {
                file: name.clone(),
                source,
            })?;
            // Checked here already, so that the error names the file as the operator knows it.
            if let Err(errors) = site::parse::parse(&name, &text) {
                return Err(Failure::Mistakes(errors).into());
            }
            let body = json!({"base": base, "comment": comment, "text": text});
            let answer = Client::of(&connection.data)?
                .post("site/revisions", &body)
                .await?;
            applied(connection.json, &answer)?;
        }
        Site::Log { connection } => {
            let answer = Client::of(&connection.data)?.get("site/revisions").await?;
            if connection.json {
                return print::json(&answer);
            }
            for revision in answer["items"].as_array().map_or(&[][..], Vec::as_slice) {
                let text = |key: &str| revision[key].as_str().unwrap_or_default();
                print::line(&format!(
                    "{:>4}  {}  {}  {}",
                    revision["number"],
                    text("at"),
                    text("author"),
                    text("comment")
                ));
            }
        }
        Site::Diff { from, to, connection } => {
            let answer = Client::of(&connection.data)?
                .get(&format!("site/revisions/{to}/diff?from={from}"))
                .await?;
            if connection.json {
                return print::json(&answer);
            }
            print::line(answer["diff"].as_str().unwrap_or_default().trim_end());
        }
        Site::Rollback {
            revision,
            comment,
            connection,
        } => {
            let path = format!("site/revisions/{revision}/rollback");
            let answer = Client::of(&connection.data)?
                .post(&path, &json!({"comment": comment}))
                .await?;
            applied(connection.json, &answer)?;
        }
        Site::Defaults { json: true } => print::json(&json!({"items": site::defaults::built_in()}))?,
        Site::Defaults { json: false } => {
            for rule in site::defaults::built_in() {
                let priority = format!("{:?}", rule.priority).to_lowercase();
                print::line(&format!("{:<26} {priority:<9} {}", rule.id.as_str(), rule.name));
            }
        }
    }
    Ok(())
}

fn applied(as_json: bool, answer: &serde_json::Value) -> Result<()> {
    if as_json {
        return print::json(answer);
    }
    print::line(&format!("revision {} is in force", answer["number"]));
    Ok(())
}
