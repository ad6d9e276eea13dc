//! `fuzz::calls_number` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::calls_number::run(data));
