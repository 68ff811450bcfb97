//! What is the same again is one line: a refusal within a minute, a look within an hour, as one that was refused to whoever asks again by itself. Pure.
//!
//! The first of its kind is written at once, further ones are counted and written with their number when the while is over. So whoever knocks ten thousand times,
//! and a screen that asks every ten seconds, make one line each a while. 1,024 kinds are told apart; past that all others of a deed are one, from no address of its own. What was counted and
//! not yet written when the program ends is lost; that it happened stands there.

use std::collections::HashMap;
use std::net::IpAddr;

use plenum_core::authority::Actor;
use plenum_core::fact::{Audited, Deed};
use plenum_link::neighbourhood;
use plenum_protocol::{Duration, Steady};

const REFUSALS: Duration = Duration::from_minutes(1);
const LOOKS: Duration = Duration::from_hours(1);
const KINDS: usize = 1_024;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    by: Actor,
    from: Option<IpAddr>,
    deed: Deed,
    on: String,
    status: u16,
}

struct Seen {
    since: Steady,
    /// The newest of those that were not written, and how many they are.
    more: Option<Audited>,
}

/// What was told within its while.
#[derive(Default)]
pub(super) struct Repeats(HashMap<Kind, Seen>);

impl Repeats {
    /// What is to be written of this now, if it is the first of its kind.
    pub(super) fn take(&mut self, mut audited: Audited, now: Steady) -> Option<Audited> {
        let mut kind = Kind {
            by: audited.by.clone(),
            from: audited.from.map(neighbourhood),
            deed: audited.deed,
            on: audited.on.clone(),
            status: audited.status,
        };
        if self.0.len() >= KINDS && !self.0.contains_key(&kind) {
            (kind.by, kind.from) = (Actor::Nobody, None);
            kind.on.clear();
            (audited.by, audited.from) = (Actor::Nobody, None);
            audited.on.clear();
        }
        let Some(seen) = self.0.get_mut(&kind) else {
            let fresh = Seen {
                since: now,
                more: None,
            };
            self.0.insert(kind, fresh);
            return Some(audited);
        };
        let before = seen.more.as_ref().map_or(0, |more| more.times);
        audited.times = audited.times.saturating_add(before);
        seen.more = Some(audited);
        None
    }

    /// What is to be written of those whose while is over; of all of them where `now` is [`Steady::MAX`].
    pub(super) fn due(&mut self, now: Steady) -> Vec<Audited> {
        let mut due = Vec::new();
        self.0.retain(|kind, seen| {
            let is_look = kind.deed.only_reads() && kind.status < 400;
            let life = if is_look || kind.deed.comes_again() {
                LOOKS
            } else {
                REFUSALS
            };
            let goes_on = now != Steady::MAX && now.since(seen.since) < life;
            if !goes_on {
                due.extend(seen.more.take());
            }
            goes_on
        });
        due.sort_by_key(|audited| audited.at);
        due
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::Timestamp;

    use super::*;

    fn refused(host: u8, on: &str) -> Audited {
        Audited {
            at: Timestamp::from_milliseconds(i64::from(host)),
            by: Actor::Nobody,
            from: Some([192, 0, 2, host].into()),
            deed: Deed::LogIn,
            on: on.to_owned(),
            status: 401,
            times: 1,
        }
    }

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(seconds * 1_000)
    }

    #[test]
    fn the_first_is_told_at_once_and_the_others_as_one() {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.take(refused(1, ""), at(0)), Some(refused(1, "")));
        for _ in 0..10_000 {
            assert_eq!(repeats.take(refused(1, ""), at(1)), None);
        }
        assert!(repeats.take(refused(2, ""), at(1)).is_some());
        assert!(repeats.due(at(59)).is_empty());
        let due = repeats.due(at(60));
        assert_eq!((due.len(), due[0].times), (1, 10_000));
        // The other's was told alone.
        assert!(repeats.due(at(61)).is_empty() && repeats.0.is_empty());
        assert!(repeats.take(refused(1, ""), at(61)).is_some());
    }

    #[test]
    fn a_look_is_told_once_an_hour() {
        let mut repeats = Repeats::default();
        let look = Audited {
            by: Actor::Person(1),
            deed: Deed::ReadReport,
            status: 200,
            ..refused(1, "hosting")
        };
        assert!(repeats.take(look.clone(), at(0)).is_some());
        assert!(repeats.take(look.clone(), at(60)).is_none());
        assert!(repeats.due(at(3_599)).is_empty());
        assert_eq!(repeats.due(at(3_600)), [look]);
    }

    #[test]
    fn a_storm_from_everywhere_is_bounded() {
        let mut repeats = Repeats::default();
        let mut told = 0;
        for number in 0..50_000 {
            let storm = refused((number % 250) as u8, &number.to_string());
            told += usize::from(repeats.take(storm, at(0)).is_some());
        }
        assert_eq!((told, repeats.0.len()), (KINDS + 1, KINDS + 1));
        let all: u32 = repeats.due(Steady::MAX).iter().map(|audited| audited.times).sum();
        assert_eq!(all as usize + told, 50_000);
    }
}
