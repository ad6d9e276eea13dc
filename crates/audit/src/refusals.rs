//! How many refusals are written: strangers choose how often they guess, and must not fill the disk with it.
//!
//! A minute has room for some lines of each address and of all together. What is beyond is counted, and the minute ends with a
//! line that says how many. The counts are in memory: a crash loses those of one minute, never a line.

use std::collections::HashMap;

use crate::limits::{CLIENTS_COUNTED_MAX, CLIENTS_MAX, REFUSALS_MAX, REFUSALS_PER_CLIENT_MAX};

const MINUTE_US: i64 = 60_000_000;

/// The refusals of this minute.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    end_us: i64,
    lines: u32,
    clients: HashMap<String, Count>,
    /// Of addresses beyond those that are told apart.
    others: u32,
}

#[derive(Debug, Default)]
struct Count {
    lines: u32,
    beyond: u32,
}

/// Refusals that had no line of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beyond {
    /// From where; `None` for many addresses.
    pub(crate) client: Option<String>,
    /// How many.
    pub(crate) times: u32,
}

impl Refusals {
    /// Somebody was refused: whether that is to have a line of its own.
    pub(crate) fn note(&mut self, client: &str, now_us: i64) -> bool {
        if self.end_us <= now_us {
            self.end_us = now_us.saturating_add(MINUTE_US);
        }
        if !self.clients.contains_key(client) && self.clients.len() >= CLIENTS_MAX {
            self.others = self.others.saturating_add(1);
            return false;
        }
        let count = self.clients.entry(client.to_owned()).or_default();
        let has_line = self.lines < REFUSALS_MAX && count.lines < REFUSALS_PER_CLIENT_MAX;
        if has_line {
            self.lines += 1;
            count.lines += 1;
        } else {
            count.beyond = count.beyond.saturating_add(1);
        }
        has_line
    }

    /// What was beyond the lines of a minute that is over, most first; nothing before that.
    pub(crate) fn take_over(&mut self, now_us: i64) -> Vec<Beyond> {
        if now_us < self.end_us {
            return Vec::new();
        }
        let ended = std::mem::take(self);
        let beyond = ended.clients.into_iter().filter(|(_, count)| count.beyond > 0);
        let mut beyond: Vec<Beyond> = beyond
            .map(|(client, count)| Beyond {
                client: Some(client),
                times: count.beyond,
            })
            .collect();
        beyond.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.client.cmp(&b.client)));
        let rest = beyond.split_off(beyond.len().min(CLIENTS_COUNTED_MAX));
        let others = rest.iter().fold(ended.others, |sum, one| sum.saturating_add(one.times));
        if others > 0 {
            beyond.push(Beyond {
                client: None,
                times: others,
            });
        }
        beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_US: i64 = 1_000_000;

    fn check(attempts: &[(&str, u32)], lines: u32, beyond: &[(Option<&str>, u32)]) {
        let mut refusals = Refusals::default();
        let mut written = 0;
        for (client, times) in attempts {
            for _ in 0..*times {
                written += u32::from(refusals.note(client, NOW_US));
            }
        }
        assert_eq!(written, lines, "{attempts:?}");
        assert_eq!(refusals.take_over(NOW_US + MINUTE_US - 1), [], "{attempts:?}");
        let over = refusals.take_over(NOW_US + MINUTE_US);
        let over: Vec<_> = over.iter().map(|one| (one.client.as_deref(), one.times)).collect();
        assert_eq!(over, beyond, "{attempts:?}");
        assert_eq!(refusals.take_over(NOW_US + 2 * MINUTE_US), [], "{attempts:?}");
        assert!(
            refusals.note("203.0.113.1", NOW_US + MINUTE_US),
            "the next minute has room again"
        );
    }

    #[test]
    fn who_has_a_line_and_who_is_counted() {
        check(&[], 0, &[]);
        check(&[("203.0.113.1", 5)], 5, &[]);
        check(&[("203.0.113.1", 6)], 5, &[(Some("203.0.113.1"), 1)]);
        check(
            &[("203.0.113.1", 6), ("203.0.113.2", 105)],
            10,
            &[(Some("203.0.113.2"), 100), (Some("203.0.113.1"), 1)],
        );
        check(
            &[("a", 5), ("b", 5), ("c", 5), ("d", 5), ("e", 5)],
            20,
            &[(Some("e"), 5)],
        );
    }

    #[test]
    fn many_addresses_are_counted_together() {
        let many: Vec<String> = (0..2 * CLIENTS_MAX)
            .map(|client| format!("client {client:04}"))
            .collect();
        let attempts: Vec<(&str, u32)> = many.iter().map(|client| (client.as_str(), 1)).collect();
        let mut refusals = Refusals::default();
        let lines = attempts
            .iter()
            .filter(|(client, _)| refusals.note(client, NOW_US))
            .count();
        assert_eq!(lines, REFUSALS_MAX as usize);
        let over = refusals.take_over(NOW_US + MINUTE_US);
        assert_eq!(over.len(), CLIENTS_COUNTED_MAX + 1);
        let counted: u32 = over.iter().map(|one| one.times).sum();
        assert_eq!(counted as usize + lines, 2 * CLIENTS_MAX);
    }
}
