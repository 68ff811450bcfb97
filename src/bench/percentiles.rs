//! Times of one kind, by how many were within them.

use serde::Serialize;

/// In milliseconds, each one that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Percentiles {
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Percentiles {
    pub(super) fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (times.len() as f64 * share).ceil() as usize;
            times.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
        };
        Self {
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            max: at(1.0),
        }
    }

    /// As a line says it.
    pub(super) fn line(&self, what: &str) -> String {
        let Self { p50, p95, p99, max } = self;
        format!(
            "  {what:<25} half within {p50:6.1} ms, 95 % within {p95:6.1}, 99 % within {p99:6.1}, all within {max:6.1}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let times = Percentiles::of((1..=200).rev().map(f64::from).collect());
        let expected = Percentiles {
            p50: 100.0,
            p95: 190.0,
            p99: 198.0,
            max: 200.0,
        };
        assert_eq!(times, expected);
    }
}
