//! Who has the alarm that a message is about, had it, or gave it back.

use plenum_protocol::Timestamp;

use super::{Facts, Next, say};
use crate::alarms::{Acknowledgement, GivenBack, State};
use crate::authority::Actor;
use crate::oncall::Reason;
use crate::text::catalogue::Phrase;
use crate::text::foreign;
use crate::text::form::Form;

impl Facts {
    /// Who has it now, of an alarm that stands.
    pub(super) fn holder(&self) -> Option<&Acknowledgement> {
        let stands = self.stands.as_ref().filter(|_| !self.is_return())?;
        stands.acknowledged.as_ref().filter(|_| stands.state.is_active())
    }

    /// Who had it and gave it back, of an alarm that stands and that nobody has since.
    pub(super) fn given_back(&self) -> Option<&GivenBack> {
        let stands = self.stands.as_ref().unwrap_or(&self.alarm);
        let is_free = stands.state == State::ActiveUnacknowledged && !self.is_return();
        stands.given_back.as_ref().filter(|_| is_free)
    }

    /// That somebody gave it back, or had it until now, with the instants as `at` has them and names of so many letters.
    pub(super) fn gave_back(
        &self,
        form: &Form,
        letters: usize,
        at: impl Fn(Timestamp) -> String,
    ) -> Option<String> {
        let back = self.given_back()?;
        let who = |by: &Actor| foreign::cut(&form.who(by), letters);
        let at = &at(back.at);
        Some(match back.by {
            Actor::Monitor => {
                let who = &who(&back.had);
                say(form, Phrase::HadUntil { who, until: at })
            }
            _ => {
                let who = &who(&back.by);
                say(form, Phrase::GaveBack { who, at })
            }
        })
    }

    /// That somebody passed it on to whom it is told now, as [`gave_back`](Self::gave_back). What was raised since is not what they passed on.
    pub(super) fn passed_on(
        &self,
        form: &Form,
        letters: usize,
        at: impl Fn(Timestamp) -> String,
    ) -> Option<String> {
        let raised = self.chattering().map_or(self.alarm.raised_at, |run| run.since);
        let passed_on = self.passed_on.as_ref().filter(|(_, at)| raised <= *at);
        let (by, passed) = passed_on.filter(|_| self.can_be_taken())?;
        let (who, at) = (&foreign::cut(&form.who(by), letters), &at(*passed));
        Some(say(form, Phrase::PassedOn { who, at }))
    }

    /// The same of both where there is little room: whoever passed it on may have had it until then.
    pub(super) fn let_go(&self, form: &Form) -> Option<String> {
        let at = |at| form.minute(at);
        self.passed_on(form, 30, at)
            .or_else(|| self.gave_back(form, 30, at))
    }

    /// Whether it can be taken, and somebody is called after this reader who cannot.
    pub fn is_anybody_next(&self) -> bool {
        self.can_be_taken() && matches!(self.next, Next::People { .. })
    }

    /// Who had it, of an alarm that is over or that nobody has any more.
    pub(super) fn took(&self) -> Option<&Acknowledgement> {
        let now = self
            .stands
            .as_ref()
            .and_then(|stands| stands.acknowledged.as_ref());
        let then = self.alarm.acknowledged.as_ref();
        let took = now.or(then.filter(|_| self.reason == Reason::Taken));
        took.filter(|_| self.holder().is_none() && !self.is_return())
    }
}
