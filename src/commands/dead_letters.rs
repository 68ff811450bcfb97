//! `plenum dead-letters`: what could not be read, and trying again.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::DeadLetters;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(command: &DeadLetters) -> Result<()> {
    match command {
        DeadLetters::List { connection } => {
            let answer = Client::of(&connection.data)?.get("dead-letters").await?;
            if connection.json {
                return print::json(&answer);
            }
            let letters = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
            if letters.is_empty() {
                print::line("no dead letters");
            }
            for letter in letters {
                let text = |key: &str| letter[key].as_str().unwrap_or_default();
                print::line(&format!(
                    "{:>6}  {}  {}  {}",
                    letter["id"],
                    text("received"),
                    text("topic"),
                    text("reason")
                ));
            }
            Ok(())
        }
        DeadLetters::Retry { connection } => {
            let answer = Client::of(&connection.data)?
                .post("dead-letters/retry", &json!({}))
                .await?;
            if connection.json {
                return print::json(&answer);
            }
            let count = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
            print::line(&format!(
                "{} readings stored, {} messages left",
                count("readings"),
                count("left")
            ));
            Ok(())
        }
    }
}
