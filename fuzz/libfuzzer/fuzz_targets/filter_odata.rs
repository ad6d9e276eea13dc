//! `fuzz::filter_odata` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::filter_odata::run(data));
