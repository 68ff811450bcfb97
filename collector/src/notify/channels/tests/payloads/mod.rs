//! What each service over HTTP gets when an alarm is raised and when it is over, from the real channel over a real socket, held against what the service documents.

use serde_json::Value;

mod chats;
mod people;
mod programs;

use super::receiver::{Receiver, Request, endless, over, raised};
use super::schema::{Field, check};
use super::*;

/// The one request that a delivery makes; it is sent.
async fn sent(channel: &dyn Channel, receiver: &Receiver, delivery: &Delivery) -> Request {
    assert_eq!(channel.send(delivery).await, Outcome::Sent);
    receiver.came().pop().unwrap()
}

/// Beginning, end, and a message that is far too long, of which each is what the service documents.
async fn three(channel: &dyn Channel, receiver: &Receiver, address: &str, fields: &[Field]) -> [Request; 3] {
    let mut requests = Vec::new();
    for delivery in [raised(address), over(address), endless(address)] {
        let request = sent(channel, receiver, &delivery).await;
        check(&request.body, fields);
        assert_eq!(request.headers["content-type"], "application/json");
        requests.push(request);
    }
    requests.try_into().unwrap()
}

fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
