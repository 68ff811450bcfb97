//! The external broker, a real mosquitto with a password: packets reach intake, acknowledgements reach agents, and all
//! goes on after the broker was killed.

use std::time::Duration;

use plenum_collector::broker::{Broker, Incoming, Message};
use plenum_link::mqtt::{Event, MqttOptions, Publisher, connect};
use plenum_link::testing::Mosquitto;
use plenum_link::{Shutdown, SystemClock};
use tokio::sync::mpsc::{self, Receiver};

/// Longer than anything here takes on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(60);

fn start(mosquitto: &Mosquitto, password: &str, shutdown: &Shutdown) -> (Broker, Receiver<Incoming>) {
    let mut options = MqttOptions::new(&mosquitto.address(), "collector");
    options.user = Some("collector".to_owned());
    options.password = Some(password.to_owned());
    let (queue, packets) = mpsc::channel(100);
    let broker = Broker::start_external(options, queue, SystemClock::shared(), shutdown);
    (broker, packets)
}

fn agent(mosquitto: &Mosquitto, shutdown: &Shutdown) -> (Publisher, Receiver<Event>) {
    let mut options = MqttOptions::new(&mosquitto.address(), "ams1/pi-a");
    options.user = Some("ams1/pi-a".to_owned());
    options.password = Some("agent".to_owned());
    options.subscriptions = vec!["plenum/1/ams1/pi-a/ack".to_owned()];
    connect(options, SystemClock::shared(), shutdown)
}

async fn up(broker: &Broker, expected: bool) {
    let mut connected = broker.connected();
    let reached = tokio::time::timeout(DEADLINE, connected.wait_for(|up| *up == expected));
    reached.await.expect("in time").expect("running");
}

async fn take<T>(receiver: &mut Receiver<T>) -> T {
    tokio::time::timeout(DEADLINE, receiver.recv())
        .await
        .expect("in time")
        .expect("running")
}

async fn acknowledgement(events: &mut Receiver<Event>) -> Incoming {
    loop {
        if let Event::Message(message) = take(events).await {
            return message;
        }
    }
}

const USERS: &[(&str, &str)] = &[("collector", "secret"), ("ams1/pi-a", "agent")];

#[tokio::test]
async fn packets_and_acknowledgements_pass_and_pass_again_after_a_kill() {
    let mut mosquitto = Mosquitto::with_users(USERS).unwrap();
    let shutdown = Shutdown::new();
    let (broker, mut packets) = start(&mosquitto, "secret", &shutdown);
    let (publisher, mut events) = agent(&mosquitto, &shutdown);
    for round in 0..2 {
        up(&broker, true).await;
        publisher.connected().await;
        assert_eq!(broker.trouble(), None);
        for (kind, retain) in [("status", true), ("readings", false), ("result", false)] {
            let mut message = Message::new(format!("plenum/1/ams1/pi-a/{kind}"), format!("{kind} {round}"));
            message.retain = retain;
            message.user_properties = vec![("stream".into(), "s".into())];
            publisher.publish(message).await.unwrap();
            let packet = take(&mut packets).await;
            assert_eq!(packet.payload, format!("{kind} {round}"));
            assert_eq!(packet.user_property("stream"), Some("s"));
            assert_eq!(packet.received_from, None);
        }
        let ack = Message::new("plenum/1/ams1/pi-a/ack", format!("ack {round}")).retained();
        broker.publish(ack).await.unwrap();
        assert_eq!(acknowledgement(&mut events).await.payload, format!("ack {round}"));
        // What we acknowledge ourselves does not come back to us.
        assert!(packets.try_recv().is_err());

        mosquitto.kill();
        up(&broker, false).await;
        let trouble = broker.trouble().expect("the broker is dead");
        assert!(
            trouble.contains("the connection to broker 127.0.0.1:"),
            "{trouble}"
        );
        mosquitto.start_again().unwrap();
    }
}

#[tokio::test]
async fn another_collectors_acknowledgement_is_seen() {
    let mosquitto = Mosquitto::with_users(USERS).unwrap();
    let shutdown = Shutdown::new();
    let (broker, mut packets) = start(&mosquitto, "secret", &shutdown);
    up(&broker, true).await;
    let (other, _events) = agent(&mosquitto, &shutdown);
    other.connected().await;
    let foreign = Message::new("plenum/1/ams1/pi-b/ack", "{\"database\":\"foreign\"}");
    other.publish(foreign).await.unwrap();
    let packet = take(&mut packets).await;
    assert_eq!(packet.topic, "plenum/1/ams1/pi-b/ack");
}

#[tokio::test]
async fn a_refusing_broker_is_named_with_its_reason() {
    let mosquitto = Mosquitto::with_users(USERS).unwrap();
    let shutdown = Shutdown::new();
    let (broker, _packets) = start(&mosquitto, "wrong", &shutdown);
    let expected = "wrong password for user `collector`";
    let told = async {
        while !broker.trouble().is_some_and(|why| why.contains(expected)) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, told)
        .await
        .expect("the reason is told");
    assert!(
        broker
            .publish(Message::new("plenum/1/ams1/pi-a/ack", "x"))
            .await
            .is_err()
    );
}
