//! `fuzz::filter_google` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::filter_google::run(data));
