//! `fuzz::media_offer` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::media_offer::run(data));
