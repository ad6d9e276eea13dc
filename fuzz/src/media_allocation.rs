//! Any history of a viewer: who shows what in which sizes, who speaks, what its network carries, and the time between.
//!
//! A line is a step, so that a history can be read and written by hand:
//!
//! * `shows 7 camera 640 360 0.0:60 0.2:150 1.2:500`: a picture of an entry, on a canvas of so many pixels, and what can be had of it, as
//!   size, temporal layer and kbit/s (0 if it rests). It may be there already, and is then as this says.
//! * `leaves 7`, `speaks 7`: it is gone; it is the loudest.
//! * `carries 260`: what the network carries, in kbit/s; without a number, nobody knows.
//! * `after 1500`: so many milliseconds pass, and it is looked at what is shown.
//!
//! What is no such line is no step.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use media::{
    EntryId, Layer, Sent,
    allocation::{Allocation, Rank, State, Want, allocate, price_bps},
    limits,
};

/// More pictures than a viewer has lines for, and more steps than it takes to get anywhere, only take time.
const PICTURES_MAX: usize = limits::VIDEO_LINES;
const STEPS_MAX: usize = 200;

/// How often a viewer is looked at, at the least.
const LOOK: Duration = Duration::from_secs(1);
/// After so many looks at what stays as it is, nothing changes any more.
const SETTLED_LOOKS: usize = 6;
/// And is looked at so often.
const LOOKS: usize = 20;

/// What somebody shows.
struct Picture {
    is_screen: bool,
    width: u32,
    height: u32,
    layers: Vec<Sent>,
}

/// A viewer, and what is before it.
#[derive(Default)]
struct Viewer {
    pictures: BTreeMap<u32, Picture>,
    speaker: Option<u32>,
    budget_bps: Option<u64>,
    state: State,
    now: Duration,
    /// What it was shown last, if nothing but the time has changed since.
    before: Option<Vec<Option<Layer>>>,
}

/// The bytes are steps. Whatever they were, what is given is had and paid for; and if all stays as it is from then on, so does what is shown.
pub fn run(data: &[u8]) {
    let mut viewer = Viewer::default();
    for line in crate::text(data).lines().take(STEPS_MAX) {
        let _ = viewer.step(line);
    }
    let mut looks = (0..LOOKS).map(|_| viewer.look(LOOK).layers);
    let settled = looks.by_ref().take(SETTLED_LOOKS).last();
    assert!(
        looks.all(|layers| Some(&layers) == settled.as_ref()),
        "it goes to and fro"
    );
    if let Some(settled) = settled {
        viewer.check_ranks(&settled);
    }
}

impl Viewer {
    /// Nothing if it is no step.
    fn step(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_ascii_whitespace();
        let (verb, first) = (words.next()?, words.next());
        let number = first.and_then(|word| word.parse::<u32>().ok());
        match verb {
            "after" => {
                self.look(Duration::from_millis(number?.into()));
                return Some(());
            }
            "carries" => self.budget_bps = number.map(|kbps| u64::from(kbps) * 1_000),
            "speaks" => self.speaker = number,
            "leaves" => {
                self.pictures.remove(&number?);
            }
            "shows" => {
                let entry = number?;
                let is_known = self.pictures.contains_key(&entry) || self.pictures.len() < PICTURES_MAX;
                let picture = Picture::parse(words).filter(|_| is_known)?;
                self.pictures.insert(entry, picture);
            }
            _ => return None,
        }
        self.before = None;
        Some(())
    }

    fn wants(&self) -> Vec<Want<'_>> {
        let wants = self.pictures.iter().map(|(entry, picture)| Want {
            entry: EntryId(*entry),
            rank: match picture.is_screen {
                true => Rank::Screen,
                false if self.speaker == Some(*entry) => Rank::Speaker,
                false => Rank::Other,
            },
            width: picture.width,
            height: picture.height,
            layers: &picture.layers,
        });
        wants.collect()
    }

    /// What is shown after some time: nothing that there is not, nothing that is not paid for, and nothing less than before if nothing else
    /// has changed.
    fn look(&mut self, passes: Duration) -> Allocation {
        self.now += passes;
        let mut state = std::mem::take(&mut self.state);
        let wants = self.wants();
        let allocation = allocate(&mut state, self.budget_bps, &wants, self.now);
        assert_eq!(allocation.layers.len(), wants.len());
        let given = wants.iter().zip(&allocation.layers);
        let price: u64 = given.filter_map(|(want, layer)| Some(price(want, (*layer)?))).sum();
        assert!(
            self.budget_bps.is_none_or(|budget| price <= budget),
            "{price} of {:?}",
            self.budget_bps
        );
        assert!(price <= allocation.wanted_bps, "nobody is given more than all");
        let order = in_order(&wants);
        let in_order = |layers: &[Option<Layer>]| -> (Vec<bool>, Vec<Option<Layer>>) {
            let layers = order.iter().map(|place| layers[*place]);
            (layers.clone().map(|layer| layer.is_some()).collect(), layers.collect())
        };
        if let Some(before) = &self.before {
            let (before, after) = (in_order(before), in_order(&allocation.layers));
            assert!(after >= before, "{before:?} and then {after:?}");
        }
        self.state = state;
        self.before = Some(allocation.layers.clone());
        allocation
    }

    /// Who is not shown does not fit beside those before it: shared screens, then whoever speaks, then the others by their canvases.
    fn check_ranks(&self, layers: &[Option<Layer>]) {
        let wants = self.wants();
        let least = |place: usize| {
            let prices = wants[place].layers.iter().map(price_bps);
            prices.min().unwrap_or(limits::UNKNOWN_PICTURE_BPS)
        };
        let (numerator, denominator) = limits::RISE_MARGIN;
        let usable = self.budget_bps.map(|budget| budget / numerator * denominator);
        let mut above = 0;
        for place in in_order(&wants) {
            let price = above + least(place);
            match layers[place] {
                Some(_) => above = price,
                None => assert!(
                    usable.is_some_and(|usable| price > usable),
                    "{price} of {usable:?} is not shown"
                ),
            }
        }
    }
}

impl Picture {
    fn parse<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Picture> {
        let kind = words.next()?;
        let mut size = || words.next()?.parse::<u16>().ok().map(u32::from);
        let (width, height) = (size()?, size()?);
        let mut layers: Vec<Sent> = words.filter_map(sent).collect();
        layers.sort_by_key(|sent| sent.layer);
        layers.dedup_by_key(|sent| sent.layer);
        Some(Picture {
            is_screen: kind == "screen",
            width,
            height,
            layers,
        })
    }
}

/// A layer, as `1.2:500`.
fn sent(word: &str) -> Option<Sent> {
    let (layer, kbps) = word.split_once(':')?;
    let (spatial, temporal) = layer.split_once('.')?;
    let (spatial, temporal) = (spatial.parse::<u8>().ok()?, temporal.parse::<u8>().ok()?);
    let is_one = usize::from(spatial) < limits::SPATIAL_LAYERS && usize::from(temporal) < limits::TEMPORAL_LAYERS;
    is_one.then_some(())?;
    Some(Sent {
        layer: Layer { spatial, temporal },
        width: 320 << spatial,
        height: 180 << spatial,
        bits_per_second: u64::from(kbps.parse::<u32>().ok()?) * 1_000,
    })
}

/// The places of wants, those first that come first.
fn in_order(wants: &[Want<'_>]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..wants.len()).collect();
    let area = |want: &Want<'_>| u64::from(want.width) * u64::from(want.height);
    places.sort_by_key(|place| {
        let want = &wants[*place];
        (want.rank, Reverse(area(want)), want.entry)
    });
    places
}

/// What a layer takes that a want was given: one that can be had.
fn price(want: &Want<'_>, layer: Layer) -> u64 {
    let sent = want.layers.iter().find(|sent| sent.layer == layer);
    let is_unknown = want.layers.is_empty() && layer == Layer::default();
    let price = sent
        .map(price_bps)
        .or(is_unknown.then_some(limits::UNKNOWN_PICTURE_BPS));
    price.expect("nothing is given that there is not")
}
