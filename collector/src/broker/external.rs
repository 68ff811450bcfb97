//! A broker elsewhere: a client of it that subscribes to what agents publish.

use std::sync::{Arc, PoisonError, RwLock};

use plenum_link::Shutdown;
use plenum_link::mqtt::{
    ConnectionError, Counters, Event, Held, MqttOptions, PublishError, Publisher, connect,
};
use plenum_protocol::topic::{Topic, TopicKind};
use plenum_protocol::{AgentName, Clock, Steady};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::admission::{Scarce, Sender, WHOLE};
use super::gate::{PATIENCE, shorten, worth_a_line};
use super::lanes::Lanes;
use super::{BrokerCounters, Incoming, MAX_PACKET, Message};

/// Packets that wait here before the broker is made to wait, beside the bound of their bytes.
const WAITING: usize = 16_384;
/// Acknowledgements and commands on their way without the broker's answer.
const IN_FLIGHT: u16 = 1_024;

/// The connection to a broker elsewhere. Cheap to clone.
#[derive(Clone)]
pub struct External {
    publisher: Publisher,
    counters: Arc<BrokerCounters>,
    connected: watch::Receiver<bool>,
    trouble: Arc<RwLock<Option<Trouble>>>,
    address: Arc<str>,
}

/// That there is no connection.
#[derive(Debug, Clone)]
struct Trouble {
    why: String,
    since: Steady,
}

impl Trouble {
    /// There is none at `now`, and something may have been known of that `before`. What is noticed late has been so since it was.
    fn next(before: Option<&Self>, why: &ConnectionError, now: Steady) -> Self {
        Self {
            why: why.to_string(),
            since: before.map_or(now - why.silent_for(), |before| before.since),
        }
    }
}

impl External {
    pub(super) fn start(
        mut options: MqttOptions,
        queue: mpsc::Sender<Incoming>,
        clock: Arc<dyn Clock>,
        shutdown: &Shutdown,
    ) -> Self {
        // The acknowledgements too: another collector's, with another database, must be noticed.
        options.subscriptions = [
            TopicKind::Readings,
            TopicKind::Status,
            TopicKind::Result,
            TopicKind::Ack,
        ]
        .map(TopicKind::filter)
        .to_vec();
        options.event_queue = WAITING;
        options.event_bytes = WHOLE;
        options.inflight = IN_FLIGHT;
        options.max_packet = MAX_PACKET;
        let address = format!("{}:{}", options.host, options.port).into();
        let (publisher, mut events) = connect(options, clock.clone(), shutdown);
        let counters = Arc::new(BrokerCounters::default());
        let (state, connected) = watch::channel(false);
        let trouble = Arc::new(RwLock::new(Some(Trouble {
            why: "not connected yet".to_owned(),
            since: clock.steady(),
        })));
        let external = Self {
            publisher,
            counters: counters.clone(),
            connected,
            trouble: trouble.clone(),
            address,
        };
        let lanes = Lanes::default();
        let stop = shutdown.token();
        let forwarding = lanes.clone().forward(queue.clone());
        let stopped = stop.clone();
        shutdown.spawn("lanes to intake", async move {
            tokio::select! {
                () = forwarding => {}
                () = stopped.cancelled() => {}
            }
        });
        shutdown.spawn("packets from the external broker", async move {
            let say = |why: Option<&ConnectionError>| {
                let mut trouble = trouble.write().unwrap_or_else(PoisonError::into_inner);
                *trouble = why.map(|why| Trouble::next(trouble.as_ref(), why, clock.steady()));
                state.send_replace(why.is_none());
            };
            while let Some(event) = until(&stop, events.recv()).await {
                match event {
                    Event::Connected { .. } => say(None),
                    Event::Disconnected { why } => say(Some(&why)),
                    Event::Message(packet) => {
                        if !hand_over(packet, &lanes, &queue, &counters).await {
                            break;
                        }
                    }
                }
            }
            say(Some(&ConnectionError::Stopped));
        });
        external
    }

    pub(super) async fn publish(&self, message: Message) -> Result<(), PublishError> {
        self.publisher.publish(message).await
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn connected(&self) -> watch::Receiver<bool> {
        self.connected.clone()
    }

    pub(super) fn trouble(&self) -> Option<String> {
        self.now().map(|trouble| trouble.why)
    }

    pub(super) fn lost_since(&self) -> Option<Steady> {
        self.now().map(|trouble| trouble.since)
    }

    fn now(&self) -> Option<Trouble> {
        self.trouble
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn link_counters(&self) -> &Arc<Counters> {
        self.publisher.counters()
    }

    pub(super) fn counters(&self) -> &Arc<BrokerCounters> {
        &self.counters
    }
}

/// The next event, or none once it is time to stop.
async fn until<T>(stop: &CancellationToken, next: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::select! {
        event = next => event,
        () = stop.cancelled() => None,
    }
}

/// Gives the packet to intake. One agent that sends more than its share loses what is beyond it, and sends it again; where all together are too
/// many, waiting here is what holds the broker back. Returns whether intake still takes packets; it ends this by closing the queue.
async fn hand_over(
    mut packet: Incoming,
    lanes: &Lanes,
    queue: &mpsc::Sender<Incoming>,
    counters: &BrokerCounters,
) -> bool {
    let sender = sender(&packet.topic);
    let mut place = loop {
        let bytes = packet.payload.len();
        match counters.admission.try_place(&sender, bytes) {
            Ok(place) => break place,
            Err(Scarce::Share) => {
                if worth_a_line(&counters.refused_full) {
                    tracing::warn!(
                        topic = packet.topic,
                        "dropped a packet: no room for more of this sender's before intake"
                    );
                }
                return !queue.is_closed();
            }
            Err(Scarce::Whole) => {
                tokio::select! {
                    _ = counters.admission.place(&sender, bytes, PATIENCE) => {}
                    () = queue.closed() => return false,
                }
            }
        }
    };
    shorten(&mut packet, &mut place, counters);
    packet.held = Held::new((std::mem::take(&mut packet.held), place));
    lanes.push(&sender, packet);
    BrokerCounters::count(&counters.handed_over);
    !queue.is_closed()
}

/// Whose packet it is, by its topic: nobody else knows.
fn sender(topic: &str) -> Sender {
    match topic.parse::<Topic>() {
        Ok(topic) => Sender::Agent(AgentName::new(topic.site, topic.agent)),
        Err(_) => Sender::Guest(std::net::Ipv4Addr::UNSPECIFIED.into()),
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::Duration;

    use super::*;

    #[test]
    fn it_is_lost_since_it_was_asked_and_did_not_answer_whatever_fails_afterwards() {
        let second = |count: i64| Steady::from_milliseconds(count * 1_000);
        let silent = ConnectionError::Silent {
            broker: "b:1883".to_owned(),
            silent_for: Duration::from_seconds(15),
        };
        let gone = ConnectionError::Unreachable {
            broker: "b:1883".to_owned(),
            cause: "no route".to_owned(),
        };
        let first = Trouble::next(None, &silent, second(100));
        let second_attempt = Trouble::next(Some(&first), &gone, second(110));
        assert_eq!([&first, &second_attempt].map(|one| one.since), [second(85); 2]);
        assert_eq!(Trouble::next(None, &gone, second(110)).since, second(110));
    }
}
