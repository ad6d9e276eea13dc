//! Spans of time, as people type them.

use std::time::Duration;

/// Reads `90s`, `30m`, `1h` or `7d`.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let refused = || format!("`{text}` is not a time such as 90s, 30m, 1h or 7d");
    let unit_seconds = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 24 * 3600,
        _ => return Err(refused()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| refused())?;
    match count.checked_mul(unit_seconds) {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("30m", Some(1800)),
            ("1h", Some(3600)),
            ("7d", Some(604_800)),
            ("0s", None),
            ("1", None),
            ("h", None),
            ("-1h", None),
            ("1 h", None),
            ("é", None),
            ("99999999999999999999d", None),
            ("9999999999999999999d", None),
            ("", None),
        ] {
            assert_eq!(parse_span(text).ok().map(|span| span.as_secs()), seconds, "{text}");
        }
    }
}
