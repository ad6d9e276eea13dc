//! `fuzz::telephony_credentials` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::telephony_credentials::run(data));
