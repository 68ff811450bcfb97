//! The alarms as they stand: one for each rule and subject that was ever abnormal, with its number for ever.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use plenum_protocol::{Duration, Fault, Identifier, Timestamp};

use super::acts::Refusal;
use super::chatter;
use super::first_out::FirstOut;
use super::hidden::Hidden;
use super::works::Works;
use crate::alarms::life::{Standing, Trigger, step};
use crate::alarms::{
    Alarm, Cause, Chatter, Cover, CoverKind, Event, Held, Input, Origin, Remark, State, Subject,
};
use crate::authority::Actor;
use crate::site::Rule;
use crate::work::{Work, WorkRefusal};

/// What is heard of an alarm within so long is in time.
const IN_TIME: Duration = Duration::from_minutes(1);

/// What the engine decided; the shell writes it down in the order in which it comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An alarm changed its state (or has something to log without changing it).
    Transition {
        /// As it now stands.
        alarm: Alarm,
        /// What to log.
        event: Event,
    },
    /// An alarm's input, value or words changed; nothing to log.
    Updated(Alarm),
    /// What became of a person's action.
    Answer {
        /// The journal entry that holds the action.
        entry: u64,
        /// Its index among the entry's items.
        item: usize,
        /// The alarm as it then stood, or why nothing changed.
        outcome: Result<Alarm, Refusal>,
    },
    /// Some work was planned, began, ended, or is at other instants.
    Work(Work),
    /// What became of what a person said of work.
    Heard {
        /// The journal entry that holds it.
        entry: u64,
        /// Its index among the entry's items.
        item: usize,
        /// The work as it then stood, or why nothing changed.
        outcome: Result<Work, WorkRefusal>,
    },
}

/// What is known of an alarm's input.
pub(super) struct InputNow {
    /// The newest value of its series.
    pub(super) value: Option<f64>,
    /// Why there is none, where the sensor says so.
    pub(super) fault: Option<Fault>,
    /// Whether it can be trusted.
    pub(super) input: Input,
    /// Since when its condition is gone, none while it holds; not said where its tracker does not know.
    pub(super) ending: Option<Option<Timestamp>>,
}

/// What is known of the cause when an alarm is raised.
pub(super) struct Onset {
    pub(super) at: Timestamp,
    /// The instant up to which the engine was told of anything.
    pub(super) heard: Timestamp,
    /// When the condition began, before the on-delay, where that is known.
    pub(super) began: Option<Timestamp>,
    pub(super) value: Option<f64>,
    pub(super) fault: Option<Fault>,
    pub(super) input: Input,
    pub(super) room: Option<Identifier>,
    pub(super) origin: Origin,
    /// What the device says of it.
    pub(super) words: Option<String>,
    /// Since when its contact flips, and how often, where that raised it.
    pub(super) flips: Option<(Timestamp, u64)>,
}

/// The alarms, and what was decided about them and not fetched yet.
#[derive(Debug, Default)]
pub(super) struct Register {
    pub(super) alarms: BTreeMap<u64, Alarm>,
    index: HashMap<(Identifier, Subject), u64>,
    last: u64,
    pub(super) effects: VecDeque<Effect>,
    /// When to look at what lies over an alarm, or at who has it.
    pub(super) due: BTreeSet<(Timestamp, u64)>,
    /// When to look whether an alarm that chatters has become quiet.
    pub(super) quiet: BTreeSet<(Timestamp, u64)>,
    first_out: FirstOut,
    /// Which rules suppress a rule's alarms; those alone that have any.
    pub(super) suppressed_by: HashMap<Identifier, Vec<Identifier>>,
    pub(super) hidden: Hidden,
    /// The work that is planned or goes on.
    pub(super) works: Works,
}

impl Register {
    pub(super) fn restore(alarms: Vec<Alarm>, last: u64, works: Works) -> Self {
        Self {
            index: alarms
                .iter()
                .map(|alarm| ((alarm.rule.clone(), alarm.subject.clone()), alarm.id))
                .collect(),
            due: alarms
                .iter()
                .filter_map(|alarm| Some((alarm.due()?, alarm.id)))
                .collect(),
            quiet: alarms.iter().filter_map(chatter::look_at).collect(),
            first_out: FirstOut::restore(alarms.iter()),
            hidden: Hidden::of(alarms.iter()),
            alarms: alarms.into_iter().map(|alarm| (alarm.id, alarm)).collect(),
            last,
            effects: VecDeque::new(),
            suppressed_by: HashMap::new(),
            works,
        }
    }

    /// The next thing that was decided.
    pub(super) fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(super) fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.values()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Alarm> {
        self.alarms.get(&id)
    }

    /// The highest number that was ever given.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn find(&self, rule: &Identifier, subject: &Subject) -> Option<u64> {
        self.index.get(&(rule.clone(), subject.clone())).copied()
    }

    /// The alarm of a rule and a subject, made in the state normal where there is none.
    fn open(&mut self, rule: &Rule, subject: &Subject, onset: &Onset) -> &mut Alarm {
        let key = (rule.id.clone(), subject.clone());
        let last = &mut self.last;
        let id = *self.index.entry(key).or_insert_with(|| {
            *last += 1;
            *last
        });
        self.alarms.entry(id).or_insert_with(|| Alarm {
            id,
            rule: rule.id.clone(),
            subject: subject.clone(),
            name: rule.name.clone(),
            room: onset.room.clone(),
            priority: rule.priority,
            state: State::Normal,
            input: onset.input,
            raised_at: onset.at,
            heard_at: None,
            returned_at: None,
            value: onset.value,
            fault: onset.fault,
            limit: rule.when.limit(),
            latched: rule.when.is_latched(),
            origin: Some(onset.origin.clone()),
            message: String::new(),
            words: None,
            acknowledged: None,
            given_back: None,
            cover: None,
            first_out: false,
            unwatched: false,
            chatter: Chatter::default(),
            held: Held::default(),
            changed: None,
        })
    }

    /// The condition holds. Gives the alarm's number.
    pub(super) fn raise(&mut self, rule: &Rule, subject: &Subject, onset: Onset) -> u64 {
        self.raise_for(rule, subject, onset, Cause::Raised)
    }

    /// The condition held, as a late reading tells, of something that only a person ends: it stands from then on.
    pub(super) fn raise_late(&mut self, rule: &Rule, subject: &Subject, onset: Onset) -> u64 {
        self.raise_for(rule, subject, onset, Cause::Late)
    }

    fn raise_for(&mut self, rule: &Rule, subject: &Subject, onset: Onset, cause: Cause) -> u64 {
        if let Some(id) = self.find(&rule.id, subject) {
            self.calm(id, onset.at);
            if self.alarms[&id].cover.as_ref().map(Cover::kind) == Some(CoverKind::Shelved) {
                self.worsen(id, rule.priority, onset.at);
            }
        }
        self.hide(rule, subject, &onset);
        let alarm = self.open(rule, subject, &onset);
        if let Ok((to, _)) = step(alarm.standing(), Trigger::Raised, rule.when.is_latched(), true) {
            let mut event = transition(alarm, to, cause, onset.at, &Actor::Monitor, "");
            event.origin = Some(onset.origin.clone());
            alarm.name.clone_from(&rule.name);
            alarm.room = onset.room;
            alarm.priority = rule.priority;
            alarm.input = onset.input;
            alarm.raised_at = onset.at;
            let is_late = matches!(subject, Subject::Series(_)) && onset.heard.since(onset.at) > IN_TIME;
            alarm.heard_at = is_late.then_some(onset.heard);
            alarm.returned_at = None;
            alarm.value = onset.value;
            alarm.fault = onset.fault;
            alarm.limit = rule.when.limit();
            alarm.latched = rule.when.is_latched();
            alarm.origin = Some(onset.origin);
            alarm.message.clear();
            alarm.words = onset.words;
            alarm.acknowledged = None;
            alarm.given_back = None;
            alarm.first_out = false;
            alarm.unwatched = false;
            alarm.held = Held {
                began_at: onset.began,
                ..Held::default()
            };
            alarm.changed = None;
            let (id, at, room) = (alarm.id, event.at, alarm.room.clone());
            // A latched one comes again only after a person did something about it.
            let chatters = !alarm.latched
                && match onset.flips {
                    Some(flips) => alarm.chatter.flips(flips, at),
                    None => alarm.chatter.raised(at),
                };
            let marks = self.first_out.raised(id, room.as_ref(), at);
            self.log(event);
            if chatters {
                self.chatter(id, at);
            }
            self.mark(marks.not_first, false);
            self.mark(marks.first, true);
            return id;
        }
        let id = alarm.id;
        if alarm.returned_at.take().is_some() {
            alarm.held.ended_at = None;
            let alarm = alarm.clone();
            self.effects.push_back(Effect::Updated(alarm));
        }
        id
    }

    /// An alarm is about to be raised: what hides that is laid over it, work before another alarm.
    fn hide(&mut self, rule: &Rule, subject: &Subject, onset: &Onset) {
        let (by_work, by_alarm) = (
            self.works.open().next().is_some(),
            self.suppressed_by.contains_key(&rule.id),
        );
        if by_work || by_alarm {
            self.open(rule, subject, onset);
        }
        if by_work {
            self.lay_work(rule, subject, onset);
        }
        if by_alarm {
            self.suppress(rule, subject, onset);
        }
    }

    /// A transition that was made. What an alarm suppressed comes to light when it no longer stands itself.
    pub(super) fn log(&mut self, event: Event) {
        let stands = |state: State, cover: Option<CoverKind>| state.is_active() && cover.is_none();
        let ended = stands(event.from, event.from_cover) && !stands(event.to, event.to_cover);
        let (id, at) = (event.alarm, event.at);
        let alarm = self.alarms[&id].clone();
        self.hidden.note(&alarm);
        self.effects.push_back(Effect::Transition { alarm, event });
        if ended {
            self.release_from(id, at);
        }
    }

    /// It is, or is not, the first of those that were raised together.
    fn mark(&mut self, id: Option<u64>, first: bool) {
        if let Some(alarm) = id.and_then(|id| self.alarms.get_mut(&id))
            && alarm.first_out != first
        {
            alarm.first_out = first;
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// The condition is gone.
    pub(super) fn end(&mut self, id: u64, trigger: Trigger, at: Timestamp) {
        self.end_with(id, trigger, at, "", None);
    }

    /// The same with what there is to say of that.
    pub(super) fn end_with(
        &mut self,
        id: u64,
        trigger: Trigger,
        at: Timestamp,
        comment: &str,
        remark: Option<Remark>,
    ) {
        self.calm(id, at);
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return;
        };
        if let Ok((to, cause)) = step(alarm.standing(), trigger, alarm.latched, false) {
            let mut event = transition(alarm, to, cause, at, &Actor::Monitor, comment);
            event.remark = remark;
            alarm.returned_at.get_or_insert(at);
            alarm.held.ended_at.get_or_insert(at);
            self.log(event);
        } else if alarm.latched && trigger == Trigger::Returned {
            alarm.returned_at = Some(at);
            alarm.held.ended_at.get_or_insert(at);
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// A late reading would have raised it: logged, the state is as it was.
    pub(super) fn log_late(&mut self, rule: &Rule, subject: &Subject, onset: &Onset) -> u64 {
        let alarm = self.open(rule, subject, onset);
        let mut event = transition(
            alarm,
            alarm.standing(),
            Cause::Late,
            onset.at,
            &Actor::Monitor,
            "",
        );
        event.origin = Some(onset.origin.clone());
        let id = alarm.id;
        self.log(event);
        id
    }

    /// An alarm that is not normal has something else to say.
    pub(super) fn reword(&mut self, id: u64, origin: &Origin) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && alarm.origin.as_ref() != Some(origin)
            && alarm.state != State::Normal
        {
            alarm.origin = Some(origin.clone());
            alarm.message.clear();
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// The newest value of the series that an alarm is about, shown while it is not normal; nothing to write down.
    pub(super) fn show_value(&mut self, id: u64, value: Option<f64>) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && alarm.state != State::Normal
        {
            alarm.value = value;
        }
    }

    /// Since when the condition of an alarm that stands is gone, before its off-delay; none while it holds.
    pub(super) fn ending(&mut self, id: u64, since: Option<Timestamp>) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && alarm.ends(since)
        {
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// What a device says of an alarm that stands. One that says nothing any more has said why.
    pub(super) fn say(&mut self, id: u64, words: &str) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && alarm.state.is_active()
            && !words.is_empty()
            && alarm.words.as_deref() != Some(words)
        {
            alarm.words = Some(words.to_owned());
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// What was not watched any more is so again, by a rule that could have raised it.
    pub(super) fn watch_again(&mut self, id: u64) {
        if let Some(alarm) = self.alarms.get_mut(&id)
            && std::mem::take(&mut alarm.unwatched)
        {
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }

    /// Shows what is known of an alarm's input now, and tells where that is other than before in more than its value.
    pub(super) fn see(&mut self, id: u64, seen: InputNow) {
        let Some(alarm) = self.alarms.get_mut(&id) else {
            return;
        };
        let ends = seen.ending.is_some_and(|since| alarm.ends(since));
        if alarm.state != State::Normal {
            alarm.value = seen.value;
        }
        let is_other = !alarm.unwatched && (alarm.input, alarm.fault) != (seen.input, seen.fault);
        if is_other {
            (alarm.input, alarm.fault) = (seen.input, seen.fault);
        }
        if ends || is_other {
            self.effects.push_back(Effect::Updated(alarm.clone()));
        }
    }
}

impl Alarm {
    /// Notes since when its condition is gone, where it stands; whether that is other than before.
    fn ends(&mut self, since: Option<Timestamp>) -> bool {
        let stands = self.state.is_active() && self.returned_at.is_none();
        stands && std::mem::replace(&mut self.held.ended_at, since) != since
    }

    /// Where it is on both axes.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            state: self.state,
            cover: self.cover.as_ref().map(Cover::kind),
        }
    }
}

/// Takes an alarm where it stands next. A cover that is put on comes with what is known of it, from whoever knows it.
pub(super) fn transition(
    alarm: &mut Alarm,
    to: Standing,
    cause: Cause,
    at: Timestamp,
    actor: &Actor,
    comment: &str,
) -> Event {
    let from = alarm.standing();
    alarm.state = to.state;
    if to.cover.is_none() {
        alarm.cover = None;
    }
    if to.state == State::ActiveUnacknowledged {
        alarm.acknowledged = None;
    }
    Event {
        at,
        alarm: alarm.id,
        from: from.state,
        to: to.state,
        from_cover: from.cover,
        to_cover: to.cover,
        cause,
        actor: actor.clone(),
        comment: comment.to_owned(),
        remark: None,
        origin: None,
    }
}
