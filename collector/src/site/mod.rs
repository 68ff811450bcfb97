//! `site.toml`: rooms, sensors' places, alarm rules, services and channels, checked and in types that cannot be wrong.

pub mod amount;
pub mod defaults;
pub mod model;

pub use defaults::effective_rules;
pub use model::*;
