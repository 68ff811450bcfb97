//! SMS-DELIVER (TS 23.040, 9.2.2.1): a message of somebody.

use plenum_protocol::Timestamp;

use super::{Address, PduError, Reader, alphabet, stamp};

/// A message, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    /// Who sent it, as far as the network says: such a number can be forged.
    pub from: Address,
    /// When the service centre took it.
    pub at: Option<Timestamp>,
    /// Which part of which message it is, where it is one.
    pub part: Option<Part>,
    /// Its text.
    pub text: String,
}

/// Which part of which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The sender's number for the whole.
    pub reference: u16,
    /// How many there are.
    pub total: u8,
    /// Which this is, from 1.
    pub number: u8,
}

/// How the text is written.
pub(super) enum Coding {
    Basic,
    Ucs2,
}

impl Deliver {
    pub(super) fn read(first: u8, reader: &mut Reader<'_>) -> Result<Self, PduError> {
        let from = Address::read(reader)?;
        let _protocol = reader.byte()?;
        let coding = coding(reader.byte()?)?;
        let at = stamp::read(reader)?;
        let (part, text) = user_data(first, coding, reader)?;
        Ok(Self { from, at, part, text })
    }
}

/// The text of a PDU with these flags, and which part of which message it is: what stands behind everything else, whichever way it goes.
pub(super) fn user_data(
    first: u8,
    coding: Coding,
    reader: &mut Reader<'_>,
) -> Result<(Option<Part>, String), PduError> {
    let length = usize::from(reader.byte()?);
    let data = reader.0;
    let has_header = first & 0x40 != 0;
    let header = match (has_header, data.split_first()) {
        (true, Some((count, rest))) => rest.get(..usize::from(*count)).ok_or(PduError::Short)?,
        _ => &[],
    };
    let before = if has_header { header.len() + 1 } else { 0 };
    let text = match coding {
        Coding::Basic => {
            let of_header = (before * 8).div_ceil(7);
            let fill = of_header * 7 - before * 8;
            let body = data.get(before..).unwrap_or_default();
            let count = length.saturating_sub(of_header);
            let septets = alphabet::unpack(body, count, fill);
            if septets.len() < count {
                return Err(PduError::Short);
            }
            alphabet::text(&septets)
        }
        Coding::Ucs2 => {
            let body = data.get(before..length).ok_or(PduError::Short)?;
            let units = body
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units)
                .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
    };
    Ok((part(header), text))
}

/// The alphabet of a data coding (TS 23.038, 4).
pub(super) fn coding(octet: u8) -> Result<Coding, PduError> {
    let refused = Err(PduError::Coding(octet));
    match octet >> 4 {
        // General: compressed with bit 5.
        0x2 | 0x3 | 0x6 | 0x7 => refused,
        0x0..=0x7 => match octet >> 2 & 0b11 {
            0b00 | 0b11 => Ok(Coding::Basic),
            0b10 => Ok(Coding::Ucs2),
            _ => refused,
        },
        // Message waiting.
        0xC | 0xD => Ok(Coding::Basic),
        0xE => Ok(Coding::Ucs2),
        0xF if octet & 0b100 != 0 => refused,
        // Reserved ones are to be read as the default alphabet.
        _ => Ok(Coding::Basic),
    }
}

/// The elements of a header: concatenation with a reference of 8 or of 16 bits.
fn part(mut header: &[u8]) -> Option<Part> {
    while let [kind, length, rest @ ..] = header {
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        match (kind, value) {
            (0x00, [reference, total, number]) => {
                return Some(Part {
                    reference: u16::from(*reference),
                    total: *total,
                    number: *number,
                });
            }
            (0x08, [high, low, total, number]) => {
                return Some(Part {
                    reference: u16::from_be_bytes([*high, *low]),
                    total: *total,
                    number: *number,
                });
            }
            _ => header = rest,
        }
    }
    None
}
