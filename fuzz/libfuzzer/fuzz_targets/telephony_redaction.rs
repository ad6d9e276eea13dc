//! `fuzz::telephony_redaction` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::telephony_redaction::run(data));
