//! Dutch.

use super::{Changed, FOREIGN, findings, foreign, hundredths};
use crate::fact::{Certificate, Finding, KeyFlaw, Missing, Report, SystemKind};
use crate::text::{Form, Language, catalogue, drill};

fn quoted(text: &str) -> String {
    foreign::quoted(text, FOREIGN)
}

pub(super) fn report(subject: &str, report: &Report, form: &Form) -> String {
    match report {
        Report::AgentDisk => format!(
            "de schijf van {subject} neemt niets aan: wat de agent meet wacht in zijn geheugen; maak daar ruimte of houd een nieuwe kaart \
             klaar, en herstart de host niet voordat `plenum agents list` niets onverzonden meer toont"
        ),
        Report::BrokerLost { why } => format!(
            "de broker {subject} is niet te bereiken, en van geen agent is iets te horen: {}; wat agents meten wacht in hun spool",
            quoted(why)
        ),
        Report::CertificateEnds { certificate, until } => {
            ends(subject, certificate, &form.date_and_minute(*until))
        }
        Report::CertificateEnded { certificate, until } => {
            ended(subject, certificate, &form.date_and_minute(*until))
        }
        Report::ClockAhead { readings } => format!(
            "de klok van {subject} loopt meer dan 30 s voor: {readings} metingen zijn naar hun ontvangst verplaatst, de tijd die ze noemden staat erbij"
        ),
        Report::AgentClockBehind { by } => format!(
            "de klok van {subject} loopt {} achter: de metingen komen meteen en staan op de tijd die ze noemen",
            form.duration(*by)
        ),
        Report::ClockBehind { by } => format!(
            "de klok van de collector loopt {} achter op zijn laatste vastlegging: hij is teruggezet",
            form.duration(*by)
        ),
        Report::CommitsFail { why } => format!("er kan niets worden opgeslagen: {}", quoted(why)),
        Report::Unreadable { why } => format!(
            "wat {subject} stuurde kon niet worden gelezen en is apart gelegd: {}; zie `plenum dead-letters list`",
            quoted(why)
        ),
        Report::NotStored { why } => format!(
            "een bericht van {subject} kon niet worden opgeslagen en is apart gelegd: {}; zie `plenum dead-letters list`",
            quoted(why)
        ),
        Report::NotDelivered { why } => match subject.split_once('/') {
            Some((channel, person)) => format!(
                "berichten via kanaal {channel} bereiken {person} niet: {}",
                quoted(why)
            ),
            None => format!("berichten via kanaal {subject} komen niet aan: {}", quoted(why)),
        },
        Report::NoWay { missing } => no_way(subject, missing),
        Report::NobodyTold { priority } => format!(
            "geen bericht van een alarm met prioriteit {} kan iemand bereiken: geen kanaal van de locatie dat het neemt heeft een weg naar wie het moet horen",
            catalogue::priority(*priority, Language::Dutch)
        ),
        Report::Uncovered { from, to, others } => {
            let (from, to) = (form.day_and_minute(*from), form.day_and_minute(*to));
            let again = match others {
                0 => String::new(),
                1 => ", en binnen 14 dagen nog een keer".to_owned(),
                others => format!(", en binnen 14 dagen nog {others} keer"),
            };
            format!(
                "niemand heeft piket volgens rooster {subject} van {from} tot {to}{again}: dan wordt de achterwacht van het team gebeld"
            )
        }
        Report::DiskFull { free, size } => format!(
            "{subject}: zijn schijf is voor {} % vol, {} MiB is vrij; als die vol is, wachten gewone metingen in de spools van de agents",
            hundredths(*free, *size),
            free >> 20
        ),
        Report::DiskReserve { free, reserve } => format!(
            "{subject}: {} MiB is vrij, minder dan de reserve van {} MiB: gewone metingen, zoals temperaturen, wachten bij de agents en geven zolang geen alarm",
            free >> 20,
            reserve >> 20
        ),
        Report::ExpectationChanges { sensor } => format!(
            "{subject} zegt steeds weer dat zijn sensoren met andere intervallen worden gelezen, zoals {}: wat hij eerder zei geldt tot hij rustig is",
            foreign::cut(sensor, 60)
        ),
        Report::FollowsAnother => format!(
            "{subject} neemt de bevestigingen van deze collector niet aan: de agent volgt een andere, of een eerdere met deze naam; wat hij meet wacht in zijn spool"
        ),
        Report::ForeignDatabase { database } => format!(
            "een andere collector (database {}) bevestigt aan {subject}: deze zwijgt tegen de agent tot je bepaalt bij welke van de twee hij hoort",
            foreign::cut(database, FOREIGN)
        ),
        Report::HeartbeatMissed {
            name,
            ran,
            every,
            grace,
        } => {
            let when = match ran {
                Some(ran) => format!("is niet gedraaid sinds {}", form.date_and_minute(*ran)),
                None => "heeft nog nooit gemeld dat het draaide".to_owned(),
            };
            format!(
                "{} {when}: het draait elke {} en wordt {} daarna gemist",
                foreign::cut(name, 60),
                form.duration(*every),
                form.duration(*grace)
            )
        }
        Report::HeartbeatUnfinished { name, started, grace } => format!(
            "{} begon op {} en heeft {} later nog niet gemeld dat het klaar is",
            foreign::cut(name, 60),
            form.date_and_minute(*started),
            form.duration(*grace)
        ),
        Report::DrillFailed { flaw, .. } => {
            format!("oefening {subject} is mislukt: {}", drill::flaw(flaw, form))
        }
        Report::HeartbeatFailed { name, why } if why.is_empty() => {
            format!("{} meldt dat het mislukt is", foreign::cut(name, 60))
        }
        Report::HeartbeatFailed { name, why } => {
            format!(
                "{} meldt dat het mislukt is: {}",
                foreign::cut(name, 60),
                quoted(why)
            )
        }
        Report::Lost { from, to, why } => {
            let why = super::loss(why, Language::Dutch);
            format!("{subject} is de pakketten {from} tot en met {to} van een stroom kwijt: {why}")
        }
        Report::Damaged { findings: found } => {
            format!("{subject}: {}", findings(found, Language::Dutch))
        }
        Report::SeriesLimit { most } => format!(
            "{subject} stuurt meer dan {most} reeksen: wat onder verdere namen komt wordt apart gelegd"
        ),
        Report::KeyMissing { path, flaw } => key_missing(&foreign::cut(path, FOREIGN), flaw),
        Report::TokenEnds { token, until } => format!(
            "het token {} geldt tot {}: vanaf dan weigert de server wat het gebruikt; maak een ander met `plenum token give`, geef dat aan het programma \
             en neem dit terug",
            quoted(token),
            form.date_and_minute(*until)
        ),
        Report::TwoHosts {
            own: None,
            other: None,
        } => format!(
            "twee hosts publiceren als {subject}; de latere wordt tegengehouden: daarvan wordt niets opgeslagen of bevestigd"
        ),
        Report::TwoHosts { own, other } => {
            let address = |address: &Option<String>| match address {
                Some(address) => foreign::cut(address, 60),
                None => "een onbekend adres".to_owned(),
            };
            format!(
                "twee hosts publiceren als {subject}: een op {}, en later een op {}, die wordt tegengehouden: daarvan wordt niets opgeslagen of bevestigd",
                address(own),
                address(other)
            )
        }
        Report::Over { .. } => format!("{subject}: voorbij"),
        Report::Sentence(sentence) => quoted(sentence),
    }
}

/// Whose a certificate is, where it is not an agent's.
pub(super) fn owner(certificate: &Certificate) -> &'static str {
    match certificate {
        Certificate::Agent => "de agent",
        Certificate::Authority => "de autoriteit voor agents",
        Certificate::Broker { .. } => "de collector bij zijn broker",
        Certificate::Dashboard { .. } => "het dashboard",
    }
}

/// That a certificate ends, and what to do, in a sentence without its stop.
fn ends(subject: &str, certificate: &Certificate, until: &str) -> String {
    match certificate {
        Certificate::Agent => format!(
            "het certificaat van agent {subject} eindigt op {until} en is niet vernieuwd, wat de agent zelf doet na twee derde van het jaar: lees zijn logboek, \
             of laat hem opnieuw aanmelden met een code van `plenum enroll {subject}`"
        ),
        Certificate::Authority => format!(
            "de autoriteit voor certificaten van agents eindigt op {until}: Plenum maakt de volgende zelf twee jaar daarvoor, en kon dat niet; zijn logboek zegt waarom"
        ),
        Certificate::Broker { path } => format!(
            "het certificaat waarmee de broker deze collector binnenlaat eindigt op {until}: zet een nieuw in {} en herstart Plenum",
            foreign::cut(path, FOREIGN)
        ),
        Certificate::Dashboard { path } => format!(
            "het certificaat van het dashboard eindigt op {until}: zet een nieuw in {}, het wordt binnen tien seconden genomen",
            foreign::cut(path, FOREIGN)
        ),
    }
}

/// That one has ended, and what to do, in a sentence without its stop.
fn ended(subject: &str, certificate: &Certificate, until: &str) -> String {
    match certificate {
        Certificate::Agent => format!(
            "het certificaat van agent {subject} is geëindigd op {until}, en de broker laat hem daarmee niet meer binnen: laat hem opnieuw aanmelden met een code van \
             `plenum enroll {subject}`, of zeg `plenum agents revoke {subject}` als hij weg is"
        ),
        Certificate::Authority => format!(
            "de autoriteit voor certificaten van agents is geëindigd op {until}, en geen agent komt met zijn certificaat binnen: het logboek van Plenum zegt waarom de \
             volgende niet gemaakt kon worden"
        ),
        Certificate::Broker { path } => format!(
            "het certificaat waarmee de broker deze collector binnenlaat is geëindigd op {until}, en na de volgende verbinding is van geen agent iets te horen: zet een \
             nieuw in {} en herstart Plenum",
            foreign::cut(path, FOREIGN)
        ),
        Certificate::Dashboard { path } => format!(
            "het certificaat van het dashboard is geëindigd op {until}, en browsers laten niemand zonder waarschuwing binnen: zet een nieuw in {}, het wordt binnen tien \
             seconden genomen",
            foreign::cut(path, FOREIGN)
        ),
    }
}

/// What is wrong with the key, in a sentence without its stop.
fn key_missing(path: &str, flaw: &KeyFlaw) -> String {
    match flaw {
        KeyFlaw::Gone => format!("de sleutel staat niet in {path}: zet het bestand terug en herstart Plenum"),
        KeyFlaw::Unreadable { why } => format!(
            "de sleutel in {path} is niet te lezen: {}; laat de gebruiker van Plenum hem lezen en herstart Plenum",
            quoted(why)
        ),
        KeyFlaw::Open { mode } => format!(
            "anderen op de host mogen de sleutel in {path} lezen of veranderen (modus {mode:o}), dus wordt hij niet gebruikt: `chmod 600 {path}`, herstart Plenum, en daarna \
             `plenum key rotate`"
        ),
        KeyFlaw::Malformed { line } => format!(
            "regel {line} van {path} is geen geldige sleutel: zet het bestand terug zoals het was en herstart Plenum"
        ),
        KeyFlaw::Another { values } => format!(
            "{values} geheimen liggen onder een sleutel die niet in {path} staat: zet die sleutel daar op een regel onder de andere en herstart Plenum"
        ),
        KeyFlaw::Later => format!(
            "de sleutel die in gebruik is staat niet meer in {path}: hij geldt tot Plenum stopt, en daarna gaat niets meer open; zet het bestand terug"
        ),
    }
}

/// What is missing for a channel, in a sentence without its stop.
fn no_way(subject: &str, missing: &Missing) -> String {
    let (channel, person) = subject.split_once('/').unwrap_or((subject, ""));
    match missing {
        Missing::Address { key } => format!(
            "kanaal {channel} kan {person} niet bereiken zonder `{key}` van persoon `{person}`: stel die in met `plenum user reach`, of als [[address]] in collector.toml"
        ),
        Missing::Table { heading } => format!(
            "kanaal {channel} bereikt niemand: collector.toml heeft geen {heading} voor kanaal `{channel}`"
        ),
        Missing::Kind { kind } => format!(
            "kanaal {channel} bereikt niemand: deze versie heeft geen kanalen van de soort {}",
            quoted(kind)
        ),
    }
}

pub(super) fn over(kind: SystemKind, subject: &str, by: Option<&str>) -> String {
    match (kind, by) {
        (SystemKind::AgentDisk, _) => "de schijf neemt weer aan wat de agent meet",
        (SystemKind::BrokerLost, _) => return format!("de broker {subject} is weer te bereiken"),
        (SystemKind::CertificateEnded | SystemKind::CertificateEnds, _) => {
            "het is vernieuwd, of niet meer in gebruik"
        }
        (SystemKind::ClockAhead, _) => "de metingen komen niet meer uit de toekomst",
        (SystemKind::ClockBehind, _) => "de metingen noemen weer de goede tijd",
        (SystemKind::ClockFree, _) => "de klok is gelijkgezet",
        (SystemKind::CollectorClock, _) => "de klok van de collector heeft ingehaald wat hij had ontvangen",
        (SystemKind::CommitsFail, _) => "wat binnenkomt wordt weer opgeslagen",
        (SystemKind::DeadLetters, _) => "de onleesbare berichten zijn weg",
        (SystemKind::DeliveryFailed, _) => {
            return match subject.split_once('/') {
                Some((channel, person)) => format!("berichten via kanaal {channel} bereiken {person}"),
                None => format!("berichten via kanaal {subject} komen aan"),
            };
        }
        (SystemKind::DiskFull | SystemKind::DiskReserve, _) => "er is weer ruimte op de schijf",
        (SystemKind::DrillFailed, _) => "een oefening is doorgekomen, of er is er geen meer",
        (SystemKind::ExpectationChanges, _) => "de intervallen zijn tien minuten niet veranderd",
        (SystemKind::FollowsAnother, _) => "de agent stuurt niets meer dat hier niet gewenst is",
        (SystemKind::ForeignDatabase, Some(by)) => {
            return format!("{by} heeft bepaald dat deze agent bij deze collector hoort");
        }
        (SystemKind::ForeignDatabase, None) => "er is bepaald bij welke collector deze agent hoort",
        (SystemKind::Gap, _) => "er zijn geen pakketten meer verloren gegaan",
        (SystemKind::HeartbeatMissed, _) => "het draaide, of er wordt niet meer op gewacht",
        (SystemKind::HistoryDamaged, _) => "de geschiedenis is gecontroleerd en heel",
        (SystemKind::JournalShortened, _) => "het journaal is gecontroleerd en heel",
        (SystemKind::KeyMissing, _) => "de sleutel is er, en opent wat eronder ligt",
        (SystemKind::Late, _) => "er kwamen geen late metingen meer",
        (SystemKind::NeverHeard, _) => "de sensor is gehoord",
        (SystemKind::NoChannel, _) => "er is weer een weg, of niemand hoeft er nog mee bereikt te worden",
        (SystemKind::NobodyOnDuty, _) => "in alle uren van de komende 14 dagen heeft iemand piket",
        (SystemKind::SeriesLimit, _) => "de agent stuurt geen verdere reeksen",
        (SystemKind::TokenEnds, _) => {
            "het is teruggenomen, een maand niet gebruikt of een maand geleden geëindigd"
        }
        (SystemKind::TwoHosts, _) => "de tweede host is weg",
    }
    .to_owned()
}

pub(super) fn changed(changed: &Changed<'_>) -> String {
    match changed {
        Changed::Priority(before, after) => format!("prioriteit {before}, nu {after}"),
        Changed::Limit(before, after) => format!(
            "grens {}, nu {}",
            before.unwrap_or("geen"),
            after.unwrap_or("geen")
        ),
        Changed::Latched(true) => "het blijft nu staan tot iemand het reset".to_owned(),
        Changed::Latched(false) => "het wacht niet meer op een reset".to_owned(),
        Changed::Name(before, after) => format!("naam \"{before}\", nu \"{after}\""),
        Changed::Condition => "zijn voorwaarde".to_owned(),
        Changed::Room(before, after) => format!(
            "ruimte {}, nu {}",
            before.unwrap_or("geen"),
            after.unwrap_or("geen")
        ),
    }
}

/// What agents and the intake write of readings that are lost.
pub(super) fn loss(word: &str) -> Option<&'static str> {
    Some(match word {
        "full spool" => "volle spool",
        "full disk" => "volle schijf",
        "earlier boot without a clock" => "eerdere start zonder klok",
        "a card that broke: a batch could not be read back" => {
            "een kaart die stuk ging: een pakket was niet terug te lezen"
        }
        "a card that broke: the spool could not be read" => {
            "een kaart die stuk ging: de spool was niet te lezen"
        }
        "the agent no longer holds these batches" => "de agent heeft deze pakketten niet meer",
        "the agent's card lost these batches or was replaced" => {
            "de kaart van de agent is deze pakketten kwijt of is vervangen"
        }
        "dead letters" => "onleesbare berichten",
        "written by a later program, which can read it" => {
            "geschreven door een nieuwer programma, dat het kan lezen"
        }
        "no data" => "geen metingen",
        _ => return None,
    })
}

fn entries(from: u64, to: u64) -> String {
    match from == to {
        true => format!("post {from}"),
        false => format!("de posten {from} tot en met {to}"),
    }
}

pub(super) fn finding(finding: &Finding) -> String {
    match finding {
        Finding::Missing { from, to } => format!("in het midden ontbreken: {}", entries(*from, *to)),
        Finding::Entry { number, why } => {
            format!("post {number} is beschadigd ({}) en apart gelegd", quoted(why))
        }
        Finding::Shortened { from, to } => format!(
            "het is ingekort: {} waren vastgelegd en zijn weg; agents sturen opnieuw wat ze nog hebben",
            entries(*from, *to)
        ),
        Finding::OtherTimes { number } => format!(
            "post {number} is niet die welke journal.head noemt: de database en dat bestand zijn uit verschillende tijden"
        ),
        Finding::Head { path, places } => format!(
            "{path} was beschadigd: {places} van de twee plaatsen zijn niet te lezen; genomen wordt wat de andere of plenum.db zegt"
        ),
        Finding::File(said) => quoted(said),
    }
}
