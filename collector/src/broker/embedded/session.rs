//! One connection, from its first packet to its last: what the client says is judged and handed over one packet after the other.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use plenum_link::Waiting;
use plenum_protocol::enrolment::Holder;
use plenum_protocol::topic::TopicKind;
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v5::{DisconnectReasonCode, PublishAckReason, SubscribeAckReason, UnsubscribeAckReason};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::connections::Seat;
use super::door::House;
use super::login::{self, Entered, NotEntered};
use super::outbox::{Outbox, Outward};
use super::packets::{Answer, Codec, Filter, Said, Will, texts};
use super::reader::{Head, ReadError, Reader, Skipped};
use crate::broker::access::{Identity, Refusal};
use crate::broker::admission::{Place, Sender};
use crate::broker::{BrokerCounters, Incoming, MAX_PACKET};

/// How long a client may take to log in.
const LOG_IN: Duration = Duration::from_secs(10);
/// How long a packet may take from its first byte to its last.
const PACKET: Duration = Duration::from_secs(60);
/// The longest packet of any other kind than a publication.
const LARGEST_OTHER: usize = 16 << 10;
/// Topics that one connection reads.
pub(super) const SUBSCRIPTIONS: usize = 16;
/// Publications of QoS 2 between their first packet and their third.
const UNRELEASED: usize = 64;
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_millis(500);

/// How a connection ended.
enum End {
    /// The client said good-bye.
    Left { with_will: bool },
    /// The client is gone.
    Gone,
    /// It is sent away, and told why.
    SentAway(DisconnectReasonCode, String),
}

/// A client that is logged in.
struct Session<'a> {
    house: &'a House,
    outbox: Arc<Outbox>,
    identity: Identity,
    sender: Sender,
    client_id: String,
    address: SocketAddr,
    number: u64,
    can_refuse: bool,
    wants_reasons: bool,
    topics: BTreeSet<String>,
    unreleased: BTreeSet<NonZeroU16>,
}

/// Who is at the other end.
pub(super) struct Client {
    /// From where it comes.
    pub(super) address: SocketAddr,
    /// Whose certificate it showed, if it showed one.
    pub(super) holder: Option<Holder>,
}

/// Serves a connection until it ends.
pub(super) async fn serve<R, W>(
    house: &Arc<House>,
    (read, write_half): (R, W),
    client: Client,
    waiting: Waiting,
) where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut reader = Reader::new(read);
    let entered = tokio::select! {
        entered = tokio::time::timeout(LOG_IN, login::enter(house, &mut reader, &client)) => entered.ok(),
        () = waiting.sent_away() => None,
    };
    drop(waiting);
    match entered {
        None => _ = BrokerCounters::count(&house.gate.counters.closed_silent),
        Some(Ok(entered)) => logged_in(house, entered, client, reader, write_half).await,
        Some(Err(NotEntered::Refused(codec, answer))) => {
            let mut outward = Outward {
                codec,
                socket: write_half,
                bytes: BytesMut::new(),
            };
            outward.add(answer);
            farewell(outward, &mut reader).await;
        }
        Some(Err(NotEntered::Unheard(error))) => {
            if matches!(error, ReadError::Malformed(_)) {
                BrokerCounters::count(&house.gate.counters.closed_wrong);
            }
            tracing::debug!(address = %client.address, "nobody entered: {error}");
        }
    }
}

async fn logged_in(
    house: &House,
    entered: Entered,
    client: Client,
    mut reader: Reader<impl AsyncRead + Unpin>,
    write_half: impl AsyncWrite + Unpin,
) {
    let Entered {
        mut codec,
        connect,
        admitted,
        seat,
        answer,
    } = entered;
    let outbox = Arc::new(Outbox::new(connect.receive_maximum, house.gate.counters.clone()));
    let mut session = Session {
        house,
        outbox: outbox.clone(),
        identity: admitted.identity,
        sender: admitted.sender,
        client_id: connect.client_id,
        address: client.address,
        number: seat.number,
        can_refuse: codec.can_refuse(),
        wants_reasons: connect.wants_reasons,
        topics: BTreeSet::new(),
        unreleased: BTreeSet::new(),
    };
    let mut outward = Outward {
        codec: codec.outward(connect.largest),
        socket: write_half,
        bytes: BytesMut::new(),
    };
    let silence = silence(connect.keep_alive);
    outbox.answer(answer).await;
    let end = tokio::select! {
        end = session.read(&mut reader, &mut codec, silence) => end,
        _ = outbox.write_to(&mut outward) => End::Gone,
        () = seat.taken_over.cancelled() => {
            End::SentAway(DisconnectReasonCode::SessionTakenOver, "another came with the same client id".to_owned())
        }
        () = house.gate.certificate_ended(client.holder.as_ref()) => {
            End::SentAway(DisconnectReasonCode::NotAuthorized, Refusal::Revoked.to_string())
        }
    };
    session.leave(end, connect.will, seat, outward, &mut reader).await;
}

/// Whether it is what the client sent that ended the connection.
fn is_mistake(reason: DisconnectReasonCode) -> bool {
    matches!(
        reason,
        DisconnectReasonCode::MalformedPacket
            | DisconnectReasonCode::PacketTooLarge
            | DisconnectReasonCode::ProtocolError
            | DisconnectReasonCode::ReceiveMaximumExceeded
            | DisconnectReasonCode::UnspecifiedError
    )
}

/// How long a client may say nothing: one and a half times what it promised.
fn silence(keep_alive: u16) -> Duration {
    let promised = u64::from(keep_alive);
    Duration::from_secs((promised * 3 / 2).max(promised + 3))
}

fn last_word(will: Will, client_id: &str, address: SocketAddr) -> Incoming {
    Incoming {
        topic: will.topic,
        payload: will.payload,
        content_type: will.content_type,
        user_properties: will.user_properties,
        received_from: Some(client_id.to_owned()),
        address: Some(address.to_string()),
        ..Incoming::default()
    }
}

/// Writes what is left to say. What the client still sends is read for a moment: a socket that is closed with something unread takes its last
/// word back.
async fn farewell(
    mut outward: Outward<impl AsyncWrite + Unpin>,
    reader: &mut Reader<impl AsyncRead + Unpin>,
) {
    let said = async {
        if outward.flush().await.is_ok() && outward.socket.shutdown().await.is_ok() {
            reader.drain().await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, said).await;
}

impl Session<'_> {
    /// What comes after the last packet: the will, the place for the next, the farewell.
    async fn leave(
        &self,
        end: End,
        will: Option<Will>,
        seat: Seat,
        mut outward: Outward<impl AsyncWrite + Unpin>,
        reader: &mut Reader<impl AsyncRead + Unpin>,
    ) {
        for topic in &self.topics {
            self.house.post.unsubscribe(self.number, topic);
        }
        if !matches!(end, End::Left { with_will: false })
            && let Some(will) = will
        {
            let will = last_word(will, &self.client_id, self.address);
            self.house.gate.say_last(&self.sender, will).await;
        }
        drop(seat);
        if let End::SentAway(reason, why) = end {
            if is_mistake(reason) {
                BrokerCounters::count(&self.house.gate.counters.closed_wrong);
            }
            let why = if self.wants_reasons { why } else { String::new() };
            self.outbox.say_last(Answer::Goodbye(reason, why), &mut outward);
            farewell(outward, reader).await;
        }
    }

    /// Takes what the client says until it ends.
    async fn read<S: AsyncRead + Unpin>(
        &mut self,
        reader: &mut Reader<S>,
        codec: &mut Codec,
        silence: Duration,
    ) -> End {
        loop {
            let Ok(head) = tokio::time::timeout(silence, reader.head()).await else {
                BrokerCounters::count(&self.house.gate.counters.closed_silent);
                return End::SentAway(
                    DisconnectReasonCode::KeepAliveTimeout,
                    "nothing was heard".to_owned(),
                );
            };
            let taken = match head {
                Ok(head) => tokio::time::timeout(PACKET, self.take(reader, codec, head)).await,
                Err(error) => Ok(Err(ended(&error))),
            };
            match taken {
                Ok(Ok(())) => {}
                Ok(Err(end)) => return end,
                Err(_) => {
                    let why = "a packet was not sent to its end".to_owned();
                    return End::SentAway(DisconnectReasonCode::UnspecifiedError, why);
                }
            }
        }
    }

    /// Takes one packet.
    async fn take<S: AsyncRead + Unpin>(
        &mut self,
        reader: &mut Reader<S>,
        codec: &mut Codec,
        head: Head,
    ) -> Result<(), End> {
        let largest = if head.is_publish() {
            MAX_PACKET as usize
        } else {
            LARGEST_OTHER
        };
        if head.length > largest {
            let why = format!("a packet of this kind has {largest} bytes at most");
            return Err(End::SentAway(DisconnectReasonCode::PacketTooLarge, why));
        }
        let mut place = None;
        if head.is_publish() {
            place = self.house.gate.place(&self.sender, head.length).await;
            if place.is_none() {
                let skipped = reader.skip(head).await.map_err(|error| ended(&error))?;
                return self.refuse_unread(skipped).await;
            }
        }
        let said = reader.packet(head, codec).await.map_err(|error| ended(&error))?;
        match (said, place) {
            (Said::Publish(publish), Some(place)) => return self.publish(*publish, place).await,
            (Said::Release(number), _) => {
                let known = self.unreleased.remove(&number);
                self.outbox.answer(Answer::Completed(number, known)).await;
            }
            (Said::Acknowledged(number), _) => self.outbox.acknowledged(number),
            (Said::Subscribe(number, filters), _) => self.subscribe(number, filters).await,
            (Said::Unsubscribe(number, topics), _) => self.unsubscribe(number, &topics).await,
            (Said::Ping, _) => self.outbox.answer(Answer::Pong).await,
            (Said::Disconnect { with_will }, _) => return Err(End::Left { with_will }),
            (Said::Publish(_) | Said::Connect(_) | Said::Nonsense, _) => {
                let why = "this packet is not expected here".to_owned();
                return Err(End::SentAway(DisconnectReasonCode::ProtocolError, why));
            }
        }
        Ok(())
    }

    async fn publish(&mut self, publish: Publish, place: Place) -> Result<(), End> {
        let number = publish.packet_id;
        let (quality, topic) = (publish.qos, publish.topic.to_string());
        let kind = match self
            .house
            .gate
            .may_publish(&self.identity, &self.client_id, &topic)
        {
            Ok(kind) => kind,
            Err(refusal) => return self.refuse_access(quality.value(), number, refusal).await,
        };
        if let Some(number) = number.filter(|_| quality == QoS::ExactlyOnce) {
            if self.unreleased.contains(&number) {
                let again = Answer::Received(number, PublishAckReason::Success, None);
                self.outbox.answer(again).await;
                return Ok(());
            }
            if self.unreleased.len() >= UNRELEASED {
                let why = "too many publications of QoS 2 are not released".to_owned();
                return Err(End::SentAway(DisconnectReasonCode::ReceiveMaximumExceeded, why));
            }
        }
        let packet = self.incoming(topic, publish);
        if !self.house.gate.hand_over(&self.sender, packet, place).await {
            return self.refuse_full(quality.value(), number, kind).await;
        }
        if let Some(number) = number.filter(|_| quality == QoS::ExactlyOnce) {
            self.unreleased.insert(number);
        }
        self.answer_publication(quality.value(), number, PublishAckReason::Success, None)
            .await;
        Ok(())
    }

    fn incoming(&self, topic: String, publish: Publish) -> Incoming {
        let properties = publish.properties.unwrap_or_default();
        Incoming {
            topic,
            payload: publish.payload,
            content_type: properties.content_type.map(|text| text.to_string()),
            user_properties: texts(&properties.user_properties),
            received_from: Some(self.client_id.clone()),
            address: Some(self.address.to_string()),
            ..Incoming::default()
        }
    }

    /// There was no room for a packet, so it was not held.
    async fn refuse_unread(&mut self, skipped: Skipped) -> Result<(), End> {
        let Skipped {
            topic,
            quality,
            number,
        } = skipped;
        let number = number.and_then(NonZeroU16::new);
        match self
            .house
            .gate
            .may_publish(&self.identity, &self.client_id, &topic)
        {
            Ok(kind) => {
                self.house.gate.refuse(&topic);
                self.refuse_full(quality, number, kind).await
            }
            Err(refusal) => self.refuse_access(quality, number, refusal).await,
        }
    }

    async fn refuse_full(
        &mut self,
        quality: u8,
        number: Option<NonZeroU16>,
        kind: TopicKind,
    ) -> Result<(), End> {
        let why = "the collector takes no more at the moment";
        self.answer_publication(quality, number, PublishAckReason::QuotaExceeded, Some(why))
            .await;
        // Readings come again by themselves; a status comes again only with a new connection.
        match self.can_refuse && kind == TopicKind::Readings {
            true => Ok(()),
            false => Err(End::SentAway(DisconnectReasonCode::QuotaExceeded, why.to_owned())),
        }
    }

    async fn refuse_access(
        &mut self,
        quality: u8,
        number: Option<NonZeroU16>,
        refusal: Refusal,
    ) -> Result<(), End> {
        let why = refusal.to_string();
        self.answer_publication(quality, number, PublishAckReason::NotAuthorized, Some(&why))
            .await;
        // One that has no credential any more is refused at the door from then on.
        match self.can_refuse && refusal != Refusal::TakenAway {
            true => Ok(()),
            false => Err(End::SentAway(DisconnectReasonCode::NotAuthorized, why)),
        }
    }

    async fn answer_publication(
        &self,
        quality: u8,
        number: Option<NonZeroU16>,
        reason: PublishAckReason,
        why: Option<&str>,
    ) {
        let why = why.filter(|_| self.wants_reasons).map(str::to_owned);
        let answer = match (quality, number) {
            (1, Some(number)) => Answer::Published(number, reason, why),
            (2, Some(number)) => Answer::Received(number, reason, why),
            _ => return,
        };
        self.outbox.answer(answer).await;
    }

    async fn subscribe(&mut self, number: NonZeroU16, filters: Vec<Filter>) {
        let mut granted = Vec::with_capacity(filters.len());
        let mut wanted = Vec::new();
        for filter in filters {
            let judged = self
                .house
                .gate
                .may_read(&self.identity, &self.client_id, &filter.topic);
            let reason = match (judged, filter.at_least_once) {
                (Err(_), _) => SubscribeAckReason::NotAuthorized,
                _ if self.topics.len() >= SUBSCRIPTIONS && !self.topics.contains(&filter.topic) => {
                    BrokerCounters::count(&self.house.gate.counters.refused_access);
                    SubscribeAckReason::QuotaExceeded
                }
                (Ok(()), true) => SubscribeAckReason::GrantedQos1,
                (Ok(()), false) => SubscribeAckReason::GrantedQos0,
            };
            if matches!(
                reason,
                SubscribeAckReason::GrantedQos0 | SubscribeAckReason::GrantedQos1
            ) {
                self.topics.insert(filter.topic.clone());
                wanted.push(filter);
            }
            granted.push(reason);
        }
        self.outbox.answer(Answer::Subscribed(number, granted)).await;
        for filter in wanted {
            self.house.post.subscribe(self.number, &filter, &self.outbox);
        }
    }

    async fn unsubscribe(&mut self, number: NonZeroU16, topics: &[String]) {
        let mut done = Vec::with_capacity(topics.len());
        for topic in topics {
            done.push(match self.topics.remove(topic) {
                true => UnsubscribeAckReason::Success,
                false => UnsubscribeAckReason::NoSubscriptionExisted,
            });
            self.house.post.unsubscribe(self.number, topic);
        }
        self.outbox.answer(Answer::Unsubscribed(number, done)).await;
    }
}

/// How a connection ends that cannot be read any more.
fn ended(error: &ReadError) -> End {
    match error {
        ReadError::Closed | ReadError::Broken(_) => End::Gone,
        ReadError::Malformed(error) => {
            End::SentAway(DisconnectReasonCode::MalformedPacket, error.to_string())
        }
    }
}
