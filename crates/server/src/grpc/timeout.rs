//! `grpc-timeout`: how long whoever asks waits for the answer. The transcoder makes one of `X-Server-Timeout`.

use std::time::Duration;

use http::HeaderMap;

/// How long; `None` if they do not say, or nothing that can be read: they go away then without saying when.
pub(super) fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse::<u32>().ok()?.into();
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn times_have_units() {
        for (text, expected_ns) in [
            ("1H", Some(3_600_000_000_000)),
            ("2M", Some(120_000_000_000)),
            ("30S", Some(30_000_000_000)),
            ("1500m", Some(1_500_000_000)),
            ("7u", Some(7_000)),
            ("99999999n", Some(99_999_999)),
            ("0n", Some(0)),
            ("", None),
            ("S", None),
            ("5", None),
            ("-5S", None),
            ("1.5S", None),
            ("5s", None),
            ("99999999999H", None),
        ] {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static("grpc-timeout"),
                HeaderValue::from_static(text),
            )]);
            assert_eq!(of(&headers), expected_ns.map(Duration::from_nanos), "{text:?}");
        }
        assert_eq!(of(&HeaderMap::new()), None);
    }
}
