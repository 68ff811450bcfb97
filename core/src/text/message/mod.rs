//! The words of a message, after one template for mail, text message and webhook: what, where, how bad, how long, do, you, sure?
//!
//! Pure: everything that it says is handed in as [`Facts`], as it stands when the message is sent. What is not known then is said to be unknown,
//! with what was last known; a last value is never told as if it were now.

mod along;
mod climate;
mod facts;
mod holder;
mod short;
mod subject;
mod surroundings;
mod text;
mod told;
mod you;

pub use along::{Along, Withdrawn};
pub use climate::{Climate, Hottest};
pub use facts::{Beyond, Facts, Focus, Siblings, Standing};
pub(super) use short::basic;
pub use surroundings::Nearby;
pub use told::{Next, Reached, Told};

use plenum_protocol::Duration;
use serde::{Deserialize, Serialize};

use super::catalogue::{self, Phrase};
use super::form::Form;

/// A message that leaves no later than this is in time.
const IN_TIME: Duration = Duration::from_minutes(1);

/// A message in its forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The mail's subject, and the first line everywhere else.
    pub subject: String,
    /// The mail's text.
    pub text: String,
    /// At most 160 characters of GSM 03.38's basic set; where its reader can take the alarm, what two parts hold with what asks for that.
    pub short: String,
}

/// All forms of one message.
pub fn write(facts: &Facts) -> Message {
    Message {
        subject: subject::write(facts),
        text: text::write(facts),
        short: short::write(facts),
    }
}

fn say(form: &Form, phrase: Phrase<'_>) -> String {
    catalogue::say(form.language, phrase)
}

fn sentences(parts: &[String]) -> String {
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.map(|part| sentence(part)).collect::<Vec<_>>().join(" ")
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) {
        upper_first(text)
    } else {
        upper_first(text) + "."
    }
}

fn upper_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().collect::<String>() + characters.as_str()
    })
}

/// Lowers the first letter unless the word is an abbreviation such as UPS or AC.
fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().collect::<String>() + characters.as_str()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
