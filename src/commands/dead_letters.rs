//! `plenum dead-letters`: what could not be read, and trying again.

use anyhow::Result;
use plenum_core::text::foreign;
use plenum_dashboard::view::{DeadLetter, Retried};
use serde_json::json;

use crate::cli::DeadLetters;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(command: &DeadLetters) -> Result<()> {
    match command {
        DeadLetters::List { connection } => {
            let letters = Client::of(&connection.data)?
                .list::<DeadLetter>("dead-letters")
                .await?;
            if connection.json {
                return print::json(&letters);
            }
            if letters.items.is_empty() {
                print::line("no dead letters")?;
            }
            for letter in letters.items {
                let (id, received, topic, reason) = (letter.id, letter.received, letter.topic, letter.reason);
                print::line(&foreign::on_one_line(&format!(
                    "{id:>6}  {received}  {topic}  {reason}"
                )))?;
            }
        }
        DeadLetters::Retry { connection } => {
            let client = Client::of(&connection.data)?;
            let retried: Retried = client.post("dead-letters/retry", &json!({})).await?;
            if connection.json {
                return print::json(&retried);
            }
            print::line(&format!(
                "{} readings stored, {} messages left",
                retried.readings, retried.left
            ))?;
        }
    }
    Ok(())
}
