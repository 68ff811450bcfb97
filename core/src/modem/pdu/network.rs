//! The other end of the air: what a network reads of a message that is handed to it, and what it gives to a modem. The demo's telephones and tests stand there.

use plenum_protocol::Timestamp;

use super::deliver::{self, Part};
use super::{Address, PduError, Reader, from_hexadecimal, parts, stamp, to_hexadecimal};

/// A message, or a part of one, that a modem handed over (SMS-SUBMIT: TS 23.040, 9.2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// For whom.
    pub to: Address,
    /// Which part of which message it is, where it is one.
    pub part: Option<Part>,
    /// Its text.
    pub text: String,
    /// Whether a report of what becomes of it is asked for.
    pub wants_report: bool,
}

/// Reads what stood behind the prompt of `AT+CMGS=length`: the service centre's address and so many octets more, in hexadecimal.
pub fn take(hexadecimal: &str, length: usize) -> Result<Submitted, PduError> {
    let bytes = from_hexadecimal(hexadecimal.trim())?;
    let mut reader = Reader(&bytes);
    let centre = reader.byte()?;
    reader.take(usize::from(centre))?;
    if reader.0.len() != length {
        return Err(PduError::Short);
    }
    let first = reader.byte()?;
    if first & 0b11 != 0b01 {
        return Err(PduError::Type(first & 0b11));
    }
    let _reference = reader.byte()?;
    let to = Address::read(&mut reader)?;
    let _protocol = reader.byte()?;
    let coding = deliver::coding(reader.byte()?)?;
    // For how long it is tried: not said, relative, or one of two long forms.
    reader.take(match first >> 3 & 0b11 {
        0b00 => 0,
        0b10 => 1,
        _ => 7,
    })?;
    let (part, text) = deliver::user_data(first, coding, &mut reader)?;
    let wants_report = first & 0x20 != 0;
    Ok(Submitted {
        to,
        part,
        text,
        wants_report,
    })
}

/// What somebody wrote, as a modem stores it: a PDU a part (SMS-DELIVER: 9.2.2.1).
pub fn deliver(from: &Address, text: &str, at: Timestamp, reference: u8) -> Vec<String> {
    let write = |chunk: &parts::Chunk| {
        // No more messages wait.
        let mut octets = vec![0, 0x04 | if chunk.has_header { 0x40 } else { 0 }];
        from.write(&mut octets);
        octets.extend([0, chunk.coding]);
        octets.extend(stamp::write(at));
        octets.push(chunk.length);
        octets.extend(&chunk.data);
        to_hexadecimal(&octets)
    };
    parts::chunks(text, reference).iter().map(write).collect()
}

/// That the telephone has a message (SMS-STATUS-REPORT: 9.2.2.3). `reference`: the one that `+CMGS` gave.
pub fn delivered(to: &Address, reference: u8, at: Timestamp) -> String {
    let mut octets = vec![0, 0x06, reference];
    to.write(&mut octets);
    octets.extend(stamp::write(at));
    octets.extend(stamp::write(at));
    octets.push(0);
    to_hexadecimal(&octets)
}

/// The length of a PDU that was written here, as `+CMGL` and `+CDS` say it: octets without the service centre's.
pub fn length(hexadecimal: &str) -> usize {
    (hexadecimal.len() / 2).saturating_sub(1)
}
