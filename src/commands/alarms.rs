//! `plenum alarms`: what is not normal, as lines.

use anyhow::Result;
use serde_json::Value;

use crate::cli::Alarms;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(arguments: &Alarms) -> Result<()> {
    let state = if arguments.all { "all" } else { "open" };
    let answer = Client::of(&arguments.connection.data)?
        .get(&format!("alarms?state={state}"))
        .await?;
    if arguments.connection.json {
        return print::json(&answer);
    }
    let alarms = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
    if alarms.is_empty() {
        print::line("no alarms");
    }
    for alarm in alarms {
        let text = |key: &str| alarm[key].as_str().unwrap_or_default().to_owned();
        let id = alarm["id"].as_u64().unwrap_or_default();
        let holder = match &alarm["acknowledged"] {
            Value::Object(who) => format!("; {} has it", who["by"].as_str().unwrap_or_default()),
            _ => String::new(),
        };
        let (priority, since) = (text("priority").to_uppercase(), text("raised_at"));
        print::line(&format!(
            "{id:>6}  {priority:<8}  {}  since {since}  {}{holder}",
            text("state"),
            text("message")
        ));
    }
    Ok(())
}
