//! A stream that arrives: the uplink.
//!
//! Every sequence number is settled once, in one window: it came, it came after it was sent again, or it is lost. It is settled
//! one to two seconds after a later one came, which is longer than any player waits, so what is late in that time is not
//! lost, in whatever order it comes. Sums over windows are therefore exact, and no loss is ever taken back. Where the sequence
//! jumps by more than [`limits::DROPOUT`] the stream was started anew and nothing was lost in between (RFC 3550 §A.1).
//!
//! What was sent again is late for another reason than the network, so only packets that came by themselves tell of its pace
//! ([`Pace`]).

#[cfg(test)]
mod tests;

use crate::{
    filling::{Filling, Transport, is_spoiled},
    limits,
    numbers::Numbers,
    pace::Pace,
    packet::Arrival,
    window::Window,
};

/// What is known of a stream that arrives.
#[derive(Debug)]
pub struct Receiving {
    filling: Filling,
    pace: Pace,
    /// The sequence numbers that are not settled: from the first of these two, up to before the second.
    settled: u64,
    next: u64,
    /// Where `next` was when the last second ended.
    next_before: u64,
    came: Numbers,
    came_again: Numbers,
    /// Nothing is settled yet, so what came before the first is taken in.
    is_new: bool,
    /// The length of the run of losses at the end of what is settled.
    run: u64,
    /// `expected`, `lost` and `packets` at the last second.
    before: (u64, u64, u64),
}

impl Receiving {
    /// A stream of which a packet came now.
    pub fn new(now_us: i64) -> Receiving {
        Receiving {
            filling: Filling::new(now_us),
            pace: Pace::default(),
            settled: 0,
            next: 0,
            next_before: 0,
            came: Numbers::default(),
            came_again: Numbers::default(),
            is_new: true,
            run: 0,
            before: (0, 0, 0),
        }
    }

    /// A packet came.
    pub fn arrived(&mut self, packet: &Arrival<'_>, now_us: i64) {
        if !self.note(packet.sequence, packet.is_resent) {
            return;
        }
        if !packet.is_resent {
            self.filling.packet(packet.bytes, now_us);
            let clock_rate_hz = packet.content.codec.clock_rate_hz();
            let is_late = self.pace.came(packet.timestamp, clock_rate_hz, now_us);
            self.filling.figures.late += u64::from(is_late);
        }
        if packet.is_forwarded {
            self.filling.content(packet.content);
        }
    }

    /// The jitter of RFC 3550 §A.8 as it is now, for whoever reports it to the sender.
    pub fn jitter_us(&self) -> u64 {
        self.pace.jitter_us()
    }

    /// It was asked for a picture that needs no other one.
    pub fn keyframe_requested(&mut self) {
        self.filling.figures.keyframe_requests += 1;
    }

    /// A second is over.
    pub fn second(&mut self, now_us: i64) {
        self.settle(self.next_before);
        self.next_before = self.next;
        let figures = &mut self.filling.figures;
        let (expected, lost, packets) = self.before;
        if figures.packets > packets {
            let jitter_us = self.pace.jitter_us();
            figures.jitter_us.take(jitter_us);
            let is_spoiled = is_spoiled(figures.lost - lost, figures.expected - expected, jitter_us);
            figures.spoiled.take(is_spoiled);
        }
        self.before = (figures.expected, figures.lost, figures.packets);
        self.filling.second(now_us);
    }

    /// What was measured, and the next window begins; `None` if it was nothing.
    pub fn take(&mut self, now_us: i64, transport: &Transport) -> Option<Window> {
        self.before = (0, 0, 0);
        self.filling.take(now_us, transport)
    }

    /// The same at the end of the stream: nothing is waited for any more.
    pub fn close(&mut self, now_us: i64, transport: &Transport) -> Option<Window> {
        self.settle(self.next);
        self.take(now_us, transport)
    }

    /// Notes that a number came; false if it had come before, or comes when it has long been settled.
    fn note(&mut self, sequence: u64, is_resent: bool) -> bool {
        let began = self.next > 0;
        let is_anew = !began || self.next.abs_diff(sequence) > limits::DROPOUT;
        if is_anew {
            self.settle(self.next);
            (self.settled, self.next, self.next_before) = (sequence, sequence, sequence);
            (self.is_new, self.run) = (true, 0);
        } else if sequence < self.settled {
            if !self.is_new || self.next - sequence > Numbers::COUNT {
                return false;
            }
            self.settled = sequence;
        }
        self.next = self.next.max(sequence.saturating_add(1));
        self.settle(self.next.saturating_sub(Numbers::COUNT));
        let is_repeated = self.came.has(sequence) || (is_resent && self.came_again.has(sequence));
        let numbers = if is_resent {
            &mut self.came_again
        } else {
            &mut self.came
        };
        numbers.set(sequence);
        !is_repeated
    }

    /// Settles the numbers before this one.
    fn settle(&mut self, end: u64) {
        let figures = &mut self.filling.figures;
        for sequence in self.settled..end {
            let (came, came_again) = (self.came.take(sequence), self.came_again.take(sequence));
            figures.expected += 1;
            if came {
                self.run = 0;
                continue;
            }
            self.run += 1;
            figures.lost += 1;
            figures.resent += u64::from(came_again);
            figures.bursts += u64::from(self.run == 1);
            figures.burst_max = figures.burst_max.max(self.run);
        }
        if self.settled < end {
            self.settled = end;
            self.is_new = false;
        }
    }
}
