//! The one form of what is measured and when: values, limits, rates, durations and instants, in the reader's language, in the letters that the
//! medium has, by the site's clock.

mod time;
mod value;
mod who;

use std::sync::Arc;

use jiff::tz::TimeZone;
use plenum_protocol::Timestamp;
use plenum_protocol::quantity::Language;

use crate::authority::{Directory, Unknown};
use crate::site::Site;

/// The letters that a medium has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Any: screens, mail, the API.
    All,
    /// Those that cost one place in a text message (GSM 03.38).
    Basic,
}

/// How something is written for one reader: in which language and letters, by whose clock, and on which day.
#[derive(Debug, Clone)]
pub struct Form {
    /// The reader's language.
    pub language: Language,
    /// What the medium can show.
    pub letters: Letters,
    /// The site's zone: every time is its.
    pub zone: TimeZone,
    /// When it is written. An instant of another day has its date beside it.
    pub now: Timestamp,
    /// Who is who.
    pub people: Arc<dyn Directory>,
}

impl Form {
    /// For screens and mail of a site, where nobody is named.
    pub fn of(site: &Site, language: Language, now: Timestamp) -> Self {
        Self {
            language,
            letters: Letters::All,
            zone: (*site.site.zone).clone(),
            now,
            people: Arc::new(Unknown),
        }
    }

    /// The same where people are named, as this directory knows them.
    #[must_use]
    pub fn naming(self, people: Arc<dyn Directory>) -> Self {
        Self { people, ..self }
    }

    /// The same in the letters of a text message.
    pub fn in_basic_letters(&self) -> Self {
        Self {
            letters: Letters::Basic,
            ..self.clone()
        }
    }
}
