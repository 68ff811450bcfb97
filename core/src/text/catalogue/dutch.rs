//! Dutch.

use plenum_protocol::Fault;
use plenum_protocol::quantity::Kind;

use super::{Heading, Label, Matter, Phrase, Reached, with};
use crate::site::Priority;

pub(super) fn label(label: Label) -> &'static str {
    match label {
        Label::Delayed => "VERTRAAGD",
        Label::What => "WAT",
        Label::Also => "OOK",
        Label::Where => "WAAR",
        Label::HowBad => "HOE ERG",
        Label::Now => "NU",
        Label::HowLong => "HOE LANG",
        Label::Do => "DOE",
        Label::You => "JIJ",
        Label::Sure => "ZEKER?",
    }
}

pub(super) fn heading(heading: Heading) -> &'static str {
    match heading {
        Heading::OverAlready => "AL VOORBIJ",
        Heading::Taken => "OPGEPAKT",
        Heading::Returned => "VOORBIJ",
        Heading::ShelvingEnds => "OPSCHORTING EINDIGT",
        Heading::Withdrawn => "INGETROKKEN",
        Heading::Chattering => "FLADDERT",
        Heading::Again => "OPNIEUW",
        Heading::Changed => "VERANDERD",
    }
}

pub(super) fn matter(matter: Matter) -> &'static str {
    match matter {
        Matter::Mains => "Netspanning",
        Matter::Smoke => "Rookmelding",
        Matter::Water => "Lekmelding",
        Matter::Cooling => "Koeling",
    }
}

pub(super) fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical => "kritiek",
        Priority::High => "hoog",
        Priority::Medium => "middel",
        Priority::Low => "laag",
    }
}

pub(super) fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::NotPresent => "er antwoordt niets",
        Fault::Timeout => "geen antwoord op tijd",
        Fault::Corrupt => "het antwoord is beschadigd",
        Fault::OutOfRange => "het antwoord is niet aannemelijk",
        Fault::DeviceError => "het apparaat meldt een fout",
        Fault::Stuck => "de waarde beweegt niet meer",
        Fault::Unrecognised => "een onbekende fout",
    }
}

pub(super) fn fault_explained(fault: Fault) -> &'static str {
    match fault {
        Fault::NotPresent => "er antwoordt niets: controleer de stekker, het adres en de voeding",
        Fault::Timeout => "geen antwoord op tijd: controleer de kabel en wat er nog meer op de bus zit",
        Fault::Corrupt => {
            "het antwoord is beschadigd: controleer de lengte van de kabel, de afscherming en de weerstanden"
        }
        Fault::OutOfRange => "het antwoord is niet aannemelijk: de sensor is nat, zit los of is stuk",
        Fault::DeviceError => "het apparaat meldt zelf een fout: zie het display of de handleiding",
        Fault::Stuck => "de waarde beweegt niet meer: zet de sensor uit en aan, vervang hem daarna",
        Fault::Unrecognised => "een onbekende fout, van een nieuwere of vreemde bron",
    }
}

pub(super) fn say(phrase: Phrase<'_>) -> String {
    match phrase {
        Phrase::Above {
            value: Some(value),
            limit,
        } => format!("{value}, boven {limit}"),
        Phrase::Above { value: None, limit } => format!("boven {limit}"),
        Phrase::Below {
            value: Some(value),
            limit,
        } => format!("{value}, onder {limit}"),
        Phrase::Below { value: None, limit } => format!("onder {limit}"),
        Phrase::Moved {
            value,
            rising,
            by,
            time,
        } => {
            let value = value.map(|value| format!("{value}, ")).unwrap_or_default();
            let way = if rising { "gestegen" } else { "gedaald" };
            format!("{value}{by} {way} in {time}")
        }
        Phrase::OnAverage { said, time } => format!("{said}, gemiddeld over {time}"),
        Phrase::Drifted { value, usual } => {
            format!("{value} op een dag; zo'n dag is gewoonlijk {usual}")
        }
        Phrase::Cycled { starts, time } => format!("{starts} keer gestart in {time}"),
        Phrase::Foreseen {
            value,
            limit,
            time: Some(time),
        } => format!("{value}, bij {limit} over ongeveer {time}"),
        Phrase::Foreseen {
            value,
            limit,
            time: None,
        } => format!("{value}, voorbij {limit}"),
        Phrase::Of {
            quantity,
            kind: Kind::Number,
            said,
        } => format!("{quantity} {said}"),
        Phrase::Of {
            quantity,
            kind: Kind::Boolean,
            said,
        } => format!("{quantity}: {said}"),
        Phrase::NotSo { said } => format!("niet {said}"),
        Phrase::Vote {
            said: Some(said),
            holding,
            of,
        } => format!("{said}; {holding} van {of} sensoren"),
        Phrase::Vote {
            said: None,
            holding,
            of,
        } => format!("{holding} van {of} sensoren"),
        Phrase::Deviates { value, median, limit } => {
            format!("{value}, meer dan {limit} van de {median} van de andere")
        }
        Phrase::Condenses { value, dew_point } => format!("{value}, dauwpunt van de ruimte {dew_point}"),
        Phrase::Outside {
            said,
            class: Some(class),
        } => format!("{said}, buiten klasse {class}"),
        Phrase::Outside { said, class: None } => format!("{said}, buiten wat aanbevolen is"),
        Phrase::NoNumber { quantity, since } => format!("geen {quantity} sinds {since}"),
        Phrase::NoWord { since } => format!("geen bericht sinds {since}"),
        Phrase::Agent { agent } => format!("agent {agent}"),
        Phrase::AgentSince { agent, since } => format!("agent {agent} sinds {since}"),
        Phrase::AgentNever { agent } => format!("van agent {agent} is nooit iets gehoord"),
        Phrase::ChannelTo {
            channel,
            person: Some(person),
        } => format!("kanaal {channel} naar {person}"),
        Phrase::ChannelTo {
            channel,
            person: None,
        } => format!("kanaal {channel}"),
        Phrase::OfAgent { sensor, agent } => format!("{sensor} van agent {agent}"),
        Phrase::NothingEver { place, sensor, agent } => {
            format!("{place}: er is nooit iets van ontvangen; agent {agent}, sensor {sensor}")
        }
        Phrase::LateReadings { agent, alarms: 1 } => {
            format!("Late metingen van agent {agent} zouden 1 alarm gegeven hebben; zie het logboek")
        }
        Phrase::LateReadings { agent, alarms } => {
            format!("Late metingen van agent {agent} zouden {alarms} alarmen gegeven hebben; zie het logboek")
        }
        Phrase::LateReadingsAs {
            agent,
            alarms: 1,
            place,
            value,
            at,
        } => {
            format!(
                "Late metingen van agent {agent} zouden 1 alarm gegeven hebben: {place} was {value} om {at}; zie het logboek"
            )
        }
        Phrase::LateReadingsAs {
            agent,
            alarms,
            place,
            value,
            at,
        } => {
            format!(
                "Late metingen van agent {agent} zouden {alarms} alarmen gegeven hebben, waaronder: {place} was {value} om {at}; zie het logboek"
            )
        }
        Phrase::Late { sentence } => format!("laat: {sentence}"),
        Phrase::RuleChanged => "de regel of wat hij bewaakt is veranderd".to_owned(),
        Phrase::UnknownSince { since: Some(since) } => format!("onbekend sinds {since}"),
        Phrase::UnknownSince { since: None } => "onbekend".to_owned(),
        Phrase::UnknownLast {
            since: Some(since),
            last,
            at,
        } => format!("onbekend sinds {since}, laatst: {last} om {at}"),
        Phrase::UnknownLast {
            since: None,
            last,
            at,
        } => format!("onbekend, laatst: {last} om {at}"),
        Phrase::Rising => "stijgend".to_owned(),
        Phrase::Falling => "dalend".to_owned(),
        Phrase::LimitIn { limit, time } => format!("{limit} over {time}"),
        Phrase::LimitInAbout { limit, time } => format!("{limit} over ongeveer {time}"),
        Phrase::LimitAt { limit, time } => format!("{limit} om ongeveer {time}"),
        Phrase::Between { earliest, latest } => format!("tussen {earliest} en {latest}"),
        Phrase::NotBefore { earliest } => format!("niet voor {earliest}"),
        Phrase::After { time } => format!("na {time}"),
        Phrase::LateBy { time } => format!("{time} te laat"),
        Phrase::DelayedBy { time, due } => format!("met {time}: dit bericht had er om {due} moeten zijn"),
        Phrase::HeardLate { time, at, heard } => {
            format!("met {time}: het was om {at}, en werd gehoord om {heard}")
        }
        Phrase::Likely { cause } => format!("Waarschijnlijk: {cause}"),
        Phrase::ComesFrom {
            name,
            subject: "",
            since,
        } => format!("Waarschijnlijk veroorzaakt door: {name}, sinds {since}"),
        Phrase::ComesFrom { name, subject, since } => {
            format!("Waarschijnlijk veroorzaakt door: {name}, {subject}, sinds {since}")
        }
        Phrase::IsOver { name } => format!("{name}: voorbij"),
        Phrase::AtLeast { time } => format!("minstens {time}"),
        Phrase::Lasted { time, until } => format!("Het duurde {time}, tot {until}"),
        Phrase::Over { since } => format!("voorbij sinds {since}"),
        Phrase::Was { from, until } => format!("van {from} tot {until}"),
        Phrase::OverSince { since } => format!("Het is voorbij sinds {since}"),
        Phrase::Gone => "De oorzaak van het alarm is weg".to_owned(),
        Phrase::GoneAsFarAsSeen => {
            "De oorzaak van het alarm was weg toen er voor het laatst iets gezien werd".to_owned()
        }
        Phrase::ShelvedUntil { by, until } => {
            format!(
                "{by} heeft het opgeschort tot {until}. Is de oorzaak er dan nog, dan wordt het opnieuw gemeld"
            )
        }
        Phrase::WorkGoesOn { until, reason, who } => {
            format!("Werkzaamheden tot {until}: {reason} ({who})")
        }
        Phrase::ShelvingHasEnded => "De opschorting is voorbij".to_owned(),
        Phrase::NothingWatches => {
            "De regel of de sensor is weg en niets bewaakt het nog. Het blijft staan tot iemand het reset"
                .to_owned()
        }
        Phrase::WasChanged { changes, stands } => {
            let stands = match stands {
                Some(true) => ". Het staat",
                Some(false) => ". Het stond toen er voor het laatst iets gezien werd",
                None => "",
            };
            match changes {
                "" => format!("De regel is veranderd{stands}"),
                _ => format!("Veranderd: {changes}{stands}"),
            }
        }
        Phrase::ChatteredAndStands {
            raises,
            since,
            stands,
        } => {
            format!("Het fladderde: {raises} keer sinds {since}, en het blijft staan sinds {stands}")
        }
        Phrase::ChangedSince { changes } => format!("Sindsdien veranderd: {changes}"),
        Phrase::EndedByChange { changes } => {
            format!(
                "De verandering maakte er een eind aan: {changes}. Wat nu bekend is, is daarmee geen alarm"
            )
        }
        Phrase::TakenAway { since } => {
            format!("De regel of de sensor is weg, en sinds {since} bewaakt niets het meer")
        }
        Phrase::LastKnown { value, at } => format!("Laatst bekend: {value} om {at}"),
        Phrase::NotKnownWhetherGone => "Of de oorzaak weg is, is niet bekend".to_owned(),
        Phrase::StateThen {
            state,
            at,
            now,
            since,
        } => format!("{state} om {at}, {now} sinds {since}"),
        Phrase::ValueThen { value, at, now } => format!("{value} om {at}, nu {now}"),
        Phrase::ValueAt { value, at } => format!("{value} om {at}"),
        Phrase::NoLonger => "niet meer".to_owned(),
        Phrase::NowValue { value } => format!("Nu {value}"),
        Phrase::GoneAndBack => "De oorzaak van het alarm was lang genoeg weg en is er weer".to_owned(),
        Phrase::Beyond {
            value,
            limit,
            above: true,
        } => format!("{value}, boven {limit}"),
        Phrase::Beyond {
            value,
            limit,
            above: false,
        } => format!("{value}, onder {limit}"),
        Phrase::NotYet { values } => format!("Nog geen alarm: {values}"),
        Phrase::Ending { place, alarms } => format!("Eindigt in {place}: {alarms}"),
        Phrase::GoneSince { name, subject, since } => with(name, &[subject, &format!("weg sinds {since}")]),
        Phrase::Chatters { raises, since, quiet } => format!(
            "Het alarm fladdert: {raises} keer gegeven sinds {since}. Alles wordt vastgelegd; je hoort het weer als het blijft staan, na een kwartier, en als het {quiet} niet is gegeven"
        ),
        Phrase::Chattered { raises, since, until } => {
            format!("Het fladderde: {raises} keer gegeven van {since} tot {until}, en daarna niet meer")
        }
        Phrase::StillStands { place, alarms } => format!("Er staat nog in {place}: {alarms}"),
        Phrase::StandsSince {
            name,
            subject,
            since,
            unknown,
        } => {
            let subject = match subject {
                "" => String::new(),
                _ => format!("{subject}, "),
            };
            let now = if unknown { ", nu onbekend" } else { "" };
            format!("{name} ({subject}sinds {since}{now})")
        }
        Phrase::More { count } => format!("nog {count}"),
        Phrase::AndMore { count } => format!("en nog {count}"),
        Phrase::StandWithIt { count: 1, alarms } => format!("nog 1 alarm van dit incident staat: {alarms}"),
        Phrase::StandWithIt { count, alarms } => {
            format!("nog {count} alarmen van dit incident staan: {alarms}")
        }
        Phrase::ConditionGone { since } => format!("de oorzaak is weg sinds {since}"),
        Phrase::EndWithIt { count: 1, alarms } => format!("nog 1 eindigt binnenkort: {alarms}"),
        Phrase::EndWithIt { count, alarms } => format!("nog {count} eindigen binnenkort: {alarms}"),
        Phrase::WithdrawnWithIt { count: 1, alarms } => {
            format!("1 alarm van dit incident is ingetrokken, niets bewaakt het meer: {alarms}")
        }
        Phrase::WithdrawnWithIt { count, alarms } => {
            format!("{count} alarmen van dit incident zijn ingetrokken, niets bewaakt ze meer: {alarms}")
        }
        Phrase::LastOf { name, subject, last } => {
            let last = last.map_or_else(String::new, |last| format!("laatst {last}"));
            with(name, &[subject, &last])
        }
        Phrase::OverWithIt { count: 1, alarms } => format!("1 alarm van dit incident is voorbij: {alarms}"),
        Phrase::OverWithIt { count, alarms } => {
            format!("{count} alarmen van dit incident zijn voorbij: {alarms}")
        }
        Phrase::NothingElse { place } => format!("Verder staat er niets in {place}"),
        Phrase::OthersStand { count: 1 } => "nog 1 ander alarm".to_owned(),
        Phrase::OthersStand { count } => format!("nog {count} andere alarmen"),
        Phrase::Siblings {
            beyond,
            unknown: 0,
            total,
        } => format!("{beyond} van {total} over de grens"),
        Phrase::Siblings {
            beyond,
            unknown,
            total,
        } => {
            format!("{beyond} van {total} over de grens, {unknown} onbekend")
        }
        Phrase::UnitFault { unit } => format!("{unit} meldt een storing"),
        Phrase::UnitStands { unit } => format!("{unit} draait niet"),
        Phrase::UnitRuns { unit } => format!("{unit} draait"),
        Phrase::UnitUnknown {
            unit,
            since: Some(since),
        } => format!("van {unit} is niets bekend sinds {since}"),
        Phrase::UnitUnknown { unit, since: None } => format!("van {unit} is niets bekend"),
        Phrase::StartUnit { unit } => format!("Start {unit} op het paneel"),
        Phrase::StartUnitWithPower { unit } => {
            format!("De netspanning is weg: start {unit} op het paneel zodra er stroom is")
        }
        Phrase::StartUnitIf { unit } => format!("Start {unit} op het paneel als die stilstaat"),
        Phrase::StartStandby => "Start de reserve-koelunit op het paneel, als die er is".to_owned(),
        Phrase::Inlets {
            beyond,
            unknown: 0,
            total,
            limit,
        } => format!("{beyond} van {total} inlaten boven {limit}"),
        Phrase::Inlets {
            beyond,
            unknown,
            total,
            limit,
        } => format!("{beyond} van {total} inlaten boven {limit}, {unknown} onbekend"),
        Phrase::Limit { value, limit } => format!("{value}; grens {limit}"),
        Phrase::SensorReports { fault } => format!("De sensor meldt: {fault}"),
        Phrase::Hottest { sensor, value } => format!("Warmste: {sensor}, {value}"),
        Phrase::HottestKnown { sensor, value } => format!("Warmste inlaat die antwoordt: {sensor}, {value}"),
        Phrase::Moves { rising: true, rate } => format!("Stijgt {rate}"),
        Phrase::Moves { rising: false, rate } => format!("Daalt {rate}"),
        Phrase::DewPoint { value } => format!("Dauwpunt {value}"),
        Phrase::DewPointUnknown { sensors } => format!("Dauwpunt: onbekend: {sensors}"),
        Phrase::Left { sensor, time } => format!("{sensor}: op accu, nog {time}"),
        Phrase::Lasts {
            sensor,
            time,
            on_mains: true,
        } => format!("{sensor}: op het net, accu voor {time}"),
        Phrase::Lasts {
            sensor,
            time,
            on_mains: false,
        } => format!("{sensor}: accu voor {time}"),
        Phrase::LeftUnknown { sensors } => format!("Accutijd: onbekend: {sensors}"),
        Phrase::Unknown { sensors } => format!("onbekend: {sensors}"),
        Phrase::Heard { what, at } => format!("{what} (gehoord {at}, de agent is weg)"),
        Phrase::LastSaid { sensor, value, at } => format!("{sensor} (laatst: {value}, {at})"),
        Phrase::ErasedPerson { number } => format!("gewiste persoon {number}"),
        Phrase::SomePerson { number } => format!("persoon {number}"),
        Phrase::SomeProgram { number } => format!("token {number}"),
        Phrase::Holder { who, since } => format!("{who} heeft het sinds {since}"),
        Phrase::HolderUntil { who, since, until } => format!("{who} heeft het sinds {since}, tot {until}"),
        Phrase::HasItUntil { who, until } => format!("{who} heeft het tot {until}"),
        Phrase::GaveBack { who, at } => format!("{who} gaf het terug om {at}"),
        Phrase::PassedOn { who, at } => format!("{who} gaf het door om {at}"),
        Phrase::HadUntil { who, until } => format!("{who} had het tot {until}"),
        Phrase::StandsStill { since } => format!("Het staat sinds {since}"),
        Phrase::NobodyHasItNow => "Niemand heeft het meer".to_owned(),
        Phrase::HasIt { who } => format!("{who} heeft het"),
        Phrase::Took { who, at } => format!("{who} pakte het op om {at}"),
        Phrase::OutOfService { by } => format!("{by} heeft het buiten gebruik gesteld"),
        Phrase::NobodyHasIt => "Nog niemand heeft het opgepakt".to_owned(),
        Phrase::Shelved { until } => format!("opgeschort tot {until}"),
        Phrase::StandsAgain { since } => {
            format!("Het is niet meer opgeschort of buiten gebruik, en staat sinds {since}")
        }
        Phrase::AlsoTold {
            reached: Reached::NotYet,
            people,
        } => format!("Gaat ook naar: {people}"),
        Phrase::AlsoTold {
            reached: Reached::Yes,
            people,
        } => format!("Ook gewaarschuwd: {people}"),
        Phrase::AlsoTold {
            reached: Reached::No,
            people,
        } => format!("Niet bereikt: {people}"),
        Phrase::NobodyNext => "Verder wordt niemand gewaarschuwd".to_owned(),
        Phrase::Next { people, at } => {
            format!("Heeft niemand het om {at} opgepakt, dan wordt gewaarschuwd: {people}")
        }
        Phrase::Take { take, look } => format!("Ik pak dit op: {take}   Bekijk: {look}"),
        Phrase::TakeOrPass { take, look } => {
            format!("Ik pak dit op, of geef het door: {take}   Bekijk: {look}")
        }
        Phrase::Look { look } => format!("Bekijk en bevestig: {look}"),
        Phrase::LookOnly { look } => format!("Bekijk: {look}"),
        Phrase::LookAtShelved { look } => format!("Bekijk, of schort het langer op: {look}"),
        Phrase::Age { time } => format!("Nieuwste meting {time} oud"),
        Phrase::NoReadingNow => "Nu geen meting".to_owned(),
        Phrase::Answering {
            answering,
            total,
            of_one_room,
        } => {
            let sensors = if of_one_room {
                "sensoren van de ruimte"
            } else {
                "sensoren van de ruimtes"
            };
            format!("{answering} van {total} {sensors} antwoorden")
        }
        Phrase::AgentIs { agent, online: true } => format!("agent {agent} verbonden"),
        Phrase::AgentIs { agent, online: false } => format!("agent {agent} NIET VERBONDEN"),
        Phrase::Raised { at, rule, also: "" } => format!("Gegeven {at}, regel {rule}"),
        Phrase::Raised { at, rule, also } => format!("Gegeven {at}, regel {rule}, ook gestuurd via {also}"),
    }
}
