//! `plenum alarms`: what is not normal, as lines; and what a person lays over an alarm.

use anyhow::Result;
use plenum_core::text::foreign;
use plenum_dashboard::view::{Alarm, AlarmFilter, Comment, Figures, Shelve, TakeOutOfService};
use plenum_link::SystemClock;
use plenum_protocol::{Duration, Timestamp};
use serde::Serialize;

use crate::cli::{AlarmAct, Alarms, Connection};
use crate::client::Client;
use crate::print;

pub(crate) async fn run(arguments: &Alarms) -> Result<()> {
    match &arguments.act {
        Some(act) => do_it(act).await,
        None => list(arguments).await,
    }
}

async fn list(arguments: &Alarms) -> Result<()> {
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

async fn do_it(act: &AlarmAct) -> Result<()> {
    match act {
        AlarmAct::Shelve {
            alarm,
            duration,
            reason,
            connection,
        } => {
            let (until, reason) = (after(*duration), reason.clone());
            post(connection, *alarm, "shelve", &Shelve { until, reason }).await
        }
        AlarmAct::OutOfService {
            alarm,
            review,
            reason,
            connection,
        } => {
            let (until, reason) = (after(*review), reason.clone());
            let body = TakeOutOfService { until, reason };
            post(connection, *alarm, "out-of-service", &body).await
        }
        AlarmAct::Figures {
            month,
            from,
            to,
            language,
            connection,
        } => {
            let instant = |instant: &Option<Timestamp>| instant.map(|at| at.milliseconds().to_string());
            let asked = [
                ("month", month.clone()),
                ("from", instant(from)),
                ("to", instant(to)),
                ("language", language.clone()),
            ];
            let asked = asked.into_iter().filter_map(|(key, value)| Some((key, value?)));
            figures(connection, asked.collect()).await
        }
        AlarmAct::Unshelve {
            alarm,
            comment,
            connection,
        } => post(connection, *alarm, "unshelve", &remark(comment)).await,
        AlarmAct::ReturnToService {
            alarm,
            comment,
            connection,
        } => post(connection, *alarm, "return-to-service", &remark(comment)).await,
    }
}

async fn figures(connection: &Connection, mut asked: Vec<(&str, String)>) -> Result<()> {
    let client = Client::of(&connection.data)?;
    if connection.json {
        let figures: Figures = client.get_with("alarms/figures", &asked).await?;
        return print::json(&figures);
    }
    asked.push(("format", "text".to_owned()));
    print::whole(&client.document("alarms/figures", &asked).await?)
}

fn after(duration: Duration) -> Timestamp {
    SystemClock::shared().now() + duration
}

fn remark(comment: &str) -> Comment {
    Comment {
        comment: comment.to_owned(),
    }
}

async fn post(connection: &Connection, alarm: u64, what: &str, body: &impl Serialize) -> Result<()> {
    let client = Client::of(&connection.data)?;
    let alarm: Alarm = client.post(&format!("alarms/{alarm}/{what}"), body).await?;
    match connection.json {
        true => print::json(&alarm),
        false => print::line(&line(&alarm)),
    }
}

fn line(alarm: &Alarm) -> String {
    let holder = alarm.acknowledged.as_ref();
    let holder = holder.map_or_else(String::new, |who| format!("; {} has it", who.by));
    let shelved = alarm.shelved.as_ref().map(|shelved| {
        let (by, until, reason) = (&shelved.by, shelved.until, &shelved.reason);
        format!("; shelved by {by} until {until}: {reason}")
    });
    let out = alarm.out_of_service.as_ref().map(|out| {
        let (by, review, reason) = (&out.by, out.review, &out.reason);
        let due = if out.review_due { ", which is due" } else { "" };
        format!("; out of service by {by}, review {review}{due}: {reason}")
    });
    let other = alarm
        .suppressed_by
        .map(|other| format!("; alarm {other} stands for it"));
    let over = shelved.or(out).or(other).unwrap_or_default();
    // A reason is somebody's own words, and makes no line of its own.
    foreign::on_one_line(&format!(
        "{:>6}  {:<8}  {}  since {}  {}{holder}{over}",
        alarm.id,
        alarm.priority.as_str().to_uppercase(),
        alarm.state,
        alarm.raised_at,
        alarm.message
    ))
}
