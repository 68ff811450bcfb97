//! Who comes by certificate: the agent that it was made for, nobody with another's, an old, a foreign or a revoked one, and who is in is out when it is revoked.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs::{self, Permissions};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenum_collector::broker::{AgentCredentials, AgentPasswords, Asking, Broker, Enrols, Incoming, Secure};
use plenum_collector::collector::enrolment::{Enrolment, LIFE, Rotated};
use plenum_collector::database::keys::{Keys, Place};
use plenum_collector::database::{Database, PLENUM};
use plenum_link::mqtt::{Event, Message, MqttOptions, connect};
use plenum_link::tls::{Client, ask};
use plenum_link::{Shutdown, Stopwatch, SystemClock};
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::enrolment::{Answer, FINGERPRINT_LENGTH, Fingerprint, Refusal, Request};
use plenum_protocol::{AgentName, Clock, Duration};
use rcgen::{CertificateParams, KeyPair};
use tokio::sync::mpsc::{self, Receiver};

use crate::DEADLINE;
use crate::clients::Agent;
use crate::house::{KNOWN, PASSWORD, options};

struct House {
    folder: tempfile::TempDir,
    clock: SimulatedClock,
    enrolment: Arc<Enrolment>,
    broker: Broker,
    packets: Receiver<Incoming>,
    shutdown: Shutdown,
}

fn name(text: &str) -> AgentName {
    text.parse().unwrap()
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimulatedClock::new(SystemClock.now());
        let path = folder.path().join("plenum.db");
        let opened = tokio::task::spawn_blocking(move || Database::open(&path, &PLENUM).unwrap());
        let database = opened.await.unwrap();
        let place = Place::own(folder.path());
        let keys = Keys::open(place, &database, clock.now()).await.unwrap();
        let opened = Enrolment::open(database, keys, Arc::new(clock.clone())).await;
        let enrolment = opened.unwrap();
        let shutdown = Shutdown::new();
        let (queue, packets) = mpsc::channel(100);
        let mut options = options(false, 0);
        let passwords = AgentPasswords::new([(name(KNOWN), PASSWORD.to_owned())]);
        options.credentials = Arc::new(AgentCredentials {
            passwords: Arc::new(passwords),
            enrolled: enrolment.enrolled().clone(),
        });
        options.secure = Some(Secure {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            config: enrolment.server_config(Vec::new()).await.unwrap(),
            enrolment: enrolment.clone(),
        });
        let broker = Broker::start_embedded(options, queue, &shutdown).await.unwrap();
        Self {
            folder,
            clock,
            enrolment,
            broker,
            packets,
            shutdown,
        }
    }

    /// A file with a key and its certificate, as an agent has after it joined.
    async fn identity(&self, agent: &str) -> PathBuf {
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        let code = self.enrolment.begin(&name(agent)).await.unwrap();
        let request = Request {
            agent: name(agent),
            secret: Some(code.secret),
            certificate_request: request.pem().unwrap(),
        };
        let asking = Asking {
            holder: None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let Answer::Certificate(chain) = self.enrolment.answer(&request, asking).await else {
            panic!("no certificate");
        };
        self.put(agent, &(key.serialize_pem() + &chain))
    }

    fn put(&self, agent: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(agent.replace('/', "-") + ".pem");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn options(&self, identity: &Path, client_id: &str) -> MqttOptions {
        let port = self.broker.secure_address().unwrap().port();
        let address = format!("mqtts://127.0.0.1:{port}").parse().unwrap();
        let mut options = MqttOptions::new(&address, client_id);
        let clock = Arc::new(self.clock.clone());
        options.tls = Some(Client::of_files(None, Some(identity), clock).unwrap());
        options
    }

    async fn outcome(&self, options: MqttOptions) -> Result<Agent, String> {
        let (publisher, mut events) = connect(options, SystemClock::shared(), &self.shutdown);
        let event = tokio::time::timeout(DEADLINE, events.recv()).await;
        match event.expect("nothing happened").expect("the connection ended") {
            Event::Connected { .. } => Ok(Agent { publisher, events }),
            Event::Disconnected { why } => Err(why.to_string()),
            Event::Message(message) => panic!("{message:?}"),
        }
    }

    async fn refused(&self, options: MqttOptions, expected: &str) {
        let outcome = self.outcome(options).await;
        let why = outcome.err().unwrap_or_else(|| "let in".to_owned());
        assert!(why.contains(expected), "{why}");
    }
}

#[tokio::test]
async fn an_agent_is_heard_by_its_certificate_alone_and_under_its_own_name() {
    let mut house = House::new().await;
    let identity = house.identity("ams1/pi-c").await;
    let agent = house
        .outcome(house.options(&identity, "ams1/pi-c"))
        .await
        .unwrap();
    let message = Message::new("plenum/1/ams1/pi-c/readings", "[]");
    agent.publisher.publish(message).await.unwrap();
    let packet = tokio::time::timeout(DEADLINE, house.packets.recv())
        .await
        .unwrap();
    assert_eq!(packet.unwrap().topic, "plenum/1/ams1/pi-c/readings");

    house
        .refused(house.options(&identity, KNOWN), "or is another agent's")
        .await;
    // Not even with the other's password.
    let mut posing = house.options(&identity, KNOWN);
    (posing.user, posing.password) = (Some(KNOWN.to_owned()), Some(PASSWORD.to_owned()));
    house.refused(posing, "wrong password for user").await;
}

#[tokio::test]
async fn a_password_goes_in_tls_too_but_makes_up_for_no_certificate() {
    let house = House::new().await;
    let authority = house.enrolment.authority().await.unwrap();
    let client = Client::believing(vec![authority.certificate().clone()], None, SystemClock::shared());
    let identity = house.identity(KNOWN).await;
    let mut by_password = house.options(&identity, KNOWN);
    by_password.tls = Some(client.unwrap());
    (by_password.user, by_password.password) = (Some(KNOWN.to_owned()), Some(PASSWORD.to_owned()));
    house.outcome(by_password.clone()).await.unwrap();
    house.enrolment.revoke(&name(KNOWN), None).await.unwrap();
    let mut by_both = house.options(&identity, KNOWN);
    (by_both.user, by_both.password) = (Some(KNOWN.to_owned()), Some(PASSWORD.to_owned()));
    house.refused(by_both, "this user may not connect").await;
    house.outcome(by_password).await.unwrap();
}

#[tokio::test]
async fn who_is_revoked_is_out_at_once_and_may_not_come_back() {
    let house = House::new().await;
    let (one, other) = (
        house.identity("ams1/pi-c").await,
        house.identity("ams1/pi-d").await,
    );
    let mut revoked = house.outcome(house.options(&one, "ams1/pi-c")).await.unwrap();
    let mut left_alone = house.outcome(house.options(&other, "ams1/pi-d")).await.unwrap();
    let watch = Stopwatch::start();
    assert!(house.enrolment.revoke(&name("ams1/pi-c"), None).await.unwrap());
    let why = revoked.failure().await;
    assert!(watch.seconds() < 2.0, "{} s", watch.seconds());
    assert!(why.contains("its certificate was revoked"), "{why}");
    house
        .refused(house.options(&one, "ams1/pi-c"), "refused the connection")
        .await;
    let message = Message::new("plenum/1/ams1/pi-d/readings", "[]");
    left_alone.publisher.publish(message).await.unwrap();
    assert!(left_alone.events.try_recv().is_err());
}

/// A key and a request of an agent for its certificate.
fn asked(agent: &str, secret: Option<String>) -> (KeyPair, Request) {
    let key = KeyPair::generate().unwrap();
    let request = CertificateParams::default().serialize_request(&key).unwrap();
    let request = Request {
        agent: name(agent),
        secret,
        certificate_request: request.pem().unwrap(),
    };
    (key, request)
}

#[tokio::test]
async fn an_agent_joins_at_the_door_and_renews_there_until_it_is_revoked() {
    let house = House::new().await;
    let place = ("localhost", house.broker.secure_address().unwrap().port());
    let authority = house.enrolment.authority().await.unwrap();
    let clock = || Arc::new(house.clock.clone());
    let code = house.enrolment.begin(&name("ams1/pi-c")).await.unwrap();
    let (key, request) = asked("ams1/pi-c", Some(code.secret));

    let another = Client::knowing(Fingerprint([7; FINGERPRINT_LENGTH]), clock()).unwrap();
    let error = ask(&another, place, &request).await.unwrap_err().to_string();
    assert!(
        error.contains("not from an authority that is believed"),
        "{error}"
    );
    let client = Client::knowing(authority.fingerprint(), clock()).unwrap();
    let Answer::Certificate(chain) = ask(&client, place, &request).await.unwrap() else {
        panic!("no certificate");
    };
    let identity = house.put("pi-c", &(key.serialize_pem() + &chain));
    let used = ask(&client, place, &request).await.unwrap();
    assert_eq!(used, Answer::Refused(Refusal::Code));

    house
        .clock
        .advance_to(house.clock.now() + Duration::from_hours(243 * 24));
    let own = Client::of_files(None, Some(&identity), clock()).unwrap();
    let (key, request) = asked("ams1/pi-c", None);
    let Answer::Certificate(chain) = ask(&own, place, &request).await.unwrap() else {
        panic!("no certificate");
    };
    let (_, of_another) = asked("ams1/pi-d", None);
    let refused = ask(&own, place, &of_another).await.unwrap();
    assert_eq!(refused, Answer::Refused(Refusal::AnotherAgent));
    house.put("pi-c", &(key.serialize_pem() + &chain));
    own.identity().unwrap().reload().unwrap();
    // The first has ended by then.
    house
        .clock
        .advance_to(house.clock.now() + Duration::from_hours(243 * 24));
    house
        .outcome(house.options(&identity, "ams1/pi-c"))
        .await
        .unwrap();

    house.enrolment.revoke(&name("ams1/pi-c"), None).await.unwrap();
    let refused = ask(&own, place, &request).await.unwrap();
    assert_eq!(refused, Answer::Refused(Refusal::Revoked));
    let nobody = ask(&client, place, &request).await.unwrap();
    assert_eq!(nobody, Answer::Refused(Refusal::Nobody));
}

#[tokio::test]
async fn an_old_and_a_foreign_certificate_end_the_handshake() {
    let house = House::new().await;
    let identity = house.identity("ams1/pi-c").await;
    let stranger = House::new().await;
    let foreign = stranger.identity("ams1/pi-c").await;
    // Its own broker is another: so that the agent believes this one, the authority behind its certificate is changed.
    let (foreign, own) = (
        fs::read_to_string(foreign).unwrap(),
        fs::read_to_string(&identity).unwrap(),
    );
    let behind = own.rfind("-----BEGIN CERTIFICATE").unwrap();
    let before = foreign.rfind("-----BEGIN CERTIFICATE").unwrap();
    let posing = house.put("posing", &(foreign[..before].to_owned() + &own[behind..]));
    house
        .refused(house.options(&posing, "ams1/pi-c"), "is from another authority")
        .await;
    house
        .clock
        .advance_to(house.clock.now() + LIFE + Duration::from_seconds(1));
    house
        .refused(
            house.options(&identity, "ams1/pi-c"),
            "this host's certificate has expired",
        )
        .await;
}

#[tokio::test]
async fn one_authority_follows_another_and_no_agent_is_kept_out_meanwhile() {
    let house = House::new().await;
    let (enrolment, clock) = (&house.enrolment, || Arc::new(house.clock.clone()));
    let place = ("localhost", house.broker.secure_address().unwrap().port());
    let identity = house.identity("ams1/pi-c").await;
    let own = Client::of_files(None, Some(&identity), clock()).unwrap();
    let first = enrolment.authority().await.unwrap().fingerprint();
    assert_eq!(enrolment.rotate().await.unwrap(), Rotated::Begun);
    let joined = house.identity("ams1/pi-d").await;
    for (identity, agent) in [(&identity, "ams1/pi-c"), (&joined, "ams1/pi-d")] {
        house.outcome(house.options(identity, agent)).await.unwrap();
    }
    enrolment.turn().await.unwrap();
    assert_eq!(enrolment.left_behind().await.unwrap(), Some(1));

    // The agent that runs renews, and believes from then on what its file believes.
    let (key, request) = asked("ams1/pi-c", None);
    let Answer::Certificate(chain) = ask(&own, place, &request).await.unwrap() else {
        panic!("no certificate");
    };
    house.put("ams1/pi-c", &(key.serialize_pem() + &chain));
    own.identity().unwrap().reload().unwrap();
    enrolment.turn().await.unwrap();
    assert_eq!(enrolment.left_behind().await.unwrap(), None);
    assert_ne!(enrolment.authority().await.unwrap().fingerprint(), first);
    // A certificate renews once in ten minutes.
    house
        .clock
        .advance_to(house.clock.now() + Duration::from_minutes(11));
    let (_, request) = asked("ams1/pi-c", None);
    let renewed = ask(&own, place, &request).await.unwrap();
    assert!(matches!(renewed, Answer::Certificate(_)), "{renewed:?}");
    for (identity, agent) in [(&identity, "ams1/pi-c"), (&joined, "ams1/pi-d")] {
        house.outcome(house.options(identity, agent)).await.unwrap();
    }
}

#[tokio::test]
async fn an_authority_whose_key_is_in_wrong_hands_is_replaced_at_once() {
    let house = House::new().await;
    let identity = house.identity("ams1/pi-c").await;
    let mut agent = house
        .outcome(house.options(&identity, "ams1/pi-c"))
        .await
        .unwrap();
    let replaced = house.enrolment.rotate_at_once().await.unwrap();
    assert_eq!(replaced, Rotated::AtOnce { agents: 1 });
    let why = agent.failure().await;
    assert!(why.contains("its certificate was revoked"), "{why}");
    house
        .refused(
            house.options(&identity, "ams1/pi-c"),
            "not from an authority that is believed",
        )
        .await;
    let again = house.identity("ams1/pi-c").await;
    house.outcome(house.options(&again, "ams1/pi-c")).await.unwrap();
}
