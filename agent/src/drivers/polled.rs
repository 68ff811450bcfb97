//! A sensor that is only polled: one question to its device gives all that it has, or the fault of all.

use plenum_protocol::{Duration, Fault, Quantity, Timestamp};

use super::lazy::Lazy;
use crate::driver::{Driver, Problem, Sample};

type Read<D> = Box<dyn FnMut(&mut D, Timestamp) -> Result<Vec<Sample>, Problem> + Send>;
type Words = Box<dyn Fn() -> Option<String> + Send>;
type Advice = Box<dyn Fn(Fault) -> Option<String> + Send>;

/// The driver of a device of type `D`.
pub(crate) struct Polled<D> {
    device: Lazy<D>,
    read: Read<D>,
    /// What it is known to have. It grows and never shrinks: what vanishes is a fault.
    quantities: Vec<Quantity>,
    /// What it is taken to have as long as it has answered nothing.
    taken_for: Vec<Quantity>,
    of_single_values: Advice,
    words: Words,
    begins_within: Duration,
}

impl<D: Send> Polled<D> {
    /// `quantities` are those that it always has; whatever else `read` gives is listed from then on, and is the fault `not-present`
    /// where an answer is without it.
    pub(crate) fn new(
        device: Lazy<D>,
        quantities: impl Into<Vec<Quantity>>,
        mut read: impl FnMut(&mut D) -> Result<Vec<Sample>, Problem> + Send + 'static,
    ) -> Self {
        Self::by_ticks(device, quantities, move |device, _| read(device))
    }

    /// As `new`, of a device that measures by itself: `read` is told the tick, to judge how old a measurement is.
    pub(crate) fn by_ticks(
        device: Lazy<D>,
        quantities: impl Into<Vec<Quantity>>,
        read: impl FnMut(&mut D, Timestamp) -> Result<Vec<Sample>, Problem> + Send + 'static,
    ) -> Self {
        Self {
            device,
            read: Box::new(read),
            quantities: quantities.into(),
            taken_for: Vec::new(),
            of_single_values: Box::new(|_| None),
            words: Box::new(|| None),
            begins_within: Duration::ZERO,
        }
    }

    /// Of a device that always has nothing for sure: what is a fault where its first question is not answered.
    pub(crate) fn taken_for(mut self, quantities: Vec<Quantity>) -> Self {
        self.taken_for = quantities;
        self
    }

    /// What to try where the device answers well and one of its values is a fault all the same.
    pub(crate) fn advising(mut self, advice: impl Fn(Fault) -> Option<String> + Send + 'static) -> Self {
        self.of_single_values = Box::new(advice);
        self
    }

    /// What the device says of itself, as of its last answer.
    pub(crate) fn saying(mut self, words: impl Fn() -> Option<String> + Send + 'static) -> Self {
        self.words = Box::new(words);
        self
    }

    /// Of a device that needs so long for its first reading after it was found; until then it gives the fault `timeout`.
    pub(crate) fn beginning_within(mut self, duration: Duration) -> Self {
        self.begins_within = duration;
        self
    }

    fn in_order(&mut self, samples: Vec<Sample>) -> Vec<Sample> {
        for (quantity, _) in &samples {
            if !self.quantities.contains(quantity) {
                self.quantities.push(*quantity);
            }
        }
        let given = |quantity: &Quantity| {
            let found = samples.iter().find(|(other, _)| other == quantity).copied();
            found.unwrap_or((*quantity, Err(Fault::NotPresent)))
        };
        self.quantities.iter().map(given).collect()
    }
}

impl<D: Send> Driver for Polled<D> {
    fn quantities(&self) -> Vec<Quantity> {
        self.quantities.clone()
    }

    fn read(&mut self, tick: Timestamp) -> Vec<Sample> {
        let read = &mut self.read;
        match self.device.ask(|device| read(device, tick)) {
            Ok(samples) => self.in_order(samples),
            Err(fault) => {
                if self.quantities.is_empty() {
                    self.quantities.clone_from(&self.taken_for);
                }
                let faulty = |quantity: &Quantity| (*quantity, Err(fault));
                self.quantities.iter().map(faulty).collect()
            }
        }
    }

    fn begins_within(&self) -> Duration {
        self.begins_within
    }

    fn words(&self) -> Option<String> {
        (self.words)()
    }

    fn advice(&self, fault: Fault) -> String {
        let own = self.device.is_well().then(|| (self.of_single_values)(fault));
        own.flatten().unwrap_or_else(|| self.device.advice(fault))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const NOW: Timestamp = Timestamp::from_milliseconds(0);

    #[test]
    fn what_is_once_seen_stays_listed_and_in_its_order() {
        let [status, load, heat] = [Quantity::UpsOnLine, Quantity::Load, Quantity::Temperature];
        let mut answers = VecDeque::from([
            Ok(vec![(load, Ok(0.5)), (status, Ok(1.0))]),
            Ok(vec![(heat, Ok(30.0)), (status, Ok(1.0))]),
            Err(Problem::from(Fault::Timeout)),
        ]);
        let device = Lazy::new(&"ups", || Ok(()));
        let mut sensor = Polled::new(device, [status], move |()| answers.pop_front().unwrap())
            .advising(|fault| (fault == Fault::NotPresent).then(|| "it has none".to_owned()));
        assert_eq!(sensor.read(NOW), [(status, Ok(1.0)), (load, Ok(0.5))]);
        let gone = Err(Fault::NotPresent);
        assert_eq!(
            sensor.read(NOW),
            [(status, Ok(1.0)), (load, gone), (heat, Ok(30.0))]
        );
        assert_eq!(sensor.advice(Fault::NotPresent), "it has none");
        let silent = Err(Fault::Timeout);
        assert_eq!(
            sensor.read(NOW),
            [(status, silent), (load, silent), (heat, silent)]
        );
        assert_eq!(sensor.advice(Fault::NotPresent), Fault::NotPresent.explanation());
    }
}
