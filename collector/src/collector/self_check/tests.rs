//! Real parts that stop getting anywhere, one after the other, and a beat that is kept back meanwhile.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use plenum_core::fact::{Report, SystemKind};
use plenum_protocol::Timestamp;
use plenum_protocol::clock::SimulatedClock;
use rusqlite::Connection;

use super::*;
use crate::alarms::{self, AlarmTask};
use crate::collector::beats;
use crate::config::Config;
use crate::database::{self, Database};
use crate::journal::{self, Claim, Group, condition};
use crate::notify::Muted;

struct Rig {
    check: SelfCheck,
    marks: Marks,
    clock: SimulatedClock,
    journal: Journal,
    asked: mpsc::Receiver<intake::Command>,
    alarms: Option<AlarmTask>,
    shutdown: Shutdown,
    folder: tempfile::TempDir,
}

impl Rig {
    /// The history runs; nobody answers for intake, and the alarms stand.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(1_700_000_000_000));
        let claim = Claim::take(folder.path()).unwrap();
        let (path, shared): (_, Arc<dyn Clock>) = (folder.path().to_owned(), Arc::new(clock.clone()));
        let time = shared.clone();
        let open = move || {
            let database = Database::open(&path.join("plenum.db"), &database::PLENUM).unwrap();
            let history = History::open(&path.join("history.db"), time.clone()).unwrap();
            let journal = Journal::open(claim, database, time, journal::Options::default());
            (journal.unwrap(), history)
        };
        let (journal, history) = tokio::task::spawn_blocking(open).await.unwrap();
        let shutdown = Shutdown::new();
        shutdown.spawn("history", history.clone().run(journal.clone(), shutdown.token()));
        let opened = alarms::open(journal.clone(), shared.clone(), Arc::new(Muted)).await;
        let (alarms, task) = opened.unwrap();
        let (intake, asked) = mpsc::channel(4);
        let check = SelfCheck::new(Parts {
            clock: shared,
            journal: journal.clone(),
            history,
            alarms,
            intake,
            counters: Arc::default(),
            deliveries: Arc::default(),
        });
        while check.outside().is_some() {
            tokio::task::yield_now().await;
        }
        Self {
            check,
            marks: Marks::default(),
            clock,
            journal,
            asked,
            alarms: Some(task),
            shutdown,
            folder,
        }
    }

    /// A look; intake answers where it is said to, and time goes by where it does not.
    async fn look(&mut self, intake_answers: bool) -> Option<Unwell> {
        let answering = async {
            loop {
                match intake_answers {
                    false => {
                        self.clock.advance(ANSWER);
                        tokio::task::yield_now().await;
                    }
                    true => match self.asked.recv().await {
                        // Whoever asked before may have given up.
                        Some(intake::Command::Answer(done)) => drop(done.send(())),
                        other => panic!("{other:?}"),
                    },
                }
            }
        };
        tokio::select! {
            found = self.check.look(&mut self.marks) => found,
            () = answering => None,
        }
    }

    /// What the next looks found, as the task keeps it.
    fn looked(&self, found: Option<Unwell>) {
        let at = self.clock.steady();
        self.check.0.looked.send_replace(Some((at, found)));
    }
}

#[tokio::test]
async fn each_part_that_gets_nowhere_is_seen() {
    let mut rig = Rig::new().await;
    assert_eq!(rig.look(true).await, None);
    let counters = rig.check.0.parts.counters.clone();
    counters.commits_fail.store(1, Ordering::Relaxed);
    assert_eq!(rig.look(true).await, Some(Unwell::NothingStored));
    counters.commits_fail.store(0, Ordering::Relaxed);
    assert_eq!(rig.look(false).await, Some(Unwell::IntakeStands));
    // Nobody applies this, until somebody does.
    let begin = |connection: &Connection, group: &mut Group| {
        condition::say(
            connection,
            group,
            SystemKind::BrokerLost,
            "",
            Report::BrokerLost { why: String::new() },
        )
    };
    rig.journal.append_with(begin).await.unwrap();
    rig.marks = Marks::default();
    for expected in [None, None, Some(Unwell::AlarmsBehind)] {
        assert_eq!(rig.look(true).await, expected);
        rig.clock.advance(Duration::from_minutes(1));
    }
    let task = rig.alarms.take().unwrap();
    rig.shutdown.spawn("alarms", task.run(rig.shutdown.token()));
    let (head, mut applied) = (rig.journal.statistics().head, rig.check.0.parts.alarms.applied());
    applied.wait_for(|applied| *applied >= head).await.unwrap();
    assert_eq!(rig.look(true).await, None);
    let away = |connection: &Connection| connection.execute("alter table outbox rename to away", []);
    rig.journal.database().write(away).await.unwrap();
    assert_eq!(rig.look(true).await, Some(Unwell::DatabaseSilent));
}

#[tokio::test]
async fn a_look_that_is_old_is_nobodys() {
    let rig = Rig::new().await;
    assert_eq!(rig.check.unwell(), None, "it has just begun");
    rig.looked(None);
    assert_eq!(rig.check.unwell(), None);
    rig.clock.advance(OLD);
    assert_eq!(rig.check.unwell(), Some(Unwell::NobodyLooks));
    rig.looked(Some(Unwell::OutboxStuck));
    assert_eq!(rig.check.unwell(), Some(Unwell::OutboxStuck));
}

/// Answers each request so, and keeps who was let in by what.
fn serve(answer: Arc<Mutex<&'static str>>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ping", listener.local_addr().unwrap());
    let came = Arc::<Mutex<Vec<String>>>::default();
    let kept = came.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let head = head(&stream);
            kept.lock().unwrap().push(head);
            let said = *answer.lock().unwrap();
            let _ = write!(
                stream,
                "HTTP/1.1 {said}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
    });
    (url, came)
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_beat_is_kept_back_while_something_is_not_well_and_any_success_is_taken() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let rig = Rig::new().await;
    let answer = Arc::new(Mutex::new("204 No Content"));
    let (url, came) = serve(answer.clone());
    std::fs::write(rig.folder.path().join("token"), "marker\n").unwrap();
    let file = rig.folder.path().join("collector.toml").display().to_string();
    let text = format!("[[beat]]\nid = \"b\"\nurl = \"{url}\"\ntoken_file = \"token\"\n");
    let beats = beats::open(&Config::parse(&file, &text).unwrap().beats).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(rig.clock.clone());
    beats::start(&beats, &rig.check, &clock, &rig.shutdown);
    let ended = || {
        let counters = beats[0].counters();
        let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        (of(&counters.taken), of(&counters.failed))
    };
    let until = async |expected: (u64, u64)| {
        while ended() != expected {
            tokio::time::timeout(std::time::Duration::from_millis(5), std::future::pending::<()>())
                .await
                .ok();
        }
    };
    let pass = |found| {
        rig.clock.advance(Duration::from_seconds(60));
        rig.looked(found);
    };
    assert_eq!(ended(), (0, 0), "nobody has looked yet");
    rig.looked(None);
    until((1, 0)).await;
    for not_well in [Unwell::NothingStored, Unwell::IntakeStands, Unwell::OutboxStuck] {
        pass(Some(not_well));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!((ended(), came.lock().unwrap().len()), ((1, 0), 1));
    rig.looked(None);
    until((2, 0)).await;
    let mut expected = (2, 0);
    for said in [
        "200 OK",
        "299 Odd",
        "302 Found\r\nlocation: /",
        "404 Not Found",
        "500 No",
        "201 Created",
    ] {
        *answer.lock().unwrap() = said;
        match said.starts_with('2') {
            true => expected.0 += 1,
            false => expected.1 += 1,
        }
        pass(None);
        until(expected).await;
    }
    let came = came.lock().unwrap();
    assert_eq!(came.len(), 8, "each once, and nobody is followed");
    let is_post = |head: &String| {
        head.starts_with("POST /ping HTTP/1.1") && head.contains("authorization: Bearer marker")
    };
    assert!(came.iter().all(is_post), "{came:?}");
}
