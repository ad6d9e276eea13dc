//! `fuzz::media_carriage` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::media_carriage::run(data));
