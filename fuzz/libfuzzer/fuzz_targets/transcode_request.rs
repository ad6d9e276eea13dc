//! `fuzz::transcode_request` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::transcode_request::run(data));
