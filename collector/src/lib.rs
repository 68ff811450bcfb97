//! Plenum's collector as a library: broker, intake, journal, history, alarms, notification, availability.

pub mod alarms;
pub mod database;
pub mod journal;
pub mod site;
