//! What one agent, client or screen can cost the others: the table that docs/reference/bounds.md is written from. Each bound names the figure in
//! `/metrics` that tells when it was reached, and a test finds each of them there.

use plenum_collector::broker::{
    LARGEST_STATUS, MAX_PACKET, OF_AN_ADDRESS, OF_AN_AGENT, SHARE, WAITING, WHOLE,
};
use plenum_collector::people::SIGN_ONS;
use plenum_protocol::senml::MESSAGE_BYTES;

use super::FAMILIES;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/bounds.md");

const HEAD: &str = "# Bounds

What may pile up here, how much of it may be one sender's, what happens to whatever is beyond, and where `GET /metrics` tells of it. A sender is an agent by its name, or, without a
name of ours, an address (of IPv6 a network of 64 bits). What is refused is not acknowledged, so that its agent sends it again: it is late, not lost.

This file is written by the program from its own table and constants: do not edit it, run `.ci/write`.

| what | all together | of one | beyond | figures |
|---|---|---|---|---|
";

/// One bound, as the page has it.
struct Bound {
    what: &'static str,
    whole: String,
    share: String,
    beyond: &'static str,
    figures: &'static [&'static str],
}

fn bound(
    what: &'static str,
    whole: impl Into<String>,
    share: impl Into<String>,
    beyond: &'static str,
    figures: &'static [&'static str],
) -> Bound {
    Bound {
        what,
        whole: whole.into(),
        share: share.into(),
        beyond,
        figures,
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        bytes if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        bytes => format!("{} KiB", bytes >> 10),
    }
}

fn bounds() -> Vec<Bound> {
    [doors(), packets(), intake(), stores(), queues(), screens()]
        .into_iter()
        .flatten()
        .collect()
}

fn doors() -> Vec<Bound> {
    vec![
        bound(
            "Open files and sockets",
            "the system's hard limit (the unit's `LimitNOFILE`), to which `plenum serve` raises its own",
            "128 for databases and mail; of the rest a quarter, 512 at most, for screens, and 11,000 at most for agents. The log says at start how many that is",
            "neither door takes those of the other or of the databases",
            &["process_open_fds", "process_max_fds"],
        ),
        bound(
            "Clients of the embedded broker",
            "9,976, half of them without a credential; fewer where there are fewer files",
            format!("{OF_AN_AGENT} an agent, {OF_AN_ADDRESS} an address without a name"),
            "the newest is refused with the reason (`quota exceeded`); the same client id again takes its own place",
            &["plenum_broker_clients", "plenum_broker_refused_connections_total"],
        ),
        bound(
            "Sockets that have not logged in at the embedded broker",
            "1,024, for 10 s each",
            "",
            "of the address of which most wait, the one that waits longest is closed",
            &[
                "plenum_broker_connections_total",
                "plenum_broker_closed_silent_total",
            ],
        ),
        bound(
            "A client's silence",
            "",
            "one and a half times its keep-alive, which is an hour at most and where it asks for none",
            "it is closed, and its last will is said",
            &["plenum_broker_closed_silent_total"],
        ),
        bound(
            "Log-ins with a wrong name or password, topics that are not one's own, more than 16 subscriptions",
            "",
            "",
            "refused; the 1st, 2nd, 4th, 8th ... has a line in the log",
            &[
                "plenum_broker_refused_logins_total",
                "plenum_broker_refused_topics_total",
            ],
        ),
    ]
}

fn packets() -> Vec<Bound> {
    vec![
        bound(
            "A packet",
            "",
            format!(
                "{}, 60 s from its first byte to its last; 16 KiB of any other kind than a publication",
                size(MAX_PACKET as usize)
            ),
            "the connection is closed",
            &["plenum_broker_closed_wrong_total"],
        ),
        bound(
            "Packets between the broker and the journal",
            size(WHOLE),
            format!(
                "{}, and no more than is free; the last 8 MiB are for those that hold less than 128 KiB",
                size(SHARE)
            ),
            "held back for half a second, then refused without being held (`quota exceeded`); MQTT 3 and statuses cannot be refused, so there the connection is closed. \
             From a broker elsewhere: dropped beyond the share, held back beyond the whole",
            &[
                "plenum_broker_waiting_bytes",
                "plenum_broker_waiting_bytes_limit",
                "plenum_broker_refused_packets_total",
                "plenum_broker_link_dropped_total",
            ],
        ),
        bound(
            "A status",
            "",
            size(LARGEST_STATUS),
            "its beginning is handed on and is a dead letter; so is one of more than 256 sensors or 256 streams",
            &[
                "plenum_broker_oversized_statuses_total",
                "plenum_intake_statuses_unreadable_total",
            ],
        ),
        bound(
            "A batch",
            "",
            format!("{}, 1,000 records", size(MESSAGE_BYTES)),
            "it is a dead letter",
            &["plenum_intake_dead_letters_total"],
        ),
        bound(
            "Messages to a client that reads slowly",
            "",
            "the newest acknowledgement and 32 commands; 64 without its answer; 10 s for a write",
            "the oldest command goes, then the connection",
            &["plenum_broker_dropped_commands_total"],
        ),
    ]
}

fn intake() -> Vec<Bound> {
    vec![
        bound(
            "Names without a credential",
            "1,000",
            "",
            "what comes under one more is ignored",
            &["plenum_intake_ignored_total"],
        ),
        bound(
            "Series",
            "",
            "2,000 (`series`)",
            "readings of further ones are dead letters, and an alarm names the agent",
            &["plenum_intake_series_limit_total"],
        ),
        bound(
            "Statuses of an agent",
            "",
            "30 at once, one each 2 s after that",
            "the newest waits for its turn, those before it are passed over; what they say of streams counts at once",
            &["plenum_intake_statuses_passed_over_total"],
        ),
        bound(
            "Changes of a sensor's interval, said or shown",
            "",
            "16 at once, one an hour after that, none while it goes on changing",
            "the longest that it named while it was believed holds, and an alarm names the agent",
            &["plenum_intake_expectation_changes_passed_over_total"],
        ),
        bound(
            "Dead letters of a message",
            "none below the disk's reserve",
            "100, and one line in the log",
            "counted and dropped",
            &["plenum_intake_dead_letters_dropped_total"],
        ),
        bound(
            "A message that cannot be stored, though the disk is well",
            "",
            "itself",
            "it is a dead letter, the others of its group are stored",
            &["plenum_intake_set_aside_total", "plenum_intake_commits_fail"],
        ),
    ]
}

fn stores() -> Vec<Bound> {
    vec![
        bound(
            "Dead letters",
            "the disk above its reserve",
            "64 MiB (`dead_letters`)",
            "the agent is not acknowledged until they are looked at: `plenum dead-letters list`",
            &[
                "plenum_agent_dead_letters_bytes",
                "plenum_agent_dead_letters_limit_bytes",
                "plenum_intake_batches_total",
            ],
        ),
        bound(
            "The disk",
            "all but 256 MiB (`disk_reserve`)",
            "",
            "routine batches are not taken; what is urgent, alarms and messages are",
            &[
                "plenum_data_free_bytes",
                "plenum_data_reserve_bytes",
                "plenum_intake_batches_total",
            ],
        ),
        bound(
            "The journal",
            "`journal_max`",
            "",
            "a reader that is behind starts again from the history",
            &["plenum_journal_size_bytes", "plenum_journal_limit_bytes"],
        ),
        bound(
            "Readings in memory that are not sealed",
            "8,192 a series",
            "",
            "the series is sealed before its period ends",
            &[
                "plenum_history_unsealed_readings",
                "plenum_history_unsealed_readings_limit",
            ],
        ),
    ]
}

fn queues() -> Vec<Bound> {
    vec![
        bound(
            "Writes that wait for a database, commands, the monitor's own conditions",
            "their queue's capacity",
            "",
            "whoever writes waits",
            &["plenum_queue_length", "plenum_queue_capacity"],
        ),
        bound(
            "Commands that wait for their agents' answers",
            format!("{WAITING}, for 8 s each"),
            "",
            "one more is refused; a siren and a drill are asked for again",
            &["plenum_commands_waiting", "plenum_commands_total"],
        ),
        bound(
            "Commands that wait for the line of an agent's output",
            "",
            "16, for 5 s each",
            "the agent answers that the line does not answer (`not-done`); what was asked last is wanted all the same",
            &["plenum_commands_total"],
        ),
        bound(
            "Messages in the outbox",
            "the disk",
            "24 h each, or as long as the alarm stands",
            "given up, with an alarm of their own",
            &["plenum_queue_dropped_total", "plenum_delivery_attempts_total"],
        ),
        bound(
            "An agent's spool",
            "",
            "`maximum` in agent.toml",
            "the oldest routine batch goes; the next one says which, and it stays unknown",
            &["plenum_agent_unsent_batches", "plenum_intake_gaps_total"],
        ),
    ]
}

fn screens() -> Vec<Bound> {
    vec![
        bound(
            "HTTP connections",
            "512; fewer where there are fewer files",
            "half of all for an address other than this host's own; 10 s for a request's head and between requests; for its body 10 s without a byte, 60 s as a whole; 30 s in which nothing of an answer is taken",
            "who is not being answered makes room: first those that have not asked (half of all may be such), then those that ask nothing more, then those that do not take their answer;              of the address that has most of them, the one that waits longest. Beyond its share an address is refused, beyond the whole the next waits outside",
            &[
                "plenum_http_connections",
                "plenum_http_connections_limit",
                "plenum_http_sent_away_total",
                "plenum_http_refused_connections_total",
            ],
        ),
        bound(
            "An HTTP body",
            "",
            format!(
                "{}; {} of a site that is tried or applied",
                size(crate::LARGEST_BODY),
                size(crate::routes::LARGEST_SITE)
            ),
            "413",
            &["plenum_http_responses_total"],
        ),
        bound(
            "Log-ins that have gone to the provider of single sign-on",
            format!(
                "{SIGN_ONS}, for 10 min each; 8 at a time wait for what it says of a code, 10 s and 256 KiB an answer"
            ),
            "30 in a burst, then one every 2 s an address",
            "429; past the whole the address with most of them loses its oldest",
            &["plenum_http_responses_total"],
        ),
        bound(
            "Screens of the live feed",
            format!(
                "{}, and no more than half of the HTTP connections",
                crate::live::MOST
            ),
            "256 frames behind",
            "one more is refused (503); one that is slower is cut off and asks for the whole",
            &[
                "plenum_live_screens",
                "plenum_live_screens_limit",
                "plenum_live_screens_cut_off_total",
            ],
        ),
    ]
}

fn page() -> String {
    let mut text = HEAD.to_owned();
    for bound in bounds() {
        let figures: Vec<String> = bound.figures.iter().map(|name| format!("`{name}`")).collect();
        let cells = [
            bound.what,
            &bound.whole,
            &bound.share,
            bound.beyond,
            &figures.join(", "),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

#[test]
fn bounds_reference_is_what_the_program_holds_to() {
    let written = page();
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(PAGE, &written).unwrap();
    }
    let found = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        found == written,
        "docs/reference/bounds.md differs from the program's table; write it anew with .ci/write"
    );
}

#[test]
fn every_bound_names_figures_that_are_told() {
    for bound in bounds() {
        assert!(!bound.figures.is_empty(), "{}", bound.what);
        for figure in bound.figures {
            let known = FAMILIES
                .iter()
                .copied()
                .flatten()
                .any(|family| family.name == *figure);
            assert!(known, "{}: {figure}", bound.what);
        }
    }
}
