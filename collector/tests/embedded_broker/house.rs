//! A broker of our own, and who connects to it.

use std::net::SocketAddr;
use std::sync::Arc;

use plenum_collector::broker::{AgentPasswords, Broker, EmbeddedOptions, Incoming, MAX_PACKET};
use plenum_link::mqtt::{Event, MqttOptions, connect};
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::AgentName;
use tokio::sync::mpsc::{self, Receiver};

use crate::DEADLINE;
use crate::clients::{Agent, Raw};

/// The one agent that the broker knows.
pub(crate) const KNOWN: &str = "ams1/pi-a";
/// What it says to enter.
pub(crate) const PASSWORD: &str = "correct horse";

/// A broker that is listening, with the queue to intake and what stops it.
pub(crate) struct House {
    pub(crate) broker: Broker,
    pub(crate) packets: Receiver<Incoming>,
    pub(crate) shutdown: Shutdown,
}

impl House {
    pub(crate) async fn new(accept_new_agents: bool) -> Self {
        Self::with_queue(accept_new_agents, 1_000).await
    }

    pub(crate) async fn with_queue(accept_new_agents: bool, bound: usize) -> Self {
        let shutdown = Shutdown::new();
        let (queue, packets) = mpsc::channel(bound);
        let broker = Broker::start_embedded(options(accept_new_agents, 0), queue, &shutdown)
            .await
            .expect("a free port");
        Self {
            broker,
            packets,
            shutdown,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.broker.local_address().expect("embedded").port()
    }

    pub(crate) async fn packet(&mut self) -> Incoming {
        tokio::time::timeout(DEADLINE, self.packets.recv())
            .await
            .expect("no packet")
            .expect("the broker ended")
    }

    /// An agent as ours connects: by our own link, named as it is.
    pub(crate) fn agent(&self, name: &str, password: Option<&str>) -> MqttOptions {
        let address = format!("mqtt://{name}@127.0.0.1:{}", self.port())
            .parse()
            .expect("an address");
        let mut options = MqttOptions::new(&address, name);
        options.password = password.map(str::to_owned);
        options.subscriptions = ["ack", "command"]
            .map(|kind| format!("plenum/1/{name}/{kind}"))
            .to_vec();
        options
    }

    pub(crate) async fn connect(&self, options: MqttOptions) -> Agent {
        let (publisher, events) = connect(options, SystemClock::shared(), &self.shutdown);
        let mut agent = Agent { publisher, events };
        while !matches!(agent.next().await, Event::Connected { .. }) {}
        agent
    }

    pub(crate) async fn known(&self) -> Agent {
        self.connect(self.agent(KNOWN, Some(PASSWORD))).await
    }

    /// A client that says anything and hears every answer, packet by packet.
    pub(crate) async fn raw(&self, client_id: &str, user: Option<(&str, &str)>) -> Raw {
        let mut options = rumqttc::v5::MqttOptions::new(client_id, "127.0.0.1", self.port());
        options.set_max_packet_size(Some(2 * MAX_PACKET));
        if let Some((user, password)) = user {
            options.set_credentials(user, password);
        }
        let (client, event_loop) = rumqttc::v5::AsyncClient::new(options, 100);
        Raw { client, event_loop }
    }
}

/// A broker that knows one agent, on that port of loopback.
pub(crate) fn options(accept_new_agents: bool, port: u16) -> EmbeddedOptions {
    let (site, agent) = KNOWN.split_once('/').expect("a name");
    let name = AgentName {
        site: site.parse().expect("an identifier"),
        agent: agent.parse().expect("an identifier"),
    };
    EmbeddedOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        credentials: Arc::new(AgentPasswords::new([(name, PASSWORD.to_owned())])),
        accept_new_agents,
        insecure: false,
        secure: None,
        clock: SystemClock::shared(),
    }
}
