//! How far each incident's call has come: whom its ladder has reached, and so who hears of it. Whoever takes the steps stands above this: [`caller`](super::caller).

mod beginning;
mod hearers;
mod standing;
mod table;
mod touched;
mod unanswered;

pub(in crate::notify) use beginning::begin;
pub(in crate::notify) use hearers::Hearers;
pub(in crate::notify) use standing::{Standing, broken, first_cause, incident_of};
#[cfg(test)]
pub(in crate::notify) use table::of;
pub(in crate::notify) use table::{
    all, calling, clock_was_set, due, end, events, keep, next_due, open_incidents, passed_on, say,
};
pub(crate) use table::{joined, prune};
pub(in crate::notify) use touched::Touched;
pub(crate) use unanswered::unanswered;
