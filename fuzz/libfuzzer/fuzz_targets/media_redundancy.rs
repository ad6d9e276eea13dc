//! `fuzz::media_redundancy` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::media_redundancy::run(data));
