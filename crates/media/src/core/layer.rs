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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::codec::{self, Temporal};

    fn sent(spatial: u8, temporal: u8, width: u16, height: u16) -> Sent {
        Sent {
            layer: Layer { spatial, temporal },
            width,
            height,
            bits_per_second: 0,
        }
    }

    fn packet(spatial: u8, temporal: u8, size: Option<(u16, u16)>) -> Incoming {
        Incoming {
            stream: u32::from(spatial),
            spatial,
            temporal: Temporal {
                layer: temporal,
                is_sync: true,
                opens: 0,
            },
            sequence: 0,
            timestamp: 0,
            bytes: 1_000,
            starts_keyframe: size.is_some(),
            size: size.map(|(width, height)| Picture { width, height }),
            picture: codec::Picture::default(),
            renumbers: true,
        }
    }

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    /// Three sizes, each seen with its keyframe.
    fn camera() -> Layers {
        let mut layers = Layers::new(3, Time::ZERO);
        for (spatial, size) in [(0, (320, 180)), (1, (640, 360)), (2, (1_280, 720))] {
            assert!(layers.arrived(&packet(spatial, 0, Some(size)), Time::ZERO));
        }
        layers
    }

    fn spatials(layers: &Layers) -> Vec<u8> {
        layers.available().iter().map(|sent| sent.layer.spatial).collect()
    }

    fn set(spatials: &[u8]) -> Spatials {
        spatials.iter().copied().fold(Spatials::NONE, Spatials::with)
    }

    #[test]
    fn the_smallest_that_fills_a_canvas_fits() {
        let camera = [
            sent(0, 0, 320, 180),
            sent(0, 1, 320, 180),
            sent(1, 0, 640, 360),
            sent(2, 0, 1_280, 720),
            sent(2, 2, 1_280, 720),
        ];
        let check = |layers: &[Sent], width, height, expected| {
            let fits = fitting(layers, Size { width, height }).map(|layer| (layer.spatial, layer.temporal));
            assert_eq!(fits, expected, "{width}x{height}");
        };
        check(&camera, 160, 90, Some((0, 1)));
        check(&camera, 320, 180, Some((0, 1)));
        check(&camera, 340, 190, Some((0, 1)));
        check(&camera, 480, 270, Some((1, 0)));
        check(&camera, 960, 540, Some((2, 2)));
        check(&camera, 1_920, 1_080, Some((2, 2)));
        check(&camera, 0, 0, Some((2, 2)));
        check(&camera[..2], 1_920, 1_080, Some((0, 1)));
        check(&[sent(0, 0, 0, 0)], 320, 180, Some((0, 0)));
        check(&[], 320, 180, None);
    }

    #[test]
    fn canvases_are_bounded_and_joined() {
        let size = |width, height| Size { width, height };
        let any = Size::default();
        assert_eq!(size(1_920, 1_080).within(size(640, 360)), size(640, 360));
        assert_eq!(size(320, 180).within(size(640, 360)), size(320, 180));
        assert_eq!(size(320, 180).within(any), size(320, 180));
        assert_eq!(any.within(size(640, 360)), size(640, 360));
        assert_eq!(size(320, 180).or_larger(size(640, 360)), size(640, 360));
        assert_eq!(size(320, 180).or_larger(any), any);
        assert_eq!(any.or_larger(size(640, 360)), any);
    }

    #[test]
    fn a_layer_is_there_when_it_comes_and_gone_when_others_go_on_without_it() {
        let mut layers = camera();
        assert_eq!(spatials(&layers), [0, 1, 2]);
        assert!(!layers.arrived(&packet(0, 0, None), at(300)));
        assert!(layers.arrived(&packet(1, 0, None), at(600)), "the largest is gone");
        assert_eq!(spatials(&layers), [0, 1]);
        assert_eq!(
            layers.deserved_by(Size::default()),
            set(&[2]),
            "and wanted all the same"
        );
        assert!(layers.arrived(&packet(2, 0, None), at(640)));
        assert_eq!(spatials(&layers), [0, 1, 2]);
        assert!(layers.arrived(&packet(1, 0, Some((480, 270))), at(650)), "another size");
        // Nothing at all comes of a camera that is off, and that says nothing of its layers.
        assert!(!layers.keep(set(&[0, 1, 2]), at(60_000)));
        assert_eq!(spatials(&layers), [0, 1, 2]);
    }

    #[test]
    fn what_nobody_needs_for_a_second_is_paused_and_comes_back_at_once() {
        let mut layers = camera();
        assert!(!layers.keep(set(&[0, 2]), at(1_000)), "it was needed before");
        assert!(layers.keep(set(&[0, 2]), at(2_000)));
        assert_eq!(layers.asked(), set(&[0, 2]));
        assert_eq!(spatials(&layers), [0, 1, 2], "it can be had");
        assert!(!layers.is_sent(1));
        assert_eq!((layers.meanwhile(1, None), layers.meanwhile(1, Some(2))), (0, 2));
        assert!(!layers.ask(set(&[0]), at(2_100)));
        assert!(layers.ask(set(&[1, 7]), at(2_100)), "only what was offered");
        assert_eq!(layers.asked(), set(&[0, 1, 2]));
        for spatial in [0, 2, 1] {
            layers.arrived(&packet(spatial, 0, None), at(2_300));
        }
        assert_eq!((layers.is_sent(1), layers.meanwhile(1, Some(2))), (true, 1));
        layers.keep(Spatials::NONE, at(3_000));
        assert!(layers.keep(Spatials::NONE, at(4_000)));
        assert_eq!(layers.asked(), Spatials::NONE, "nobody watches");
        assert!(layers.ask(set(&[2]), at(5_000)));
        assert!(!layers.keep(set(&[2]), at(6_000)));
        assert!(layers.keep(set(&[2]), at(9_000)), "it does not come");
        assert_eq!(spatials(&layers), [0, 1]);
    }

    #[test]
    fn what_was_never_seen_is_wanted_wherever_anybody_watches() {
        let mut layers = Layers::new(3, Time::ZERO);
        let small = Size { width: 160, height: 90 };
        assert_eq!(layers.deserved_by(small), set(&[0, 1, 2]));
        layers.arrived(&packet(0, 0, Some((320, 180))), Time::ZERO);
        assert_eq!(layers.deserved_by(small), set(&[0, 1, 2]));
        assert_eq!(camera().deserved_by(small), set(&[0]));
    }

    #[test]
    fn rates_are_those_of_a_second_and_of_all_that_a_layer_needs() {
        let mut layers = Layers::new(1, Time::ZERO);
        for temporal in [0, 2, 1, 2, 0] {
            layers.arrived(&packet(0, temporal, None), at(10));
        }
        let rates = |layers: &Layers| -> Vec<(u8, u64)> {
            let rate = |sent: &Sent| (sent.layer.temporal, sent.bits_per_second);
            layers.available().iter().map(rate).collect()
        };
        let expected = [(0, 16_000), (1, 24_000), (2, 40_000)];
        layers.keep(set(&[0]), at(1_000));
        assert_eq!(rates(&layers), expected);
        layers.keep(set(&[0]), at(2_000));
        assert_eq!(rates(&layers), expected, "of the last second that had any");
    }

    #[test]
    fn a_keyframe_makes_no_layer_dear() {
        let mut layers = Layers::new(1, Time::ZERO);
        let mut second = 0;
        // Packets of each temporal layer in a second, and what is believed of each afterwards, in kilobits per second.
        let mut check = |name, packets: [usize; 3], expected: [u64; 3]| {
            second += 1;
            for (temporal, count) in (0..).zip(packets) {
                for _ in 0..count {
                    layers.arrived(&packet(0, temporal, None), at(1_000 * second - 1));
                }
            }
            layers.keep(set(&[0]), at(1_000 * second));
            let rates = layers.available().iter().map(|sent| sent.bits_per_second / 1_000);
            assert_eq!(rates.collect::<Vec<_>>(), expected, "{name}");
        };
        check("it begins", [2, 2, 4], [16, 32, 64]);
        check("it goes on", [17, 16, 28], [136, 264, 488]);
        check("a keyframe, and less of all else", [23, 16, 20], [136, 264, 472]);
        check("as before", [17, 15, 22], [136, 256, 432]);
        check("a camera that sees more", [25, 20, 30], [136, 256, 432]);
        check("and goes on to", [25, 20, 30], [200, 360, 600]);
    }

    #[test]
    fn a_recording_changes_at_keyframes() {
        let mut layers = camera();
        let check = |layers: &mut Layers, spatial, starts_keyframe, expected: bool| {
            assert_eq!(layers.is_best(spatial, starts_keyframe), expected, "{spatial}");
        };
        check(&mut layers, 0, true, false);
        check(&mut layers, 2, false, true);
        check(&mut layers, 1, true, false);
        for ms in [500, 510] {
            layers.arrived(&packet(0, 0, None), at(ms));
            layers.arrived(&packet(1, 0, None), at(ms));
        }
        assert_eq!(layers.better(), Some(1));
        check(&mut layers, 1, false, false);
        check(&mut layers, 1, true, true);
        assert_eq!(layers.better(), None);
        layers.arrived(&packet(2, 0, None), at(520));
        check(&mut layers, 1, true, true);
        check(&mut layers, 2, true, true);
        check(&mut layers, 1, true, false);
    }

    #[test]
    fn a_publisher_that_changes_with_every_packet_costs_no_more() {
        let mut layers = Layers::new(1, Time::ZERO);
        let sizes = (0..1_000).map(|width| packet(0, 0, Some((width, 1))));
        let changes = sizes.filter(|packet| layers.arrived(packet, at(1))).count();
        assert_eq!(changes, limits::LAYER_CHANGES.burst as usize);
    }
}
