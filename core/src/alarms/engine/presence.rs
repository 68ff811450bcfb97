//! Which agents are there, by receive time, and whether they hold anything unsent.
//!
//! | state | status online, or a reading | status offline (or last will) | nothing heard since the start |
//! |---|---|---|---|
//! | online | online | offline, the rule's delay starts | offline after the rule's delay |
//! | offline | online, its sensors' silence counts anew | offline | offline |

use std::collections::HashMap;

use plenum_protocol::{AgentName, Duration, Identifier, Timestamp};

use super::pace::Pace;
use super::timers::GRACE;

/// How long an agent that has something unsent, or has just come, can hold back deadlines without being heard of.
pub(super) const PATIENCE: Duration = Duration::from_seconds(60);

/// How long an agent may be silent where a rule does not say.
pub(crate) const OFFLINE_AFTER: Duration = Duration::from_seconds(60);

/// How many streams of an agent are remembered before those that were sent to their end are forgotten.
const STREAMS: usize = 8;

/// An agent as the engine knows it.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) name: AgentName,
    /// Its status said so, or a reading came.
    pub(super) online: bool,
    /// Something was received from it in this run of the engine.
    pub(super) heard: bool,
    /// It cannot be heard: the collector's broker is lost, and nothing has come from it since.
    pub(super) cut_off: bool,
    /// When it came or went, by receive time.
    pub(super) since: Timestamp,
    pub(super) clock_synchronised: bool,
    /// When the alarm about its free clock is due: a Pi has the time only a while after it starts.
    pub(super) clock_due: Option<Timestamp>,
    /// What its status lists, with the interval.
    pub(super) intervals: HashMap<Identifier, Duration>,
    /// One for each offline rule.
    pub(super) watches: Vec<Watch>,
    /// How many alarms its late readings would have raised, since the summary began.
    pub(super) late: u64,
    streams: HashMap<String, Stream>,
    settled_at: Timestamp,
    /// When its newest batch came.
    received: Timestamp,
    pub(super) pace: Pace,
}

/// An offline rule's state for an agent.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) rule: usize,
    pub(super) active: bool,
    /// When the alarm is due, while the agent is away or unheard.
    pub(super) due: Option<Timestamp>,
}

impl Watch {
    /// The agent is there.
    pub(super) fn new(rule: usize) -> Self {
        Self {
            rule,
            active: false,
            due: None,
        }
    }
}

#[derive(Debug)]
struct Stream {
    newest: bool,
    received: Timestamp,
}

/// Whether the wall clock may end a delay of this agent's series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// All that it measured has come.
    Pass,
    /// It is away: on-delays end, nothing else.
    Away,
    /// Something older may still come.
    Wait,
    /// What it reads routinely is not taken: on-delays of what is urgent end, and nobody is silent for it.
    Refused,
}

impl Agent {
    pub(super) fn new(name: AgentName) -> Self {
        Self {
            name,
            online: false,
            heard: false,
            cut_off: false,
            since: Timestamp::MIN,
            clock_synchronised: true,
            clock_due: None,
            intervals: HashMap::new(),
            watches: Vec::new(),
            late: 0,
            streams: HashMap::new(),
            settled_at: Timestamp::MIN,
            received: Timestamp::MIN,
            pace: Pace::default(),
        }
    }

    /// A batch came; `newest`: the agent held nothing newer in its stream; `live`: nor was it measured long ago. The last of an urgent stream may be old,
    /// with the other stream still to come.
    pub(super) fn batch(&mut self, stream: Option<&str>, (newest, live): (bool, bool), received: Timestamp) {
        self.received = received;
        match stream {
            None => {}
            Some(stream) => match self.streams.get_mut(stream) {
                Some(known) => *known = Stream { newest, received },
                None => {
                    // A stream ends with its agent's run: the old ones that were sent to their end are of no interest.
                    if self.streams.len() >= STREAMS {
                        self.streams.retain(|_, stream| !stream.newest);
                    }
                    self.streams
                        .insert(stream.to_owned(), Stream { newest, received });
                }
            },
        }
        if live {
            self.settled_at = self.settled_at.min(received + GRACE);
        }
    }

    /// The collector's clock was set by so much: what is waited for moves with it.
    pub(super) fn shift(&mut self, by: Duration) {
        self.pace.shift(by);
        let streams = self.streams.values_mut().map(|stream| &mut stream.received);
        let dues = self.watches.iter_mut().filter_map(|watch| watch.due.as_mut());
        let own = [&mut self.since, &mut self.settled_at, &mut self.received];
        for instant in own
            .into_iter()
            .chain(streams)
            .chain(dues)
            .chain(self.clock_due.as_mut())
        {
            if *instant != Timestamp::MIN {
                *instant = *instant + by;
            }
        }
    }

    /// This run's clock is at `now`: what an earlier run noted lies no further ahead of it than it could.
    pub(super) fn come_back_to(
        &mut self,
        now: Timestamp,
        due: impl Fn(usize) -> Timestamp,
        clock_due: Timestamp,
    ) {
        self.since = self.since.min(now);
        self.received = self.received.min(now);
        self.settled_at = self.settled_at.min(now + PATIENCE);
        for watch in &mut self.watches {
            let latest = due(watch.rule);
            watch.due = watch.due.map(|due| due.min(latest));
        }
        self.clock_due = self.clock_due.map(|due| due.min(clock_due));
    }

    /// It may hold things unsent until a batch says otherwise.
    pub(super) fn unsettle(&mut self, now: Timestamp) {
        self.settled_at = now + PATIENCE;
    }

    /// Nothing has come for longer than its readings are apart: a broker or network is gone, and what it measures waits there.
    fn is_interrupted(&self, now: Timestamp) -> bool {
        let Some(shortest) = self.intervals.values().min() else {
            return false;
        };
        let usual = Duration::from_milliseconds(shortest.milliseconds() * 3 / 2).max(GRACE);
        let silent = now.since(self.received);
        self.received != Timestamp::MIN && silent > usual && silent < PATIENCE
    }

    /// Whether nothing was heard of it in this run, though it could be.
    pub(super) fn is_missed(&self) -> bool {
        !self.heard && !self.cut_off
    }

    pub(super) fn gate(&self, now: Timestamp) -> Gate {
        if !self.online || self.cut_off {
            return Gate::Away;
        }
        let unsent = |stream: &Stream| !stream.newest && now < stream.received + PATIENCE;
        if now < self.settled_at || self.is_interrupted(now) || self.streams.values().any(unsent) {
            Gate::Wait
        } else {
            Gate::Pass
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_with_something_unsent_holds_deadlines_back_for_a_while() {
        let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
        let mut agent = Agent::new(AgentName {
            site: "a".parse().unwrap(),
            agent: "b".parse().unwrap(),
        });
        assert_eq!(agent.gate(second(0)), Gate::Away);
        agent.online = true;
        agent.unsettle(second(0));
        assert_eq!(agent.gate(second(59)), Gate::Wait);
        assert_eq!(agent.gate(second(60)), Gate::Pass);
        agent.batch(Some("x"), (true, true), second(1));
        assert_eq!(agent.gate(second(2)), Gate::Pass);
        agent.batch(Some("y"), (false, false), second(2));
        assert_eq!(agent.gate(second(3)), Gate::Wait);
        agent.batch(Some("y"), (true, true), second(4));
        assert_eq!(agent.gate(second(4)), Gate::Pass);
        agent.batch(Some("y"), (false, false), second(5));
        assert_eq!(agent.gate(second(65)), Gate::Pass);
    }

    #[test]
    fn the_last_of_what_was_urgent_long_ago_does_not_say_that_the_rest_has_come() {
        let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
        let mut agent = Agent::new(AgentName {
            site: "a".parse().unwrap(),
            agent: "b".parse().unwrap(),
        });
        agent.online = true;
        agent.unsettle(second(200));
        agent.batch(Some("urgent"), (true, false), second(201));
        assert_eq!(agent.gate(second(203)), Gate::Wait);
        agent.batch(Some("routine"), (true, true), second(202));
        assert_eq!(agent.gate(second(202)), Gate::Wait);
        assert_eq!(agent.gate(second(203)), Gate::Pass);
    }

    #[test]
    fn an_agent_from_which_nothing_comes_any_more_holds_deadlines_back_for_a_while() {
        let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
        let mut agent = Agent::new(AgentName {
            site: "a".parse().unwrap(),
            agent: "b".parse().unwrap(),
        });
        agent.online = true;
        agent
            .intervals
            .insert("x".parse().unwrap(), Duration::from_seconds(10));
        agent.batch(None, (true, true), second(100));
        assert_eq!(agent.gate(second(115)), Gate::Pass);
        assert_eq!(agent.gate(second(116)), Gate::Wait);
        assert_eq!(agent.gate(second(160)), Gate::Pass);
    }
}
