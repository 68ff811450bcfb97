//! A month's report as a plain page that prints well: the figures, every interval that was not up, and how it was counted.

use std::fmt::Write;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use plenum_core::availability::{Availability, Interval, State};
use plenum_core::site::{Service, Unknown};
use plenum_core::text::Language;
use plenum_protocol::Timestamp;
use sha2::{Digest, Sha256};

const STYLE: &str = "body{font:11pt/1.45 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}\
h1{font-size:1.5rem;margin:0}p{margin:.4rem 0}table{border-collapse:collapse;width:100%;margin:1rem 0}\
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #bbb;vertical-align:top}td.n,th.n{text-align:right;\
font-variant-numeric:tabular-nums}.big{font-size:2rem;font-weight:600}small{color:#444}@media print{body{margin:0}tr{break-inside:avoid}}";

/// The page's words in one language.
struct Words {
    language: Language,
    title: &'static str,
    customer: &'static str,
    period: &'static str,
    zone: &'static str,
    availability: &'static str,
    objective: &'static str,
    met: &'static str,
    missed: &'static str,
    no_data: &'static str,
    state: &'static str,
    time: &'static str,
    sum: &'static str,
    states: [&'static str; 5],
    intervals: &'static str,
    from: &'static str,
    to: &'static str,
    length: &'static str,
    cause: &'static str,
    none: &'static str,
    counted: &'static str,
    excluded: &'static str,
    always: &'static str,
    made: &'static str,
    unfinished: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    title: "Availability",
    customer: "Customer",
    period: "Period",
    zone: "Time zone",
    availability: "Availability",
    objective: "Objective",
    met: "met",
    missed: "missed",
    no_data: "no data",
    state: "State",
    time: "Time",
    sum: "Whole period",
    states: ["Out of hours", "Planned maintenance", "Down", "Unknown", "Up"],
    intervals: "Every interval within agreed hours that was not up",
    from: "From",
    to: "Until",
    length: "Length",
    cause: "Cause",
    none: "None.",
    counted: "Availability = up / (up + down + unknown). Time for which there is no data counts against us.",
    excluded: "Availability = up / (up + down). By contract, time for which there is no data is left out; it is stated above.",
    always: "Agreed time is the period within agreed hours and the service's life, less planned maintenance. Where states overlap, out of \
             hours goes first, then planned, down, unknown, up; they add up to the period to the millisecond.",
    made: "Computed",
    unfinished: "The month is not over: this is its state so far.",
};

const DUTCH: Words = Words {
    language: Language::Dutch,
    title: "Beschikbaarheid",
    customer: "Klant",
    period: "Periode",
    zone: "Tijdzone",
    availability: "Beschikbaarheid",
    objective: "Doelstelling",
    met: "gehaald",
    missed: "niet gehaald",
    no_data: "geen gegevens",
    state: "Toestand",
    time: "Tijd",
    sum: "Hele periode",
    states: [
        "Buiten de afgesproken uren",
        "Gepland onderhoud",
        "Storing",
        "Onbekend",
        "Beschikbaar",
    ],
    intervals: "Alle perioden binnen de afgesproken uren die niet beschikbaar waren",
    from: "Van",
    to: "Tot",
    length: "Duur",
    cause: "Oorzaak",
    none: "Geen.",
    counted: "Beschikbaarheid = beschikbaar / (beschikbaar + storing + onbekend). Tijd waarover geen gegevens zijn, telt tegen ons.",
    excluded: "Beschikbaarheid = beschikbaar / (beschikbaar + storing). Volgens het contract telt tijd zonder gegevens niet mee; zij staat hierboven.",
    always: "De afgesproken tijd is de periode binnen de afgesproken uren en de looptijd van de dienst, min gepland onderhoud. Bij overlap gaat \
             buiten uren voor, dan gepland, storing, onbekend, beschikbaar; samen zijn zij op de milliseconde de periode.",
    made: "Berekend",
    unfinished: "De maand is nog niet voorbij: dit is de stand tot nu toe.",
};

/// What a report tells of.
pub(crate) struct Report<'a> {
    pub(crate) site: &'a str,
    pub(crate) language: Language,
    pub(crate) service: &'a Service,
    pub(crate) zone: &'a TimeZone,
    pub(crate) result: &'a Availability,
    pub(crate) made_at: Timestamp,
    /// The month is not over.
    pub(crate) unfinished: bool,
}

impl Report<'_> {
    /// The page, with leave for its own style and nothing else.
    pub(crate) fn answer(&self) -> Response {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (header::CONTENT_SECURITY_POLICY, policy),
            ],
            self.page(),
        )
            .into_response()
    }

    fn page(&self) -> String {
        let words = match self.language {
            Language::English => &ENGLISH,
            Language::Dutch => &DUTCH,
        };
        let mut page = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut page, words);
        page
    }

    fn write(&self, page: &mut String, words: &Words) -> std::fmt::Result {
        let (service, result) = (self.service, self.result);
        let name = escape(&service.name);
        write!(
            page,
            "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{}: {name}</title><style>{STYLE}</style><h1>{}: {name}</h1><p>{}</p>",
            words.language.code(),
            words.title,
            words.title,
            escape(self.site)
        )?;
        if !service.customer.is_empty() {
            write!(page, "<p>{}: {}</p>", words.customer, escape(&service.customer))?;
        }
        write!(
            page,
            "<p>{}: {} \u{2013} {}<br>{}: {}</p>",
            words.period,
            self.instant(result.from),
            self.instant(result.to),
            words.zone,
            escape(service.zone.as_str())
        )?;
        if self.unfinished {
            write!(page, "<p><b>{}</b></p>", words.unfinished)?;
        }
        let terms = result.terms;
        let objective = terms.map_or(service.objective, |terms| terms.objective);
        let (figure, verdict) = match result.availability {
            None => (words.no_data.to_owned(), String::new()),
            Some(ratio) if ratio >= objective => (percent(ratio), format!(" ({})", words.met)),
            Some(ratio) => (percent(ratio), format!(" ({})", words.missed)),
        };
        write!(
            page,
            "<p>{}</p><p class=\"big\">{figure}</p><p>{}: {}{verdict}</p>",
            words.availability,
            words.objective,
            percent(objective)
        )?;
        self.sums(page, words)?;
        self.intervals(page, words)?;
        let rule = match terms.map_or(service.unknown, |terms| terms.unknown) {
            Unknown::Counted => words.counted,
            Unknown::Excluded => words.excluded,
        };
        write!(
            page,
            "<p><small>{rule} {} {}: {}.</small></p></html>",
            words.always,
            words.made,
            self.instant(self.made_at)
        )
    }

    fn sums(&self, page: &mut String, words: &Words) -> std::fmt::Result {
        let sums = &self.result.milliseconds;
        write!(
            page,
            "<table><tr><th>{}<th class=\"n\">{}</tr>",
            words.state, words.time
        )?;
        for (state, milliseconds) in [
            (State::Up, sums.up),
            (State::Down, sums.down),
            (State::Unknown, sums.unknown),
            (State::Planned, sums.planned),
            (State::OutOfHours, sums.out_of_hours),
        ] {
            write!(
                page,
                "<tr><td>{}<td class=\"n\">{}</tr>",
                name(words, state),
                length(milliseconds)
            )?;
        }
        let whole = self.result.to.since(self.result.from).milliseconds();
        write!(
            page,
            "<tr><th>{}<th class=\"n\">{}</tr></table>",
            words.sum,
            length(whole)
        )
    }

    fn intervals(&self, page: &mut String, words: &Words) -> std::fmt::Result {
        write!(page, "<p>{}</p>", words.intervals)?;
        let listed: Vec<&Interval> = self
            .result
            .intervals
            .iter()
            .filter(|interval| !matches!(interval.state, State::Up | State::OutOfHours))
            .collect();
        if listed.is_empty() {
            return write!(page, "<p>{}</p>", words.none);
        }
        write!(
            page,
            "<table><tr><th>{}<th>{}<th class=\"n\">{}<th>{}<th>{}</tr>",
            words.from, words.to, words.length, words.state, words.cause
        )?;
        for interval in listed {
            write!(
                page,
                "<tr><td>{}<td>{}<td class=\"n\">{}<td>{}<td>{}</tr>",
                self.instant(interval.from),
                self.instant(interval.to),
                length(interval.to.since(interval.from).milliseconds()),
                name(words, interval.state),
                escape(&interval.cause)
            )?;
        }
        write!(page, "</table>")
    }

    fn instant(&self, at: Timestamp) -> String {
        let local = at.to_jiff().to_zoned(self.zone.clone());
        escape(&local.strftime("%Y-%m-%d %H:%M:%S %Z").to_string())
    }
}

fn name(words: &Words, state: State) -> &'static str {
    words.states[match state {
        State::OutOfHours => 0,
        State::Planned => 1,
        State::Down => 2,
        State::Unknown => 3,
        State::Up => 4,
    }]
}

/// Cut and not rounded: 99.9999 % is not 100 %, and 99.8999 % is not 99.9 %.
fn percent(ratio: f64) -> String {
    let mut text = format!("{:.4}", ((ratio * 1e6) + 1e-4).floor() / 1e4);
    while text.ends_with('0') {
        text.pop();
    }
    format!("{} %", text.trim_end_matches('.'))
}

/// Days, hours, minutes, seconds and, where there are any, milliseconds.
fn length(milliseconds: i64) -> String {
    let mut parts = Vec::new();
    let mut rest = milliseconds;
    for (size, unit) in [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "min"),
        (1_000, "s"),
        (1, "ms"),
    ] {
        if rest >= size {
            parts.push(format!("{} {unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() {
        "0 s".to_owned()
    } else {
        parts.join(" ")
    }
}

/// Text that may stand in HTML, in an attribute too.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenum_core::availability::Terms;

    #[test]
    fn figures_are_cut_and_not_rounded() {
        for (ratio, expected) in [
            (1.0, "100 %"),
            (0.999_999_9, "99.9999 %"),
            (0.999, "99.9 %"),
            (0.998_999_9, "99.8999 %"),
            (0.0, "0 %"),
            (0.5, "50 %"),
        ] {
            assert_eq!(percent(ratio), expected);
        }
        assert_eq!(length(90_061_005), "1 d 1 h 1 min 1 s 5 ms");
        assert_eq!(length(0), "0 s");
    }

    const SERVICE: &str = r#"
id = "hosting"
name = "<b>Hosting</b>"
customer = "Bakker & Zn"
objective = 0.999
zone = "Europe/Amsterdam"
since = "2026-01-01T00:00"
[down]
any = []
"#;

    /// March 2026, down for its first day.
    fn march() -> Availability {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (from, cut, to) = (
            at("2026-02-28T23:00:00Z"),
            at("2026-03-02T00:00:00Z"),
            at("2026-03-31T22:00:00Z"),
        );
        let interval = |from, to, state, cause: &str| Interval {
            from,
            to,
            state,
            cause: cause.to_owned(),
        };
        let intervals = vec![
            interval(from, cut, State::Down, "<script>"),
            interval(cut, to, State::Up, ""),
        ];
        Availability {
            from,
            to,
            milliseconds: plenum_core::availability::fold::sum(&intervals),
            availability: Some(0.96),
            spent: 0,
            terms: None,
            intervals,
        }
    }

    fn page(language: Language, result: &Availability) -> String {
        let service: Service = plenum_protocol::config_error::parse("site.toml", SERVICE).unwrap();
        Report {
            site: "Zaandam",
            language,
            service: &service,
            zone: &TimeZone::get("Europe/Amsterdam").unwrap(),
            result,
            made_at: result.to,
            unfinished: false,
        }
        .page()
    }

    #[test]
    fn the_page_tells_every_interval_and_escapes_names() {
        let result = march();
        let english = page(Language::English, &result);
        for wanted in [
            "&lt;b&gt;Hosting&lt;/b&gt;",
            "Bakker &amp; Zn",
            "96 %",
            "99.9 % (missed)",
            "2026-03-01 00:00:00 CET",
            "2026-04-01 00:00:00 CEST",
            "&lt;script&gt;",
            "30 d 23 h",
        ] {
            assert!(english.contains(wanted), "{wanted} in {english}");
        }
        assert!(!english.contains("<script"));
        assert!(page(Language::Dutch, &result).contains("niet gehaald"));
    }

    #[test]
    fn a_month_is_judged_by_what_was_promised_then() {
        let terms = Terms {
            objective: 0.95,
            unknown: Unknown::Excluded,
        };
        let result = Availability {
            terms: Some(terms),
            ..march()
        };
        let page = page(Language::English, &result);
        for wanted in ["95 % (met)", ENGLISH.excluded] {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
    }
}
