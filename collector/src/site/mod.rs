//! `site.toml`: rooms, sensors' places, alarm rules, services and channels, checked and in types that cannot be wrong.

pub mod model;

pub use model::*;
