//! What the tests start and ask.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Once};

use plenum_collector::Collector;
use plenum_collector::accounts::{self, Accounts};
use plenum_collector::database::Database;
use plenum_collector::journal::{self, AgentName, Batch, Item, Journal, StoredReading};
use plenum_collector::site::Site;
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::{Outcome, Timestamp};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::sync::watch;

use crate::{Dashboard, serve};

pub(super) const PASSWORD: &str = "warm racks hum softly";

const SITE: &str = r#"
    [site]
    id = "zaandam"
    name = "Zaandam"
    zone = "Europe/Amsterdam"
    [[room]]
    id = "room-a"
    name = "Room A"
    [[sensor]]
    agent = "pi-a1"
    id = "inlet-a3"
    name = "Inlet A3"
    room = "room-a"
    place = "inlet"
    position = "rack A3, front, top"
"#;

/// A running server.
pub(super) struct Rig {
    pub(super) collector: Arc<Collector>,
    pub(super) address: SocketAddr,
    pub(super) token: String,
    client: reqwest::Client,
    shutdown: Shutdown,
    _folder: tempfile::TempDir,
}

impl Rig {
    pub(super) async fn start() -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            rustls::crypto::ring::default_provider()
                .install_default()
                .expect("the first provider");
        });
        let folder = tempfile::tempdir().unwrap();
        let clock = SystemClock::shared();
        let database = Database::open(
            &folder.path().join("plenum.db"),
            4_096,
            &[accounts::SCHEMA, journal::SCHEMA],
        )
        .unwrap();
        let journal = {
            let (database, clock, head) = (
                database.clone(),
                clock.clone(),
                folder.path().join("journal.head"),
            );
            let open = move || Journal::open(database, &head, clock, journal::Options::default());
            tokio::task::spawn_blocking(open).await.unwrap().unwrap()
        };
        let accounts = Accounts::open(database.clone(), clock.clone()).await.unwrap();
        let token = accounts.issue_token("test").await.unwrap();
        let site: Site = plenum_protocol::config_error::parse("site.toml", SITE).unwrap();
        let collector = Arc::new(Collector {
            database,
            journal,
            accounts: Arc::new(accounts),
            site: watch::channel(Arc::new(site)).1,
        });
        let shutdown = Shutdown::new();
        let dashboard = Arc::new(Dashboard::new(collector.clone(), clock, "0.0.0-test"));
        let address = serve((Ipv4Addr::LOCALHOST, 0).into(), dashboard, &shutdown)
            .await
            .unwrap();
        Self {
            collector,
            address,
            token,
            client: reqwest::Client::new(),
            shutdown,
            _folder: folder,
        }
    }

    /// A request without any identity.
    pub(super) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    /// A request with the token.
    pub(super) fn with_token(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask(method, path).bearer_auth(&self.token)
    }

    /// Gets JSON with the token.
    pub(super) async fn get(&self, path: &str) -> Value {
        let response = self.with_token(Method::GET, path).send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Makes the administrator anna; her session's cookie.
    pub(super) async fn anna(&self) -> String {
        let link = self.collector.accounts.issue_first_link().await.unwrap().unwrap();
        let response = self
            .ask(Method::POST, "/api/v1/sessions/first")
            .json(&serde_json::json!({"token": link, "name": "anna", "password": PASSWORD}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        cookie(&response)
    }

    /// Commits a reading as intake would.
    pub(super) async fn publish(&self, channel: &str, at: i64, outcome: Outcome) {
        let batch = Batch {
            agent: AgentName {
                site: "zaandam".parse().unwrap(),
                agent: "pi-a1".parse().unwrap(),
            },
            position: None,
            newest: true,
            readings: vec![StoredReading {
                channel: channel.parse().unwrap(),
                at: Timestamp::from_milliseconds(at),
                outcome,
                ahead: false,
            }],
        };
        self.collector
            .journal
            .append(vec![Item::Batch(batch)])
            .await
            .unwrap();
    }

    pub(super) async fn stop(self) {
        let late = self
            .shutdown
            .finish(plenum_protocol::Duration::from_seconds(10), &SystemClock)
            .await;
        assert_eq!(late, Vec::<String>::new());
    }
}

/// The session's cookie as a browser would send it back.
pub(super) fn cookie(response: &Response) -> String {
    let header = response.headers()["set-cookie"].to_str().unwrap();
    header.split(';').next().unwrap().to_owned()
}

/// Checks that an answer is a problem with this status, and gives it.
pub(super) async fn problem(request: RequestBuilder, status: u16) -> Value {
    let response = request.send().await.unwrap();
    let url = response.url().clone();
    assert_eq!(response.status().as_u16(), status, "{url}");
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json",
        "{url}"
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status, "{url}: {body}");
    assert_eq!(body["type"], "about:blank", "{url}: {body}");
    assert!(!body["title"].as_str().unwrap().is_empty(), "{url}: {body}");
    assert!(!body["detail"].as_str().unwrap().is_empty(), "{url}: {body}");
    body
}

/// Listens until `wanted` was said.
pub(super) async fn hear(live: &mut Response, heard: &mut String, wanted: &str) {
    let listen = async {
        while !heard.contains(wanted) {
            let chunk = live.chunk().await.unwrap().expect("the stream goes on");
            heard.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), listen).await;
    assert!(ended.is_ok(), "no `{wanted}` in: {heard}");
}
