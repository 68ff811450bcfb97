//! One siren: what it is to do, what its agent was told last, and when it is told again. Pure.

use plenum_core::alarms::Alarm;
use plenum_core::oncall::sounding::{Sounding, Wanted};
use plenum_protocol::{Duration, Steady, Timestamp};

use crate::notify::channels::Switched;

/// An agent that is told nothing more lets it go after so long.
const HOLDS: Duration = Duration::from_seconds(30);
/// What may shine for days is held longer and told again less often: each command is a write on the agent's card.
const HOLDS_A_LAMP: Duration = Duration::from_minutes(3);
const REPEATS_TO_A_LAMP: Duration = Duration::from_minutes(1);
/// So much longer it is held than it is to sound.
const MARGIN: Duration = Duration::from_seconds(2);
/// What is on is told again so often.
const REPEATS: Duration = Duration::from_seconds(10);
/// What could not be told is tried again so soon.
const TRIES_AGAIN: Duration = Duration::from_seconds(3);

/// So long after an agent has come back what it brings is looked at before it is told that nothing is to sound: what it does by itself goes on meanwhile.
const SETTLES: Duration = Duration::from_seconds(5);

/// What came of telling an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It has done it.
    Done,
    /// It has heard it, and said that its output did not do it.
    NotDone,
    /// It has perhaps heard it.
    Nothing,
}

/// What an agent is to be told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub(super) switched: Switched,
    /// On for so long; none: off.
    pub(super) seconds: Option<u32>,
}

/// A siren's state.
#[derive(Debug, Default)]
pub(super) struct Siren {
    sounding: Sounding,
    /// What it is to do; none before the first look.
    wanted: Option<(Switched, Wanted)>,
    /// Until when the agent holds it on, as far as it may have heard so.
    held: Option<Steady>,
    /// What the agent has confirmed last, and when.
    confirmed: Option<(bool, Steady)>,
    /// Not told before this instant.
    next: Option<Steady>,
    is_asking: bool,
    /// Whether the last attempt failed.
    failed: bool,
    /// Its agent's connection, and since when that is known.
    connection: Option<(u64, Steady)>,
    /// The connection over which it was last told anything.
    told: Option<u64>,
}

impl Siren {
    /// Looks at the alarms that it sounds for.
    pub(super) fn look<'a>(
        &mut self,
        calling: impl Iterator<Item = &'a Alarm>,
        switched: Switched,
        now: (Steady, Timestamp),
    ) {
        let wanted = self.sounding.look(calling, switched.lasts, now);
        let before = self.wanted.replace((switched, wanted));
        let was_on = before.is_some_and(|(_, wanted)| wanted != Wanted::Off);
        if was_on != self.is_wanted() {
            tracing::info!(
                on = self.is_wanted(),
                "something sounds in the building, or no longer"
            );
            self.next = None;
        }
    }

    /// Its agent is there by this connection; none: it is not.
    pub(super) fn meets(&mut self, connection: Option<u64>, now: Steady) {
        let known = self.connection.map(|(known, _)| known);
        if let Some(connection) = connection.filter(|connection| known != Some(*connection)) {
            self.connection = Some((connection, now));
        }
    }

    /// When its agent, which is back, has to hear how things stand: it may have begun to sound by itself.
    fn greets_at(&self) -> Option<Steady> {
        let (connection, since) = self.connection?;
        (self.told != Some(connection)).then_some(since + SETTLES)
    }

    fn is_wanted(&self) -> bool {
        matches!(self.wanted, Some((_, Wanted::On(_))))
    }

    /// Whether there is something to tell now, and nobody does; from here on somebody does.
    pub(super) fn begin(&mut self, now: Steady) -> bool {
        let is_due = self.next.is_none_or(|next| now >= next);
        let greets = self.greets_at().is_some_and(|at| now >= at);
        let held = self.held.is_some_and(|until| now < until);
        let begins = is_due && (self.is_wanted() || held || greets) && !self.is_asking;
        self.is_asking |= begins;
        begins
    }

    /// What its agent is to be told now; none where nothing is known of it.
    pub(super) fn order(&self, now: Steady) -> Option<Order> {
        let (switched, wanted) = self.wanted.clone()?;
        let seconds = match wanted {
            Wanted::Off => None,
            Wanted::On(until) => {
                // At its end it is told so, which comes before the agent lets it go.
                let left = until.map_or(HOLDS_A_LAMP, |until| (until.since(now) + MARGIN).min(HOLDS));
                let seconds = left.milliseconds().max(1).unsigned_abs().div_ceil(1_000);
                Some(u32::try_from(seconds).unwrap_or(u32::MAX))
            }
        };
        Some(Order { switched, seconds })
    }

    /// It was told, and the agent has done it or not. Gives whether that is news.
    pub(super) fn said(&mut self, order: &Order, answer: Answer, now: Steady) -> bool {
        self.is_asking = false;
        let well = answer == Answer::Done;
        let is_news = std::mem::replace(&mut self.failed, !well) == well;
        let on = order.seconds.is_some();
        match order.seconds {
            // Also where no answer came: it may have been heard.
            Some(seconds) => self.held = Some(now + Duration::from_seconds(i64::from(seconds))),
            None if well => self.held = None,
            None => {}
        }
        if well {
            self.confirmed = Some((on, now));
        }
        // One that has no such output, or whose line is gone, has heard how things stand as well: it is not told so for ever, each time with a write on its card.
        if answer != Answer::Nothing {
            self.told = self.connection.map(|(connection, _)| connection);
        }
        let is_lamp = matches!(self.wanted, Some((_, Wanted::On(None))));
        self.next = match (on == self.is_wanted(), well) {
            (true, _) if is_lamp && answer != Answer::Nothing => Some(now + REPEATS_TO_A_LAMP),
            (true, false) if self.is_wanted() || self.held.is_some_and(|until| now < until) => {
                Some(now + TRIES_AGAIN)
            }
            (true, _) => Some(now + REPEATS),
            (false, _) => None,
        };
        is_news
    }

    /// Whether the agent has confirmed just now what is wanted.
    pub(super) fn is_confirmed(&self, now: Steady) -> bool {
        let fresh = |(on, at): (bool, Steady)| on == self.is_wanted() && now.since(at) < REPEATS;
        self.confirmed.is_some_and(fresh)
    }

    /// When it has to be looked at again.
    pub(super) fn next_wakeup(&self) -> Option<Steady> {
        let ends = match &self.wanted {
            Some((_, Wanted::On(until))) => *until,
            _ => None,
        };
        let told = self.is_wanted() || self.held.is_some();
        let next = self.next.filter(|_| told && !self.is_asking);
        let greets = self.greets_at().filter(|_| !self.is_asking);
        let greets = greets.map(|at| self.next.map_or(at, |next| next.max(at)));
        ends.into_iter().chain(next).chain(greets).min()
    }
}

#[cfg(test)]
mod tests {
    use plenum_core::oncall::sounding::Lasts;
    use plenum_core::site::Site;

    use super::*;
    use crate::alarms::unstored::unstored;
    use crate::journal::CommitsFail;

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(seconds * 1_000)
    }

    fn alarm() -> Alarm {
        let fails = CommitsFail {
            since: Timestamp::from_milliseconds(1_000_000),
            why: String::new(),
        };
        unstored(&Site::unconfigured(), &fails).unwrap()
    }

    fn switched() -> Switched {
        Switched {
            agent: "ams1/pi-a1".parse().unwrap(),
            output: "siren".parse().unwrap(),
            lasts: Lasts::For(Duration::from_minutes(3)),
        }
    }

    /// Looks at an alarm or none at a second, and gives what is told then: on for how many seconds (0: off), if anything.
    fn look(siren: &mut Siren, second: i64, calls: bool, well: bool) -> Option<u32> {
        let answer = if well { Answer::Done } else { Answer::Nothing };
        look_and(siren, second, calls, answer)
    }

    fn look_and(siren: &mut Siren, second: i64, calls: bool, answer: Answer) -> Option<u32> {
        let alarm = alarm();
        let wall = Timestamp::from_milliseconds(alarm.raised_at.milliseconds() + second * 1_000);
        siren.look(
            calls.then_some(&alarm).into_iter(),
            switched(),
            (at(second), wall),
        );
        if !siren.begin(at(second)) {
            return None;
        }
        let order = siren.order(at(second)).unwrap();
        siren.said(&order, answer, at(second));
        Some(order.seconds.unwrap_or(0))
    }

    #[test]
    fn what_is_on_is_told_again_and_its_end_once() {
        let mut siren = Siren::default();
        assert_eq!(
            look(&mut siren, 0, false, true),
            None,
            "off is what an agent is by itself"
        );
        assert_eq!(look(&mut siren, 1, true, true), Some(30));
        assert_eq!(look(&mut siren, 5, true, true), None);
        assert!(siren.is_confirmed(at(5)) && siren.next_wakeup() == Some(at(11)));
        assert_eq!(look(&mut siren, 11, true, true), Some(30));
        assert_eq!(look(&mut siren, 12, false, true), Some(0));
        assert_eq!(look(&mut siren, 40, false, true), None);
        assert_eq!(siren.next_wakeup(), None);
    }

    #[test]
    fn a_lamp_that_shines_until_somebody_takes_it_is_told_so_once_a_minute() {
        let mut siren = Siren::default();
        let lamp = Switched {
            lasts: Lasts::UntilTaken,
            ..switched()
        };
        let alarm = alarm();
        let mut told = 0;
        for second in 0..600 {
            siren.look([&alarm].into_iter(), lamp.clone(), (at(second), alarm.raised_at));
            if siren.begin(at(second)) {
                let order = siren.order(at(second)).unwrap();
                assert_eq!(order.seconds, Some(180));
                siren.said(&order, Answer::Done, at(second));
                told += 1;
            }
        }
        assert_eq!(told, 10);
    }

    #[test]
    fn it_ends_after_its_time_and_is_held_no_longer_than_that() {
        let mut siren = Siren::default();
        look(&mut siren, 0, false, true);
        assert_eq!(look(&mut siren, 1, true, true), Some(30));
        assert_eq!(look(&mut siren, 170, true, true), Some(13));
        assert_eq!(siren.next_wakeup(), Some(at(180)));
        assert_eq!(look(&mut siren, 181, true, true), Some(0));
        assert_eq!(look(&mut siren, 300, true, true), None);
    }

    #[test]
    fn an_agent_that_is_back_hears_how_things_stand_once_what_it_brings_was_looked_at() {
        let mut siren = Siren::default();
        siren.meets(Some(7), at(0));
        assert_eq!(look(&mut siren, 0, false, true), None);
        assert_eq!(siren.next_wakeup(), Some(at(5)));
        assert_eq!(look(&mut siren, 5, false, true), Some(0));
        siren.meets(Some(7), at(20));
        assert_eq!(look(&mut siren, 20, false, true), None);
        siren.meets(None, at(30));
        siren.meets(Some(8), at(40));
        // It brought smoke.
        assert_eq!(look(&mut siren, 41, true, true), Some(30));
        assert_eq!(look(&mut siren, 45, true, true), None);
        siren.meets(Some(9), at(100));
        assert_eq!(look(&mut siren, 100, false, true), None, "its hold is over");
        assert_eq!(look(&mut siren, 105, false, false), Some(0));
        assert_eq!(look(&mut siren, 110, false, false), None);
        assert_eq!(look(&mut siren, 115, false, true), Some(0));
    }

    #[test]
    fn an_agent_that_has_no_such_output_hears_once_that_nothing_is_to_sound() {
        let mut siren = Siren::default();
        siren.meets(Some(7), at(0));
        let greeted =
            (0..3_600).filter(|second| look_and(&mut siren, *second, false, Answer::NotDone).is_some());
        assert_eq!(greeted.collect::<Vec<_>>(), [5]);
        assert_eq!(siren.next_wakeup(), None);
        // What is to sound is tried on: its line may be mended.
        let tried =
            (4_000..4_030).filter(|second| look_and(&mut siren, *second, true, Answer::NotDone).is_some());
        assert_eq!(tried.count(), 10);
        // It may have no output now, and one after it has come again.
        siren.meets(Some(8), at(5_000));
        assert_eq!(look_and(&mut siren, 5_005, false, Answer::Done), Some(0));
    }

    #[test]
    fn what_was_not_done_is_tried_again_soon_as_long_as_that_matters() {
        let mut siren = Siren::default();
        look(&mut siren, 0, false, true);
        assert_eq!(look(&mut siren, 1, true, false), Some(30));
        assert!(!siren.is_confirmed(at(1)));
        assert_eq!(look(&mut siren, 3, true, false), None);
        assert_eq!(look(&mut siren, 4, true, true), Some(30));
        assert_eq!(look(&mut siren, 6, false, false), Some(0));
        assert_eq!(look(&mut siren, 9, false, false), Some(0));
        // The agent has let it go by itself.
        assert_eq!(look(&mut siren, 35, false, true), None);
    }
}
