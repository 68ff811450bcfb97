//! `plenum site try`: what a file would have raised beside the revision in force.

use std::io::Write;
use std::path::Path;
use std::time::Duration as Wait;

use anyhow::Result;
use plenum_dashboard::view::{NewTrial, Trial, TrialDifference, TrialProgress, TrialSide};
use plenum_link::SystemClock;
use plenum_protocol::{Clock, Duration, Timestamp};

use super::site::checked;
use crate::cli::Connection;
use crate::client::Client;
use crate::print;

/// How often is asked how far it is.
const EVERY: Duration = Duration::from_seconds(1);
/// How long it may take: a year of a large site.
const LONGEST: Wait = Wait::from_secs(600);

/// Which past.
pub(super) struct Period {
    pub(super) last: Option<Duration>,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

pub(super) async fn run(file: &Path, period: Period, connection: &Connection) -> Result<()> {
    let body = NewTrial {
        text: checked(file)?,
        from: period.from,
        to: period.to,
        last: period.last,
    };
    let client = Client::of(&connection.data)?;
    let asked = client.post_for::<Trial>("site/try", &body, LONGEST);
    let trial = tokio::select! {
        trial = asked => trial?,
        never = progress(&client) => match never {},
    };
    if connection.json {
        return print::json(&trial);
    }
    lines(&trial).iter().try_for_each(|line| print::line(line))
}

/// Says on the error output how far it is, for as long as it is waited for.
async fn progress(client: &Client) -> std::convert::Infallible {
    loop {
        SystemClock.sleep(EVERY).await;
        if let Ok(TrialProgress {
            percent: Some(percent),
        }) = client.get("site/try").await
        {
            // Without anyone who reads it there is nothing to be done.
            let _ = writeln!(std::io::stderr(), "{percent} %");
        }
    }
}

fn lines(trial: &Trial) -> Vec<String> {
    let mut lines = vec![format!(
        "{} to {}: {} readings of {} series in {:.1} s, beside revision {}",
        trial.from, trial.to, trial.readings, trial.series, trial.seconds, trial.revision
    )];
    lines.extend(trial.warnings.iter().map(|warning| format!("warning: {warning}")));
    if let Some(begins) = trial.history_from.filter(|begins| *begins > trial.from) {
        lines.push(format!("the history begins at {begins}"));
    }
    if trial.damaged > 0 {
        lines.push(format!("{} stretches of six hours cannot be read", trial.damaged));
    }
    for rule in &trial.short {
        lines.push(format!(
            "rule `{}` looks further back than the history reaches: not all is known of what it would have raised",
            rule.rule
        ));
    }
    lines.push(String::new());
    lines.push(format!("{:<34}{:>9}{:>10}", "", "this file", "in force"));
    lines.extend(sides(&trial.tried, &trial.in_force));
    for one in &trial.woken {
        let about = format!("  {} woken", one.name);
        lines.push(row(&about, one.tried, one.in_force));
    }
    if !trial.rules.is_empty() {
        lines.push(String::new());
        lines.push("alarms by rule".to_owned());
    }
    for rule in &trial.rules {
        let count = |count: Option<u32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let about = format!("  {} ({})", rule.rule, rule.priority);
        lines.push(row(&about, count(rule.tried), count(rule.in_force)));
    }
    if !trial.differences.is_empty() {
        lines.push(String::new());
        lines.push("the longest that only one of them raises".to_owned());
    }
    lines.extend(trial.differences.iter().map(difference));
    lines
}

fn row(about: &str, tried: impl ToString, in_force: impl ToString) -> String {
    format!("{about:<34}{:>9}{:>10}", tried.to_string(), in_force.to_string())
}

fn sides(tried: &TrialSide, in_force: &TrialSide) -> Vec<String> {
    let of_both = |about: &str, of: fn(&TrialSide) -> u32| row(about, of(tried), of(in_force));
    vec![
        of_both("alarms", |side| side.alarms),
        of_both("  critical", |side| side.critical),
        of_both("  high", |side| side.high),
        of_both("  medium", |side| side.medium),
        of_both("  low", |side| side.low),
        of_both("only here", |side| side.only_here),
        of_both("standing before", |side| side.stood_before),
        row(
            "in ten minutes, for each operator",
            format!("{:.3}", tried.mean),
            format!("{:.3}", in_force.mean),
        ),
        of_both("in ten minutes, at most", |side| side.peak),
        of_both("floods", |side| side.floods),
        of_both("critical and high told at night", |side| side.at_night),
    ]
}

fn difference(one: &TrialDifference) -> String {
    let side = if one.tried { "this file" } else { "in force" };
    let to = one.to.map_or_else(|| "now".to_owned(), |to| to.to_string());
    let worst = one.worst.map_or_else(String::new, |worst| {
        let unit = one.unit.map_or("", |unit| unit.as_str());
        format!(", at worst {worst} {unit}")
    });
    format!(
        "  {side}: {} {} from {} to {to} ({:.0} min{worst})",
        one.rule,
        one.subject,
        one.from,
        one.seconds / 60.0
    )
}
