//! Who cannot be reached, from what came of the attempts: each person is a fact of their own, and a channel over which nobody is reached is one.
//!
//! A way that fails is the channel's as long as nobody else on it was reached since it began to fail; it is the person's where the server
//! refuses that address, or fails once more after somebody else was reached. It stays until that very person is reached. Where what was taken did not arrive,
//! that something more is taken is not that they are: only what arrives is.

use std::collections::{BTreeMap, BTreeSet};

use plenum_core::fact::{Report, SystemCondition, SystemKind};
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::channels::Outcome;
use super::outbox;
use crate::journal::condition::holding;

/// How many attempts may fail before a channel that never succeeds counts as broken.
const ATTEMPTS: u32 = 3;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The receiver took it, or has it.
    Reached,
    /// Somebody on the way took it. That it arrived may be heard later.
    Taken,
    /// What was taken did not arrive.
    Lost {
        /// What the way says.
        why: String,
    },
    /// It did not.
    Failed {
        /// What the channel says.
        why: String,
        /// Whether it has failed so often or so badly that somebody should know.
        alarming: bool,
        /// Whether it is this address that is refused.
        refused: bool,
    },
    /// Nobody is to be reached here any more.
    Gone,
}

impl End {
    /// Of the attempt of this number at one message. `is_way`: whether the site's channels reach the recipient still.
    pub(super) fn of(outcome: &Outcome, attempt: u32, was_silent: bool, is_way: bool) -> Self {
        match outcome {
            Outcome::Sent => Self::Reached,
            Outcome::Unproved => Self::Taken,
            _ if !is_way => Self::Gone,
            Outcome::Retry(why) | Outcome::Refused(why) | Outcome::GiveUp(why) => Self::Failed {
                why: why.clone(),
                // Who was silent for a whole minute is not asked three times before it counts.
                alarming: matches!(outcome, Outcome::GiveUp(_)) || was_silent || attempt >= ATTEMPTS,
                refused: matches!(outcome, Outcome::Refused(_)),
            },
        }
    }
}

/// What is known of everybody: what an earlier run of the program said of them, and what has come of the attempts since.
#[derive(Debug, Default)]
pub(super) struct Reach {
    channels: BTreeMap<String, BTreeMap<String, Way>>,
    /// The subjects that were last said not to be reached.
    said: BTreeSet<String>,
    attempts: u64,
}

#[derive(Debug, Default)]
struct Way {
    reached: u64,
    failing: Option<Failing>,
}

#[derive(Debug)]
struct Failing {
    since: u64,
    why: Option<String>,
    /// Whether it is about the person: somebody else was reached while they were not.
    own: bool,
    /// Whether what was taken did not arrive.
    is_lost: bool,
}

impl Failing {
    fn since(attempt: u64) -> Self {
        Self {
            since: attempt,
            why: None,
            own: false,
            is_lost: false,
        }
    }
}

/// A subject, a channel or `channel/person`, whose alarm begins, with the reason, or ends.
pub(super) type News = (String, Option<String>);

/// The system alarm `delivery-failed` of a subject, which begins or ends.
pub(super) fn condition((subject, why): News, at: Timestamp) -> SystemCondition {
    SystemCondition {
        kind: SystemKind::DeliveryFailed,
        subject,
        active: why.is_some(),
        at,
        report: why.map_or(Report::OVER, |why| Report::NotDelivered { why }),
    }
}

impl Reach {
    /// As an earlier run left it. Whoever was reached before it could say so is, and that is news now.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<(Self, Vec<News>)> {
        let held = holding(connection, SystemKind::DeliveryFailed)?;
        let mut reach = Self::of(held.iter().map(|held| held.subject.clone()).collect());
        let mut news = Vec::new();
        for held in &held {
            let (channel, to) = held.subject.split_once('/').unzip();
            let channel = channel.unwrap_or(&held.subject);
            if let Some(recipient) = outbox::reached_since(connection, channel, to, held.at)? {
                news.extend(reach.ended(channel, &recipient, End::Reached));
            }
        }
        Ok((reach, news))
    }

    /// Goes on from what an earlier run said: these cannot be reached. What it said of a channel as a whole stands in the place of a recipient of its name.
    pub(super) fn of(held: Vec<String>) -> Self {
        let mut reach = Self::default();
        for subject in &held {
            let (channel, recipient) = subject.split_once('/').unwrap_or((subject, subject));
            let failing = Failing {
                why: Some(String::new()),
                own: channel != recipient,
                ..Failing::since(0)
            };
            let ways = reach.channels.entry(channel.to_owned()).or_default();
            ways.entry(recipient.to_owned()).or_default().failing = Some(failing);
        }
        reach.said = held.into_iter().collect();
        reach
    }

    /// Takes how an attempt ended. Gives whose alarm begins or ends with that.
    pub(super) fn ended(&mut self, channel: &str, recipient: &str, end: End) -> Vec<News> {
        self.attempts += 1;
        let attempt = self.attempts;
        let ways = self.channels.entry(channel.to_owned()).or_default();
        match end {
            End::Reached => {
                ways.remove(channel);
                let way = ways.entry(recipient.to_owned()).or_default();
                (way.reached, way.failing) = (attempt, None);
            }
            End::Taken => {
                ways.remove(channel);
                let way = ways.entry(recipient.to_owned()).or_default();
                way.reached = attempt;
                way.failing = way.failing.take().filter(|failing| failing.is_lost);
            }
            End::Gone => {
                ways.remove(recipient);
            }
            End::Lost { why } => {
                let way = ways.entry(recipient.to_owned()).or_default();
                let failing = way.failing.get_or_insert_with(|| Failing::since(attempt));
                (failing.own, failing.is_lost) = (true, true);
                failing.why.get_or_insert(why);
            }
            End::Failed {
                why,
                alarming,
                refused,
            } => {
                let reached = ways.values().map(|way| way.reached).max().unwrap_or_default();
                let way = ways.entry(recipient.to_owned()).or_default();
                let failing = way.failing.get_or_insert_with(|| Failing::since(attempt));
                failing.own |= refused || reached > failing.since;
                if alarming {
                    failing.why.get_or_insert(why);
                }
            }
        }
        self.news_of(channel)
    }

    /// Forgets who is not to be reached any more. `is_way`: whether the site has a channel, and where a recipient is named also them on it.
    pub(super) fn keep(&mut self, is_way: impl Fn(&str, Option<&str>) -> bool) -> Vec<News> {
        let mut gone = Vec::new();
        for (channel, ways) in &mut self.channels {
            let before = ways.len();
            ways.retain(|recipient, way| {
                way.failing.is_none() || is_way(channel, Some(recipient.as_str()).filter(|to| to != channel))
            });
            if ways.len() < before {
                gone.push(channel.clone());
            }
        }
        gone.iter().flat_map(|channel| self.news_of(channel)).collect()
    }

    /// What is not yet said of a channel and whoever it is for.
    fn news_of(&mut self, channel: &str) -> Vec<News> {
        let failing = self
            .channels
            .get(channel)
            .map_or_else(BTreeMap::new, |ways| failing(channel, ways));
        let is_of_channel = |subject: &String| subject.split('/').next() == Some(channel);
        let over: Vec<String> = self
            .said
            .iter()
            .filter(|subject| is_of_channel(subject) && !failing.contains_key(*subject))
            .cloned()
            .collect();
        self.said.retain(|subject| !over.contains(subject));
        let over = over.into_iter().map(|subject| (subject, None));
        let begun = failing.into_iter().map(|(subject, why)| (subject, Some(why)));
        let begun = begun.filter(|(subject, _)| self.said.insert(subject.clone()));
        over.chain(begun).collect()
    }
}

/// By what name a way that fails is an alarm.
fn subject(channel: &str, recipient: &str) -> String {
    match channel == recipient {
        true => channel.to_owned(),
        false => format!("{channel}/{recipient}"),
    }
}

/// Who of a channel cannot be reached, and why; the channel itself where that is not about anybody in it.
fn failing(channel: &str, ways: &BTreeMap<String, Way>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (recipient, way) in ways {
        let Some(failing) = &way.failing else { continue };
        let Some(why) = &failing.why else { continue };
        let subject = match failing.own {
            true => subject(channel, recipient),
            // The channel works since, and they are about to be tried again.
            false if ways.values().any(|other| other.reached > failing.since) => continue,
            false => channel.to_owned(),
        };
        all.entry(subject).or_insert_with(|| why.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(refused: bool) -> End {
        End::Failed {
            why: "no".to_owned(),
            alarming: true,
            refused,
        }
    }

    fn said(news: Vec<News>) -> Vec<String> {
        news.into_iter()
            .map(|(subject, why)| format!("{}{subject}", if why.is_some() { '+' } else { '-' }))
            .collect()
    }

    /// One attempt after the other over the channel "mail"; each with what it changes, as `+subject` and `-subject`.
    fn check(attempts: &[(&str, End, &[&str])]) {
        check_after(&[], attempts);
    }

    /// The same where an earlier run has said of these that they are not reached.
    fn check_after(held: &[&str], attempts: &[(&str, End, &[&str])]) {
        let mut reach = Reach::of(held.iter().map(|subject| (*subject).to_owned()).collect());
        for (recipient, end, expected) in attempts {
            let said = said(reach.ended("mail", recipient, end.clone()));
            assert_eq!(said, *expected, "{recipient}: {end:?}");
        }
    }

    #[test]
    fn who_is_refused_cannot_be_reached_until_they_are_whoever_else_is() {
        check(&[
            ("anna", End::Reached, &[]),
            ("bert", failed(true), &["+mail/bert"]),
            ("anna", End::Reached, &[]),
            ("bert", failed(true), &[]),
            ("bert", End::Reached, &["-mail/bert"]),
        ]);
    }

    #[test]
    fn a_channel_over_which_nobody_is_reached_is_one_alarm_and_whoever_is_left_when_it_works_another() {
        check(&[
            ("anna", End::Reached, &[]),
            ("anna", failed(false), &["+mail"]),
            ("bert", failed(false), &[]),
            ("anna", End::Reached, &["-mail"]),
            ("bert", failed(false), &["+mail/bert"]),
            ("anna", End::Reached, &[]),
            ("bert", End::Gone, &["-mail/bert"]),
        ]);
    }

    #[test]
    fn whoever_did_not_get_what_was_taken_is_reached_when_something_arrives() {
        let lost = || End::Lost { why: "no".to_owned() };
        check(&[
            ("anna", End::Taken, &[]),
            ("anna", lost(), &["+mail/anna"]),
            ("anna", End::Taken, &[]),
            ("bert", End::Reached, &[]),
            ("anna", lost(), &[]),
            ("anna", End::Reached, &["-mail/anna"]),
            ("anna", failed(false), &["+mail"]),
            ("anna", End::Taken, &["-mail"]),
        ]);
    }

    #[test]
    fn what_fails_once_is_nothing_yet_and_a_webhook_is_its_channel() {
        let once = End::Failed {
            why: "busy".to_owned(),
            alarming: false,
            refused: false,
        };
        check(&[
            ("mail", once, &[]),
            ("mail", failed(false), &["+mail"]),
            ("mail", End::Reached, &["-mail"]),
        ]);
    }

    #[test]
    fn what_an_earlier_run_said_holds_until_that_very_one_is_reached() {
        check_after(
            &["mail/bert"],
            &[
                ("anna", End::Reached, &[]),
                ("bert", failed(true), &[]),
                ("bert", End::Reached, &["-mail/bert"]),
            ],
        );
        check_after(
            &["mail"],
            &[
                ("anna", failed(false), &[]),
                ("bert", End::Reached, &["-mail"]),
                ("anna", failed(false), &["+mail/anna"]),
            ],
        );
        check_after(&["mail"], &[("mail", End::Reached, &["-mail"])]);
    }

    #[test]
    fn nobody_is_missed_who_was_taken_off_and_whoever_comes_back_begins_anew() {
        let mut reach = Reach::of(vec!["mail/bert".to_owned(), "ops".to_owned(), "pager".to_owned()]);
        let none = said(reach.keep(|_, _| true));
        assert_eq!(none, Vec::<String>::new());
        let gone =
            said(reach.keep(|channel, to| (channel, to) != ("mail", Some("bert")) && channel != "ops"));
        assert_eq!(gone, ["-mail/bert", "-ops"]);
        assert_eq!(said(reach.ended("mail", "bert", failed(true))), ["+mail/bert"]);
    }
}
