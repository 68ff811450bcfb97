//! What a command says on standard output. Whoever reads it may have seen enough, as `head` has: what comes then is dropped, and the command
//! ends as it would have.

use std::io::{self, ErrorKind, Write};

/// A text as one line.
///
/// # Errors
/// It cannot be written, and not because nobody reads it.
pub fn line(text: &str) -> io::Result<()> {
    whole(format!("{text}\n").as_bytes())
}

/// A text as it is.
///
/// # Errors
/// As for [`line`].
pub fn whole(text: &[u8]) -> io::Result<()> {
    write(&mut io::stdout().lock(), text)
}

fn write(output: &mut impl Write, text: &[u8]) -> io::Result<()> {
    match output.write_all(text).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn that_nobody_reads_is_no_failure_and_a_full_disk_is() {
        assert!(write(&mut Broken(ErrorKind::BrokenPipe), b"text").is_ok());
        let error = write(&mut Broken(ErrorKind::StorageFull), b"text").unwrap_err();
        assert!(error.to_string().starts_with("standard output: "), "{error}");
    }
}
