//! Intake against what agents, strangers and disks do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt;
use plenum_core::fact::Item;
use plenum_link::mqtt::Incoming;
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::payload::Ack;
use plenum_protocol::topic::{Topic, TopicKind};
use plenum_protocol::{AgentName, Clock, Duration, Timestamp};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::dead_letters::Retried;
use super::*;
use crate::database::{self, Database};
use crate::journal::{self, Claim, Journal};

mod disk;
mod mad;
mod own;
mod strangers;
mod streams;
mod worst;

const START: i64 = 1_700_000_000_000;

/// A running intake, with the test as broker.
struct Rig {
    folder: PathBuf,
    clock: SimulatedClock,
    journal: Journal,
    counters: Arc<Counters>,
    agents: Agents,
    messages: mpsc::Sender<Incoming>,
    commands: mpsc::Sender<Command>,
    acks: mpsc::UnboundedReceiver<(String, Ack)>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    markers: u64,
}

impl Rig {
    /// What `plenum agents resolve` asks for.
    async fn resolve(&self, agent: AgentName) {
        let (done, settled) = oneshot::channel();
        let by = plenum_core::authority::Actor::Person(1);
        let command = Command::ResolveForeign { agent, by, done };
        self.commands.send(command).await.unwrap();
        settled.await.unwrap().unwrap();
    }

    async fn start(folder: &Path) -> Self {
        Self::with(folder, |_| {}).await
    }

    async fn with(folder: &Path, change: impl FnOnce(&mut Options)) -> Self {
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(START));
        let (path, at) = (folder.to_owned(), clock.clone());
        let open = move || {
            let claim = Claim::take(&path).unwrap();
            let database = Database::open(&path.join("plenum.db"), &database::PLENUM).unwrap();
            Journal::open(claim, database, Arc::new(at), journal::Options::default())
        };
        let journal = tokio::task::spawn_blocking(open).await.unwrap().unwrap();
        let mut options = Options::new(folder.to_owned());
        options.disk_reserve = 0;
        options.disk_full = 101;
        change(&mut options);
        let intake = Intake::start(journal.clone(), Arc::new(clock.clone()), options)
            .await
            .unwrap();
        let (messages, inbox) = mpsc::channel(64);
        let (commands, asked) = mpsc::channel(4);
        let (publish, acks) = mpsc::unbounded_channel();
        let publish: PublishAck = Arc::new(move |topic: Topic, payload: Vec<u8>| {
            assert_eq!(topic.kind, TopicKind::Ack);
            let name = format!("{}/{}", topic.site, topic.agent);
            publish.send((name, Ack::from_json(&payload).unwrap())).ok();
            async { true }.boxed()
        });
        let stop = CancellationToken::new();
        let (counters, agents) = (intake.counters(), intake.agents());
        let running = tokio::spawn(intake.run(inbox, asked, publish, stop.clone()));
        Self {
            folder: folder.to_owned(),
            clock,
            journal,
            counters,
            agents,
            messages,
            commands,
            acks,
            stop,
            running,
            markers: 0,
        }
    }

    /// Stops in good order and starts again on the same files.
    async fn restart(self) -> Self {
        let folder = self.end().await;
        Self::start(&folder).await
    }

    async fn end(self) -> PathBuf {
        self.stop.cancel();
        self.running.await.unwrap();
        self.folder
    }

    async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>, properties: &[(&str, &str)]) {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let message = Incoming {
            topic: topic.to_owned(),
            payload: payload.into().into(),
            user_properties: properties.iter().map(owned).collect(),
            ..Incoming::default()
        };
        self.messages.send(message).await.unwrap();
    }

    /// A batch of agent `s/a` with one temperature at `START` + `seq` seconds.
    async fn batch(&self, stream: &str, seq: u64, first: u64, last: u64) {
        let at = (START / 1_000) as u64 + seq;
        self.send("s/a", stream, [seq, first, last], &pack("s/a", at as f64, 21.5))
            .await;
    }

    async fn send(&self, agent: &str, stream: &str, [seq, first, last]: [u64; 3], payload: &str) {
        let (seq, first, last) = (seq.to_string(), first.to_string(), last.to_string());
        let properties = [
            ("stream", stream),
            ("seq", &seq),
            ("first", &first),
            ("last", &last),
        ];
        self.publish(&format!("plenum/1/{agent}/readings"), payload, &properties)
            .await;
    }

    /// The next acknowledgement of an agent; time passes in steps until it comes.
    async fn ack(&mut self, agent: &str) -> Ack {
        for _ in 0..600 {
            let next = tokio::time::timeout(std::time::Duration::from_millis(50), self.acks.recv()).await;
            match next {
                Ok(Some((name, ack))) if name == agent => return ack,
                Ok(Some(_)) => {}
                Ok(None) => panic!("intake has ended"),
                Err(_) => self.pass(100),
            }
        }
        panic!("no acknowledgement of {agent}");
    }

    /// Waits for an acknowledgement that says so.
    async fn acknowledged(&mut self, agent: &str, stream: &str, through: u64) {
        while self.ack(agent).await.streams.get(stream) != Some(&through) {}
    }

    /// Everything sent before has been dealt with, and nothing of `agent` was acknowledged for it.
    async fn silent(&mut self, agent: &str, marker: u64) {
        self.send("s/marker", "mm", [marker, 1, marker], &pack("s/marker", 1e9, 1.0))
            .await;
        loop {
            let (name, ack) = self.acks.recv().await.unwrap();
            assert_ne!(name, agent, "{ack:?}");
            if ack.streams.get("mm") == Some(&marker) {
                return;
            }
        }
    }

    /// Everything sent before has been dealt with.
    async fn silent_marker(&mut self) {
        let marker = self.markers + 1;
        self.markers = marker;
        self.send(
            "s/marker2",
            "mm",
            [marker, 1, marker],
            &pack("s/marker2", 1e9 + marker as f64, 1.0),
        )
        .await;
        self.acknowledged("s/marker2", "mm", marker).await;
    }

    fn pass(&self, milliseconds: i64) {
        self.clock
            .advance_to(self.clock.now() + Duration::from_milliseconds(milliseconds));
    }

    async fn items(&self) -> Vec<Item> {
        let mut reader = self.journal.reader("test").await.unwrap();
        let mut items = Vec::new();
        while let Some(entry) = reader.try_next().await.unwrap() {
            items.extend(entry.items.iter().cloned());
        }
        items
    }

    /// Seconds after `START` of every reading of `s/a`, in the journal's order.
    async fn readings(&self) -> Vec<i64> {
        let items = self.items().await;
        let batches = items.iter().filter_map(|item| match item {
            Item::Batch(batch) if batch.agent.agent.as_str() == "a" => Some(batch),
            _ => None,
        });
        batches
            .flat_map(|batch| &batch.readings)
            .map(|reading| (reading.at.milliseconds() - START) / 1_000)
            .collect()
    }

    /// Kind, subject and whether it begins, of every system condition.
    async fn conditions(&self) -> Vec<(&'static str, String, bool)> {
        let items = self.items().await;
        let condition = |item: &Item| match item {
            Item::System(condition) => Some((
                condition.kind.as_str(),
                condition.subject.clone(),
                condition.active,
            )),
            _ => None,
        };
        items.iter().filter_map(condition).collect()
    }

    async fn letters(&self) -> Vec<dead_letters::DeadLetter> {
        self.journal
            .database()
            .read(|connection| dead_letters::list(connection, 0, 100))
            .await
            .unwrap()
    }

    /// Makes a letter readable, as if a newer version understood it.
    async fn repair(&self, id: u64, payload: String) {
        let repair = move |connection: &Connection| {
            let update = "update dead_letter set payload = ?2 where id = ?1";
            connection.execute(update, (id, payload.into_bytes()))
        };
        self.journal.database().write(repair).await.unwrap();
    }

    /// Deletes a letter as a person does, and tells intake.
    async fn delete_letter(&self, id: u64) {
        let delete = move |connection: &Connection| dead_letters::delete(connection, id);
        self.journal.database().write(delete).await.unwrap();
        let (done, told) = tokio::sync::oneshot::channel();
        self.commands.send(Command::LettersChanged(done)).await.unwrap();
        told.await.unwrap();
    }

    fn count(&self, name: &str) -> u64 {
        let list = self.counters.list();
        list.iter().find(|(counter, _)| *counter == name).unwrap().1
    }
}

fn pack(agent: &str, at: f64, value: f64) -> String {
    format!(r#"[{{"bn":"{agent}/","n":"inlet/temperature","u":"Cel","t":{at},"v":{value}}}]"#)
}

fn name(agent: &str) -> AgentName {
    AgentName {
        site: "s".parse().unwrap(),
        agent: agent.parse().unwrap(),
    }
}
