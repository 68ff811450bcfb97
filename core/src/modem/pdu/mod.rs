//! Messages as the network carries them: 3GPP TS 23.040 (PDUs) and 23.038 (alphabets).
//!
//! Own code, because no kept crate has all of it: `sms-pdu` 1.1 rests on the unmaintained `encoding` (RUSTSEC-2021-0153), `sms-pdu-decoder` only
//! reads, and neither joins parts. `core/tests/text_messages/main.rs` compares it with two libraries of PyPI.

mod address;
mod alphabet;
mod deliver;
pub mod network;
mod parts;
mod report;
mod stamp;
mod submit;

pub use address::Address;
pub use deliver::{Deliver, Part};
pub use parts::{Parts, fits, split};
pub use report::{Fate, StatusReport};
pub use submit::Submit;

/// Why bytes are not a PDU.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PduError {
    /// Not pairs of hexadecimal digits.
    #[error("a PDU that is not hexadecimal")]
    Hexadecimal,
    /// It ends before it should.
    #[error("a PDU that ends too early")]
    Short,
    /// Neither SMS-DELIVER nor SMS-STATUS-REPORT.
    #[error("a PDU of type {0}, which a modem does not receive")]
    Type(u8),
    /// Compressed, or 8-bit data for a program.
    #[error("a PDU with data coding {0:#04x}, which is not text")]
    Coding(u8),
}

/// What a modem receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A message of somebody.
    Deliver(Deliver),
    /// What became of one that was sent.
    Report(StatusReport),
}

/// Reads what stands in `+CMT`, `+CMGR`, `+CMGL` and `+CDS`: the service centre's address and the PDU, in hexadecimal.
pub fn read(hexadecimal: &str) -> Result<Received, PduError> {
    let bytes = from_hexadecimal(hexadecimal.trim())?;
    let mut reader = Reader(&bytes);
    let centre = reader.byte()?;
    reader.take(usize::from(centre))?;
    let first = reader.byte()?;
    match first & 0b11 {
        0b00 => Deliver::read(first, &mut reader).map(Received::Deliver),
        0b10 => StatusReport::read(&mut reader).map(Received::Report),
        other => Err(PduError::Type(other)),
    }
}

/// Bytes of a PDU from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, PduError> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], PduError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(PduError::Short)?;
        self.0 = rest;
        Ok(taken)
    }
}

fn from_hexadecimal(text: &str) -> Result<Vec<u8>, PduError> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<_>>().ok_or(PduError::Hexadecimal)
}

/// Capital letters, as modems write it.
fn to_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests;
