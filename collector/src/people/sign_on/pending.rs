//! Log-ins that have gone to the provider and have not come back: a pure state machine.
//!
//! One ends when it comes back, whatever comes of that, or after ten minutes. It comes back to the browser that began it, or not at all. There is a bound, and past it the
//! address of which most have gone loses its oldest: whoever begins thousands keeps nobody else from coming back.

use std::collections::HashMap;
use std::net::IpAddr;

use plenum_protocol::{Duration, Steady, Timestamp};

use crate::people::secret::Fingerprint;

/// So long somebody may take at the provider: find a phone, set a password anew.
pub const LIFE: Duration = Duration::from_minutes(10);
/// So many have gone at most.
pub const MOST: usize = 1_024;

/// What is known of a log-in that has gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gone {
    /// What the ID token has to carry.
    pub(super) nonce: String,
    /// What proves to the provider that the code is ours (RFC 7636).
    pub(super) verifier: String,
    /// What the browser that began it holds.
    pub(super) browser: Fingerprint,
    /// Where it asked from.
    pub(super) address: IpAddr,
    /// When it began, by each clock.
    pub(super) begun: (Steady, Timestamp),
}

/// Those that have gone, by what comes back with them.
#[derive(Debug, Default)]
pub(super) struct Pending(HashMap<Fingerprint, Gone>);

impl Pending {
    /// One goes.
    pub(super) fn begin(&mut self, state: Fingerprint, gone: Gone) {
        let now = gone.begun.0;
        self.0.retain(|_, gone| now.since(gone.begun.0) < LIFE);
        if self.0.len() >= MOST {
            self.make_room();
        }
        self.0.insert(state, gone);
    }

    /// One comes back, this once. Nothing if it never went, came back before, took too long, or is another browser's.
    pub(super) fn end(&mut self, state: &Fingerprint, browser: &Fingerprint, now: Steady) -> Option<Gone> {
        let gone = self.0.remove(state)?;
        (gone.browser == *browser && now.since(gone.begun.0) < LIFE).then_some(gone)
    }

    /// None of them comes back.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    fn make_room(&mut self) {
        let mut of: HashMap<IpAddr, usize> = HashMap::new();
        for gone in self.0.values() {
            *of.entry(gone.address).or_default() += 1;
        }
        let least =
            |(state, gone): &(&Fingerprint, &Gone)| (usize::MAX - of[&gone.address], gone.begun.0, **state);
        let leaves = self.0.iter().min_by_key(least).map(|(state, _)| *state);
        leaves.map(|state| self.0.remove(&state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(browser: u8, address: u8, seconds: i64) -> Gone {
        Gone {
            nonce: String::new(),
            verifier: String::new(),
            browser: [browser; 32],
            address: IpAddr::from([10, 0, 0, address]),
            begun: (at(seconds), Timestamp::from_milliseconds(0)),
        }
    }

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(seconds * 1_000)
    }

    #[test]
    fn it_comes_back_once_in_time_and_to_its_browser() {
        let mut pending = Pending::default();
        pending.begin([1; 32], gone(1, 1, 0));
        assert_eq!(pending.end(&[2; 32], &[1; 32], at(1)), None);
        assert_eq!(pending.end(&[1; 32], &[1; 32], at(599)), Some(gone(1, 1, 0)));
        assert_eq!(pending.end(&[1; 32], &[1; 32], at(599)), None);
        pending.begin([1; 32], gone(1, 1, 0));
        assert_eq!(pending.end(&[1; 32], &[1; 32], at(600)), None);
        pending.begin([1; 32], gone(1, 1, 0));
        assert_eq!(pending.end(&[1; 32], &[2; 32], at(1)), None);
        assert_eq!(pending.end(&[1; 32], &[1; 32], at(1)), None);
    }

    #[test]
    fn who_begins_thousands_pushes_out_their_own() {
        let mut pending = Pending::default();
        pending.begin([200; 32], gone(9, 2, 0));
        for number in 0..10_000_u32 {
            let mut state = [0; 32];
            state[..4].copy_from_slice(&number.to_be_bytes());
            pending.begin(state, gone(1, 1, 1));
        }
        assert_eq!(pending.0.len(), MOST);
        assert!(pending.end(&[200; 32], &[9; 32], at(2)).is_some());
    }
}
