//! What a stranger sends ahead of what the proxies write: nobody becomes somebody else by it.
//!
//! The input is lines: of `X-Forwarded-For`, of `Forwarded`, and whether the proxy begins a line of its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use edge::{Network, Proxies};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const CLIENT: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7));

/// The bytes are headers.
pub fn run(data: &[u8]) {
    let [x_forwarded_for, forwarded, how] = crate::lines(data);
    let proxies: Proxies = "192.0.2.0/24".parse::<Network>().into_iter().collect();
    for (name, node) in [
        (X_FORWARDED_FOR, "2001:db8::7"),
        (header::FORWARDED, "for=\"[2001:db8::7]:4711\";proto=https"),
    ] {
        let mut headers = HeaderMap::new();
        let sent = [(X_FORWARDED_FOR, x_forwarded_for), (header::FORWARDED, forwarded)];
        for (sent, value) in sent {
            let appended = [value, b", ", node.as_bytes()].concat();
            let is_line_of_its_own = how.is_empty() || sent != name;
            let value = if is_line_of_its_own { value } else { &appended };
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(sent, value);
            }
        }
        // What no header may carry does not arrive; the proxy writes its own in any case.
        if how.is_empty() || !headers.contains_key(&name) {
            headers.append(&name, HeaderValue::from_static(node));
        }
        let found = proxies.client(PROXY, &headers);
        assert!(found == CLIENT || proxies.contain(found), "{headers:?} is from {found}");
        // Without a proxy, nothing of it is read.
        assert_eq!(Proxies::default().client(PROXY, &headers), PROXY);
    }
}
