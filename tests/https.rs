//! The real `plenum serve` with a certificate: what it speaks and refuses, a person's log-in over it, a renewed certificate, the command line beside
//! it, and every start that is refused.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use support::ports;
use support::probe::{is_as_it_should_be, probe};
use support::process::{self, eventually};
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(30);
const NAME: &str = "plenum.example.org";
const PASSWORD: &str = "warm racks hum softly";

/// An authority that the browser's machine trusts, and nobody else.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "An authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// Writes a new pair: the server's certificate, its authority's behind it, and the key.
    fn write_pair(&self, folder: &Path) {
        let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, NAME);
        let key = KeyPair::generate().unwrap();
        let own = params.signed_by(&key, &self.issuer).unwrap().pem();
        put(folder, "key.pem", &key.serialize_pem());
        put(folder, "certificate.pem", &(own + &self.certificate));
        put(folder, "authority.pem", &self.certificate);
    }
}

fn put(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
    fs::set_permissions(folder.join(name), Permissions::from_mode(0o600)).unwrap();
}

fn settings() -> Settings {
    Settings {
        http: "certificate = \"certificate.pem\"\nkey = \"key.pem\"\n".to_owned(),
        broker: format!("listen = \"127.0.0.1:{}\"\n", ports::free()),
        ..Settings::default()
    }
}

fn port(server: &Server) -> u16 {
    let url = server.announced("url");
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

/// As a browser on another machine, which finds the name by DNS.
struct Browser {
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    base: String,
}

impl Browser {
    fn of(server: &Server, authority: &Authority) -> Self {
        let root = reqwest::Certificate::from_pem(authority.certificate.as_bytes()).unwrap();
        let http = reqwest::Client::builder()
            .tls_built_in_root_certs(false)
            .add_root_certificate(root)
            .resolve(NAME, ([127, 0, 0, 1], port(server)).into())
            .pool_max_idle_per_host(0);
        Self {
            http: http.build().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            base: format!("https://{NAME}:{}", port(server)),
        }
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> (reqwest::StatusCode, reqwest::header::HeaderMap, Value) {
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let (status, headers) = (answer.status(), answer.headers().clone());
            (status, headers, answer.json().await.unwrap_or_default())
        })
    }
}

#[test]
fn a_person_logs_in_by_https_and_the_command_line_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.write_pair(folder.path());
    let server = Server::start(folder.path(), &settings());
    let browser = Browser::of(&server, &authority);
    let link = server.announced("first");
    let token = link.rsplit_once('#').unwrap().1;
    let first = json!({"token": token, "name": "anna", "password": PASSWORD});
    let post = |path: &str| browser.request(reqwest::Method::POST, path);
    let (status, headers, _) = browser.send(post("/api/v1/sessions/first").json(&first));
    assert_eq!(status, 200);
    let cookie = headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.starts_with("__Host-plenum_session=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert_eq!(headers["strict-transport-security"], "max-age=31536000");
    let session = |cookie: &str| {
        let asked = browser.request(reqwest::Method::GET, "/api/v1/session");
        browser.send(asked.header("cookie", cookie)).0
    };
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(session(cookie), 200);
    // A cookie that somebody on the way can set is none.
    assert_eq!(session(&cookie.replace("__Host-", "")), 401);
    let told = server.fetch("/metrics").unwrap();
    assert!(
        told.contains("plenum_http_certificate_not_after_seconds 6"),
        "{told}"
    );
    let mut command = process::plenum();
    command.args(["agents", "list", "--data"]).arg(server.data());
    assert!(command.status().unwrap().success());
}

#[test]
fn a_renewed_certificate_is_shown_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.write_pair(folder.path());
    let server = Server::start(folder.path(), &settings());
    let shown = || {
        let port = port(&server).to_string();
        let output = probe(&["certificate", &port]);
        String::from_utf8(output.stdout).unwrap()
    };
    let first = shown();
    assert!(!first.is_empty());
    authority.write_pair(folder.path());
    server.hang_up();
    let second = eventually("new certificate", PATIENCE, || {
        Some(shown()).filter(|shown| *shown != first)
    });
    put(folder.path(), "certificate.pem", "nothing");
    server.hang_up();
    eventually("line in the log", PATIENCE, || {
        let log = server.log();
        let said = log.contains("the certificate was not changed; the old one is in force: ");
        (said && log.contains("certificate.pem: holds no certificate")).then_some(())
    });
    assert_eq!(shown(), second);
    // Without being asked to.
    authority.write_pair(folder.path());
    eventually("third certificate", PATIENCE, || {
        Some(shown()).filter(|shown| *shown != second)
    });
}

#[test]
fn what_is_spoken_is_what_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.write_pair(folder.path());
    let server = Server::start(folder.path(), &settings());
    is_as_it_should_be(
        port(&server),
        NAME,
        &folder.path().join("authority.pem"),
        "http/1.1",
    );
}

/// Whatever comes back until the other side closes.
fn spoken(port: u16, words: &[u8]) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(words).unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn whoever_speaks_something_else_is_told_or_closed_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.write_pair(folder.path());
    let server = Server::start(folder.path(), &settings());
    let port = port(&server);
    let answer = spoken(port, b"GET / HTTP/1.1\r\nHost: plenum.example.org\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"),
        "{answer}"
    );
    let answer = spoken(port, b"SSH-2.0-client\r\n");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    // A record of a handshake that nobody knows: an alert, or nothing.
    let answer = spoken(port, &[22, 3, 1, 0, 5, 9, 0, 0, 1, 0]);
    assert!(!answer.contains("HTTP"), "{answer}");
    let mut halves = Vec::new();
    for number in 0..300 {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        if number % 2 == 0 {
            socket
                .write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
                .unwrap();
        }
        halves.push(socket);
    }
    let browser = Browser::of(&server, &authority);
    let asked = browser.request(reqwest::Method::GET, "/readyz");
    assert_eq!(browser.send(asked).0, 200);
    let told = server.fetch("/metrics").unwrap();
    assert!(
        !told.contains("plenum_http_handshakes_failed_total 0\n"),
        "{told}"
    );
}

/// What `check` and `serve` say of a pair; the exit code of both is 78.
#[track_caller]
fn refused(folder: &Path, http: &str, expected: &str) {
    fs::write(folder.join("collector.toml"), format!("[http]\n{http}")).unwrap();
    for arguments in [
        ["check", "collector.toml"].as_slice(),
        &["serve", "--data", "data", "--config", "collector.toml"],
    ] {
        let mut command = process::plenum();
        let output = command.args(arguments).current_dir(folder).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(78), "{arguments:?}: {said}");
    }
}

#[test]
fn a_start_that_is_refused_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority = Authority::new();
    authority.write_pair(folder);
    fs::rename(folder.join("key.pem"), folder.join("other.pem")).unwrap();
    authority.write_pair(folder);
    let both = |certificate: &str, key: &str| format!("certificate = \"{certificate}\"\nkey = \"{key}\"\n");
    refused(
        folder,
        "listen = \"0.0.0.0:0\"\n",
        "in clear; name a certificate and its key",
    );
    refused(
        folder,
        "certificate = \"certificate.pem\"\n",
        "`certificate` without `key`",
    );
    refused(folder, "key = \"key.pem\"\n", "`key` without `certificate`");
    refused(
        folder,
        &both("gone.pem", "key.pem"),
        "gone.pem: cannot be read: No such file",
    );
    refused(
        folder,
        &both("certificate.pem", "gone.pem"),
        "gone.pem: cannot be read: No such file",
    );
    refused(
        folder,
        &both("key.pem", "key.pem"),
        "key.pem: holds no certificate",
    );
    refused(
        folder,
        &both("certificate.pem", "certificate.pem"),
        "certificate.pem: holds no private key",
    );
    refused(
        folder,
        &both("certificate.pem", "other.pem"),
        "is not that of the certificate in",
    );
    fs::set_permissions(folder.join("key.pem"), Permissions::from_mode(0o604)).unwrap();
    refused(
        folder,
        &both("certificate.pem", "key.pem"),
        "everybody on this host can read the key (mode 604): chmod o= ",
    );
    refused(
        folder,
        "trusted_proxies = [\"10.0.0.0/33\"]\n",
        "collector.toml:2:20: `10.0.0.0/33` is not a valid address or network",
    );
}
