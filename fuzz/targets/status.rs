//! A status from anywhere, and a receiver that has to live with it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plenum_protocol::Steady;
use plenum_protocol::payload::{Ack, Command, Status};
use plenum_protocol::streams::Receiver;

fuzz_target!(|bytes: &[u8]| {
    let _ = Ack::from_json(bytes);
    let _ = Command::from_json(bytes);
    if let Ok(status) = Status::from_json(bytes) {
        assert!(Status::from_json(&status.to_json()).is_ok());
        let now = Steady::from_milliseconds(1_781_748_725_250);
        let mut receiver = Receiver::new([], []);
        let first = receiver.status(&status, now);
        receiver.committed(&first.records, now);
        let again = receiver.status(&status, now);
        assert!(again.gaps.is_empty(), "the same loss is told once");
    }
});
