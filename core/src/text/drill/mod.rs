//! Where a drill of the alarm chain broke off, for one reader: in its alarm, on screens and in the command line.

mod dutch;
mod english;

use super::{Form, Language, foreign};
use crate::drill::{Carried, Flaw};

/// So much of what an agent or a channel says is told.
const FOREIGN: usize = 200;
/// So many ways are told.
const WAYS: usize = 5;

/// Where and why, in a sentence without its stop.
pub fn flaw(flaw: &Flaw, form: &Form) -> String {
    match form.language {
        Language::English => english::flaw(flaw, form),
        Language::Dutch => dutch::flaw(flaw, form),
    }
}

/// What each way met, as `sms to anna: "no network"`.
fn ways(ways: &[Carried], to: &str) -> String {
    let one = |way: &Carried| {
        let (channel, recipient) = (&way.channel, &way.recipient);
        let named = match channel == recipient {
            true => channel.clone(),
            false => format!("{channel} {to} {recipient}"),
        };
        match &way.why {
            Some(why) => format!("{named}: {}", foreign::quoted(why, FOREIGN)),
            None => named,
        }
    };
    ways.iter().take(WAYS).map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use plenum_protocol::{Duration, Timestamp};

    use super::*;
    use crate::site::Site;

    #[test]
    fn each_leg_is_said_in_each_language() {
        let site: Site =
            toml::from_str("[site]\nid = \"a\"\nname = \"A\"\nzone = \"Europe/Amsterdam\"\n").unwrap();
        let at = Timestamp::from_milliseconds(1_800_000_000_000);
        let say = |one: &Flaw, language| flaw(one, &Form::of(&site, language, at));
        let carried = |why: Option<&str>| Carried {
            channel: "sms".to_owned(),
            recipient: "anna".to_owned(),
            sent: at,
            taken: None,
            why: why.map(str::to_owned),
        };
        let why = "this version does not know the command".to_owned();
        for (one, english, dutch) in [
            (
                Flaw::Refused { why },
                "its agent said no: \"this version does not know the command\"",
                "de agent zei nee: \"this version does not know the command\"",
            ),
            (
                Flaw::NotTaken {
                    ways: vec![carried(Some("no network"))],
                },
                "its alarm stood, and no provider took a message of it: sms to anna: \"no network\"",
                "het alarm ervan stond, en geen enkele weg nam er een bericht van aan: sms aan anna: \"no network\"",
            ),
            (
                Flaw::NotTaken { ways: Vec::new() },
                "its alarm stood, and nobody was there to be told of it",
                "het alarm ervan stond, en er was niemand om het aan te melden",
            ),
            (
                Flaw::NotConfirmed {
                    within: Duration::from_minutes(15),
                },
                "it was told, and nobody answered within 15 min",
                "het is gemeld, en niemand antwoordde binnen 15 min",
            ),
        ] {
            assert_eq!(say(&one, Language::English), english);
            assert_eq!(say(&one, Language::Dutch), dutch);
        }
    }
}
