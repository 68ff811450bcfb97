//! What would keep an alarm from coming again and again, from its log and its readings.

use plenum_core::alarms::figures::{self, Burst, Evidence, Proposal};
use plenum_core::alarms::{Alarm, Subject};
use plenum_core::site::{Rule, Site, effective_rules};
use plenum_protocol::{Duration, Timestamp};

use crate::alarms::Alarms;
use crate::history::{History, HistoryError};

/// Readings of a burst at most.
const READINGS: usize = 20_000;

/// What would have helped against a burst of an alarm, as far as anything would by the rule as it is now.
pub async fn proposal(
    alarms: &Alarms,
    history: &History,
    site: &Site,
    alarm: &Alarm,
    burst: Burst,
) -> Result<Option<Proposal>, HistoryError> {
    let Some(rule) = rule_of(site, alarm) else {
        return Ok(None);
    };
    let after = burst.until + Duration::from_milliseconds(1);
    let episodes = alarms.episodes_of(alarm.id, burst.since, after).await?;
    let values = match &alarm.subject {
        Subject::Series(series) => {
            let readings = history.readings(series.clone(), burst.since, after, READINGS);
            // Without the values there are still the delays.
            readings.await.map(|readings| readings.points).unwrap_or_default()
        }
        Subject::Agent(_) | Subject::System(_) => Vec::new(),
    };
    Ok(figures::propose(&Evidence {
        rule: &rule,
        subject: &alarm.subject,
        burst,
        episodes: &episodes,
        values: &values,
    }))
}

/// The same of the worst burst since an instant.
pub async fn proposal_since(
    alarms: &Alarms,
    history: &History,
    site: &Site,
    alarm: &Alarm,
    (since, now): (Timestamp, Timestamp),
) -> Result<Option<Proposal>, HistoryError> {
    if alarm.latched {
        return Ok(None);
    }
    let episodes = alarms.episodes_of(alarm.id, since, now).await?;
    match figures::worst(&episodes) {
        Some(burst) => proposal(alarms, history, site, alarm, burst).await,
        None => Ok(None),
    }
}

fn rule_of(site: &Site, alarm: &Alarm) -> Option<Rule> {
    effective_rules(site)
        .into_iter()
        .find(|rule| rule.id == alarm.rule)
}
