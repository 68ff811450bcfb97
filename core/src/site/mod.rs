//! `site.toml`: rooms, sensors' places, alarm rules, services, people, their duties and channels, checked and in types that cannot be wrong.

pub mod amount;
mod check;
pub mod civil;
pub mod condition;
pub mod defaults;
pub mod diff;
pub mod drill;
pub mod guard;
pub mod heartbeat;
pub mod ladder;
pub mod model;
pub mod parse;
pub mod rota;
pub mod rule;
pub mod service;
pub mod supply;

pub use civil::{CivilError, LocalDate, LocalTime, TimeOfDay, Weekday, Zone};
pub use condition::{Bound, Condition, Watches};
pub use defaults::effective_rules;
pub use drill::{Climb, Drill, DrillTime};
pub use guard::{Guard, Within};
pub use heartbeat::Heartbeat;
pub use ladder::{Ladder, LadderStep, Whom};
pub use model::*;
pub use parse::Parsed;
pub use rota::{Every, HandOver, Holiday, Hours, Layer, OnHoliday, QuietHours, Rota, Team, WrittenOverride};
pub use rule::*;
pub use service::*;
pub use supply::Supply;
