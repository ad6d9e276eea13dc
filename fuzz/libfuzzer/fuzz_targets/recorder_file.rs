//! `fuzz::recorder_file` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::recorder_file::run(data));
