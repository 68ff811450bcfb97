//! Finds out what a message may say: the room's latest values, the trend, the next limit, who answers. What cannot be found out is left out,
//! so that no message waits for a nicety.

use futures::future::BoxFuture;
use plenum_core::alarms::Subject;
use plenum_core::alarms::forecast::{self, Forecast, Forecaster, Trend};
use plenum_core::site::{Place, Room, Rule, Sensor, Site, effective_rules};
use plenum_core::text::message::{Facts, Focus, Nearby};
use plenum_protocol::{AgentName, Duration, Quantity, Series, Timestamp};

use crate::alarms::Alarms;
use crate::history::{History, HistoryError, Latest};
use crate::intake::Agents;
use crate::notify::FactsSource;
use crate::notify::outbox::Due;

/// More readings than this are not read at once; of a series that is read more often the newest are.
const READINGS: usize = 20_000;
/// An older value is not the room's state any more.
const FRESH: Duration = Duration::from_minutes(3);

/// Facts from the running collector.
pub struct SiteFacts {
    alarms: Alarms,
    history: History,
    agents: Agents,
    base_url: String,
}

impl SiteFacts {
    /// `base_url` is what links begin with.
    pub fn new(alarms: Alarms, history: History, agents: Agents, base_url: &str) -> Self {
        Self {
            alarms,
            history,
            agents,
            base_url: base_url.trim_end_matches('/').to_owned(),
        }
    }

    async fn gather(&self, due: &Due, secret: Option<String>, now: Timestamp) -> Facts {
        let site = self.alarms.site().borrow().clone();
        let rules = effective_rules(&site);
        let alarm = due.alarm.clone();
        let rule = rules.iter().find(|rule| rule.id == alarm.rule);
        let series = match &alarm.subject {
            Subject::Series(series) => Some(series.clone()),
            Subject::Agent(_) | Subject::System(_) => None,
        };
        let sensor = series
            .as_ref()
            .and_then(|series| site.sensor(&series.agent, series.sensor()));
        let room = alarm.room.as_ref().and_then(|room| site.room(room));
        let fresh: Vec<Latest> = self
            .history
            .latest()
            .into_iter()
            .filter(|latest| now.since(latest.at) < FRESH)
            .collect();
        let near: Vec<(&Sensor, &Latest)> = fresh
            .iter()
            .filter_map(|latest| Some((site.sensor(&latest.series.agent, latest.series.sensor())?, latest)))
            .filter(|(sensor, _)| room.is_some_and(|room| sensor.room == room.id))
            .collect();
        let focus = match focus(series.as_ref(), alarm.limit.is_some(), &near) {
            Some((sensor, latest)) => self.focus(&site, &rules, sensor, latest, now).await,
            None => None,
        };
        let agent = match &alarm.subject {
            Subject::Series(series) => Some(series.agent.clone()),
            Subject::Agent(name) => Some(name.clone()),
            Subject::System(_) => None,
        };
        Facts {
            reason: due.reason,
            now,
            zone: (*site.site.zone).clone(),
            room: room.map_or_else(|| site.site.name.clone(), |room| room.name.clone()),
            floor: room.map_or_else(String::new, |room| room.floor.clone()),
            sensor: match (&sensor, &series, &agent) {
                (Some(sensor), _, _) => sensor.name.clone(),
                (None, Some(series), _) => series.sensor().to_string(),
                (None, None, Some(name)) => format!("agent {}", name.agent),
                (None, None, None) => String::new(),
            },
            position: sensor.map_or_else(String::new, |sensor| sensor.position.clone()),
            quantity: series.as_ref().map(Series::quantity),
            cause: rule.map_or_else(String::new, |rule| rule.cause.clone()),
            consequence: rule.map_or_else(String::new, |rule| rule.consequence.clone()),
            response: rule.map_or_else(Vec::new, |rule| rule.response.clone()),
            siblings: siblings(rule, sensor, series.as_ref(), &near),
            nearby: nearby(&near),
            age: series
                .as_ref()
                .and_then(|series| self.history.latest_of(series))
                .map(|(at, _)| now.since(at)),
            answering: answering(&site, room, &near),
            agent: agent.map(|name| (name.agent.to_string(), self.is_online(&name))),
            also: other_channels(&site, due),
            alarm_link: format!("{}/alarms/{}", self.base_url, alarm.id),
            acknowledge_link: secret.map(|secret| format!("{}/a/{secret}", self.base_url)),
            focus,
            alarm,
        }
    }

    fn is_online(&self, agent: &AgentName) -> bool {
        let agents = self.agents.list();
        agents.iter().any(|(name, info)| name == agent && info.online)
    }

    async fn focus(
        &self,
        site: &Site,
        rules: &[Rule],
        sensor: &Sensor,
        latest: &Latest,
        now: Timestamp,
    ) -> Option<Focus> {
        let value = latest.outcome.ok()?;
        let forecaster = forecaster(&self.history, &latest.series, now).await.ok()?;
        let limits = rules.iter().filter(|rule| site.watches(rule, &latest.series));
        let mut ahead: Vec<(f64, Forecast)> = limits
            .filter_map(|rule| rule.when.bound()?.ahead_of(value))
            .filter_map(|limit| Some((limit, forecaster.reaches(limit, now)?)))
            .collect();
        ahead.sort_by(|left, right| left.1.likely.total_cmp(&right.1.likely));
        // The worst limit within the hour: what the woken person has to prevent, not what is passed on the way there.
        let next_limit = ahead.into_iter().rfind(|(_, forecast)| forecast.likely < 60.0);
        Some(Focus {
            sensor: sensor.name.clone(),
            quantity: latest.series.quantity(),
            value,
            trend: forecaster.trend(now),
            next_limit,
        })
    }
}

/// Where a series is going now, for messages and screens alike; none where too little was measured.
pub async fn trend_of(
    history: &History,
    series: &Series,
    now: Timestamp,
) -> Result<Option<Trend>, HistoryError> {
    Ok(forecaster(history, series, now).await?.trend(now))
}

/// What the last hours of a series tell of where it is going.
async fn forecaster(history: &History, series: &Series, now: Timestamp) -> Result<Forecaster, HistoryError> {
    let mut back = forecast::MEMORY;
    loop {
        let found = history
            .readings(series.clone(), now - back, now, READINGS)
            .await?;
        if found.next.is_none() || back <= FRESH {
            return Ok(Forecaster::of(found.points));
        }
        back = Duration::from_milliseconds(back.milliseconds() / 4);
    }
}

impl FactsSource for SiteFacts {
    fn facts<'a>(&'a self, due: &'a Due, secret: Option<String>, now: Timestamp) -> BoxFuture<'a, Facts> {
        Box::pin(self.gather(due, secret, now))
    }
}

/// How many of the room's sensors answer, of how many.
fn answering(site: &Site, room: Option<&Room>, near: &[(&Sensor, &Latest)]) -> Option<(usize, usize)> {
    let of_room = |sensor: &&Sensor| room.is_some_and(|room| sensor.room == room.id);
    let total = site.sensors.iter().filter(of_room).count();
    let mut answering: Vec<_> = near
        .iter()
        .filter(|(_, latest)| latest.outcome.is_ok())
        .map(|(sensor, _)| (&sensor.agent, &sensor.id))
        .collect();
    answering.sort();
    answering.dedup();
    (total > 0).then_some((answering.len(), total))
}

/// The other channels that the alarm's priority goes over.
fn other_channels(site: &Site, due: &Due) -> Vec<String> {
    site.channels
        .iter()
        .filter(|channel| channel.id.as_str() != due.channel)
        .filter(|channel| channel.takes(due.alarm.priority))
        .map(|channel| channel.id.to_string())
        .collect()
}

/// The alarm's own value where it has a limit; the room's hottest inlet where it is about cooling.
fn focus<'a>(
    series: Option<&Series>,
    has_limit: bool,
    near: &[(&'a Sensor, &'a Latest)],
) -> Option<(&'a Sensor, &'a Latest)> {
    let series = series?;
    if has_limit {
        return near.iter().find(|(_, latest)| latest.series == *series).copied();
    }
    if !matches!(
        series.quantity(),
        Quantity::CoolingFault | Quantity::CoolingRunning | Quantity::MainsPresent
    ) {
        return None;
    }
    let inlets = near.iter().filter(|(sensor, latest)| {
        sensor.place == Place::Inlet && latest.series.quantity() == Quantity::Temperature
    });
    let value = |latest: &Latest| latest.outcome.unwrap_or(f64::MIN);
    inlets
        .max_by(|left, right| value(left.1).total_cmp(&value(right.1)))
        .copied()
}

/// How many sensors of the same place are beyond the rule's limit, of how many.
fn siblings(
    rule: Option<&Rule>,
    sensor: Option<&Sensor>,
    series: Option<&Series>,
    near: &[(&Sensor, &Latest)],
) -> Option<(usize, usize)> {
    let (rule, sensor, series) = (rule?, sensor?, series?);
    let alike: Vec<f64> = near
        .iter()
        .filter(|(other, latest)| {
            other.place == sensor.place && latest.series.quantity() == series.quantity()
        })
        .filter_map(|(_, latest)| latest.outcome.ok())
        .collect();
    let bound = rule.when.bound().filter(|bound| bound.limit().is_some())?;
    let beyond = alike.iter().filter(|value| bound.is_passed(**value));
    Some((beyond.count(), alike.len()))
}

/// What is fresh and good in the room.
fn nearby(near: &[(&Sensor, &Latest)]) -> Vec<Nearby> {
    let good = near.iter().filter_map(|(sensor, latest)| {
        Some(Nearby {
            sensor: sensor.name.clone(),
            quantity: latest.series.quantity(),
            value: latest.outcome.ok()?,
        })
    });
    good.collect()
}
