//! `fuzz::turn_client` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::turn_client::run(data));
