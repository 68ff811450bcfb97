//! How a message is written for a medium that is not mail: escaped and bounded letter by letter, its headings in bold, and how loud it is.

use plenum_core::oncall::Reason;
use plenum_core::site::Priority;

use super::Delivery;

/// How loud a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// It stands, and somebody is wanted.
    Stands(Priority),
    /// It is over.
    Over,
    /// Nobody needs to get up for it.
    Note,
}

impl Tone {
    /// That of a delivery.
    pub(super) fn of(delivery: &Delivery) -> Self {
        match delivery.reason {
            Reason::First | Reason::StandsAgain | Reason::Reminder | Reason::Changed => {
                Self::Stands(delivery.alarm.priority)
            }
            Reason::Resolved | Reason::Withdrawn => Self::Over,
            Reason::ShelvingEnds | Reason::Taken | Reason::No(_) => Self::Note,
        }
    }

    /// The colour beside it, as the screens have it.
    pub(super) fn colour(self) -> &'static str {
        match self {
            Self::Stands(Priority::Critical) => "#c62828",
            Self::Stands(Priority::High) => "#e65100",
            Self::Stands(Priority::Medium) => "#f9a825",
            Self::Stands(Priority::Low) => "#1565c0",
            Self::Over => "#2e7d32",
            Self::Note => "#616161",
        }
    }
}

/// How text becomes a medium's own.
pub(super) struct Medium {
    /// Writes a letter so that it is nothing but that letter there.
    escape: fn(char, &mut String),
    /// As how much a piece counts towards the medium's limit.
    measure: fn(&str) -> usize,
    /// What stands around a heading.
    bold: [&'static str; 2],
    /// What ends a line.
    line: &'static str,
}

/// As it is; a limit in bytes.
pub(super) const BYTES: Medium = Medium {
    escape: |letter, text| text.push(letter),
    measure: str::len,
    bold: ["", ":"],
    line: "\n",
};

/// As it is; a limit in characters.
pub(super) const PLAIN: Medium = Medium {
    measure: characters,
    ..BYTES
};

/// Slack's mrkdwn, where three letters alone are special, and what stands between `<` and `>` does anything.
pub(super) const MRKDWN: Medium = Medium {
    escape: |letter, text| match letter {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        letter => text.push(letter),
    },
    measure: characters,
    bold: ["*", "*"],
    line: "\n",
};

/// HTML as Telegram takes it, which counts in units of UTF-16.
pub(super) const TELEGRAM: Medium = Medium {
    escape: html,
    measure: |text| text.encode_utf16().count(),
    bold: ["<b>", "</b>"],
    line: "\n",
};

/// HTML as Matrix takes it.
pub(super) const HTML: Medium = Medium {
    escape: html,
    measure: str::len,
    bold: ["<strong>", "</strong>"],
    line: "<br>\n",
};

/// Markdown, in which nobody is called by name: everything that can begin something is a letter.
pub(super) const MARKDOWN: Medium = Medium {
    escape: |letter, text| match letter {
        // Between the two stands a space without width: `@all` would call everybody.
        '@' => text.push_str("@\u{200B}"),
        '<' => text.push_str("&lt;"),
        '&' => text.push_str("&amp;"),
        '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '~' | '#' | '|' | '>' | '!' => {
            text.push('\\');
            text.push(letter);
        }
        letter => text.push(letter),
    },
    measure: str::len,
    bold: ["**", "**"],
    line: "  \n",
};

const CUT: &str = "…";

impl Medium {
    /// One line, cut to what counts as so much.
    pub(super) fn line(&self, text: &str, limit: usize) -> String {
        let mut writer = Writer::new(self, limit);
        writer.text(text);
        writer.text
    }

    /// A message's text with its headings in bold, cut to what counts as so much.
    pub(super) fn text(&self, text: &str, limit: usize) -> String {
        let mut writer = Writer::new(self, limit);
        for line in lines(text) {
            if !writer.text.is_empty() && !writer.raw(self.line) {
                break;
            }
            let heading = match line.heading {
                None => String::new(),
                Some(heading) => format!("{}{heading}{} ", self.bold[0], self.bold[1]),
            };
            if !(writer.raw(&heading) && writer.text(line.text)) {
                break;
            }
        }
        writer.text
    }
}

/// Writes until there is no room; what does not fit ends in a mark that says so.
struct Writer<'a> {
    medium: &'a Medium,
    text: String,
    left: usize,
}

impl<'a> Writer<'a> {
    fn new(medium: &'a Medium, limit: usize) -> Self {
        let mark = (medium.measure)(CUT);
        Self {
            medium,
            text: String::new(),
            left: limit.saturating_sub(mark),
        }
    }

    /// What is the medium's own already, all of it or the mark.
    fn raw(&mut self, text: &str) -> bool {
        let size = (self.medium.measure)(text);
        let fits = size <= self.left;
        match fits {
            true => {
                self.text.push_str(text);
                self.left -= size;
            }
            false => self.text.push_str(CUT),
        }
        fits
    }

    fn text(&mut self, text: &str) -> bool {
        let mut escaped = String::new();
        text.chars().all(|letter| {
            escaped.clear();
            (self.medium.escape)(letter, &mut escaped);
            self.raw(&escaped)
        })
    }
}

/// A line of a message's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// `WHAT`, for a line that begins with such a word and some spaces.
    pub(super) heading: Option<&'a str>,
    /// The rest.
    pub(super) text: &'a str,
}

/// The lines of a message's text but empty ones. No foreign text makes a line, so that each heading is ours.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.map(|line| match line.split_once("  ") {
        Some((heading, text)) if is_heading(heading) => Line {
            heading: Some(heading),
            text: text.trim_start(),
        },
        _ => Line {
            heading: None,
            text: line,
        },
    })
}

fn is_heading(text: &str) -> bool {
    let is_part = |letter: char| letter.is_uppercase() || letter == ' ' || letter == '?';
    !text.is_empty() && text.len() <= 16 && text.chars().all(is_part)
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

fn html(letter: char, text: &mut String) {
    match letter {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '"' => text.push_str("&quot;"),
        letter => text.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "WHAT      <b>Inlet</b> @all *warm*\nHOW BAD   29.1 °C & rising\n\nRaised at 03:00, rule warm_inlet.";

    #[test]
    fn foreign_letters_are_letters_in_each_medium_and_headings_stand_out() {
        let check = |medium: &Medium, expected: &str| assert_eq!(medium.text(TEXT, 4_000), expected);
        check(
            &PLAIN,
            "WHAT: <b>Inlet</b> @all *warm*\nHOW BAD: 29.1 °C & rising\nRaised at 03:00, rule warm_inlet.",
        );
        check(
            &MRKDWN,
            "*WHAT* &lt;b&gt;Inlet&lt;/b&gt; @all *warm*\n*HOW BAD* 29.1 °C &amp; rising\nRaised at 03:00, rule warm_inlet.",
        );
        check(
            &TELEGRAM,
            "<b>WHAT</b> &lt;b&gt;Inlet&lt;/b&gt; @all *warm*\n<b>HOW BAD</b> 29.1 °C &amp; rising\nRaised at 03:00, rule warm_inlet.",
        );
        check(
            &HTML,
            "<strong>WHAT</strong> &lt;b&gt;Inlet&lt;/b&gt; @all *warm*<br>\n<strong>HOW BAD</strong> 29.1 °C &amp; rising<br>\nRaised at 03:00, rule warm_inlet.",
        );
        check(
            &MARKDOWN,
            "**WHAT** &lt;b\\>Inlet&lt;/b\\> @\u{200B}all \\*warm\\*  \n**HOW BAD** 29.1 °C &amp; rising  \nRaised at 03:00, rule warm\\_inlet.",
        );
    }

    #[test]
    fn what_is_too_long_is_cut_between_letters_and_says_so() {
        for medium in [&BYTES, &PLAIN, &MRKDWN, &TELEGRAM, &HTML, &MARKDOWN] {
            let whole = medium.text(TEXT, 4_000);
            let size = (medium.measure)(&whole);
            for limit in 3..size + 8 {
                let cut = medium.text(TEXT, limit);
                assert!((medium.measure)(&cut) <= limit, "{limit}: {cut}");
                assert_eq!(cut.ends_with('…'), cut != whole, "{limit}: {cut}");
                // Neither half a tag nor half an entity is left behind.
                let opened = cut.matches("<b>").count() + cut.matches("<strong>").count();
                let closed = cut.matches("</b>").count() + cut.matches("</strong>").count();
                assert!(opened == closed || (medium.bold == ["", ":"]), "{limit}: {cut}");
                let last = cut.rfind('&').map_or("", |place| &cut[place..]);
                let is_whole =
                    last.is_empty() || last.contains(';') || last.starts_with("& ") || last == "&…";
                assert!(is_whole, "{limit}: {cut}");
            }
        }
        assert_eq!(TELEGRAM.line("🔥🔥🔥", 5), "🔥🔥…");
        assert_eq!(BYTES.line("🔥🔥🔥", 5), "…");
    }
}
