//! Who cannot be reached, from what came of the attempts: each person is a fact of their own, and a channel over which nobody is reached is one.
//!
//! A way that fails is the channel's as long as nobody else on it was reached since it began to fail; it is the person's where the server
//! refuses that address, or fails once more after somebody else was reached. It stays until that very person is reached.

use std::collections::BTreeMap;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The receiver took it.
    Reached,
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

/// What is known of everybody, since the start of the program.
#[derive(Debug, Default)]
pub(super) struct Reach {
    channels: BTreeMap<String, BTreeMap<String, Way>>,
    /// What was last said of each subject: whether it cannot be reached.
    said: BTreeMap<String, bool>,
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
}

impl Reach {
    /// Takes how an attempt ended. Gives whose alarm begins, with the reason, or ends; a subject is a channel, or `channel/person`.
    pub(super) fn ended(
        &mut self,
        channel: &str,
        recipient: &str,
        end: End,
    ) -> Vec<(String, Option<String>)> {
        self.attempts += 1;
        let attempt = self.attempts;
        let ways = self.channels.entry(channel.to_owned()).or_default();
        let own = subject(channel, recipient);
        let mut over = Vec::new();
        match end {
            End::Reached => {
                let way = ways.entry(recipient.to_owned()).or_default();
                (way.reached, way.failing) = (attempt, None);
                // What an earlier run of the program said of them and of their channel is over as well.
                over = vec![channel.to_owned(), own];
            }
            End::Gone => {
                ways.remove(recipient);
                over = vec![own];
            }
            End::Failed {
                why,
                alarming,
                refused,
            } => {
                let reached = ways.values().map(|way| way.reached).max().unwrap_or_default();
                let way = ways.entry(recipient.to_owned()).or_default();
                let failing = way.failing.get_or_insert(Failing {
                    since: attempt,
                    why: None,
                    own: false,
                });
                failing.own |= refused || reached > failing.since;
                if alarming {
                    failing.why.get_or_insert(why);
                }
            }
        }
        let failing = failing(channel, ways);
        let said = self.said.iter().filter(|(said, is)| {
            let of_channel =
                said.as_str() == channel || said.split_once('/').is_some_and(|(of, _)| of == channel);
            **is && of_channel
        });
        over.extend(said.map(|(said, _)| said.clone()));
        over.sort();
        over.dedup();
        let over = over
            .into_iter()
            .filter(|subject| !failing.contains_key(subject))
            .map(|subject| (subject, None));
        let now: Vec<_> = over
            .chain(
                failing
                    .iter()
                    .map(|(subject, why)| (subject.clone(), Some(why.clone()))),
            )
            .collect();
        let is_news = |(subject, why): &(String, Option<String>)| {
            self.said.insert(subject.clone(), why.is_some()) != Some(why.is_some())
        };
        now.into_iter().filter(is_news).collect()
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

    /// One attempt after the other over the channel "mail"; each with what it changes, as `+subject` and `-subject`.
    fn check(attempts: &[(&str, End, &[&str])]) {
        let mut reach = Reach::default();
        for (recipient, end, expected) in attempts {
            let said = reach.ended("mail", recipient, end.clone());
            let said: Vec<String> = said
                .into_iter()
                .map(|(subject, why)| format!("{}{subject}", if why.is_some() { '+' } else { '-' }))
                .collect();
            assert_eq!(said, *expected, "{recipient}: {end:?}");
        }
    }

    #[test]
    fn who_is_refused_cannot_be_reached_until_they_are_whoever_else_is() {
        check(&[
            ("anna", End::Reached, &["-mail", "-mail/anna"]),
            ("bert", failed(true), &["+mail/bert"]),
            ("anna", End::Reached, &[]),
            ("bert", failed(true), &[]),
            ("bert", End::Reached, &["-mail/bert"]),
        ]);
    }

    #[test]
    fn a_channel_over_which_nobody_is_reached_is_one_alarm_and_whoever_is_left_when_it_works_another() {
        check(&[
            ("anna", End::Reached, &["-mail", "-mail/anna"]),
            ("anna", failed(false), &["+mail"]),
            ("bert", failed(false), &[]),
            ("anna", End::Reached, &["-mail"]),
            ("bert", failed(false), &["+mail/bert"]),
            ("anna", End::Reached, &[]),
            ("bert", End::Gone, &["-mail/bert"]),
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
}
