//! Text columns as the types that they are kept for: a name, a word of a closed list, or JSON. A row with a word of a later program in it is kept
//! and skipped, and the log names it.

use rusqlite::types::{Type, Value};
use rusqlite::{Error, Row, Rows};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A column that holds a name.
pub(crate) fn text<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse()
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// JSON for a column.
pub(crate) fn json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
}

/// A column that holds JSON.
pub(crate) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    read(&row.get::<_, String>(column)?, column)
}

/// The word of a closed list, as in JSON, for a column.
pub(crate) fn word<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

/// A column that holds such a word.
pub(crate) fn from_word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    read(&format!("\"{}\"", row.get::<_, String>(column)?), column)
}

/// What is understood of a table's rows, in their order; a row's first column says which it is.
pub(crate) fn known<T>(
    table: &str,
    rows: Rows<'_>,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let all = known_or_not(table, rows, read)?;
    Ok(all.into_iter().filter_map(|(_, row)| row).collect())
}

/// As `known`, of what whoever asks sees: `limit` at most, and whether there is more of it. What they do not see takes no place.
pub(crate) fn seen<T>(
    table: &str,
    mut rows: Rows<'_>,
    limit: usize,
    mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<(Vec<T>, bool)> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(read) = read_if_known(table, row, &mut read)?.flatten() else {
            continue;
        };
        if all.len() == limit {
            return Ok((all, true));
        }
        all.push(read);
    }
    Ok((all, false))
}

/// As `known`, with the first column of every row; `None` stands for a row that is not understood.
pub(crate) fn known_or_not<T>(
    table: &str,
    mut rows: Rows<'_>,
    mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<(Value, Option<T>)>> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let key: Value = row.get(0)?;
        all.push((key, read_if_known(table, row, &mut read)?));
    }
    Ok(all)
}

fn read_if_known<T>(
    table: &str,
    row: &Row<'_>,
    read: &mut impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    match read(row) {
        Ok(read) => Ok(Some(read)),
        Err(Error::FromSqlConversionFailure(_, _, error)) => {
            let key: Value = row.get(0)?;
            tracing::warn!(table, row = ?key, %error, "a row is a later program's; it is kept and skipped");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn read<T: DeserializeOwned>(json: &str, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(json)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}
