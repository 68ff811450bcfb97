//! The embedded broker from outside: who gets in, who may say and read what, what reaches intake, and what is refused.

mod bounds;
mod certificates;
mod clients;
mod house;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use plenum_collector::broker::{Broker, BrokerError, MAX_PACKET, Message};
use plenum_link::mqtt::connect;
use plenum_link::{Shutdown, SystemClock};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, SubscribeReasonCode};
use tokio::sync::mpsc;

use clients::Agent;
use house::{House, KNOWN, PASSWORD, options};

/// Longer than anything here takes on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_agent_is_heard_with_all_it_says_and_reads_its_kept_acknowledgement() {
    let mut house = House::new(false).await;
    let ack = Message::new(format!("plenum/1/{KNOWN}/ack"), "{\"database\":\"x\"}").retained();
    house.broker.publish(ack).await.unwrap();
    let mut agent = house.known().await;
    let kept = agent.message().await;
    assert_eq!(
        (kept.payload.as_ref(), kept.retain),
        (&b"{\"database\":\"x\"}"[..], true)
    );

    let payload: Vec<u8> = (0..256 * 1024).map(|n: u32| (n % 251) as u8).collect();
    let mut message = Message::new(format!("plenum/1/{KNOWN}/readings"), payload.clone());
    message.content_type = Some("application/senml+json".to_owned());
    message.user_properties = vec![("stream".into(), "s1".into()), ("seq".into(), "7".into())];
    agent.publisher.publish(message).await.unwrap();
    let packet = house.packet().await;
    assert_eq!(packet.topic, format!("plenum/1/{KNOWN}/readings"));
    assert_eq!(packet.payload, payload);
    assert_eq!(packet.user_property("seq"), Some("7"));
    assert_eq!(packet.content_type.as_deref(), Some("application/senml+json"));
    assert_eq!(packet.received_from.as_deref(), Some(KNOWN));

    let mut command = Message::new(format!("plenum/1/{KNOWN}/command"), "{\"do\":\"identify\"}");
    command.expiry_seconds = Some(30);
    house.broker.publish(command).await.unwrap();
    let command = agent.message().await;
    assert_eq!(
        (command.payload.as_ref(), command.retain),
        (&b"{\"do\":\"identify\"}"[..], false)
    );
}

#[tokio::test]
async fn an_agent_keeps_to_its_own_name() {
    let mut house = House::new(true).await;
    let mut agent = house.raw(KNOWN, Some((KNOWN, PASSWORD))).await;
    for (topic, expected) in [
        ("plenum/1/ams1/pi-b/readings", PubAckReason::NotAuthorized),
        ("plenum/1/ams1/pi-a/ack", PubAckReason::NotAuthorized),
        ("plenum/1/ams1/pi-a/command", PubAckReason::NotAuthorized),
        ("elsewhere", PubAckReason::NotAuthorized),
        ("plenum/1/ams1/pi-a/result", PubAckReason::Success),
    ] {
        assert_eq!(agent.publish(topic).await, expected, "publish {topic}");
    }
    let granted = SubscribeReasonCode::Success(QoS::AtLeastOnce);
    for (filter, expected) in [
        ("#", SubscribeReasonCode::NotAuthorized),
        ("plenum/1/+/+/ack", SubscribeReasonCode::NotAuthorized),
        ("plenum/1/ams1/pi-b/ack", SubscribeReasonCode::NotAuthorized),
        ("plenum/1/ams1/pi-a/readings", SubscribeReasonCode::NotAuthorized),
        ("$SYS/#", SubscribeReasonCode::NotAuthorized),
        ("plenum/1/ams1/pi-a/ack", granted),
        ("plenum/1/ams1/pi-a/command", granted),
    ] {
        assert_eq!(agent.subscribe(filter).await, expected, "subscribe {filter}");
    }
    // Of all it tried only the one it may has reached intake.
    assert_eq!(house.packet().await.topic, "plenum/1/ams1/pi-a/result");
    assert!(house.packets.try_recv().is_err());
    assert_eq!(house.broker.counters().refused_access.load(Relaxed), 9);
}

#[tokio::test]
async fn without_a_credential_nobody_enters() {
    let house = House::new(false).await;
    for (client_id, user, expected) in [
        ("x", None, "NotAuthorized"),
        (KNOWN, None, "NotAuthorized"),
        (KNOWN, Some((KNOWN, "wrong")), "BadUserNamePassword"),
        (KNOWN, Some((KNOWN, "")), "BadUserNamePassword"),
        ("ams1/pi-new", Some(("ams1/pi-new", "")), "NotAuthorized"),
        ("x", Some(("admin", PASSWORD)), "NotAuthorized"),
        ("ams1/pi-b", Some((KNOWN, PASSWORD)), "NotAuthorized"),
    ] {
        let error = house
            .raw(client_id, user)
            .await
            .next()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{client_id} {user:?}: {error}");
    }
    assert_eq!(house.broker.counters().refused_login.load(Relaxed), 7);

    let (_, events) = connect(
        house.agent(KNOWN, Some("wrong")),
        SystemClock::shared(),
        &house.shutdown,
    );
    let publisher = house.known().await.publisher;
    let why = Agent { publisher, events }.failure().await;
    assert!(why.contains("wrong password for user `ams1/pi-a`"), "{why}");
}

#[tokio::test]
async fn a_new_agent_may_come_where_that_is_wanted_but_never_as_a_known_one() {
    let mut house = House::new(true).await;
    let mut guest = house.raw("some-gadget", None).await;
    assert_eq!(
        guest.publish("plenum/1/ams1/gadget/readings").await,
        PubAckReason::Success
    );
    assert_eq!(house.packet().await.received_from.as_deref(), Some("some-gadget"));
    assert_eq!(
        guest.publish("plenum/1/ams1/pi-a/readings").await,
        PubAckReason::NotAuthorized
    );
    assert_eq!(
        guest.publish("plenum/1/ams1/gadget/ack").await,
        PubAckReason::NotAuthorized
    );
    assert_eq!(
        guest.subscribe("plenum/1/+/+/ack").await,
        SubscribeReasonCode::NotAuthorized
    );

    let agent = house.connect(house.agent("ams1/new", None)).await;
    let message = Message::new("plenum/1/ams1/new/readings", "[]");
    agent.publisher.publish(message).await.unwrap();
    assert_eq!(house.packet().await.topic, "plenum/1/ams1/new/readings");
    // Not even its client id.
    let error = house.raw(KNOWN, None).await.next().await.unwrap_err().to_string();
    assert!(error.contains("NotAuthorized"), "{error}");
}

#[tokio::test]
async fn a_will_reaches_intake_and_may_not_be_another_agents() {
    let mut house = House::new(false).await;
    let mut mortal = house.agent(KNOWN, Some(PASSWORD));
    mortal.will = Some(Arc::new(|attempt| {
        let payload = format!("{{\"state\":\"offline\",\"connection\":{attempt}}}");
        Message::new(format!("plenum/1/{KNOWN}/status"), payload).retained()
    }));
    let first = house.connect(mortal.clone()).await;
    // The same agent again, from elsewhere: the old connection ends, and its will is said.
    let _second = house.known().await;
    let will = house.packet().await;
    assert_eq!(will.topic, format!("plenum/1/{KNOWN}/status"));
    assert_eq!(will.payload, "{\"state\":\"offline\",\"connection\":1}");
    assert_eq!(house.broker.counters().last_wills.load(Relaxed), 1);
    drop(first);

    mortal.will = Some(Arc::new(|_| Message::new("plenum/1/ams1/pi-b/status", "offline")));
    let shutdown = Shutdown::new();
    let (publisher, events) = connect(mortal, SystemClock::shared(), &shutdown);
    let why = Agent { publisher, events }.failure().await;
    assert!(why.contains("refused the connection"), "{why}");
}

#[tokio::test]
async fn the_will_of_a_connection_that_just_breaks_reaches_intake() {
    let mut house = House::new(false).await;
    let mut raw = house.raw(KNOWN, Some((KNOWN, PASSWORD))).await;
    let topic = format!("plenum/1/{KNOWN}/status");
    let will = rumqttc::v5::mqttbytes::v5::LastWill::new(topic.clone(), "gone", QoS::AtLeastOnce, true, None);
    raw.event_loop.options.set_last_will(will);
    assert!(matches!(raw.next().await, Ok(Packet::ConnAck(_))));
    drop(raw);
    let packet = house.packet().await;
    assert_eq!((packet.topic, packet.payload.as_ref()), (topic, &b"gone"[..]));
}

#[tokio::test]
async fn an_oversized_batch_reaches_intake_and_what_is_larger_still_closes_the_connection() {
    let mut house = House::new(false).await;
    let mut raw = house.raw(KNOWN, Some((KNOWN, PASSWORD))).await;
    let topic = "plenum/1/ams1/pi-a/readings";
    for (size, taken) in [(300 * 1024, true), (MAX_PACKET as usize + 1, false)] {
        let publish = raw
            .client
            .publish(topic, QoS::AtLeastOnce, false, vec![b'x'; size]);
        publish.await.unwrap();
        if taken {
            while !matches!(raw.next().await, Ok(Packet::PubAck(_))) {}
            assert_eq!(house.packet().await.payload.len(), size);
        } else {
            while raw.next().await.is_ok() {}
            assert!(house.packets.try_recv().is_err());
        }
    }
    // The broker is none the worse for it.
    house.known().await;
}

#[tokio::test]
async fn a_publisher_of_mqtt_3_is_read_too() {
    let mut house = House::new(true).await;
    let status = Command::new("mosquitto_pub")
        .args(["-V", "mqttv311", "-q", "1", "-h", "127.0.0.1", "-p"])
        .arg(house.port().to_string())
        .args([
            "-t",
            "plenum/1/ams1/old/readings",
            "-m",
            "[{\"n\":\"t/temperature\",\"v\":1}]",
        ])
        .status()
        .expect("mosquitto_pub is missing: apt-get install mosquitto-clients");
    assert!(status.success(), "{status}");
    let packet = house.packet().await;
    assert_eq!(packet.payload, "[{\"n\":\"t/temperature\",\"v\":1}]");
    assert!(packet.user_properties.is_empty());
    // It cannot be told a reason, so where it may not publish its connection is closed.
    let options = rumqttc::MqttOptions::new("old", "127.0.0.1", house.port());
    let (client, mut event_loop) = rumqttc::AsyncClient::new(options, 10);
    let topic = "plenum/1/ams1/pi-a/readings";
    client
        .publish(topic, rumqttc::QoS::AtLeastOnce, false, "x")
        .await
        .unwrap();
    let closed = async { while event_loop.poll().await.is_ok() {} };
    tokio::time::timeout(DEADLINE, closed).await.unwrap();
    assert!(house.packets.try_recv().is_err());
}

#[tokio::test]
async fn a_full_queue_refuses_and_what_is_sent_again_arrives() {
    let mut house = House::with_queue(false, 4).await;
    let mut agent = house.raw(KNOWN, Some((KNOWN, PASSWORD))).await;
    let topic = "plenum/1/ams1/pi-a/readings";
    for _ in 0..4 {
        assert_eq!(agent.publish(topic).await, PubAckReason::Success);
    }
    assert_eq!(agent.publish(topic).await, PubAckReason::QuotaExceeded);
    assert_eq!(house.broker.counters().refused_full.load(Relaxed), 1);
    house.packet().await;
    assert_eq!(agent.publish(topic).await, PubAckReason::Success);
    // A status is said once a connection: where it cannot be taken, the connection goes, to be made again.
    agent
        .client
        .publish("plenum/1/ams1/pi-a/status", QoS::AtLeastOnce, true, "x")
        .await
        .unwrap();
    while agent.next().await.is_ok() {}
}

#[tokio::test]
async fn many_in_flight_arrive_in_order_and_once() {
    let mut house = House::new(false).await;
    let agent = house.known().await;
    let publisher = agent.publisher.clone();
    let sending = tokio::spawn(async move {
        for number in 0..2_000 {
            let message = Message::new("plenum/1/ams1/pi-a/readings", number.to_string());
            publisher.publish(message).await.expect("connected");
        }
    });
    for number in 0..2_000 {
        assert_eq!(house.packet().await.payload, number.to_string());
    }
    sending.await.unwrap();
    assert_eq!(agent.publisher.counters().refused.load(Relaxed), 0);
}

#[tokio::test]
async fn acknowledgements_in_quick_succession_all_arrive() {
    let house = House::new(false).await;
    let mut agent = house.known().await;
    for number in 0..500 {
        let message = Message::new("plenum/1/ams1/pi-a/ack", number.to_string()).retained();
        house.broker.publish(message).await.unwrap();
    }
    let mut seen = BTreeSet::new();
    while !seen.contains("499") {
        let payload = agent.message().await.payload;
        seen.insert(String::from_utf8_lossy(&payload).into_owned());
    }
}

#[tokio::test]
async fn a_taken_port_and_an_open_network_are_refused_at_once() {
    let house = House::new(false).await;
    let (queue, _packets) = mpsc::channel(1);
    let taken = Broker::start_embedded(options(false, house.port()), queue.clone(), &house.shutdown).await;
    let error = taken.err().expect("the port is taken").to_string();
    assert!(
        error.contains("cannot listen for agents on 127.0.0.1:"),
        "{error}"
    );
    let mut open = options(false, 0);
    open.listen = SocketAddr::from(([0, 0, 0, 0], 0));
    let error = Broker::start_embedded(open, queue, &house.shutdown)
        .await
        .err()
        .expect("insecure");
    assert!(matches!(error, BrokerError::Insecure { .. }), "{error}");
    assert!(error.to_string().contains("insecure = true"), "{error}");
}

#[tokio::test]
async fn stopping_ends_every_connection_and_frees_the_port() {
    let house = House::new(false).await;
    let port = house.port();
    let mut raw = house.raw(KNOWN, Some((KNOWN, PASSWORD))).await;
    assert!(matches!(raw.next().await, Ok(Packet::ConnAck(_))));
    let late = house
        .shutdown
        .finish(plenum_protocol::Duration::from_seconds(10), &SystemClock)
        .await;
    assert_eq!(late, [""; 0]);
    while raw.next().await.is_ok() {}
    assert!(!*house.broker.connected().borrow());
    let message = Message::new("plenum/1/ams1/pi-a/ack", "x");
    assert!(house.broker.publish(message).await.is_err());
    let (queue, _packets) = mpsc::channel(1);
    let again = async {
        while Broker::start_embedded(options(false, port), queue.clone(), &Shutdown::new())
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, again).await.unwrap();
}
