//! The layers of one picture: the same camera at several sizes (spatial), each of which can be thinned out (temporal).
//!
//! A publisher sends each size as a stream of its own. Which of them there are is not what its offer promised but what comes: a
//! browser leaves out the large ones when its way up is narrow, and those that nobody wants are paused here. So a layer is known by
//! its first packet, its size by its keyframes, its rate by counting whole seconds; and it has stopped when others of its source go on without
//! it for [`limits::LAYER_SILENCE`]. A source of which nothing comes at all has not changed: its camera is off, or paused as a whole.
//!
//! **What is wanted of a publisher** is the union of what its viewers need. A layer is asked for at once, and given up only when
//! nobody has needed it for a whole second of [`Layers::keep`], so a tile that is dragged about does not stop and start an encoder.
//! A layer that has never been seen is always wanted where anybody watches, because nobody can say yet that it does not fit.
//!
//! **The layer that fits** a canvas is the smallest that is no smaller: [`fitting`].

#[cfg(test)]
mod tests;

use quality::Picture;

use crate::{
    core::{Time, keyframes::Keyframes, line::Incoming, rate::Rate},
    limits,
};

/// One layer of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Layer {
    /// Which size, from 0 for the smallest.
    pub spatial: u8,
    /// Up to which temporal layer, from 0 for the fewest pictures a second.
    pub temporal: u8,
}

/// A layer that can be had of a publisher, and what it was when it was measured last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Which one it is.
    pub layer: Layer,
    /// 0 while it is not known, as is the height.
    pub width: u16,
    /// See `width`.
    pub height: u16,
    /// Of this layer and those temporal ones that it needs, over the last second in which there was anything of it.
    pub bits_per_second: u64,
}

/// The size of a canvas, in pixels. Both are 0 where a client does not say: as large as there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The larger of two.
    pub(crate) fn or_larger(self, other: Size) -> Size {
        if self.is_any() || self.pixels() >= other.pixels() && !other.is_any() {
            self
        } else {
            other
        }
    }

    /// This, but no larger than a most; a size that is not said is the most itself.
    pub(crate) fn within(self, most: Size) -> Size {
        if most.is_any() || !self.is_any() && self.pixels() <= most.pixels() {
            self
        } else {
            most
        }
    }

    fn is_any(self) -> bool {
        self.pixels() == 0
    }

    /// Whether a picture fills it. A tenth too few in each direction is not seen, and the next layer costs four times as much.
    fn is_filled_by(self, width: u16, height: u16) -> bool {
        !self.is_any() && u64::from(width) * u64::from(height) * 5 >= self.pixels() * 4
    }
}

/// The smallest layer that is no smaller than the canvas, with all its pictures; the largest if none is large enough.
pub(crate) fn fitting(layers: &[Sent], canvas: Size) -> Option<Layer> {
    let fills = |sent: &&Sent| canvas.is_filled_by(sent.width, sent.height);
    let spatial = layers.iter().find(fills).or(layers.last())?.layer.spatial;
    let of_size = layers.iter().filter(|sent| sent.layer.spatial == spatial);
    of_size.map(|sent| sent.layer).max()
}

/// A set of sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spatials(u8);

impl Spatials {
    pub(crate) const NONE: Spatials = Spatials(0);

    /// The first so many.
    pub(crate) fn first(count: usize) -> Spatials {
        (0..count).map(spatial).fold(Spatials::NONE, Spatials::with)
    }

    pub(crate) fn with(self, spatial: u8) -> Spatials {
        Spatials(self.0 | 1 << spatial)
    }

    pub(crate) fn and(self, other: Spatials) -> Spatials {
        Spatials(self.0 | other.0)
    }

    pub(crate) fn common(self, other: Spatials) -> Spatials {
        Spatials(self.0 & other.0)
    }

    pub(crate) fn contains(self, spatial: u8) -> bool {
        self.0 & 1 << spatial != 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        (0..8).filter(move |spatial| self.contains(*spatial))
    }
}

/// What is known of the layers of one source.
#[derive(Debug)]
pub(crate) struct Layers {
    sizes: Vec<SizeOf>,
    /// What can be had, smallest first and of one size the thinnest first.
    available: Vec<Sent>,
    /// The sizes that the publisher was told to send: at first all that it has offered.
    asked: Spatials,
    /// What was needed in the second before this one.
    needed: Spatials,
    /// What a recording is given.
    best: Option<u8>,
    /// What can be had has changed since everybody's lines were thought over.
    is_news: bool,
    /// How often this source may make them be thought over.
    changes: Rate,
}

/// Bits per second of each temporal layer and those below it.
type Rates = [u64; limits::TEMPORAL_LAYERS];

/// One size.
#[derive(Debug, Default)]
struct SizeOf {
    state: State,
    heard: Time,
    width: u16,
    height: u16,
    /// Of each temporal layer, since the second began.
    bytes: [u64; limits::TEMPORAL_LAYERS],
    /// Of each temporal layer and those that it needs, as it is believed: see [`SizeOf::second`].
    bits_per_second: Rates,
    /// The same as it was counted in the second before this one, if that was a whole one.
    counted: Option<Rates>,
    /// It has begun or stopped in this second, of which it says little.
    is_partial: bool,
    /// How many temporal layers were seen.
    temporal_layers: usize,
    keyframes: Keyframes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nothing of it has come yet.
    #[default]
    Unseen,
    /// It comes.
    Sent,
    /// It was told not to come, and would if it were told to.
    Paused,
    /// It was told to come, at this time.
    Starting(Time),
    /// It does not come, although nobody has told it not to.
    Stopped,
}

impl Layers {
    /// Of a source that has offered so many sizes.
    pub(crate) fn new(sizes: usize, now: Time) -> Layers {
        Layers {
            sizes: (0..sizes).map(|_| SizeOf::default()).collect(),
            available: vec![],
            asked: Spatials::first(sizes),
            needed: Spatials::first(sizes),
            best: None,
            is_news: false,
            changes: Rate::new(limits::LAYER_CHANGES, now),
        }
    }

    /// Whether its publisher can be told which sizes to send.
    pub(crate) fn can_be_asked(&self) -> bool {
        self.sizes.len() > 1
    }

    /// The sizes that the publisher is told to send.
    pub(crate) fn asked(&self) -> Spatials {
        self.asked
    }

    /// Whether the publisher was told to send less than it offers.
    pub(crate) fn is_thinned(&self) -> bool {
        self.can_be_asked() && self.asked != Spatials::first(self.sizes.len())
    }

    /// What can be had: what is sent, and what was paused here.
    pub(crate) fn available(&self) -> &[Sent] {
        &self.available
    }

    /// Whether a size is being sent.
    pub(crate) fn is_sent(&self, spatial: u8) -> bool {
        let size = self.sizes.get(usize::from(spatial));
        size.is_some_and(|size| size.state == State::Sent)
    }

    /// The size to show until this one comes: `current` if that is there, or else the next smaller one, or any.
    pub(crate) fn meanwhile(&self, spatial: u8, current: Option<u8>) -> u8 {
        let all = || {
            (0..self.sizes.len())
                .map(self::spatial)
                .filter(|other| self.is_sent(*other))
        };
        if self.is_sent(spatial) {
            return spatial;
        }
        let smaller = all().filter(|other| *other < spatial).max();
        let kept = current.filter(|current| self.is_sent(*current));
        kept.or(smaller).or(all().min()).unwrap_or(spatial)
    }

    /// What a canvas of a size needs of the publisher, whatever can be had: a size that has stopped may come again.
    pub(crate) fn deserved_by(&self, canvas: Size) -> Spatials {
        let of = |(spatial, size): (usize, &SizeOf)| (self::spatial(spatial), size.width, size.height, size.state);
        let all: Vec<_> = self.sizes.iter().enumerate().map(of).collect();
        let unseen = all.iter().filter(|(.., state)| *state == State::Unseen);
        let unseen = unseen.fold(Spatials::NONE, |set, (spatial, ..)| set.with(*spatial));
        let known = || all.iter().filter(|(.., state)| *state != State::Unseen);
        let fills = |(_, width, height, _): &&(u8, u16, u16, State)| canvas.is_filled_by(*width, *height);
        let fitting = known().find(fills).or(known().next_back());
        fitting.map_or(unseen, |(spatial, ..)| unseen.with(*spatial))
    }

    /// A packet came. True: what can be had has changed, and it is time to think over who gets what.
    pub(crate) fn arrived(&mut self, packet: &Incoming, now: Time) -> bool {
        let at = usize::from(packet.spatial);
        let Some(size) = self.sizes.get_mut(at) else {
            return false;
        };
        size.heard = now;
        let temporal = usize::from(packet.temporal.layer).min(limits::TEMPORAL_LAYERS - 1);
        size.bytes[temporal] += packet.bytes as u64;
        let mut is_changed = size.state != State::Sent || temporal >= size.temporal_layers;
        size.is_partial |= size.state != State::Sent;
        size.state = State::Sent;
        size.temporal_layers = size.temporal_layers.max(temporal + 1);
        if let Some(Picture { width, height }) = packet.size {
            is_changed |= (size.width, size.height) != (width, height);
            (size.width, size.height) = (width, height);
        }
        for (other, size) in self.sizes.iter_mut().enumerate() {
            if size.state == State::Sent && now.saturating_sub(size.heard) > limits::LAYER_SILENCE {
                size.state = if self.asked.contains(spatial(other)) {
                    State::Stopped
                } else {
                    State::Paused
                };
                size.is_partial = true;
                is_changed = true;
            }
        }
        if is_changed {
            self.gather();
            self.is_news = true;
        }
        let is_due = self.is_news && self.changes.take(now);
        self.is_news &= !is_due;
        is_due
    }

    /// A packet of a size passed. True: the publisher is to be asked for a keyframe of it now.
    pub(crate) fn passed(&mut self, spatial: u8, starts_keyframe: bool, now: Time) -> bool {
        let size = self.sizes.get_mut(usize::from(spatial));
        size.is_some_and(|size| size.keyframes.passed(starts_keyframe, now))
    }

    /// Somebody needs a keyframe of a size. True: the publisher is to be asked for it now.
    pub(crate) fn want_keyframe(&mut self, spatial: u8, now: Time) -> bool {
        let size = self.sizes.get_mut(usize::from(spatial));
        size.is_some_and(|size| size.keyframes.want(now))
    }

    /// Whether a packet of a size belongs into a recording: it is given the largest that comes, and another one from a keyframe on.
    pub(crate) fn is_best(&mut self, spatial: u8, starts_keyframe: bool) -> bool {
        if self.best.is_none() || starts_keyframe {
            self.best = self.largest().filter(|largest| *largest == spatial).or(self.best);
        }
        self.best == Some(spatial)
    }

    /// The largest that comes.
    pub(crate) fn largest(&self) -> Option<u8> {
        let all = (0..self.sizes.len()).map(spatial);
        all.filter(|spatial| self.is_sent(*spatial)).max()
    }

    /// A recording waits for a keyframe of this size.
    pub(crate) fn better(&self) -> Option<u8> {
        self.largest().filter(|largest| self.best != Some(*largest))
    }

    /// Somebody needs these. True: the publisher is to be told.
    pub(crate) fn ask(&mut self, needed: Spatials, now: Time) -> bool {
        let needed = needed.common(Spatials::first(self.sizes.len()));
        self.needed = self.needed.and(needed);
        let asked = self.asked.and(needed);
        if asked == self.asked {
            return false;
        }
        self.asked = asked;
        for (other, size) in self.sizes.iter_mut().enumerate() {
            if size.state == State::Paused && asked.contains(spatial(other)) {
                size.state = State::Starting(now);
            }
        }
        self.gather();
        true
    }

    /// A second is over, and these are needed at its end. True: the publisher is to be told, or can give less than it could.
    pub(crate) fn keep(&mut self, needed: Spatials, now: Time) -> bool {
        let needed = needed.common(Spatials::first(self.sizes.len()));
        let before = (self.asked, self.available.len());
        if self.can_be_asked() {
            self.asked = self.asked.common(needed.and(self.needed));
        }
        self.needed = needed;
        for (other, size) in self.sizes.iter_mut().enumerate() {
            size.second();
            size.state = match size.state {
                State::Sent | State::Starting(_) if !self.asked.contains(spatial(other)) => State::Paused,
                State::Starting(since) if now.saturating_sub(since) > limits::LAYER_STARTING => State::Stopped,
                state => state,
            };
        }
        self.gather();
        before != (self.asked, self.available.len())
    }

    fn gather(&mut self) {
        self.available.clear();
        for (at, size) in self.sizes.iter().enumerate() {
            if matches!(size.state, State::Unseen | State::Stopped) {
                continue;
            }
            for temporal in 0..size.temporal_layers {
                self.available.push(Sent {
                    layer: Layer {
                        spatial: spatial(at),
                        temporal: spatial(temporal),
                    },
                    width: size.width,
                    height: size.height,
                    bits_per_second: size.bits_per_second[temporal],
                });
            }
        }
    }
}

impl SizeOf {
    /// Takes what a second has counted for what the layers cost, but for two things that would make one seem cheap or dear and be
    /// taken back a second later. A second in which the size began or stopped counts only if nothing else is known. And of two
    /// seconds the smaller one counts, because the keyframe with which every switch begins is not what a layer goes on to cost: for
    /// each layer by itself, as an encoder that keeps to a rate takes from the others what it has spent on the keyframe.
    fn second(&mut self) {
        let mut sum = 0;
        let counted: Rates = std::mem::take(&mut self.bytes).map(|bytes| {
            sum += bytes * 8;
            sum
        });
        let is_partial = std::mem::take(&mut self.is_partial);
        if sum == 0 {
            return;
        }
        if is_partial {
            self.counted = None;
            if self.bits_per_second == Rates::default() {
                self.bits_per_second = counted;
            }
            return;
        }
        let before = self.counted.replace(counted).unwrap_or(counted);
        self.bits_per_second = std::array::from_fn(|layer| before[layer].min(counted[layer]));
    }
}

/// The number of the size at a place, of which there are only so many.
fn spatial(place: usize) -> u8 {
    u8::try_from(place).expect("an offer has few layers")
}
