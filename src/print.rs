//! What the command line says on standard output: the only place that does.

use anyhow::Result;
use plenum_link::output;
use serde::Serialize;

/// A text for people, as one line.
pub(crate) fn line(text: &str) -> Result<()> {
    Ok(output::line(text)?)
}

/// A value as one line of JSON, for programs.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string(value)?)
}

/// A document as it is.
pub(crate) fn whole(document: &[u8]) -> Result<()> {
    Ok(output::whole(document)?)
}
