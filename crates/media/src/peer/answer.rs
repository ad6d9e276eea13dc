//! What is said in an answer in another way than str0m says it: clients go by it.

use std::borrow::Cow;

/// Says in an answer that no further candidates come (RFC 8838 §8.2): some clients try none before they have read that.
pub(super) fn with_end_of_candidates(answer: &str) -> String {
    let mut said = String::with_capacity(answer.len() + 512);
    let mut lines = answer.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        said.push_str(line);
        let is_candidate = |line: &str| line.starts_with("a=candidate:");
        if is_candidate(line) && !lines.peek().is_some_and(|next| is_candidate(next)) {
            said.push_str("a=end-of-candidates\r\n");
        }
    }
    said
}

/// Names the codecs of an answer in the order in which they were offered, as RFC 3264 §6.1 recommends and the WebRTC stack does not. A
/// browser sends redundancy only if that is named before what it is of.
pub(super) fn in_offered_order(answer: &str, offer: &str) -> String {
    let mut offered = offer.lines().filter(|line| line.starts_with("m="));
    let lines = answer.split_inclusive("\r\n").map(|line| {
        let Some(offered) = line.strip_prefix("m=").and_then(|_| offered.next()) else {
            return Cow::Borrowed(line);
        };
        // What, port and protocol; then the payload types.
        let head: Vec<&str> = line.split_whitespace().take(3).collect();
        let mut types: Vec<&str> = line.split_whitespace().skip(3).collect();
        types.sort_by_key(|answered| {
            offered
                .split_whitespace()
                .skip(3)
                .position(|offered| offered == *answered)
        });
        Cow::Owned(format!("{} {}\r\n", head.join(" "), types.join(" ")))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::{in_offered_order, with_end_of_candidates};

    #[test]
    fn codecs_are_named_in_the_order_of_the_offer() {
        let check = |offer: &str, answer: &str, expected: &str| {
            let sdp = |lines: &str| lines.replace('/', "\r\n") + "\r\n";
            assert_eq!(in_offered_order(&sdp(answer), &sdp(offer)), sdp(expected));
        };
        check(
            "v=0/m=audio 9 UDP 63 111 0/m=video 9 UDP 96 97",
            "v=0/m=audio 9 UDP 111 63/a=x/m=video 9 UDP 97 96",
            "v=0/m=audio 9 UDP 63 111/a=x/m=video 9 UDP 96 97",
        );
        check(
            "v=0/m=a 9 DTLS x",
            "v=0/m=a 9 DTLS x/m=b 9 DTLS y",
            "v=0/m=a 9 DTLS x/m=b 9 DTLS y",
        );
    }

    #[test]
    fn candidates_end_where_the_last_one_is_told() {
        let check = |lines: &[&str], expected: &[&str]| {
            let sdp = |lines: &[&str]| lines.join("\r\n") + "\r\n";
            assert_eq!(with_end_of_candidates(&sdp(lines)), sdp(expected));
        };
        let (one, two, end) = (
            "a=candidate:1 1 udp 1 ::1 9 typ host",
            "a=candidate:2 1 udp 1 127.0.0.1 9 typ host",
            "a=end-of-candidates",
        );
        check(
            &["v=0", "m=audio", one, two, "a=mid:0", "m=video", one],
            &["v=0", "m=audio", one, two, end, "a=mid:0", "m=video", one, end],
        );
        check(&["v=0", "m=audio", "a=mid:0"], &["v=0", "m=audio", "a=mid:0"]);
    }
}
