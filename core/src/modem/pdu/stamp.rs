//! Instants of the service centre (TS 23.040, 9.2.3.11): civil time in swapped digits, and its distance from UTC in quarters of an hour.

use jiff::civil;
use plenum_protocol::Timestamp;

use super::{PduError, Reader};

/// The instant; none where the centre writes one that the calendar does not have.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Timestamp>, PduError> {
    let bytes = reader.take(7)?;
    Ok(instant(bytes))
}

fn instant(bytes: &[u8]) -> Option<Timestamp> {
    let number = |byte: u8| {
        let (tens, ones) = (byte & 0xF, byte >> 4);
        (tens < 10 && ones < 10).then_some(i64::from(tens * 10 + ones))
    };
    let part = |at: usize| number(*bytes.get(at)?);
    let date = civil::Date::new(2_000 + part(0)? as i16, part(1)? as i8, part(2)? as i8).ok()?;
    let time = civil::Time::new(part(3)? as i8, part(4)? as i8, part(5)? as i8, 0).ok()?;
    let zone = *bytes.get(6)?;
    // The sign is the highest bit of the tens.
    let quarters = number(zone & !0x08)? * if zone & 0x08 == 0 { 1 } else { -1 };
    let utc = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let milliseconds = utc.timestamp().as_millisecond() - quarters * 15 * 60_000;
    Some(Timestamp::from_milliseconds(milliseconds))
}

/// An instant as the centre writes it, in UTC.
pub(super) fn write(at: Timestamp) -> [u8; 7] {
    let at = at.to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
    let digits = |number: i8| (number % 10) as u8 * 16 + (number / 10) as u8;
    [
        digits((at.year() % 100) as i8),
        digits(at.month()),
        digits(at.day()),
        digits(at.hour()),
        digits(at.minute()),
        digits(at.second()),
        0,
    ]
}
