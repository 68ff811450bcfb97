//! The two kinds of client: one as an agent of ours connects, and one that says anything.

use plenum_collector::broker::Incoming;
use plenum_link::mqtt::{Event, Publisher};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, SubscribeReasonCode};
use tokio::sync::mpsc::Receiver;

use crate::DEADLINE;

/// An agent's end of our own link.
pub(crate) struct Agent {
    pub(crate) publisher: Publisher,
    pub(crate) events: Receiver<Event>,
}

impl Agent {
    pub(crate) async fn next(&mut self) -> Event {
        tokio::time::timeout(DEADLINE, self.events.recv())
            .await
            .expect("nothing happened")
            .expect("the connection ended")
    }

    pub(crate) async fn message(&mut self) -> Incoming {
        loop {
            if let Event::Message(message) = self.next().await {
                return message;
            }
        }
    }

    pub(crate) async fn failure(&mut self) -> String {
        loop {
            if let Event::Disconnected { why } = self.next().await {
                return why.to_string();
            }
        }
    }
}

/// A client that hears every answer.
pub(crate) struct Raw {
    pub(crate) client: rumqttc::v5::AsyncClient,
    pub(crate) event_loop: rumqttc::v5::EventLoop,
}

impl Raw {
    pub(crate) async fn next(&mut self) -> Result<Packet, rumqttc::v5::ConnectionError> {
        loop {
            let event = tokio::time::timeout(DEADLINE, self.event_loop.poll())
                .await
                .expect("no answer");
            match event {
                Ok(rumqttc::v5::Event::Incoming(packet)) => return Ok(packet),
                Ok(rumqttc::v5::Event::Outgoing(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) async fn publish(&mut self, topic: &str) -> PubAckReason {
        self.client
            .publish(topic, QoS::AtLeastOnce, false, "x")
            .await
            .expect("room");
        loop {
            if let Packet::PubAck(answer) = self.next().await.expect("connected") {
                return answer.reason;
            }
        }
    }

    pub(crate) async fn subscribe(&mut self, filter: &str) -> SubscribeReasonCode {
        self.client
            .subscribe(filter, QoS::AtLeastOnce)
            .await
            .expect("room");
        loop {
            if let Packet::SubAck(answer) = self.next().await.expect("connected") {
                return answer.return_codes[0];
            }
        }
    }
}
