//! Who has an alarm until when: it is given back by a person, or by itself at the instant that they said. As a shelving, it does not last longer on a clock that
//! is set back.

use plenum_protocol::{Duration, Timestamp};

use super::register::{Effect, Register, transition};
use crate::alarms::life::{Standing, Trigger, step};
use crate::alarms::{Alarm, Cause, Event, GivenBack, State};
use crate::authority::Actor;

impl Register {
    /// What somebody had until now they have no longer. Gives whether that was so.
    pub(super) fn pass_acknowledgement(&mut self, id: u64, now: Timestamp) -> bool {
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return false;
        };
        let Some(until) = alarm.held_until().filter(|until| *until <= now) else {
            return false;
        };
        let to = step(
            alarm.standing(),
            Trigger::AcknowledgementEnded,
            alarm.latched,
            true,
        );
        let Ok((to, cause)) = to else {
            return false;
        };
        let event = give_back(alarm, to, cause, until, &Actor::Monitor, "");
        self.log(event);
        true
    }

    /// Nobody has an alarm longer than they said on a clock that was set back. `by`: by how much, where it was said at an instant.
    pub(super) fn shift_acknowledgements(&mut self, by: impl Fn(Timestamp) -> Duration) {
        let mut shifted = Vec::new();
        // Under work too: whoever took it meanwhile may have it again when another alarm stands for it then.
        let taken = |alarm: &&mut Alarm| alarm.state == State::ActiveAcknowledged;
        for alarm in self.alarms.values_mut().filter(taken) {
            let Some(held) = alarm.acknowledged.as_mut().filter(|held| held.until.is_some()) else {
                continue;
            };
            let by = by(held.at);
            if by != Duration::ZERO {
                held.at = held.at + by;
                held.until = held.until.map(|until| until + by);
                self.effects.push_back(Effect::Updated(alarm.clone()));
                shifted.push(alarm.id);
            }
        }
        for id in shifted {
            self.arm(id);
        }
    }
}

/// Takes an alarm where nobody has it any more, and notes who had it.
pub(super) fn give_back(
    alarm: &mut Alarm,
    to: Standing,
    cause: Cause,
    at: Timestamp,
    by: &Actor,
    comment: &str,
) -> Event {
    let had = alarm.acknowledged.take();
    alarm.given_back = had.map(|had| GivenBack {
        had: had.by,
        by: by.clone(),
        at,
        comment: comment.to_owned(),
    });
    alarm.chatter.unseen();
    transition(alarm, to, cause, at, by, comment)
}
