//! Agents as the collector knows them.

use super::family::Family;
use super::scrape::{load, seconds};

const LABELS: &[&str] = &["site", "agent"];

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge(
        "plenum_agent_online",
        LABELS,
        "1 while the agent is there.",
        |scrape, samples| {
            for (name, info) in &scrape.agents {
                samples.put(&[&name.site, &name.agent], u8::from(info.online));
            }
        },
    ),
    Family::gauge(
        "plenum_agent_last_seen_timestamp_seconds",
        LABELS,
        "When anything of the agent was last received, since 1970.",
        |scrape, samples| {
            for (name, info) in &scrape.agents {
                samples.put(&[&name.site, &name.agent], seconds(info.seen));
            }
        },
    ),
    Family::gauge(
        "plenum_agent_unsent_batches",
        LABELS,
        "Batches that the agent has spooled, as it last said, and that are not committed here.",
        |scrape, samples| {
            for (name, info) in &scrape.agents {
                let unsent: u64 = info
                    .streams
                    .iter()
                    .map(|stream| stream.last.saturating_sub(stream.through))
                    .sum();
                samples.put(&[&name.site, &name.agent], unsent);
            }
        },
    ),
    Family::gauge(
        "plenum_agent_dead_letters_bytes",
        LABELS,
        "The agent's dead letters.",
        |scrape, samples| {
            for (name, info) in &scrape.agents {
                samples.put(&[&name.site, &name.agent], info.dead_letter_bytes);
            }
        },
    ),
    Family::gauge(
        "plenum_agent_dead_letters_limit_bytes",
        &[],
        "An agent with more dead letters than this is not acknowledged until some are retried or deleted.",
        |scrape, samples| samples.one(load(&scrape.intake().dead_letters_limit)),
    ),
];
