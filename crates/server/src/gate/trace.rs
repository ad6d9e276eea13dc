//! The name of a request: what the log shows on every line of it, and what its caller may quote.
//!
//! It is the caller's own trace id if the request carries one (W3C Trace Context), so that a trace goes on; else a new one.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::random;

/// The header by which the caller learns it.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a trace, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceId(u128);

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl TraceId {
    /// As a header. By hand, because every request needs it and formatting grows a text four times.
    pub(super) fn header(self) -> HeaderValue {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 32];
        for (index, digit) in text.iter_mut().rev().enumerate() {
            *digit = DIGITS[usize::try_from(self.0 >> (4 * index) & 0xf).expect("below 16")];
        }
        HeaderValue::from_bytes(&text).expect("hexadecimal digits")
    }

    /// The id in a `traceparent` header: `00-{trace}-{span}-{flags}`.
    fn given(headers: &HeaderMap) -> Option<TraceId> {
        let text = headers.get("traceparent")?.to_str().ok()?;
        let trace = text.split('-').nth(1).filter(|trace| trace.len() == 32)?;
        let is_hexadecimal = trace.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u128::from_str_radix(trace, 16)
            .ok()
            .filter(|id| is_hexadecimal && *id != 0)?;
        Some(TraceId(id))
    }
}

/// Makes ids: a random beginning for the process, and a count.
pub(super) struct TraceIds {
    process: u128,
    count: AtomicU64,
}

impl TraceIds {
    pub(super) fn new() -> TraceIds {
        let process = u128::from(u64::from_le_bytes(random::bytes())) << 64;
        TraceIds {
            process,
            count: AtomicU64::new(1),
        }
    }

    /// The id of a request with these headers.
    pub(super) fn of_request(&self, headers: &HeaderMap) -> TraceId {
        let next = || TraceId(self.process | u128::from(self.count.fetch_add(1, Ordering::Relaxed)));
        TraceId::given(headers).unwrap_or_else(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_goes_on_or_begins() {
        let ids = TraceIds::new();
        let own = ids.of_request(&HeaderMap::new());
        assert_ne!(own, ids.of_request(&HeaderMap::new()));
        assert_eq!(own.header(), own.to_string());
        for (parent, goes_on) in [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-4bf9", false),
            ("", false),
        ] {
            let headers = [("traceparent", parent)]
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let id = ids.of_request(&HeaderMap::from_iter(headers));
            assert_eq!(parent.contains(&id.to_string()), goes_on, "{parent}");
        }
    }
}
