//! `fuzz::audio_decode` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::audio_decode::run(data));
