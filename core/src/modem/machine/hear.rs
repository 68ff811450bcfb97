//! What a modem says: answers, and what it says unasked.

use plenum_protocol::Steady;

use super::{Command, Effect, Machine, OVER_THE_AIR};
use crate::modem::line::Token;
use crate::modem::pdu::{self, Received};
use crate::modem::trouble::ModemError;

/// A SIM holds some 50 messages, a modem up to 255.
const LONGEST_PLAN: usize = 300;

/// What the next line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A PDU that is not stored.
    Pdu,
    /// One that is, at this index.
    Stored(u16),
    /// One that was never received: of no interest.
    Own,
}

impl Machine {
    pub(super) fn hear(&mut self, token: Token, now: Steady) {
        match token {
            Token::Prompt => self.prompted(now),
            Token::Line(line) => self.line(&line, now),
        }
    }

    fn prompted(&mut self, now: Steady) {
        if let Some(running) = &mut self.running
            && let Command::Submit(_, pdu) = &running.command
            && !running.has_data
        {
            self.effects
                .push(Effect::Write([pdu.as_bytes(), b"\x1A"].concat()));
            running.has_data = true;
            running.until = now + OVER_THE_AIR;
        }
    }

    fn line(&mut self, line: &str, now: Steady) {
        if let Some(expected) = self.expected.take()
            && line.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            return self.pdu(line, expected, now);
        }
        if line == "OK" {
            return self.finish(Ok(()), now);
        }
        if let Some(error) = ModemError::of(line) {
            // Of a call that somebody else began and ended, nothing was asked.
            if error != ModemError::Call || self.is_dialling() {
                self.finish(Err(error), now);
            }
            return;
        }
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        self.value(name, value.trim(), now);
    }

    fn is_asked(&self, command: &Command) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| running.command == *command)
    }

    fn is_dialling(&self) -> bool {
        let running = self.running.as_ref().map(|running| &running.command);
        matches!(running, Some(Command::Dial(_)))
    }

    fn finish(&mut self, result: Result<(), ModemError>, now: Steady) {
        if let Some(running) = self.running.take() {
            self.ended(running.command, result, now);
        }
    }

    fn value(&mut self, name: &str, value: &str, now: Steady) {
        let fields: Vec<&str> = value
            .split(',')
            .map(|field| field.trim().trim_matches('"'))
            .collect();
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u16>().ok());
        match name {
            "+CPIN" => self.sim(value, now),
            "+CSQ" => {
                self.health.signal = number(0)
                    .filter(|signal| *signal <= 31)
                    .map(|signal| signal as u8)
            }
            // An answer has its mode before the state; what is said unasked has not.
            "+CREG" | "+CEREG" => {
                let asked = self.running.as_ref().map(|running| &running.command);
                let is_answer =
                    matches!(asked, Some(Command::Network | Command::NetworkLte)) && fields.len() > 1;
                let state = number(usize::from(is_answer));
                let registered = state.is_some_and(|state| matches!(state, 1 | 5 | 6 | 7));
                self.network(name == "+CREG", registered);
            }
            "+COPS" => self.health.operator = fields.get(2).map(|operator| (*operator).to_owned()),
            // Used, and how many there may be; where it is set it says that without the memory's name.
            "+CPMS"
                if self.is_asked(&Command::Memory) && number(1) >= number(2).map(|total| total.max(1)) =>
            {
                self.plan_once(Command::DeleteOld);
            }
            "+CMTI" | "+CDSI" => self.plan_once(Command::List),
            "+CMT" | "+CDS" => self.expected = Some(Expected::Pdu),
            "+CMGL" => {
                let is_received = number(1).is_some_and(|state| state < 2);
                let index = number(0).filter(|_| is_received);
                self.expected = Some(index.map_or(Expected::Own, Expected::Stored));
            }
            "+CMGS" => self.referenced(number(0).unwrap_or_default() as u8),
            "+CUSD" => self.effects.extend(amount(value).map(Effect::Credit)),
            _ => {}
        }
    }

    /// Babble must not make work without end.
    fn plan_once(&mut self, command: Command) {
        if self.plan.len() < LONGEST_PLAN && !self.plan.contains(&command) {
            self.plan.push_back(command);
        }
    }

    /// Before a list that waits, which would have it again.
    fn delete(&mut self, index: u16) {
        let delete = Command::Delete(index);
        if self.plan.len() < LONGEST_PLAN && !self.plan.contains(&delete) {
            self.plan.push_front(delete);
        }
    }

    /// Of two networks one is enough. LTE is asked first, and the other has the last word where that says no.
    fn network(&mut self, is_last: bool, registered: bool) {
        self.lte |= registered && !is_last;
        if is_last {
            self.health.has_network = registered || std::mem::take(&mut self.lte);
        } else if registered {
            self.health.has_network = true;
        }
    }

    fn pdu(&mut self, line: &str, expected: Expected, now: Steady) {
        if expected == Expected::Own {
            return;
        }
        if let Expected::Stored(index) = expected {
            // What cannot be read is deleted too: it would fill the memory.
            self.delete(index);
            if !self.stored.is_new(index, line) {
                return;
            }
        }
        match pdu::read(line) {
            Ok(Received::Deliver(message)) => {
                let text = match &message.part {
                    Some(part) => self.parts.take(&message.from, part, message.text, now),
                    None => Some(message.text),
                };
                if let Some(text) = text
                    && !self.is_own_proof(&text)
                {
                    let (from, at) = (message.from, message.at);
                    self.effects.push(Effect::Received { from, at, text });
                }
            }
            Ok(Received::Report(report)) => self.reported(&report),
            Err(_) => {}
        }
    }
}

/// The first amount of an operator's sentence: "Uw tegoed is EUR 12,34."
fn amount(sentence: &str) -> Option<f64> {
    let text = sentence.split('"').nth(1)?;
    let begin = text.find(|character: char| character.is_ascii_digit())?;
    let rest = &text[begin..];
    let end =
        rest.find(|character: char| !character.is_ascii_digit() && character != ',' && character != '.');
    let amount = rest[..end.unwrap_or(rest.len())]
        .trim_end_matches([',', '.'])
        .replace(',', ".");
    amount.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operators_sentence_has_an_amount() {
        let check =
            |sentence: &str, expected: Option<f64>| assert_eq!(amount(sentence), expected, "{sentence}");
        check("0,\"Uw tegoed is EUR 12,34.\",15", Some(12.34));
        check("0,\"Balance: 0.00 GBP\",15", Some(0.0));
        check("0,\"Guthaben 5 Euro\",15", Some(5.0));
        check("2", None);
        check("0,\"Try later\",15", None);
    }
}
