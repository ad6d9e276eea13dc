//! The table `[telephony]` of the configuration file: whether telephones may call, and how they reach the server.

use calls::NumberPlan;

use super::Draft;
use super::key::Fallback::{Needed, Nothing, Words};
use super::key::{Fallback, Key, Section, Set};
use crate::phone_access::DialInNumber;
use crate::telephone::TelephoneConfiguration;

/// The table `[telephony]`.
pub(super) const TELEPHONY: Section = Section {
    title: "Telephone calls",
    heading: None,
    table: Some("telephony"),
    introduction: "Without this table no telephone reaches the server: see [calls.md](../calls.md).\n",
    keys: &[
        key(
            "listen",
            Needed,
            "Address and port of SIP, by UDP and by TCP",
            "5060 is the usual port",
            Set::Form("an IP address with a port, such as 0.0.0.0:5060", |to, text| {
                telephone(to).listen = text.parse().ok()?;
                Some(())
            }),
        ),
        key(
            "tls_listen",
            Fallback::Nothing,
            "Address and port of SIP by TLS",
            "5061 is the usual port; the certificate is the one of HTTPS, so `[tls]` has to be there",
            Set::Form("an IP address with a port, such as 0.0.0.0:5061", |to, text| {
                telephone(to).tls_listen = Some(text.parse().ok()?);
                Some(())
            }),
        ),
        key(
            "public_address",
            Words("the address of `listen`"),
            "The address by which telephones reach this server",
            "it has to be given where `listen` is 0.0.0.0",
            Set::Form("an IP address", |to, text| {
                telephone(to).public_address = Some(text.parse().ok()?);
                Some(())
            }),
        ),
        key(
            "domain",
            Needed,
            "What the names of SIP domains end in",
            "with `sip.example.org`, the domain `demo` is called as `sip:anybody@demo.sip.example.org`; its name and all names below it \
             have to lead here",
            Set::Text(|to, domain| telephone(to).domain = domain.to_ascii_lowercase()),
        ),
        key(
            "offer_sha256",
            Fallback::Nothing,
            "Offer telephones SHA-256 beside MD5 for their passwords",
            "some that know MD5 alone give up when they see the other",
            Set::Switch(|to, on| telephone(to).offer_sha256 = on),
        ),
        key(
            "first_port",
            Words("20000"),
            "The first UDP port for the sound of calls",
            "",
            Set::Number(1_024..=65_534, |to, port| {
                telephone(to).ports.0 = u16::try_from(port).unwrap_or(u16::MAX);
            }),
        ),
        key(
            "last_port",
            Words("20998"),
            "The last one",
            "each call takes two",
            Set::Number(1_024..=65_534, |to, port| {
                telephone(to).ports.1 = u16::try_from(port).unwrap_or(u16::MAX);
            }),
        ),
        key(
            "peers",
            Words("the public internet alone"),
            "Networks whose SIP telephones may be called from here, beside the public internet",
            "such as `[\"10.0.0.0/8\"]`; without it nobody can have this server call a neighbour of it",
            Set::List("blocks of addresses such as 10.0.0.0/8", |to, blocks| {
                telephone(to).peers = blocks.iter().map(|block| block.parse().ok()).collect::<Option<_>>()?;
                Some(())
            }),
        ),
        key(
            "trunk",
            Nothing,
            "The SIP host by which numbers of the telephone network are called",
            "such as `gateway.example.net` or `10.0.0.1:5080`; without it only SIP addresses can be called",
            Set::Text(|to, trunk| telephone(to).trunk = Some(trunk)),
        ),
        key(
            "trunk_user",
            Nothing,
            "The name by which the trunk knows this server",
            "for a trunk that asks for a password",
            Set::Text(|to, user| telephone(to).trunk_user = user),
        ),
        key(
            "trunk_password",
            Nothing,
            "The password for it",
            "",
            Set::Secret(|to, password| telephone(to).trunk_password = password),
        ),
        key(
            "trunk_prefixes",
            Words("none: no number can be called"),
            "What numbers that may be called begin with",
            "such as `[\"+44\", \"+1212\"]`: whoever steals a token calls nobody else at your expense",
            Set::List("numbers' beginnings such as +44", |to, prefixes| {
                let is_prefix = |prefix: &&str| {
                    let digits = prefix.strip_prefix('+');
                    digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
                };
                if !prefixes.iter().all(is_prefix) {
                    return None;
                }
                telephone(to).trunk_prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
                Some(())
            }),
        ),
        key(
            "trunk_g711_only",
            Fallback::Nothing,
            "Offer the trunk no Opus",
            "for a trunk that makes G.711 of everything, so that Opus costs processor time and is no better; telephones are offered it \
             all the same",
            Set::Switch(|to, on| telephone(to).trunk_g711_only = on),
        ),
        key(
            "trunk_networks",
            Words("the address of `trunk`, where that is an address and no name"),
            "Networks from which the trunk brings calls to phone numbers",
            "such as `[\"192.0.2.0/28\"]`; whoever calls from there is believed to be the trunk, so no more than its own",
            Set::List("blocks of addresses such as 192.0.2.0/28", |to, blocks| {
                telephone(to).trunk_networks = blocks.iter().map(|block| block.parse().ok()).collect::<Option<_>>()?;
                Some(())
            }),
        ),
        key(
            "numbers",
            Words("none: no project can have a number"),
            "Phone numbers that projects may have, by how they begin",
            "such as `[\"+6125550\", \"support:+61255501\"]`: the first are for whoever makes them first, the others for the project \
             `support`; of several that a number begins with, the longest hold",
            Set::List(
                "numbers' beginnings such as +6125550 or support:+6125550",
                |to, ranges| {
                    let ranges = ranges.iter().map(|range| range.parse().ok());
                    telephone(to).numbers = NumberPlan(ranges.collect::<Option<_>>()?);
                    Some(())
                },
            ),
        ),
        key(
            "phone_access",
            Words("none: no number leads to meetings"),
            "Numbers of the trunk that lead to meetings, each with its country and its language",
            "such as `[\"+431234567 AT de\", \"+442071838750 GB en\"]`; whoever calls one is asked for the PIN of a meeting, which stands \
             in its invitation: see [phones.md](../phones.md)",
            Set::List("numbers such as +431234567 AT de", |to, numbers| {
                let numbers = numbers.iter().map(|number| DialInNumber::read(number));
                telephone(to).phone_access.numbers = numbers.collect::<Option<_>>()?;
                Some(())
            }),
        ),
        key(
            "gateway_sip_access",
            Nothing,
            "The SIP host that leads to meetings",
            "such as `meet.sip.example.org`, which has to lead here; whoever calls a PIN there is in that meeting at once, and whoever \
             calls the host alone is asked for one",
            Set::Text(|to, host| telephone(to).phone_access.gateway = Some(host.to_ascii_lowercase())),
        ),
        key(
            "meeting_project",
            Words("meetings"),
            "The project that calls to these belong to",
            "it is made, if it is not there",
            Set::Text(|to, project| telephone(to).meeting_project = project),
        ),
        key(
            "suppress_noise",
            Words("true"),
            "Turn down the noise of telephones in meetings between words",
            "what is said passes as it is",
            Set::Switch(|to, on| telephone(to).suppress_noise = on),
        ),
        key(
            "outgoing_at_once",
            Words("50"),
            "How many calls may be made from here at once",
            "",
            Set::Number(0..=250, |to, calls| {
                telephone(to).outgoing_at_once = usize::try_from(calls).unwrap_or(0);
            }),
        ),
        key(
            "outgoing_per_minute",
            Words("60"),
            "How many calls each project may make in a minute",
            "",
            Set::Number(1..=10_000, |to, calls| {
                telephone(to).outgoing_per_minute = u32::try_from(calls).unwrap_or(1);
            }),
        ),
    ],
};

const fn key(name: &'static str, default: Fallback, help: &'static str, more: &'static str, set: Set) -> Key {
    Key {
        name: Some(name),
        flag: None,
        default,
        help,
        more,
        set,
    }
}

/// Telephony, which begins to be there with its first key.
fn telephone(to: &mut Draft) -> &mut TelephoneConfiguration {
    to.configuration.telephone.get_or_insert_default()
}
