//! One stream of the sender's: what of it is spooled, sent and acknowledged.

use super::RESEND_AFTER;
use crate::streams::{Class, Held, Lost};
use crate::{Duration, Steady};

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) class: Class,
    /// Streams are sent and given up in the order in which they were opened.
    pub(super) opened: u64,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) through: u64,
    /// The next number to send.
    pub(super) next: u64,
    /// The highest number sent; of an earlier start's stream the highest held.
    pub(super) sent: u64,
    pub(super) earlier_start: bool,
    pub(super) lost: Option<Lost>,
    /// When the last movement or resending was, while something is under way.
    pub(super) moved_at: Steady,
    /// How long nothing may move from then on.
    pub(super) resend_after: Duration,
    /// Since when nothing has been held; absent in a stream that holds something or is in use.
    pub(super) emptied_at: Option<Steady>,
}

impl Stream {
    /// A fresh stream, the `opened`-th.
    pub(super) fn opened(class: Class, opened: u64) -> Self {
        Self {
            class,
            opened,
            first: 1,
            last: 0,
            through: 0,
            next: 1,
            sent: 0,
            earlier_start: false,
            lost: None,
            moved_at: Steady::MIN,
            resend_after: RESEND_AFTER,
            emptied_at: None,
        }
    }

    /// A stream that the spool holds already.
    pub(super) fn adopted(held: &Held, opened: u64) -> Self {
        let first = held.first.max(1);
        let last = held.last.max(first - 1);
        let through = held.through.min(last);
        Self {
            first,
            last,
            through,
            next: first.max(through + 1),
            sent: last,
            earlier_start: true,
            lost: held.lost.clone(),
            ..Self::opened(held.class, opened)
        }
    }

    /// The lowest number that is to be sent.
    pub(super) fn base(&self) -> u64 {
        self.first.max(self.through + 1)
    }

    /// Batches that are held and not acknowledged.
    pub(super) fn unsent(&self) -> u64 {
        (self.last + 1).saturating_sub(self.base())
    }

    /// Whether anything was sent that is not acknowledged.
    pub(super) fn under_way(&self) -> bool {
        self.next > self.base()
    }

    /// Everything that is not acknowledged is sent again.
    pub(super) fn again(&mut self, now: Steady) {
        self.next = self.base();
        self.moved_at = now;
    }

    /// The collector has more of it than before.
    pub(super) fn rise(&mut self, through: u64, now: Steady) {
        self.through = through;
        self.next = self.next.max(self.base());
        self.resend_after = RESEND_AFTER;
        self.moved_at = now;
    }

    /// The collector was restored and has less of it than before.
    pub(super) fn fall(&mut self, through: u64, now: Steady) {
        self.through = through;
        self.resend_after = RESEND_AFTER;
        self.emptied_at = None;
        self.again(now);
    }

    /// When it is sent again if nothing moves until then.
    pub(super) fn resend_at(&self) -> Option<Steady> {
        self.under_way().then(|| self.moved_at + self.resend_after)
    }

    /// What was lost of it and the collector has not passed yet.
    pub(super) fn outstanding(&self) -> Option<&Lost> {
        self.lost.as_ref().filter(|lost| lost.to_seq > self.through)
    }
}
