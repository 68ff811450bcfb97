//! When a rule's condition holds: a file a kind, and here the list that names them all. The tracker, the engine, the messages, the screens
//! and the check of `site.toml` ask what they need to know of a kind by what it answers here, and never which one it is.

mod above;
mod all;
mod any;
mod ashrae;
mod below;
mod bound;
mod combined;
mod cycles;
mod deviation;
mod dew_point;
mod drifts;
mod falls;
mod forecast;
mod is;
mod mean;
mod mistakes;
mod moves;
mod not;
mod offline;
mod one;
mod part;
mod past;
mod rises;
mod stale;
mod system;
mod vote;

pub use above::Above;
pub use all::All;
pub use any::Any;
pub use ashrae::{Ashrae, Class};
pub use below::Below;
pub use bound::Bound;
pub use cycles::Cycles;
pub use deviation::Deviation;
pub use dew_point::{DewPoint, Test as DewPointTest};
pub use drifts::Drifts;
pub use falls::Falls;
pub use forecast::{Forecast, Side as ForecastSide};
pub use is::Is;
pub use mean::Mean;
pub use not::Not;
pub use offline::Offline;
pub use part::{Part, Past};
pub use rises::Rises;
pub use stale::Stale;
pub use system::System;
pub use vote::Vote;

pub(super) use mistakes::Mistakes;
pub(super) use one::one;

use plenum_protocol::config_key::{Key, required, usual};
use plenum_protocol::quantity::Kind as QuantityKind;
use plenum_protocol::{Duration, Fault, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use crate::alarms::{Memory, Origin, Run};
use crate::around::{Learned, Look, View};
use crate::fact::SystemKind;
use crate::site::{Rule, Selector};

macro_rules! kinds {
    ($($module:ident::$kind:ident)*) => {
        /// When a rule's condition holds: one of the kinds.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        #[expect(missing_docs, reason = "each kind says in its own file what it is")]
        pub enum Condition { $($kind($kind),)* }

        /// What people read of each kind, in the order of the registry.
        pub const MANUALS: &[&Manual] = &[$(&$module::MANUAL,)*];

        impl Condition {
            fn kind(&self) -> &dyn Kind {
                match self { $(Self::$kind(kind) => kind,)* }
            }

            /// What it watches. Each reading asks several times of each rule, so the kind is not asked by way of its table.
            pub fn watches(&self) -> Watches {
                match self { $(Self::$kind(kind) => kind.watches(),)* }
            }

            pub(crate) fn holds(&self, seen: Seen<'_>) -> Option<bool> {
                match self { $(Self::$kind(kind) => kind.holds(seen),)* }
            }

            /// How long a series may be silent, or an agent away; none where the usual time counts.
            pub fn patience(&self) -> Option<Duration> {
                match self { $(Self::$kind(kind) => kind.patience(),)* }
            }

            /// Whether it looks at more than its own series.
            pub fn looks_elsewhere(&self) -> bool {
                match self { $(Self::$kind(kind) => kind.looks_elsewhere(),)* }
            }
        }
    };
}

// The registry. The key under `when` is the kind's name in small letters.
kinds! {
    above::Above
    below::Below
    rises::Rises
    falls::Falls
    mean::Mean
    drifts::Drifts
    forecast::Forecast
    is::Is
    cycles::Cycles
    any::Any
    all::All
    not::Not
    vote::Vote
    deviation::Deviation
    dew_point::DewPoint
    ashrae::Ashrae
    stale::Stale
    offline::Offline
    system::System
}

/// What people read of a kind: docs/reference/configuration.md is written from it.
pub struct Manual {
    /// The key under `when`.
    pub key: &'static str,
    /// When it holds.
    pub about: &'static str,
    /// Quantities that a rule of this kind may select, as an example; empty where it is about none.
    pub quantities: &'static str,
    /// The keys of its table, all of them. None for what is not a table of its own: it is written as in the example.
    pub keys: &'static [Key],
    /// What stands behind the key, where it is not a table of these keys.
    pub example: &'static str,
}

/// The keys of a limit.
const LIMIT: &[Key] = &[
    required(
        "limit",
        "number in the quantity's unit, or text with a unit",
        "\"27 Cel\"",
        "As 27, \"27 Cel\", \"80 %\" or \"5 min\".",
    ),
    usual(
        "deadband",
        "number in the quantity's unit, or text with a unit, at least 0",
        "0",
        "How far back it must go to clear.",
    ),
];

/// What a condition watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watches {
    /// The values of series that are numbers.
    Numbers,
    /// The values of series that are states.
    States,
    /// How long a series gave no good reading.
    Silence,
    /// Whether an agent is there.
    Agents,
    /// What the monitor reports about itself.
    Monitor(SystemKind),
}

/// What is known of a series when a condition is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// The instant of judgement.
    pub(crate) at: Timestamp,
    /// The newest good value as long as it is known, in the quantity's unit; a state is 0 or 1. To a kind that watches silence the newest however old.
    pub(crate) value: Option<f64>,
    /// No good reading for as long as is allowed.
    pub(crate) silent: bool,
    /// The alarm's condition is in force.
    pub(crate) active: bool,
    /// What the condition remembers, the newest value among it.
    pub(crate) memory: Option<&'a Memory>,
    /// What is known of each thing that the condition looks for at other series.
    pub(crate) elsewhere: &'a [Learned],
}

/// What is known of a series when its alarm is raised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning<'a> {
    /// When it is raised.
    pub(crate) at: Timestamp,
    /// The newest good value.
    pub(crate) value: Option<f64>,
    /// Why there is no newer one.
    pub(crate) fault: Option<Fault>,
    /// Since when it is so.
    pub(crate) since: Timestamp,
    /// What the condition remembers.
    pub(crate) memory: Option<&'a Memory>,
    /// What is known of each thing that the condition looks for at other series.
    pub(crate) elsewhere: &'a [Learned],
}

impl<'a> Beginning<'a> {
    /// What was seen of a condition that was not in force yet.
    fn seen(&self) -> Seen<'a> {
        Seen {
            at: self.at,
            value: self.value,
            silent: false,
            active: false,
            memory: self.memory,
            elsewhere: self.elsewhere,
        }
    }
}

/// A kind of condition. What does not concern a kind has an answer here.
trait Kind {
    /// What it watches.
    fn watches(&self) -> Watches;

    /// What it wants of the newest values, where they alone decide.
    fn newest(&self) -> Option<Part> {
        None
    }

    /// Tells what is wrong with a rule of this kind.
    fn check(&self, _mistakes: &mut Mistakes<'_, '_>) {}

    /// Whether it holds; none if there is nothing to judge by.
    fn holds(&self, _seen: Seen<'_>) -> Option<bool> {
        None
    }

    /// Whether it holds for every known value from one to another, given whether the alarm is active; none if it does for some and not for others, or
    /// if its kind cannot tell by the extremes alone.
    fn holds_throughout(&self, _extremes: (f64, f64), _active: bool) -> Option<bool> {
        None
    }

    /// Whether it holds by each reading of a run, by what it remembers of the ones before; none if it does by some and not by others, or if it is not
    /// known by all of them.
    fn holds_along(&self, run: &mut Run<'_>, _memory: Option<&Memory>, active: bool) -> Option<bool> {
        self.holds_throughout(run.extremes(), active)
    }

    /// Takes all of a run into what it remembers of the past.
    fn remember_along(&self, memory: &mut Option<Memory>, run: &mut Run<'_>) {
        let (readings, _) = run.parts();
        for (at, value) in readings {
            self.remember(memory, *at, *value);
        }
    }

    /// Takes a good reading into what it remembers of the past; nothing for what the newest value decides.
    fn remember(&self, _memory: &mut Option<Memory>, _at: Timestamp, _value: f64) {}

    /// How far back from an instant the readings reach that decide it then; nothing for what the newest value decides.
    fn looks_back(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether it is about what was so at an instant. Not so where it is about days or about what is ahead: late readings tell nothing of that,
    /// and no service is down by it.
    fn is_of_an_instant(&self) -> bool {
        true
    }

    /// What is normal, for messages and screens; none for what is not about a value alone.
    fn bound(&self) -> Option<Bound> {
        None
    }

    /// Whether the newest value alone is held against what is normal.
    fn is_of_the_newest(&self) -> bool {
        true
    }

    /// How long a series may be silent, or an agent away; none where the usual time counts.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// Whether only a person ends its alarm.
    fn is_latched(&self) -> bool {
        false
    }

    /// Whether a rule of this kind may say that only a person ends its alarm.
    fn may_latch(&self) -> bool {
        false
    }

    /// Whether it can judge a quantity of the kind that it watches.
    fn judges(&self, _quantity: Quantity) -> bool {
        true
    }

    /// Whether it counts the sensors that its rule selects, unheard ones among them.
    fn counts_sensors(&self) -> bool {
        false
    }

    /// Whether it looks at more than its own series.
    fn looks_elsewhere(&self) -> bool {
        false
    }

    /// Whether what happens to others counts with the next reading of its own series, which may be on its way.
    fn waits_for_its_own_reading(&self) -> bool {
        false
    }

    /// What it looks for at other series, in a rule that selects this.
    fn looks(&self, _select: &Selector) -> Vec<Look> {
        Vec::new()
    }

    /// Whether it never holds of a series with these around it, and leaves it to other rules.
    fn is_for_others(&self, _view: &View<'_>) -> bool {
        false
    }

    /// What is known of each of these around a series.
    fn elsewhere(&self, _rule: &Rule, _view: &View<'_>) -> Vec<Learned> {
        Vec::new()
    }

    /// What its alarm is raised by, of which each reader's sentence is made.
    fn origin(&self, beginning: &Beginning<'_>) -> Origin;
}

impl Condition {
    /// Whether it is about silence, which goes on while nothing comes.
    pub fn watches_silence(&self) -> bool {
        self.watches() == Watches::Silence
    }

    /// Whether series of this quantity can be judged by it.
    pub fn fits(&self, quantity: Quantity) -> bool {
        self.kind().judges(quantity)
            && match self.watches() {
                Watches::Numbers => quantity.kind() == QuantityKind::Number,
                Watches::States => quantity.kind() == QuantityKind::Boolean,
                Watches::Silence => true,
                Watches::Agents | Watches::Monitor(_) => false,
            }
    }

    /// What is normal; none for what is not about a value alone.
    pub fn bound(&self) -> Option<Bound> {
        self.kind().bound()
    }

    /// Whether the newest value alone is held against what is normal, and no mean.
    pub fn is_of_the_newest(&self) -> bool {
        self.kind().is_of_the_newest()
    }

    /// The number that must not be passed, in the quantity's unit; none for what has none.
    pub fn limit(&self) -> Option<f64> {
        self.bound().and_then(Bound::limit)
    }

    /// Whether only a person ends its alarm.
    pub fn is_latched(&self) -> bool {
        self.kind().is_latched()
    }

    /// Whether a rule of this kind may say that only a person ends its alarm.
    pub(crate) fn may_latch(&self) -> bool {
        self.kind().may_latch()
    }

    /// Whether it counts the sensors that its rule selects, unheard ones among them.
    pub fn counts_sensors(&self) -> bool {
        self.kind().counts_sensors()
    }

    pub(crate) fn waits_for_its_own_reading(&self) -> bool {
        self.kind().waits_for_its_own_reading()
    }

    /// What it looks for at other series, in a rule that selects this.
    pub fn looks(&self, select: &Selector) -> Vec<Look> {
        self.kind().looks(select)
    }

    /// Whether it never holds of a series with these around it.
    pub(crate) fn is_for_others(&self, view: &View<'_>) -> bool {
        self.kind().is_for_others(view)
    }

    pub(crate) fn elsewhere(&self, rule: &Rule, view: &View<'_>) -> Vec<Learned> {
        self.kind().elsewhere(rule, view)
    }

    /// How far back from an instant the readings reach that decide it then.
    pub fn looks_back(&self) -> Duration {
        self.kind().looks_back()
    }

    /// Whether it is about what was so at an instant, and not about days or about what is ahead.
    pub fn is_of_an_instant(&self) -> bool {
        self.kind().is_of_an_instant()
    }

    /// Whether it holds for every known value from one to another; none where the extremes alone do not tell.
    pub(crate) fn holds_throughout(&self, extremes: (f64, f64), active: bool) -> Option<bool> {
        self.kind().holds_throughout(extremes, active)
    }

    pub(crate) fn holds_along(
        &self,
        run: &mut Run<'_>,
        memory: Option<&Memory>,
        active: bool,
    ) -> Option<bool> {
        self.kind().holds_along(run, memory, active)
    }

    pub(crate) fn remember_along(&self, memory: &mut Option<Memory>, run: &mut Run<'_>) {
        self.kind().remember_along(memory, run);
    }

    pub(crate) fn remember(&self, memory: &mut Option<Memory>, at: Timestamp, value: f64) {
        self.kind().remember(memory, at, value);
    }

    pub(crate) fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        self.kind().origin(beginning)
    }

    /// What it wants of the newest values, where they alone decide.
    pub(super) fn newest(&self) -> Option<Part> {
        self.kind().newest()
    }

    pub(super) fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        self.kind().check(mistakes);
    }
}
