//! Dutch.

use super::{Cause, Course, Reason, Said};

pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Raised => "opgekomen",
        Cause::Returned => "weer normaal",
        Cause::Acknowledged => "bevestigd",
        Cause::GivenBack => "teruggegeven",
        Cause::AcknowledgementEnded => "de tijd van wie het had is voorbij",
        Cause::Reset => "hersteld",
        Cause::Configuration => "beëindigd door een andere configuratie",
        Cause::Late => "een late meting heeft het gemeld, of zou dat hebben",
        Cause::Shelved => "opgeschort",
        Cause::Unshelved => "opschorting door iemand beëindigd",
        Cause::ShelvingEnds => "opschorting eindigt over 15 min",
        Cause::ShelvingEnded => "opschorting voorbij",
        Cause::OutOfService => "buiten gebruik gesteld",
        Cause::ReviewDue => "buiten gebruik, moet worden herzien",
        Cause::ReturnedToService => "weer in gebruik",
        Cause::Suppressed => "onderdrukt, een ander alarm staat ervoor",
        Cause::Released => "niet meer onderdrukt",
        Cause::RuleChanged => "de regel is gewijzigd",
        Cause::PriorityChanged => "de prioriteit is gewijzigd",
        Cause::Moved => "de sensor hangt in een andere ruimte",
        Cause::Removed => "de regel of sensor is er niet meer",
        Cause::Upgraded => "een andere versie van Plenum heeft een andere regel",
        Cause::Chattering => "fladdert, niet elke keer wordt gemeld",
        Cause::Quiet => "weer rustig",
        Cause::Stands => "blijft staan na heen en weer gaan",
        Cause::Work => "opgekomen tijdens werkzaamheden, aan niemand gemeld",
        Cause::WorkEnded => "de werkzaamheden zijn voorbij",
    }
}

pub(super) fn tells(reason: Reason) -> &'static str {
    match reason {
        Reason::First => "opgekomen",
        Reason::StandsAgain => "staat weer",
        Reason::Reminder => "nog niemand heeft het",
        Reason::Resolved => "voorbij",
        Reason::ShelvingEnds => "de opschorting eindigt",
        Reason::Changed => "gewijzigd",
        Reason::Withdrawn => "weggenomen met de regel of sensor",
        Reason::Taken => "iemand heeft het",
        Reason::No(_) => "niet verstuurd",
    }
}

fn after(what: &str, time: Option<&str>) -> String {
    match time {
        Some(time) => format!("| {what} | na {time} |"),
        None => format!("| {what} | niet |"),
    }
}

pub(super) fn say(said: Said<'_>) -> String {
    match said {
        Said::Title { number, what: "" } => format!("# Incident {number}"),
        Said::Title { number, what } => format!("# Incident {number}: {what}"),
        Said::HeadParticulars => "| Incident | |".to_owned(),
        Said::Site { site, zone } => format!("| Locatie | {site} ({zone}) |"),
        Said::Priority { priority } => format!("| Prioriteit | {priority} |"),
        Said::Began { at } => format!("| Begonnen | {at} |"),
        Said::Over { at } => format!("| Voorbij | {at} |"),
        Said::Stands => "| Voorbij | nog niet |".to_owned(),
        Said::Has { names, free: 0 } => format!("| Wie het heeft | {names} |"),
        Said::Has { names, free: 1 } => {
            format!("| Wie het heeft | {names}; 1 van de alarmen heeft niemand |")
        }
        Said::Has { names, free } => {
            format!("| Wie het heeft | {names}; {free} van de alarmen heeft niemand |")
        }
        Said::Nobody => "| Wie het heeft | niemand |".to_owned(),
        Said::Aside => {
            "| Wie het heeft | het wordt niemand gevraagd: wat staat is onderdrukt of kwam tijdens werkzaamheden |".to_owned()
        }
        Said::Detected { time } => after("Opgemerkt", time),
        Said::FirstTold { time } => after("Iemand bericht", time),
        Said::Taken { time } => after("Bevestigd", time),
        Said::Lasted { time } => after("Alles voorbij", time),
        Said::Alarms => "## Alarmen".to_owned(),
        Said::HeadAlarms => "| Nr. | Alarm | Prioriteit | Opgekomen | Voorbij |".to_owned(),
        Said::FirstCause => "eerste oorzaak".to_owned(),
        Said::Happened => "## Wat er gebeurde".to_owned(),
        Said::Nothing => "Er is niets meer van bewaard.".to_owned(),
        Said::Cut => "Er gebeurde meer dan hier staat: de API vertelt het blad voor blad.".to_owned(),
        Said::Told { to, channel, course } => {
            let what = match course {
                Course::Waiting => "wordt bericht",
                Course::Sent => "is bericht",
                Course::GivenUp => "is niet bereikt",
                Course::Replaced => "hoort het in een nieuwer bericht",
                Course::Withheld => "is niet gewaarschuwd, want iemand had het,",
            };
            format!("{to} {what} via {channel}")
        }
        Said::About { alarms } => format!("{alarms} alarmen in één bericht"),
        Said::Meant { at } => format!("bedoeld om {at}"),
        Said::Attempts { attempts } => format!("{attempts} pogingen"),
        Said::NextAttempt { at } => format!("volgende poging om {at}"),
        Said::Error { error } => format!("het antwoord was: {error}"),
        Said::Noted { by } => format!("{by} noteerde:"),
        Said::Exported { at } => format!(
            "Geschreven {at} door Plenum. Tijden tellen vanaf het moment dat de eerste voorwaarde gold. Berichten blijven bewaard zolang `alarm_history` zegt."
        ),
    }
}
