//! When somebody was there, which is what a report of attendance counts.
//!
//! A person may be there on several devices at once, each a session of its own. They are there once: sessions that overlap, or of
//! which one begins as the other ends, are one stretch of presence. Reports have whole seconds; each stretch has those that the
//! whole has grown by, so that the stretches add up to the whole, and no rejoin costs or gains a second.

use meeting::Micros;

use crate::{ParticipantRecord, Query, Register, RegisterError, participant_sessions::PARTICIPANT_SESSIONS};

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

/// A stretch of time at which somebody was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// When they came.
    pub start: Micros,
    /// When they were gone.
    pub end: Micros,
    /// What it counts for.
    pub seconds: i64,
}

/// The stretches that sessions make, in the order of time. A session is its start and its end, and they come in any order.
fn presences(mut sessions: Vec<(Micros, Micros)>) -> Vec<Presence> {
    sessions.sort_unstable();
    let mut stretches: Vec<(Micros, Micros)> = Vec::new();
    for (start, end) in sessions {
        match stretches.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => stretches.push((start, end)),
        }
    }
    let mut whole_us = 0;
    let counted = stretches.into_iter().map(|(start, end)| {
        let before_us = whole_us;
        whole_us += end.0.saturating_sub(start.0).max(0);
        Presence {
            start,
            end,
            seconds: whole_us / MICROSECONDS_PER_SECOND - before_us / MICROSECONDS_PER_SECOND,
        }
    });
    counted.collect()
}

impl Register {
    /// When a participant was in a conference that is over: all of it, however often they came.
    pub async fn presence(
        &self,
        participant: &ParticipantRecord,
        conference_end: Micros,
        now: Micros,
    ) -> Result<Vec<Presence>, RegisterError> {
        let mut sessions = Vec::new();
        let mut page_token = String::new();
        loop {
            let query = Query {
                page_size: PARTICIPANT_SESSIONS.sizes.max.into(),
                page_token: &page_token,
                now,
                ..Query::default()
            };
            let page = self
                .participant_sessions_page(&participant.conference, &participant.id, &query)
                .await?;
            let both = |start: Micros, end: Option<Micros>| (start, end.unwrap_or(conference_end));
            sessions.extend(page.items.iter().map(|session| both(session.start, session.end)));
            match page.next_page_token {
                Some(next) => page_token = next,
                None => return Ok(presences(sessions)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Times are in tenths of a second.
    #[test]
    fn devices_that_are_there_together_count_once() {
        for (sessions, expected) in [
            (&[][..], &[][..]),
            (&[(0, 100)], &[(0, 100, 10)]),
            (&[(0, 0)], &[(0, 0, 0)]),
            // Two devices, one after the other, and a gap.
            (&[(0, 100), (50, 150)], &[(0, 150, 15)]),
            (&[(50, 60), (0, 100)], &[(0, 100, 10)]),
            (&[(0, 100), (100, 200)], &[(0, 200, 20)]),
            (&[(101, 200), (0, 100)], &[(0, 100, 10), (101, 200, 9)]),
            // Three times 1.4 s are 4.2 s.
            (&[(0, 14), (20, 34), (40, 54)], &[(0, 14, 1), (20, 34, 1), (40, 54, 2)]),
        ] {
            let us = |tenths: i64| Micros(tenths * 100_000);
            let sessions = sessions.iter().map(|(start, end)| (us(*start), us(*end))).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(start, end, seconds)| Presence {
                    start: us(*start),
                    end: us(*end),
                    seconds: *seconds,
                })
                .collect();
            assert_eq!(presences(sessions), expected);
        }
    }

    proptest! {
        #[test]
        fn presence_is_what_at_least_one_device_was_there_for(
            sessions in prop::collection::vec((0..60_i64, 0..20_i64), 0..8),
        ) {
            let us = |seconds: i64| Micros(seconds * MICROSECONDS_PER_SECOND);
            let given = sessions.iter().map(|(start, length)| (us(*start), us(start + length))).collect();
            let found = presences(given);
            let covered = |second: i64| sessions.iter().any(|(start, length)| (*start..start + length).contains(&second));
            let there = i64::try_from((0..80).filter(|second| covered(*second)).count()).expect("few");
            prop_assert_eq!(found.iter().map(|one| one.seconds).sum::<i64>(), there);
            prop_assert!(found.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
