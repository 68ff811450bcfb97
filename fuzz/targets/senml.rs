//! A pack from anywhere: it is read or refused, and what is read is written and read again the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plenum_protocol::Timestamp;
use plenum_protocol::senml::{Times, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_milliseconds(1_781_748_725_250);
    let (Ok(site), Ok(agent)) = ("zaandam".parse(), "pi-a1".parse()) else {
        return;
    };
    let Ok(pack) = decode(&site, &agent, bytes, now) else {
        return;
    };
    let mut again = Vec::new();
    encode(&site, &agent, &pack.readings, Times::RelativeTo(now), &mut again);
    // A pack that grew beyond the limit, or an instant more than eight years ahead, is no longer the same message.
    let near = |reading: &plenum_protocol::Reading| reading.at.since(now).seconds() < 268_435_456.0;
    if again.len() <= 262_144 && pack.readings.iter().all(near) {
        let read = decode(&site, &agent, &again, now);
        assert_eq!(read.map(|pack| pack.readings), Ok(pack.readings));
    }
});
