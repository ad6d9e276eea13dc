//! A check of the network: what its client sends comes back, and nothing else.
//!
//! Whoever is about to join wants to know how a voice would get through, and that is found out by sending what a voice sends and
//! looking what comes back. So a check is a transport without a room: nobody is told of it, nothing is written down, and it is over
//! by itself. Strangers may have one, so it must be good for nothing else: it answers no more than it was sent, to nobody but whoever
//! has proved by a handshake to be there, in messages of a voice's size at a voice's pace. What is more is lost, as on a network.

use crate::{
    core::{Time, rate::Rate},
    limits,
};

/// One check.
#[derive(Debug)]
pub(crate) struct Echo {
    rate: Rate,
    ends: Time,
}

impl Echo {
    pub(crate) fn new(now: Time) -> Echo {
        Echo {
            rate: Rate::new(limits::ECHOES, now),
            ends: now + limits::CHECK_TIME,
        }
    }

    /// Whether a message of this length comes back.
    pub(crate) fn returns(&mut self, bytes: usize, now: Time) -> bool {
        bytes <= limits::ECHO_BYTES && !self.is_over(now) && self.rate.take(now)
    }

    /// Whether its time is over.
    pub(crate) fn is_over(&self, now: Time) -> bool {
        now >= self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_short_and_at_the_pace_of_a_voice_while_the_check_lasts() {
        let check = |messages: &[(u64, usize)], expected: usize| {
            let mut echo = Echo::new(Time::from_secs(5));
            let returned = messages
                .iter()
                .filter(|(ms, bytes)| echo.returns(*bytes, Time::from_secs(5) + Time::from_millis(*ms)));
            assert_eq!(returned.count(), expected);
        };
        let voice: Vec<_> = (0..250).map(|count| (count * 20, 160)).collect();
        check(&voice, 250);
        check(&[(0, limits::ECHO_BYTES), (1, limits::ECHO_BYTES + 1)], 1);
        check(&[(0, 160); 1000], limits::ECHOES.burst as usize);
        let life = u64::try_from(limits::CHECK_TIME.as_millis()).unwrap();
        check(&[(life - 1, 160), (life, 160)], 1);
    }
}
