//! `site.toml`: rooms, sensors' places, alarm rules, services and channels, checked and in types that cannot be wrong.

pub mod amount;
mod check;
pub mod civil;
pub mod condition;
pub mod defaults;
pub mod diff;
pub mod guard;
pub mod model;
pub mod parse;
pub mod rule;
pub mod service;

pub use civil::{LocalTime, TimeOfDay, Zone};
pub use condition::{Bound, Condition, Watches};
pub use defaults::effective_rules;
pub use guard::{Guard, Within};
pub use model::*;
pub use parse::Parsed;
pub use rule::*;
pub use service::*;
