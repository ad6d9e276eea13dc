//! `fuzz::calls_document` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::calls_document::run(data));
