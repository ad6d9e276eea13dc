//! A program that hears the call and speaks to it, until either leaves.

use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(super) struct Streaming {
    /// Its whole name.
    stream: String,
    next_uri: Option<String>,
    /// Since when the two hear each other.
    since_us: Option<i64>,
}

impl Streaming {
    pub(super) fn new(stream: String, next_uri: Option<String>) -> Streaming {
        Streaming {
            stream,
            next_uri,
            since_us: None,
        }
    }

    pub(super) fn connected(&mut self, now_us: i64) {
        self.since_us.get_or_insert(now_us);
    }

    /// Who is told, if anybody, and what: in the words of a connection with a telephone.
    pub(super) fn result(self, now_us: i64) -> (Option<String>, BTreeMap<String, String>) {
        let length_us = self.since_us.map_or(0, |since_us| now_us - since_us);
        let parameters = [
            ("action", "STREAM".to_owned()),
            ("stream", self.stream),
            ("bridged", self.since_us.is_some().to_string()),
            ("durationSeconds", ((length_us + 500_000) / 1_000_000).to_string()),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
        (self.next_uri, parameters.into())
    }
}
