//! Addresses (TS 23.040, 9.1.2.5): digits in semi-octets with their type, or a name in the 7-bit alphabet.

use super::{PduError, Reader, alphabet};

const INTERNATIONAL: u8 = 0x91;
const UNKNOWN: u8 = 0x81;
const DIGITS: &[u8; 15] = b"0123456789*#abc";

/// Who sent it, or to whom it goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// In the international form, with its plus: `+31612345678`.
    International(String),
    /// As the network wrote it: a short code, or a number of its own country.
    National(String),
    /// A name, which cannot be answered.
    Name(String),
}

impl Address {
    /// The address as people read it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::International(text) | Self::National(text) | Self::Name(text) => text,
        }
    }

    /// A number with a plus is international; any other is the network's to understand.
    pub fn of_number(number: &str) -> Self {
        match number.starts_with('+') {
            true => Self::International(number.to_owned()),
            false => Self::National(number.to_owned()),
        }
    }

    /// Of a number, as it stands in a PDU. A name is not sent to anybody: it has no digits.
    pub(super) fn write(&self, pdu: &mut Vec<u8>) {
        let digits: Vec<u8> = self.as_str().bytes().filter_map(code).collect();
        let kind = match self {
            Self::International(_) => INTERNATIONAL,
            Self::National(_) | Self::Name(_) => UNKNOWN,
        };
        pdu.extend([digits.len() as u8, kind]);
        let pair = |pair: &[u8]| pair[0] | pair.get(1).unwrap_or(&0xF) << 4;
        pdu.extend(digits.chunks(2).map(pair));
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, PduError> {
        let count = usize::from(reader.byte()?);
        let kind = reader.byte()?;
        let bytes = reader.take(count.div_ceil(2))?;
        if kind & 0x70 == 0x50 {
            // The count is of semi-octets that are used.
            let septets = alphabet::unpack(bytes, count * 4 / 7, 0);
            return Ok(Self::Name(alphabet::text(&septets)));
        }
        let nibbles = bytes.iter().flat_map(|byte| [byte & 0xF, byte >> 4]).take(count);
        let digits = nibbles.filter_map(|nibble| DIGITS.get(usize::from(nibble)));
        let digits: String = digits.map(|digit| char::from(*digit)).collect();
        Ok(match kind & 0x70 {
            0x10 => Self::International(format!("+{digits}")),
            _ => Self::National(digits),
        })
    }
}

fn code(digit: u8) -> Option<u8> {
    DIGITS
        .iter()
        .position(|other| *other == digit)
        .map(|code| code as u8)
}
