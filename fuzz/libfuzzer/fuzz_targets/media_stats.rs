//! `fuzz::media_stats` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::media_stats::run(data));
