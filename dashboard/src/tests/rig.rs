//! What the tests start and ask.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Once};

use plenum_collector::Collector;
use plenum_collector::alarms::{self, AlarmTask, Alarms};
use plenum_collector::audit::Audit;
use plenum_collector::availability::Services;
use plenum_collector::collector::drills::Drills;
use plenum_collector::collector::enrolment::Enrolment;
use plenum_collector::collector::heartbeats;
use plenum_collector::collector::self_check::{Parts, SelfCheck};
use plenum_collector::database::keys::{Keys, Place, Sealing};
use plenum_collector::database::{self, Database};
use plenum_collector::history::History;
use plenum_collector::intake::{self, Incoming, Intake, PublishAck};
use plenum_collector::journal::{self, Claim, Journal};
use plenum_collector::notify::annunciator::Outbox;
use plenum_collector::notify::caller::Calls;
use plenum_collector::notify::duty::Duty;
use plenum_collector::notify::{CourierOptions, Muted};
use plenum_collector::people::{NewToken, People, SEEDS};
use plenum_collector::revisions;
use plenum_core::authority::{Actor, Role, Scope};
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::Duration;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::sync::mpsc;

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
    [[sensor]]
    agent = "pi-a1"
    id = "detector"
    name = "Smoke detector"
    room = "room-a"
    place = "room"
    [[service]]
    id = "hosting"
    name = "Hosting"
    customer = "Bakker & Zn"
    objective = 0.999
    zone = "Europe/Amsterdam"
    since = "2026-01-01T00:00"
    [service.down.rule]
    rule = "inlet-high"
    room = "room-a"
    [[person]]
    id = "anna"
    name = "Anna Visser"
"#;

async fn audit(folder: &Path, journal: &Journal, keys: &Keys, shutdown: &Shutdown) -> Audit {
    let opened = Audit::open(folder, journal.clone(), SystemClock::shared(), keys).await;
    let (audit, keeper) = opened.unwrap();
    shutdown.spawn("audit", keeper.run(shutdown.token()));
    audit
}

fn sealing(folder: &Path, database: &Database) -> Arc<Sealing> {
    let keys = Keys::at(Place::own(folder), true);
    let database = database.clone();
    Arc::new(Sealing::new(keys, database, vec![SEEDS], Vec::new()))
}

/// However full the disk is.
fn bounds(folder: &Path) -> intake::Options {
    intake::Options {
        disk_reserve: 0,
        disk_full: 101,
        ..intake::Options::new(folder.to_owned())
    }
}

/// A running server.
pub(super) struct Rig {
    pub(super) collector: Arc<Collector>,
    pub(super) address: SocketAddr,
    pub(super) token: String,
    messages: mpsc::Sender<Incoming>,
    client: reqwest::Client,
    shutdown: Shutdown,
    _folder: tempfile::TempDir,
}

async fn people(database: &Database, sealing: &Sealing) -> People {
    let (database, keys) = (database.clone(), sealing.keys().clone());
    People::open(database, SystemClock::shared(), keys).await.unwrap()
}

async fn enrolment(database: &Database, sealing: &Sealing) -> Arc<Enrolment> {
    let (database, keys) = (database.clone(), sealing.keys().clone());
    Enrolment::open(database, keys, SystemClock::shared())
        .await
        .unwrap()
}

async fn intake(journal: &Journal, folder: &Path) -> Intake {
    let (journal, clock) = (journal.clone(), SystemClock::shared());
    Intake::start(journal, clock, bounds(folder)).await.unwrap()
}

impl Rig {
    pub(super) async fn start() -> Self {
        Self::start_with(SITE).await
    }

    /// Without the built-in rules on cooling, for what is about limits: the forecast would see a loss of cooling in their steps.
    pub(super) async fn start_without_cooling() -> Self {
        let off = |id: &str| {
            format!(
                "[[rule]]\nid = \"{id}\"\nname = \"Off\"\nenabled = false\npriority = \"low\"\nwhen = {{ above = {{ limit = 32 }} }}\n\
                 select = {{ quantities = [\"temperature\"] }}\n"
            )
        };
        Self::start_with(&format!(
            "{SITE}\n{}{}",
            off("cooling-failing"),
            off("cooling-failed")
        ))
        .await
    }

    /// With this site.
    pub(super) async fn start_with(site: &str) -> Self {
        install_provider();
        let folder = tempfile::tempdir().unwrap();
        let shutdown = Shutdown::new();
        let clock = SystemClock::shared();
        let claim = Claim::take(folder.path()).unwrap();
        let database = Database::open(&folder.path().join("plenum.db"), &database::PLENUM).unwrap();
        let journal = journal(claim, database.clone()).await;
        let sealing = sealing(folder.path(), &database);
        let people = people(&database, &sealing).await;
        let token = people.issue_token("test").await.unwrap();
        let first = revisions::load_first(&journal, site.to_owned(), Actor::named("test"), clock.now());
        first.await.unwrap();
        let (alarms, alarm_task) = open_alarms(&journal).await;
        let intake = intake(&journal, folder.path()).await;
        let ((messages, inbox), (commands, asked)) = (mpsc::channel(64), mpsc::channel(4));
        let history = history(folder.path()).await;
        shutdown.spawn("history", history.clone().run(journal.clone(), shutdown.token()));
        let (duty, calls, drills) = on_duty(&journal, &alarms).await;
        let heartbeats = heartbeats::open(&journal, &clock, alarms.site(), &shutdown);
        let collector = Arc::new(Collector {
            drills,
            check: check((&journal, &history, &alarms), (&commands, &intake)),
            beats: Arc::default(),
            calls,
            duty,
            heartbeats: heartbeats.await.unwrap(),
            services: Services::new(database.clone(), history.clone(), clock.clone()),
            database: database.clone(),
            history,
            intake: commands,
            intake_counters: intake.counters(),
            agents: intake.agents(),
            people: Arc::new(people),
            audit: audit(folder.path(), &journal, sealing.keys(), &shutdown).await,
            enrolment: enrolment(&database, &sealing).await,
            sealing,
            journal,
            alarms,
            deliveries: Arc::default(),
            running: Arc::default(),
            ways: tokio::sync::watch::channel(CourierOptions::default()).1,
        });
        shutdown.spawn("alarms", alarm_task.run(shutdown.token()));
        // The first revision is in force once the alarms have come to it.
        let mut site = collector.alarms.site();
        site.wait_for(|site| !site.rooms.is_empty()).await.unwrap();
        let publish: PublishAck = Arc::new(|_, _| Box::pin(async { true }));
        shutdown.spawn("intake", intake.run(inbox, asked, publish, shutdown.token()));
        let address = listen(collector.clone(), &shutdown).await;
        Self {
            collector,
            address,
            token,
            messages,
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

    /// A request as the command line makes them: by a token.
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

    /// Asks until the answer is the wanted one.
    pub(super) async fn wait_for(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let clock = SystemClock::shared();
        let deadline = clock.steady() + Duration::from_seconds(30);
        loop {
            let answer = self.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            assert!(clock.steady() < deadline, "{path}: {answer}");
            clock.sleep(Duration::from_milliseconds(20)).await;
        }
    }

    /// Waits until something is so.
    pub(super) async fn wait_until<F: Future<Output = bool>>(&self, wanted: impl Fn() -> F) {
        let clock = SystemClock::shared();
        let deadline = clock.steady() + Duration::from_seconds(30);
        while !wanted().await {
            assert!(clock.steady() < deadline, "it did not come to be");
            clock.sleep(Duration::from_milliseconds(20)).await;
        }
    }

    /// A token of this role with these limits.
    pub(super) async fn token_of(&self, role: Role, rooms: &[&str], customers: &[&str]) -> String {
        let new = NewToken {
            name: format!("{role} of the test"),
            role,
            scope: Scope {
                rooms: rooms.iter().map(|room| room.parse().unwrap()).collect(),
                customers: customers.iter().map(|&name| name.to_owned()).collect(),
            },
            expires_at: Some(SystemClock::shared().now() + Duration::from_hours(1)),
        };
        self.collector
            .people
            .give_token(new, Actor::named("test"))
            .await
            .unwrap()
            .1
    }

    /// Makes the administrator anna; her session's cookie.
    pub(super) async fn anna(&self) -> String {
        let link = self.collector.people.issue_first_link().await.unwrap().unwrap();
        let response = self
            .ask(Method::POST, "/api/v1/sessions/first")
            .json(&serde_json::json!({"token": link, "name": "anna", "password": PASSWORD}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        cookie(&response)
    }

    /// Hands intake a message as the broker would.
    pub(super) async fn publish(&self, kind: &str, payload: Value) {
        self.publish_as("pi-a1", kind, payload).await;
    }

    /// The same of another agent.
    pub(super) async fn publish_as(&self, agent: &str, kind: &str, payload: Value) {
        let message = Incoming {
            topic: format!("plenum/1/zaandam/{agent}/{kind}"),
            payload: payload.to_string().into_bytes().into(),
            user_properties: Vec::new(),
            ..Incoming::default()
        };
        self.messages.send(message).await.unwrap();
    }

    pub(super) async fn stop(self) {
        let late = self
            .shutdown
            .finish(Duration::from_seconds(10), &SystemClock)
            .await;
        assert_eq!(late, Vec::<String>::new());
    }
}

async fn listen(collector: Arc<Collector>, shutdown: &Shutdown) -> SocketAddr {
    let dashboard = Dashboard::new(collector, SystemClock::shared(), "0.0.0-test");
    let dashboard = Arc::new(dashboard.with_base_url(&"https://plenum.example.org/".parse().unwrap()));
    serve((Ipv4Addr::LOCALHOST, 0).into(), dashboard, shutdown)
        .await
        .unwrap()
        .address
}

fn install_provider() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("the first provider");
    });
}

async fn journal(claim: Claim, database: Database) -> Journal {
    let open = move || {
        Journal::open(
            claim,
            database,
            SystemClock::shared(),
            journal::Options::default(),
        )
    };
    tokio::task::spawn_blocking(open).await.unwrap().unwrap()
}

async fn history(folder: &Path) -> History {
    let path = folder.join("history.db");
    let open = move || History::open(&path, SystemClock::shared()).unwrap();
    tokio::task::spawn_blocking(open).await.unwrap()
}

/// Every operation of the document.
pub(super) fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(crate::routes::table().document).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(|method| (method.to_uppercase().parse().unwrap(), path.clone()))
    });
    all.collect()
}

/// The session's cookie as a browser would send it back.
pub(super) fn cookie(response: &Response) -> String {
    let header = response.headers()["set-cookie"].to_str().unwrap();
    header.split(';').next().unwrap().to_owned()
}

/// Checks that an answer is a problem with this status, and returns it.
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

/// Who is on duty, and who would call them.
async fn on_duty(journal: &Journal, alarms: &Alarms) -> (Duty, Calls, Drills) {
    let (clock, database) = (SystemClock::shared(), journal.database().clone());
    let duty = Duty::open(database, clock.clone(), alarms.site()).await.unwrap();
    let calls = Calls::new(&duty, Arc::new(Outbox::new(clock.clone(), Arc::default())));
    let held = (alarms.clone(), calls.clone());
    let drills = Drills::new(journal.clone(), clock, held);
    (duty, calls, drills)
}

async fn open_alarms(journal: &Journal) -> (Alarms, AlarmTask) {
    let opened = alarms::open(journal.clone(), SystemClock::shared(), Arc::new(Muted));
    opened.await.unwrap()
}

/// Looks at these when it is asked, and not by itself.
fn check(
    (journal, history, alarms): (&Journal, &History, &Alarms),
    (commands, intake): (&mpsc::Sender<intake::Command>, &Intake),
) -> SelfCheck {
    SelfCheck::new(Parts {
        clock: SystemClock::shared(),
        journal: journal.clone(),
        history: history.clone(),
        alarms: alarms.clone(),
        intake: commands.clone(),
        counters: intake.counters(),
        deliveries: Arc::default(),
    })
}
