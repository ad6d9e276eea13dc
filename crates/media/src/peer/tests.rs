//! What goes past the WebRTC stack, and what it is shown.

use std::time::Duration;

use str0m::crypto::{dtls::SrtpProfile, from_feature_flags};

use super::{fixture, srtp::Ciphers, *};
use crate::endpoint::Endpoint;

/// It is nearly all that comes from somebody who only watches, and the stack would look after all its timers for each.
#[test]
fn what_tells_of_arrivals_alone_is_not_shown_to_the_stack() {
    let ciphers = || {
        let (material, profile) = ([7; 56], SrtpProfile::AEAD_AES_128_GCM);
        Ciphers::new(&material, profile, true, from_feature_flags().srtp_provider).unwrap()
    };
    let told = [&[0, 1, 0, 1, 0, 0, 1, 0, 0x20, 1, 4, 0][..]].concat();
    let arrivals = [&[0x8f, 205, 0, 5][..], &[0; 8], &told].concat();
    let receiver = [&[0x80, 201, 0, 1][..], &[0; 4]].concat();
    let check = |report: &[u8], numbers: &[u32], is_shown: bool, is_proof: bool| {
        let mut peer = fixture::peer();
        peer.lean = peer.lean.take().map(|lean| lean.begun(ciphers()));
        let route = Route {
            from: Endpoint::udp("192.0.2.1:7".parse().unwrap()),
            to: None,
        };
        let mut understood = vec![];
        for number in numbers {
            peer.is_stirred = false;
            let now = peer.clock + Duration::from_millis(1);
            let sealed = ciphers().opener.sealed(report, *number);
            understood.push(peer.receive(route, &sealed, now).unwrap());
        }
        assert_eq!(peer.is_stirred, is_shown, "{report:?} {numbers:?}");
        assert_eq!(peer.is_proved(route), is_proof, "{report:?} {numbers:?}");
        understood
    };
    assert_eq!(check(&arrivals, &[1, 2], false, true), [true, true]);
    assert_eq!(check(&arrivals, &[1, 1], false, true), [true, false], "it comes again");
    // This stack has no keys, so it can make nothing of it.
    check(&[&receiver[..], &arrivals].concat(), &[1], true, false);
    check(&receiver, &[1], true, false);
}
