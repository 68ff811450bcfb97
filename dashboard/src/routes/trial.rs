//! A revision of the site's configuration tried on the past: one at a time, stopped when nobody waits for it any more.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::notify::channels;
use plenum_collector::trials::{self, TrialError};
use plenum_core::alarms::Subject;
use plenum_core::site::{self, Priority, Site};
use plenum_core::text::rules::Translator;
use plenum_core::trial::{Difference, IN_FORCE, RuleCounts, Side, TRIED};
use plenum_protocol::{Duration, Timestamp};

use crate::extract::Body;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{
    NewTrial, Trial, TrialDifference, TrialProgress, TrialRule, TrialShort, TrialSide, TrialWoken, Unit,
};

/// What is meant where no period is given.
const USUAL: Duration = Duration::from_hours(24 * 30);

/// Tries a whole `site.toml` on the past.
#[utoipa::path(post, path = "/api/v1/site/try", tag = "site", request_body = NewTrial,
    responses((status = 200, body = Trial),
        (status = 422, description = "The text is wrong (each error with its line), the period is, or it would have raised too many alarms."),
        (status = 503, description = "Another revision is being tried.")))]
pub(crate) async fn try_out(
    State(dashboard): State<Arc<Dashboard>>,
    Body(body): Body<NewTrial>,
) -> Result<axum::Json<Trial>, Problem> {
    let parsed = site::parse::parse("site.toml", &body.text, &channels::kinds());
    let parsed = parsed.map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Problem::unprocessable(lines.join("\n"))
    })?;
    let now = dashboard.clock.now();
    let period = period(&body, now)?;
    let (tried, in_force) = (Arc::new(parsed.site), dashboard.collector.site());
    let revision = dashboard.collector.current_revision().await?;
    let trial = dashboard.trials.run(tried.clone(), in_force.clone(), period, now);
    let trial = trial.await?;
    let warnings = parsed.warnings.iter().map(ToString::to_string).collect();
    Ok(axum::Json(view(trial, [&tried, &in_force], revision, warnings)))
}

/// Whether a revision is being tried, and how far that is.
#[utoipa::path(get, path = "/api/v1/site/try", tag = "site", responses((status = 200, body = TrialProgress)))]
pub(crate) async fn get_progress(State(dashboard): State<Arc<Dashboard>>) -> axum::Json<TrialProgress> {
    let percent = dashboard.trials.progress();
    axum::Json(TrialProgress { percent })
}

fn period(body: &NewTrial, now: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
    if body.from.is_some() && body.last.is_some() {
        let why = "`from` and `last` both say where the period begins; send one of them";
        return Err(Problem::unprocessable(why));
    }
    let to = body.to.unwrap_or(now);
    let from = body.from.unwrap_or(to - body.last.unwrap_or(USUAL));
    Ok((from, to))
}

impl From<TrialError> for Problem {
    fn from(error: TrialError) -> Self {
        match error {
            TrialError::Busy(_) => Self::busy(error.to_string()),
            TrialError::Period | TrialError::TooMany { .. } => Self::unprocessable(error.to_string()),
            TrialError::History(error) => error.into(),
            TrialError::Database(error) => error.into(),
            TrialError::Aborted => Self::internal(&error),
        }
    }
}

fn view(trial: trials::Trial, sites: [&Site; 2], revision: u64, warnings: Vec<String>) -> Trial {
    let comparison = trial.comparison;
    let [tried, in_force] = comparison.sides.map(side);
    let woken = comparison.night.into_iter().map(|one| TrialWoken {
        person: one.person,
        name: one.name,
        tried: one.alarms[TRIED],
        in_force: one.alarms[IN_FORCE],
    });
    let language = sites[TRIED].site.language;
    let name = |rule: &str, name: &str| Translator::of(rule, language).name(name);
    let short = trial.short.iter().map(|rule| TrialShort {
        name: name(rule.id.as_str(), &rule.name),
        rule: rule.id.clone(),
    });
    Trial {
        from: trial.period.0,
        to: trial.period.1,
        revision,
        history_from: trial.begins,
        series: trial.series as u64,
        readings: trial.readings,
        damaged: trial.damaged,
        seconds: trial.seconds,
        tried,
        in_force,
        rules: comparison.rules.into_iter().map(|one| rule(one, &name)).collect(),
        woken: woken.collect(),
        short: short.collect(),
        differences: comparison
            .differences
            .into_iter()
            .map(|one| difference(one, sites, &name))
            .collect(),
        warnings,
    }
}

fn side(side: Side) -> TrialSide {
    let [critical, high, medium, low] = side.by_priority;
    TrialSide {
        alarms: side.alarms,
        critical,
        high,
        medium,
        low,
        stood_before: side.stood_before,
        at_night: side.at_night,
        only_here: side.only_here,
        mean: side.load.mean,
        peak: side.load.peak,
        peak_at: side.load.peak_at,
        floods: side.load.floods,
    }
}

fn rule(counts: RuleCounts, name: &impl Fn(&str, &str) -> String) -> TrialRule {
    let of_side = |side: usize| counts.priorities[side].map(|_| counts.alarms[side]);
    let [tried, in_force] = counts.priorities;
    TrialRule {
        name: name(counts.rule.as_str(), &counts.name),
        tried: of_side(TRIED),
        in_force: of_side(IN_FORCE),
        priority: tried.or(in_force).unwrap_or(Priority::Low).into(),
        rule: counts.rule,
    }
}

fn difference(one: Difference, sites: [&Site; 2], name: &impl Fn(&str, &str) -> String) -> TrialDifference {
    let (alarm, site) = (one.alarm, sites[one.side]);
    let (series, subject) = match alarm.subject {
        Subject::Series(series) => (Some(series.clone()), series.to_string()),
        Subject::Agent(agent) => (None, agent.to_string()),
        Subject::System(word) => (None, word),
    };
    let sensor = series
        .as_ref()
        .and_then(|series| site.sensor(&series.agent, series.sensor()));
    let room = alarm.room.as_ref().and_then(|room| site.room(room));
    TrialDifference {
        tried: one.side == TRIED,
        rule: alarm.rule.id.clone(),
        name: name(alarm.rule.id.as_str(), &alarm.rule.name),
        priority: alarm.rule.priority.into(),
        sensor_name: sensor.map(|sensor| sensor.name.clone()),
        room_name: room.map(|room| room.name.clone()),
        unit: series.as_ref().map(|series| Unit::of(series.quantity())),
        series,
        subject,
        room: alarm.room,
        from: alarm.stood.from,
        to: alarm.stood.to,
        seconds: one.lasted.seconds(),
        worst: alarm.stood.worst,
    }
}
