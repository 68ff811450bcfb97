//! Plenum's collector as a library: broker, intake, journal, history, alarms, notification, availability.

pub mod alarms;
pub mod audit;
pub mod availability;
pub mod broker;
pub mod collector;
pub mod config;
pub mod database;
pub mod facts;
pub mod history;
pub mod intake;
pub mod journal;
pub mod notify;
pub mod open;
pub mod people;
pub mod reload;
pub mod revisions;
pub mod timekeeper;
pub mod tls;
pub mod trials;

pub use collector::{Collector, NotingError, RetireError};

#[cfg(test)]
mod tests;
