//! What the statuses of SIP say, in the words of its registry: a call that is told of keeps the number alone, since anybody may write what
//! they like beside it.

/// In the order of their numbers (RFC 3261, section 21; RFC 4028; RFC 8197; RFC 8688).
const PHRASES: [(u16, &str); 48] = [
    (200, "OK"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Moved Temporarily"),
    (305, "Use Proxy"),
    (380, "Alternative Service"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (410, "Gone"),
    (413, "Request Entity Too Large"),
    (414, "Request-URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Unsupported URI Scheme"),
    (420, "Bad Extension"),
    (421, "Extension Required"),
    (422, "Session Interval Too Small"),
    (423, "Interval Too Brief"),
    (480, "Temporarily Unavailable"),
    (481, "Call/Transaction Does Not Exist"),
    (482, "Loop Detected"),
    (483, "Too Many Hops"),
    (484, "Address Incomplete"),
    (485, "Ambiguous"),
    (486, "Busy Here"),
    (487, "Request Terminated"),
    (488, "Not Acceptable Here"),
    (491, "Request Pending"),
    (493, "Undecipherable"),
    (500, "Server Internal Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Server Time-out"),
    (505, "Version Not Supported"),
    (513, "Message Too Large"),
    (600, "Busy Everywhere"),
    (603, "Decline"),
    (604, "Does Not Exist Anywhere"),
    (606, "Not Acceptable"),
    (607, "Unwanted"),
    (608, "Rejected"),
];

/// What a final status says; `None` of one that the registry does not have.
pub(super) fn of(status: u16) -> Option<&'static str> {
    let found = PHRASES.binary_search_by_key(&status, |(known, _)| *known);
    found.ok().map(|index| PHRASES[index].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_found() {
        for (status, phrase) in PHRASES {
            assert_eq!(of(status), Some(phrase), "they stand in order");
        }
        assert_eq!(of(499), None);
    }
}
