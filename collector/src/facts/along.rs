//! What else of an alarm's incident there is when a message about it leaves: what stands is asked of the incident and of its alarms as they are now, not of
//! what happens to travel along.

use std::collections::BTreeSet;

use plenum_core::alarms::{Alarm, State};
use plenum_core::expectation::Knowledge;
use plenum_core::oncall::{Heard, Reason};
use plenum_core::site::Site;
use plenum_core::text::message::{Along, Standing, Withdrawn};
use plenum_core::text::{self, Form};
use plenum_protocol::Series;

use super::place::standing_as;
use super::series_of;
use crate::notify::outbox::Due;

/// `members`: those of the incident that stand. `now_of`: an alarm as it is now. `known_of`: what is known of a series.
pub(super) fn along(
    (site, form): (&Site, &Form),
    due: &Due,
    members: impl Iterator<Item = u64>,
    now_of: impl Fn(u64) -> Option<Alarm>,
    known_of: impl Fn(&Series) -> Knowledge,
) -> Along {
    let told = &due.along.alarms;
    let mut others: BTreeSet<u64> = members.chain(told.iter().map(|(alarm, _)| alarm.id)).collect();
    others.remove(&due.alarm.id);
    let others: Vec<Alarm> = others.into_iter().filter_map(now_of).collect();
    let standing = stand(&others);
    let mut along = Along {
        standing: standing
            .iter()
            .map(|alarm| standing_as(site, alarm, form))
            .collect(),
        ended: due.along.over,
        ..Along::default()
    };
    for (then, reason) in told {
        let now = others.iter().find(|now| now.id == then.id);
        let stands = now.filter(|now| now.state.is_active());
        let is_end = Heard::by(*reason) == Some(Heard::Over);
        along.taken += usize::from(*reason == Reason::Taken && stands.is_some_and(is_had));
        match stands {
            // What is counted and not named is not among these: never below none, or nothing would leave.
            Some(_) => along.ended = along.ended.saturating_sub(usize::from(is_end)),
            None if *reason == Reason::Withdrawn => {
                along.ended = along.ended.saturating_sub(1);
                along.withdrawn.push(withdrawn((site, form), then, &known_of));
            }
            None => {
                along.ended += usize::from(!is_end);
                let over = now
                    .filter(|now| now.is_occurrence(then.raised_at))
                    .unwrap_or(then);
                along.over.push(Standing {
                    ending: Some(over.held.ended_at.or(over.returned_at).unwrap_or(due.created)),
                    ..standing_as(site, over, form)
                });
            }
        }
    }
    along
}

/// Those of the alarms that stand and are not put aside or stood for by another: what holds before what is about to end, the worst and the oldest first.
fn stand(others: &[Alarm]) -> Vec<&Alarm> {
    let is_standing = |alarm: &&Alarm| alarm.state.is_active() && alarm.cover.is_none();
    let mut standing: Vec<&Alarm> = others.iter().filter(is_standing).collect();
    standing.sort_by_key(|alarm| (alarm.is_ending(), alarm.priority, alarm.raised_at, alarm.id));
    standing
}

/// Whether somebody has it.
fn is_had(alarm: &Alarm) -> bool {
    alarm.state == State::ActiveAcknowledged
}

fn withdrawn(
    (site, form): (&Site, &Form),
    alarm: &Alarm,
    known_of: impl Fn(&Series) -> Knowledge,
) -> Withdrawn {
    let series = series_of(&alarm.subject);
    Withdrawn {
        name: text::alarm::name(alarm, form.language),
        subject: text::alarm::subject(site, alarm, form),
        measured: series.map(|series| (series.quantity(), known_of(series))),
    }
}

#[cfg(test)]
mod tests {
    use plenum_core::alarms::{Cover, Held, Suppression};
    use plenum_core::site::Priority;
    use plenum_protocol::quantity::Language;
    use plenum_protocol::{Duration, Timestamp};

    use super::*;
    use crate::notify::outbox;

    const NOW: Timestamp = Timestamp::from_milliseconds(1_000_000_000);

    fn alarm(id: u64, state: &str, priority: Priority) -> Alarm {
        let text = serde_json::json!({
            "id": id, "rule": "own", "subject": { "series": format!("s/pi/inlet-{id}/temperature") }, "name": format!("Alarm {id}"),
            "room": null, "priority": priority, "state": state, "input": "known", "raised_at": NOW, "message": "",
            "latched": false,
        });
        serde_json::from_value(text).unwrap()
    }

    fn ending(id: u64) -> Alarm {
        Alarm {
            held: Held {
                ended_at: Some(NOW + Duration::from_minutes(1)),
                ..Held::default()
            },
            ..alarm(id, "active-unacknowledged", Priority::High)
        }
    }

    fn due(of: Alarm, along: &[(Alarm, Reason)]) -> Due {
        let over = along
            .iter()
            .filter(|(_, reason)| Heard::by(*reason) == Some(Heard::Over));
        let over = over.count();
        Due {
            id: 1,
            created: NOW,
            since: NOW,
            channel: "mail".to_owned(),
            kind: "email".to_owned(),
            recipient: "anna".to_owned(),
            reason: Reason::First,
            alarm: of,
            key: String::new(),
            attempts: 0,
            told: None,
            untold: false,
            incident: 1,
            along: outbox::Along {
                standing: along.len() - over,
                over,
                alarms: along.to_vec(),
                left: Vec::new(),
            },
        }
    }

    /// What a message tells of an incident with these members that stand.
    fn told(due: &Due, now: &[Alarm]) -> Along {
        let site: Site = toml::from_str("[site]\nid = 's'\nname = 'S'\nzone = 'UTC'\n").unwrap();
        let form = Form::of(&site, Language::English, NOW);
        let standing = now.iter().filter(|alarm| alarm.state.is_active());
        let members = standing.map(|alarm| alarm.id);
        let now_of = |id| now.iter().find(|alarm| alarm.id == id).cloned();
        let known_of = |_: &Series| Knowledge::Known { value: 29.0, at: NOW };
        along((&site, &form), due, members, now_of, known_of)
    }

    fn names(all: &[Standing]) -> Vec<&str> {
        all.iter().map(|one| one.name.as_str()).collect()
    }

    #[test]
    fn what_stands_of_the_incident_is_told_and_not_what_travels_along() {
        let stands = |id, priority| alarm(id, "active-unacknowledged", priority);
        // The second went while the message waited; the third and the fifth were told before; another stands for the sixth.
        let gone = alarm(2, "returned-unacknowledged", Priority::High);
        let then = stands(2, Priority::High);
        let lead = stands(1, Priority::Critical);
        let mut hidden = stands(6, Priority::High);
        hidden.cover = Some(Cover::Suppressed(Suppression {
            by: 1,
            since: NOW,
            alike: false,
            until: None,
        }));
        let now = [
            lead.clone(),
            gone,
            stands(3, Priority::Medium),
            ending(4),
            stands(5, Priority::High),
            hidden,
        ];
        let due = due(lead, &[(then, Reason::First)]);
        let along = told(&due, &now);
        assert_eq!(names(&along.standing), ["Alarm 5", "Alarm 3", "Alarm 4"]);
        assert!(along.standing[2].ending.is_some());
        assert_eq!((names(&along.over), along.ended), (vec!["Alarm 2"], 1));
    }

    #[test]
    fn what_nothing_watches_any_longer_is_not_over() {
        let went = alarm(2, "normal", Priority::High);
        let over = alarm(3, "normal", Priority::High);
        let lead = alarm(1, "active-unacknowledged", Priority::High);
        let along = [
            (went.clone(), Reason::Withdrawn),
            (over.clone(), Reason::Resolved),
        ];
        let along = told(&due(lead.clone(), &along), &[lead, went, over]);
        assert_eq!((names(&along.over), along.ended), (vec!["Alarm 3"], 1));
        assert_eq!(along.withdrawn.len(), 1);
        assert_eq!(along.withdrawn[0].measured.unwrap().1.value(), Some(29.0));
    }

    #[test]
    fn who_reads_that_an_alarm_is_taken_reads_how_many_more_somebody_has() {
        let had = |id| alarm(id, "active-acknowledged", Priority::High);
        let along = [(had(2), Reason::Taken), (had(3), Reason::Taken)];
        let given_back = alarm(3, "active-unacknowledged", Priority::High);
        let along = told(&due(had(1), &along), &[had(1), had(2), given_back]);
        assert_eq!((along.taken, along.standing.len()), (1, 2));
    }
}
