//! A person's shifts as a calendar to subscribe to.

use plenum_protocol::Timestamp;

use super::LINE;
use crate::duty::Shift;
use crate::site::{Person, Rota, Site};
use crate::text::{Language, duty};

/// The calendar of a person's shifts, as [`Plan::duties`](crate::duty::Plan::duties) gives them, written at `now`. A shift keeps its identity as long as its
/// person, its rota and its first instant stay, so that a calendar that reads it again moves it and does not double it.
pub fn written(
    site: &Site,
    person: &Person,
    duties: &[(&Rota, Shift<'_>)],
    language: Language,
    now: Timestamp,
) -> String {
    let name = escaped(&duty::calendar(&site.site.name, &person.name, language));
    let mut text = Text::default();
    text.line("BEGIN:VCALENDAR");
    text.line("VERSION:2.0");
    text.line("PRODID:-//Plenum//Duties//EN");
    text.line("CALSCALE:GREGORIAN");
    // By this name newer calendars know it (RFC 7986), by the other most do.
    text.line(&format!("NAME:{name}"));
    text.line(&format!("X-WR-CALNAME:{name}"));
    text.line("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    for (rota, shift) in duties {
        let since = shift.from.milliseconds();
        text.line("BEGIN:VEVENT");
        text.line(&format!("UID:{}-{since}-{}@{}", rota.id, person.id, site.site.id));
        text.line(&format!("DTSTAMP:{}", instant(now)));
        text.line(&format!("DTSTART:{}", instant(shift.from)));
        text.line(&format!("DTEND:{}", instant(shift.to)));
        let summary = duty::shift(&rota.name, shift.source, language);
        text.line(&format!("SUMMARY:{}", escaped(&summary)));
        // Whoever is on duty may still make appointments.
        text.line("TRANSP:TRANSPARENT");
        text.line("END:VEVENT");
    }
    text.line("END:VCALENDAR");
    text.0
}

/// In UTC, to the second.
fn instant(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// As a value of type TEXT (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            character if character.is_control() => {}
            character => escaped.push(character),
        }
    }
    escaped
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// A content line, folded between characters: a line that goes on begins with a space.
    fn line(&mut self, line: &str) {
        let mut length = 0;
        for character in line.chars() {
            if length + character.len_utf8() > LINE {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(character);
            length += character.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_no_more_than_it_means_to() {
        assert_eq!(escaped("a,b;c\\d\ne\rf\u{7}"), "a\\,b\\;c\\\\d\\nef");
    }

    #[test]
    fn a_line_is_folded_at_75_octets_and_never_within_a_character() {
        let mut text = Text::default();
        let long = format!("SUMMARY:{}", "é€😀".repeat(40));
        text.line(&long);
        assert!(text.0.split("\r\n").all(|line| line.len() <= LINE), "{}", text.0);
        assert_eq!(text.0.replace("\r\n ", ""), format!("{long}\r\n"));
        let mut text = Text::default();
        text.line(&"x".repeat(75));
        text.line(&"x".repeat(76));
        let lines: Vec<usize> = text.0.split("\r\n").map(str::len).collect();
        assert_eq!(lines, [75, 75, 2, 0]);
    }
}
