//! How long something sounds in the building for what nobody has. Pure: no clock is asked, `now` is an argument.
//!
//! | it happens | it sounds |
//! |---|---|
//! | an alarm calls for somebody that did not before | for as long as one lasts, from now on |
//! | the program is started, and it calls for somebody already | for what is left of that, counted from when it was heard of |
//! | it still does after that | no longer, unless it lasts until somebody takes it |
//! | somebody has it, something lies over it, or it is over | no longer |
//! | it calls again: it came back, or was given back | from the beginning |

use std::collections::BTreeMap;

use plenum_protocol::{Duration, Steady, Timestamp};

use crate::alarms::Alarm;

/// How long it sounds for one alarm at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// So long, whoever comes or not.
    For(Duration),
    /// Until somebody has it.
    UntilTaken,
}

/// Whether it is to sound now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It is silent.
    Off,
    /// It sounds, until then if nothing else happens; none: until somebody takes it.
    On(Option<Steady>),
}

/// One siren, lamp or buzzer: the alarms that it sounds for, and since when.
#[derive(Debug, Clone, Default)]
pub struct Sounding {
    begun: BTreeMap<u64, Steady>,
    has_looked: bool,
}

impl Sounding {
    /// Looks at the alarms that call for somebody now, of those that it sounds for.
    pub fn look<'a>(
        &mut self,
        calling: impl IntoIterator<Item = &'a Alarm>,
        lasts: Lasts,
        (now, wall): (Steady, Timestamp),
    ) -> Wanted {
        let mut begun = BTreeMap::new();
        for alarm in calling {
            let before = match self.has_looked {
                true => Duration::ZERO,
                false => wall.since(heard_of(alarm)).max(Duration::ZERO),
            };
            let since = self.begun.get(&alarm.id).copied().unwrap_or(now - before);
            begun.insert(alarm.id, since);
        }
        (self.begun, self.has_looked) = (begun, true);
        let last = match (lasts, self.begun.values().max()) {
            (_, None) => return Wanted::Off,
            (Lasts::UntilTaken, Some(_)) => return Wanted::On(None),
            (Lasts::For(lasts), Some(last)) => *last + lasts,
        };
        match now < last {
            true => Wanted::On(Some(last)),
            false => Wanted::Off,
        }
    }
}

/// When somebody could first have been called for it as it stands.
fn heard_of(alarm: &Alarm) -> Timestamp {
    let given_back = alarm.given_back.as_ref().map(|given| given.at);
    let heard = alarm.heard_at.unwrap_or(alarm.raised_at);
    given_back.map_or(heard, |given_back| given_back.max(heard))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Lasts = Lasts::For(Duration::from_minutes(3));

    fn alarm(id: u64, raised: i64) -> Alarm {
        Alarm {
            id,
            raised_at: wall(raised),
            ..Alarm::any()
        }
    }

    fn wall(seconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(seconds * 1_000)
    }

    fn at(seconds: i64) -> (Steady, Timestamp) {
        (steady(seconds), wall(seconds))
    }

    fn steady(seconds: i64) -> Steady {
        Steady::from_milliseconds(seconds * 1_000)
    }

    #[test]
    fn it_sounds_for_three_minutes_and_anew_for_what_is_new() {
        let mut sounding = Sounding::default();
        let (smoke, water) = (alarm(1, 100), alarm(2, 200));
        let mut check = |now: i64, calling: &[&Alarm], expected: Option<i64>| {
            let wanted = sounding.look(calling.iter().copied(), THREE, at(now));
            let expected = expected.map_or(Wanted::Off, |end| Wanted::On(Some(steady(end))));
            assert_eq!(wanted, expected, "at {now}");
        };
        check(0, &[], None);
        check(101, &[&smoke], Some(281));
        check(280, &[&smoke], Some(281));
        check(281, &[&smoke], None);
        check(300, &[&smoke, &water], Some(480));
        check(310, &[&smoke], None);
        check(320, &[], None);
        check(330, &[&smoke], Some(510));
    }

    #[test]
    fn after_a_start_it_sounds_for_what_is_left() {
        let look = |alarm: &Alarm, lasts, now| Sounding::default().look([alarm], lasts, at(now));
        let smoke = alarm(1, 100);
        assert_eq!(look(&smoke, THREE, 160), Wanted::On(Some(steady(280))));
        assert_eq!(look(&smoke, THREE, 300), Wanted::Off);
        assert_eq!(look(&smoke, Lasts::UntilTaken, 300), Wanted::On(None));
        let late = Alarm {
            heard_at: Some(wall(290)),
            ..smoke.clone()
        };
        assert_eq!(look(&late, THREE, 300), Wanted::On(Some(steady(470))));
        // A clock that was set back since.
        assert_eq!(look(&smoke, THREE, 50), Wanted::On(Some(steady(230))));
    }
}
