//! What can lie over an alarm: a shelving, a suppression by another alarm, work in progress, or that it is out of service. What lies over it hides it from those who
//! are told; it goes on being watched and logged beneath.

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::authority::Actor;

/// A shelving ends so long after the last word of the person who shelved.
pub const SHELVED_AT_MOST: Duration = Duration::from_hours(8);
/// Shelved again and again, it ends so long after the first time.
pub const SHELVED_IN_ALL: Duration = Duration::from_hours(24);
/// Whoever shelved is reminded so long before it ends.
pub const REMINDER: Duration = Duration::from_minutes(15);
/// What is out of service is looked at again within so long.
pub const REVIEWED_WITHIN: Duration = Duration::from_hours(24 * 90);
/// What is measured alike and beyond as well within so long after the first is the same event.
pub const TOGETHER: Duration = Duration::from_minutes(15);
/// What still stands of one event so long after the alarm that stood for it is told.
pub const LINGERS: Duration = Duration::from_minutes(5);

/// What lies over an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cover {
    /// A person has put it aside until an instant.
    Shelved(Shelving),
    /// Another alarm stands for it.
    Suppressed(Suppression),
    /// A person has taken it out of service.
    OutOfService(OutOfService),
    /// It came while work went on that a person said may cause it.
    Work(Underway),
}

/// Which of them lies over an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverKind {
    /// As [`Cover::Shelved`].
    Shelved,
    /// As [`Cover::Suppressed`].
    Suppressed,
    /// As [`Cover::OutOfService`].
    OutOfService,
    /// As [`Cover::Work`].
    Work,
}

/// That a person has put an alarm aside; it always ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelving {
    /// Who.
    pub by: Actor,
    /// When it was first shelved without a break.
    pub since: Timestamp,
    /// When it was last said how long.
    pub at: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Whoever shelved was reminded that it ends.
    #[serde(default)]
    pub reminded: bool,
}

/// That another alarm stands for this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The other's number.
    pub by: u64,
    /// Since when.
    pub since: Timestamp,
    /// Both are about the same quantity: one event, of which the other tells the coming and the going.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alike: bool,
    /// The other is gone; when what is left of the event comes to light.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// That a person has taken an alarm out of service. It ends by a person only, and is to be looked at again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutOfService {
    /// Who: its owner.
    pub by: Actor,
    /// Since when.
    pub at: Timestamp,
    /// When somebody has to look whether it still should be.
    pub review: Timestamp,
    /// Why.
    pub reason: String,
    /// The day has come, and nobody has.
    #[serde(default)]
    pub review_due: bool,
}

/// The work that lies over an alarm. It ends with the work, never later than what was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Underway {
    /// The work's number.
    pub work: u64,
    /// Who said that it is being done.
    pub by: Actor,
    /// Since when it lies over the alarm.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// What is done, and why.
    pub reason: String,
}

impl Cover {
    /// Which it is.
    pub const fn kind(&self) -> CoverKind {
        match self {
            Self::Shelved(_) => CoverKind::Shelved,
            Self::Suppressed(_) => CoverKind::Suppressed,
            Self::OutOfService(_) => CoverKind::OutOfService,
            Self::Work(_) => CoverKind::Work,
        }
    }

    /// When something becomes due of it next: a reminder, its end, a review.
    pub fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Shelved(shelving) => {
                let reminder = shelving.remind_at().filter(|_| !shelving.reminded);
                Some(reminder.unwrap_or(shelving.until))
            }
            Self::Suppressed(suppression) => suppression.until,
            Self::OutOfService(out) => Some(out.review).filter(|_| !out.review_due),
            // The work's own end takes it away.
            Self::Work(_) => None,
        }
    }
}

impl Shelving {
    /// When whoever shelved is reminded; never of a shelving so short that they still know.
    pub fn remind_at(&self) -> Option<Timestamp> {
        Some(self.until - REMINDER).filter(|at| *at > self.at)
    }

    /// It stays as long as it was to stay, on a clock that was set by so much.
    pub(super) fn shift(&mut self, by: Duration) {
        self.since = self.since + by;
        self.at = self.at + by;
        self.until = self.until + by;
    }
}

impl CoverKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Shelved, Self::Suppressed, Self::OutOfService, Self::Work];

    /// The word in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shelved => "shelved",
            Self::Suppressed => "suppressed",
            Self::OutOfService => "out-of-service",
            Self::Work => "work",
        }
    }
}
