//! What the command line says on standard output: the only place that does.
#![expect(clippy::print_stdout, reason = "this is the command line's voice")]

use serde::Serialize;

/// A text for people, as one line.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// A value as one line of JSON, for programs.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}
