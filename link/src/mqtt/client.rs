//! The crate rumqttc from our options, and its messages into ours.

use plenum_protocol::Duration;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectProperties, Filter, LastWill, LastWillProperties, Publish};
use rumqttc::v5::{AsyncClient, EventLoop, MqttOptions as ClientOptions};
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};

use super::{Incoming, Message, MqttOptions};

/// Requests that wait for the event loop, beside those in flight.
const REQUEST_QUEUE: usize = 64;

/// A client that has not connected yet, its subscriptions first in its queue.
pub(crate) fn build(options: &MqttOptions, will: Option<&Message>) -> (AsyncClient, EventLoop) {
    let host = super::address::bracketed(&options.host);
    let mut client = ClientOptions::new(&options.client_id, host, options.port);
    client.set_clean_start(true);
    // Less makes it panic.
    client.set_keep_alive(options.keep_alive.max(Duration::from_seconds(5)).to_std());
    client.set_outgoing_inflight_upper_limit(options.inflight.max(1));
    client.set_connect_properties(ConnectProperties {
        session_expiry_interval: Some(0),
        max_packet_size: Some(options.max_packet),
        ..ConnectProperties::new()
    });
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    client.set_network_options(network);
    if let Some(tls) = &options.tls {
        let config = TlsConfiguration::Rustls(tls.config().clone());
        client.set_transport(Transport::tls_with_config(config));
    }
    if let Some(user) = &options.user {
        client.set_credentials(user, options.password.as_deref().unwrap_or_default());
    }
    if let Some(will) = will {
        client.set_last_will(last_will(will));
    }
    let (client, event_loop) = AsyncClient::new(client, REQUEST_QUEUE);
    if !options.subscriptions.is_empty() && client.try_subscribe_many(filters(options)).is_err() {
        tracing::error!(topics = ?options.subscriptions, "no valid topic filters; nothing is subscribed");
    }
    (client, event_loop)
}

/// What to subscribe to.
pub(crate) fn filters(options: &MqttOptions) -> impl Iterator<Item = Filter> {
    options.subscriptions.iter().map(|filter| Filter {
        nolocal: !options.own_messages,
        ..Filter::new(filter, QoS::AtLeastOnce)
    })
}

/// A message as it arrived.
pub(crate) fn incoming(publish: Publish) -> Incoming {
    let properties = publish.properties.unwrap_or_default();
    Incoming {
        topic: String::from_utf8_lossy(&publish.topic).into_owned(),
        payload: publish.payload,
        retain: publish.retain,
        content_type: properties.content_type,
        user_properties: properties.user_properties,
        ..Incoming::default()
    }
}

fn last_will(will: &Message) -> LastWill {
    let properties = LastWillProperties {
        delay_interval: None,
        payload_format_indicator: None,
        message_expiry_interval: will.expiry_seconds,
        content_type: will.content_type.clone(),
        response_topic: None,
        correlation_data: None,
        user_properties: will.user_properties.clone(),
    };
    let payload = will.payload.to_vec();
    LastWill::new(
        &will.topic,
        payload,
        QoS::AtLeastOnce,
        will.retain,
        Some(properties),
    )
}
