//! What a tracker knows of other series: a small value for each thing that its rule looks for, and until when it is known if nothing more is heard.

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::truth::Truth;

/// All that a rule's tracker knows of other series: what its guards look for, then what its condition does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere(pub(super) Vec<Learned>);

/// What is known of one thing that a rule looks for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub enum Learned {
    /// Whether something holds.
    Holds {
        /// By the limit itself.
        beyond: Sure,
        /// By where its deadband lets go.
        kept: Sure,
    },
    /// A number.
    Number {
        /// None: not known.
        number: Option<f64>,
        /// The last instant at which it is.
        until: Timestamp,
    },
}

/// What is known of a condition, and the last instant at which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sure {
    /// Unknown from the instant after.
    pub truth: Truth,
    /// For ever where it is the greatest of all.
    pub until: Timestamp,
}

impl Sure {
    /// What nothing changes that is not heard.
    pub fn always(truth: impl Into<Truth>) -> Self {
        Self {
            truth: truth.into(),
            until: Timestamp::MAX,
        }
    }

    /// At that instant, if nothing more is heard.
    pub fn at(self, at: Timestamp) -> Truth {
        if at <= self.until {
            self.truth
        } else {
            Truth::Unknown
        }
    }

    /// At least `least` of them hold: until when, if nothing more is heard.
    pub fn at_least(least: usize, members: impl IntoIterator<Item = Self>) -> Self {
        let (mut holding, mut not, mut unknown) = (Vec::new(), Vec::new(), 0);
        for member in members {
            match member.truth {
                Truth::True => holding.push(member.until),
                Truth::False => not.push(member.until),
                Truth::Unknown => unknown += 1,
            }
        }
        let possible = holding.len() + unknown;
        if holding.len() >= least {
            holding.sort_unstable_by(|one, other| other.cmp(one));
            let until = least.checked_sub(1).and_then(|last| holding.get(last));
            Self {
                truth: Truth::True,
                until: until.copied().unwrap_or(Timestamp::MAX),
            }
        } else if possible >= least {
            Self::always(Truth::Unknown)
        } else {
            // So many of those that do not hold have to become unknown before enough might.
            not.sort_unstable();
            let until = not.get(least - possible - 1);
            Self {
                truth: Truth::False,
                until: until.copied().unwrap_or(Timestamp::MAX),
            }
        }
    }
}

impl Learned {
    /// Nothing is known of it.
    pub const NOTHING: Self = Self::Number {
        number: None,
        until: Timestamp::MAX,
    };

    /// Something without a deadband, that nothing changes that is not heard.
    pub fn always(truth: impl Into<Truth>) -> Self {
        let sure = Sure::always(truth);
        Self::Holds {
            beyond: sure,
            kept: sure,
        }
    }

    /// How many there are of something, that nothing changes that is not heard.
    pub fn count(count: usize) -> Self {
        Self::Number {
            number: Some(count as f64),
            until: Timestamp::MAX,
        }
    }

    /// Whether it holds at that instant; `kept`: it is enough that its deadband does not let go.
    pub fn truth(&self, at: Timestamp, kept: bool) -> Truth {
        match self {
            Self::Holds { kept: sure, .. } if kept => sure.at(at),
            Self::Holds { beyond, .. } => beyond.at(at),
            Self::Number { .. } => Truth::Unknown,
        }
    }

    /// The number at that instant.
    pub fn number(&self, at: Timestamp) -> Option<f64> {
        match self {
            Self::Number { number, until } => number.filter(|_| at <= *until),
            Self::Holds { .. } => None,
        }
    }

    /// The instants after which something of it is unknown.
    fn ends(&self) -> [Timestamp; 2] {
        match self {
            Self::Holds { beyond, kept } => [beyond.until, kept.until],
            Self::Number { until, .. } => [*until, *until],
        }
    }

    /// Whether both say the same, but for how long.
    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Holds { beyond, kept },
                Self::Holds {
                    beyond: one,
                    kept: two,
                },
            ) => (beyond.truth, kept.truth) == (one.truth, two.truth),
            (Self::Number { number: one, .. }, Self::Number { number: other, .. }) => one == other,
            _ => false,
        }
    }
}

impl Elsewhere {
    /// Brings the first of it near.
    pub(crate) fn glance(&self) {
        std::hint::black_box(self.0.first().copied());
    }

    /// Of what a rule's guards look for, and then of what its condition does.
    pub fn new(learned: Vec<Learned>) -> Self {
        Self(learned)
    }

    /// What is known of the thing at this place; nothing of what nobody has looked for yet.
    pub fn get(&self, place: usize) -> &Learned {
        self.0.get(place).unwrap_or(&Learned::NOTHING)
    }

    /// What stands from this place on.
    pub fn from(&self, place: usize) -> &[Learned] {
        self.0.get(place..).unwrap_or_default()
    }

    /// Whether nothing was looked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first instant after `through` at which something becomes unknown, if nothing more is heard.
    pub fn lost_after(&self, through: Timestamp) -> Option<Timestamp> {
        let ends = self.0.iter().flat_map(Learned::ends);
        let last = ends
            .filter(|end| *end >= through && *end != Timestamp::MAX)
            .min()?;
        Some(last + Duration::from_milliseconds(1))
    }

    /// Whether nothing of it becomes unknown before that instant.
    pub fn lasts_until(&self, at: Timestamp) -> bool {
        let mut ends = self.0.iter().flat_map(Learned::ends);
        ends.all(|end| end >= at)
    }

    /// Whether nothing of it ever becomes unknown by itself.
    pub fn lasts(&self) -> bool {
        let mut ends = self.0.iter().flat_map(Learned::ends);
        ends.all(|end| end == Timestamp::MAX)
    }

    /// Takes over until when things are known, of those that are as they were. A number that moved meanwhile counts when it is looked at, and was known
    /// all the same.
    pub fn refresh(&mut self, newer: &Self) {
        for (own, newer) in self.0.iter_mut().zip(&newer.0) {
            match (own, newer) {
                (
                    Learned::Number {
                        number: Some(_),
                        until,
                    },
                    Learned::Number {
                        number: Some(_),
                        until: later,
                    },
                ) => {
                    *until = *later;
                }
                (own, newer) if own.is_alike(newer) => *own = *newer,
                _ => {}
            }
        }
    }

    /// Whether both say the same, but for how long.
    pub fn is_alike(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        self.0.len() == other.0.len() && { pairs }.all(|(own, other)| own.is_alike(other))
    }
}

/// What it is as a number, the number, and two instants in milliseconds.
#[derive(Serialize, Deserialize)]
struct Stored(u8, Option<f64>, Option<i64>, Option<i64>);

/// The first number that stands for no pair of truths.
const NUMBER: u8 = 9;

impl From<Learned> for Stored {
    fn from(learned: Learned) -> Self {
        let instant = |until: Timestamp| (until != Timestamp::MAX).then(|| until.milliseconds());
        match learned {
            Learned::Holds { beyond, kept } => Self(
                beyond.truth as u8 * 3 + kept.truth as u8,
                None,
                instant(beyond.until),
                instant(kept.until),
            ),
            Learned::Number { number, until } => Self(NUMBER, number, instant(until), None),
        }
    }
}

impl From<Stored> for Learned {
    fn from(Stored(what, number, first, second): Stored) -> Self {
        let instant = |until: Option<i64>| until.map_or(Timestamp::MAX, Timestamp::from_milliseconds);
        let truth = |number: u8| match number {
            0 => Truth::False,
            2 => Truth::True,
            _ => Truth::Unknown,
        };
        match what {
            0..NUMBER => Self::Holds {
                beyond: Sure {
                    truth: truth(what / 3),
                    until: instant(first),
                },
                kept: Sure {
                    truth: truth(what % 3),
                    until: instant(second),
                },
            },
            _ => Self::Number {
                number,
                until: instant(first),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: i64) -> Timestamp {
        Timestamp::from_milliseconds(count * 1_000)
    }

    fn sure(truth: Truth, until: i64) -> Sure {
        let until = second(until);
        Sure { truth, until }
    }

    #[test]
    fn a_vote_is_known_until_those_who_decide_it_are_not() {
        use Truth::{False, True, Unknown};
        // Each member alone, at every second: the same.
        let members = [
            [sure(True, 3), sure(True, 7), sure(False, 5), sure(False, 2)],
            [sure(False, 3), sure(False, 9), sure(False, 5), sure(False, 2)],
            [sure(True, 3), sure(Unknown, 7), sure(False, 5), sure(False, 0)],
        ];
        for members in members {
            for least in 0..=5 {
                let together = Sure::at_least(least, members);
                for now in (0..12).map(second) {
                    let each = members.map(|member| member.at(now));
                    assert_eq!(
                        together.at(now),
                        Truth::at_least(least, each),
                        "{least} of {members:?} at {now}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_stored_comes_back() {
        use Truth::{False, True, Unknown};
        let all = [False, Unknown, True];
        let mut learned = vec![
            Learned::NOTHING,
            Learned::Number {
                number: Some(21.5),
                until: second(4),
            },
        ];
        for (one, other) in all
            .iter()
            .flat_map(|one| all.iter().map(move |other| (*one, *other)))
        {
            learned.push(Learned::Holds {
                beyond: sure(one, 5),
                kept: Sure::always(other),
            });
        }
        let elsewhere = Elsewhere::new(learned);
        let text = serde_json::to_string(&elsewhere).unwrap();
        assert_eq!(
            serde_json::from_str::<Elsewhere>(&text).unwrap(),
            elsewhere,
            "{text}"
        );
    }

    #[test]
    fn what_is_known_for_longer_is_no_news() {
        let early = Elsewhere::new(vec![Learned::Holds {
            beyond: sure(Truth::True, 5),
            kept: sure(Truth::True, 5),
        }]);
        let late = Elsewhere::new(vec![Learned::Holds {
            beyond: sure(Truth::True, 9),
            kept: sure(Truth::True, 9),
        }]);
        assert!(early.is_alike(&late));
        assert!(early.lasts_until(second(5)) && !early.lasts_until(second(6)));
        assert_eq!(
            early.lost_after(second(1)),
            Some(second(5) + Duration::from_milliseconds(1))
        );
        assert_eq!(early.lost_after(second(6)), None);
        let mut refreshed = early.clone();
        refreshed.refresh(&late);
        assert_eq!(refreshed, late);
    }
}
