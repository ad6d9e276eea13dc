//! What happens in random meetings: people come on several devices, leave, come back, fall silent, are put out, and servers are killed.

use crate::hall::{Hall, Seat, anonymous, arrival, signed_in};
use meeting::{Input, LostReason, Micros, SessionId};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

/// What happens, to whom, and how many microseconds after what was before.
pub(crate) type Step = (u8, u64, i64);

/// Steps of a meeting.
pub(crate) fn steps(runner: &mut TestRunner) -> Vec<Step> {
    let steps = proptest::collection::vec((0..10_u8, 0..4_u64, 1..30_000_000_i64), 1..40);
    steps.new_tree(runner).expect("steps").current()
}

/// Lets things happen from a time on, until everybody has left, and says when what came of it is due.
pub(crate) async fn live_through(hall: &mut Hall, begin: Micros, steps: Vec<Step>) -> Micros {
    let mut now = begin;
    let (mut seats, mut guests) = (Vec::<Seat>::new(), Vec::new());
    for (what, who, wait_us) in steps {
        now = now.plus_us(wait_us);
        let live = hall.space.conference().map(meeting::Conference::live_sessions);
        let live: Vec<SessionId> = live.into_iter().flatten().map(|(session, _)| session.clone()).collect();
        let one = usize::try_from(who).expect("small");
        let seat = seats.iter().find(|seat| Some(&seat.session) == live.get(one)).cloned();
        let input = match (what, seat) {
            (0..3, _) => {
                seats.extend(hall.come_in_or_knock(arrival(signed_in(2 + who), None), now).await);
                continue;
            }
            (3 | 4, _) => {
                let before = guests.get(one).copied();
                let seat = hall.come_in_or_knock(arrival(anonymous("Zoe"), before), now).await;
                guests.extend(seat.as_ref().map(|seat| seat.secret));
                seats.extend(seat);
                continue;
            }
            (5, Some(seat)) => Input::Leave {
                session: seat.session,
                secret: seat.secret,
            },
            (6, Some(seat)) => Input::Lost {
                session: seat.session,
                last_sign_of_life: now.plus_us(-wait_us / 2),
                reason: LostReason::Silent,
            },
            (7, Some(seat)) => Input::Remove {
                participant: seat.participant,
            },
            (8, _) => Input::Restart,
            (9, Some(_)) if who == 0 => Input::EndConference,
            _ => Input::Tick,
        };
        // That a host cannot put out somebody who has gone is no matter here.
        let _ = hall.give(input, now).await;
    }
    let _ = hall.give(Input::EndConference, now).await;
    assert!(hall.space.conference().is_none());
    now.plus_us(register::limits::PUBLISHED_AFTER_US)
}
