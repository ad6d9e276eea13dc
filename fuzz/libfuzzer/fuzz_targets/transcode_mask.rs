//! `fuzz::transcode_mask` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::transcode_mask::run(data));
