//! RFC 8428's own part: base fields, names, relative times and value kinds, without any meaning of ours.

use std::borrow::Cow;
use std::str::FromStr;

use super::json::{Reader, SyntaxError, Value as Json};
use super::{MESSAGE_BYTES, MessageError};
use crate::Timestamp;

/// Times below this many seconds are relative to now (RFC 8428, 4.5.3).
pub const RELATIVE_BELOW: f64 = 268_435_456.0;
/// The version of RFC 8428.
const VERSION: u64 = 10;
/// The version of RFC 8428 with RFC 9100's secondary units allowed.
const VERSION_SECONDARY_UNITS: u64 = 26;
/// The last instant that a record may bear: the end of the year 9999, in seconds.
const END_OF_TIME: f64 = 253_402_300_799.0;

/// A record's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// `v`, with the base value added; finite.
    Number(f64),
    /// `vs`.
    Text(&'a str),
    /// `vb`.
    Boolean(bool),
    /// `vd`: base64 with the URL-safe alphabet, unpadded; as written.
    Data(&'a str),
}

/// A resolved record: nothing in it depends on the records before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    /// The base name in force; the whole name is this and `name`.
    pub base_name: &'a str,
    /// The record's own name, perhaps empty.
    pub name: &'a str,
    /// The unit that the record names itself, which counts before the base unit.
    pub unit: Option<&'a str>,
    /// The base unit in force, for a record without its own.
    pub base_unit: Option<&'a str>,
    /// The value; absent if there is only a sum.
    pub value: Option<Value<'a>>,
    /// The sum, with the base sum added.
    pub sum: Option<f64>,
    /// The instant, to the millisecond.
    pub at: Timestamp,
    /// It was given relative to now.
    pub relative: bool,
    /// Seconds until the next reading is due at the latest.
    pub update_time: Option<f64>,
}

/// Resolves a pack. `each` gets every record's text with the record or the reason why it is not one; records that
/// only set base fields are passed over. Relative times are relative to `now`.
pub fn resolve<'a>(
    bytes: &'a [u8],
    now: Timestamp,
    mut each: impl FnMut(&'a str, Result<Record<'_>, String>),
) -> Result<(), MessageError> {
    if bytes.len() > MESSAGE_BYTES {
        return Err(MessageError::TooLong(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| MessageError::NotText(error.valid_up_to()))?;
    let mut reader = Reader::new(text);
    let mut bases = Bases::default();
    reader.expect(b'[', "an array of records")?;
    if !reader.take(b']') {
        loop {
            reader.peek();
            let start = reader.position();
            if reader.peek() == Some(b'{') {
                let fields = Fields::read(&mut reader)?;
                bases.take(&fields)?;
                if !fields.is_only_base() {
                    each(reader.text_from(start), bases.resolve(&fields, now));
                }
            } else {
                reader.value()?;
                each(reader.text_from(start), Err("a record is an object".to_owned()));
            }
            if reader.take(b']') {
                break;
            }
            reader.expect(b',', "`,` or `]`")?;
        }
    }
    match reader.peek() {
        None => Ok(()),
        Some(_) => Ok(reader.error("the end of the message")?),
    }
}

impl From<SyntaxError> for MessageError {
    fn from(error: SyntaxError) -> Self {
        Self::NotJson {
            at: error.at,
            expected: error.expected,
        }
    }
}

const LABELS: [&str; 15] = [
    "bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut",
];
const BASE_LABELS: usize = 6;
const BN: usize = 0;
const BT: usize = 1;
const BU: usize = 2;
const BV: usize = 3;
const BS: usize = 4;
const BVER: usize = 5;
const N: usize = 6;
const U: usize = 7;
const V: usize = 8;
const VS: usize = 9;
const VB: usize = 10;
const VD: usize = 11;
const S: usize = 12;
const T: usize = 13;
const UT: usize = 14;

/// The number of a label that RFC 8428 knows.
fn number_of(label: &str) -> Option<usize> {
    Some(match label {
        "n" => N,
        "u" => U,
        "v" => V,
        "t" => T,
        "vs" => VS,
        "vb" => VB,
        "vd" => VD,
        "s" => S,
        "ut" => UT,
        "bn" => BN,
        "bt" => BT,
        "bu" => BU,
        "bv" => BV,
        "bs" => BS,
        "bver" => BVER,
        _ => return None,
    })
}

struct Fields<'a> {
    values: [Option<Json<'a>>; 15],
    repeated: Option<usize>,
}

impl<'a> Fields<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, MessageError> {
        let mut fields = Self {
            values: Default::default(),
            repeated: None,
        };
        reader.expect(b'{', "a record")?;
        if reader.take(b'}') {
            return Ok(fields);
        }
        loop {
            reader.peek();
            let label = reader.string()?;
            reader.expect(b':', "`:`")?;
            let value = reader.value()?;
            match number_of(&label) {
                Some(index) if fields.values[index].is_some() => fields.repeated = Some(index),
                Some(index) => fields.values[index] = Some(value),
                None if label.ends_with('_') => {
                    return Err(MessageError::MustUnderstand(label.chars().take(80).collect()));
                }
                None => {}
            }
            if reader.take(b'}') {
                return Ok(fields);
            }
            reader.expect(b',', "`,` or `}`")?;
        }
    }

    fn is_only_base(&self) -> bool {
        let any = |range: &[Option<Json<'_>>]| range.iter().any(Option::is_some);
        any(&self.values[..BASE_LABELS]) && !any(&self.values[BASE_LABELS..])
    }

    fn text(&self, index: usize) -> Result<Option<&Cow<'a, str>>, String> {
        match &self.values[index] {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(format!("`{}` is not a string", LABELS[index])),
        }
    }

    fn number(&self, index: usize) -> Result<Option<f64>, String> {
        match &self.values[index] {
            None => Ok(None),
            Some(Json::Number(text)) => match f64::from_str(text) {
                Ok(number) if number.is_finite() => Ok(Some(number)),
                _ => Err(format!("`{}` is not finite", LABELS[index])),
            },
            Some(_) => Err(format!("`{}` is not a number", LABELS[index])),
        }
    }
}

/// The base fields in force.
#[derive(Default)]
struct Bases<'a> {
    name: Cow<'a, str>,
    time: f64,
    unit: Option<Cow<'a, str>>,
    value: Option<f64>,
    sum: Option<f64>,
    version: Option<u64>,
    records: bool,
}

impl<'a> Bases<'a> {
    /// A base field that cannot be read makes every record after it doubtful: that is the whole message's error.
    fn take(&mut self, fields: &Fields<'a>) -> Result<(), MessageError> {
        if let Some(index) = fields.repeated.filter(|index| *index < BASE_LABELS) {
            return Err(MessageError::Base(format!(
                "`{}` stands there twice",
                LABELS[index]
            )));
        }
        self.version(fields)?;
        let base = MessageError::Base;
        if let Some(name) = fields.text(BN).map_err(base)? {
            self.name = name.clone();
        }
        if let Some(time) = fields.number(BT).map_err(base)? {
            self.time = time;
        }
        if let Some(unit) = fields.text(BU).map_err(base)? {
            self.unit = Some(unit.clone());
        }
        if let Some(value) = fields.number(BV).map_err(base)? {
            self.value = Some(value);
        }
        if let Some(sum) = fields.number(BS).map_err(base)? {
            self.sum = Some(sum);
        }
        Ok(())
    }

    /// Versions below 10 are the drafts', which RFC 8428's own examples bear.
    fn version(&mut self, fields: &Fields<'a>) -> Result<(), MessageError> {
        let written = match &fields.values[BVER] {
            None => None,
            Some(Json::Number(text)) => match text.parse::<u64>() {
                Ok(version @ (1..=VERSION | VERSION_SECONDARY_UNITS)) => Some(version),
                _ => return Err(MessageError::Version(text.chars().take(40).collect())),
            },
            Some(_) => return Err(MessageError::Base("`bver` is not a number".to_owned())),
        };
        let in_force = self.version.unwrap_or(VERSION);
        if let Some(version) = written {
            if self.records && version != in_force {
                return Err(MessageError::Base(format!(
                    "`bver` changes from {in_force} to {version}"
                )));
            }
            self.version = Some(version);
        }
        self.records = true;
        Ok(())
    }

    fn resolve<'r>(&'r self, fields: &'r Fields<'a>, now: Timestamp) -> Result<Record<'r>, String> {
        if let Some(index) = fields.repeated {
            return Err(format!("`{}` stands there twice", LABELS[index]));
        }
        let name = fields.text(N)?.map_or("", Cow::as_ref);
        check_name(&self.name, name)?;
        let sum = match (fields.number(S)?, self.sum) {
            (None, None) => None,
            (own, base) => Some(finite(own.unwrap_or(0.0) + base.unwrap_or(0.0), "the sum")?),
        };
        let seconds = self.time + fields.number(T)?.unwrap_or(0.0);
        Ok(Record {
            base_name: &self.name,
            name,
            unit: fields.text(U)?.map(Cow::as_ref),
            base_unit: self.unit.as_deref(),
            value: self.value(fields, sum.is_some())?,
            sum,
            at: instant(seconds, now)?,
            relative: seconds < RELATIVE_BELOW,
            update_time: fields.number(UT)?,
        })
    }

    fn value<'r>(&self, fields: &'r Fields<'a>, has_sum: bool) -> Result<Option<Value<'r>>, String> {
        let kinds = [V, VS, VB, VD]
            .into_iter()
            .filter(|index| fields.values[*index].is_some());
        if kinds.count() > 1 {
            return Err("more than one of `v`, `vs`, `vb` and `vd`".to_owned());
        }
        if let Some(text) = fields.text(VS)? {
            return Ok(Some(Value::Text(text)));
        }
        if let Some(text) = fields.text(VD)? {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
            return match text.bytes().all(allowed) {
                true => Ok(Some(Value::Data(text))),
                false => Err("`vd` is not URL-safe base64".to_owned()),
            };
        }
        match &fields.values[VB] {
            Some(Json::Boolean(state)) => return Ok(Some(Value::Boolean(*state))),
            Some(_) => return Err("`vb` is neither true nor false".to_owned()),
            None => {}
        }
        match (fields.number(V)?, self.value) {
            (None, None) if has_sum => Ok(None),
            (None, None) => Err("no value: one of `v`, `vs`, `vb`, `vd` and `s` is needed".to_owned()),
            (own, base) => {
                let value = finite(own.unwrap_or(0.0) + base.unwrap_or(0.0), "the value")?;
                Ok(Some(Value::Number(value)))
            }
        }
    }
}

fn finite(number: f64, what: &str) -> Result<f64, String> {
    if number.is_finite() {
        Ok(number)
    } else {
        Err(format!("{what} is not finite"))
    }
}

/// A name has letters, digits and `- : . / _`, and begins with a letter or digit (RFC 8428, 4.5.1).
fn check_name(base: &str, name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-:./_".contains(&byte);
    let mut bytes = base.bytes().chain(name.bytes());
    match bytes.next() {
        None => Err("no name: `bn` and `n` are empty".to_owned()),
        Some(first) if first.is_ascii_alphanumeric() && bytes.all(allowed) => Ok(()),
        Some(_) => {
            let whole: String = base.chars().chain(name.chars()).take(200).collect();
            Err(format!("`{whole}` is not a valid SenML name"))
        }
    }
}

fn instant(seconds: f64, now: Timestamp) -> Result<Timestamp, String> {
    let error = || format!("the time {seconds} lies outside the years 1970 to 9999");
    if !(-END_OF_TIME..=END_OF_TIME).contains(&seconds) {
        return Err(error());
    }
    let milliseconds = (seconds * 1_000.0).round() as i64;
    let at = if seconds < RELATIVE_BELOW {
        now.milliseconds().saturating_add(milliseconds)
    } else {
        milliseconds
    };
    if (0..=(END_OF_TIME as i64) * 1_000).contains(&at) {
        Ok(Timestamp::from_milliseconds(at))
    } else {
        Err(error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_their_numbers_agree() {
        for (number, label) in LABELS.iter().enumerate() {
            assert_eq!(number_of(label), Some(number));
        }
        assert_eq!(number_of("x"), None);
    }
}
