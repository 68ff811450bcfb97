//! The built-in rules in English: those about the monitor itself.

use super::Words;
use crate::fact::SystemKind;

/// Of messages that do not reach one person, who is named in the place of `{person}`.
pub(in crate::text::rules) const PERSON_NOT_REACHED: Words = Words {
    name: "Messages are not delivered",
    cause: "their address is wrong in the settings, or the receiver refuses it",
    consequence: "alarms do not reach {person} by this channel; others are reached as before",
    response: &[
        "Pass on to {person} what stands, until this is over.",
        "Read the error; check the address of {person} for this channel.",
    ],
};

pub(super) const fn words(kind: SystemKind) -> Words {
    match kind {
        SystemKind::DeliveryFailed => Words {
            name: "Messages are not delivered",
            cause: "the mail server or webhook refuses, is wrong in the settings, or cannot be reached",
            consequence: "alarms do not reach anyone by this channel",
            response: &[
                "Watch Plenum's alarm list until this is over.",
                "Whoever else this channel should reach hears nothing over it: pass on to them what stands.",
                "Read the error; check the channel's address and password.",
            ],
        },
        SystemKind::DrillFailed => Words {
            name: "Drill of the alarm chain failed",
            cause: "the leg that is named does not work, or took too long; the screen On call has when each leg was done",
            consequence: "an alarm may break off at the same leg and reach nobody",
            response: &[
                "Watch Plenum's alarm list until this is over.",
                "Mend the leg that broke off: the agent, the broker, the channel, or who is on duty.",
                "Hold the drill again, on the screen On call: it ends once one comes through.",
            ],
        },
        SystemKind::NeverHeard => Words {
            name: "Sensor never heard",
            cause: "the sensor is not connected, its agent does not read it, or site.toml names it otherwise than agent.toml",
            consequence: "what it should watch is not watched",
            response: &[
                "Compare the sensor's and the agent's names in site.toml with those that the agents screen lists.",
                "On the agent: `plenum-agent read` shows a reading of each sensor, or what is wrong.",
                "If there is no such sensor, take it out of site.toml.",
            ],
        },
        SystemKind::NoChannel => Words {
            name: "Somebody cannot be told",
            cause: "a channel of the site has no way to whom it is for: an address or a table is missing in collector.toml",
            consequence: "whoever the message names hears of no alarm over that channel; where it names a priority, nobody hears of such an alarm at all",
            response: &[
                "Watch Plenum's alarm list until this is over, and pass on what stands to whoever is not reached.",
                "`plenum check` of collector.toml says what is missing where: put it there, then `systemctl reload plenum`.",
                "Or correct the channel in the site, with `plenum site apply`.",
            ],
        },
        SystemKind::NobodyOnDuty => Words {
            name: "Nobody is on duty for a while",
            cause: "a rota leaves hours of the next 14 days to nobody: a layer ends or does not cover them, or whoever stood in does so no more",
            consequence: "in those hours the fallback of the rota's team is called, who may not know of it",
            response: &[
                "On the screen On call, let somebody stand in for the hatched hours.",
                "Or change the layers of the rota in the site, with `plenum site apply`.",
                "It ends by itself once somebody is on duty in all hours of the next 14 days.",
            ],
        },
        SystemKind::CommitsFail => Words {
            name: "Nothing can be stored",
            cause: "the collector's disk is full to the last byte, or does not answer",
            consequence: "no reading is stored and no room's alarm is raised; readings wait in the agents' spools",
            response: &[
                "Watch the rooms by other means until this is over.",
                "Free space on the collector's disk, outside the data folder: `df -h`.",
                "If there is space: `dmesg` says what is wrong with the disk.",
            ],
        },
        SystemKind::DiskReserve => Words {
            name: "Disk full",
            cause: "something filled the collector's disk",
            consequence: "temperatures and what else is read routinely are not watched: those readings wait at the agents; smoke, water, doors and power still raise their alarms",
            response: &[
                "Watch the temperatures of the rooms by other means until this is over.",
                "Free space on the collector's disk, outside the data folder.",
                "Nothing is lost as long as the agents' spools have room.",
            ],
        },
        SystemKind::DiskFull => Words {
            name: "Disk nearly full",
            cause: "something fills the collector's disk",
            consequence: "when it is full, readings wait at the agents",
            response: &["Free space on the collector's disk."],
        },
        SystemKind::JournalShortened => Words {
            name: "Journal shortened",
            cause: "the disk lost or damaged what was already committed, or an old copy was put back",
            consequence: "readings or alarms may be missing from the record",
            response: &[
                "Check the disk's health.",
                "Restore the last backup if it is newer; the agents send again what they still hold.",
            ],
        },
        SystemKind::CertificateEnds => Words {
            name: "A certificate ends soon",
            cause: "it was not renewed in time: by hand, by what renews it, or by the agent itself",
            consequence: "nothing yet; when it has ended, whoever shows it is not believed any more",
            response: &[
                "By day: read whose it is, when it ends, and what renews it.",
                "An agent: its log says why it does not renew; `plenum agents list` shows until when each certificate holds.",
            ],
        },
        SystemKind::CertificateEnded => Words {
            name: "A certificate has ended",
            cause: "nobody renewed it, or the agent that should have was away or could not",
            consequence: "an agent is not heard any more; with the dashboard's, browsers let nobody in without a warning; alarms and messages go on",
            response: &[
                "Read whose it is: what it watched or showed is to be looked at by other means until it is renewed.",
                "An agent: `plenum enroll` makes a code, with which it joins again on its host.",
                "The dashboard: put the new certificate in its file; until then `plenum alarms` on the collector's host shows what stands.",
            ],
        },
        SystemKind::KeyMissing => Words {
            name: "The key for secrets is missing",
            cause: "its file was moved, changed or opened to others, or a copy of the data was put back without it",
            consequence: "without it, from the next start on if not already, codes of second factors open nothing, agents get no certificates and are not heard in TLS, and the audit log is signed by another key; alarms and messages go on",
            response: &[
                "By day: put the file back as it was, its owner's alone; then restart Plenum if the message says so, and never before.",
                "Whose code of a second factor opens nothing logs in with a recovery code.",
                "If it is lost for good: docs/operating.md, \"Keys\", says how to go on without it.",
            ],
        },
        SystemKind::ForeignDatabase => Words {
            name: "A second collector answers",
            cause: "two collectors use the same broker, or one was set up anew beside the old",
            consequence: "this collector acknowledges nothing of that agent's until it is settled whose it is",
            response: &[
                "Stop the collector that should not run.",
                "If the agent belongs here: `plenum agents resolve SITE/AGENT` here; if it follows the other one, then `plenum-agent join` on its host.",
            ],
        },
        SystemKind::ExpectationChanges => Words {
            name: "A publisher keeps changing its intervals",
            cause: "a program that publishes with ever other settings, two programs under one name, or somebody with that agent's password",
            consequence: "how long its sensors may be silent goes by the longest interval that it named last; what it goes on saying is not written down",
            response: &[
                "`plenum agents list` shows the agent; look at what runs on its host, and whether another host publishes under its name.",
                "Stop or correct the program. The alarm ends ten minutes after the last change, and what it says then is believed within the hour.",
                "If nobody knows it: give the agent a new password.",
            ],
        },
        SystemKind::FollowsAnother => Words {
            name: "An agent follows another collector",
            cause: "this collector was set up anew, or the agent belongs to another one",
            consequence: "what the agent measures waits in its spool and does not arrive here",
            response: &[
                "If it belongs here: `plenum agents resolve SITE/AGENT` here, then `plenum-agent join` on its host; it sends all that it still holds.",
                "If it does not: take its access away, or stop it.",
            ],
        },
        SystemKind::TokenEnds => Words {
            name: "A token ends",
            cause: "nobody gave the program that uses it another one yet",
            consequence: "from its end on that program is refused: a job cannot say that it ran, a display shows nothing",
            response: &[
                "By day: read which token it is; `plenum token list` shows who gave it out and when it was last used.",
                "Make another with `plenum token give`, put it where the program reads it, and take the former back.",
            ],
        },
        SystemKind::TwoHosts => Words {
            name: "Two hosts under one name",
            cause: "a card was copied, or two hosts were given the same name",
            consequence: "the host that came later is held: nothing of it is stored or acknowledged",
            response: &[
                "Give one of the two hosts another `agent` in its agent.toml, or switch it off.",
                "A copied card under its new name: `plenum-agent adopt --discard` on its host.",
            ],
        },
        SystemKind::AgentDisk => Words {
            name: "An agent's disk takes nothing",
            cause: "its card is full, worn out or read-only",
            consequence: "smoke, water, doors and power are told from memory; everything else waits, and a restart loses it",
            response: &[
                "Look at the card of the agent's host; have a new one ready.",
                "Do not restart the host before its readings have arrived.",
            ],
        },
        SystemKind::SeriesLimit => Words {
            name: "Too many series of one agent",
            cause: "an agent, or whoever has its password, sends under ever new names",
            consequence: "what comes under further names is not shown",
            response: &[
                "`plenum dead-letters list` shows the names.",
                "If they are meant: raise `series` under [storage] in collector.toml and reload.",
            ],
        },
        SystemKind::CollectorClock => Words {
            name: "The collector's clock was set back",
            cause: "the collector's clock was wrong, or is now",
            consequence: "instants of receipt stand still until the clock has caught up; alarms and delays go by elapsed time",
            response: &["Check the collector's time service: `timedatectl`."],
        },
        SystemKind::Gap => Words {
            name: "Readings lost",
            cause: "an agent's spool was full, it started without a clock, or its card broke",
            consequence: "the time in question is unknown in charts and reports",
            response: &[
                "Read which agent, from when to when, and why.",
                "Check the agent's card and its spool's size.",
            ],
        },
        SystemKind::HeartbeatMissed => Words {
            name: "A job did not run",
            cause: "the job failed or was not started, its host is off, or it cannot reach Plenum",
            consequence: "what it does is not done: a backup that did not run is missed when it is needed",
            response: &[
                "Look at the job's own log on its host.",
                "Run it again: when it says that it ran, this is over.",
                "If it is gone for good, take its [[heartbeat]] out of the site.",
            ],
        },
        SystemKind::HistoryDamaged => Words {
            name: "History damaged",
            cause: "the disk lost or damaged pages of history.db",
            consequence: "part of the past is unknown in charts and reports; new readings are stored and alarms work",
            response: &[
                "Check the disk's health: `dmesg` and `smartctl -a` name one that fails.",
                "If the past is needed: stop the collector, put back the last backup of the whole data folder, start it; the agents send again what they still hold.",
                "The damaged file stays beside history.db as `history.db.damaged-...`: delete it when nobody wants to look at it.",
            ],
        },
        SystemKind::DeadLetters => Words {
            name: "Unreadable messages",
            cause: "a publisher sends what is not a valid reading",
            consequence: "what it sends is kept aside and not shown",
            response: &[
                "`plenum dead-letters list` says what and from whom.",
                "After a correction: `plenum dead-letters retry`.",
            ],
        },
        SystemKind::BrokerLost => Words {
            name: "Broker lost",
            cause: "the broker's host, its program or the network to it failed, or it refuses this collector's name or certificate",
            consequence: "no agent is heard: smoke, water and heat are told when the broker is back, not before",
            response: &[
                "Start the broker again, or mend the network to it: `plenum check collector.toml` says where it is looked for.",
                "Until then have somebody look at the rooms.",
            ],
        },
        SystemKind::ClockAhead => Words {
            name: "An agent's clock is ahead",
            cause: "the agent's clock is wrong",
            consequence: "its readings are stored at the time of receipt, the claimed instants beside them",
            response: &["Check the agent's time service."],
        },
        SystemKind::ClockBehind => Words {
            name: "An agent's clock is behind",
            cause: "the agent's clock is wrong, or writes local time as UTC; if several agents are behind by as much, the collector's clock is ahead",
            consequence: "its readings stand at the wrong time in charts and reports; alarms work, and are marked late",
            response: &["Check the agent's time service, and the collector's."],
        },
        SystemKind::ClockFree => Words {
            name: "An agent's clock is not synchronised",
            cause: "the agent reaches no time server, or has no time service",
            consequence: "its readings are stamped relative to their sending, and drift",
            response: &["Check the agent's time service and its way to the time server."],
        },
        SystemKind::Late => Words {
            name: "Late readings would have raised alarms",
            cause: "an agent was cut off and has now sent what it measured meanwhile",
            consequence: "nobody was told at the time; charts and reports have it now",
            response: &["Read in the alarm log what was past its limit, and when."],
        },
    }
}
