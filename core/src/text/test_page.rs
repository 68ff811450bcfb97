//! What a test says to whoever asked for it: that it is one, at whose wish, and when.

use plenum_protocol::Timestamp;

use super::message::{Message, basic};
use super::{Form, Language, foreign};

/// The longest name that is told, in characters.
const NAME: usize = 40;
/// Letters of a text message.
const SHORT: usize = 160;

/// The words of a test of this site's messages.
pub fn write(site: &str, by: &str, at: Timestamp, form: &Form) -> Message {
    let (site, by) = (foreign::cut(site, NAME), foreign::cut(by, NAME));
    let (when, time) = (form.instant_with_zone(at), form.instant(at));
    let [subject, text, short] = match form.language {
        Language::English => [
            format!("TEST: {site} reaches you; nothing is wrong"),
            format!(
                "This is a test of the messages of {site}. Nothing is wrong, and there is nothing to answer.\n\
                 {by} asked for it at {when}, on the screen On call."
            ),
            format!("TEST {site}: nothing is wrong, nothing to answer. Asked for by {by}, {time}"),
        ],
        Language::Dutch => [
            format!("TEST: {site} bereikt je; er is niets aan de hand"),
            format!(
                "Dit is een test van de berichten van {site}. Er is niets aan de hand, en er is niets te antwoorden.\n\
                 {by} vroeg erom om {when}, op het scherm Piket."
            ),
            format!("TEST {site}: er is niets aan de hand, geen antwoord nodig. Gevraagd door {by}, {time}"),
        ],
    };
    Message {
        subject,
        text,
        short: basic(&short).chars().take(SHORT).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;

    #[test]
    fn a_test_says_that_it_is_one_who_asked_and_when() {
        let mut site = Site::unconfigured();
        site.site.zone =
            toml::from_str::<Site>("[site]\nid = \"s\"\nname = \"S\"\nzone = \"Europe/Amsterdam\"\n")
                .unwrap()
                .site
                .zone;
        let at: Timestamp = "2026-11-26T02:12:05Z".parse().unwrap();
        let form = Form::of(&site, Language::English, at);
        let message = write("Zaandam\r\nBcc: all", "Sanne", at, &form);
        assert_eq!(
            message.subject,
            "TEST: Zaandam Bcc: all reaches you; nothing is wrong"
        );
        assert!(
            message
                .text
                .contains("Sanne asked for it at 03:12:05 CET (02:12:05 UTC)"),
            "{}",
            message.text
        );
        assert_eq!(
            message.short,
            "TEST Zaandam Bcc: all: nothing is wrong, nothing to answer. Asked for by Sanne, 03:12:05"
        );
        for language in Language::ALL {
            let long = write(
                &"Ł".repeat(99),
                &"€".repeat(99),
                at,
                &Form::of(&site, language, at),
            );
            assert!(long.short.chars().count() <= 160, "{}", long.short);
        }
    }
}
