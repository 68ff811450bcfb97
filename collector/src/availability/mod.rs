//! Availability of services: the alarm core folded over stored readings, civil calendars, and arithmetic that adds up to the
//! millisecond. Pure but for `services`, which fetches the history.

pub mod calendar;
pub mod fold;
pub mod services;
pub mod timeline;
pub mod truth;

pub use calendar::{Calendar, CalendarError};
pub use fold::{Availability, Interval, Milliseconds, State, fold};
pub use services::{Day, Month, Report, Services, ServicesError};
pub use timeline::{Revision, Source, Timeline, availability};
pub use truth::{Stretch, Truth};
