//! `plenum drill`: begins a drill of the alarm chain and waits for what becomes of it; or lists those of the site.

use anyhow::{Result, anyhow};
use plenum_core::text::foreign;
use plenum_dashboard::view::{Drill, DrillRun, DrillState, List};
use plenum_link::SystemClock;
use plenum_protocol::Duration;

use crate::cli::{Connection, DrillOf};
use crate::client::Client;
use crate::print;

/// How often is asked what has become of it.
const EVERY: Duration = Duration::from_seconds(1);

pub(crate) async fn run(arguments: &DrillOf) -> Result<()> {
    match &arguments.drill {
        Some(id) => hold(id.as_str(), arguments).await,
        None => list(&arguments.connection).await,
    }
}

async fn list(connection: &Connection) -> Result<()> {
    let drills = Client::of(&connection.data)?.list::<Drill>("drills").await?;
    if connection.json {
        return print::json(&drills);
    }
    if drills.items.is_empty() {
        return print::line("the site has no [[drill]]");
    }
    for drill in &drills.items {
        print::line(&planned(drill))?;
        for run in &drill.runs {
            print::line(&format!("    {}", line(run)))?;
        }
    }
    Ok(())
}

async fn hold(id: &str, arguments: &DrillOf) -> Result<()> {
    let (connection, clock) = (&arguments.connection, SystemClock::shared());
    let client = Client::of(&connection.data)?;
    let mut run: DrillRun = client.post(&format!("drills/{id}/start"), &()).await?;
    let mut told = 0;
    loop {
        if !connection.json {
            for leg in run.legs.iter().skip(told) {
                print::line(&leg_line(leg))?;
            }
            told = told.max(run.legs.len());
        }
        // It ends after it broke off; what that was is known by then.
        let is_over = run.state != DrillState::Running;
        if is_over || arguments.no_wait {
            break;
        }
        clock.sleep(EVERY).await;
        let drills: List<Drill> = client.list("drills").await?;
        let mut runs = drills.items.into_iter().flat_map(|drill| drill.runs);
        if let Some(now) = runs.find(|one| one.number == run.number) {
            run = now;
        }
    }
    match (connection.json, &run.said) {
        (true, _) => print::json(&run)?,
        (false, None) => print::line(&line(&run))?,
        // It is said as what went wrong.
        (false, Some(_)) => {}
    }
    match run.said {
        Some(said) => Err(anyhow!("the drill failed: {said}")),
        None => Ok(()),
    }
}

fn planned(drill: &Drill) -> String {
    let when = match (&drill.when, drill.next_at) {
        (Some(when), Some(next)) => format!("{when}, next {next}"),
        _ if drill.in_site => "when somebody begins it".to_owned(),
        _ => "not in the site any more".to_owned(),
    };
    foreign::on_one_line(&format!("{}  by {}  {when}", drill.id, drill.agent))
}

fn line(run: &DrillRun) -> String {
    let lasted = run.legs.last().map(|leg| format!("  {:.1} s", leg.after_s));
    let said = run.said.as_ref().map(|said| format!("  {said}"));
    foreign::on_one_line(&format!(
        "{:>6}  {}  {}{}{}",
        run.number,
        run.began_at,
        run.state,
        lasted.unwrap_or_default(),
        said.unwrap_or_default()
    ))
}

fn leg_line(leg: &plenum_dashboard::view::DrillLeg) -> String {
    let who = leg.who.as_ref().map(|who| format!("  {who}"));
    let channel = leg.channel.as_ref().map(|channel| format!(" over {channel}"));
    foreign::on_one_line(&format!(
        "{:>9.3} s  {}{}{}",
        leg.after_s,
        leg.leg,
        who.unwrap_or_default(),
        channel.unwrap_or_default()
    ))
}
