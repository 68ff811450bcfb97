//! What Sensirion's chips on I2C have in common: commands that take a known time, and words that are each followed by a checksum.

#[cfg(test)]
pub(super) mod tests;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{Error as _, ErrorKind, I2c};
use plenum_protocol::Fault;

use crate::driver::Problem;

/// A command and how long the chip needs before it answers, by its datasheet's greatest figure and rounded up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Command {
    code: Code,
    milliseconds: u32,
}

#[derive(Debug, Clone, Copy)]
enum Code {
    /// As the SHT4x has them.
    Byte(u8),
    /// As all others have them.
    Word([u8; 2]),
}

impl Command {
    /// A command of one byte.
    pub(super) const fn byte(code: u8, milliseconds: u32) -> Self {
        Self {
            code: Code::Byte(code),
            milliseconds,
        }
    }

    /// A command of two bytes.
    pub(super) const fn word(code: u16, milliseconds: u32) -> Self {
        Self {
            code: Code::Word(code.to_be_bytes()),
            milliseconds,
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.code {
            Code::Byte(byte) => std::slice::from_ref(byte),
            Code::Word(bytes) => bytes,
        }
    }
}

/// A chip of theirs at its address.
pub(super) struct Chip<B, D> {
    bus: B,
    address: u8,
    delay: D,
}

impl<B: I2c, D: DelayNs> Chip<B, D>
where
    Problem: From<B::Error>,
{
    /// Says nothing to it yet.
    pub(super) fn new(bus: B, address: u8, delay: D) -> Self {
        Self { bus, address, delay }
    }

    /// Gives a command, and waits until it is carried out.
    pub(super) fn tell(&mut self, command: Command) -> Result<(), Problem> {
        self.send(command.bytes(), command.milliseconds)
    }

    /// Gives a command with one word as its argument, and waits until it is carried out.
    pub(super) fn set(&mut self, command: Command, word: u16) -> Result<(), Problem> {
        let argument = word.to_be_bytes();
        let mut bytes = command.bytes().to_vec();
        bytes.extend(argument);
        bytes.push(checksum(argument));
        self.send(&bytes, command.milliseconds)
    }

    /// Gives a command and takes the `N` words that it is answered with. There is no stretched clock in it: the Raspberry Pi's I2C cannot
    /// be trusted with one.
    ///
    /// # Errors
    /// `timeout` where the chip took the command and has no answer, `corrupt` where a word is not what its checksum says.
    pub(super) fn ask<const N: usize>(&mut self, command: Command) -> Result<[u16; N], Problem> {
        self.tell(command)?;
        let mut answer = vec![0; 3 * N];
        self.bus
            .read(self.address, &mut answer)
            .map_err(|error| match error.kind() {
                ErrorKind::NoAcknowledge(_) => Problem::new(
                    Fault::Timeout,
                    "it took the command and has no answer: look at its supply's voltage and what else uses the bus",
                ),
                _ => error.into(),
            })?;
        let mut words = [0; N];
        for (word, bytes) in words.iter_mut().zip(answer.chunks_exact(3)) {
            let read = [bytes[0], bytes[1]];
            if checksum(read) != bytes[2] {
                return Err(Fault::Corrupt.into());
            }
            *word = u16::from_be_bytes(read);
        }
        Ok(words)
    }

    /// The first question to a chip, whose answer says whether it is the one that is meant. `name` is what is expected there.
    pub(super) fn identity<const N: usize>(
        &mut self,
        command: Command,
        name: &str,
    ) -> Result<[u16; N], Problem> {
        let address = self.address;
        self.ask(command).map_err(|problem| match problem.fault {
            Fault::Corrupt => Problem::new(
                Fault::Corrupt,
                format!(
                    "what answers at {address:#04x} does not speak as the {name} does: it is another chip, or the cable is too long or \
                     without pull-ups"
                ),
            ),
            _ => problem,
        })
    }

    fn send(&mut self, bytes: &[u8], milliseconds: u32) -> Result<(), Problem> {
        self.bus.write(self.address, bytes)?;
        self.delay.delay_ms(milliseconds);
        Ok(())
    }
}

/// CRC-8 with the polynomial 0x31, begun with 0xff (SHT3x-DIS datasheet, 4.12 "Checksum calculation"; the same in all of theirs).
fn checksum(word: [u8; 2]) -> u8 {
    word.iter().fold(0xff, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum: u8, _| {
            let carried = sum & 0x80 != 0;
            (sum << 1) ^ if carried { 0x31 } else { 0 }
        })
    })
}
