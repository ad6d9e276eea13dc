//! `fuzz::media_allocation` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::media_allocation::run(data));
