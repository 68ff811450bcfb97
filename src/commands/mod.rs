//! What each command does: one file a command, thin.

pub mod alarms;
pub mod check;
pub mod dead_letters;
pub mod serve;
pub mod site;
