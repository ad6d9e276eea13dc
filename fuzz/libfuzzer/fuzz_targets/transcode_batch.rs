//! `fuzz::transcode_batch` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::transcode_batch::run(data));
