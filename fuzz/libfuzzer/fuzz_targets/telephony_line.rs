//! `fuzz::telephony_line` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::telephony_line::run(data));
