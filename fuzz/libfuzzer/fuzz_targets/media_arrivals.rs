//! `fuzz::media_arrivals` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::media_arrivals::run(data));
