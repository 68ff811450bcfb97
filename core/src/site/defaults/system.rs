//! Built-in rules for the monitor itself: each condition that a part of it reports is an alarm while it lasts.

use super::{Draft, minutes};
use crate::fact::SystemKind;
use crate::site::condition::{Condition, System};
use crate::site::{Priority, Rule};
use Priority::{Critical, High, Low, Medium};

pub(super) fn rules() -> Vec<Rule> {
    let system = |kind: SystemKind, name, priority| {
        Draft::new(kind.as_str(), name, priority, Condition::System(System { kind }))
    };
    vec![
        system(SystemKind::DeliveryFailed, "Messages are not delivered", High).say(
            "the mail server or webhook refuses, is wrong in the settings, or cannot be reached",
            "alarms do not reach anyone by this channel",
            &[
                "Watch the alarm list on this screen.",
                "Read the error; check the channel's address and password.",
            ],
        ),
        system(SystemKind::NeverHeard, "Sensor never heard", Medium)
            .on(minutes(15))
            .say(
                "the sensor is not connected, its agent does not read it, or site.toml names it otherwise than agent.toml",
                "what it should watch is not watched",
                &[
                    "Compare the sensor's and the agent's names in site.toml with those that the agents screen lists.",
                    "On the agent: `plenum-agent read` shows a reading of each sensor, or what is wrong.",
                    "If there is no such sensor, take it out of site.toml.",
                ],
            ),
        system(SystemKind::NoChannel, "No working channel", High).say(
            "no channel is configured, or all of them fail",
            "nobody is told of any alarm",
            &[
                "Watch the alarm list on this screen.",
                "Configure a channel and send a test message.",
            ],
        ),
        system(SystemKind::CommitsFail, "Nothing can be stored", Critical).say(
            "the collector's disk is full to the last byte, or does not answer",
            "no reading is stored and no room's alarm is raised; readings wait in the agents' spools",
            &[
                "Watch the rooms by other means until this is over.",
                "Free space on the collector's disk, outside the data folder: `df -h`.",
                "If there is space: `dmesg` says what is wrong with the disk.",
            ],
        ),
        system(SystemKind::DiskReserve, "Disk full", High).say(
            "something filled the collector's disk",
            "routine readings wait at the agents; alarms still work, for a while",
            &[
                "Free space on the collector's disk.",
                "Nothing is lost as long as the agents' spools have room.",
            ],
        ),
        system(SystemKind::DiskFull, "Disk nearly full", Medium).say(
            "something fills the collector's disk",
            "when it is full, readings wait at the agents",
            &["Free space on the collector's disk."],
        ),
        system(SystemKind::JournalShortened, "Journal shortened", High).say(
            "the disk lost or damaged what was already committed, or an old copy was put back",
            "readings or alarms may be missing from the record",
            &[
                "Check the disk's health.",
                "Restore the last backup if it is newer; the agents send again what they still hold.",
            ],
        ),
        system(SystemKind::ForeignDatabase, "A second collector answers", High).say(
            "two collectors use the same broker, or one was set up anew beside the old",
            "this collector acknowledges nothing of that agent's until it is settled whose it is",
            &[
                "Stop the collector that should not run.",
                "If the agent belongs here: `plenum agents resolve SITE/AGENT` here; if it follows the other one, then `plenum-agent join` on its host.",
            ],
        ),
        system(SystemKind::FollowsAnother, "An agent follows another collector", High).say(
            "this collector was set up anew, or the agent belongs to another one",
            "what the agent measures waits in its spool and does not arrive here",
            &[
                "If it belongs here: `plenum agents resolve SITE/AGENT` here, then `plenum-agent join` on its host; it sends all that it still holds.",
                "If it does not: take its access away, or stop it.",
            ],
        ),
        system(SystemKind::TwoHosts, "Two hosts under one name", High).say(
            "a card was copied, or two hosts were given the same name",
            "the host that came later is held: nothing of it is stored or acknowledged",
            &[
                "Give one of the two hosts another `agent` in its agent.toml, or switch it off.",
                "A copied card under its new name: `plenum-agent adopt --discard` on its host.",
            ],
        ),
        system(SystemKind::AgentDisk, "An agent's disk takes nothing", High).say(
            "its card is full, worn out or read-only",
            "smoke, water, doors and power are told from memory; everything else waits, and a restart loses it",
            &[
                "Look at the card of the agent's host; have a new one ready.",
                "Do not restart the host before its readings have arrived.",
            ],
        ),
        system(SystemKind::SeriesLimit, "Too many series of one agent", Medium).say(
            "an agent, or whoever has its password, sends under ever new names",
            "what comes under further names is not shown",
            &[
                "`plenum dead-letters list` shows the names.",
                "If they are meant: raise `series` under [storage] in collector.toml and reload.",
            ],
        ),
        system(SystemKind::CollectorClock, "The collector's clock was set back", Medium).say(
            "the collector's clock was wrong, or is now",
            "instants of receipt stand still until the clock has caught up; alarms and delays go by elapsed time",
            &["Check the collector's time service: `timedatectl`."],
        ),
        system(SystemKind::Gap, "Readings lost", Medium).say(
            "an agent's spool was full, it started without a clock, or its card broke",
            "the time in question is unknown in charts and reports",
            &[
                "Read which agent, from when to when, and why.",
                "Check the agent's card and its spool's size.",
            ],
        ),
        system(SystemKind::HistoryDamaged, "History damaged", High).say(
            "the disk lost or damaged pages of history.db",
            "part of the past is unknown in charts and reports; new readings are stored and alarms work",
            &[
                "Check the disk's health: `dmesg` and `smartctl -a` name one that fails.",
                "If the past is needed: stop the collector, put back the last backup of the whole data folder, start it; the agents send again what they still hold.",
                "The damaged file stays beside history.db as `history.db.damaged-...`: delete it when nobody wants to look at it.",
            ],
        ),
        system(SystemKind::DeadLetters, "Unreadable messages", Medium).say(
            "a publisher sends what is not a valid reading",
            "what it sends is kept aside and not shown",
            &[
                "`plenum dead-letters list` says what and from whom.",
                "After a correction: `plenum dead-letters retry`.",
            ],
        ),
        system(SystemKind::Backup, "No recent backup", Medium).say(
            "the backup's target is full or cannot be reached, or the backup was never set up",
            "after a broken disk, what came since the last backup is lost",
            &[
                "Make one: stop the collector and copy its data folder.",
                "Check the target's space.",
            ],
        ),
        system(SystemKind::ClockAhead, "An agent's clock is ahead", Medium).say(
            "the agent's clock is wrong",
            "its readings are stored at the time of receipt, the claimed instants beside them",
            &["Check the agent's time service."],
        ),
        system(
            SystemKind::ClockFree,
            "An agent's clock is not synchronised",
            Medium,
        )
        .on(minutes(10))
        .say(
            "the agent reaches no time server, or has no time service",
            "its readings are stamped relative to their sending, and drift",
            &["Check the agent's time service and its way to the time server."],
        ),
        system(SystemKind::Late, "Late readings would have raised alarms", Low).say(
            "an agent was cut off and has now sent what it measured meanwhile",
            "nobody was told at the time; charts and reports have it now",
            &["Read in the alarm log what was past its limit, and when."],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_that_the_journal_knows_has_a_rule() {
        let mut kinds: Vec<String> = rules().iter().map(|rule| rule.id.to_string()).collect();
        kinds.sort();
        assert_eq!(kinds, SystemKind::ALL.map(SystemKind::as_str));
    }
}
