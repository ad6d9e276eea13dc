//! `fuzz::telephony_rtcp` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::telephony_rtcp::run(data));
