//! How a client enters: its first packet, read within bounds and judged.

use rmqtt_codec::error::DecodeError;
use rmqtt_codec::v5::ConnectAckReason;
use tokio::io::AsyncRead;
use uuid::Uuid;

use super::connections::{Full, Seat};
use super::door::House;
use super::packets::{Answer, Codec, Connect, Said};
use super::reader::{ReadError, Reader};
use super::session::Client;
use crate::broker::LARGEST_STATUS;
use crate::broker::gate::{Admitted, RefusedLogin, Visitor, worth_a_line};

/// The longest first packet: a will as long as a status, and its topic, names and password.
const LARGEST_CONNECT: usize = LARGEST_STATUS + (8 << 10);
/// The longest client id.
const LONGEST_CLIENT_ID: usize = 200;
/// The longest keep-alive, in seconds: one that asks for none gets this.
const LONGEST_KEEP_ALIVE: u16 = 3_600;

/// One that has entered.
pub(super) struct Entered {
    pub(super) codec: Codec,
    pub(super) connect: Connect,
    pub(super) admitted: Admitted,
    pub(super) seat: Seat,
    /// What it is told.
    pub(super) answer: Answer,
}

/// Why one has not entered.
pub(super) enum NotEntered {
    /// It did not get as far as to be told.
    Unheard(ReadError),
    /// It is told.
    Refused(Codec, Answer),
}

impl From<ReadError> for NotEntered {
    fn from(error: ReadError) -> Self {
        Self::Unheard(error)
    }
}

/// The first packet is none that a client begins with.
fn no_beginning() -> NotEntered {
    NotEntered::Unheard(ReadError::Malformed(DecodeError::InvalidProtocol))
}

/// Reads the first packet and judges it.
pub(super) async fn enter(
    house: &House,
    reader: &mut Reader<impl AsyncRead + Unpin>,
    client: &Client,
) -> Result<Entered, NotEntered> {
    let head = reader.head().await?;
    if !head.is_connect() || head.length > LARGEST_CONNECT {
        return Err(no_beginning());
    }
    let mut codec = Codec::new(reader.version(head).await?);
    let Said::Connect(connect) = reader.packet(head, &mut codec).await? else {
        return Err(no_beginning());
    };
    let mut connect = *connect;
    let assigned = assign_name(&mut connect);
    let refused = match judge(house, &connect, client).await {
        Ok((admitted, seat)) => {
            let keep_alive = bound_keep_alive(&mut connect);
            return Ok(Entered {
                codec,
                answer: Answer::Connected { assigned, keep_alive },
                connect,
                admitted,
                seat,
            });
        }
        Err(refused) => refused,
    };
    let (reason, why) = refused;
    let why = if connect.wants_reasons { why } else { String::new() };
    Err(NotEntered::Refused(codec, Answer::NotConnected(reason, why)))
}

/// A client without a name gets one.
fn assign_name(connect: &mut Connect) -> Option<String> {
    if !connect.client_id.is_empty() || !connect.clean {
        return None;
    }
    connect.client_id = Uuid::new_v4().simple().to_string();
    Some(connect.client_id.clone())
}

/// Bounds the keep-alive; what the client is told of it, if it is not what it asked for.
fn bound_keep_alive(connect: &mut Connect) -> Option<u16> {
    if (1..=LONGEST_KEEP_ALIVE).contains(&connect.keep_alive) {
        return None;
    }
    connect.keep_alive = LONGEST_KEEP_ALIVE;
    Some(LONGEST_KEEP_ALIVE)
}

async fn judge(
    house: &House,
    connect: &Connect,
    client: &Client,
) -> Result<(Admitted, Seat), (ConnectAckReason, String)> {
    if connect.client_id.is_empty() || connect.client_id.len() > LONGEST_CLIENT_ID {
        let why = format!("a client id has 1 to {LONGEST_CLIENT_ID} bytes");
        return Err((ConnectAckReason::ClientIdentifierNotValid, why));
    }
    if connect.other_login {
        let why = "log in by user name and password".to_owned();
        return Err((ConnectAckReason::BadAuthenticationMethod, why));
    }
    if connect
        .will
        .as_ref()
        .is_some_and(|will| will.payload.len() > LARGEST_STATUS)
    {
        return Err((
            ConnectAckReason::PacketTooLarge,
            "the will is too long".to_owned(),
        ));
    }
    let visitor = Visitor {
        client_id: &connect.client_id,
        user: connect.user.as_deref(),
        password: connect.password.as_deref(),
        will: connect.will.as_ref().map(|will| will.topic.as_str()),
        holder: client.holder.as_ref(),
        address: client.address.ip(),
    };
    let admitted = match house.gate.admit(&visitor).await {
        Ok(admitted) => admitted,
        Err(RefusedLogin { why, bad_password }) => {
            let reason = match bad_password {
                true => ConnectAckReason::BadUserNameOrPassword,
                false => ConnectAckReason::NotAuthorized,
            };
            return Err((reason, why));
        }
    };
    let Admitted { sender, proven, .. } = &admitted;
    let seat = house.connections.enter(&connect.client_id, sender, *proven).await;
    let seat = seat.map_err(|full| {
        if worth_a_line(&house.gate.counters.refused_connections) {
            tracing::warn!(client_id = connect.client_id, user = connect.user, address = %client.address, "refused a connection to the broker: {full}");
        }
        let reason = match full {
            Full::Agent | Full::Address => ConnectAckReason::QuotaExceeded,
            Full::Whole => ConnectAckReason::ServerBusy,
        };
        (reason, full.to_string())
    })?;
    Ok((admitted, seat))
}
