//! How long and how much a device may talk: bounds on reading a serial line or a connection, without asking a clock.

use std::io::{Error, ErrorKind, Read, Result};
use std::time::Duration;

/// What is left of one exchange's allowance. Reads are made in short slices; a silent slice is paid for in time, one that
/// brought bytes in reads. So a device that drips or babbles is left after at most the time-out plus (reads x slice).
#[derive(Debug)]
pub struct Patience {
    silent_slices: u32,
    reads: u32,
}

impl Patience {
    /// How long one read may block: the source's own read time-out must be set to this.
    pub const SLICE: Duration = Duration::from_millis(20);

    /// Waits for `timeout` of silence in all, and takes at most `reads` pieces.
    pub fn new(timeout: Duration, reads: u32) -> Self {
        let slices = timeout.as_millis().div_ceil(Self::SLICE.as_millis());
        Self {
            silent_slices: u32::try_from(slices).unwrap_or(u32::MAX),
            reads,
        }
    }

    /// Reads some bytes, at least one.
    ///
    /// # Errors
    /// `TimedOut` when the silence has lasted too long, `InvalidData` when there have been too many pieces,
    /// `UnexpectedEof` when the other end has closed, and whatever the source says.
    pub fn read(&mut self, source: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match source.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) if self.reads == 0 => {
                    return Err(Error::new(ErrorKind::InvalidData, "it talks without an end"));
                }
                Ok(count) => {
                    self.reads -= 1;
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.silent_slices = self
                        .silent_slices
                        .checked_sub(1)
                        .ok_or_else(|| Error::from(ErrorKind::TimedOut))?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `bytes` one at a time, each after `silences` empty slices, and then nothing for ever.
    struct Drip {
        bytes: usize,
        silences: u32,
        silent: u32,
    }

    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            if self.silent > 0 || self.bytes == 0 {
                self.silent = self.silent.saturating_sub(1);
                return Err(ErrorKind::WouldBlock.into());
            }
            self.silent = self.silences;
            self.bytes -= 1;
            buffer[0] = b'x';
            Ok(1)
        }
    }

    fn check(bytes: usize, silences: u32, expected_bytes: usize, expected: ErrorKind) {
        let mut drip = Drip {
            bytes,
            silences,
            silent: silences,
        };
        let mut patience = Patience::new(Duration::from_millis(200), 10);
        let mut taken = 0;
        let error = loop {
            match patience.read(&mut drip, &mut [0; 8]) {
                Ok(count) => taken += count,
                Err(error) => break error.kind(),
            }
        };
        assert_eq!((taken, error), (expected_bytes, expected));
    }

    #[test]
    fn silence_dripping_and_babble_end() {
        check(0, 0, 0, ErrorKind::TimedOut);
        check(5, 0, 5, ErrorKind::TimedOut);
        check(usize::MAX, 0, 10, ErrorKind::InvalidData);
        check(usize::MAX, 4, 2, ErrorKind::TimedOut);
    }

    #[test]
    fn a_closed_end_is_told_apart() {
        let mut patience = Patience::new(Duration::from_secs(1), 10);
        let error = patience.read(&mut std::io::empty(), &mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }
}
