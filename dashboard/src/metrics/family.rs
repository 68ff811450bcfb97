//! A family of figures and how it is written: the text format 0.0.4 of Prometheus. Written here and not by a crate because almost every figure is
//! asked of its part at the scrape: a registry of metric objects would hold each of them a second time.

use std::fmt::{Display, Write};

use plenum_link::histogram::{BOUNDS, Snapshot};

use super::scrape::Scrape;

/// What a family counts like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only rises, from 0 at the start of the process.
    Counter,
    /// Rises and falls.
    Gauge,
    /// How many durations were at most so long.
    Histogram,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One family: the row that `/metrics` and docs/reference/metrics.md are both written from.
pub(super) struct Family {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
    collect: Collect,
}

/// Puts a family's samples.
type Collect = fn(&Scrape<'_>, &mut Samples<'_>);

impl Family {
    pub(super) const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        collect: Collect,
    ) -> Self {
        Self {
            kind: Kind::Counter,
            name,
            labels,
            help,
            collect,
        }
    }

    pub(super) const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        collect: Collect,
    ) -> Self {
        Self {
            kind: Kind::Gauge,
            name,
            labels,
            help,
            collect,
        }
    }

    pub(super) const fn histogram(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        collect: Collect,
    ) -> Self {
        Self {
            kind: Kind::Histogram,
            name,
            labels,
            help,
            collect,
        }
    }

    /// Writes the family with its samples.
    pub(super) fn write(&self, scrape: &Scrape<'_>, text: &mut String) {
        line(text, format_args!("# HELP {} {}", self.name, self.help));
        line(text, format_args!("# TYPE {} {}", self.name, self.kind.as_str()));
        (self.collect)(scrape, &mut Samples { family: self, text });
    }
}

/// Where a family's samples go.
pub(super) struct Samples<'a> {
    family: &'a Family,
    text: &'a mut String,
}

impl Samples<'_> {
    /// The only sample of a family without labels.
    pub(super) fn one(&mut self, value: impl Display) {
        self.put(&[], value);
    }

    /// A sample; `labels` are the values of the family's labels in their order.
    pub(super) fn put(&mut self, labels: &[&dyn Display], value: impl Display) {
        self.sample("", labels, None, &value);
    }

    /// A histogram: `_bucket` for each bound and `+Inf`, `_sum` in seconds, `_count`.
    pub(super) fn put_histogram(&mut self, labels: &[&dyn Display], histogram: &Snapshot) {
        for (bound, count) in BOUNDS.iter().zip(histogram.at_most) {
            self.sample("_bucket", labels, Some(bound), &count);
        }
        self.sample("_bucket", labels, Some(&"+Inf"), &histogram.count);
        self.sample("_sum", labels, None, &histogram.seconds);
        self.sample("_count", labels, None, &histogram.count);
    }

    fn sample(
        &mut self,
        suffix: &str,
        values: &[&dyn Display],
        at_most: Option<&dyn Display>,
        value: &dyn Display,
    ) {
        debug_assert_eq!(self.family.labels.len(), values.len(), "{}", self.family.name);
        let names = self.family.labels.iter().copied().chain(["le"]);
        let labels: Vec<String> = names
            .zip(values.iter().copied().chain(at_most))
            .map(|(name, value)| format!("{name}=\"{}\"", escape(&value.to_string())))
            .collect();
        let name = self.family.name;
        if labels.is_empty() {
            line(self.text, format_args!("{name}{suffix} {value}"));
        } else {
            line(
                self.text,
                format_args!("{name}{suffix}{{{}}} {value}", labels.join(",")),
            );
        }
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

/// As the text format wants label values.
fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use plenum_link::histogram::Histogram;

    use super::*;

    fn written(family: &Family, put: impl FnOnce(&mut Samples<'_>)) -> String {
        let mut text = String::new();
        put(&mut Samples {
            family,
            text: &mut text,
        });
        text
    }

    #[test]
    fn label_values_are_escaped() {
        let family = Family::gauge("x", &["a"], "", |_, _| {});
        let text = written(&family, |samples| samples.put(&[&"q\"\\\n"], 1));
        assert_eq!(text, "x{a=\"q\\\"\\\\\\n\"} 1\n");
    }

    #[test]
    fn a_histogram_has_every_bucket_its_sum_and_its_count() {
        let family = Family::histogram("x_seconds", &["a"], "", |_, _| {});
        let histogram = Histogram::default();
        histogram.observe(std::time::Duration::from_millis(250));
        let text = written(&family, |samples| {
            samples.put_histogram(&[&"b"], &histogram.snapshot())
        });
        assert!(
            text.starts_with("x_seconds_bucket{a=\"b\",le=\"0.001\"} 0\n"),
            "{text}"
        );
        assert!(
            text.contains("x_seconds_bucket{a=\"b\",le=\"0.25\"} 1\n"),
            "{text}"
        );
        let end = "x_seconds_bucket{a=\"b\",le=\"+Inf\"} 1\nx_seconds_sum{a=\"b\"} 0.25\nx_seconds_count{a=\"b\"} 1\n";
        assert!(text.ends_with(end), "{text}");
    }
}
