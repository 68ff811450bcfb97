//! `plenum bench`: what this machine can do, measured through the same parts that run in production.

mod agents;
mod alarms;
mod folder;
mod forecast;
mod hostile;
mod ingest;
mod latency;
mod log_in;
mod mosquitto;
mod percentiles;
mod process;
mod program;
mod server;
mod store;
mod trial;

use anyhow::Result;

use crate::cli::bench::Bench;

pub(crate) async fn run(command: Bench) -> Result<()> {
    match command {
        Bench::Ingest(arguments) => ingest::run(arguments).await,
        Bench::Store(arguments) => store::run(arguments).await,
        Bench::Hostile(arguments) => hostile::run(arguments).await,
        Bench::Latency(arguments) => latency::run(arguments).await,
        Bench::LogIn(arguments) => log_in::run(arguments).await,
        Bench::Forecast(arguments) => tokio::task::spawn_blocking(move || forecast::run(&arguments)).await?,
        Bench::Alarms(arguments) => tokio::task::spawn_blocking(move || alarms::run(&arguments)).await?,
        Bench::Try(arguments) => trial::run(arguments).await,
        Bench::Agents(arguments) => agents::run(arguments).await,
    }
}

/// A whole number as people read it: 1,234,567.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as MiB.
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, expected) in [
            (0.0, "0"),
            (999.6, "1,000"),
            (123_456.0, "123,456"),
            (51_840_000.0, "51,840,000"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }
}
