//! Plenum's pure heart: what happened, what the site is, when an alarm is raised, what a month was worth, who is on duty, who is told and in which words.
//!
//! No clock, no runtime, no database and no file: what is absent from this crate's Cargo.toml cannot creep in. Every function takes
//! `now`; machines take events and give effects and the next instant at which they want to be called.

pub mod alarms;
pub mod around;
pub mod authority;
pub mod availability;
pub mod drill;
pub mod duty;
pub mod expectation;
pub mod fact;
pub mod heartbeat;
pub mod incident;
pub mod modem;
pub mod oncall;
pub mod site;
pub mod text;
pub mod trial;
pub mod truth;
pub mod work;
