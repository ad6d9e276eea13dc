//! `fuzz::odata_request` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::odata_request::run(data));
