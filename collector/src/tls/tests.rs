//! Pairs that are good and all the others, in files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use plenum_link::SystemClock;
use plenum_protocol::{Clock, Duration, Timestamp};
use rcgen::{CertificateParams, KeyPair};

use super::*;

const YEAR: Duration = Duration::from_hours(365 * 24);

/// A folder with `certificate.pem` and `key.pem`.
struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = Self { folder };
        files.put_pair(SystemClock.now() + YEAR);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(0o600)).unwrap();
    }

    /// A new pair that is valid until then.
    fn put_pair(&self, until: Timestamp) {
        let (certificate, key) = pair(until);
        self.put("certificate.pem", &certificate);
        self.put("key.pem", &key);
    }

    fn read(&self) -> Result<Pair, PairError> {
        Pair::read(&self.path("certificate.pem"), &self.path("key.pem"))
    }

    fn served(&self) -> Arc<Served> {
        Served::of_files(&self.path("certificate.pem"), &self.path("key.pem")).unwrap()
    }

    /// What is said of the two as they stand, the folder left out.
    #[track_caller]
    fn check(&self, expected: &str) {
        let said = self.read().unwrap_err().to_string();
        let said = said.replace(&format!("{}/", self.folder.path().display()), "");
        assert!(said.starts_with(expected), "{said}");
    }
}

fn pair(until: Timestamp) -> (String, String) {
    let names = ["plenum.example.org", "*.example.net", "192.0.2.7", "2001:db8::7"].map(str::to_owned);
    let mut params = CertificateParams::new(names).unwrap();
    let until = std::time::UNIX_EPOCH + std::time::Duration::from_millis(until.milliseconds() as u64);
    params.not_after = until.into();
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

#[test]
fn a_good_pair_tells_its_names_and_its_end() {
    let files = Folder::new();
    let until = Timestamp::from_milliseconds(1_900_000_000_000);
    files.put_pair(until);
    let pair = files.read().unwrap();
    assert_eq!(pair.not_after, until);
    assert_eq!(
        pair.names,
        ["plenum.example.org", "*.example.net", "192.0.2.7", "2001:db8::7"]
    );
    assert_eq!(pair.fingerprint.len(), 32 * 3 - 1);
    // The group may read the key: distributions have one for that.
    fs::set_permissions(files.path("key.pem"), Permissions::from_mode(0o640)).unwrap();
    assert!(files.read().is_ok());
}

#[test]
fn every_other_certificate_is_refused_with_its_file() {
    let files = Folder::new();
    let (certificate, key) = pair(SystemClock.now() + YEAR);
    files.put("certificate.pem", &certificate);
    files.check("the key in key.pem is not that of the certificate in certificate.pem");
    let cut = certificate
        .trim_end()
        .trim_end_matches("-----END CERTIFICATE-----");
    for (text, expected) in [
        (
            key.as_str(),
            "certificate.pem: holds no certificate; it must be PEM",
        ),
        ("", "certificate.pem: holds no certificate; it must be PEM"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "certificate.pem: is not a valid certificate: ",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            "certificate.pem: is not a valid certificate: what stands between its lines is not valid base64",
        ),
        (
            cut,
            "certificate.pem: is not a valid certificate: the line -----END CERTIFICATE----- is missing",
        ),
        (&"x".repeat(2 << 20), "certificate.pem: cannot be read: "),
    ] {
        files.put("certificate.pem", text);
        files.check(expected);
    }
    fs::remove_file(files.path("certificate.pem")).unwrap();
    files.check("certificate.pem: cannot be read: No such file or directory");
}

#[test]
fn every_other_key_is_refused_with_its_file() {
    let files = Folder::new();
    let (certificate, key) = pair(SystemClock.now() + YEAR);
    files.put("certificate.pem", &certificate);
    for (text, expected) in [
        (
            certificate.as_str(),
            "key.pem: holds no private key; it must be PEM",
        ),
        ("", "key.pem: holds no private key; it must be PEM"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "key.pem: the key is encrypted with a passphrase; write it without one: openssl pkey -in ",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n-----END RSA PRIVATE KEY-----\n",
            "key.pem: the key is encrypted with a passphrase",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "key.pem: is not a valid private key: ",
        ),
    ] {
        files.put("key.pem", text);
        files.check(expected);
    }
    files.put("key.pem", &key);
    assert!(files.read().is_ok());
    fs::set_permissions(files.path("key.pem"), Permissions::from_mode(0o644)).unwrap();
    files.check("key.pem: everybody on this host can read the key (mode 644): chmod o= ");
    fs::remove_file(files.path("key.pem")).unwrap();
    files.check("key.pem: cannot be read: No such file or directory");
}

#[test]
fn a_new_pair_takes_the_place_of_the_old_and_a_bad_one_does_not() {
    let files = Folder::new();
    let served = files.served();
    let (now, before) = (SystemClock.now(), served.facts());
    files.put_pair(now + YEAR + YEAR);
    served.reload(now);
    let renewed = served.facts();
    assert_ne!(renewed.fingerprint, before.fingerprint);
    files.put("certificate.pem", "");
    served.reload(now);
    assert_eq!((served.facts(), served.refused()), (renewed.clone(), 1));
    files.put_pair(now - YEAR);
    served.reload(now);
    assert_eq!((served.facts(), served.refused()), (renewed, 2));
}

#[test]
fn an_expired_pair_is_shown_where_there_is_no_other() {
    let files = Folder::new();
    let now = SystemClock.now();
    files.put_pair(now - YEAR);
    let served = files.served();
    assert!(served.facts().not_after < now);
    // One that has expired as well, but later, is better than the one in force.
    files.put_pair(now - Duration::from_hours(1));
    served.reload(now);
    assert_eq!(served.refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_files_are_followed() {
    let files = Folder::new();
    let served = files.served();
    let before = served.facts().fingerprint;
    let clock = plenum_protocol::clock::SimulatedClock::new(SystemClock.now());
    let stop = tokio_util::sync::CancellationToken::new();
    let following = tokio::spawn(served.clone().follow(Arc::new(clock.clone()), stop.clone()));
    files.put_pair(SystemClock.now() + YEAR + YEAR);
    for _ in 0..3 {
        tokio::task::yield_now().await;
        clock.advance(Duration::from_seconds(10));
    }
    tokio::task::yield_now().await;
    assert_ne!(served.facts().fingerprint, before);
    stop.cancel();
    following.await.unwrap();
}
