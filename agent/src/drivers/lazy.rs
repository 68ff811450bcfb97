//! A device that is opened when it is first asked, and anew after any fault. What went wrong last is remembered: for the person who
//! asks what to try, and for the log, which tells a trouble once and its end once.

use std::fmt::Display;

use plenum_protocol::Fault;

use crate::driver::Problem;

/// A device of type `D` and the way to open it.
pub(crate) struct Lazy<D> {
    sensor: String,
    open: Box<dyn FnMut() -> Result<D, Problem> + Send>,
    device: Option<D>,
    closes_when_idle: bool,
    trouble: Option<Problem>,
}

impl<D> Lazy<D> {
    /// Opens nothing yet. `sensor` is its name in the log.
    pub(crate) fn new(
        sensor: &dyn Display,
        open: impl FnMut() -> Result<D, Problem> + Send + 'static,
    ) -> Self {
        Self {
            sensor: sensor.to_string(),
            open: Box::new(open),
            device: None,
            closes_when_idle: false,
            trouble: None,
        }
    }

    /// The other end closes a connection that was idle for a while, which is not a fault: an open device that is gone is opened once more
    /// before that counts.
    pub(crate) fn closing_when_idle(mut self) -> Self {
        self.closes_when_idle = true;
        self
    }

    /// Asks the device, opened first if it is not open.
    ///
    /// # Errors
    /// It could not be opened, or `question` failed; whatever fails, the next question opens it afresh, so that a device which was
    /// unplugged and comes back is found and set up again.
    pub(crate) fn ask<T>(
        &mut self,
        mut question: impl FnMut(&mut D) -> Result<T, Problem>,
    ) -> Result<T, Fault> {
        let was_open = self.device.is_some();
        let mut answer = self.ask_once(&mut question);
        let gone = |problem: &Problem| problem.fault == Fault::NotPresent;
        if was_open && self.closes_when_idle && answer.as_ref().err().is_some_and(gone) {
            answer = self.ask_once(&mut question);
        }
        match answer {
            Ok(answer) => {
                self.recovered();
                Ok(answer)
            }
            Err(problem) => {
                let fault = problem.fault;
                self.failed(problem);
                Err(fault)
            }
        }
    }

    /// What a person can try after `fault`: in the words of the last trouble, or the fault's general ones.
    pub(crate) fn advice(&self, fault: Fault) -> String {
        Problem::advise(self.trouble.as_ref(), fault)
    }

    /// Whether the last question was answered.
    pub(crate) fn is_well(&self) -> bool {
        self.trouble.is_none()
    }

    fn ask_once<T>(&mut self, question: impl FnOnce(&mut D) -> Result<T, Problem>) -> Result<T, Problem> {
        let mut device = match self.device.take() {
            Some(device) => device,
            None => (self.open)()?,
        };
        let answer = question(&mut device)?;
        self.device = Some(device);
        Ok(answer)
    }

    fn failed(&mut self, problem: Problem) {
        if self.trouble.is_none() {
            let advice = Problem::advise(Some(&problem), problem.fault);
            tracing::warn!(sensor = self.sensor, fault = %problem.fault, advice, "the sensor cannot be read");
        }
        self.trouble = Some(problem);
    }

    fn recovered(&mut self) {
        if self.trouble.take().is_some() {
            tracing::info!(sensor = self.sensor, "the sensor is read again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A device that counts its openings, and the counter.
    fn device(fails_at: u32) -> (Lazy<u32>, Arc<AtomicU32>) {
        let openings = Arc::new(AtomicU32::new(0));
        let counter = openings.clone();
        let open = move || match counter.fetch_add(1, Ordering::Relaxed) + 1 {
            opening if opening == fails_at => Err(Problem::new(Fault::NotPresent, "plug it in")),
            opening => Ok(opening),
        };
        (Lazy::new(&"inlet", open), openings)
    }

    fn fine(device: &mut u32) -> Result<u32, Problem> {
        Ok(*device)
    }

    #[test]
    fn it_is_opened_when_asked_and_stays_open_while_it_answers() {
        let (mut lazy, openings) = device(0);
        assert_eq!(openings.load(Ordering::Relaxed), 0);
        assert_eq!(lazy.ask(fine), Ok(1));
        assert_eq!(lazy.ask(fine), Ok(1));
    }

    #[test]
    fn after_any_fault_it_is_opened_anew_and_the_trouble_is_remembered_until_it_is_over() {
        let (mut lazy, _) = device(2);
        assert_eq!(lazy.ask(fine), Ok(1));
        assert_eq!(
            lazy.ask(|_| Err::<(), _>(Fault::Corrupt.into())),
            Err(Fault::Corrupt)
        );
        assert!(!lazy.is_well());
        assert_eq!(lazy.advice(Fault::Corrupt), Fault::Corrupt.explanation());
        assert_eq!(lazy.ask(fine), Err(Fault::NotPresent));
        assert_eq!(lazy.advice(Fault::NotPresent), "plug it in");
        assert_eq!(lazy.advice(Fault::Timeout), Fault::Timeout.explanation());
        assert_eq!(lazy.ask(fine), Ok(3));
        assert!(lazy.is_well());
    }

    #[test]
    fn one_that_was_closed_while_idle_is_opened_once_more_and_no_fault() {
        let gone_if_first = |device: &mut u32| match *device {
            1 => Err(Problem::from(Fault::NotPresent)),
            opening => Ok(opening),
        };
        let (lazy, _) = device(0);
        let mut lazy = lazy.closing_when_idle();
        assert_eq!(lazy.ask(fine), Ok(1));
        assert_eq!(lazy.ask(gone_if_first), Ok(2));
        let (mut other, _) = device(0);
        assert_eq!(other.ask(fine), Ok(1));
        assert_eq!(other.ask(gone_if_first), Err(Fault::NotPresent));
    }

    #[test]
    fn a_panic_leaves_nothing_half_asked() {
        let (mut lazy, _) = device(0);
        assert_eq!(lazy.ask(fine), Ok(1));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            lazy.ask(|_| -> Result<(), Problem> { panic!("a driver's mistake") })
        }));
        assert!(panicked.is_err());
        assert_eq!(lazy.ask(fine), Ok(2));
    }
}
