//! The broker between agents and collector.

use plenum_collector::broker::WHOLE;
use plenum_link::mqtt::Counters;

use super::family::Family;
use super::scrape::{Scrape, load};

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "plenum_broker_connected",
        &[],
        "1 while agents' packets can reach the collector.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(u8::from(*running.connected.borrow()));
            }
        },
    ),
    Family::counter(
        "plenum_broker_packets_total",
        &[],
        "Packets handed to intake.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.handed_over));
            }
        },
    ),
    Family::counter(
        "plenum_broker_last_wills_total",
        &[],
        "Last wills among the packets: agents that went without a word.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.last_wills));
            }
        },
    ),
    Family::counter(
        "plenum_broker_refused_logins_total",
        &[],
        "Connections refused: wrong password, unknown name, or a name that is not theirs.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.refused_login));
            }
        },
    ),
    Family::counter(
        "plenum_broker_refused_topics_total",
        &[],
        "Publications and subscriptions refused by the access rules.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.refused_access));
            }
        },
    ),
    Family::gauge(
        "plenum_broker_clients",
        &[],
        "Clients that are logged in at the embedded broker.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.clients));
            }
        },
    ),
    Family::counter(
        "plenum_broker_connections_total",
        &[],
        "Connections that the embedded broker took, logged in or not.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.connections));
            }
        },
    ),
    Family::counter(
        "plenum_broker_refused_connections_total",
        &[],
        "Connections refused because an agent, an address or all together had as many as they may.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.refused_connections));
            }
        },
    ),
    Family::counter(
        "plenum_broker_closed_silent_total",
        &[],
        "Connections closed because nothing was heard: before the log-in, or for longer than the client had promised.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.closed_silent));
            }
        },
    ),
    Family::counter(
        "plenum_broker_closed_wrong_total",
        &[],
        "Connections closed because what they sent was no MQTT, too large, or not to be expected.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.closed_wrong));
            }
        },
    ),
    Family::gauge(
        "plenum_broker_waiting_bytes",
        &[],
        "Bytes of packets that wait for intake or are in its hands.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(running.broker.waiting_bytes());
            }
        },
    ),
    Family::gauge(
        "plenum_broker_waiting_bytes_limit",
        &[],
        "How many bytes of packets may wait, of all agents together; of one an eighth of it.",
        |scrape, samples| {
            if scrape.dashboard.collector.running.get().is_some() {
                samples.one(WHOLE);
            }
        },
    ),
    Family::counter(
        "plenum_broker_refused_packets_total",
        &[],
        "Packets refused because there was no room for more of their sender's: agents send them again.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.refused_full));
            }
        },
    ),
    Family::counter(
        "plenum_broker_oversized_statuses_total",
        &[],
        "Statuses of more than 64 KiB: dead letters of which the beginning is kept.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.oversized));
            }
        },
    ),
    Family::counter(
        "plenum_broker_dropped_commands_total",
        &[],
        "Commands that a client read too slowly to be told.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(load(&running.broker.dropped_commands));
            }
        },
    ),
    Family::gauge(
        "plenum_commands_waiting",
        &[],
        "Commands that wait for their agents' answers, 8 s at most.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                samples.one(running.commands.waiting());
            }
        },
    ),
    Family::counter(
        "plenum_commands_total",
        &["outcome"],
        "What came of commands to agents: `done`; `not-done`, which the agent said with the reason, a line that hangs among them; `silent` for 8 s; `not-sent`, for want of a connection; \
         `refused` because too many waited.",
        |scrape, samples| {
            if let Some(running) = scrape.dashboard.collector.running.get() {
                for (outcome, count) in running.commands.counters().each() {
                    samples.put(&[&outcome], load(count));
                }
            }
        },
    ),
    Family::counter(
        "plenum_broker_link_connections_total",
        &[],
        "Connections made to the broker elsewhere; absent with the embedded one, as are the others of its kind.",
        |scrape, samples| {
            if let Some(link) = link(scrape) {
                samples.one(load(&link.connected));
            }
        },
    ),
    Family::counter(
        "plenum_broker_link_published_total",
        &[],
        "Acknowledgements and commands handed to the connection to the broker elsewhere.",
        |scrape, samples| {
            if let Some(link) = link(scrape) {
                samples.one(load(&link.published));
            }
        },
    ),
    Family::counter(
        "plenum_broker_link_refused_total",
        &[],
        "Of those the ones that the broker elsewhere refused.",
        |scrape, samples| {
            if let Some(link) = link(scrape) {
                samples.one(load(&link.refused));
            }
        },
    ),
    Family::counter(
        "plenum_broker_link_received_total",
        &[],
        "Messages received from the broker elsewhere.",
        |scrape, samples| {
            if let Some(link) = link(scrape) {
                samples.one(load(&link.received));
            }
        },
    ),
    Family::counter(
        "plenum_broker_link_dropped_total",
        &[],
        "Messages of the broker elsewhere that were dropped because intake was too slow for too long; what it keeps is asked for again.",
        |scrape, samples| {
            if let Some(link) = link(scrape) {
                samples.one(load(&link.dropped));
            }
        },
    ),
];

/// What the connection to a broker elsewhere counts, where there is one.
fn link<'a>(scrape: &'a Scrape<'_>) -> Option<&'a Counters> {
    scrape.dashboard.collector.running.get()?.link.as_deref()
}
