//! `fuzz::recorder_pictures` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::recorder_pictures::run(data));
