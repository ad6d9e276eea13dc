//! Any datagram, as far as it is read before anybody has been vouched for.

use media::datagram::{Kind, kind};

/// The bytes are a datagram.
pub fn run(data: &[u8]) {
    if let Kind::Binding { ufrag } = kind(data) {
        assert!(!ufrag.contains(':'));
    }
}
