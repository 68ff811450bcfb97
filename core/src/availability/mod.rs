//! Availability of services: the alarm core folded over stored readings, civil calendars, and arithmetic that adds up to the
//! millisecond.

pub mod calendar;
pub mod fold;
mod leaf;
mod membership;
mod neighbours;
pub mod timeline;
pub mod truth;

pub use calendar::Calendar;
pub use fold::{Availability, Interval, Milliseconds, State, Terms, fold};
pub use timeline::{Revision, Source, Timeline, availability};
pub use truth::{Stretch, Truth};

#[cfg(test)]
mod tests;
