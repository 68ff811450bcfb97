//! What was stored: the history holds every reading of every spool, and nothing else.

use plenum_protocol::{Fault, Outcome, Timestamp};
use serde_json::Value;

use crate::support::fleet::Stored;
use crate::support::server::Server;

/// Says what is lost and what was never spooled, by series.
pub(crate) fn compare_history(spooled: &Stored, server: &Server, begin: Timestamp) -> Result<(), String> {
    for (series, expected) in spooled {
        let from = begin.milliseconds() - 60_000;
        let path = format!("readings?series={series}&from={from}&to={}", from + 3_600_000);
        let answer = server.try_get(&path)?;
        if !answer["next"].is_null() {
            return Err(format!("{series}: more readings than fit on a page"));
        }
        let mut stored: Vec<(Timestamp, Outcome)> = Vec::new();
        for point in answer["points"].as_array().ok_or("no points")? {
            stored.push((instant(&point[0]), Ok(point[1].as_f64().ok_or("no value")?)));
        }
        for fault in answer["faults"].as_array().ok_or("no faults")? {
            let fault_word: Fault = fault[1]
                .as_str()
                .and_then(|word| word.parse().ok())
                .ok_or("no fault")?;
            stored.push((instant(&fault[0]), Err(fault_word)));
        }
        stored.sort_by_key(|(at, _)| *at);
        if stored != *expected {
            let lost: Vec<_> = expected
                .iter()
                .filter(|reading| !stored.contains(reading))
                .take(5)
                .collect();
            let added: Vec<_> = stored
                .iter()
                .filter(|reading| !expected.contains(reading))
                .take(5)
                .collect();
            return Err(format!(
                "{series}: {} stored of {} spooled; lost {lost:?}; not spooled {added:?}",
                stored.len(),
                expected.len()
            ));
        }
    }
    Ok(())
}

fn instant(value: &Value) -> Timestamp {
    Timestamp::from_milliseconds(value.as_i64().expect("milliseconds"))
}
