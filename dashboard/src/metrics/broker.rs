//! The broker between agents and collector.

use super::family::Family;
use super::scrape::load;

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
];
