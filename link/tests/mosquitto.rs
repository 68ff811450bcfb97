//! The connection against a real mosquitto: a broker that is killed, a wrong password, large packets, a slow consumer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use plenum_link::mqtt::{ConnectionError, Event, Incoming, Message, MqttOptions, Publisher, connect};
use plenum_link::testing::{Mosquitto, free_port};
use plenum_link::{Bytes, Shutdown, SystemClock};
use tokio::sync::mpsc::Receiver;

/// Longer than anything here takes on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(60);

struct Client {
    publisher: Publisher,
    events: Receiver<Event>,
}

impl Client {
    fn new(options: MqttOptions, shutdown: &Shutdown) -> Self {
        let (publisher, events) = connect(options, SystemClock::shared(), shutdown);
        Self { publisher, events }
    }

    async fn next(&mut self) -> Event {
        tokio::time::timeout(DEADLINE, self.events.recv())
            .await
            .expect("nothing happened")
            .expect("the connection ended")
    }

    async fn connected(&mut self) {
        while !matches!(self.next().await, Event::Connected { .. }) {}
    }

    async fn failure(&mut self) -> ConnectionError {
        loop {
            if let Event::Disconnected { why } = self.next().await {
                return why;
            }
        }
    }

    async fn message(&mut self) -> Incoming {
        loop {
            if let Event::Message(message) = self.next().await {
                return message;
            }
        }
    }
}

fn options(broker: &Mosquitto, client_id: &str, subscription: &str) -> MqttOptions {
    let mut options = MqttOptions::new(&broker.address(), client_id);
    options.subscriptions = vec![subscription.to_owned()];
    options.own_messages = true;
    options
}

#[tokio::test]
async fn a_large_message_arrives_whole_with_its_properties() {
    let broker = Mosquitto::start().unwrap();
    let shutdown = Shutdown::new();
    let mut client = Client::new(options(&broker, "one", "plenum/1/a/b/readings"), &shutdown);
    client.connected().await;
    let payload = Bytes::from((0..200 * 1024).map(|n: u32| (n % 251) as u8).collect::<Vec<_>>());
    let mut message = Message::new("plenum/1/a/b/readings", payload.clone());
    message.content_type = Some("application/senml+json".to_owned());
    message.user_properties = vec![("stream".into(), "x".into()), ("seq".into(), "1".into())];
    client.publisher.publish(message).await.unwrap();
    let incoming = client.message().await;
    assert_eq!(incoming.payload, payload);
    assert_eq!(incoming.user_property("seq"), Some("1"));
    assert_eq!(incoming.content_type.as_deref(), Some("application/senml+json"));

    let large = Message::new("plenum/1/a/b/readings", vec![0; 400 * 1024]);
    let error = client.publisher.publish(large).await.unwrap_err().to_string();
    assert!(error.contains("allowed in a packet"), "{error}");
}

#[tokio::test]
async fn a_killed_broker_is_found_again_and_subscribed_again() {
    let mut broker = Mosquitto::start().unwrap();
    let shutdown = Shutdown::new();
    let mut client = Client::new(options(&broker, "one", "t/#"), &shutdown);
    client.connected().await;
    for round in 0..3 {
        broker.kill();
        let why = client.failure().await;
        assert!(matches!(why, ConnectionError::Lost { .. }), "{why}");
        assert!(
            client
                .publisher
                .publish(Message::new("t/x", "lost"))
                .await
                .is_err()
        );
        broker.start_again().unwrap();
        client.connected().await;
        let text = format!("round {round}");
        client
            .publisher
            .publish(Message::new("t/x", text.clone()))
            .await
            .unwrap();
        assert_eq!(client.message().await.payload, text);
    }
}

#[tokio::test]
async fn a_wrong_password_is_called_so_and_a_right_one_works() {
    let broker = Mosquitto::with_users(&[("ams1/pi-a1", "right")]).unwrap();
    let shutdown = Shutdown::new();
    let mut wrong = options(&broker, "wrong", "t");
    wrong.user = Some("ams1/pi-a1".to_owned());
    wrong.password = Some("left".to_owned());
    let mut right = wrong.clone();
    right.client_id = "right".to_owned();
    right.password = Some("right".to_owned());

    let why = Client::new(wrong, &shutdown).failure().await.to_string();
    assert!(
        why.contains("refused the connection: wrong password for user `ams1/pi-a1`"),
        "{why}"
    );
    Client::new(right, &shutdown).connected().await;
    let why = Client::new(options(&broker, "nobody", "t"), &shutdown)
        .failure()
        .await;
    assert!(
        why.to_string().contains("wants a user name and a password"),
        "{why}"
    );
}

#[tokio::test]
async fn a_closed_port_is_unreachable_and_said_once() {
    let shutdown = Shutdown::new();
    let address = format!("mqtt://127.0.0.1:{}", free_port().unwrap())
        .parse()
        .unwrap();
    let mut client = Client::new(MqttOptions::new(&address, "one"), &shutdown);
    let why = client.failure().await;
    assert!(matches!(why, ConnectionError::Unreachable { .. }), "{why}");
    // Several attempts later nothing new has been said.
    let more = tokio::time::timeout(Duration::from_secs(2), client.events.recv()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn the_will_of_each_connection_is_its_own_and_is_said_when_stopping() {
    let broker = Mosquitto::start().unwrap();
    let (watching, stopping) = (Shutdown::new(), Shutdown::new());
    let mut watcher = Client::new(options(&broker, "watcher", "status"), &watching);
    watcher.connected().await;
    let mut with_will = options(&broker, "mortal", "t");
    with_will.will = Some(Arc::new(|attempt| {
        Message::new("status", format!("offline {attempt}")).retained()
    }));
    // A second client of the same name ends the first, whose will the broker says.
    let mut first = Client::new(with_will.clone(), &stopping);
    first.connected().await;
    let mut thief = options(&broker, "mortal", "t");
    thief.will = None;
    let thieves = Shutdown::new();
    let mut thief = Client::new(thief, &thieves);
    thief.connected().await;
    assert_eq!(watcher.message().await.payload, "offline 1");
    assert_eq!(
        thieves
            .finish(plenum_protocol::Duration::from_seconds(10), &SystemClock)
            .await,
        [""; 0]
    );
    first.connected().await;
    // Told to stop it says its will itself, with the number of that connection.
    assert_eq!(
        stopping
            .finish(plenum_protocol::Duration::from_seconds(10), &SystemClock)
            .await,
        [""; 0]
    );
    let last = watcher.message().await;
    assert!(
        last.payload.starts_with(b"offline ") && last.payload != "offline 1",
        "{last:?}"
    );
}

#[tokio::test]
async fn a_slow_consumer_loses_nothing_that_has_space_and_keeps_the_connection() {
    let broker = Mosquitto::start().unwrap();
    let shutdown = Shutdown::new();
    let mut slow = options(&broker, "slow", "t");
    slow.event_queue = 501;
    slow.keep_alive = plenum_protocol::Duration::from_seconds(5);
    let mut slow = Client::new(slow, &shutdown);
    slow.connected().await;
    flood(&broker, &shutdown).await;
    // Longer than mosquitto lets a client be silent (keep-alive and a half).
    nothing_taken_for(Duration::from_secs(9)).await;
    let mut taken = BTreeSet::new();
    while taken.len() < 500 {
        assert!(taken.insert(slow.message().await.payload), "a message came twice");
    }
    assert_eq!(slow.publisher.counters().dropped.load(Relaxed), 0);
    assert_eq!(slow.publisher.counters().connected.load(Relaxed), 1);
}

#[tokio::test]
async fn what_finds_no_space_for_long_is_counted_and_kept_values_come_again() {
    let broker = Mosquitto::start().unwrap();
    let shutdown = Shutdown::new();
    let mut slow = options(&broker, "slow", "+");
    slow.event_queue = 4;
    slow.keep_alive = plenum_protocol::Duration::from_seconds(5);
    let mut slow = Client::new(slow, &shutdown);
    slow.connected().await;
    let sender = flood(&broker, &shutdown).await;
    let status = Message::new("status", "online").retained();
    sender.publisher.publish(status).await.unwrap();
    nothing_taken_for(Duration::from_secs(9)).await;
    assert!(slow.publisher.counters().dropped.load(Relaxed) > 400);
    while slow.message().await.topic != "status" {}
    assert_eq!(slow.publisher.counters().connected.load(Relaxed), 1);
}

#[tokio::test]
async fn a_consumer_that_is_slow_for_a_moment_makes_the_broker_wait() {
    let broker = Mosquitto::start().unwrap();
    let shutdown = Shutdown::new();
    let mut slow = options(&broker, "slow", "t");
    slow.event_queue = 4;
    let mut slow = Client::new(slow, &shutdown);
    slow.connected().await;
    flood(&broker, &shutdown).await;
    nothing_taken_for(Duration::from_secs(1)).await;
    for number in 0..500 {
        assert_eq!(slow.message().await.payload, number.to_string());
    }
    assert_eq!(slow.publisher.counters().dropped.load(Relaxed), 0);
}

/// Publishes 500 messages on `t`.
async fn flood(broker: &Mosquitto, shutdown: &Shutdown) -> Client {
    let mut sender = Client::new(options(broker, "sender", "nothing"), shutdown);
    sender.connected().await;
    for number in 0..500 {
        let message = Message::new("t", number.to_string());
        sender.publisher.publish(message).await.expect("connected");
    }
    sender
}

/// The slowness of the consumer is what is tested, so here time itself is waited for.
async fn nothing_taken_for(time: Duration) {
    tokio::time::timeout(time, std::future::pending::<()>())
        .await
        .expect_err("never ends");
}
