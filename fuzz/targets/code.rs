//! What an agent's code, a certificate's name and a request at the broker's port say, from anywhere: what reads is written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plenum_protocol::enrolment::{Answer, Code, Fingerprint, Holder, Request};

fuzz_target!(|text: &str| {
    if let Ok(code) = text.parse::<Code>() {
        let written = code.to_string();
        assert!(
            written.parse::<Code>().is_ok_and(|again| again == code),
            "{written}"
        );
    }
    if let Ok(holder) = text.parse::<Holder>() {
        assert_eq!(holder.to_string(), text);
    }
    if let Ok(fingerprint) = text.parse::<Fingerprint>() {
        assert!(fingerprint.to_string().eq_ignore_ascii_case(text));
    }
    let _ = serde_json::from_str::<Request>(text);
    let _ = serde_json::from_str::<Answer>(text);
});
