//! English.

use super::{Kind, Measure, Said};

pub(super) fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Rate => "Alarms in 10 min, per operator",
        Measure::Peak => "Most in any 10 min, per operator",
        Measure::Busy => "10-min periods with more than 10",
        Measure::Flood => "Time in floods",
        Measure::Top => "The ten most frequent, of the load",
        Measure::Chattering => "Alarms that chattered",
        Measure::Fleeting => "Over within a minute",
        Measure::Stale => "Active for over a day, at most at a time",
        Measure::Critical => "Critical, of the load",
        Measure::High => "High, of the load",
        Measure::Medium => "Medium, of the load",
        Measure::Standing => "Standing, at most at a time",
        Measure::Shelved => "Shelved, at most at a time",
    }
}

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Standing => "Standing",
        Kind::Stale => "Active for over a day",
        Kind::Shelved => "Shelved",
        Kind::Suppressed => "Suppressed by another alarm",
        Kind::OutOfService => "Out of service",
    }
}

pub(super) fn say(said: Said<'_>) -> String {
    match said {
        Said::Title { month: "", site } => format!("# Alarm figures of {site}"),
        Said::Title { month, site } => format!("# Alarm figures of {site}, {month}"),
        Said::Period { from, to, zone } => format!("From {from} to {to} ({zone})."),
        Said::Operators { named: false, .. } => {
            "The site names nobody, so the load is that of one operator.".to_owned()
        }
        Said::Operators { operators: 1, .. } => {
            "The site names one person: the load is that of one operator.".to_owned()
        }
        Said::Operators { operators, .. } => {
            format!("The site names {operators} people: the load is divided by {operators} operators.")
        }
        Said::Load { annunciated: 0, .. } => "No alarm was annunciated.".to_owned(),
        Said::Load { annunciated: 1, .. } => "One alarm was annunciated.".to_owned(),
        Said::Load { annunciated, alarms: 1 } => format!("One alarm was annunciated {annunciated} times."),
        Said::Load { annunciated, alarms } => {
            format!("Alarms were annunciated {annunciated} times, of {alarms} different ones.")
        }
        Said::Met { met, judged } => format!("{met} of {judged} targets are met."),
        Said::HeadFigures => "| Figure | Value | Target | Met |".to_owned(),
        Said::HeadLevels => "| Alarms | At the end | At most | First at |".to_owned(),
        Said::Frequent => "## The most frequent".to_owned(),
        Said::HeadFrequent => "| Alarm | Where | Times | Of the load |".to_owned(),
        Said::Floods => "## Floods".to_owned(),
        Said::Flood {
            from,
            time,
            annunciated,
        } => format!("- {from}, for {time}: {annunciated} alarms"),
        Said::MoreFloods { count } => format!("- and {count} shorter"),
        Said::Help => "## What would help".to_owned(),
        Said::NoHelp => "No alarm came so often one time after the other that a deadband or a delay would have helped.".to_owned(),
        Said::Note => "Targets after public figures of ISA-18.2, IEC 62682 and EEMUA 191, for each operator over 30 days. A flood begins with more than 10 alarms in \
                       10 min and ends with fewer than 5. What was shelved, suppressed or out of service is watched and logged and no part of the load. Shares are \
                       judged where there are alarms enough."
            .to_owned(),
        Said::AtMost { target } => format!("{target} at most"),
        Said::Below { target } => format!("below {target}"),
        Said::NoneAtAll => "none".to_owned(),
        Said::IsMet { met: Some(true) } => "met".to_owned(),
        Said::IsMet { met: Some(false) } => "not met".to_owned(),
        Said::IsMet { met: None } => "too few to say".to_owned(),
        Said::Came { times, time } => format!("{times} activations in {time}"),
        Said::Between { low, high } => format!(", values {low} to {high}"),
        Said::Deadband { deadband } => format!("a deadband of {deadband}"),
        Said::OffDelay { delay } => format!("an off-delay of {delay}"),
        Said::Or => ", or ".to_owned(),
        Said::WouldBeOne { by, several: true } => format!("{by}, would have made it one"),
        Said::WouldBeOne { by, several: false } => format!("{by} would have made it one"),
        Said::WouldBeNone { delay, also: true } => format!("; an on-delay of {delay}, none"),
        Said::WouldBeNone { delay, also: false } => format!("an on-delay of {delay} would have made it none"),
    }
}
