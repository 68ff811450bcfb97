//! "Why was nobody told?": of each way that a site has, and that was told nothing of an incident, the reason, as things stand.

use plenum_core::oncall::call::Way;
use plenum_core::oncall::{Heard, Listener, Reason, Why, decide_for_newcomer};
use plenum_core::site::{Priority, Site};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, params};

use crate::notify::calls::{Hearers, Standing};
use crate::notify::outbox;

/// Whether a message of an incident was written for a way, and was not withheld.
const TOLD: &str = "
select exists(
    select 1 from outbox indexed by outbox_incident
    where incident = ?1 and channel = ?2 and recipient = ?3 and state in ('waiting', 'sent', 'failed')
)";

/// The ways that were told nothing of an incident, each with why, in the order of the site's channels.
/// `is_quiet`: whether a person is not to be told of a priority now.
pub(super) fn of(
    connection: &Connection,
    incident: u64,
    site: &Site,
    is_quiet: &dyn Fn(&str, Priority) -> bool,
) -> rusqlite::Result<Vec<(Way, Why)>> {
    let mut alarms = Standing::read(connection, incident, site, Timestamp::MIN)?.alarms;
    alarms.sort_by_key(|alarm| (alarm.priority, alarm.raised_at));
    let hearers = Hearers::of(connection, incident.cast_signed(), site)?;
    let mut told = connection.prepare_cached(TOLD)?;
    let mut silent = Vec::new();
    for channel in &site.channels {
        for recipient in outbox::recipients(channel) {
            let of = params![incident.cast_signed(), channel.id.as_str(), recipient];
            if told.query_row(of, |row| row.get(0))? {
                continue;
            }
            let decided = alarms.iter().map(|alarm| {
                let listener = Listener {
                    takes: channel.takes(alarm.priority),
                    heard: Heard::Nothing,
                    acted: false,
                };
                decide_for_newcomer(alarm, listener)
            });
            let decided: Vec<Reason> = decided.collect();
            let first_no = decided.iter().find_map(|reason| match reason {
                Reason::No(why) => Some(*why),
                _ => None,
            });
            let called = || {
                let all = alarms.iter().zip(&decided);
                all.filter(|(_, reason)| reason.calls()).map(|(alarm, _)| alarm)
            };
            let is_quiet = || called().all(|alarm| is_quiet(recipient, alarm.priority));
            let of = (channel.id.as_str(), channel.kind.as_str());
            let left_out = || called().map(|alarm| outbox::left_out(alarm, of, recipient));
            let why = match called().next().is_some() {
                true if left_out().all(|why| why.is_some()) => {
                    left_out().flatten().next().unwrap_or(Why::ChannelItself)
                }
                true if hearers.leave_to_another(recipient) => Why::HeldByAnother,
                true if is_quiet() => Why::QuietHours,
                true if !hearers.contain(channel, recipient) => Why::NotYet,
                true => Why::BeforeDelivery,
                false => first_no.unwrap_or(Why::NothingStands),
            };
            let way = Way {
                channel: channel.id.to_string(),
                recipient: recipient.to_owned(),
            };
            silent.push((way, why));
        }
    }
    Ok(silent)
}
