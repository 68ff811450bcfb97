//! Dutch.

use super::{Kind, Measure, Said};

pub(super) fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Rate => "Alarmen in 10 min, per operator",
        Measure::Peak => "Meeste in 10 min, per operator",
        Measure::Busy => "Tijdvakken van 10 min met meer dan 10",
        Measure::Flood => "Tijd in alarmvloed",
        Measure::Top => "De tien meest voorkomende, van de last",
        Measure::Chattering => "Alarmen die fladderden",
        Measure::Fleeting => "Binnen een minuut voorbij",
        Measure::Stale => "Langer dan een dag actief, ten hoogste tegelijk",
        Measure::Critical => "Kritiek, van de last",
        Measure::High => "Hoog, van de last",
        Measure::Medium => "Middel, van de last",
        Measure::Standing => "Staand, ten hoogste tegelijk",
        Measure::Shelved => "Opgeschort, ten hoogste tegelijk",
    }
}

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Standing => "Staand",
        Kind::Stale => "Langer dan een dag actief",
        Kind::Shelved => "Opgeschort",
        Kind::Suppressed => "Onderdrukt door een ander alarm",
        Kind::OutOfService => "Buiten gebruik",
    }
}

pub(super) fn say(said: Said<'_>) -> String {
    match said {
        Said::Title { month: "", site } => format!("# Alarmcijfers van {site}"),
        Said::Title { month, site } => format!("# Alarmcijfers van {site}, {month}"),
        Said::Period { from, to, zone } => format!("Van {from} tot {to} ({zone})."),
        Said::Operators { named: false, .. } => {
            "De locatie noemt niemand, dus de last is die van één operator.".to_owned()
        }
        Said::Operators { operators: 1, .. } => {
            "De locatie noemt één persoon: de last is die van één operator.".to_owned()
        }
        Said::Operators { operators, .. } => {
            format!("De locatie noemt {operators} personen: de last is gedeeld door {operators} operators.")
        }
        Said::Load { annunciated: 0, .. } => "Er is geen alarm gemeld.".to_owned(),
        Said::Load { annunciated: 1, .. } => "Er is één alarm gemeld.".to_owned(),
        Said::Load { annunciated, alarms: 1 } => format!("Eén alarm is {annunciated} keer gemeld."),
        Said::Load { annunciated, alarms } => {
            format!("Er is {annunciated} keer een alarm gemeld, van {alarms} verschillende.")
        }
        Said::Met { met, judged } => format!("{met} van {judged} streefwaarden zijn gehaald."),
        Said::HeadFigures => "| Cijfer | Waarde | Streefwaarde | Gehaald |".to_owned(),
        Said::HeadLevels => "| Alarmen | Aan het eind | Ten hoogste | Het eerst op |".to_owned(),
        Said::Frequent => "## De meest voorkomende".to_owned(),
        Said::HeadFrequent => "| Alarm | Waar | Keer | Van de last |".to_owned(),
        Said::Floods => "## Alarmvloeden".to_owned(),
        Said::Flood {
            from,
            time,
            annunciated,
        } => format!("- {from}, {time} lang: {annunciated} alarmen"),
        Said::MoreFloods { count } => format!("- en {count} kortere"),
        Said::Help => "## Wat zou helpen".to_owned(),
        Said::NoHelp => "Geen alarm kwam zo vaak achter elkaar dat een dode band of een vertraging had geholpen.".to_owned(),
        Said::Note => "Streefwaarden naar openbare cijfers van ISA-18.2, IEC 62682 en EEMUA 191, per operator over 30 dagen. Een alarmvloed begint bij meer dan 10 \
                       alarmen in 10 min en eindigt bij minder dan 5. Wat opgeschort, onderdrukt of buiten gebruik was, is bewaakt en vastgelegd en telt niet mee in \
                       de last. Aandelen worden beoordeeld waar er alarmen genoeg zijn."
            .to_owned(),
        Said::AtMost { target } => format!("ten hoogste {target}"),
        Said::Below { target } => format!("onder {target}"),
        Said::NoneAtAll => "geen".to_owned(),
        Said::IsMet { met: Some(true) } => "gehaald".to_owned(),
        Said::IsMet { met: Some(false) } => "niet gehaald".to_owned(),
        Said::IsMet { met: None } => "te weinig om iets te zeggen".to_owned(),
        Said::Came { times, time } => format!("{times} keer in {time}"),
        Said::Between { low, high } => format!(", waarden {low} tot {high}"),
        Said::Deadband { deadband } => format!("een dode band van {deadband}"),
        Said::OffDelay { delay } => format!("een uitschakelvertraging van {delay}"),
        Said::Or => " of ".to_owned(),
        Said::WouldBeOne { by, .. } => format!("met {by} was het één keer geweest"),
        Said::WouldBeNone { delay, also: true } => {
            format!("; met een inschakelvertraging van {delay} geen enkele keer")
        }
        Said::WouldBeNone { delay, also: false } => {
            format!("met een inschakelvertraging van {delay} was het geen enkele keer geweest")
        }
    }
}
