//! `fuzz::edge_forwarded` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::edge_forwarded::run(data));
