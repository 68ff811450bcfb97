//! Durations and instants: "2 h 48 min", "03:12:05", and "26 Nov 03:12" where the day is another than that of the message.

use jiff::Zoned;
use jiff::tz::TimeZone;
use plenum_protocol::quantity::Language;
use plenum_protocol::{Duration, Timestamp};

use super::Form;

const MONTHS: [[&str; 12]; Language::ALL.len()] = [
    [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ],
    [
        "jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec",
    ],
];

const LONG_MONTHS: [[&str; 12]; Language::ALL.len()] = [
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
];

impl Form {
    /// A month that is written as `2026-10`: "October 2026"; as it is where it is not.
    pub fn month(&self, month: &str) -> String {
        let parts = month.split_once('-');
        let name = parts.and_then(|(_, number)| {
            let index = number.parse::<usize>().ok()?.checked_sub(1)?;
            LONG_MONTHS[self.language as usize].get(index)
        });
        match (parts, name) {
            (Some((year, _)), Some(name)) => format!("{name} {year}"),
            _ => month.to_owned(),
        }
    }

    /// An elapsed time in at most two units, rounded down: "26 s", "4 min", "2 h 48 min", "3 days".
    pub fn duration(&self, duration: Duration) -> String {
        let seconds = duration.milliseconds().max(0) / 1_000;
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
        let (h, day, many) = match self.language {
            Language::English => ("h", "day", "days"),
            Language::Dutch => ("u", "dag", "dagen"),
        };
        match (days, hours, minutes) {
            (0, 0, 0) => format!("{seconds} s"),
            (0, 0, _) => format!("{minutes} min"),
            (0, _, _) if minutes % 60 == 0 => format!("{hours} {h}"),
            (0, _, _) => format!("{hours} {h} {} min", minutes % 60),
            (1, ..) => format!("1 {day} {} {h}", hours % 24),
            _ => format!("{days} {many}"),
        }
    }

    /// Minutes from now, in words that do not promise seconds: "3 min"; never less than one.
    pub fn minutes(&self, minutes: f64) -> String {
        self.duration(Duration::from_minutes(minutes.max(1.0).round() as i64))
    }

    /// The site's wall clock to the second, with the date where the day is another: "03:12:05", "26 Nov 03:12:05".
    pub fn instant(&self, at: Timestamp) -> String {
        self.dated(at, "%H:%M:%S")
    }

    /// The same to the minute: "03:12".
    pub fn minute(&self, at: Timestamp) -> String {
        self.dated(at, "%H:%M")
    }

    /// The same for a text that is kept, where no day is today's: "25 Oct 02:00", with the year where it is not the present one.
    pub fn day_and_minute(&self, at: Timestamp) -> String {
        self.on_day(&self.local(at), "%H:%M", self.local(self.now).year())
    }

    /// The same with the year in any case: "25 Oct 2026 02:00".
    pub fn date_and_minute(&self, at: Timestamp) -> String {
        self.on_day(&self.local(at), "%H:%M", i16::MIN)
    }

    /// The site's wall clock with the zone and UTC beside it: "03:12:05 CEST (01:12:05 UTC)".
    pub fn instant_with_zone(&self, at: Timestamp) -> String {
        let in_utc = at.to_jiff().to_zoned(TimeZone::UTC).strftime("%H:%M:%S");
        format!("{} ({in_utc} UTC)", self.dated(at, "%H:%M:%S %Z"))
    }

    /// For a text that is filed: the day, the site's wall clock to the second with its zone, and the same in UTC, whose day may be another:
    /// "26 Nov 2026 03:12:05 CET (02:12:05 UTC)".
    pub fn instant_for_files(&self, at: Timestamp) -> String {
        let (here, there) = (self.local(at), at.to_jiff().to_zoned(TimeZone::UTC));
        let in_utc = match here.date() == there.date() {
            true => there.strftime("%H:%M:%S").to_string(),
            false => self.on_day(&there, "%H:%M:%S", i16::MIN),
        };
        format!("{} ({in_utc} UTC)", self.on_day(&here, "%H:%M:%S %Z", i16::MIN))
    }

    fn dated(&self, at: Timestamp, format: &str) -> String {
        let (then, today) = (self.local(at), self.local(self.now).date());
        match then.date() == today {
            true => then.strftime(format).to_string(),
            false => self.on_day(&then, format, today.year()),
        }
    }

    fn local(&self, at: Timestamp) -> Zoned {
        at.to_jiff().to_zoned(self.zone.clone())
    }

    /// With its day; without the year where that is `this_year`.
    fn on_day(&self, then: &Zoned, format: &str, this_year: i16) -> String {
        let (day, time) = (then.day(), then.strftime(format));
        let month = MONTHS[self.language as usize][then.month() as usize - 1];
        match then.year() == this_year {
            true => format!("{day} {month} {time}"),
            false => format!("{day} {month} {} {time}", then.year()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Letters;
    use super::*;

    fn form(language: Language, now: &str) -> Form {
        Form {
            language,
            letters: Letters::All,
            zone: TimeZone::get("Europe/Amsterdam").unwrap(),
            now: now.parse().unwrap(),
            people: std::sync::Arc::new(crate::authority::Unknown),
        }
    }

    #[test]
    fn durations_have_at_most_two_units() {
        let [english, dutch] = Language::ALL.map(|language| form(language, "2026-11-26T02:12:05Z"));
        for (milliseconds, in_english, in_dutch) in [
            (900, "0 s", "0 s"),
            (26_000, "26 s", "26 s"),
            (245_000, "4 min", "4 min"),
            (7_200_000, "2 h", "2 u"),
            (10_080_000, "2 h 48 min", "2 u 48 min"),
            (97_200_000, "1 day 3 h", "1 dag 3 u"),
            (259_200_000, "3 days", "3 dagen"),
        ] {
            let duration = Duration::from_milliseconds(milliseconds);
            assert_eq!(english.duration(duration), in_english);
            assert_eq!(dutch.duration(duration), in_dutch);
        }
        assert_eq!(english.minutes(0.2), "1 min");
        assert_eq!(english.minutes(3.4), "3 min");
    }

    #[test]
    fn a_month_is_written_out() {
        let [english, dutch] = Language::ALL.map(|language| form(language, "2026-11-26T02:12:05Z"));
        assert_eq!(english.month("2026-03"), "March 2026");
        assert_eq!(dutch.month("2026-03"), "maart 2026");
        assert_eq!(
            (english.month("2026-13"), english.month("x")),
            ("2026-13".to_owned(), "x".to_owned())
        );
    }

    #[test]
    fn a_date_stands_beside_a_time_of_another_day() {
        let at: Timestamp = "2026-11-26T02:12:05Z".parse().unwrap();
        for (language, now, expected) in [
            (Language::English, "2026-11-26T09:00:00Z", "03:12:05"),
            (Language::English, "2026-11-27T02:12:05Z", "26 Nov 03:12:05"),
            (Language::Dutch, "2026-11-27T02:12:05Z", "26 nov 03:12:05"),
            (Language::English, "2027-01-02T02:12:05Z", "26 Nov 2026 03:12:05"),
            // Midnight is the site's.
            (Language::English, "2026-11-25T23:30:00Z", "03:12:05"),
        ] {
            assert_eq!(form(language, now).instant(at), expected);
        }
        let tomorrow = form(Language::English, "2026-11-27T02:12:05Z");
        assert_eq!(tomorrow.minute(at), "26 Nov 03:12");
        assert_eq!(
            tomorrow.instant_with_zone(at),
            "26 Nov 03:12:05 CET (02:12:05 UTC)"
        );
        assert_eq!(
            tomorrow.instant_for_files(at),
            "26 Nov 2026 03:12:05 CET (02:12:05 UTC)"
        );
        let at_midnight: Timestamp = "2026-11-25T23:30:00Z".parse().unwrap();
        assert_eq!(
            tomorrow.instant_for_files(at_midnight),
            "26 Nov 2026 00:30:00 CET (25 Nov 2026 23:30:00 UTC)"
        );
    }
}
