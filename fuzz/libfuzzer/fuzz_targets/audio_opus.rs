//! `fuzz::audio_opus` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::audio_opus::run(data));
