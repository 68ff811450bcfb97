//! `plenum alarms`: what is not normal, as lines.

use anyhow::Result;
use plenum_dashboard::view::{Alarm, AlarmFilter};

use crate::cli::Alarms;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(arguments: &Alarms) -> Result<()> {
    let state = match arguments.all {
        true => AlarmFilter::All,
        false => AlarmFilter::Open,
    };
    let client = Client::of(&arguments.connection.data)?;
    let alarms = client.list::<Alarm>(&format!("alarms?state={state}")).await?;
    if arguments.connection.json {
        return print::json(&alarms);
    }
    if alarms.items.is_empty() {
        print::line("no alarms")?;
    }
    alarms
        .items
        .iter()
        .try_for_each(|alarm| print::line(&line(alarm)))
}

fn line(alarm: &Alarm) -> String {
    let holder = alarm.acknowledged.as_ref();
    let holder = holder.map_or_else(String::new, |who| format!("; {} has it", who.by));
    format!(
        "{:>6}  {:<8}  {}  since {}  {}{holder}",
        alarm.id,
        alarm.priority.as_str().to_uppercase(),
        alarm.state,
        alarm.raised_at,
        alarm.message
    )
}
