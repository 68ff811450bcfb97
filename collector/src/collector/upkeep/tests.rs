//! What ends and what is missing, from the first look to the last, on simulated time.

use std::net::{IpAddr, Ipv4Addr};

use plenum_core::fact::KeyFlaw;
use plenum_protocol::AgentName;
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::enrolment::Request;
use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::broker::{Asking, Enrols};
use crate::collector::enrolment::{AUTHORITY_KEY, LIFE};
use crate::database::keys::{Keys, Place};
use crate::database::{self, Database};
use crate::journal::{self, Claim};

struct Rig {
    clock: SimulatedClock,
    upkeep: Upkeep,
    folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimulatedClock::new("2026-11-27T12:00:00Z".parse().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let claim = Claim::take(folder.path()).unwrap();
        let (path, at) = (folder.path().join("plenum.db"), shared.clone());
        let open = move || {
            let database = Database::open(&path, &database::PLENUM).unwrap();
            Journal::open(claim, database, at, journal::Options::default()).unwrap()
        };
        let journal = tokio::task::spawn_blocking(open).await.unwrap();
        let database = journal.database().clone();
        let keys = Keys::open(Place::own(folder.path()), &database, clock.now())
            .await
            .unwrap();
        let enrolment = Enrolment::open(database.clone(), keys.clone(), shared.clone());
        let sealing = Sealing::new(keys, database, vec![AUTHORITY_KEY], Vec::new());
        Self {
            upkeep: Upkeep {
                journal,
                enrolment: enrolment.await.unwrap(),
                clock: shared,
                sealing: Arc::new(sealing),
                dashboard: None,
                broker: None,
            },
            clock,
            folder,
        }
    }

    async fn join(&self, agent: &str) {
        let agent: AgentName = agent.parse().unwrap();
        let code = self.upkeep.enrolment.begin(&agent).await.unwrap().secret;
        let key = KeyPair::generate().unwrap();
        let asked = CertificateParams::default().serialize_request(&key).unwrap();
        let request = Request {
            agent,
            secret: Some(code),
            certificate_request: asked.pem().unwrap(),
        };
        let asking = Asking {
            holder: None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        self.upkeep.enrolment.answer(&request, asking).await;
    }

    /// Looks, and says what is wrong then.
    async fn look(&self) -> Vec<String> {
        self.upkeep.look().await.unwrap();
        let held = self.upkeep.journal.database().read(holding).await.unwrap();
        let said = held
            .into_iter()
            .map(|(kind, subject)| format!("{kind} {subject}"));
        said.collect()
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_renewed_is_told_a_month_before_its_end_at_it_and_until_it_is_renewed_or_revoked()
 {
    let rig = Rig::new().await;
    rig.join("ams1/pi-a1").await;
    rig.join("ams1/pi-b1").await;
    let begin = rig.clock.now();
    assert!(rig.look().await.is_empty());
    rig.clock.advance_to(begin + LIFE - Duration::from_hours(30 * 24));
    let soon = ["certificate-ends ams1/pi-a1", "certificate-ends ams1/pi-b1"];
    assert_eq!(rig.look().await, soon);
    assert_eq!(rig.look().await, soon);
    rig.join("ams1/pi-b1").await;
    assert_eq!(rig.look().await, soon[..1]);
    rig.clock.advance_to(begin + LIFE);
    assert_eq!(rig.look().await, ["certificate-ended ams1/pi-a1", soon[0]]);
    let agent = "ams1/pi-a1".parse().unwrap();
    rig.upkeep.enrolment.revoke(&agent, None).await.unwrap();
    assert!(rig.look().await.is_empty());
}

#[tokio::test]
async fn the_authority_the_dashboard_and_what_the_broker_is_shown_are_told_of_by_what_they_are() {
    let mut rig = Rig::new().await;
    rig.join("ams1/pi-a1").await;
    let authority = rig.upkeep.enrolment.authority().await.unwrap();
    let until = authority.validity().unwrap().until;
    let day = Duration::from_hours(24);
    let mut params = CertificateParams::default();
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    let key = KeyPair::generate().unwrap();
    let own = params.self_signed(&key).unwrap();
    let (certificate, secret) = (
        rig.folder.path().join("web.crt"),
        rig.folder.path().join("web.key"),
    );
    std::fs::write(&certificate, own.pem()).unwrap();
    std::fs::write(&secret, key.serialize_pem()).unwrap();
    std::process::Command::new("chmod")
        .arg("600")
        .arg(&secret)
        .status()
        .unwrap();
    let served = Served::of_files(&certificate, &secret).unwrap();
    rig.upkeep.dashboard = Some(served);
    rig.upkeep.broker = Some((
        "broker.pem".into(),
        Validity {
            from: rig.clock.now() - day,
            until: rig.clock.now() + Duration::from_hours(365 * 24),
        },
    ));
    assert!(rig.look().await.is_empty());
    rig.clock.advance_to("2026-12-03T00:00:00Z".parse().unwrap());
    assert_eq!(rig.look().await, ["certificate-ends dashboard"]);
    let agent = "ams1/pi-a1".parse().unwrap();
    rig.upkeep.enrolment.revoke(&agent, None).await.unwrap();
    rig.clock.advance_to(until - day);
    let all = [
        "certificate-ended broker",
        "certificate-ended dashboard",
        "certificate-ends authority",
        "certificate-ends broker",
        "certificate-ends dashboard",
    ];
    assert_eq!(rig.look().await, all);
}

#[tokio::test]
async fn a_key_that_goes_is_told_at_once_and_one_that_is_another_by_what_lies_under_the_former() {
    let rig = Rig::new().await;
    rig.join("ams1/pi-a1").await;
    assert!(rig.look().await.is_empty());
    let (key, aside) = (
        rig.folder.path().join("plenum.key"),
        rig.folder.path().join("aside"),
    );
    std::fs::rename(&key, &aside).unwrap();
    assert_eq!(rig.look().await, ["key-missing key"]);
    assert_eq!(rig.upkeep.sealing.flaw().await.unwrap(), Some(KeyFlaw::Later));
    std::fs::rename(&aside, &key).unwrap();
    assert!(rig.look().await.is_empty());

    std::fs::write(&key, "0".repeat(64)).unwrap();
    let keys = Keys::at(Place::own(rig.folder.path()), false);
    let database = rig.upkeep.journal.database().clone();
    let other = Sealing::new(keys, database, vec![AUTHORITY_KEY], Vec::new());
    assert_eq!(other.flaw().await.unwrap(), Some(KeyFlaw::Another { values: 1 }));
    std::fs::remove_file(&key).unwrap();
    let keys = Keys::at(Place::own(rig.folder.path()), false);
    assert_eq!(keys.flaw(), Some(KeyFlaw::Gone));
}

#[tokio::test]
async fn it_looks_each_minute_and_stops_when_it_is_told() {
    let rig = Rig::new().await;
    let (clock, journal, key) = (
        rig.clock,
        rig.upkeep.journal.clone(),
        rig.folder.path().join("plenum.key"),
    );
    let stop = CancellationToken::new();
    let running = tokio::spawn(rig.upkeep.run(stop.clone()));
    std::fs::remove_file(&key).unwrap();
    while journal.database().read(holding).await.unwrap().is_empty() {
        clock.advance(LOOK);
        tokio::task::yield_now().await;
    }
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_used_is_told_of_a_month_before_its_end_and_until_it_is_taken_back() {
    let rig = Rig::new().await;
    let begin = rig.clock.now();
    let days = |days: i64| Duration::from_hours(days * 24);
    let give = move |connection: &Connection| {
        let add = "insert into token (fingerprint, name, role, created_by, created_at, expires_at) values (?1, ?2, 'viewer', 'anna', ?3, ?4)";
        for (number, (name, lasts)) in [("wall", 200), ("script", 200), ("once", 6)]
            .into_iter()
            .enumerate()
        {
            let until = (begin + days(lasts)).milliseconds();
            connection.execute(
                add,
                rusqlite::params![[number as u8], name, begin.milliseconds(), until],
            )?;
        }
        Ok(())
    };
    let database = rig.upkeep.journal.database();
    database.write(give).await.unwrap();
    let used = |at: Timestamp| {
        let use_it = "update token set used_at = ?1 where name <> 'script'";
        database.write(move |connection| connection.execute(use_it, [at.milliseconds()]).map(drop))
    };
    for (day, expected) in [
        (5, None),
        (169, None),
        (170, Some("token-ends token-1")),
        (229, Some("token-ends token-1")),
    ] {
        rig.clock.advance_to(begin + days(day));
        // It is refused since its end, and nobody looked.
        used(begin + days(day.min(200))).await.unwrap();
        assert_eq!(
            rig.look().await,
            Vec::from_iter(expected.map(str::to_owned)),
            "{day}"
        );
    }
    let revoke = "update token set ended_at = 1 where name = 'wall'";
    database
        .write(move |connection| connection.execute(revoke, []).map(drop))
        .await
        .unwrap();
    assert!(rig.look().await.is_empty());
}
