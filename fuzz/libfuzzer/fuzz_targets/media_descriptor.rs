//! `fuzz::media_descriptor` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::media_descriptor::run(data));
