//! `fuzz::telephony_sdp` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::telephony_sdp::run(data));
