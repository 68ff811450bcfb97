//! SMS-SUBMIT (TS 23.040, 9.2.2.2): what is handed to the network.

use super::parts::Chunk;
use super::{Address, to_hexadecimal};

/// For how long the network tries: (11 + 1) times 5 minutes. What is older than an hour is told anew, as things stand then.
const AN_HOUR: u8 = 11;

/// One part of a message to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// What stands in `+CMGS`: octets without the service centre's.
    pub length: usize,
    /// In hexadecimal, with an empty service centre: the SIM's own.
    pub pdu: String,
}

impl Submit {
    /// Writes it. A report of what becomes of it is asked for.
    pub(super) fn new(to: &Address, chunk: &Chunk) -> Self {
        // SMS-SUBMIT with a relative validity and a status report, and whether there is a header.
        let first = 0x01 | 0x10 | 0x20 | if chunk.has_header { 0x40 } else { 0 };
        // The modem gives it its reference.
        let mut octets = vec![first, 0];
        to.write(&mut octets);
        octets.extend([0, chunk.coding, AN_HOUR, chunk.length]);
        octets.extend(&chunk.data);
        Self {
            length: octets.len(),
            pdu: format!("00{}", to_hexadecimal(&octets)),
        }
    }
}
