//! Why there is no connection, and why a message was not taken.

use plenum_protocol::Duration;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, DisconnectReasonCode};
use rumqttc::v5::{ConnectionError as ClientError, StateError};

use super::options::MqttOptions;
use crate::tls;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// The broker answered and said no.
    #[error("broker {broker} refused the connection: {reason}")]
    Refused {
        /// `host:port`.
        broker: String,
        /// In words.
        reason: String,
    },
    /// No answer at all.
    #[error("cannot reach broker {broker}: {cause}")]
    Unreachable {
        /// `host:port`.
        broker: String,
        /// In words.
        cause: String,
    },
    /// It was there and is gone.
    #[error("lost the connection to broker {broker}: {cause}")]
    Lost {
        /// `host:port`.
        broker: String,
        /// In words.
        cause: String,
    },
    /// It was there and answers nothing any more, as when its host is gone without a word.
    #[error("lost the connection to broker {broker}: no answer to the keep-alive")]
    Silent {
        /// `host:port`.
        broker: String,
        /// For so long at the least: it was asked then.
        silent_for: Duration,
    },
    /// This process is stopping.
    #[error("the connection was closed because this process is stopping")]
    Stopped,
}

/// Why a message was not taken. None of these is final: whoever keeps the message sends it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// There is no connection.
    #[error("cannot publish on {topic}: not connected to a broker")]
    Disconnected {
        /// Where it was to go.
        topic: String,
    },
    /// As many messages wait as may wait.
    #[error("cannot publish on {topic}: too many messages wait for the broker")]
    Full {
        /// Where it was to go.
        topic: String,
    },
    /// Larger than we or the broker allow.
    #[error("cannot publish on {topic}: {size} bytes are more than the {limit} allowed in a packet")]
    TooLarge {
        /// Where it was to go.
        topic: String,
        /// About its size as a packet.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// No topic to publish on.
    #[error("cannot publish on `{topic}`: a topic is not empty and holds no wildcard")]
    Topic {
        /// Where it was to go.
        topic: String,
    },
    /// The broker within did not take it.
    #[error("cannot publish on {topic}: {cause}")]
    Broker {
        /// Where it was to go.
        topic: String,
        /// In words.
        cause: String,
    },
}

impl ConnectionError {
    /// Whether the broker itself said no: then trying again soon does not help.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// For how long nothing was heard already when it was noticed.
    pub fn silent_for(&self) -> Duration {
        match self {
            Self::Silent { silent_for, .. } => *silent_for,
            _ => Duration::ZERO,
        }
    }

    /// In our words what the client met.
    pub(crate) fn from_client(error: &ClientError, options: &MqttOptions, was_connected: bool) -> Self {
        let broker = format!("{}:{}", super::address::bracketed(&options.host), options.port);
        match error {
            ClientError::ConnectionRefused(code)
            | ClientError::MqttState(StateError::ConnFail { reason: code }) => Self::Refused {
                broker,
                reason: refusal(*code, options),
            },
            ClientError::MqttState(StateError::ServerDisconnect {
                reason_code,
                reason_string,
            }) => {
                let mut cause = goodbye(*reason_code, options);
                if let Some(text) = reason_string {
                    cause = format!("{cause} ({text})");
                }
                Self::Lost { broker, cause }
            }
            ClientError::MqttState(StateError::AwaitPingResp) => Self::Silent {
                broker,
                silent_for: options.keep_alive,
            },
            other => {
                let (cause, refused) = cause(other);
                if refused {
                    Self::Refused {
                        broker,
                        reason: cause,
                    }
                } else if was_connected {
                    Self::Lost { broker, cause }
                } else {
                    Self::Unreachable { broker, cause }
                }
            }
        }
    }
}

fn refusal(code: ConnectReturnCode, options: &MqttOptions) -> String {
    use ConnectReturnCode as Code;
    match code {
        Code::BadUserNamePassword | Code::NotAuthorized => match &options.user {
            None if shows_certificate(options) => {
                "this host's certificate is not in force there any more, or is another agent's".to_owned()
            }
            Some(user) => format!("wrong password for user `{user}`, or this user may not connect"),
            None => "it wants a user name and a password".to_owned(),
        },
        Code::BadClientId | Code::ClientIdentifierNotValid => {
            format!("it does not accept the client id `{}`", options.client_id)
        }
        Code::RefusedProtocolVersion | Code::UnsupportedProtocolVersion => {
            "it does not speak MQTT 5".to_owned()
        }
        Code::Banned => format!("client `{}` is banned", options.client_id),
        Code::ServerUnavailable
        | Code::ServiceUnavailable
        | Code::ServerBusy
        | Code::ConnectionRateExceeded => "it is too busy now".to_owned(),
        Code::PacketTooLarge => "the last will is too large for it".to_owned(),
        other => format!("{other:?}"),
    }
}

fn shows_certificate(options: &MqttOptions) -> bool {
    options.tls.as_ref().is_some_and(|tls| tls.identity().is_some())
}

fn goodbye(code: DisconnectReasonCode, options: &MqttOptions) -> String {
    use DisconnectReasonCode as Code;
    match code {
        Code::SessionTakenOver => {
            format!(
                "another client connected with the same client id `{}`",
                options.client_id
            )
        }
        Code::ServerShuttingDown => "the broker is shutting down".to_owned(),
        Code::PacketTooLarge => "a packet was larger than the broker allows".to_owned(),
        Code::QuotaExceeded | Code::ReceiveMaximumExceeded | Code::MessageRateTooHigh => {
            "the broker takes no more at the moment".to_owned()
        }
        Code::NotAuthorized => "something was done that this client may not do".to_owned(),
        other => format!("the broker closed it: {other:?}"),
    }
}

/// What happened, and whether the broker itself said no.
fn cause(error: &ClientError) -> (String, bool) {
    let of_tls = match error {
        // It does not name this one as its cause.
        ClientError::MqttState(StateError::Deserialization(error)) => tls::said(error),
        other => tls::said(other),
    };
    if let Some(said) = of_tls {
        return (said.why, said.refused);
    }
    let why = match error {
        ClientError::Timeout(_) => "no answer in time".to_owned(),
        ClientError::Io(error) | ClientError::MqttState(StateError::Io(error)) => error.to_string(),
        ClientError::MqttState(StateError::ConnectionAborted) => "the other end closed it".to_owned(),
        ClientError::MqttState(StateError::CollisionTimeout) => {
            "the broker did not acknowledge a message in time".to_owned()
        }
        other => other.to_string(),
    };
    (why, false)
}
