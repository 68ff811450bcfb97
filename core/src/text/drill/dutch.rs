//! Dutch.

use super::{FOREIGN, foreign, ways};
use crate::drill::Flaw;
use crate::text::Form;

pub(super) fn flaw(flaw: &Flaw, form: &Form) -> String {
    match flaw {
        Flaw::Missed => "zij is op het geplande moment en de 4 uur daarna niet gehouden: de collector draaide niet, of een andere oefening was bezig".to_owned(),
        Flaw::Interrupted => "de collector stopte terwijl zij bezig was, en draaide niet op tijd weer om te zien hoe zij verliep".to_owned(),
        Flaw::Withdrawn => "de oefening is uit de locatie gehaald terwijl zij bezig was".to_owned(),
        Flaw::Refused { why } => format!("de agent zei nee: {}", foreign::quoted(why, FOREIGN)),
        Flaw::Silent => "de agent antwoordde niet binnen 2 min".to_owned(),
        Flaw::NotRead => "de agent antwoordde, en binnen 2 min is er geen meting van opgeslagen".to_owned(),
        Flaw::NotRaised => "de meting is opgeslagen, en gaf binnen een minuut geen alarm".to_owned(),
        Flaw::NotTaken { ways: all } if all.is_empty() => {
            "het alarm ervan stond, en er was niemand om het aan te melden".to_owned()
        }
        Flaw::NotTaken { ways: all } => format!(
            "het alarm ervan stond, en geen enkele weg nam er een bericht van aan: {}",
            ways(all, "aan")
        ),
        Flaw::NotConfirmed { within } => {
            format!(
                "het is gemeld, en niemand antwoordde binnen {}",
                form.duration(*within)
            )
        }
        Flaw::EndedEarly => {
            "de meting of het alarm ervan eindigde voordat iemand zei dat het voorbij is".to_owned()
        }
        Flaw::NotEnded => "de agent beëindigde het niet binnen 2 min".to_owned(),
    }
}
