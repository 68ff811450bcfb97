//! What each command does: one file a command, thin.

pub(crate) mod agents;
pub(crate) mod alarms;
pub(crate) mod audit;
pub(crate) mod authority;
pub(crate) mod check;
pub(crate) mod dead_letters;
pub(crate) mod drill;
pub(crate) mod enroll;
pub(crate) mod key;
pub(crate) mod manual;
pub(crate) mod serve;
pub(crate) mod site;
pub(crate) mod token;
mod trial;
pub(crate) mod user;
