//! Headers of a request, from anywhere: cookies, tokens, languages, hosts, and what proxies say.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: &[u8]| plenum_dashboard::fuzzing::read(lines));
