//! `plenum key`: under which key secrets lie.

use anyhow::{Result, bail};
use plenum_dashboard::view::{KeyStatus, KeyValues};

use crate::cli::key::Key;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(command: &Key) -> Result<()> {
    let (Key::Status { connection } | Key::Rotate { connection }) = command;
    let client = Client::of(&connection.data)?;
    let status: KeyStatus = match command {
        Key::Status { .. } => client.get_with("key", &[]).await?,
        Key::Rotate { .. } => client.post("key/rotation", &serde_json::json!({})).await?,
    };
    if connection.json {
        print::json(&status)?;
    } else {
        lines(&status).iter().try_for_each(|line| print::line(line))?;
    }
    match (&status.problem, closed(&status)) {
        (Some(problem), _) => bail!("{problem}"),
        (None, 0) => Ok(()),
        (None, closed) => bail!("{closed} values do not open: docs/operating.md, \"Keys\""),
    }
}

/// How many values lie under keys that are not given.
fn closed(status: &KeyStatus) -> usize {
    let is_closed = |values: &&KeyValues| values.key.as_ref().is_some_and(|key| !is_given(status, key));
    status
        .values
        .iter()
        .filter(is_closed)
        .map(|values| values.count)
        .sum()
}

fn is_given(status: &KeyStatus, key: &String) -> bool {
    status.key.as_ref() == Some(key) || status.former.contains(key)
}

fn lines(status: &KeyStatus) -> Vec<String> {
    let key = status.key.as_deref().unwrap_or("none");
    let mut lines = vec![format!("key {key}  {}", status.file)];
    for former in &status.former {
        lines.push(format!("  before it {former}, which still opens"));
    }
    for values in &status.values {
        let count = values.count;
        lines.push(match &values.key {
            None => format!("  {count} in clear"),
            Some(key) if is_given(status, key) => format!("  {count} under {key}"),
            Some(key) => format!("  {count} under {key}, which is not there: they do not open"),
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_open_is_counted_and_said() {
        let values = |key: Option<&str>, count| KeyValues {
            key: key.map(str::to_owned),
            count,
        };
        let status = KeyStatus {
            key: Some("a".to_owned()),
            file: "plenum.key".to_owned(),
            problem: None,
            former: vec!["b".to_owned()],
            values: vec![
                values(Some("a"), 3),
                values(Some("b"), 2),
                values(Some("c"), 1),
                values(None, 4),
            ],
        };
        assert_eq!(closed(&status), 1);
        assert_eq!(
            lines(&status),
            [
                "key a  plenum.key",
                "  before it b, which still opens",
                "  3 under a",
                "  2 under b",
                "  1 under c, which is not there: they do not open",
                "  4 in clear"
            ]
        );
    }
}
