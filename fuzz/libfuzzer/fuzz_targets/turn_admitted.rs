//! `fuzz::turn_admitted` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::turn_admitted::run(data));
