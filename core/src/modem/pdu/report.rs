//! SMS-STATUS-REPORT (TS 23.040, 9.2.2.3): what became of a message.

use plenum_protocol::Timestamp;

use super::{Address, PduError, Reader, stamp};

/// What the network says became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The reference that `+CMGS` gave.
    pub reference: u8,
    /// To whom it went.
    pub to: Address,
    /// When the centre had done with it, or tried last.
    pub at: Option<Timestamp>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a message (TS 23.040, 9.2.3.15), with the network's own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The telephone has it.
    Delivered,
    /// The centre gave it on and knows no more: as good as unproved.
    Unconfirmed(u8),
    /// The centre goes on trying.
    Trying(u8),
    /// It tries no more.
    Failed(u8),
}

impl StatusReport {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, PduError> {
        let reference = reader.byte()?;
        let to = Address::read(reader)?;
        let _taken = stamp::read(reader)?;
        let at = stamp::read(reader)?;
        let fate = match reader.byte()? {
            0x00 => Fate::Delivered,
            number @ 0x01..=0x1F => Fate::Unconfirmed(number),
            number @ 0x20..=0x3F => Fate::Trying(number),
            number => Fate::Failed(number),
        };
        Ok(Self {
            reference,
            to,
            at,
            fate,
        })
    }
}

impl Fate {
    /// Why, in words; of what the standard does not name its number alone.
    pub fn why(self) -> String {
        let (Self::Unconfirmed(number) | Self::Trying(number) | Self::Failed(number)) = self else {
            return "delivered".to_owned();
        };
        let words = match number {
            0x00..=0x1F => "given on, and nothing confirmed",
            0x20 | 0x60 => "congestion",
            0x21 | 0x61 => "the telephone is busy",
            0x22 | 0x62 => "the telephone does not answer",
            0x23 | 0x63 => "service rejected",
            0x24 | 0x44 | 0x64 => "quality of service not available",
            0x25 | 0x65 => "error in the telephone",
            0x40 => "remote procedure error",
            0x41 => "the telephone takes no such message",
            0x42 => "the telephone rejected it",
            0x43 => "the number cannot be obtained",
            0x45 => "no way between the networks",
            0x46 => "the telephone was not reached in time",
            0x47 => "deleted by its sender",
            0x48 => "deleted by the service centre",
            0x49 => "the service centre does not have it",
            _ => "another reason of the network",
        };
        format!("{words} ({number:#04x})")
    }
}
