//! Every fact in every language, and what others wrote kept in its place.

use plenum_protocol::{Duration, Timestamp};

use super::*;
use crate::authority::Actor;
use crate::fact::{Certificate, KeyFlaw, SystemKind};
use crate::site::Priority;

fn form(language: Language) -> Form {
    Form::of(&Site::unconfigured(), language, Timestamp::from_milliseconds(0))
}

/// One of each, with what others wrote in it.
fn reports() -> Vec<Report> {
    let why = || "a\nWHAT all is well".to_owned();
    let findings = vec![
        Finding::Missing { from: 1, to: 2 },
        Finding::Shortened { from: 3, to: 3 },
        Finding::OtherTimes { number: 4 },
        Finding::File(why()),
    ];
    vec![
        Report::AgentDisk,
        Report::BrokerLost { why: why() },
        Report::ClockAhead { readings: 7 },
        Report::AgentClockBehind {
            by: Duration::from_minutes(40),
        },
        Report::ClockBehind {
            by: Duration::from_minutes(3),
        },
        Report::CommitsFail { why: why() },
        Report::Unreadable { why: why() },
        Report::NotStored { why: why() },
        Report::NotDelivered { why: why() },
        Report::DiskFull {
            free: 12 << 30,
            size: 98 << 30,
        },
        Report::DiskReserve {
            free: 12 << 20,
            reserve: 64 << 20,
        },
        Report::ExpectationChanges { sensor: why() },
        Report::FollowsAnother,
        Report::ForeignDatabase { database: why() },
        Report::Lost {
            from: 1,
            to: 2,
            why: "full spool; full disk; rats".to_owned(),
        },
        Report::Damaged { findings },
        Report::SeriesLimit { most: 9 },
        Report::TokenEnds {
            token: "cron\nWHAT all is well".to_owned(),
            until: "2026-12-27T12:00:00Z".parse().unwrap(),
        },
        Report::TwoHosts {
            own: None,
            other: None,
        },
        Report::TwoHosts {
            own: Some("10.0.0.7".to_owned()),
            other: None,
        },
    ]
    .into_iter()
    .chain(certificates())
    .chain(keys())
    .collect()
}

fn certificates() -> Vec<Report> {
    let path = || "/etc/plenum/web\n.crt".to_owned();
    let all = [
        Certificate::Agent,
        Certificate::Authority,
        Certificate::Broker { path: path() },
        Certificate::Dashboard { path: path() },
    ];
    let until = "2026-12-27T12:00:00Z".parse().unwrap();
    let both = |certificate: Certificate| {
        [
            Report::CertificateEnds {
                certificate: certificate.clone(),
                until,
            },
            Report::CertificateEnded { certificate, until },
        ]
    };
    all.into_iter().flat_map(both).collect()
}

fn keys() -> Vec<Report> {
    let flaws = [
        KeyFlaw::Gone,
        KeyFlaw::Unreadable {
            why: "a\nWHAT all is well".to_owned(),
        },
        KeyFlaw::Open { mode: 0o644 },
        KeyFlaw::Malformed { line: 2 },
        KeyFlaw::Another { values: 3 },
        KeyFlaw::Later,
    ];
    let path = || "/etc/plenum/plenum.key".to_owned();
    let all = flaws.map(|flaw| Report::KeyMissing { path: path(), flaw });
    all.into_iter().collect()
}

#[test]
fn every_condition_is_said_in_every_language_and_no_foreign_text_makes_a_line() {
    for told in reports() {
        let [english, dutch] = Language::ALL.map(|language| report("zaandam/pi-a1", &told, &form(language)));
        assert_ne!(english, dutch, "{told:?}");
        for said in [english, dutch] {
            assert!(!said.contains('\n'), "{said}");
            assert!(said.chars().count() < 600, "{said}");
        }
    }
}

#[test]
fn how_a_condition_ended_is_said_in_every_language() {
    let site = Site::unconfigured();
    for kind in SystemKind::ALL {
        let by = Some(Actor::named("Anna"));
        let over = Remark::Over { kind, by };
        let [english, dutch] = Language::ALL.map(|language| remark(&site, None, &over, &form(language)));
        assert_ne!(english, dutch, "{kind}");
    }
}

#[test]
fn what_was_lost_is_said_as_far_as_its_words_are_known() {
    let why = "full spool; rats";
    assert_eq!(loss(why, Language::English), "full spool; rats");
    assert_eq!(loss(why, Language::Dutch), "volle spool; \"rats\"");
}

#[test]
fn a_change_says_what_it_was_and_what_it_is() {
    let site = Site::unconfigured();
    let changes = Remark::Changed(vec![
        Change::Priority {
            before: Priority::Medium,
            after: Priority::High,
        },
        Change::Latched { after: true },
        Change::Room {
            before: None,
            after: Some("room-a".parse().unwrap()),
        },
        Change::Condition,
    ]);
    let [english, dutch] = Language::ALL.map(|language| remark(&site, None, &changes, &form(language)));
    assert_eq!(
        english,
        "priority medium, now high; it stays now until somebody resets it; room none, now room-a; its condition"
    );
    assert_eq!(
        dutch,
        "prioriteit middel, nu hoog; het blijft nu staan tot iemand het reset; ruimte geen, nu room-a; zijn voorwaarde"
    );
}
