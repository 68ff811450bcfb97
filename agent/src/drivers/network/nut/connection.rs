//! The conversation with upsd (RFC 9271): lines, words in quotes, lists, and what its refusals mean.

use std::io::{self, ErrorKind, Read, Write};

use plenum_link::BootClock;
use plenum_protocol::{Duration, Fault};

use super::variables::Variables;
use crate::driver::Problem;
use crate::patience::Patience;

/// A line of upsd is shorter; a longer one is not from upsd.
const LONGEST_LINE: usize = 2_048;
/// The largest UPS known lists 700 variables.
const MOST_LINES: usize = 4_096;
const MOST_BYTES: usize = 256 * 1_024;
/// A whole answer may take so many times the silence that is borne: one that drips comes to an end as well.
const SILENCES: i64 = 4;

/// A conversation in lines over a stream whose read time-out is one slice.
pub(super) struct Connection<S> {
    pub(super) stream: S,
    clock: BootClock,
    received: Vec<u8>,
}

/// What is left of one answer's allowance. In how many pieces it comes does not matter: upsd writes line by line.
pub(super) struct Allowance {
    silence: Duration,
    ends: Duration,
    bytes: usize,
}

impl<S: Read + Write> Connection<S> {
    /// Nothing is said yet.
    pub(super) fn new(stream: S) -> Result<Self, Problem> {
        let clock = BootClock::new()
            .map_err(|error| Problem::new(Fault::DeviceError, format!("the boot clock: {error}")))?;
        Ok(Self {
            stream,
            clock,
            received: Vec::new(),
        })
    }

    /// The allowance of an answer that is asked for now; upsd may be silent for `silence` at a time.
    pub(super) fn allowance(&self, silence: Duration) -> Allowance {
        let whole = Duration::from_milliseconds(silence.milliseconds() * SILENCES);
        Allowance {
            silence,
            ends: self.clock.now() + whole,
            bytes: MOST_BYTES,
        }
    }

    /// Says a line, its end included.
    pub(super) fn send(&mut self, line: &str) -> Result<(), Problem> {
        self.stream.write_all(line.as_bytes()).map_err(broken)
    }

    /// Asks for every variable. The inner error is what upsd said instead.
    pub(super) fn list(
        &mut self,
        ups: &str,
        silence: Duration,
    ) -> Result<Result<Variables, Vec<String>>, Problem> {
        let mut allowance = self.allowance(silence);
        self.send(&format!("LIST VAR {ups}\n"))?;
        let first = self.line(&mut allowance)?;
        match words(&first).as_slice() {
            ["BEGIN", "LIST", "VAR", name] if *name == ups => {}
            ["ERR", ..] => return Ok(Err(first)),
            _ => return Err(Fault::Corrupt.into()),
        }
        let mut variables = Variables::new();
        loop {
            let line = self.line(&mut allowance)?;
            match words(&line).as_slice() {
                ["VAR", name, ..] if *name == ups && variables.len() >= MOST_LINES => {
                    return Err(too_much(&format!("more than {MOST_LINES} variables of {ups}")));
                }
                ["VAR", name, variable, value] if *name == ups => {
                    variables.push((variable.to_string(), value.to_string()));
                }
                ["END", "LIST", "VAR", name] if *name == ups => return Ok(Ok(variables)),
                ["ERR", ..] => return Ok(Err(line)),
                _ => return Err(Fault::Corrupt.into()),
            }
        }
    }

    /// The words of the next line.
    pub(super) fn line(&mut self, allowance: &mut Allowance) -> Result<Vec<String>, Problem> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return split(&String::from_utf8_lossy(&line[..end])).ok_or_else(|| Fault::Corrupt.into());
            }
            if self.received.len() > LONGEST_LINE {
                return Err(too_much(&format!("a line of more than {LONGEST_LINE} bytes")));
            }
            self.receive(allowance)?;
        }
    }

    /// Takes what comes next, whatever part of an answer it is.
    fn receive(&mut self, allowance: &mut Allowance) -> Result<(), Problem> {
        if self.clock.now() >= allowance.ends {
            let words =
                "upsd talks, and too slowly: its answer has no end yet. See its host's load and the network";
            return Err(Problem::new(Fault::Timeout, words));
        }
        let mut buffer = [0; 4_096];
        let mut patience = Patience::new(allowance.silence.to_std(), 1);
        let count = patience.read(&mut self.stream, &mut buffer).map_err(broken)?;
        allowance.bytes = allowance
            .bytes
            .checked_sub(count)
            .ok_or_else(|| too_much(&format!("an answer of more than {MOST_BYTES} bytes")))?;
        self.received.extend_from_slice(&buffer[..count]);
        Ok(())
    }
}

/// More than any upsd says: no cable is to blame.
fn too_much(what: &str) -> Problem {
    let words = format!("upsd sends {what}; no UPS's list is so long: is it upsd that listens there?");
    Problem::new(Fault::Corrupt, words)
}

pub(super) fn words(line: &[String]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
}

/// Splits a line into words; a word in double quotes may hold spaces, and `\"` and `\\` in it stand for themselves.
/// `None` where a quote is left open.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let mut word = String::new();
        let quoted = first == '"';
        let mut characters = rest[usize::from(quoted)..].char_indices();
        let end = loop {
            match characters.next() {
                Some((_, '\\')) => word.push(characters.next()?.1),
                Some((index, '"')) if quoted => break index + 2,
                Some((index, character)) if !quoted && character.is_whitespace() => break index,
                Some((_, character)) => word.push(character),
                None if quoted => return None,
                None => break rest.len(),
            }
        };
        words.push(word);
        rest = rest[end..].trim_start();
    }
    Some(words)
}

/// A word as upsd reads it back.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A failed read or write: the connection is gone, silent, or out of step.
fn broken(error: io::Error) -> Problem {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Fault::Timeout.into(),
        ErrorKind::InvalidData => Fault::Corrupt.into(),
        _ => Problem::new(
            Fault::NotPresent,
            format!("upsd closed the connection ({error}): see its log"),
        ),
    }
}

/// What an `ERR` line means.
pub(super) fn refusal(line: &[String], ups: &str) -> Problem {
    match line.get(1).map_or("", String::as_str) {
        "DATA-STALE" => no_data(ups),
        "DRIVER-NOT-CONNECTED" => Problem::new(
            Fault::NotPresent,
            format!(
                "upsd runs, its driver for {ups} does not: systemctl status nut-driver@{ups}, and the UPS's cable"
            ),
        ),
        "UNKNOWN-UPS" => Problem::new(
            Fault::NotPresent,
            format!("upsd knows no UPS named {ups}: `upsc -l` lists the names in ups.conf"),
        ),
        "ACCESS-DENIED" | "INVALID-USERNAME" | "INVALID-PASSWORD" | "USERNAME-REQUIRED"
        | "PASSWORD-REQUIRED" => Problem::new(
            Fault::DeviceError,
            "upsd refuses us: check `username` and `password` against its upsd.users",
        ),
        "" => Fault::Corrupt.into(),
        other => Problem::new(Fault::DeviceError, format!("upsd answers ERR {other}")),
    }
}

pub(super) fn no_data(ups: &str) -> Problem {
    Problem::new(
        Fault::Timeout,
        format!(
            "upsd has no fresh data of {ups}: check the UPS's cable, then systemctl restart nut-driver@{ups}"
        ),
    )
}
