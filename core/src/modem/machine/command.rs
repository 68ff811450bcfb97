//! What is asked of a modem, and how long the answer may take.

use plenum_protocol::Duration;

use super::send::RINGS;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Is it there?
    Attention,
    /// It does not repeat what it is told.
    EchoOff,
    /// Errors by number.
    Numbers,
    /// Does the SIM want a PIN?
    AskPin,
    /// Gives it.
    GivePin,
    /// Messages as PDUs.
    PduMode,
    /// Texts of the operator in the default alphabet.
    Letters,
    /// Says when messages come and what became of those that went.
    Notices,
    /// Is a network there?
    Network,
    /// The same of LTE, which some modems tell apart.
    NetworkLte,
    /// How strong it is.
    Signal,
    /// Whose it is.
    Operator,
    /// What comes is kept where it is listed: a modem may have two memories, and list the one while it fills the other.
    OneMemory,
    /// How full the memory is.
    Memory,
    /// All messages.
    List,
    /// Lets go of one.
    Delete(u16),
    /// Lets go of all that were read, sent or never sent.
    DeleteOld,
    /// Hands over a PDU of so many octets.
    Submit(usize, String),
    /// A code that the operator answers.
    Ask(String),
    /// Calls.
    Dial(String),
    /// Ends the call.
    HangUp,
}

/// What is said to a modem that was opened, up to its PIN.
pub(super) const GREETING: [Command; 4] = [
    Command::Attention,
    Command::EchoOff,
    Command::Numbers,
    Command::AskPin,
];
/// And behind it.
pub(super) const SETTINGS: [Command; 3] = [Command::PduMode, Command::Letters, Command::Notices];
/// What is looked at again and again.
pub(super) const LOOK: [Command; 3] = [Command::Signal, Command::NetworkLte, Command::Network];

impl Command {
    /// As it goes over the line, without its end.
    pub(super) fn text(&self, pin: &str) -> String {
        match self {
            Self::Attention => "AT".to_owned(),
            Self::EchoOff => "ATE0".to_owned(),
            Self::Numbers => "AT+CMEE=1".to_owned(),
            Self::AskPin => "AT+CPIN?".to_owned(),
            Self::GivePin => format!("AT+CPIN=\"{pin}\""),
            Self::PduMode => "AT+CMGF=0".to_owned(),
            Self::Letters => "AT+CSCS=\"GSM\"".to_owned(),
            Self::Notices => "AT+CNMI=2,1,0,1,0".to_owned(),
            Self::Network => "AT+CREG?".to_owned(),
            Self::NetworkLte => "AT+CEREG?".to_owned(),
            Self::Signal => "AT+CSQ".to_owned(),
            Self::Operator => "AT+COPS?".to_owned(),
            Self::OneMemory => "AT+CPMS=\"SM\",\"SM\",\"SM\"".to_owned(),
            Self::Memory => "AT+CPMS?".to_owned(),
            Self::List => "AT+CMGL=4".to_owned(),
            Self::Delete(index) => format!("AT+CMGD={index}"),
            Self::DeleteOld => "AT+CMGD=1,3".to_owned(),
            Self::Submit(length, _) => format!("AT+CMGS={length}"),
            Self::Ask(code) => format!("AT+CUSD=1,\"{code}\",15"),
            Self::Dial(number) => format!("ATD{number};"),
            Self::HangUp => "AT+CHUP".to_owned(),
        }
    }

    /// How long the answer may take.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_seconds(match self {
            Self::Attention => 2,
            Self::AskPin | Self::Signal | Self::Network | Self::NetworkLte => 5,
            Self::EchoOff | Self::Numbers | Self::PduMode | Self::Letters | Self::Notices => 5,
            Self::GivePin | Self::List | Self::DeleteOld => 20,
            // Some answer when it is answered: it rings all the while.
            Self::Dial(_) => return RINGS,
            Self::OneMemory
            | Self::Memory
            | Self::Delete(_)
            | Self::Ask(_)
            | Self::HangUp
            | Self::Operator => 10,
            // Until the prompt; then see `OVER_THE_AIR`.
            Self::Submit(..) => 5,
        })
    }
}

/// How long the network may take for a message.
pub(super) const OVER_THE_AIR: Duration = Duration::from_seconds(30);
