//! What stands on a button beside a message, for ways that have buttons.

use super::Language;

/// Opens the alarm.
pub fn look(language: Language) -> &'static str {
    match language {
        Language::English => "Look at it",
        Language::Dutch => "Bekijk het",
    }
}

/// Takes the alarm.
pub fn take(language: Language) -> &'static str {
    match language {
        Language::English => "I am on it",
        Language::Dutch => "Ik pak dit op",
    }
}
