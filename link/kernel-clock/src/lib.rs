//! Asks the kernel whether it calls its wall clock synchronised (`adjtimex(2)`): the workspace's one `unsafe` call, in a crate
//! of its own so that every other crate can forbid them. Neither rustix nor nix wraps this call.

use std::io;
use std::mem::MaybeUninit;

/// Whether something (NTP, PTP, a person) disciplines the wall clock: STA_UNSYNC is clear. Reads only; needs no privilege.
///
/// # Errors
/// The kernel may not be asked: a filter of system calls forbids it, as systemd's `ProtectClock=yes` does.
pub fn is_synchronised() -> io::Result<bool> {
    let mut timex = MaybeUninit::<libc::timex>::zeroed();
    #[expect(unsafe_code, reason = "no crate that is kept well wraps adjtimex(2)")]
    // SAFETY: `timex` is a valid, exclusively borrowed `libc::timex`, which is what the call reads and fills. It is a C structure
    // of integers, so that all zeros is a value of it, and `modes` = 0 means "change nothing". Every byte is initialised by
    // `zeroed` whatever the call does, and nothing keeps the pointer.
    let (state, timex) = unsafe { (libc::adjtimex(timex.as_mut_ptr()), timex.assume_init()) };
    match state {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(timex.status & libc::STA_UNSYNC == 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_needs_no_privilege_and_changes_nothing() {
        // Which answer is right depends on the machine; twice the same one shows that asking set nothing.
        assert_eq!(is_synchronised().unwrap(), is_synchronised().unwrap());
    }
}
