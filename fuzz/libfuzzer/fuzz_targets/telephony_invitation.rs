//! `fuzz::telephony_invitation` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::telephony_invitation::run(data));
