//! What a message may tell of.

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Quantity, Timestamp};

use super::{Along, Climate, IN_TIME, Nearby, Next, Told, say};
use crate::alarms::chatter::Run;
use crate::alarms::forecast::{Forecast, Trend};
use crate::alarms::{Alarm, Cover, Input, Origin, State, Subject};
use crate::authority::Actor;
use crate::expectation::Knowledge;
use crate::oncall::Reason;
use crate::text::around;
use crate::text::catalogue::{self, Heading, Phrase};
use crate::text::form::Form;
use crate::work::Work;

/// What every message of a drill begins with, in each language.
const DRILL: &str = "DRILL";

/// All that a message may say about an alarm, as it is known when the message is sent.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Why the message is written.
    pub reason: Reason,
    /// How it is written.
    pub form: Form,
    /// Whether the recipient has heard nothing yet of this occurrence, though the message tells how it ended.
    pub untold: bool,
    /// When it was due.
    pub due: Timestamp,
    /// The alarm as it stood at its transition.
    pub alarm: Alarm,
    /// The same occurrence as it stands now.
    pub stands: Option<Alarm>,
    /// The alarm's own sentence.
    pub sentence: String,
    /// The rule's name.
    pub name: String,
    /// The room's name, or the site's for what has no room.
    pub room: String,
    /// Where that is: "ground floor".
    pub floor: String,
    /// The sensor's name: "Inlet A3".
    pub sensor: String,
    /// Where it hangs: "rack A3, front, top".
    pub position: String,
    /// What is measured.
    pub quantity: Option<Quantity>,
    /// What is known of it now; none for what is not about a series.
    pub measured: Option<Knowledge>,
    /// The rule's likely cause.
    pub cause: String,
    /// What happens if nobody acts.
    pub consequence: String,
    /// What to do, in steps.
    pub response: Vec<String>,
    /// The value that tells how long there is: the alarm's own, or the room's hottest inlet where the alarm is about its cooling.
    pub focus: Option<Focus>,
    /// How many sensors of the same place are beyond the limit.
    pub siblings: Option<Siblings>,
    /// What is known of the room's inlets, where the alarm is about its air being too warm or its cooling.
    pub climate: Option<Climate>,
    /// What else is measured in the room.
    pub nearby: Vec<Nearby>,
    /// The work that goes on there.
    pub works: Vec<Work>,
    /// The other alarms that stand there.
    pub others: Vec<Standing>,
    /// The alarm that it most likely comes from, where that stands: the first cause of its incident.
    pub first_cause: Option<Standing>,
    /// What else of the incident it tells.
    pub along: Along,
    /// What is beyond a limit there and is not an alarm yet, the worst first.
    pub beyond: Vec<Beyond>,
    /// What was last changed of the alarm, in words; empty where nothing was.
    pub changes: String,
    /// How many of the room's sensors answer, of how many.
    pub answering: Option<(usize, usize)>,
    /// The agent and whether it is online.
    pub agent: Option<(String, bool)>,
    /// Over which other channels it goes.
    pub also: Vec<String>,
    /// Whom else this is told; none where nobody keeps count of that.
    pub told: Option<Vec<Told>>,
    /// Who passed it on last, and when, where nobody has had it since.
    pub passed_on: Option<(Actor, Timestamp)>,
    /// Who is called after those who were told.
    pub next: Next,
    /// Where the alarm is shown; empty where it is not.
    pub alarm_link: String,
    /// Where this recipient takes it, by one tap and one button; for a raised alarm to a person.
    pub acknowledge_link: Option<String>,
}

/// A value that is known now, where it is going, and when it gets to the next limit.
#[derive(Debug, Clone)]
pub struct Focus {
    /// The sensor's name.
    pub sensor: String,
    /// What is measured.
    pub quantity: Quantity,
    /// Its newest value.
    pub value: f64,
    /// How it moves.
    pub trend: Option<Trend>,
    /// The next worse limit and when it is reached.
    pub next_limit: Option<(f64, Forecast)>,
}

/// The sensors of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Siblings {
    /// Beyond the limit.
    pub beyond: usize,
    /// Of which nothing is known now.
    pub unknown: usize,
    /// All of them.
    pub total: usize,
}

/// Another alarm that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Its rule's name.
    pub name: String,
    /// Its sensor or agent; empty where the name says all.
    pub subject: String,
    /// When it was raised.
    pub since: Timestamp,
    /// Since when its condition is gone, while its off-delay runs.
    pub ending: Option<Timestamp>,
    /// Whether nothing is known now of what it is about: it stands by what was known last.
    pub unknown: bool,
}

/// A value beyond a limit whose alarm waits for its delay.
#[derive(Debug, Clone, PartialEq)]
pub struct Beyond {
    /// Whether it is the very condition that the message tells of, which holds again.
    pub own: bool,
    /// The sensor's name.
    pub sensor: String,
    /// What is measured.
    pub quantity: Quantity,
    /// Its newest value.
    pub value: f64,
    /// The limit that it has passed.
    pub limit: f64,
}

impl Beyond {
    /// The value and the limit.
    pub(super) fn said(&self, form: &Form) -> String {
        let value = &form.value_against(self.quantity, self.value, self.limit);
        let limit = &form.limit(self.quantity, self.limit);
        let above = self.value > self.limit;
        format!(
            "{} {}",
            self.sensor,
            say(form, Phrase::Beyond { value, limit, above })
        )
    }
}

/// What is known of an input in words: the value as it is now, or that it is unknown, since when, and what was last known.
pub(super) fn said(known: Knowledge, quantity: Quantity, form: &Form) -> String {
    match known {
        Knowledge::Known { value, .. } => form.value(quantity, value),
        Knowledge::Unknown { since, last, .. } => {
            let since = since.map(|since| form.instant(since));
            let since = since.as_deref();
            match last {
                Some((at, last)) => {
                    let (last, at) = (&form.value(quantity, last), &form.instant(at));
                    say(form, Phrase::UnknownLast { since, last, at })
                }
                None => say(form, Phrase::UnknownSince { since }),
            }
        }
    }
}

/// The last value that was known, as of when, whatever is known now.
pub(super) fn last_known(known: Knowledge) -> Option<(Timestamp, f64)> {
    match known {
        Knowledge::Known { value, at } => Some((at, value)),
        Knowledge::Unknown { last, .. } => last,
    }
}

/// What a value that was another is now. A flag's other word says nothing behind it: "on bypass at 03:10, no".
fn now(quantity: Quantity, value: f64, form: &Form) -> String {
    match quantity.is_flag() {
        true => say(form, Phrase::NoLonger),
        false => form.value(quantity, value),
    }
}

impl Focus {
    /// Whether it rises; none while it stands still.
    pub(super) fn rises(&self) -> Option<bool> {
        // What is left of a battery is a guess of the UPS's, which jumps: how fast it does so tells nothing.
        let moves = self.quantity.kind() == Kind::Number && !matches!(self.quantity.unit(), "EL" | "s");
        let trend = self.trend.filter(|trend| moves && !trend.is_steady())?;
        Some(trend.per_minute > 0.0)
    }

    /// The limit that it moves towards, in words.
    pub(super) fn limit(&self, form: &Form) -> Option<(String, Forecast)> {
        self.next_limit
            .map(|(limit, forecast)| (form.limit(self.quantity, limit), forecast))
    }

    pub(super) fn direction(&self, form: &Form) -> Option<String> {
        let phrase = match self.rises()? {
            true => Phrase::Rising,
            false => Phrase::Falling,
        };
        Some(say(form, phrase))
    }
}

impl Facts {
    /// Of how many more of the incident the same is true: they stand too, are over too, were taken or withdrawn too; none where of none.
    pub(super) fn more(&self) -> Option<String> {
        let count = match self.reason {
            Reason::Resolved => self.along.ended,
            Reason::Withdrawn => self.along.withdrawn.len(),
            Reason::Taken => self.along.taken,
            Reason::ShelvingEnds => 0,
            Reason::First | Reason::StandsAgain | Reason::Reminder | Reason::Changed | Reason::No(_) => {
                self.along.hold()
            }
        };
        (count > 0).then(|| say(&self.form, Phrase::AndMore { count }))
    }

    /// Whether it tells that the alarm is over.
    pub(super) fn is_return(&self) -> bool {
        self.reason == Reason::Resolved
    }

    /// In one word why it is written.
    pub(super) fn heading(&self) -> String {
        let why = self.why();
        match self.alarm.is_drill() {
            true => format!("{DRILL} {why}"),
            false => why,
        }
    }

    fn why(&self) -> String {
        let language = self.form.language;
        let priority = catalogue::priority(self.alarm.priority, language).to_uppercase();
        let heading = |heading| catalogue::heading(language, heading).to_owned();
        match self.reason {
            Reason::Resolved if self.untold => format!("{}, {priority}", heading(Heading::OverAlready)),
            Reason::Taken => format!("{}, {priority}", heading(Heading::Taken)),
            reason if reason.calls() && self.over_since().is_some() => {
                format!("{}, {priority}", heading(Heading::OverAlready))
            }
            Reason::Resolved => heading(Heading::Returned),
            Reason::ShelvingEnds => heading(Heading::ShelvingEnds),
            Reason::Withdrawn => heading(Heading::Withdrawn),
            Reason::Changed => format!("{}, {priority}", heading(Heading::Changed)),
            Reason::First | Reason::StandsAgain | Reason::Reminder if self.chatters() => {
                format!("{priority}, {}", heading(Heading::Chattering))
            }
            Reason::Reminder => format!("{priority}, {}", heading(Heading::Again)),
            Reason::First | Reason::StandsAgain | Reason::No(_) => priority,
        }
    }

    /// Whether it chatters, and was not told to stand since it flipped last.
    fn chatters(&self) -> bool {
        self.chattering().is_some_and(|run| run.stands_since().is_none())
    }

    /// That the alarm chatters, as far as is known now.
    pub(super) fn chattering(&self) -> Option<&Run> {
        let run = self.alarm.chatter.running()?;
        let now = self.stands.as_ref().and_then(|alarm| alarm.chatter.last_run());
        Some(now.filter(|now| now.since == run.since).unwrap_or(run))
    }

    /// When the beginning that it tells of was heard of, where that was long after.
    pub(super) fn heard_at(&self) -> Option<Timestamp> {
        self.alarm.heard_at.filter(|_| self.reason.calls())
    }

    /// How late it is; none if it is in time.
    pub(super) fn delay(&self) -> Option<Duration> {
        let delay = self.form.now.since(match self.heard_at() {
            Some(_) => self.alarm.raised_at,
            None => self.due,
        });
        (delay > IN_TIME).then_some(delay)
    }

    /// Whether nothing is known of what the alarm is about.
    pub(super) fn is_unknown(&self) -> bool {
        match self.measured {
            Some(measured) => measured.value().is_none(),
            None => self.stands.as_ref().unwrap_or(&self.alarm).input == Input::Unknown,
        }
    }

    /// What is known beside the sensor's name, in a few words. A device's flag says nothing there that the alarm's name does not.
    pub(super) fn beside(&self, form: &Form) -> Option<String> {
        let Subject::Series(_) = self.alarm.subject else {
            return None;
        };
        let quantity = self.quantity?;
        match self.measured? {
            Knowledge::Unknown { since, .. } => {
                let since = since.map(|since| form.minute(since));
                let since = since.as_deref();
                Some(say(form, Phrase::UnknownSince { since }))
            }
            Knowledge::Known { value, .. } if self.is_quiet() => {
                let (state, now) = (&form.value(quantity, 1.0 - value), &now(quantity, value, form));
                let began = self.alarm.held.began_at.unwrap_or(self.alarm.raised_at);
                let (at, since) = (&form.minute(began), &form.instant(self.quiet_since()?));
                Some(say(
                    form,
                    Phrase::StateThen {
                        state,
                        at,
                        now,
                        since,
                    },
                ))
            }
            Knowledge::Known { .. } if self.is_by_figure() => self.figure(form).filter(|_| !self.is_return()),
            Knowledge::Known { value, .. } => match self.raised_by(value, form) {
                Some(raised) => {
                    let (value, now) = (raised.as_str(), &now(quantity, value, form));
                    let at = &form.minute(self.alarm.raised_at);
                    Some(say(form, Phrase::ValueThen { value, at, now }))
                }
                None if !quantity.is_flag() => Some(form.value(quantity, value)),
                None => None,
            },
        }
    }

    /// Whether something else than the newest value of its own series raised it: a mean, a dew point, the humidity of the air.
    pub(super) fn is_by_figure(&self) -> bool {
        self.figure(&self.form).is_some()
    }

    /// What that was; with its instant where it was a while ago.
    fn figure(&self, form: &Form) -> Option<String> {
        let figure = around::figure(self.quantity?, self.alarm.origin.as_ref()?, form)?;
        let raised_at = self.alarm.raised_at;
        Some(match form.now.since(raised_at) > IN_TIME {
            true => {
                let (value, at) = (figure.as_str(), &form.minute(raised_at));
                say(form, Phrase::ValueAt { value, at })
            }
            false => figure,
        })
    }

    /// The newest value of its own series in words that nobody takes for what raised it; none where it is that.
    pub(super) fn own_value(&self, value: f64) -> Option<String> {
        let (form, quantity) = (&self.form, self.quantity.filter(|_| self.is_by_figure())?);
        let value = &form.value(quantity, value);
        Some(match self.alarm.origin {
            Some(Origin::Mean { .. }) => say(form, Phrase::NowValue { value }),
            _ => around::of_another(quantity, value, form),
        })
    }

    /// The value or state that raised it, in words: of a message that comes long after, where that is another by now.
    fn raised_by(&self, now: f64, form: &Form) -> Option<String> {
        let (quantity, origin) = (self.quantity?, self.alarm.origin.as_ref()?);
        self.delay().filter(|_| self.reason.calls())?;
        let raised = form.value(quantity, origin.value()?);
        (raised != form.value(quantity, now)).then_some(raised)
    }

    /// Since when the condition is gone of a latched alarm that stands.
    fn quiet_since(&self) -> Option<Timestamp> {
        let stands = self.stands.as_ref().unwrap_or(&self.alarm);
        stands.held.ended_at.or(stands.returned_at)
    }

    /// Whether only the latch holds it: its state is known, and is not the one that raised it.
    fn is_quiet(&self) -> bool {
        let stands = self.stands.as_ref().unwrap_or(&self.alarm);
        let is_state = self
            .quantity
            .is_some_and(|quantity| quantity.kind() == Kind::Boolean);
        let raised_by = self.alarm.origin.as_ref().and_then(Origin::value);
        let now = self.measured.and_then(Knowledge::value);
        let is_other = raised_by.is_none() || raised_by != now;
        is_state && is_other && !self.is_return() && stands.latched && self.quiet_since().is_some()
    }

    /// The condition that it tells is over holds again, and its delay runs.
    pub(super) fn is_back(&self) -> bool {
        self.beyond.iter().any(|beyond| beyond.own)
    }

    /// How many of the others stand by what is known now.
    pub(super) fn others_stand(&self) -> usize {
        self.others.iter().filter(|other| other.ending.is_none()).count()
    }

    /// How long it lasted, in words.
    pub(super) fn lasted(&self, form: &Form) -> Option<String> {
        let (lasted, is_all) = self.alarm.lasted()?;
        let time = form.duration(lasted);
        Some(match is_all {
            true => time,
            false => say(form, Phrase::AtLeast { time: &time }),
        })
    }

    /// Whether a change of its rule ended it.
    pub(super) fn is_ended_by_change(&self) -> bool {
        let changed = self.alarm.changed.as_ref().map(|changed| changed.at);
        self.is_return() && changed.is_some() && changed == self.alarm.returned_at
    }

    /// Whether its reader can take it: it stands, nobody has it, and nothing lies over it.
    pub fn can_be_taken(&self) -> bool {
        self.stands
            .as_ref()
            .is_none_or(|stands| stands.state == State::ActiveUnacknowledged && stands.cover.is_none())
    }

    /// Whether there is still something to acknowledge.
    pub(super) fn asks(&self) -> bool {
        let is_seen = |stands: &Alarm| {
            stands.cover.is_some() || matches!(stands.state, State::Normal | State::ActiveAcknowledged)
        };
        !self.stands.as_ref().is_some_and(is_seen)
    }

    /// Until when it is shelved, of a message that tells of that.
    pub(super) fn shelved_until(&self, form: &Form) -> Option<String> {
        match (self.reason, &self.alarm.cover) {
            (Reason::ShelvingEnds, Some(Cover::Shelved(shelving))) => Some(form.minute(shelving.until)),
            _ => None,
        }
    }

    /// That it is over, and since when or from when to when, of a message that may be the first about it; none of any other.
    pub(super) fn over(&self, form: &Form) -> Option<String> {
        if let (Reason::Resolved, true, Some(returned)) = (self.reason, self.untold, self.alarm.returned_at) {
            let held = self.alarm.held;
            let from = &form.instant(held.began_at.unwrap_or(self.alarm.raised_at));
            let until = &form.instant(held.ended_at.unwrap_or(returned));
            return Some(say(form, Phrase::Was { from, until }));
        }
        let tells = self.reason.calls() || self.reason == Reason::Taken;
        let since = &form.instant(self.over_since().filter(|_| tells)?);
        Some(say(form, Phrase::Over { since }))
    }

    /// Since when its condition is gone, of an alarm that stands on while its off-delay runs.
    pub(super) fn ending_since(&self) -> Option<Timestamp> {
        let stands = self.stands.as_ref().filter(|stands| stands.is_ending())?;
        let is_told = self.is_return() || self.reason == Reason::Withdrawn;
        stands.held.ended_at.filter(|_| !is_told)
    }

    /// When it returned, of an alarm that is over although its beginning is told.
    pub(super) fn over_since(&self) -> Option<Timestamp> {
        let stands = self.stands.as_ref()?;
        let is_told = self.is_return() || self.reason == Reason::Withdrawn;
        let ended = stands.held.ended_at.or(stands.returned_at);
        ended.filter(|_| !is_told && !stands.state.is_active())
    }
}
