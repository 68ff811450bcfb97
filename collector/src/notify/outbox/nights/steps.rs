//! What happens to the alarms, and what people do.

use plenum_core::alarms::{Acknowledgement, Cause, Cover, CoverKind, Event, Shelving};
use plenum_core::authority::Actor;
use plenum_core::incident::{Changes, Incident};
use plenum_core::oncall::call::Passed;

use super::super::tests::transition;
use super::*;
use crate::notify::caller::passing::{Answer, PassesOn};

/// Whom no message is for.
const STRANGER: &str = "mallory";

impl Night<'_> {
    /// An alarm takes a step of its life, if it can.
    pub(super) fn step(&mut self) -> rusqlite::Result<()> {
        let (which, chance) = (self.any(ALARMS as u64) as usize, self.any(4));
        let (now, mut by) = (self.now, Actor::Monitor);
        let who = PEOPLE[self.any(3) as usize];
        let alarm = &mut self.alarms[which];
        let from = (alarm.state, alarm.cover.as_ref().map(Cover::kind));
        let uncovered = match alarm.state.is_active() {
            true => State::ActiveUnacknowledged,
            false => alarm.state,
        };
        let (cause, to, cover) = match (chance, from) {
            (0 | 1, (State::Normal | State::ReturnedUnacknowledged, cover)) => {
                alarm.raised_at = now;
                (Cause::Raised, State::ActiveUnacknowledged, cover)
            }
            (0 | 1, (State::ActiveUnacknowledged, cover)) => {
                (Cause::Returned, State::ReturnedUnacknowledged, cover)
            }
            (0 | 1, (State::ActiveAcknowledged, cover)) => (Cause::Returned, State::Normal, cover),
            (2, (State::ActiveUnacknowledged, None)) => {
                by = Actor::named(who);
                let comment = String::new();
                alarm.acknowledged = Some(Acknowledgement {
                    by: by.clone(),
                    at: now,
                    comment,
                    until: None,
                });
                (Cause::Acknowledged, State::ActiveAcknowledged, None)
            }
            (2, (State::ActiveAcknowledged, None)) => {
                alarm.acknowledged = None;
                (Cause::GivenBack, State::ActiveUnacknowledged, None)
            }
            (3, (state, None)) => (Cause::Shelved, state, Some(CoverKind::Shelved)),
            (3, (_, Some(_))) => (Cause::ShelvingEnded, uncovered, None),
            _ => return Ok(()),
        };
        alarm.state = to;
        alarm.cover = cover.map(|_| {
            Cover::Shelved(Shelving {
                by: Actor::Monitor,
                since: now,
                at: now,
                until: now,
                reason: String::new(),
                reminded: false,
            })
        });
        let event = Event {
            at: now,
            from: from.0,
            to,
            from_cover: from.1,
            to_cover: cover,
            cause,
            actor: by,
            ..transition()
        };
        let alarm = alarm.clone();
        self.keep(&alarm)?;
        self.log.push(format!("{} {cause:?}", alarm.id));
        intend(
            self.connection,
            &[(alarm.clone(), event)],
            &self.site,
            self.now,
            Timestamp::MIN,
        )
        .map(drop)
    }

    pub(super) fn keep(&self, alarm: &Alarm) -> rusqlite::Result<()> {
        self.connection
            .execute(
                "insert or replace into alarm(id, state, alarm) values (?1, ?2, ?3)",
                params![alarm.id as i64, alarm.state.as_str(), json(alarm)?],
            )
            .map(drop)
    }

    /// The two incidents turn out to be one.
    pub(super) fn join(&mut self) -> rusqlite::Result<()> {
        let [into, part] = INCIDENTS;
        self.connection.execute(
            "update incident_member set incident = ?1 where incident = ?2",
            [into, part],
        )?;
        self.log.push("joined".to_owned());
        let changes = Changes {
            incidents: vec![Incident {
                id: part.cast_unsigned(),
                began_at: NOW,
                over_at: None,
                part_of: Some(into.cast_unsigned()),
                members: Vec::new(),
            }],
            members: Vec::new(),
        };
        joined(self.connection, &changes)?;
        calls::joined(self.connection, &changes)
    }

    /// Somebody passes an incident on, to whoever is next or to somebody by name, or a stranger does; what they have of it they give back.
    pub(super) fn pass_on(&mut self) -> rusqlite::Result<()> {
        let person = [PEOPLE[0], PEOPLE[1], PEOPLE[2], STRANGER][self.any(4) as usize];
        let to = PEOPLE[self.any(3) as usize];
        let mut answer = Answer {
            passes: PassesOn {
                incident: INCIDENTS[self.any(2) as usize].cast_unsigned(),
                person: person.to_owned(),
                to: to.parse().ok().filter(|_| self.any(2) == 0),
            },
            had: false,
            site: self.site.clone(),
            overrides: Arc::new([]),
            deliver_from: Timestamp::MIN,
            now: self.now,
        };
        let (would, before, _) = answer.look(self.connection)?;
        if matches!(would.passed, Passed::On | Passed::Noted) {
            for (alarm, _) in would.has {
                self.give_back(alarm as usize - 1, person)?;
                answer.had = true;
            }
        }
        let passing = answer.pass_on(self.connection, Actor::named(person))?;
        self.log.push(format!("{person} passes on: {passing:?}"));
        let is_another = passing.called.iter().any(|way| way.recipient != person);
        assert_eq!(is_another, passing.passed == Passed::On, "{:?}", self.log);
        if person == STRANGER {
            let after = calls::of(self.connection, answer.passes.incident)?;
            assert_eq!(before, after, "nobody obeys a stranger");
        }
        Ok(())
    }

    fn give_back(&mut self, which: usize, person: &str) -> rusqlite::Result<()> {
        let alarm = &mut self.alarms[which];
        let from = alarm.state;
        (alarm.state, alarm.acknowledged) = (State::ActiveUnacknowledged, None);
        let event = Event {
            at: self.now,
            from,
            to: alarm.state,
            cause: Cause::GivenBack,
            actor: Actor::named(person),
            ..transition()
        };
        let alarm = alarm.clone();
        self.keep(&alarm)?;
        let (site, now) = (self.site.clone(), self.now);
        intend(self.connection, &[(alarm, event)], &site, now, Timestamp::MIN).map(drop)
    }
}
