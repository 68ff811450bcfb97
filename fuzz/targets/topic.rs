//! A topic from anywhere: what reads is written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plenum_protocol::Topic;

fuzz_target!(|text: &str| {
    if let Ok(topic) = text.parse::<Topic>() {
        assert_eq!(topic.to_string(), text);
    }
});
