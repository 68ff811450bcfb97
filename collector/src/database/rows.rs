//! What can still be read of a table whose pages are damaged in part: from its beginning, from its end, and between the damaged pages.

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row};

/// Damaged stretches of one table that are stepped over at most.
const STRETCHES: usize = 10_000;

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) table: String,
    /// Rows that were copied.
    pub(super) rows: u64,
    /// Whether there were rows, or there may have been, that cannot be read.
    pub(super) damaged: bool,
}

/// One table on its way from a file to another.
struct Copy<'a> {
    source: &'a Connection,
    target: &'a Connection,
    table: &'a str,
    columns: String,
    /// What the rows are ordered by; `rowid` where there is one.
    key: String,
    insert: String,
    kept: Kept,
}

/// Copies every row that can be read. An error is the target's.
pub(super) fn copy(source: &Connection, target: &Connection, table: &str) -> rusqlite::Result<Kept> {
    let mut columns: Vec<(String, i64)> = Vec::new();
    let mut statement = target.prepare(&format!("pragma table_info({table})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        columns.push((row.get(1)?, row.get(5)?));
    }
    let without_rowid: bool =
        target.query_row(&format!("pragma table_list({table})"), [], |row| row.get(4))?;
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut keys: Vec<&(String, i64)> = columns.iter().filter(|(_, place)| *place > 0).collect();
    keys.sort_by_key(|(_, place)| *place);
    let marks = vec!["?"; names.len()].join(", ");
    let mut copy = Copy {
        source,
        target,
        table,
        columns: names.join(", "),
        key: match without_rowid {
            true => keys
                .iter()
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            false => "rowid".to_owned(),
        },
        insert: format!(
            "insert or ignore into {table}({}) values ({marks})",
            names.join(", ")
        ),
        kept: Kept {
            table: table.to_owned(),
            rows: 0,
            damaged: false,
        },
    };
    match without_rowid {
        true => copy.both_ends()?,
        false => copy.in_stretches()?,
    }
    Ok(copy.kept)
}

impl Copy<'_> {
    fn both_ends(&mut self) -> rusqlite::Result<()> {
        let (columns, table) = (&self.columns, self.table);
        let forward = format!("select 0, {columns} from {table} order by {}", self.key);
        let backward = self.key.split(", ").map(|name| format!("{name} desc"));
        let backward = backward.collect::<Vec<_>>().join(", ");
        let backward = format!("select 0, {columns} from {table} order by {backward}");
        if !self.run(&forward, None)?.1 {
            self.kept.damaged = true;
            self.run(&backward, None)?;
        }
        Ok(())
    }

    fn in_stretches(&mut self) -> rusqlite::Result<()> {
        // A key between two pages is looked for on the first of them: what is asked for begins at a key that is there.
        let sql = format!(
            "select rowid, {} from {} where rowid >= ?1 order by rowid",
            self.columns, self.table
        );
        let mut from = i64::MIN;
        for _ in 0..STRETCHES {
            let (last, clean) = self.run(&sql, Some(from))?;
            if clean {
                return Ok(());
            }
            self.kept.damaged = true;
            let after = last.unwrap_or(i64::MIN).max(from.saturating_sub(1));
            let Some(next) = self.behind(after) else { break };
            // What lies there may be what cannot be read: its key is on another page than its rest.
            from = match self.is_readable(next) {
                true => next,
                false => next.saturating_add(1),
            };
        }
        Ok(())
    }

    /// Runs a query and keeps its rows; gives the last key, and whether it came to its end.
    fn run(&mut self, sql: &str, from: Option<i64>) -> rusqlite::Result<(Option<i64>, bool)> {
        let mut last = None;
        let Ok(mut statement) = self.source.prepare(sql) else {
            return Ok((None, false));
        };
        let width = statement.column_count();
        let bound = match from {
            Some(from) => statement.query([from]),
            None => statement.query([]),
        };
        let Ok(mut rows) = bound else {
            return Ok((None, false));
        };
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let key: i64 = row.get(0).unwrap_or(i64::MIN);
                    last = last.max(Some(key));
                    self.keep(row, width)?;
                }
                Ok(None) => return Ok((last, true)),
                Err(_) => return Ok((last, false)),
            }
        }
    }

    fn keep(&mut self, row: &Row<'_>, width: usize) -> rusqlite::Result<()> {
        let values: rusqlite::Result<Vec<Value>> = (1..width).map(|column| row.get(column)).collect();
        let Ok(values) = values else {
            self.kept.damaged = true;
            return Ok(());
        };
        let insert = self
            .target
            .prepare_cached(&self.insert)?
            .execute(rusqlite::params_from_iter(values));
        match insert {
            Ok(rows) => self.kept.rows += rows as u64,
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                self.kept.damaged = true;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The first key behind a damaged stretch.
    fn behind(&self, after: i64) -> Option<i64> {
        // Keys are not negative.
        let (mut low, mut step) = (after.max(-1), 1_i64);
        let mut high = loop {
            let probe = low.checked_add(step)?;
            match self.first_from(probe) {
                Ok(Some(_)) => break probe,
                Ok(None) => return None,
                Err(_) => step = step.checked_mul(2)?,
            }
        };
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.first_from(middle) {
                Ok(Some(_)) => high = middle,
                _ => low = middle,
            }
        }
        self.first_from(high).ok().flatten()
    }

    fn first_from(&self, key: i64) -> rusqlite::Result<Option<i64>> {
        let sql = format!(
            "select rowid from {} where rowid >= ?1 order by rowid limit 1",
            self.table
        );
        self.source
            .prepare_cached(&sql)?
            .query_row([key], |row| row.get(0))
            .optional()
    }

    fn is_readable(&self, key: i64) -> bool {
        let sql = format!("select {} from {} where rowid = ?1", self.columns, self.table);
        let read = self.source.prepare_cached(&sql).and_then(|mut statement| {
            let width = statement.column_count();
            statement.query_row([key], |row| {
                (0..width).try_for_each(|column| row.get::<_, Value>(column).map(drop))
            })
        });
        read.is_ok()
    }
}
