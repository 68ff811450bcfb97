//! Codes, certificates and their ends, on simulated time.

use std::net::Ipv4Addr;

use plenum_protocol::clock::SimulatedClock;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::database;
use crate::database::keys::{Place, Sealing};
use crate::journal::{Claim, Journal, Options};

const NAME: &str = "ams1/pi-a1";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct Rig {
    clock: SimulatedClock,
    enrolment: Arc<Enrolment>,
    folder: tempfile::TempDir,
}

fn name(text: &str) -> AgentName {
    text.parse().unwrap()
}

/// A request whose own words say that it is for another agent, and for a server and an authority at that.
fn certificate_request() -> String {
    let mut params = CertificateParams::new(["collector.plenum.internal".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "ams1/somebody-else");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    params.serialize_request(&key).unwrap().pem().unwrap()
}

fn request(agent: &str, secret: Option<&str>) -> Request {
    Request {
        agent: name(agent),
        secret: secret.map(str::to_owned),
        certificate_request: certificate_request(),
    }
}

fn holder(answer: &Answer) -> Holder {
    let Answer::Certificate(chain) = answer else {
        panic!("{answer:?}");
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
    assert_eq!(chain.len(), 2);
    plenum_link::tls::holder(chain[0].as_ref().unwrap()).unwrap()
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimulatedClock::new("2026-11-27T12:00:00Z".parse().unwrap());
        let enrolment = open(folder.path(), &clock).await;
        Self {
            clock,
            enrolment,
            folder,
        }
    }

    async fn code(&self, agent: &str) -> String {
        self.enrolment.begin(&name(agent)).await.unwrap().secret
    }

    async fn join(&self, agent: &str, secret: &str) -> Answer {
        let asking = Asking {
            holder: None,
            address: HERE,
        };
        self.enrolment.answer(&request(agent, Some(secret)), asking).await
    }

    /// The audit log in which it is told from now on.
    async fn audit(&self) -> Audit {
        let (folder, database) = (self.folder.path().to_owned(), self.enrolment.database.clone());
        let clock = Arc::new(self.clock.clone());
        let open = {
            let (folder, clock) = (folder.clone(), clock.clone());
            move || Journal::open(Claim::take(&folder).unwrap(), database, clock, Options::default())
        };
        let journal = tokio::task::spawn_blocking(open).await.unwrap().unwrap();
        let (audit, keeper) = Audit::open(&folder, journal, clock, &self.enrolment.keys)
            .await
            .unwrap();
        tokio::spawn(keeper.run(CancellationToken::new()));
        self.enrolment.tells(audit.clone());
        audit
    }

    async fn renew(&self, agent: &str, holder: &Holder) -> Answer {
        let asking = Asking {
            holder: Some(holder),
            address: HERE,
        };
        self.enrolment.answer(&request(agent, None), asking).await
    }
}

async fn open(folder: &std::path::Path, clock: &SimulatedClock) -> Arc<Enrolment> {
    let path = folder.join("plenum.db");
    let database = tokio::task::spawn_blocking(move || Database::open(&path, &database::PLENUM).unwrap());
    let database = database.await.unwrap();
    let keys = Keys::open(Place::own(folder), &database, clock.now())
        .await
        .unwrap();
    Enrolment::open(database, keys, Arc::new(clock.clone()))
        .await
        .unwrap()
}

fn refused(why: Refusal) -> Answer {
    Answer::Refused(why)
}

#[tokio::test]
async fn a_code_is_good_once_for_its_agent_whatever_the_request_says_of_itself() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    let joined = holder(&rig.join(NAME, &code).await);
    assert_eq!(joined.agent, name(NAME));
    assert!(rig.enrolment.enrolled().admits(&joined));
    assert_eq!(rig.join(NAME, &code).await, refused(Refusal::Code));
    let stranger = Asking {
        holder: None,
        address: HERE,
    };
    let nobody = rig.enrolment.answer(&request(NAME, None), stranger).await;
    assert_eq!(nobody, refused(Refusal::Nobody));
}

#[tokio::test]
async fn a_code_is_for_one_agent_and_a_quarter_of_an_hour() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    assert_eq!(rig.join("ams1/pi-b", &code).await, refused(Refusal::AnotherAgent));
    rig.clock.advance_to(rig.clock.now() + CODE_LIFE);
    assert_eq!(rig.join(NAME, &code).await, refused(Refusal::Code));
    let (first, second) = (rig.code(NAME).await, rig.code(NAME).await);
    assert_eq!(rig.join(NAME, &first).await, refused(Refusal::Code));
    holder(&rig.join(NAME, &second).await);
}

#[tokio::test]
async fn a_code_that_is_tried_for_others_is_good_no_more_and_guessing_has_to_wait() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    for _ in 0..TRIES {
        assert_eq!(rig.join("ams1/pi-b", &code).await, refused(Refusal::AnotherAgent));
    }
    assert_eq!(rig.join(NAME, &code).await, refused(Refusal::Code));
    let mut answer = refused(Refusal::Code);
    for _ in 0..40 {
        answer = rig.join(NAME, "aaaaaaaaaaaaaaaaaaaa").await;
    }
    assert_eq!(answer, refused(Refusal::TooMany));
}

#[tokio::test]
async fn a_request_that_is_not_one_costs_the_code_nothing() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    let mut wrong = request(NAME, Some(&code));
    let asking = Asking {
        holder: None,
        address: HERE,
    };
    // Signed by another key than it has in it.
    let good = wrong.certificate_request.clone();
    let middle = good.len() - 60;
    wrong
        .certificate_request
        .replace_range(middle..middle + 4, "AAAA");
    assert_eq!(
        rig.enrolment.answer(&wrong, asking).await,
        refused(Refusal::Request)
    );
    for text in ["", "nothing", &good[..good.len() / 2]] {
        wrong.certificate_request = text.to_owned();
        assert_eq!(
            rig.enrolment.answer(&wrong, asking).await,
            refused(Refusal::Request)
        );
    }
    let other = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let other = CertificateParams::default().serialize_request(&other);
    wrong.certificate_request = other.unwrap().pem().unwrap();
    assert_eq!(
        rig.enrolment.answer(&wrong, asking).await,
        refused(Refusal::Request)
    );
    holder(&rig.join(NAME, &code).await);
}

#[tokio::test]
async fn a_certificate_renews_itself_until_it_is_revoked_or_its_agent_joins_anew() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    let first = holder(&rig.join(NAME, &code).await);
    rig.clock
        .advance_to(rig.clock.now() + Duration::from_hours(243 * 24));
    assert_eq!(holder(&rig.renew(NAME, &first).await), first);
    let until = rig.enrolment.list().await.unwrap()[0].certificate_until;
    assert_eq!(until, Some(rig.clock.now() + LIFE));
    assert_eq!(
        rig.renew("ams1/pi-b", &first).await,
        refused(Refusal::AnotherAgent)
    );

    let code = rig.code(NAME).await;
    assert!(rig.enrolment.enrolled().admits(&first));
    let second = holder(&rig.join(NAME, &code).await);
    assert!(!rig.enrolment.enrolled().admits(&first));
    assert_eq!(rig.renew(NAME, &first).await, refused(Refusal::Revoked));

    let enrolled = rig.enrolment.enrolled().clone();
    let agent = name(NAME);
    let ((), revoked) = tokio::join!(enrolled.ended(&second), rig.enrolment.revoke(&agent, None));
    assert!(revoked.unwrap());
    assert!(!enrolled.knows(&name(NAME)));
    assert_eq!(rig.renew(NAME, &second).await, refused(Refusal::Revoked));
    assert!(!rig.enrolment.revoke(&name(NAME), None).await.unwrap());
}

#[tokio::test]
async fn a_code_that_was_not_used_is_revoked_too() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    assert!(rig.enrolment.revoke(&name(NAME), None).await.unwrap());
    assert_eq!(rig.join(NAME, &code).await, refused(Refusal::Code));
}

#[tokio::test]
async fn what_was_given_out_holds_after_a_restart_and_opens_nothing_without_the_key() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    let joined = holder(&rig.join(NAME, &code).await);
    let fingerprint = rig.enrolment.authority().await.unwrap().fingerprint();
    let Rig {
        clock,
        enrolment,
        folder,
    } = rig;
    drop(enrolment);

    let again = open(folder.path(), &clock).await;
    assert!(again.enrolled().admits(&joined));
    assert_eq!(again.authority().await.unwrap().fingerprint(), fingerprint);
    let (keys, database) = (again.keys.clone(), again.database.clone());
    let sealing = Sealing::new(keys, database, vec![AUTHORITY_KEY], Vec::new());
    let (_, sealed) = sealing.rotate(clock.now()).await.unwrap();
    assert_eq!(sealed.anew, 1);
    again.server_config(Vec::new()).await.unwrap();
    drop((again, sealing));

    std::fs::remove_file(folder.path().join("plenum.key")).unwrap();
    let without = open(folder.path(), &clock).await;
    let kept = without.database.read(table::authorities).await.unwrap().remove(0);
    assert!(KeyPair::try_from(kept.sealed).is_err());
    assert!(without.server_config(Vec::new()).await.is_err());
    let code = without.begin(&name(NAME)).await.unwrap().secret;
    let asking = Asking {
        holder: None,
        address: HERE,
    };
    let answer = without.answer(&request(NAME, Some(&code)), asking).await;
    assert_eq!(answer, refused(Refusal::Unavailable));
    // Who has joined stays in.
    assert!(without.enrolled().admits(&joined));
}

/// Whose the certificate of an answer is, whatever stands behind it.
fn first_of(answer: &Answer) -> Holder {
    let Answer::Certificate(chain) = answer else {
        panic!("{answer:?}");
    };
    let own = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
    plenum_link::tls::holder(&own).unwrap()
}

/// How many certificates an answer has behind the agent's own.
fn behind(answer: &Answer) -> usize {
    let Answer::Certificate(chain) = answer else {
        panic!("{answer:?}");
    };
    CertificateDer::pem_slice_iter(chain.as_bytes()).count() - 1
}

#[tokio::test]
async fn an_authority_is_followed_two_years_before_its_end_and_goes_when_nobody_goes_by_it() {
    let rig = Rig::new().await;
    let begin = rig.clock.now();
    let code = rig.code(NAME).await;
    let joined = holder(&rig.join(NAME, &code).await);
    let first = rig.enrolment.authority().await.unwrap();
    rig.enrolment.turn().await.unwrap();
    assert_eq!(rig.enrolment.authorities().await.unwrap().len(), 1);

    let until = first.validity().unwrap().until;
    // Renewed each year until then, as agents do.
    rig.clock
        .advance_to(until - rotation::AHEAD - Duration::from_hours(180 * 24));
    rig.renew(NAME, &joined).await;
    rig.clock.advance_to(until - rotation::AHEAD);
    rig.enrolment.turn().await.unwrap();
    assert_eq!(rig.enrolment.authorities().await.unwrap().len(), 2);
    assert_eq!(rig.enrolment.authority().await.unwrap(), first);
    assert_eq!(rig.enrolment.rotate().await.unwrap(), Rotated::GoesOn);
    // A code that was given out by the first one's fingerprint holds it too.
    let code = rig.code("ams1/pi-b").await;
    assert_eq!(behind(&rig.join("ams1/pi-b", &code).await), 2);
    let unused = rig.code("ams1/pi-c").await;
    assert_eq!(rig.enrolment.left_behind().await.unwrap(), Some(2));
    assert_eq!(behind(&rig.renew(NAME, &joined).await), 2);
    rig.enrolment.turn().await.unwrap();
    assert_eq!(rig.enrolment.left_behind().await.unwrap(), Some(1));
    rig.clock.advance_to(rig.clock.now() + CODE_LIFE);
    rig.enrolment.turn().await.unwrap();
    let left = rig.enrolment.authorities().await.unwrap();
    assert!(left.len() == 1 && left[0] != first);
    assert_eq!(rig.join("ams1/pi-c", &unused).await, refused(Refusal::Code));
    assert!(rig.enrolment.enrolled().admits(&joined));
    let code = rig.code("ams1/pi-c").await;
    assert_eq!(behind(&rig.join("ams1/pi-c", &code).await), 1);
    assert!(rig.clock.now() > begin);
}

#[tokio::test]
async fn who_has_been_away_for_a_year_holds_no_authority() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    rig.join(NAME, &code).await;
    assert_eq!(rig.enrolment.rotate().await.unwrap(), Rotated::Begun);
    rig.enrolment.turn().await.unwrap();
    assert_eq!(rig.enrolment.left_behind().await.unwrap(), Some(1));
    rig.clock.advance_to(rig.clock.now() + LIFE);
    rig.enrolment.turn().await.unwrap();
    assert_eq!(rig.enrolment.left_behind().await.unwrap(), None);
}

#[tokio::test]
async fn nobody_is_believed_for_longer_than_who_vouches_for_them() {
    let rig = Rig::new().await;
    let until = rig.enrolment.authority().await.unwrap().validity().unwrap().until;
    rig.clock.advance_to(until - Duration::from_hours(24));
    let code = rig.code(NAME).await;
    rig.join(NAME, &code).await;
    let listed = rig.enrolment.list().await.unwrap().remove(0);
    assert_eq!(listed.certificate_until, Some(until));
}

#[tokio::test]
async fn a_code_stands_beside_what_an_agent_had_and_the_reason_of_its_end_too() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    rig.join(NAME, &code).await;
    let reason = Some("stolen".to_owned());
    assert!(rig.enrolment.revoke(&name(NAME), reason.clone()).await.unwrap());
    rig.code(NAME).await;
    let listed = rig.enrolment.list().await.unwrap().remove(0);
    assert_eq!(
        (listed.reason, listed.code_until),
        (reason, Some(rig.clock.now() + CODE_LIFE))
    );
    assert_eq!(listed.ended_at, Some(rig.clock.now()));
}

#[tokio::test]
async fn what_is_replaced_at_once_leaves_nothing_of_a_rotation_that_was_going_on() {
    let rig = Rig::new().await;
    assert_eq!(rig.enrolment.rotate().await.unwrap(), Rotated::Begun);
    let code = rig.code(NAME).await;
    let joined = first_of(&rig.join(NAME, &code).await);
    let before = rig.enrolment.authorities().await.unwrap();
    let replaced = rig.enrolment.rotate_at_once().await.unwrap();
    assert_eq!(replaced, Rotated::AtOnce { agents: 1 });
    assert!(!rig.enrolment.enrolled().admits(&joined));
    let left = rig.enrolment.authorities().await.unwrap();
    assert!(left.len() == 1 && !before.contains(&left[0]));
}

/// What the log says, up to the line that an agent has joined.
async fn told(audit: &Audit, until: &str) -> Vec<(String, u16)> {
    for _ in 0..10_000 {
        let lines = audit.before(u64::MAX >> 1, 1_000).await.unwrap();
        let said = lines
            .into_iter()
            .map(|line| (line.audited.on, line.audited.status));
        let said: Vec<_> = said.collect();
        if said.contains(&(until.to_owned(), 200)) {
            return said;
        }
        tokio::task::yield_now().await;
    }
    panic!("{until} stands in no line");
}

#[tokio::test]
async fn what_strangers_and_a_stolen_certificate_ask_for_again_and_again_fills_no_log() {
    let rig = Rig::new().await;
    let audit = rig.audit().await;
    for number in 0..100 {
        rig.join(&format!("ams1/made-up-{number}"), "aaaaaaaaaaaaaaaaaaaa")
            .await;
    }
    rig.clock.advance(Duration::from_minutes(5));
    let code = rig.code(NAME).await;
    let joined = holder(&rig.join(NAME, &code).await);
    for number in 0..100 {
        let answer = rig.renew(&format!("ams1/made-up-{number}"), &joined).await;
        assert_eq!(answer, refused(Refusal::AnotherAgent));
    }
    assert_eq!(holder(&rig.renew(NAME, &joined).await), joined);
    for _ in 0..100 {
        assert_eq!(rig.renew(NAME, &joined).await, refused(Refusal::TooMany));
    }
    // Whoever asks again an hour later, because nothing came back, is answered.
    rig.clock.advance(Duration::from_hours(1));
    assert_eq!(holder(&rig.renew(NAME, &joined).await), joined);
    let code = rig.code("ams1/pi-b").await;
    rig.join("ams1/pi-b", &code).await;
    let said = told(&audit, "ams1/pi-b").await;
    assert!(said.iter().all(|(on, _)| !on.contains("made-up")), "{said:?}");
    assert!(said.len() < 20, "{said:?}");
    let joins = said.iter().filter(|(on, status)| on == NAME && *status == 200);
    assert_eq!(joins.count(), 3, "{said:?}");
}

#[tokio::test]
async fn a_number_that_was_given_out_after_a_backup_is_not_given_again_once_it_is_put_back() {
    let rig = Rig::new().await;
    let code = rig.code(NAME).await;
    let stolen = holder(&rig.join(NAME, &code).await);
    rig.enrolment.revoke(&name(NAME), None).await.unwrap();
    let put_back = "delete from enrolment; delete from sqlite_sequence where name = 'enrolment'";
    let put_back = |connection: &rusqlite::Connection| connection.execute_batch(put_back);
    rig.enrolment.database.write(put_back).await.unwrap();
    rig.clock.advance(Duration::from_hours(1));
    let code = rig.code(NAME).await;
    let joined = holder(&rig.join(NAME, &code).await);
    assert!(rig.enrolment.enrolled().admits(&joined));
    assert!(!rig.enrolment.enrolled().admits(&stolen));
}
