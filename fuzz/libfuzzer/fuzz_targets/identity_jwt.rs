//! `fuzz::identity_jwt` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::identity_jwt::run(data));
