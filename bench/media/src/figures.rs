//! What was measured, and how it is told.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::{Threads, reading::Reading};

/// Who forwards less than this of what the other forwards has too little of the machine for it.
const KEEPS_UP: f64 = 0.95;

/// Of one scenario.
pub(crate) struct Figures {
    pub(crate) estimates: bool,
    pub(crate) threads: Threads,
    /// What the floor takes for a packet; nothing where none is forwarded.
    pub(crate) bare_us: Option<f64>,
    pub(crate) ours: Cost,
    /// Nothing if it was not asked for.
    pub(crate) compared: Option<Compared>,
    /// Nothing if it was not asked for, and why not if it did not last.
    pub(crate) janus: Option<Result<Cost>>,
}

/// The same in other ways.
pub(crate) struct Compared {
    /// With estimation, if it was without, or the other way round.
    pub(crate) otherwise_estimated: Cost,
    /// Over two threads, and not on one.
    pub(crate) over_two: Cost,
}

/// What it cost whoever held the meeting.
pub(crate) struct Cost {
    us_per_packet: f64,
    core_share: f64,
    packets_per_s: f64,
    delays_us: Vec<u32>,
    subscriber_bytes: f64,
    join_ms: f64,
    datagrams_in_per_packet: f64,
    unsent: u64,
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2 to the 52")]
impl Cost {
    pub(crate) fn between(
        empty: &Reading,
        joined: &Reading,
        people: usize,
        readings: &[Reading],
        elapsed: Duration,
    ) -> Result<Cost> {
        let ([from, ..], [.., to]) = (readings, readings) else {
            bail!("nothing was measured");
        };
        // Whatever else the machine does hits one second or another, so what counts is the middle one.
        let mut us: Vec<f64> = readings
            .windows(2)
            .map(|pair| pair[0].us_per_packet(&pair[1]))
            .collect();
        us.sort_by(f64::total_cmp);
        let (people, packets) = (people as f64, (to.forwarded - from.forwarded) as f64);
        let used_ns = (to.media_ns - from.media_ns) as f64;
        Ok(Cost {
            us_per_packet: us.get(us.len() / 2).copied().unwrap_or_default(),
            core_share: used_ns / 1e9 / elapsed.as_secs_f64(),
            packets_per_s: packets / elapsed.as_secs_f64(),
            delays_us: vec![],
            subscriber_bytes: (to.resident_bytes as f64 - empty.resident_bytes as f64) / people,
            join_ms: (joined.process_ns - empty.process_ns) as f64 / 1e6 / people,
            datagrams_in_per_packet: (to.datagrams_in - from.datagrams_in) as f64 / packets,
            unsent: to.unsent - from.unsent,
        })
    }

    pub(crate) fn with_delays(self, mut delays_us: Vec<u32>) -> Cost {
        delays_us.sort_unstable();
        Cost { delays_us, ..self }
    }

    #[expect(clippy::print_stdout, reason = "a benchmark speaks on the console")]
    fn print_packets(&self, bare_us: f64) {
        println!(
            "  Sederunt  {:>8.2} µs of media threads per packet forwarded",
            self.us_per_packet
        );
        println!("  floor     {bare_us:>8.2} µs  a loop that seals with AES-128-GCM and sends with GSO");
        println!("  ratio     {:>8.2}     aim: 2.0 or less", self.us_per_packet / bare_us);
        println!(
            "  load      {:>8.0} packets/s, {:.1} % of a core; {} datagrams were not taken, {:.2} came in for each packet",
            self.packets_per_s,
            self.core_share * 100.0,
            self.unsent,
            self.datagrams_in_per_packet
        );
        if let Some((half_ms, most_ms)) = self.delays_ms() {
            println!(
                "  delay     {half_ms:>8.2} ms p50, {most_ms:.2} ms p99, from socket to socket     aim: p99 under 2 ms"
            );
        }
    }

    /// How long packets were under way, of half of them and of all but one in a hundred.
    fn delays_ms(&self) -> Option<(f64, f64)> {
        let at = |share: usize| {
            let index = (self.delays_us.len() * share / 100).saturating_sub(1);
            Some(f64::from(*self.delays_us.get(index)?) / 1_000.0)
        };
        Some((at(50)?, at(99)?))
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark speaks on the console")]
impl Figures {
    pub(crate) fn print(&self, name: &str, what: &str) {
        let estimated = if self.estimates { ", networks estimated" } else { "" };
        let rooms = match self.threads {
            Threads { count, spread: true } => format!(", in one room over {count} media threads"),
            Threads { count, .. } if count > 1 => format!(", in each of {count} rooms on as many media threads"),
            _ => String::new(),
        };
        println!("media {name}: {what}{estimated}{rooms}");
        let ours = &self.ours;
        match self.bare_us {
            Some(bare_us) => ours.print_packets(bare_us),
            None => println!("  idle      {:>8.2} % of a core     aim: 1", ours.core_share * 100.0),
        }
        println!(
            "  memory    {:>8.0} kB per participant, resent video included     aim: 150 without",
            ours.subscriber_bytes / 1e3
        );
        println!("  join      {:>8.2} ms of processor time     aim: 5", ours.join_ms);
        if let Some(compared) = &self.compared {
            self.print_compared(compared);
        }
        match &self.janus {
            Some(Ok(janus)) => self.print_beside(janus),
            Some(Err(error)) => println!("  Janus     did not last: {error:#}"),
            None => {}
        }
        println!();
    }

    fn print_compared(&self, compared: &Compared) {
        let Compared {
            otherwise_estimated: other,
            over_two,
        } = compared;
        let over_one = &self.ours;
        let (with, without) = if self.estimates {
            (&self.ours, other)
        } else {
            (other, &self.ours)
        };
        println!(
            "  estimated {:>8.2}     {:.2} µs with estimation and {:.2} without",
            with.us_per_packet / without.us_per_packet,
            with.us_per_packet,
            without.us_per_packet
        );
        println!(
            "  spread    {:>8.2}     {:.2} µs over two threads and {:.2} on one, {:.2} times as many packets/s",
            over_two.us_per_packet / over_one.us_per_packet,
            over_two.us_per_packet,
            over_one.us_per_packet,
            over_two.packets_per_s / over_one.packets_per_s
        );
    }

    fn print_beside(&self, janus: &Cost) {
        println!(
            "  Janus     {:>8.2} µs of its process per packet received; ours is {:.2} of that     aim: 0.10 or less",
            janus.us_per_packet,
            self.ours.us_per_packet / janus.us_per_packet
        );
        let share = janus.packets_per_s / self.ours.packets_per_s;
        println!(
            "            {:>8.0} packets/s, {:.1} % of a core{}",
            janus.packets_per_s,
            janus.core_share * 100.0,
            if share < KEEPS_UP {
                format!(
                    "; {:.0} % of what ours forwarded: it did not keep up on this machine",
                    share * 100.0
                )
            } else {
                String::new()
            }
        );
        if let Some((half_ms, most_ms)) = janus.delays_ms() {
            println!("            {half_ms:>8.2} ms p50, {most_ms:.2} ms p99");
        }
        println!(
            "            {:>8.0} kB per participant, {:.2} ms of processor time per join",
            janus.subscriber_bytes / 1e3,
            janus.join_ms
        );
    }
}
