//! English.

use super::{Changed, FOREIGN, findings, foreign, hundredths, loss};
use crate::fact::{Certificate, Finding, KeyFlaw, Missing, Report, SystemKind};
use crate::text::{Form, Language, catalogue, drill};

fn quoted(text: &str) -> String {
    foreign::quoted(text, FOREIGN)
}

pub(super) fn report(subject: &str, report: &Report, form: &Form) -> String {
    match report {
        Report::AgentDisk => format!(
            "the disk of {subject} takes nothing: what it reads waits in its memory; make room there or have a new card ready, \
             and do not restart its host before `plenum agents list` shows nothing unsent"
        ),
        Report::BrokerLost { why } => format!(
            "the broker {subject} cannot be reached, and no agent is heard: {}; what agents measure waits in their spools",
            quoted(why)
        ),
        Report::CertificateEnds { certificate, until } => {
            ends(subject, certificate, &form.date_and_minute(*until))
        }
        Report::CertificateEnded { certificate, until } => {
            ended(subject, certificate, &form.date_and_minute(*until))
        }
        Report::ClockAhead { readings } => format!(
            "the clock of {subject} is more than 30 s ahead: {readings} readings were moved to their receipt, their claimed instants stand beside them"
        ),
        Report::AgentClockBehind { by } => format!(
            "the clock of {subject} is {} behind: its readings come at once and stand at the time that they bear",
            form.duration(*by)
        ),
        Report::ClockBehind { by } => format!(
            "the collector's clock is {} behind the instant of its last commit: it was set back",
            form.duration(*by)
        ),
        Report::CommitsFail { why } => format!("nothing can be stored: {}", quoted(why)),
        Report::Unreadable { why } => format!(
            "what {subject} sent could not be read and was set aside: {}; see `plenum dead-letters list`",
            quoted(why)
        ),
        Report::NotStored { why } => format!(
            "a message of {subject} could not be stored and was set aside: {}; see `plenum dead-letters list`",
            quoted(why)
        ),
        Report::NotDelivered { why } => match subject.split_once('/') {
            Some((channel, person)) => format!(
                "messages over channel {channel} do not reach {person}: {}",
                quoted(why)
            ),
            None => format!("messages over channel {subject} do not arrive: {}", quoted(why)),
        },
        Report::NoWay { missing } => no_way(subject, missing),
        Report::NobodyTold { priority } => format!(
            "no message of a {} alarm can reach anybody: no channel of the site that takes it has a way to whom it is for",
            catalogue::priority(*priority, Language::English)
        ),
        Report::Uncovered { from, to, others } => {
            let (from, to) = (form.day_and_minute(*from), form.day_and_minute(*to));
            let again = match others {
                0 => String::new(),
                1 => ", nor once more within 14 days".to_owned(),
                others => format!(", nor {others} times more within 14 days"),
            };
            format!(
                "nobody is on duty by rota {subject} from {from} to {to}{again}: its team's fallback is called then"
            )
        }
        Report::DiskFull { free, size } => format!(
            "{subject}: its disk is {} % full, {} MiB are free; when it is full, routine readings wait in the agents' spools",
            hundredths(*free, *size),
            free >> 20
        ),
        Report::DiskReserve { free, reserve } => format!(
            "{subject}: {} MiB are free, less than the reserve of {} MiB: routine readings, as temperatures, wait in the agents' spools and raise no alarm meanwhile",
            free >> 20,
            reserve >> 20
        ),
        Report::ExpectationChanges { sensor } => format!(
            "{subject} says again and again that its sensors are read at other intervals, as {}: what it said before holds until it is calm",
            foreign::cut(sensor, 60)
        ),
        Report::FollowsAnother => format!(
            "{subject} does not take this collector's acknowledgements: it follows another one, or an earlier one of this name; what it measures waits in its spool"
        ),
        Report::ForeignDatabase { database } => format!(
            "another collector (database {}) acknowledges {subject}: this one is silent towards it until you settle which of the two it belongs to",
            foreign::cut(database, FOREIGN)
        ),
        Report::HeartbeatMissed {
            name,
            ran,
            every,
            grace,
        } => {
            let when = match ran {
                Some(ran) => format!("has not run since {}", form.date_and_minute(*ran)),
                None => "has never said that it ran".to_owned(),
            };
            format!(
                "{} {when}: it runs every {} and is missed {} after that",
                foreign::cut(name, 60),
                form.duration(*every),
                form.duration(*grace)
            )
        }
        Report::HeartbeatUnfinished { name, started, grace } => format!(
            "{} began at {} and has not said that it is done, {} after that",
            foreign::cut(name, 60),
            form.date_and_minute(*started),
            form.duration(*grace)
        ),
        Report::DrillFailed { flaw, .. } => {
            format!("drill {subject} failed: {}", drill::flaw(flaw, form))
        }
        Report::HeartbeatFailed { name, why } if why.is_empty() => {
            format!("{} says that it failed", foreign::cut(name, 60))
        }
        Report::HeartbeatFailed { name, why } => {
            format!("{} says that it failed: {}", foreign::cut(name, 60), quoted(why))
        }
        Report::Lost { from, to, why } => {
            let why = loss(why, Language::English);
            format!("{subject} lost batches {from} to {to} of a stream: {why}")
        }
        Report::Damaged { findings: found } => {
            format!("{subject}: {}", findings(found, Language::English))
        }
        Report::SeriesLimit { most } => {
            format!("{subject} sends more than {most} series: what comes under further names is kept aside")
        }
        Report::KeyMissing { path, flaw } => key_missing(&foreign::cut(path, FOREIGN), flaw),
        Report::TokenEnds { token, until } => format!(
            "the token {} holds until {}: from then on the server refuses what uses it; make another with `plenum token give`, give it to that program and \
             take this one back",
            quoted(token),
            form.date_and_minute(*until)
        ),
        Report::TwoHosts {
            own: None,
            other: None,
        } => format!(
            "two hosts publish as {subject}; the later one is held: nothing of it is stored or acknowledged"
        ),
        Report::TwoHosts { own, other } => {
            let address = |address: &Option<String>| match address {
                Some(address) => foreign::cut(address, 60),
                None => "an unknown address".to_owned(),
            };
            format!(
                "two hosts publish as {subject}: one at {}, and later one at {}, which is held: nothing of it is stored or acknowledged",
                address(own),
                address(other)
            )
        }
        Report::Over { .. } => format!("{subject}: it is over"),
        Report::Sentence(sentence) => foreign::cut(sentence, FOREIGN),
    }
}

/// Whose a certificate is, where it is not an agent's.
pub(super) fn owner(certificate: &Certificate) -> &'static str {
    match certificate {
        Certificate::Agent => "the agent",
        Certificate::Authority => "the authority for agents",
        Certificate::Broker { .. } => "the collector at its broker",
        Certificate::Dashboard { .. } => "the dashboard",
    }
}

/// That a certificate ends, and what to do, in a sentence without its stop.
fn ends(subject: &str, certificate: &Certificate, until: &str) -> String {
    match certificate {
        Certificate::Agent => format!(
            "the certificate of agent {subject} ends on {until} and has not been renewed, which the agent does by itself at two thirds of its year: read its log, \
             or let it join again with a code of `plenum enroll {subject}`"
        ),
        Certificate::Authority => format!(
            "the authority for agents' certificates ends on {until}: Plenum makes the next one by itself two years before that, and could not; its log says why"
        ),
        Certificate::Broker { path } => format!(
            "the certificate by which the broker lets this collector in ends on {until}: put a new one in {} and restart Plenum",
            foreign::cut(path, FOREIGN)
        ),
        Certificate::Dashboard { path } => format!(
            "the dashboard's certificate ends on {until}: put a new one in {}, which is taken within ten seconds",
            foreign::cut(path, FOREIGN)
        ),
    }
}

/// That one has ended, and what to do, in a sentence without its stop.
fn ended(subject: &str, certificate: &Certificate, until: &str) -> String {
    match certificate {
        Certificate::Agent => format!(
            "the certificate of agent {subject} ended on {until}, and the broker does not let it in by it any more: let it join again with a code of `plenum enroll {subject}`, \
             or say `plenum agents revoke {subject}` if it is gone"
        ),
        Certificate::Authority => format!(
            "the authority for agents' certificates ended on {until}, and no agent gets in by its certificate: Plenum's log says why it could not make the next one"
        ),
        Certificate::Broker { path } => format!(
            "the certificate by which the broker lets this collector in ended on {until}, and with the next connection no agent is heard: put a new one in {} and \
             restart Plenum",
            foreign::cut(path, FOREIGN)
        ),
        Certificate::Dashboard { path } => format!(
            "the dashboard's certificate ended on {until}, and browsers let nobody in without a warning: put a new one in {}, which is taken within ten seconds",
            foreign::cut(path, FOREIGN)
        ),
    }
}

/// What is wrong with the key, in a sentence without its stop.
fn key_missing(path: &str, flaw: &KeyFlaw) -> String {
    match flaw {
        KeyFlaw::Gone => format!("the key is not in {path}: put the file back and restart Plenum"),
        KeyFlaw::Unreadable { why } => format!(
            "the key in {path} cannot be read: {}; let Plenum's user read it and restart Plenum",
            quoted(why)
        ),
        KeyFlaw::Open { mode } => format!(
            "others on the host may read or change the key in {path} (mode {mode:o}), so it is not used: `chmod 600 {path}`, restart Plenum, and then `plenum key rotate`"
        ),
        KeyFlaw::Malformed { line } => format!(
            "line {line} of {path} is not a valid key: put back the file as it was and restart Plenum"
        ),
        KeyFlaw::Another { values } => format!(
            "{values} secrets lie under a key that {path} does not hold: add that key there on a line below the other and restart Plenum"
        ),
        KeyFlaw::Later => format!(
            "the key in use is not in {path} any more: it holds until Plenum stops, and nothing opens after that; put the file back"
        ),
    }
}

/// What is missing for a channel, in a sentence without its stop.
fn no_way(subject: &str, missing: &Missing) -> String {
    let (channel, person) = subject.split_once('/').unwrap_or((subject, ""));
    match missing {
        Missing::Address { key } => format!(
            "channel {channel} cannot reach {person} without the `{key}` of person `{person}`: set it with `plenum user reach`, or as [[address]] in collector.toml"
        ),
        Missing::Table { heading } => format!(
            "channel {channel} reaches nobody: collector.toml has no {heading} for channel `{channel}`"
        ),
        Missing::Kind { kind } => format!(
            "channel {channel} reaches nobody: this version has no channels of the kind {}",
            quoted(kind)
        ),
    }
}

pub(super) fn over(kind: SystemKind, subject: &str, by: Option<&str>) -> String {
    match (kind, by) {
        (SystemKind::AgentDisk, _) => "its disk takes what it reads again",
        (SystemKind::BrokerLost, _) => return format!("the broker {subject} can be reached again"),
        (SystemKind::CertificateEnded | SystemKind::CertificateEnds, _) => {
            "it was renewed, or is not in use any more"
        }
        (SystemKind::ClockAhead, _) => "its readings are no longer from the future",
        (SystemKind::ClockBehind, _) => "its readings bear the right time again",
        (SystemKind::ClockFree, _) => "its clock is synchronised",
        (SystemKind::CollectorClock, _) => "the collector's clock has caught up with what it has received",
        (SystemKind::CommitsFail, _) => "what comes is stored again",
        (SystemKind::DeadLetters, _) => "its dead letters are gone",
        (SystemKind::DeliveryFailed, _) => {
            return match subject.split_once('/') {
                Some((channel, person)) => format!("messages over channel {channel} reach {person}"),
                None => format!("messages over channel {subject} arrive"),
            };
        }
        (SystemKind::DiskFull | SystemKind::DiskReserve, _) => "there is room on the disk again",
        (SystemKind::DrillFailed, _) => "a drill came through, or there is none any more",
        (SystemKind::ExpectationChanges, _) => "its intervals have not changed for ten minutes",
        (SystemKind::FollowsAnother, _) => "it sends nothing any more that is not wanted here",
        (SystemKind::ForeignDatabase, Some(by)) => {
            return format!("{by} settled that this agent belongs to this collector");
        }
        (SystemKind::ForeignDatabase, None) => "it is settled which collector this agent belongs to",
        (SystemKind::Gap, _) => "no further batches were lost",
        (SystemKind::HeartbeatMissed, _) => "it ran, or is not awaited any more",
        (SystemKind::HistoryDamaged, _) => "the history was checked and is whole",
        (SystemKind::JournalShortened, _) => "the journal was checked and is whole",
        (SystemKind::KeyMissing, _) => "the key is there, and opens what lies under it",
        (SystemKind::Late, _) => "no further late readings came",
        (SystemKind::NeverHeard, _) => "it was heard",
        (SystemKind::NoChannel, _) => "there is a way again, or nobody is to be told by it any more",
        (SystemKind::NobodyOnDuty, _) => "somebody is on duty in all hours of the next 14 days",
        (SystemKind::SeriesLimit, _) => "it sends no further series",
        (SystemKind::TokenEnds, _) => {
            "it was taken back, has not been used for a month, or ended a month ago"
        }
        (SystemKind::TwoHosts, _) => "the second host is gone",
    }
    .to_owned()
}

pub(super) fn changed(changed: &Changed<'_>) -> String {
    match changed {
        Changed::Priority(before, after) => format!("priority {before}, now {after}"),
        Changed::Limit(before, after) => format!(
            "limit {}, now {}",
            before.unwrap_or("none"),
            after.unwrap_or("none")
        ),
        Changed::Latched(true) => "it stays now until somebody resets it".to_owned(),
        Changed::Latched(false) => "it waits no longer for a reset".to_owned(),
        Changed::Name(before, after) => format!("name \"{before}\", now \"{after}\""),
        Changed::Condition => "its condition".to_owned(),
        Changed::Room(before, after) => format!(
            "room {}, now {}",
            before.unwrap_or("none"),
            after.unwrap_or("none")
        ),
    }
}

fn entries(from: u64, to: u64) -> String {
    match from == to {
        true => format!("entry {from}"),
        false => format!("entries {from} to {to}"),
    }
}

pub(super) fn finding(finding: &Finding) -> String {
    match finding {
        Finding::Missing { from, to } => format!("{} missing in its middle", entries(*from, *to)),
        Finding::Entry { number, why } => {
            format!(
                "entry {number} is damaged ({}) and was set aside",
                foreign::cut(why, FOREIGN)
            )
        }
        Finding::Shortened { from, to } => format!(
            "it is shortened: {} were committed before and are gone; agents send again what they still hold",
            entries(*from, *to)
        ),
        Finding::OtherTimes { number } => format!(
            "entry {number} is not the one that journal.head names: the database and that file are from different times"
        ),
        Finding::Head { path, places } => format!(
            "{path} was damaged: {places} of its two places cannot be read; what the other or plenum.db says is taken"
        ),
        Finding::File(said) => quoted(said),
    }
}
