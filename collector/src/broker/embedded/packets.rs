//! The packets of MQTT 3.1, 3.1.1 and 5 in one form: what a client says and what it is told.

use std::num::{NonZeroU16, NonZeroU32};

use bytes::BytesMut;
use plenum_link::Bytes;
use rmqtt_codec::error::{DecodeError, EncodeError};
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v3::SubscribeReturnCode;
use rmqtt_codec::v5::{
    ConnectAckReason, Disconnect, DisconnectReasonCode, PublishAck, PublishAck2, PublishAck2Reason,
    PublishAckReason, PublishProperties, RetainHandling, SubscribeAck, SubscribeAckReason, UnsubscribeAck,
    UnsubscribeAckReason,
};
use rmqtt_codec::version::ProtocolVersion;
use rmqtt_codec::{v3, v5};
use tokio_util::codec::{Decoder, Encoder};

use crate::broker::{MAX_PACKET, Message};

/// What a client says when it comes.
#[derive(Debug)]
pub(super) struct Connect {
    pub(super) client_id: String,
    pub(super) user: Option<String>,
    pub(super) password: Option<Bytes>,
    /// Seconds.
    pub(super) keep_alive: u16,
    pub(super) clean: bool,
    pub(super) will: Option<Will>,
    /// Packets to it that may be without its acknowledgement.
    pub(super) receive_maximum: u16,
    /// The largest packet that it takes; none without a bound.
    pub(super) largest: Option<u32>,
    /// It wants reasons in words.
    pub(super) wants_reasons: bool,
    /// It asks for a way of logging in that is not ours.
    pub(super) other_login: bool,
}

/// What is said for a client that goes without a word.
#[derive(Debug)]
pub(super) struct Will {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) content_type: Option<String>,
    pub(super) user_properties: Vec<(String, String)>,
}

/// What a client says.
#[derive(Debug)]
pub(super) enum Said {
    Connect(Box<Connect>),
    Publish(Box<Publish>),
    /// The third of the four packets of QoS 2.
    Release(NonZeroU16),
    /// It has what it was told under this number.
    Acknowledged(NonZeroU16),
    Subscribe(NonZeroU16, Vec<Filter>),
    Unsubscribe(NonZeroU16, Vec<String>),
    Ping,
    /// It goes; its will is said all the same if it asks for that.
    Disconnect {
        with_will: bool,
    },
    /// Something that a client has no reason to say.
    Nonsense,
}

/// One subscription.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) topic: String,
    pub(super) at_least_once: bool,
    /// It wants what is kept.
    pub(super) wants_kept: bool,
    /// It wants to know whether it was published to be kept.
    pub(super) retain_as_published: bool,
}

/// What a client is told in answer.
#[derive(Debug)]
pub(super) enum Answer {
    Connected {
        assigned: Option<String>,
        keep_alive: Option<u16>,
    },
    NotConnected(ConnectAckReason, String),
    /// The answer to a publication of QoS 1.
    Published(NonZeroU16, PublishAckReason, Option<String>),
    /// The first answer to one of QoS 2.
    Received(NonZeroU16, PublishAckReason, Option<String>),
    /// The last answer to one of QoS 2.
    Completed(NonZeroU16, bool),
    Subscribed(NonZeroU16, Vec<SubscribeAckReason>),
    Unsubscribed(NonZeroU16, Vec<UnsubscribeAckReason>),
    Pong,
    Goodbye(DisconnectReasonCode, String),
}

/// The codec of a connection's version.
#[derive(Debug)]
pub(super) enum Codec {
    Three(v3::Codec),
    Five(v5::Codec),
}

impl Codec {
    pub(super) fn new(version: ProtocolVersion) -> Self {
        match version {
            ProtocolVersion::MQTT3 => Self::Three(v3::Codec::new(MAX_PACKET)),
            ProtocolVersion::MQTT5 => Self::Five(v5::Codec::new(MAX_PACKET, 0)),
        }
    }

    /// Another for what goes the other way: `largest` is what the client takes.
    pub(super) fn outward(&self, largest: Option<u32>) -> Self {
        match self {
            Self::Three(_) => Self::new(ProtocolVersion::MQTT3),
            Self::Five(_) => {
                let mut codec = v5::Codec::new(MAX_PACKET, 0);
                codec.set_max_outbound_size(largest.unwrap_or(0));
                Self::Five(codec)
            }
        }
    }

    /// Whether a refusal can be said. MQTT 3 has none: there, closing the connection is the only way to say no.
    pub(super) fn can_refuse(&self) -> bool {
        matches!(self, Self::Five(_))
    }

    /// The packet that `buffer` begins with; it must be there as a whole.
    pub(super) fn read(&mut self, buffer: &mut BytesMut) -> Result<Said, DecodeError> {
        let said = match self {
            Self::Three(codec) => codec.decode(buffer)?.map(|(packet, _)| said_in_3(packet)),
            Self::Five(codec) => codec.decode(buffer)?.map(|(packet, _)| said_in_5(packet)),
        };
        said.ok_or(DecodeError::InvalidLength)
    }

    /// Adds an answer to what is written. Some have no form in MQTT 3.
    pub(super) fn write(&mut self, answer: Answer, bytes: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::Three(codec) => match told_in_3(answer) {
                Some(packet) => codec.encode(packet, bytes),
                None => Ok(()),
            },
            Self::Five(codec) => codec.encode(told_in_5(answer), bytes),
        }
    }

    /// Adds a message to what is written; `number` for at least once, none for at most once.
    pub(super) fn write_message(
        &mut self,
        message: &Message,
        retain: bool,
        number: Option<NonZeroU16>,
        bytes: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let properties = PublishProperties {
            message_expiry_interval: message.expiry_seconds.and_then(NonZeroU32::new),
            content_type: message.content_type.as_deref().map(Into::into),
            user_properties: message
                .user_properties
                .iter()
                .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
                .collect(),
            ..PublishProperties::default()
        };
        let publish = Box::new(Publish {
            dup: false,
            retain,
            qos: number.map_or(QoS::AtMostOnce, |_| QoS::AtLeastOnce),
            topic: message.topic.as_str().into(),
            packet_id: number,
            payload: message.payload.clone(),
            properties: self.can_refuse().then_some(properties),
        });
        match self {
            Self::Three(codec) => codec.encode(v3::Packet::Publish(publish), bytes),
            Self::Five(codec) => codec.encode(v5::Packet::Publish(publish), bytes),
        }
    }
}

fn said_in_3(packet: v3::Packet) -> Said {
    match packet {
        v3::Packet::Connect(connect) => Said::Connect(Box::new(Connect {
            client_id: connect.client_id.to_string(),
            user: connect.username.map(|user| user.to_string()),
            password: connect.password,
            keep_alive: connect.keep_alive,
            clean: connect.clean_session,
            will: connect.last_will.map(|will| Will {
                topic: will.topic.to_string(),
                payload: will.message,
                content_type: None,
                user_properties: Vec::new(),
            }),
            receive_maximum: u16::MAX,
            largest: None,
            wants_reasons: false,
            other_login: false,
        })),
        v3::Packet::Publish(publish) => Said::Publish(publish),
        v3::Packet::PublishRelease { packet_id } => Said::Release(packet_id),
        v3::Packet::PublishAck { packet_id } => Said::Acknowledged(packet_id),
        v3::Packet::Subscribe {
            packet_id,
            topic_filters,
        } => {
            let filter = |(topic, qos): (_, QoS)| Filter {
                topic: ToString::to_string(&topic as &dyn std::fmt::Display),
                at_least_once: qos != QoS::AtMostOnce,
                wants_kept: true,
                retain_as_published: false,
            };
            Said::Subscribe(packet_id, topic_filters.into_iter().map(filter).collect())
        }
        v3::Packet::Unsubscribe {
            packet_id,
            topic_filters,
        } => Said::Unsubscribe(packet_id, topic_filters.iter().map(ToString::to_string).collect()),
        v3::Packet::PingRequest => Said::Ping,
        v3::Packet::Disconnect => Said::Disconnect { with_will: false },
        _ => Said::Nonsense,
    }
}

fn said_in_5(packet: v5::Packet) -> Said {
    match packet {
        v5::Packet::Connect(connect) => Said::Connect(Box::new(Connect {
            client_id: connect.client_id.to_string(),
            user: connect.username.map(|user| user.to_string()),
            password: connect.password,
            keep_alive: connect.keep_alive,
            clean: connect.clean_start,
            will: connect.last_will.map(|will| Will {
                topic: will.topic.to_string(),
                payload: will.message,
                content_type: will.content_type.map(|text| text.to_string()),
                user_properties: texts(&will.user_properties),
            }),
            receive_maximum: connect.receive_max.map_or(u16::MAX, NonZeroU16::get),
            largest: connect.max_packet_size.map(NonZeroU32::get),
            wants_reasons: connect.request_problem_info,
            other_login: connect.auth_method.is_some(),
        })),
        v5::Packet::Publish(publish) => Said::Publish(publish),
        v5::Packet::PublishRelease(release) => Said::Release(release.packet_id),
        v5::Packet::PublishAck(ack) => Said::Acknowledged(ack.packet_id),
        v5::Packet::Subscribe(subscribe) => {
            let filter = |(topic, options): (_, v5::SubscriptionOptions)| Filter {
                topic: ToString::to_string(&topic as &dyn std::fmt::Display),
                at_least_once: options.qos != QoS::AtMostOnce,
                wants_kept: options.retain_handling != RetainHandling::NoAtSubscribe,
                retain_as_published: options.retain_as_published,
            };
            Said::Subscribe(
                subscribe.packet_id,
                subscribe.topic_filters.into_iter().map(filter).collect(),
            )
        }
        v5::Packet::Unsubscribe(unsubscribe) => Said::Unsubscribe(
            unsubscribe.packet_id,
            unsubscribe
                .topic_filters
                .iter()
                .map(ToString::to_string)
                .collect(),
        ),
        v5::Packet::PingRequest => Said::Ping,
        v5::Packet::Disconnect(disconnect) => Said::Disconnect {
            with_will: disconnect.reason_code != DisconnectReasonCode::NormalDisconnection,
        },
        _ => Said::Nonsense,
    }
}

fn told_in_3(answer: Answer) -> Option<v3::Packet> {
    Some(match answer {
        Answer::Connected { .. } => v3::Packet::ConnectAck(v3::ConnectAck {
            return_code: v3::ConnectAckReason::ConnectionAccepted,
            session_present: false,
        }),
        Answer::NotConnected(reason, _) => v3::Packet::ConnectAck(v3::ConnectAck {
            return_code: match reason {
                ConnectAckReason::BadUserNameOrPassword => v3::ConnectAckReason::BadUserNameOrPassword,
                ConnectAckReason::NotAuthorized => v3::ConnectAckReason::NotAuthorized,
                ConnectAckReason::ClientIdentifierNotValid => v3::ConnectAckReason::IdentifierRejected,
                _ => v3::ConnectAckReason::ServiceUnavailable,
            },
            session_present: false,
        }),
        Answer::Published(packet_id, PublishAckReason::Success, _) => v3::Packet::PublishAck { packet_id },
        Answer::Received(packet_id, PublishAckReason::Success, _) => {
            v3::Packet::PublishReceived { packet_id }
        }
        // The connection is closed instead.
        Answer::Published(..) | Answer::Received(..) | Answer::Goodbye(..) => return None,
        Answer::Completed(packet_id, _) => v3::Packet::PublishComplete { packet_id },
        Answer::Subscribed(packet_id, reasons) => v3::Packet::SubscribeAck {
            packet_id,
            status: reasons
                .into_iter()
                .map(|reason| match reason {
                    SubscribeAckReason::GrantedQos0 => SubscribeReturnCode::Success(QoS::AtMostOnce),
                    SubscribeAckReason::GrantedQos1 => SubscribeReturnCode::Success(QoS::AtLeastOnce),
                    _ => SubscribeReturnCode::Failure,
                })
                .collect(),
        },
        Answer::Unsubscribed(packet_id, _) => v3::Packet::UnsubscribeAck { packet_id },
        Answer::Pong => v3::Packet::PingResponse,
    })
}

fn told_in_5(answer: Answer) -> v5::Packet {
    let ack = |packet_id, reason_code, why: Option<String>| PublishAck {
        packet_id,
        reason_code,
        properties: Vec::new(),
        reason_string: why.map(Into::into),
    };
    match answer {
        Answer::Connected { assigned, keep_alive } => v5::Packet::ConnectAck(Box::new(v5::ConnectAck {
            assigned_client_id: assigned.map(Into::into),
            server_keepalive_sec: keep_alive,
            // Sessions are for nobody: both ends keep what they need themselves.
            session_expiry_interval_secs: Some(0),
            receive_max: super::IN_FLIGHT,
            max_packet_size: Some(MAX_PACKET),
            wildcard_subscription_available: false,
            shared_subscription_available: false,
            subscription_identifiers_available: false,
            ..v5::ConnectAck::default()
        })),
        Answer::NotConnected(reason_code, why) => v5::Packet::ConnectAck(Box::new(v5::ConnectAck {
            reason_code,
            reason_string: (!why.is_empty()).then(|| why.into()),
            ..v5::ConnectAck::default()
        })),
        Answer::Published(number, reason, why) => v5::Packet::PublishAck(ack(number, reason, why)),
        Answer::Received(number, reason, why) => v5::Packet::PublishReceived(ack(number, reason, why)),
        Answer::Completed(packet_id, known) => v5::Packet::PublishComplete(PublishAck2 {
            packet_id,
            reason_code: match known {
                true => PublishAck2Reason::Success,
                false => PublishAck2Reason::PacketIdNotFound,
            },
            properties: Vec::new(),
            reason_string: None,
        }),
        Answer::Subscribed(packet_id, status) => v5::Packet::SubscribeAck(SubscribeAck {
            packet_id,
            properties: Vec::new(),
            reason_string: None,
            status,
        }),
        Answer::Unsubscribed(packet_id, status) => v5::Packet::UnsubscribeAck(UnsubscribeAck {
            packet_id,
            properties: Vec::new(),
            reason_string: None,
            status,
        }),
        Answer::Pong => v5::Packet::PingResponse,
        Answer::Goodbye(reason, why) => v5::Packet::Disconnect(Disconnect {
            reason_string: (!why.is_empty()).then(|| why.into()),
            ..Disconnect::new(reason)
        }),
    }
}

/// User properties as our texts; more than a packet of ours has are left out.
pub(super) fn texts<T: ToString>(properties: &[(T, T)]) -> Vec<(String, String)> {
    properties
        .iter()
        .take(super::MOST_PROPERTIES)
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}
