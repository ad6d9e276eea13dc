//! The table `[turn]` of the configuration file: a relay that is somebody else's.
//!
//! It is a table and no flags, because a secret on a command line is read by everybody on the machine.

use super::Draft;
use super::key::Fallback::Needed;
use super::key::{Key, Section, Set};
use crate::relays::{OtherRelay, is_relay};

/// The table `[turn]`.
pub(super) const RELAY: Section = Section {
    title: "A TURN server of your own",
    heading: None,
    table: Some("turn"),
    introduction: "Clients are told of this server's own relay (see [network.md](network.md)). With this table they are told of another \
                   TURN server, such as coturn, and there is none here.\n",
    keys: &[
        Key {
            name: Some("urls"),
            flag: None,
            default: Needed,
            help: "Where it is, as browsers take it",
            more: "such as `[\"turns:turn.example.org:443?transport=tcp\"]`",
            set: Set::List("a list of addresses that begin with turn: or turns:", |to, urls| {
                relay(to).urls = urls.iter().map(|url| (*url).to_owned()).collect();
                urls.iter().all(|url| is_relay(url)).then_some(())
            }),
        },
        Key {
            name: Some("secret"),
            flag: None,
            default: Needed,
            help: "What it makes passwords of",
            more: "`static-auth-secret` of coturn, with `use-auth-secret`",
            set: Set::Secret(|to, secret| relay(to).secret = secret),
        },
    ],
};

/// The relay, which begins to be one with its first key.
fn relay(to: &mut Draft) -> &mut OtherRelay {
    to.configuration.relay.get_or_insert_default()
}
