//! English.

use super::{FOREIGN, foreign, ways};
use crate::drill::Flaw;
use crate::text::Form;

pub(super) fn flaw(flaw: &Flaw, form: &Form) -> String {
    match flaw {
        Flaw::Missed => "it was not held when it was due, nor within 4 h: the collector did not run, or another drill went on".to_owned(),
        Flaw::Interrupted => "the collector stopped while it went on, and was not back in time to see how it came through".to_owned(),
        Flaw::Withdrawn => "it was taken out of the site while it went on".to_owned(),
        Flaw::Refused { why } => format!("its agent said no: {}", foreign::quoted(why, FOREIGN)),
        Flaw::Silent => "its agent did not answer within 2 min".to_owned(),
        Flaw::NotRead => "its agent answered, and no reading of it was stored within 2 min".to_owned(),
        Flaw::NotRaised => "its reading was stored, and raised no alarm within a minute".to_owned(),
        Flaw::NotTaken { ways: all } if all.is_empty() => {
            "its alarm stood, and nobody was there to be told of it".to_owned()
        }
        Flaw::NotTaken { ways: all } => format!(
            "its alarm stood, and no provider took a message of it: {}",
            ways(all, "to")
        ),
        Flaw::NotConfirmed { within } => {
            format!(
                "it was told, and nobody answered within {}",
                form.duration(*within)
            )
        }
        Flaw::EndedEarly => "its reading or its alarm ended before anybody said that it is over".to_owned(),
        Flaw::NotEnded => "its agent did not end it within 2 min".to_owned(),
    }
}
