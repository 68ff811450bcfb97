//! A run of readings as bytes. Instants on ticks cost next to nothing, sensors' decimals are kept as whole numbers,
//! and what is left is pco's.

use std::collections::HashMap;

use plenum_protocol::{Fault, Timestamp};

use super::point::Point;
use crate::journal::bytes::{Bytes, Cursor, Damaged};

/// Instants: one step with exceptions, or pco over the steps.
const STEPPED: u8 = 0;
const STEPS: u8 = 1;

/// Values: runs of equal ones; pco over whole numbers of 2, 4 or 8 bytes; pco over the floating-point numbers.
const RUNS: u8 = 0;
const SMALL: u8 = 1;
const MIDDLE: u8 = 2;
const LARGE: u8 = 3;
const FLOATS: u8 = 4;

/// Tenth powers by which sensors' values become whole numbers.
const SCALES: [f64; 7] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

/// Writes points in the order of their instants; at least one.
pub(super) fn encode(points: &[Point]) -> Vec<u8> {
    let mut bytes = Bytes::default();
    bytes.varint(points.len() as u64);
    instants(&mut bytes, points);
    faults(&mut bytes, points);
    let values: Vec<f64> = points.iter().filter_map(|point| point.outcome().ok()).collect();
    if !values.is_empty() {
        encode_values(&mut bytes, &values);
    }
    bytes.finish()
}

/// Reads what `encode` wrote, and adds it to `points`.
pub(super) fn decode(bytes: &[u8], points: &mut Vec<Point>) -> Result<(), Damaged> {
    let mut cursor = Cursor::new(bytes);
    let count = cursor.index()?;
    if count == 0 || count > 1 << 28 {
        return Err(Damaged("it holds no or too many readings"));
    }
    let instants = read_instants(&mut cursor, count)?;
    let faults = read_faults(&mut cursor, count)?;
    let numbers = count - faults.iter().filter(|fault| fault.is_some()).count();
    let mut values = match numbers {
        0 => Vec::new(),
        _ => read_values(&mut cursor, numbers)?,
    }
    .into_iter();
    cursor.end()?;
    let faults = faults.into_iter().chain(std::iter::repeat(None));
    for (at, fault) in instants.into_iter().zip(faults) {
        let outcome = match fault {
            Some(fault) => Err(fault),
            None => Ok(values.next().ok_or(Damaged("it lacks a value"))?),
        };
        points.push(Point::new(Timestamp::from_milliseconds(at), outcome));
    }
    Ok(())
}

fn instants(bytes: &mut Bytes, points: &[Point]) {
    bytes.signed(points[0].at);
    let steps: Vec<u64> = points
        .windows(2)
        .map(|pair| pair[1].at.abs_diff(pair[0].at))
        .collect();
    if steps.is_empty() {
        return;
    }
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for step in &steps {
        *counts.entry(*step).or_default() += 1;
    }
    // The commonest; of two the smaller, so that the bytes are always the same.
    let common = counts
        .iter()
        .max_by_key(|(step, count)| (**count, std::cmp::Reverse(**step)))
        .map_or(0, |(step, _)| *step);
    let mut stepped = Bytes::default();
    stepped.varint(common);
    let exceptions: Vec<(usize, u64)> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| **step != common)
        .map(|(index, step)| (index, *step))
        .collect();
    stepped.varint(exceptions.len() as u64);
    let mut before = 0;
    for (index, step) in &exceptions {
        stepped.varint((index - before) as u64);
        stepped.varint(*step);
        before = *index;
    }
    let stepped = stepped.finish();
    // Few exceptions are always shorter than pco's tables.
    if exceptions.len() > 16
        && let Some(packed) = pack(&steps).filter(|packed| packed.len() < stepped.len())
    {
        bytes.push(STEPS);
        bytes.varint(packed.len() as u64);
        bytes.raw(&packed);
    } else {
        bytes.push(STEPPED);
        bytes.raw(&stepped);
    }
}

fn read_instants(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<i64>, Damaged> {
    let mut at = cursor.signed()?;
    let mut instants = vec![at];
    if count == 1 {
        return Ok(instants);
    }
    let steps = match cursor.byte()? {
        STEPPED => {
            let common = cursor.varint()?;
            let mut steps = vec![common; count - 1];
            let mut index = 0;
            for _ in 0..cursor.count()? {
                index += cursor.index()?;
                *steps.get_mut(index).ok_or(Damaged("it steps beyond its end"))? = cursor.varint()?;
            }
            steps
        }
        STEPS => unpack(cursor, count - 1)?,
        _ => return Err(Damaged("it holds unknown instants")),
    };
    for step in steps {
        at = at.wrapping_add_unsigned(step);
        instants.push(at);
    }
    Ok(instants)
}

fn faults(bytes: &mut Bytes, points: &[Point]) {
    let mut runs: Vec<(usize, usize, Fault)> = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let Err(fault) = point.outcome() else { continue };
        match runs.last_mut() {
            Some((start, length, same)) if *start + *length == index && *same == fault => *length += 1,
            _ => runs.push((index, 1, fault)),
        }
    }
    bytes.varint(runs.len() as u64);
    let mut before = 0;
    for (start, length, fault) in runs {
        bytes.varint((start - before) as u64);
        bytes.varint(length as u64);
        bytes.push(fault.code());
        before = start + length;
    }
}

fn read_faults(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<Option<Fault>>, Damaged> {
    let mut faults = Vec::new();
    for _ in 0..cursor.count()? {
        let (skipped, length) = (cursor.index()?, cursor.index()?);
        let fault = Fault::from_code(cursor.byte()?);
        let end = faults.len().saturating_add(skipped).saturating_add(length);
        if end > count {
            return Err(Damaged("it has more faults than readings"));
        }
        faults.resize(end - length, None);
        faults.resize(end, Some(fault));
    }
    Ok(faults)
}

fn encode_values(bytes: &mut Bytes, values: &[f64]) {
    let Some((scale, numbers)) = whole(values) else {
        bytes.push(FLOATS);
        let packed = pco::standalone::simple_compress(values, &pco::ChunkConfig::default());
        // It refuses nothing but a wrong configuration, and ours is its default.
        packed_bytes(bytes, &packed.unwrap_or_default());
        return;
    };
    let mut runs: Vec<(i64, u64)> = Vec::new();
    for number in &numbers {
        match runs.last_mut() {
            Some((same, length)) if same == number => *length += 1,
            _ => runs.push((*number, 1)),
        }
    }
    let mut running = Bytes::default();
    running.varint(runs.len() as u64);
    let mut before = 0_i64;
    for (number, length) in &runs {
        running.signed(number.wrapping_sub(before));
        running.varint(*length);
        before = *number;
    }
    let running = running.finish();
    let least = numbers.iter().copied().min().unwrap_or(0);
    let above: Vec<u64> = numbers.iter().map(|number| number.abs_diff(least)).collect();
    let (kind, packed) = match above.iter().copied().max().unwrap_or(0) {
        _ if runs.len() <= 8 => (RUNS, None),
        0..=0xffff => (
            SMALL,
            pack(&above.iter().map(|number| *number as u16).collect::<Vec<_>>()),
        ),
        0x1_0000..=0xffff_ffff => (
            MIDDLE,
            pack(&above.iter().map(|number| *number as u32).collect::<Vec<_>>()),
        ),
        _ => (LARGE, pack(&above)),
    };
    match packed.filter(|packed| packed.len() < running.len()) {
        Some(packed) => {
            bytes.push(kind);
            bytes.push(scale);
            bytes.signed(least);
            packed_bytes(bytes, &packed);
        }
        None => {
            bytes.push(RUNS);
            bytes.push(scale);
            bytes.raw(&running);
        }
    }
}

fn packed_bytes(bytes: &mut Bytes, packed: &[u8]) {
    bytes.varint(packed.len() as u64);
    bytes.raw(packed);
}

fn read_values(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<f64>, Damaged> {
    let kind = cursor.byte()?;
    if kind == FLOATS {
        return unpack(cursor, count);
    }
    let scale = SCALES.get(usize::from(cursor.byte()?));
    let scale = *scale.ok_or(Damaged("it holds values of an unknown scale"))?;
    let mut values = Vec::with_capacity(count);
    if kind == RUNS {
        let mut number = 0_i64;
        for _ in 0..cursor.count()? {
            number = number.wrapping_add(cursor.signed()?);
            let length = cursor.index()?;
            if length > count - values.len() {
                return Err(Damaged("it has more values than readings"));
            }
            values.resize(values.len() + length, number as f64 / scale);
        }
        return Ok(values);
    }
    let least = cursor.signed()?;
    let number = |above: u64| least.wrapping_add_unsigned(above) as f64 / scale;
    match kind {
        SMALL => values.extend(
            unpack::<u16>(cursor, count)?
                .into_iter()
                .map(|above| number(above.into())),
        ),
        MIDDLE => values.extend(
            unpack::<u32>(cursor, count)?
                .into_iter()
                .map(|above| number(above.into())),
        ),
        LARGE => values.extend(unpack::<u64>(cursor, count)?.into_iter().map(number)),
        _ => return Err(Damaged("it holds values of an unknown kind")),
    }
    Ok(values)
}

/// The values as whole numbers and their scale, if all of them are decimals and read back exactly.
fn whole(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    let exact = |value: f64, scale: f64| {
        let number = (value * scale).round() as i64;
        ((number as f64 / scale).to_bits() == value.to_bits()).then_some(number)
    };
    (0..).zip(SCALES).find_map(|(index, scale)| {
        let numbers: Option<Vec<i64>> = values.iter().map(|value| exact(*value, scale)).collect();
        numbers.map(|numbers| (index, numbers))
    })
}

// Conv1, which predicts from six numbers, makes a cycle's values 5 % shorter, but pco 1.1.0 panics in it when some lengths leave fewer
// than six numbers at the end.
fn pack<T: pco::data_types::Number>(numbers: &[T]) -> Option<Vec<u8>> {
    pco::standalone::simple_compress(numbers, &pco::ChunkConfig::default()).ok()
}

fn unpack<T: pco::data_types::Number>(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<T>, Damaged> {
    let length = cursor.index()?;
    let packed = cursor.take(length)?;
    // The CRC was right: what pco reads here is what pco wrote.
    let numbers: Vec<T> = pco::standalone::simple_decompress(packed)
        .map_err(|_| Damaged("its compressed part cannot be read"))?;
    match numbers.len() == count {
        true => Ok(numbers),
        false => Err(Damaged("it has another number of values than readings")),
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::Outcome;
    use proptest::prelude::*;

    use super::*;

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            4 => (-500..9_000_i64).prop_map(|number| Ok(number as f64 / 100.0)),
            1 => any::<f64>().prop_filter("a number", |value| !value.is_nan()).prop_map(Ok),
            1 => Just(Ok(-0.0)),
            1 => (0..7_u8).prop_map(|code| Err(Fault::from_code(code))),
        ]
    }

    fn check(readings: &[(i64, Outcome)]) {
        let point = |(at, outcome): &(i64, Outcome)| Point::new(Timestamp::from_milliseconds(*at), *outcome);
        let points: Vec<Point> = readings.iter().map(point).collect();
        let mut read = Vec::new();
        decode(&encode(&points), &mut read).unwrap();
        let shown = |points: &[Point]| -> Vec<String> {
            points
                .iter()
                .map(|point| format!("{} {:?}", point.at, point.outcome()))
                .collect()
        };
        assert_eq!(shown(&read), shown(&points));
    }

    proptest! {
        #[test]
        fn readings_read_back(
            start in any::<i32>(),
            readings in proptest::collection::vec((prop_oneof![Just(10_000_u16), any::<u16>()], outcome()), 1..300),
            decimals in any::<bool>(),
        ) {
            let mut at = i64::from(start) * 1_000;
            let mut rows = Vec::new();
            for (step, outcome) in readings {
                at += i64::from(step) + 1;
                let outcome = match outcome {
                    Ok(value) if decimals && (value * 100.0).round() / 100.0 != value => Ok(21.5),
                    other => other,
                };
                rows.push((at, outcome));
            }
            check(&rows);
        }

        #[test]
        fn rubbish_is_an_error_or_other_readings(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&bytes, &mut Vec::new());
        }
    }

    #[test]
    fn the_widest_instants_and_values_read_back() {
        check(&[
            (i64::MIN, Ok(f64::MAX)),
            (0, Ok(f64::INFINITY)),
            (i64::MAX, Ok(f64::MIN_POSITIVE)),
        ]);
        let many: Vec<_> = (0..5_000)
            .map(|index| (index * 7, Ok((index as f64).sin())))
            .collect();
        check(&many);
    }

    #[test]
    fn a_cycle_of_any_length_reads_back() {
        let row = |tick: i64| {
            let noise = (tick as u32).wrapping_mul(2_654_435_761) >> 29;
            let hundredths = 2_160.0 + (tick % 60) as f64 * 1.3 + f64::from(noise);
            (tick * 10_000, Ok(hundredths.round() / 100.0))
        };
        for length in (1..600).chain(2_040..2_060).chain(8_180..8_200) {
            check(&(0..length).map(row).collect::<Vec<_>>());
        }
    }
}
