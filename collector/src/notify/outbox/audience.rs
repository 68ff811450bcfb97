//! To whom of a channel a message goes: everybody for what is new, whoever was told for what has changed since, whoever shelved for a reminder.

use plenum_core::alarms::{Alarm, Cause, Cover, Event};
use plenum_core::authority::Actor;
use plenum_core::oncall::Reason;
use plenum_core::site::{Channel, Site};
use rusqlite::{Connection, params};

use super::recipients;
use crate::database::{json, word};

/// Each recipient over a channel, with what the message is to them.
pub(super) fn of<'a>(
    connection: &Connection,
    alarm: &Alarm,
    event: &Event,
    channel: &'a Channel,
    site: &Site,
    reason: Reason,
) -> rusqlite::Result<Vec<(&'a str, Reason)>> {
    let all = recipients(channel);
    match reason {
        Reason::First | Reason::StandsAgain | Reason::Resolved | Reason::No(_) => {
            Ok(all.into_iter().map(|recipient| (recipient, reason)).collect())
        }
        Reason::ShelvingEnds => Ok(who_shelved(alarm, channel, site)
            .into_iter()
            .map(|recipient| (recipient, reason))
            .collect()),
        Reason::Changed | Reason::Withdrawn => {
            let mut audience = Vec::new();
            for recipient in all {
                if was_told(connection, alarm, channel, recipient)? {
                    audience.push((recipient, reason));
                } else if is_news(alarm, event, channel) {
                    audience.push((recipient, Reason::First));
                }
            }
            Ok(audience)
        }
    }
}

/// The person who shelved, over each channel that reaches them; where none does, everybody whom the alarm will be told to.
fn who_shelved<'a>(alarm: &Alarm, channel: &'a Channel, site: &Site) -> Vec<&'a str> {
    let Some(Cover::Shelved(shelving)) = &alarm.cover else {
        return Vec::new();
    };
    let person = match &shelving.by {
        Actor::Person(name) => site
            .people
            .iter()
            .find(|person| person.id.as_str() == name || person.name.eq_ignore_ascii_case(name)),
        Actor::Monitor => None,
    };
    let reached =
        |channel: &Channel| person.is_some_and(|person| recipients(channel).contains(&person.id.as_str()));
    if site.channels.iter().any(reached) {
        let is_them = |recipient: &&str| person.is_some_and(|person| person.id.as_str() == *recipient);
        return recipients(channel).into_iter().filter(is_them).collect();
    }
    match channel.takes(alarm.priority) {
        true => recipients(channel),
        false => Vec::new(),
    }
}

/// Whether somebody was told over this channel that the alarm was raised, as it now stands, or that it chatters.
fn was_told(
    connection: &Connection,
    alarm: &Alarm,
    channel: &Channel,
    recipient: &str,
) -> rusqlite::Result<bool> {
    let chatters = alarm.chatter.running().map(|run| run.since);
    let since = chatters.map_or(alarm.raised_at, |since| since.min(alarm.raised_at));
    connection
        .prepare_cached(
            "select exists(select 1 from outbox where alarm = ?1 and channel = ?2 and recipient = ?3
             and reason in (?4, ?6) and snapshot ->> '$.raised_at' >= ?5)",
        )?
        .query_row(
            params![
                alarm.id as i64,
                channel.id.as_str(),
                recipient,
                json(&Reason::First)?,
                word(&since)?,
                json(&Reason::StandsAgain)?,
            ],
            |row| row.get(0),
        )
}

/// Whether the alarm has only now become one for this channel.
fn is_news(alarm: &Alarm, event: &Event, channel: &Channel) -> bool {
    let is_another = event.cause == Cause::PriorityChanged;
    is_another && alarm.state.is_active() && !alarm.unwatched && channel.takes(alarm.priority)
}

#[cfg(test)]
mod tests {
    use plenum_core::alarms::{Chatter, CoverKind, Shelving, State};
    use plenum_core::oncall::decide;
    use plenum_core::site::Priority;
    use plenum_protocol::{Duration, Timestamp};

    use super::super::tests::{NOW, alarm, filled};
    use super::super::{DeliveryState, intend};
    use super::*;

    const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "bert"
name = "Bert"
[[channel]]
id = "all"
kind = "email"
people = ["anna", "bert"]
[[channel]]
id = "worst"
kind = "email"
priorities = ["critical"]
people = ["bert"]
"#;

    fn event(cause: Cause, cover: (Option<CoverKind>, Option<CoverKind>)) -> Event {
        Event {
            at: NOW,
            alarm: 1,
            from: State::ActiveUnacknowledged,
            to: State::ActiveUnacknowledged,
            from_cover: cover.0,
            to_cover: cover.1,
            cause,
            actor: Actor::Monitor,
            comment: String::new(),
            remark: None,
            origin: None,
        }
    }

    /// What is told of transitions, one after the other; as `channel/person reason`.
    fn check(transitions: &[(&Alarm, Event)], expected: &[&str]) {
        let (_folder, database) = filled(&[("x", DeliveryState::Sent, 0)]);
        let site: Site = toml::from_str(SITE).unwrap();
        for (alarm, event) in transitions {
            let transition = vec![((*alarm).clone(), event.clone())];
            let site = site.clone();
            let write = move |connection: &Connection| {
                intend(connection, &transition, &site, NOW, Timestamp::MIN).map(drop)
            };
            database.write_blocking(write).unwrap();
        }
        let told = database.read_blocking(|connection| {
            let mut rows = connection
                .prepare("select channel || '/' || recipient || ' ' || reason from outbox order by id")?;
            rows.query_map([], |row| row.get::<_, String>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        let told: Vec<String> = told
            .unwrap()
            .into_iter()
            .map(|line| line.replace('"', ""))
            .collect();
        assert_eq!(told, expected);
    }

    fn shelved(by: &str) -> Alarm {
        Alarm {
            cover: Some(Cover::Shelved(Shelving {
                by: Actor::person(by),
                since: NOW,
                at: NOW,
                until: NOW + Duration::from_hours(1),
                reason: "contractor".to_owned(),
                reminded: true,
            })),
            ..alarm()
        }
    }

    #[test]
    fn whoever_shelved_is_reminded_and_where_nobody_knows_them_everybody() {
        let covers = (Some(CoverKind::Shelved), Some(CoverKind::Shelved));
        let ends = || event(Cause::ShelvingEnds, covers);
        check(&[(&shelved("Anna"), ends())], &["all/anna shelving-ends"]);
        check(
            &[(&shelved("bert"), ends())],
            &["all/bert shelving-ends", "worst/bert shelving-ends"],
        );
        check(
            &[(&shelved("a program"), ends())],
            &["all/anna shelving-ends", "all/bert shelving-ends"],
        );
    }

    #[test]
    fn what_changed_is_told_to_whoever_was_told_and_a_worse_one_also_to_others() {
        let none = (None, None);
        let standing = alarm();
        check(&[(&standing, event(Cause::RuleChanged, none))], &[]);
        let worse = Alarm {
            priority: Priority::Critical,
            ..alarm()
        };
        let gone = Alarm {
            state: State::Normal,
            ..worse.clone()
        };
        check(
            &[
                (&standing, event(Cause::Raised, none)),
                (&worse, event(Cause::PriorityChanged, none)),
                (&gone, event(Cause::Removed, none)),
            ],
            &[
                "all/anna first",
                "all/bert first",
                "all/anna changed",
                "all/bert changed",
                "worst/bert first",
                "all/anna withdrawn",
                "all/bert withdrawn",
                "worst/bert withdrawn",
            ],
        );
    }

    /// A contact that flips twice a second for 20 s: its alarm after each flip, with what happened.
    fn flips() -> Vec<(Alarm, Event)> {
        let (mut flips, mut told) = (alarm(), Vec::new());
        for half in 0..80 {
            let at = NOW + Duration::from_milliseconds(250 * half);
            let mut flip = event(Cause::Returned, (None, None));
            (flips.state, flip.to) = (State::ReturnedUnacknowledged, State::ReturnedUnacknowledged);
            let mut begins = false;
            if half % 2 == 0 {
                flip = event(Cause::Raised, (None, None));
                (flips.state, flips.raised_at) = (State::ActiveUnacknowledged, at);
                begins = flips.chatter.raised(at);
            }
            told.push((flips.clone(), flip));
            if begins {
                told.push((flips.clone(), event(Cause::Chattering, (None, None))));
            }
        }
        told
    }

    /// The same, and then something else: what both people are told over the channel.
    fn check_after_flips(then: Option<(Alarm, Event)>, expected: &[&str]) {
        let told: Vec<_> = flips().into_iter().chain(then).collect();
        let told: Vec<_> = told.iter().map(|(alarm, event)| (alarm, event.clone())).collect();
        let both = |reason: &&str| ["all/anna", "all/bert"].map(|who| format!("{who} {reason}"));
        let begun = ["first", "resolved", "first", "resolved", "first"];
        let expected: Vec<String> = begun.iter().chain(expected).flat_map(both).collect();
        check(&told, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn what_chatters_is_told_when_it_begins_and_when_it_is_over() {
        let quiet = |state: State| {
            let (mut alarm, mut event) = (flips().pop().unwrap().0, event(Cause::Quiet, (None, None)));
            alarm.chatter.pass(NOW + Duration::from_hours(1)).unwrap();
            (alarm.state, event.to) = (state, state);
            Some((alarm, event))
        };
        check_after_flips(None, &[]);
        check_after_flips(quiet(State::ReturnedUnacknowledged), &["resolved"]);
        check_after_flips(quiet(State::ActiveUnacknowledged), &["first"]);
        check_after_flips(quiet(State::ActiveAcknowledged), &[]);
        // Whoever was told that it chatters is told of a change to it.
        let changed = flips()
            .pop()
            .map(|(alarm, _)| (alarm, event(Cause::RuleChanged, (None, None))));
        check_after_flips(changed, &["changed"]);
    }

    #[test]
    fn each_raise_of_what_chatters_is_the_occurrence_that_people_were_told_of() {
        let mut last = flips().pop().unwrap().0;
        assert!(last.is_occurrence(NOW) && last.is_occurrence(last.raised_at));
        assert!(!last.is_occurrence(NOW - Duration::from_seconds(1)));
        last.chatter.pass(NOW + Duration::from_hours(1)).unwrap();
        assert!(!last.is_occurrence(NOW) && last.is_occurrence(last.raised_at));
    }

    #[test]
    fn what_chatters_behind_a_shelving_is_told_when_that_ends() {
        let kind = Some(CoverKind::Shelved);
        let mut chatters = Alarm {
            state: State::ReturnedUnacknowledged,
            ..alarm()
        };
        for second in 0..3 {
            chatters.chatter.raised(NOW + Duration::from_seconds(second));
        }
        let mut ended = event(Cause::ShelvingEnded, (kind, None));
        ended.to = State::ReturnedUnacknowledged;
        check(
            &[(&chatters, ended.clone())],
            &["all/anna stands-again", "all/bert stands-again"],
        );
        let quiet = Alarm {
            chatter: Chatter::default(),
            words: None,
            ..chatters
        };
        check(&[(&quiet, ended)], &[]);
    }

    #[test]
    fn what_is_shelved_is_told_again_only_when_that_ends() {
        let (shelved, alarm) = (shelved("Anna"), alarm());
        let kind = Some(CoverKind::Shelved);
        let site: Site = toml::from_str(SITE).unwrap();
        for cause in [Cause::Raised, Cause::Returned, Cause::RuleChanged] {
            let reason = decide(&shelved, &event(cause, (kind, kind)), &site.channels[0]);
            assert!(matches!(reason, Reason::No(_)), "{cause:?}: {reason:?}");
        }
        let ended = event(Cause::ShelvingEnded, (kind, None));
        check(
            &[(&alarm, ended)],
            &["all/anna stands-again", "all/bert stands-again"],
        );
    }
}
