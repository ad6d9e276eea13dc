//! Any datagram, as far as it is read before anybody has been vouched for.

#![no_main]

use libfuzzer_sys::fuzz_target;
use media::datagram::{Kind, kind};

fuzz_target!(|datagram: &[u8]| {
    if let Kind::Binding { ufrag } = kind(datagram) {
        assert!(!ufrag.contains(':'));
    }
});
