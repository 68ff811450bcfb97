//! Readings as they lie in a spool row: a list of the channels, then each reading as channel, elapsed time since the one
//! before and value; some ten bytes a reading, with a checksum over all.

use plenum_protocol::{Channel, Fault, Outcome, Reading, Timestamp};

const VERSION: u8 = 1;
const VALUE: u8 = 64;
const FALSE: u8 = 65;
const TRUE: u8 = 66;
/// The bytes of the checksum at the end.
pub(super) const CHECKSUM: usize = 4;

/// Why a row cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The bytes are not those that were written.
    #[error("the checksum of a spooled batch does not fit: the card gave back other bytes")]
    Checksum,
    /// A later version wrote it, or it ends early.
    #[error("a spooled batch is in no form that this version knows")]
    Form,
    /// It was stamped without a clock, in a boot of which nothing is known.
    #[error("a spooled batch cannot be placed in time: the spool has lost the boot that it was stamped in")]
    Boot,
}

/// Readings as the bytes of a row.
pub(super) fn encode(readings: &[Reading]) -> Vec<u8> {
    let mut channels: Vec<&Channel> = Vec::new();
    let mut body = Vec::with_capacity(readings.len() * 12);
    let mut before = 0i64;
    for reading in readings {
        let index = channels
            .iter()
            .position(|channel| **channel == reading.channel)
            .unwrap_or_else(|| {
                channels.push(&reading.channel);
                channels.len() - 1
            });
        write_number(&mut body, index as u64);
        let at = reading.at.milliseconds();
        write_number(&mut body, zigzag(at.wrapping_sub(before)));
        before = at;
        match reading.outcome {
            Err(fault) => body.push(fault.code()),
            Ok(value) if value.to_bits() == 0.0f64.to_bits() => body.push(FALSE),
            Ok(1.0) => body.push(TRUE),
            Ok(value) => {
                body.push(VALUE);
                body.extend_from_slice(&value.to_le_bytes());
            }
        }
    }
    let mut bytes = Vec::with_capacity(body.len() + channels.len() * 24 + 16);
    bytes.push(VERSION);
    write_number(&mut bytes, channels.len() as u64);
    for channel in channels {
        let name = channel.to_string();
        write_number(&mut bytes, name.len() as u64);
        bytes.extend_from_slice(name.as_bytes());
    }
    write_number(&mut bytes, readings.len() as u64);
    bytes.append(&mut body);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The readings of a row's bytes.
///
/// # Errors
/// The checksum does not fit, or a later version wrote them.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Reading>, RecordError> {
    let split = bytes.len().checked_sub(CHECKSUM).ok_or(RecordError::Checksum)?;
    let (body, checksum) = bytes.split_at(split);
    if crc32fast::hash(body).to_le_bytes() != checksum {
        return Err(RecordError::Checksum);
    }
    read(body).ok_or(RecordError::Form)
}

fn read(mut rest: &[u8]) -> Option<Vec<Reading>> {
    if take(&mut rest, 1)? != [VERSION] {
        return None;
    }
    let count = read_number(&mut rest)?;
    let mut channels: Vec<Channel> = Vec::new();
    for _ in 0..count {
        let length = usize::try_from(read_number(&mut rest)?).ok()?;
        let name = std::str::from_utf8(take(&mut rest, length)?).ok()?;
        channels.push(name.parse().ok()?);
    }
    let count = read_number(&mut rest)?;
    let mut readings = Vec::new();
    let mut before = 0i64;
    for _ in 0..count {
        let channel = channels.get(usize::try_from(read_number(&mut rest)?).ok()?)?;
        before = before.wrapping_add(unzigzag(read_number(&mut rest)?));
        let outcome: Outcome = match take(&mut rest, 1)?[0] {
            VALUE => Ok(f64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?)),
            FALSE => Ok(0.0),
            TRUE => Ok(1.0),
            code => Err(Fault::from_code(code)),
        };
        readings.push(Reading::new(
            channel.clone(),
            Timestamp::from_milliseconds(before),
            outcome,
        ));
    }
    rest.is_empty().then_some(readings)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(count: usize) -> Vec<Reading> {
        let names = ["inlet-a3/temperature", "inlet-a3/humidity", "smoke-1/smoke"];
        let outcomes = [
            Ok(21.53),
            Ok(-0.0),
            Err(Fault::Timeout),
            Ok(0.0),
            Ok(1.0),
            Ok(-40.0),
        ];
        (0..count)
            .map(|index| {
                Reading::new(
                    names[index % names.len()].parse().unwrap(),
                    Timestamp::from_milliseconds(1_700_000_000_000 + (index as i64 % 7) * 1_000),
                    outcomes[index % outcomes.len()],
                )
            })
            .collect()
    }

    #[test]
    fn readings_read_back() {
        for count in [0, 1, 2, 50, 1_000] {
            let readings = sample(count);
            let bytes = encode(&readings);
            assert_eq!(decode(&bytes).unwrap(), readings);
            assert!(bytes.len() < 80 + count * 12, "{count}: {}", bytes.len());
        }
        let extremes = vec![
            Reading::new("a/age".parse().unwrap(), Timestamp::MAX, Ok(f64::MAX)),
            Reading::new("a/age".parse().unwrap(), Timestamp::MIN, Ok(1e-300)),
        ];
        assert_eq!(decode(&encode(&extremes)).unwrap(), extremes);
    }

    #[test]
    fn no_flipped_bit_and_no_shortening_is_believed() {
        let bytes = encode(&sample(5));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "length {length}");
        }
    }
}
