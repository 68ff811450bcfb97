//! Readings as a SenML pack: what an agent sends.

use std::io::Write;

use crate::quantity::Kind;
use crate::{Fault, Identifier, Reading, Timestamp};

/// How instants are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Seconds since 1970: the kernel says that its clock is synchronised. Instants must lie after the middle of 1978,
    /// since smaller numbers mean relative ones.
    Absolute,
    /// Seconds before (negative) or after this instant, which is that of the sending.
    RelativeTo(Timestamp),
}

/// Appends a pack to `out`. An outcome that is not finite, which no driver may give, is written as `out-of-range`.
pub fn encode(site: &Identifier, agent: &Identifier, readings: &[Reading], times: Times, out: &mut Vec<u8>) {
    let base = readings.first().map_or(0, |reading| reading.at.milliseconds());
    let base_time = match times {
        Times::Absolute => base,
        Times::RelativeTo(sending) => base.saturating_sub(sending.milliseconds()),
    };
    out.push(b'[');
    for (index, reading) in readings.iter().enumerate() {
        if index == 0 {
            push(
                out,
                &["{\"bn\":\"", site.as_str(), "/", agent.as_str(), "/\",\"bt\":"],
            );
            push_seconds(out, base_time);
            out.push(b',');
        } else {
            push(out, &[",{"]);
        }
        push(
            out,
            &[
                "\"n\":\"",
                reading.channel.sensor.as_str(),
                "/",
                reading.channel.quantity.as_str(),
                "\"",
            ],
        );
        let offset = reading.at.milliseconds().saturating_sub(base);
        if offset != 0 {
            push(out, &[",\"t\":"]);
            push_seconds(out, offset);
        }
        push_outcome(out, reading);
        out.push(b'}');
    }
    out.push(b']');
}

/// An upper bound of the bytes that a reading takes in a pack, base fields included for the first.
pub fn size_bound(reading: &Reading) -> usize {
    reading.channel.sensor.as_str().len() + reading.channel.quantity.as_str().len() + 96
}

fn push(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

fn push_outcome(out: &mut Vec<u8>, reading: &Reading) {
    let quantity = reading.channel.quantity;
    match reading.outcome {
        Ok(value) if !value.is_finite() => push(out, &[",\"vs\":\"", Fault::OutOfRange.as_str(), "\""]),
        Ok(value) if quantity.kind() == Kind::Boolean => {
            push(out, &[",\"vb\":", if value == 0.0 { "false" } else { "true" }]);
        }
        Ok(value) => {
            push(out, &[",\"u\":\"", quantity.unit(), "\",\"v\":"]);
            push_number(out, value);
        }
        Err(fault) => push(out, &[",\"vs\":\"", fault.as_str(), "\""]),
    }
}

/// The shortest digits that read back as the same number.
fn push_number(out: &mut Vec<u8>, value: f64) {
    let size = value.abs();
    let plain = size == 0.0 || (1e-6..1e15).contains(&size);
    // Writing into a vector cannot fail.
    let _ = if plain {
        write!(out, "{value}")
    } else {
        write!(out, "{value:e}")
    };
}

/// Milliseconds as decimal seconds, exactly.
fn push_seconds(out: &mut Vec<u8>, milliseconds: i64) {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let size = milliseconds.unsigned_abs();
    let (whole, rest) = (size / 1_000, size % 1_000);
    let _ = match rest {
        0 => write!(out, "{sign}{whole}"),
        _ => write!(out, "{sign}{whole}.{rest:03}"),
    };
}
