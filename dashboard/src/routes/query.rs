//! What queries are made of: instants, periods, pages.

use plenum_protocol::{Duration, Series, Timestamp};

use crate::problem::Problem;

/// The period that is meant where none is given.
const DEFAULT_PERIOD: Duration = Duration::from_hours(24);
/// The longest period that is answered at once.
const LONGEST_PERIOD: Duration = Duration::from_hours(24 * 366 * 5);

/// Reads an instant of the query: RFC 3339, or milliseconds since 1970 as in points.
pub(crate) fn instant(key: &str, text: &str) -> Result<Timestamp, Problem> {
    if let Ok(milliseconds) = text.parse::<i64>() {
        return Ok(Timestamp::from_milliseconds(milliseconds));
    }
    text.parse().map_err(|_| {
        Problem::bad_request(format!(
            "`{key}={text}` is no instant: write it as 2026-06-18T03:12:05Z (a `+` must be sent as %2B), or as milliseconds since 1970"
        ))
    })
}

/// Reads the half-open period of the query: absent `to` means now, absent `from` means a day before `to`.
pub(crate) fn period(
    from: Option<&str>,
    to: Option<&str>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Problem> {
    let to = to.map_or(Ok(now), |text| instant("to", text))?;
    let from = from.map_or(Ok(to - DEFAULT_PERIOD), |text| instant("from", text))?;
    ordered(from, to)
}

/// A period as it is given, if it does not go back and is not too long.
pub(crate) fn ordered(from: Timestamp, to: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
    if from > to {
        return Err(Problem::bad_request(format!("`from={from}` is after `to={to}`")));
    }
    if to.since(from) > LONGEST_PERIOD {
        return Err(Problem::bad_request("the period is longer than five years"));
    }
    Ok((from, to))
}

/// Reads a series' name; one that is no name can name nothing.
pub(crate) fn series(text: &str) -> Result<Series, Problem> {
    text.parse()
        .map_err(|error: plenum_protocol::series::SeriesError| Problem::bad_request(error.to_string()))
}

/// Reads how many items a page has at most.
pub(crate) fn limit(asked: Option<usize>, most: usize) -> Result<usize, Problem> {
    match asked {
        None => Ok(most),
        Some(0) => Err(Problem::bad_request("`limit=0` asks for nothing")),
        Some(asked) => Ok(asked.min(most)),
    }
}

/// Reads a cursor that a former page gave.
pub(crate) fn cursor<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|_| no_cursor(text)))
        .transpose()
}

/// What is said about a cursor that no page gave.
pub(crate) fn no_cursor(text: &str) -> Problem {
    Problem::bad_request(format!(
        "`cursor={text}` is none that a former page gave as `next`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_rfc_3339_or_milliseconds() {
        let expected = Timestamp::from_milliseconds(1_781_752_325_000);
        for text in [
            "2026-06-18T03:12:05Z",
            "2026-06-18T05:12:05+02:00",
            "1781752325000",
        ] {
            assert_eq!(instant("from", text).unwrap(), expected, "{text}");
        }
        for text in ["", "yesterday", "2026-06-18", "2026-06-18T05:12:05 02:00", "1e9"] {
            assert!(instant("from", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_period_does_not_go_back() {
        let now = Timestamp::from_milliseconds(1_781_752_325_000);
        assert_eq!(period(None, None, now).unwrap(), (now - DEFAULT_PERIOD, now));
        assert_eq!(
            period(Some("5"), Some("5"), now).unwrap().0,
            Timestamp::from_milliseconds(5)
        );
        assert!(period(Some("6"), Some("5"), now).is_err());
        assert!(period(Some("0"), None, now).is_err());
    }
}
