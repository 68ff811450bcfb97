//! A broker elsewhere: a client of it that subscribes to what agents publish.

use std::sync::{Arc, PoisonError, RwLock};

use plenum_link::Shutdown;
use plenum_link::mqtt::{Event, MqttOptions, PublishError, Publisher, connect};
use plenum_protocol::Clock;
use plenum_protocol::topic::TopicKind;
use tokio::sync::{mpsc, watch};

use super::{BrokerCounters, Incoming, MAX_PACKET, Message};

/// Packets that wait for intake before the broker is made to wait.
const WAITING: usize = 1_024;
/// Acknowledgements and commands on their way without the broker's answer.
const IN_FLIGHT: u16 = 1_024;

/// The connection to a broker elsewhere. Cheap to clone.
#[derive(Clone)]
pub struct External {
    publisher: Publisher,
    counters: Arc<BrokerCounters>,
    connected: watch::Receiver<bool>,
    trouble: Arc<RwLock<Option<String>>>,
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
        options.inflight = IN_FLIGHT;
        options.max_packet = MAX_PACKET;
        let (publisher, mut events) = connect(options, clock, shutdown);
        let counters = Arc::new(BrokerCounters::default());
        let (state, connected) = watch::channel(false);
        let trouble = Arc::new(RwLock::new(Some("not connected yet".to_owned())));
        let external = Self {
            publisher,
            counters: counters.clone(),
            connected,
            trouble: trouble.clone(),
        };
        let stop = shutdown.token();
        shutdown.spawn("packets from the external broker", async move {
            let say = |up: bool, why: Option<String>| {
                *trouble.write().unwrap_or_else(PoisonError::into_inner) = why;
                state.send_replace(up);
            };
            loop {
                let event = tokio::select! {
                    event = events.recv() => event,
                    () = stop.cancelled() => None,
                };
                match event {
                    Some(Event::Connected { .. }) => say(true, None),
                    Some(Event::Disconnected { why }) => say(false, Some(why.to_string())),
                    // Waiting here is what holds the broker back; intake ends it by closing the queue.
                    Some(Event::Message(packet)) => match queue.send(packet).await {
                        Ok(()) => _ = BrokerCounters::count(&counters.handed_over),
                        Err(_) => break,
                    },
                    None => break,
                }
            }
            say(false, Some("this process is stopping".to_owned()));
        });
        external
    }

    pub(super) async fn publish(&self, message: Message) -> Result<(), PublishError> {
        self.publisher.publish(message).await
    }

    pub(super) fn connected(&self) -> watch::Receiver<bool> {
        self.connected.clone()
    }

    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn counters(&self) -> &Arc<BrokerCounters> {
        &self.counters
    }
}
