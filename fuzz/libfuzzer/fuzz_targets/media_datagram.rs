//! `fuzz::media_datagram` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::media_datagram::run(data));
