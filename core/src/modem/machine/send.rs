//! Messages that go out: orders, their parts, what proves that they arrived, and the telephone that rings where nothing else went through.

use std::collections::VecDeque;

use plenum_protocol::{Duration, Steady};

use super::{Command, EVERY_DAY, Effect, Machine};
use crate::modem::number;
use crate::modem::pdu::{self, Address, Fate, StatusReport, Submit};
use crate::modem::trouble::ModemError;

/// How long an order waits for a modem that is not ready.
const PATIENCE: Duration = Duration::from_seconds(45);
/// So many wait; more are refused at once.
const WAITING: usize = 64;
/// So many parts a message may have.
const PARTS: usize = 3;
/// How long a report may be out: the network tries for an hour.
const PROVED_WITHIN: Duration = Duration::from_minutes(70);
/// How long a telephone rings.
pub(super) const RINGS: Duration = Duration::from_seconds(20);
/// How long the message to itself may take.
const OWN_WITHIN: Duration = Duration::from_minutes(5);
/// How soon it is tried again where it did not come.
const AGAIN: Duration = Duration::from_hours(1);
/// The number of the message to itself.
const OWN: u64 = u64::MAX;

/// A message that waits.
#[derive(Debug)]
pub(super) struct Order {
    id: u64,
    to: String,
    text: String,
    ring: bool,
    pub(super) until: Steady,
}

impl Order {
    pub(super) fn new(id: u64, to: String, text: String, ring: bool, now: Steady) -> Self {
        let until = now + PATIENCE;
        Self {
            id,
            to,
            text,
            ring,
            until,
        }
    }
}

/// A message whose parts are being handed over.
#[derive(Debug)]
pub(super) struct Sending {
    order: Order,
    left: VecDeque<Submit>,
    references: Vec<u8>,
    /// What became of parts while others are still handed over.
    early: Vec<StatusReport>,
    /// Why the network did not take it, while its telephone rings.
    refused: Option<ModemError>,
    rings_until: Option<Steady>,
}

/// A message that the network took and has not said more of.
#[derive(Debug)]
pub(super) struct Unproved {
    id: u64,
    to: String,
    references: Vec<u8>,
    pub(super) until: Steady,
}

/// The daily message to itself.
#[derive(Debug, Default)]
pub(super) struct Proof {
    pub(super) due: Option<Steady>,
    waits_until: Option<Steady>,
    pub(super) failed: bool,
    count: u32,
}

impl Proof {
    pub(super) fn next(&self, is_ready: bool) -> Option<Steady> {
        let due = self.due.filter(|_| is_ready);
        [due, self.waits_until].into_iter().flatten().min()
    }

    fn text(&self) -> String {
        format!("Plenum: this modem works ({})", self.count)
    }
}

impl Machine {
    pub(super) fn order(&mut self, order: Order) {
        match self.orders.len() < WAITING {
            true => self.orders.push_back(order),
            false => {
                let why = format!("{WAITING} messages wait for the modem already");
                self.effects.push(Effect::Failed(order.id, why));
            }
        }
    }

    /// Ends what waited too long.
    pub(super) fn give_up(&mut self, now: Steady) {
        let why = self
            .trouble()
            .map_or("the modem is busy or not ready yet", |trouble| trouble.words());
        let (over, orders) = std::mem::take(&mut self.orders)
            .into_iter()
            .partition(|order| order.until <= now);
        self.orders = orders;
        let over: VecDeque<Order> = over;
        for order in over {
            self.fail(order.id, why.to_owned());
        }
        self.unproved.retain(|unproved| unproved.until > now);
        if self.proof.waits_until.is_some_and(|until| until <= now) {
            self.proof.failed = true;
            (self.proof.waits_until, self.proof.due) = (None, Some(now + AGAIN));
        }
        if self.ring_ends().is_some_and(|end| end <= now) && self.running.is_none() {
            self.plan.push_front(Command::HangUp);
            if let Some(sending) = &mut self.sending {
                sending.rings_until = None;
            }
        }
    }

    fn fail(&mut self, id: u64, why: String) {
        match id {
            // It is found missing when its time is over.
            OWN => {}
            _ => self.effects.push(Effect::Failed(id, why)),
        }
    }

    /// A conversation ended in the middle: a message of which a part may have left fails, and is told anew by whoever ordered it.
    pub(super) fn put_back(&mut self) {
        if let Some(sending) = self.sending.take() {
            let id = sending.order.id;
            self.fail(id, "the modem stopped answering while it was sending".to_owned());
        }
    }

    /// The daily message to itself, when it is due.
    pub(super) fn prove(&mut self, now: Steady) {
        let due = self.proof.due.is_some_and(|due| due <= now) && self.is_ready();
        if let (true, Some(own)) = (due, self.settings.own_number.clone()) {
            self.proof.due = Some(now + EVERY_DAY);
            self.proof.count += 1;
            self.proof.waits_until = Some(now + OWN_WITHIN);
            let text = self.proof.text();
            self.order(Order::new(OWN, own, text, false, now));
        }
    }

    pub(super) fn is_own_proof(&mut self, text: &str) -> bool {
        let is = self.proof.count > 0 && text == self.proof.text();
        if is {
            (self.proof.failed, self.proof.waits_until) = (false, None);
        }
        is
    }

    /// The next thing to say for what waits.
    pub(super) fn next_of_orders(&mut self) -> Option<Command> {
        if !self.is_ready() {
            return None;
        }
        if self.sending.is_none() {
            let order = self.orders.pop_front()?;
            self.reference = self.reference.wrapping_add(1);
            let text = pdu::fits(&order.text, PARTS);
            let parts = pdu::split(&Address::of_number(&order.to), text, self.reference);
            self.sending = Some(Sending {
                order,
                left: parts.into(),
                references: Vec::new(),
                early: Vec::new(),
                refused: None,
                rings_until: None,
            });
        }
        let part = self.sending.as_mut()?.left.pop_front()?;
        Some(Command::Submit(part.length, part.pdu))
    }

    pub(super) fn referenced(&mut self, reference: u8) {
        if let Some(sending) = &mut self.sending {
            sending.references.push(reference);
        }
    }

    pub(super) fn submitted(&mut self, result: Result<(), ModemError>, now: Steady) {
        let Some(mut sending) = self.sending.take() else {
            return;
        };
        match result {
            Ok(()) if !sending.left.is_empty() => self.sending = Some(sending),
            Ok(()) => {
                self.refusals = 0;
                let id = sending.order.id;
                if id == OWN {
                    return;
                }
                self.unproved.push(Unproved {
                    id,
                    to: sending.order.to,
                    references: sending.references,
                    until: now + PROVED_WITHIN,
                });
                self.effects.push(Effect::Taken(id));
                for report in &sending.early {
                    self.reported(report);
                }
            }
            Err(error) => {
                match error {
                    // A number that nobody has says nothing of the network.
                    ModemError::Message(1 | 27 | 28) => {}
                    // It is gone, or gone again since it was looked at.
                    ModemError::Message(331 | 332) | ModemError::Equipment(30 | 31) => {
                        self.look_at = Some(now);
                    }
                    _ => self.refusals += 1,
                }
                if sending.order.ring {
                    self.plan.push_front(Command::Dial(sending.order.to.clone()));
                    sending.left.clear();
                    sending.refused = Some(error);
                    self.sending = Some(sending);
                } else {
                    self.fail(sending.order.id, format!("the message was not taken: {error}"));
                }
            }
        }
    }

    pub(super) fn ring_ends(&self) -> Option<Steady> {
        self.sending.as_ref()?.rings_until
    }

    pub(super) fn dialled(&mut self, result: Result<(), ModemError>, now: Steady) {
        match (result, &mut self.sending) {
            (Ok(()), Some(sending)) => sending.rings_until = Some(now + RINGS),
            (Err(_), Some(_)) => self.not_taken("and no call went through either"),
            (_, None) => {}
        }
    }

    pub(super) fn hung_up(&mut self) {
        self.not_taken("their telephone rang instead");
    }

    fn not_taken(&mut self, instead: &str) {
        if let Some(sending) = self.sending.take() {
            let error = sending.refused.unwrap_or(ModemError::Plain);
            self.fail(
                sending.order.id,
                format!("the message was not taken: {error}; {instead}"),
            );
        }
    }

    /// What became of a part.
    pub(super) fn reported(&mut self, report: &StatusReport) {
        if let Some(sending) = &mut self.sending
            && sending.references.contains(&report.reference)
        {
            sending.early.push(report.clone());
            return;
        }
        let is_of = |unproved: &&mut Unproved| {
            unproved.references.contains(&report.reference) && number::is_same(&unproved.to, &report.to)
        };
        // A reference comes again after 256 messages: the newest is meant.
        let Some(unproved) = self.unproved.iter_mut().rev().find(is_of) else {
            return;
        };
        let id = unproved.id;
        match report.fate {
            Fate::Delivered => {
                unproved
                    .references
                    .retain(|reference| *reference != report.reference);
                if unproved.references.is_empty() {
                    self.effects.push(Effect::Proved(id, report.at));
                    self.unproved.retain(|unproved| unproved.id != id);
                }
            }
            Fate::Failed(_) => {
                let why = format!("the network did not deliver it: {}", report.fate.why());
                self.effects.push(Effect::Undelivered(id, why));
                self.unproved.retain(|unproved| unproved.id != id);
            }
            Fate::Unconfirmed(_) | Fate::Trying(_) => {}
        }
    }
}

#[cfg(test)]
impl Machine {
    /// What the message to itself says.
    pub(super) fn proof_text(&self) -> String {
        self.proof.text()
    }
}
