//! The reference of metrics is the table that they are written from.

use std::fmt::Write;

use super::FAMILIES;

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/metrics.md");

const HEAD: &str = "# Metrics

What `GET /metrics` tells, in the text format 0.0.4 of Prometheus. It needs no login, as it listens where the dashboard does. Counters count from the start of the
process; `agent` always stands beside its `site`. In Prometheus:

```
scrape_configs:
  - job_name: plenum
    static_configs:
      - targets: [\"127.0.0.1:8080\"]
```

This file is written by the program from its own table: do not edit it, run `.ci/write`.

| name | type | labels | unit | meaning |
|---|---|---|---|---|
";

/// The unit that a name says; empty for what is counted.
fn unit(name: &str) -> &'static str {
    let name = name.trim_end_matches("_total");
    ["seconds", "bytes"]
        .into_iter()
        .find(|unit| name.ends_with(unit))
        .unwrap_or("")
}

fn reference() -> String {
    let mut text = HEAD.to_owned();
    for family in FAMILIES.iter().copied().flatten() {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind, unit) = (family.name, family.kind.as_str(), unit(family.name));
        let (labels, help) = (labels.join(", "), family.help);
        writeln!(text, "| `{name}` | {kind} | {labels} | {unit} | {help} |").unwrap();
    }
    text
}

#[test]
fn metrics_reference_is_what_the_program_tells() {
    let written = reference();
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(REFERENCE, &written).unwrap();
    }
    let found = std::fs::read_to_string(REFERENCE).unwrap_or_default();
    assert!(
        found == written,
        "docs/reference/metrics.md differs from the program's table; write it anew with .ci/write"
    );
}

#[test]
fn helps_fit_on_their_line_and_into_a_table() {
    for family in FAMILIES.iter().copied().flatten() {
        assert!(!family.help.contains(['\n', '\\', '|']), "{}", family.name);
    }
}
