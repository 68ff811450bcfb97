//! A certificate that somebody shows, and a request for one: they are read or not.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(holder) = plenum_link::tls::holder(bytes) {
        assert!(
            holder
                .to_string()
                .parse()
                .is_ok_and(|again: plenum_protocol::enrolment::Holder| again == holder)
        );
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = plenum_collector::collector::enrolment::is_request(text);
    }
    // The mutations of DER are lost in base64: as whoever asks writes it.
    let lines = data_encoding::BASE64.encode(bytes);
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{lines}\n-----END CERTIFICATE REQUEST-----\n");
    let _ = plenum_collector::collector::enrolment::is_request(&pem);
});
