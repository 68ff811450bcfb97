//! What the collector reads itself.

use std::sync::atomic::Ordering;

use plenum_protocol::payload::{AgentState, ClockState, ListedSensor, Status};
use plenum_protocol::{Channel, Quantity, Reading};

use super::*;

fn own(signal: f64, at: Timestamp) -> Own {
    let sensor = ListedSensor {
        id: "sms".parse().unwrap(),
        driver: "modem".to_owned(),
        quantities: vec![Quantity::Signal],
        interval: Duration::from_minutes(1),
        words: None,
    };
    let channel = Channel {
        sensor: sensor.id.clone(),
        quantity: Quantity::Signal,
    };
    Own {
        name: name("plenum"),
        status: Status {
            state: AgentState::Online,
            connection: 0,
            version: String::new(),
            started_at: None,
            clock: ClockState::Synchronised,
            spool: None,
            streams: Default::default(),
            sensors: vec![sensor],
        },
        readings: vec![Reading::new(channel, at, Ok(signal))],
    }
}

impl Rig {
    async fn reads(&mut self, signal: f64) {
        self.clock.advance(Duration::from_seconds(60));
        let own = own(signal, self.clock.now());
        self.commands.send(Command::Own(own)).await.unwrap();
        let (done, seen) = oneshot::channel();
        self.commands.send(Command::Answer(done)).await.unwrap();
        seen.await.unwrap();
        self.silent_marker().await;
    }

    /// What stands in the journal of the collector's own, and how often it said what it reads.
    async fn own(&self) -> (Vec<f64>, usize) {
        let items = self.items().await;
        let of_own = items.iter().filter_map(|item| match item {
            Item::Batch(batch) if batch.agent == name("plenum") && batch.position.is_none() => {
                Some(&batch.readings)
            }
            _ => None,
        });
        let values = of_own.flatten().filter_map(|reading| reading.outcome.ok());
        let said = items
            .iter()
            .filter(|item| matches!(item, Item::Presence(presence) if presence.agent == name("plenum")));
        (values.collect(), said.count())
    }
}

#[tokio::test]
async fn what_the_collector_reads_itself_is_stored_under_its_own_name_alone_and_never_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    rig.reads(-79.0).await;
    rig.reads(-81.0).await;
    assert_eq!(rig.own().await, (vec![-79.0, -81.0], 1));
    let shown = rig.agents.get(&name("plenum")).unwrap();
    assert!(shown.online && shown.status.is_some());
    let foreign = r#"[{"n":"s/plenum/sms/signal","u":"dBm","v":-20}]"#;
    rig.publish("plenum/1/s/plenum/readings", foreign, &[]).await;
    rig.publish("plenum/1/s/plenum/status", r#"{"state":"offline"}"#, &[])
        .await;
    rig.silent_marker().await;
    assert_eq!(rig.own().await, (vec![-79.0, -81.0], 1));
    assert_eq!(rig.counters.foreign_refused.load(Ordering::Relaxed), 2);
    while let Ok((acknowledged, _)) = rig.acks.try_recv() {
        assert_ne!(acknowledged, "s/plenum");
    }
    let markers = rig.markers;
    let mut rig = rig.restart().await;
    rig.markers = markers;
    rig.reads(-83.0).await;
    assert_eq!(rig.own().await.0, [-79.0, -81.0, -83.0]);
}

#[tokio::test]
async fn an_agent_of_the_collectors_own_name_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let at = (START / 1_000) as f64 + 1.0;
    rig.send("s/plenum", "aa", [1, 1, 1], &pack("s/plenum", at, 21.5))
        .await;
    rig.acknowledged("s/plenum", "aa", 1).await;
    rig.reads(-79.0).await;
    assert_eq!(rig.own().await, (vec![], 1), "its own presence alone");
    assert_eq!(rig.counters.batches_refused.load(Ordering::Relaxed), 1);
}
