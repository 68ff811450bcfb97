//! The connection in TLS against a real mosquitto that knows agents by their certificates: who gets in, and what the others are told.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use plenum_link::mqtt::{ConnectionError, Event, MqttOptions, connect};
use plenum_link::testing::Mosquitto;
use plenum_link::tls::{self, COLLECTOR};
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{Clock, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// Longer than anything here takes on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(60);

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// A key with a certificate for this common name and these other names, valid from and until these years.
    fn pair(&self, common: &str, names: &[&str], years: (i32, i32)) -> String {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common);
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        key.serialize_pem() + &certificate.pem() + &self.pem
    }
}

const LASTING: (i32, i32) = (2_000, 4_000);

struct Rig {
    folder: tempfile::TempDir,
    broker: Mosquitto,
}

impl Rig {
    /// A broker with a certificate for these names that wants one of the same authority.
    fn start(authority: &Authority, names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = put(&folder, "server.pem", &authority.pair("broker", names, LASTING));
        let ca = put(&folder, "ca.pem", &authority.pem);
        let (server, ca) = (server.display(), ca.display());
        let lines = format!(
            "cafile {ca}\ncertfile {server}\nkeyfile {server}\nrequire_certificate true\nuse_identity_as_username true\n"
        );
        let broker = Mosquitto::configured(&[], &lines).unwrap();
        Self { folder, broker }
    }

    fn options(&self, identity: Option<&str>, clock: Arc<dyn Clock>) -> MqttOptions {
        let mut address = self.broker.address();
        address.tls = true;
        let mut options = MqttOptions::new(&address, "one");
        let ca = self.folder.path().join("ca.pem");
        let identity = identity.map(|pem| put(&self.folder, "identity.pem", pem));
        let ca = identity.is_none().then_some(ca);
        options.tls = Some(tls::Client::of_files(ca.as_deref(), identity.as_deref(), clock).unwrap());
        options
    }

    async fn outcome(&self, options: MqttOptions) -> Result<(), ConnectionError> {
        let shutdown = Shutdown::new();
        let (_publisher, mut events) = connect(options, SystemClock::shared(), &shutdown);
        let event = tokio::time::timeout(DEADLINE, events.recv()).await;
        match event.expect("nothing happened").expect("the connection ended") {
            Event::Connected { .. } => Ok(()),
            Event::Disconnected { why } => Err(why),
            Event::Message(message) => panic!("{message:?}"),
        }
    }
}

fn put(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path: &Path = folder.path();
    let path = path.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[tokio::test]
async fn who_shows_a_certificate_gets_in_and_others_are_told_why() {
    let authority = Authority::new();
    let rig = Rig::start(&authority, &["127.0.0.1"]);
    let clock = SystemClock::shared;
    let own = authority.pair("ams1/pi-a1", &[], LASTING);
    rig.outcome(rig.options(Some(&own), clock())).await.unwrap();

    let nobody = rig.outcome(rig.options(None, clock())).await.unwrap_err();
    assert!(matches!(nobody, ConnectionError::Refused { .. }), "{nobody}");
    assert!(nobody.to_string().contains("it wants a certificate"), "{nobody}");

    let old = authority.pair("ams1/pi-a1", &[], (2_000, 2_001));
    let old = rig.outcome(rig.options(Some(&old), clock())).await.unwrap_err();
    assert!(
        old.to_string().contains("this host's certificate has expired"),
        "{old}"
    );

    let foreign = Authority::new().pair("ams1/pi-a1", &[], LASTING);
    let stranger = rig.outcome(rig.options(Some(&foreign), clock())).await;
    let stranger = stranger.unwrap_err().to_string();
    assert!(
        stranger.contains("its certificate is not from an authority that is believed here"),
        "{stranger}"
    );
}

#[tokio::test]
async fn a_collector_is_known_wherever_it_stands_and_another_name_is_not() {
    let authority = Authority::new();
    let own = authority.pair("ams1/pi-a1", &[], LASTING);
    let collector = Rig::start(&authority, &[COLLECTOR]);
    let options = collector.options(Some(&own), SystemClock::shared());
    collector.outcome(options).await.unwrap();

    let elsewhere = Rig::start(&authority, &["elsewhere.example.org"]);
    let options = elsewhere.options(Some(&own), SystemClock::shared());
    let why = elsewhere.outcome(options).await.unwrap_err().to_string();
    assert!(why.contains("its certificate is for another name"), "{why}");
}

#[tokio::test]
async fn a_host_whose_clock_starts_in_the_past_knows_its_broker_all_the_same() {
    let authority = Authority::new();
    let rig = Rig::start(&authority, &["127.0.0.1"]);
    let in_the_past = || Arc::new(SimulatedClock::new(Timestamp::from_milliseconds(0)));
    let own = authority.pair("ams1/pi-a1", &[], (2_020, 4_000));
    rig.outcome(rig.options(Some(&own), in_the_past())).await.unwrap();
}
