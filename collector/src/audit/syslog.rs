//! A line as RFC 5424 syslog has it, for those who gather logs elsewhere: facility 13 (audit), notice for what was done and warning for the rest. Pure.

use std::fmt::Write;

use plenum_core::fact::Ending;
use plenum_core::text::{Language, audit};

use super::line::{self, Line};

/// Facility 13, "log audit".
const FACILITY: u8 = 13;
const WARNING: u8 = 4;
const NOTICE: u8 = 5;
/// The number that RFC 5612 sets apart for those who have none of their own.
const ENTERPRISE: u32 = 32_473;

/// What an export gives as one line, as syslog. What cannot be read stands in it as it is.
pub fn format(exported: &str, site: &str) -> String {
    let read = line::without_hash(exported).and_then(|(bytes, hash)| Some((Line::read(&bytes)?, hash)));
    let Some((Line { number, audited }, hash)) = read else {
        let priority = FACILITY * 8 + WARNING;
        let text: String = exported
            .chars()
            .filter(|character| !character.is_control())
            .collect();
        return format!("<{priority}>1 - {site} plenum - unreadable - {text}");
    };
    let ending = audited.ending();
    let severity = if ending == Ending::Done { NOTICE } else { WARNING };
    let mut text = format!(
        "<{}>1 {} {site} plenum - {} [audit@{ENTERPRISE} number=\"{number}\" by=\"{}\"",
        FACILITY * 8 + severity,
        audited.at,
        audited.deed,
        audited.by
    );
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = write!(text, " {name}=\"{}\"", escape(value));
        }
    };
    field(
        "from",
        &audited
            .from
            .map(|address| address.to_string())
            .unwrap_or_default(),
    );
    field("on", &audited.on);
    field("status", &audited.status.to_string());
    field("times", &audited.times.to_string());
    field("hash", &hex::encode(hash));
    let deed = audit::deed(audited.deed, Language::English);
    let ended = audit::ending(ending, Language::English);
    format!("{text}] {} asked to {deed}: {ended}", audited.by)
}

/// As 6.3.3 wants it; control characters go, since a line is a line.
fn escape(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars().filter(|character| !character.is_control()) {
        if matches!(character, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use plenum_core::authority::Actor;
    use plenum_core::fact::{Audited, Deed};
    use plenum_protocol::Timestamp;

    use super::*;

    #[test]
    fn a_line_is_what_rfc_5424_wants() {
        let line = Line {
            number: 7,
            audited: Audited {
                at: Timestamp::from_milliseconds(1_750_000_000_000),
                by: Actor::Person(3),
                from: Some([192, 0, 2, 1].into()),
                deed: Deed::RetireSensor,
                on: "pi-a1/\"x]\\\n".to_owned(),
                status: 403,
                times: 2,
            },
        };
        let exported = line::with_hash(&line.bytes(), &[0xAB; 32]);
        let hash = "ab".repeat(32);
        assert_eq!(
            format(&exported, "zaandam"),
            format!(
                "<108>1 2025-06-15T15:06:40.000Z zaandam plenum - retire-sensor [audit@32473 number=\"7\" by=\"person:3\" from=\"192.0.2.1\" \
                 on=\"pi-a1/\\\"x\\]\\\\\" status=\"403\" times=\"2\" hash=\"{hash}\"] person:3 asked to retire a sensor: refused"
            )
        );
        assert_eq!(
            format("torn", "zaandam"),
            "<108>1 - zaandam plenum - unreadable - torn"
        );
    }
}
