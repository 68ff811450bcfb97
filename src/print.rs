//! What the command line says on standard output: the only place that does.

use anyhow::Result;
use plenum_core::text::foreign;
use plenum_link::output;
use serde::Serialize;

/// A text for people. What somebody else wrote may stand in it: nothing steers the terminal or turns the direction of what stands around it.
pub(crate) fn line(text: &str) -> Result<()> {
    let lines: Vec<String> = text.split('\n').map(foreign::on_one_line).collect();
    Ok(output::line(&lines.join("\n"))?)
}

/// A value as one line of JSON, for programs.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    Ok(output::line(&serde_json::to_string(value)?)?)
}

/// A document as it is.
pub(crate) fn whole(document: &[u8]) -> Result<()> {
    Ok(output::whole(document)?)
}
