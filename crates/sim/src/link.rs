//! The network between the devices and the server: datagrams under way, and the weather they travel in.
//!
//! Each datagram rolls the dice for itself, in the order in which it was sent: whether it is lost, whether it arrives twice,
//! and how long it takes. Those that take longer are overtaken, so reordering is nothing of its own.
//!
//! The last mile to a device may be narrow: then datagrams wait for each other, and those are lost that would wait too long.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use fastrand::Rng;

use crate::limits;

/// What happens to datagrams.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// So many of a hundred are lost.
    pub(crate) lost_percent: u8,
    /// So many of a hundred arrive twice.
    pub(crate) doubled_percent: u8,
    /// How long one takes.
    pub(crate) delay_ms: RangeInclusive<u64>,
}

/// A network that does what networks should.
pub(crate) const CALM: Weather = Weather {
    lost_percent: 0,
    doubled_percent: 0,
    delay_ms: 5..=5,
};

/// A datagram under way.
pub(crate) struct Parcel {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) contents: Vec<u8>,
}

/// A narrow last mile.
struct Mile {
    bytes_per_second: u32,
    /// When it has carried what was sent so far.
    free: Instant,
}

/// The network.
pub(crate) struct Link {
    pub(crate) weather: Weather,
    dice: Rng,
    narrow: BTreeMap<SocketAddr, Mile>,
    /// By the time of arrival; the number tells apart what arrives at once.
    under_way: BTreeMap<(Instant, u64), Parcel>,
    sent: u64,
}

impl Link {
    pub(crate) fn new(dice: Rng) -> Link {
        Link {
            weather: CALM,
            dice,
            narrow: BTreeMap::new(),
            under_way: BTreeMap::new(),
            sent: 0,
        }
    }

    pub(crate) fn send(&mut self, from: SocketAddr, to: SocketAddr, contents: &[u8], now: Instant) {
        let copies = 1 + usize::from(self.rolls(self.weather.doubled_percent));
        for _ in 0..copies {
            if self.rolls(self.weather.lost_percent) {
                continue;
            }
            self.sent += 1;
            let delay = Duration::from_millis(self.dice.u64(self.weather.delay_ms.clone()));
            let Some(wait) = self.wait(to, contents.len(), now) else {
                continue;
            };
            let arrival = now + wait + delay;
            let contents = contents.to_vec();
            self.under_way
                .insert((arrival, self.sent), Parcel { from, to, contents });
        }
    }

    /// The next datagram that has arrived by now.
    pub(crate) fn arrived(&mut self, now: Instant) -> Option<Parcel> {
        let first = self.under_way.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next datagram arrives.
    pub(crate) fn next_arrival(&self) -> Option<Instant> {
        self.under_way.first_key_value().map(|((arrival, _), _)| *arrival)
    }

    /// From now on so much reaches an address in a second.
    pub(crate) fn narrow(&mut self, to: SocketAddr, bytes_per_second: u32, now: Instant) {
        let mile = Mile {
            bytes_per_second,
            free: now,
        };
        self.narrow.insert(to, mile);
    }

    /// How long so many bytes are on the last mile; `None` if it cannot take them.
    fn wait(&mut self, to: SocketAddr, bytes: usize, now: Instant) -> Option<Duration> {
        let Some(mile) = self.narrow.get_mut(&to) else {
            return Some(Duration::ZERO);
        };
        let begin = mile.free.max(now);
        if begin - now > limits::MILE_BUFFER {
            return None;
        }
        let bytes = u32::try_from(bytes).expect("datagrams are short");
        mile.free = begin + Duration::from_secs(1) * bytes / mile.bytes_per_second;
        Some(mile.free - now)
    }

    fn rolls(&mut self, percent: u8) -> bool {
        percent > 0 && self.dice.u8(0..100) < percent
    }
}
