//! What a viewer gets to see of what it wants to see, when its network does not carry everything.
//!
//! Sound is never in it: what the voices take is gone before this begins. Of what is left, a small picture of everybody comes
//! before a large one of anybody, both in the order of rank: a shared screen, whoever speaks, the others by the size of their
//! canvas. What does not fit is left out, and something smaller behind it may still be shown: one face is better than none.
//!
//! An estimate trembles, and pictures that come and go with it are worse than none. So a fall is at once, and only by as much as
//! it takes; a rise needs a margin ([`limits::RISE_MARGIN`]) that holds for a while ([`limits::RISE_PATIENCE`]), longer where the
//! last one did not last. Two things are not made to wait: the beginning, when nobody looks at anything yet, and a
//! network on which it makes no difference, because all that is wanted fits twice.
//!
//! The alternative, to weigh every picture by some utility and solve for the best sum, was not taken: nobody could say of a
//! missing picture why it is missing.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    core::{
        EntryId, Time,
        layer::{Layer, Sent},
    },
    limits,
};

/// How much a picture matters. What matters more comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// What somebody shows of their screen.
    Screen,
    /// Whoever is the loudest.
    Speaker,
    /// Everybody else.
    Other,
}

/// A picture that a viewer wants to see.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    /// One want per media entry.
    pub entry: EntryId,
    /// Of what is in it.
    pub rank: Rank,
    /// Of the canvas, in pixels; 0 if it was not said.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// What there is to be had that is no larger than its canvas needs. Empty while nothing is known: it is then what a small picture
    /// usually is.
    pub layers: &'a [Sent],
}

/// What a viewer gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// One for each want.
    pub layers: Vec<Option<Layer>>,
    /// Bits per second of everything that is wanted.
    pub wanted_bps: u64,
}

/// What has been allocated to a viewer so far.
#[derive(Debug, Default)]
pub struct State {
    held: BTreeMap<EntryId, Option<Layer>>,
    began: Option<Time>,
    /// Since when something better would have fitted.
    better_since: Option<Time>,
    rose: Option<Time>,
    /// The last rise did not last.
    relapsed: bool,
}

/// A layer and its price, with the margin that a packet's headers need.
#[derive(Debug, Clone, Copy)]
struct Rung {
    layer: Layer,
    bps: u64,
}

/// The wants of one viewer: what each could get, cheapest first, and whose turn it is when.
struct Table {
    ladders: Vec<Vec<Rung>>,
    /// Places of wants, by rank: an inner list is of those of one rank.
    order: Vec<Vec<usize>>,
}

/// How many rungs of each ladder are climbed; none is no picture.
type Rungs = Vec<usize>;

/// Divides a budget, in bits per second, among what is wanted. `None`: nothing is known, and nothing is held back.
pub fn allocate(state: &mut State, budget: Option<u64>, wants: &[Want<'_>], now: Time) -> Allocation {
    let table = Table::new(wants);
    let rungs = match budget {
        _ if wants.is_empty() => {
            *state = State::default();
            vec![]
        }
        None => table.top(),
        Some(budget) => state.divide(&table, budget, wants, now),
    };
    let layers: Vec<Option<Layer>> = table.layers(&rungs);
    state.held = wants
        .iter()
        .map(|want| want.entry)
        .zip(layers.iter().copied())
        .collect();
    Allocation {
        layers,
        wanted_bps: table.price(&table.top()),
    }
}

impl State {
    /// What a media entry has.
    #[cfg(test)]
    pub(crate) fn held(&self, entry: EntryId) -> Option<Layer> {
        self.held.get(&entry).copied().flatten()
    }

    fn divide(&mut self, table: &Table, budget: u64, wants: &[Want<'_>], now: Time) -> Rungs {
        let began = *self.began.get_or_insert(now);
        let held = self.held_on(table, wants);
        let mut rungs = held;
        if table.price(&rungs) > budget {
            rungs = table.plan(budget, &rungs);
            self.relapsed = self.rose.is_some_and(|rose| now < rose + limits::RISE_LASTS);
            self.better_since = None;
        }
        let (numerator, denominator) = limits::RISE_MARGIN;
        let better = table.plan(budget / numerator * denominator, &table.top());
        if !table.is_better(&better, &rungs) {
            self.better_since = None;
            return rungs;
        }
        let since = *self.better_since.get_or_insert(now);
        let patience = if self.relapsed {
            2 * limits::RISE_PATIENCE
        } else {
            limits::RISE_PATIENCE
        };
        let begins = now < began + limits::ALLOCATION_BEGINS;
        let is_ample = table.price(&table.top()) <= budget / 2;
        if begins || is_ample || now >= since + patience {
            self.better_since = None;
            self.rose = Some(now);
            return better;
        }
        table.with_newcomers(rungs, budget / numerator * denominator, |place| {
            !self.held.contains_key(&wants[place].entry)
        })
    }

    /// What each want had, or the nearest thing below it that there still is.
    fn held_on(&self, table: &Table, wants: &[Want<'_>]) -> Rungs {
        let rungs = wants.iter().zip(&table.ladders).map(|(want, ladder)| {
            let held = self.held.get(&want.entry).copied().flatten();
            let below = |layer: Layer| ladder.iter().filter(|rung| rung.layer <= layer).count().max(1);
            held.map_or(0, below)
        });
        rungs.collect()
    }
}

impl Table {
    fn new(wants: &[Want<'_>]) -> Table {
        let mut places: Vec<usize> = (0..wants.len()).collect();
        let area = |want: &Want<'_>| u64::from(want.width) * u64::from(want.height);
        places.sort_by_key(|place| {
            let want = &wants[*place];
            (want.rank, Reverse(area(want)), want.entry)
        });
        let order = places.chunk_by(|one, other| wants[*one].rank == wants[*other].rank);
        Table {
            ladders: wants.iter().map(ladder).collect(),
            order: order.map(<[usize]>::to_vec).collect(),
        }
    }

    /// Everything that is wanted.
    fn top(&self) -> Rungs {
        self.ladders.iter().map(Vec::len).collect()
    }

    fn price_at(&self, place: usize, rung: usize) -> u64 {
        rung.checked_sub(1).map_or(0, |rung| self.ladders[place][rung].bps)
    }

    fn price(&self, rungs: &[usize]) -> u64 {
        rungs
            .iter()
            .enumerate()
            .map(|(place, rung)| self.price_at(place, *rung))
            .sum()
    }

    fn layers(&self, rungs: &[usize]) -> Vec<Option<Layer>> {
        let layers = rungs.iter().zip(&self.ladders);
        let layers = layers.map(|(rung, ladder)| Some(ladder[rung.checked_sub(1)?].layer));
        layers.collect()
    }

    /// The best that fits, and nothing above `highest`.
    fn plan(&self, budget: u64, highest: &[usize]) -> Rungs {
        let mut rungs = vec![0; self.ladders.len()];
        let mut left = budget;
        let mut climb = |place: usize, rungs: &mut Rungs| {
            let rung = rungs[place];
            if rung == highest[place] {
                return false;
            }
            let price = self.price_at(place, rung + 1) - self.price_at(place, rung);
            let fits = price <= left;
            if fits {
                left -= price;
                rungs[place] += 1;
            }
            fits
        };
        for place in self.order.iter().flatten() {
            climb(*place, &mut rungs);
        }
        for of_rank in &self.order {
            // A step for each in turn: of equals, the first does not get everything.
            let mut climbed = true;
            while climbed {
                climbed = false;
                for place in of_rank {
                    climbed |= rungs[*place] > 0 && climb(*place, &mut rungs);
                }
            }
        }
        rungs
    }

    /// Whether more is shown, or the same in better quality, by rank.
    fn is_better(&self, one: &[usize], other: &[usize]) -> bool {
        let by_rank = |rungs: &[usize]| -> (Vec<bool>, Vec<usize>) {
            let rungs = self.order.iter().flatten().map(|place| rungs[*place]);
            (rungs.clone().map(|rung| rung > 0).collect(), rungs.collect())
        };
        by_rank(one) > by_rank(other)
    }

    /// Shows small pictures of those who are new as far as they fit beside what is shown.
    fn with_newcomers(&self, mut rungs: Rungs, budget: u64, is_new: impl Fn(usize) -> bool) -> Rungs {
        let mut left = budget.saturating_sub(self.price(&rungs));
        for place in self.order.iter().flatten().copied() {
            let price = self.price_at(place, 1);
            if rungs[place] == 0 && is_new(place) && price <= left {
                left -= price;
                rungs[place] = 1;
            }
        }
        rungs
    }
}

/// What a want could get: nothing that costs more than something better.
fn ladder(want: &Want<'_>) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = want.layers.iter().map(rung).collect();
    rungs.sort_by_key(|rung| Reverse(rung.layer));
    let mut cheapest = u64::MAX;
    rungs.retain(|rung| {
        let pays = rung.bps < cheapest;
        cheapest = cheapest.min(rung.bps);
        pays
    });
    rungs.reverse();
    if rungs.is_empty() {
        rungs.push(Rung {
            layer: Layer::default(),
            bps: limits::UNKNOWN_PICTURE_BPS,
        });
    }
    rungs
}

fn rung(sent: &Sent) -> Rung {
    Rung {
        layer: sent.layer,
        bps: price_bps(sent),
    }
}

/// What a layer takes of a budget, with its headers. One that rests takes what it usually does: it would be sent if somebody saw it.
pub fn price_bps(sent: &Sent) -> u64 {
    let pixels = u64::from(sent.width) * u64::from(sent.height);
    match sent.bits_per_second {
        0 if pixels == 0 => limits::UNKNOWN_PICTURE_BPS,
        0 => pixels * limits::USUAL_BPS_PER_PIXEL,
        measured => measured + measured / limits::HEADERS_SHARE,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCREEN: Rank = Rank::Screen;
    const SPEAKER: Rank = Rank::Speaker;
    const OTHER: Rank = Rank::Other;

    /// A source with as many sizes as prices, in thousands of bits per second.
    #[derive(Debug, Clone)]
    struct Source {
        entry: u32,
        rank: Rank,
        height: u32,
        layers: Vec<Sent>,
    }

    fn source(entry: u32, rank: Rank, height: u32, prices_kbps: &[u64]) -> Source {
        let sizes = (0_u8..).zip(prices_kbps);
        let layers = sizes.map(|(spatial, kbps)| Sent {
            layer: Layer { spatial, temporal: 0 },
            width: 320 << u16::from(spatial),
            height: 180 << u16::from(spatial),
            // So that with its headers it costs this.
            bits_per_second: kbps * 1_000 * limits::HEADERS_SHARE / (limits::HEADERS_SHARE + 1),
        });
        Source {
            entry,
            rank,
            height,
            layers: layers.collect(),
        }
    }

    fn wants(sources: &[Source]) -> Vec<Want<'_>> {
        let wants = sources.iter().map(|source| Want {
            entry: EntryId(source.entry),
            rank: source.rank,
            width: source.height * 16 / 9,
            height: source.height,
            layers: &source.layers,
        });
        wants.collect()
    }

    fn price_bps(sources: &[Source], layers: &[Option<Layer>]) -> u64 {
        let prices = sources.iter().zip(layers).filter_map(|(source, layer)| {
            let sent = source.layers.iter().find(|sent| Some(sent.layer) == *layer)?;
            Some(rung(sent).bps)
        });
        prices.sum()
    }

    fn sizes(allocation: &Allocation) -> Vec<Option<u8>> {
        let layers = allocation.layers.iter();
        layers.map(|layer| layer.map(|layer| layer.spatial)).collect()
    }

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    const THREE: &[u64] = &[150, 500, 1_500];

    #[test]
    fn a_budget_is_divided_by_rank_and_small_pictures_come_first() {
        let check = |name, sources: &[Source], budget_kbps: Option<u64>, expected: &[Option<u8>]| {
            let mut state = State::default();
            let budget = budget_kbps.map(|kbps| kbps * 1_000);
            let allocation = allocate(&mut state, budget, &wants(sources), at(0));
            assert_eq!(sizes(&allocation), expected, "{name}");
        };
        let large = |entry, rank| source(entry, rank, 720, THREE);
        let (one, two, three) = (large(1, OTHER), large(2, OTHER), large(3, SPEAKER));
        check(
            "nothing is known",
            &[one.clone(), two.clone()],
            None,
            &[Some(2), Some(2)],
        );
        check("nothing is wanted", &[], Some(1_000), &[]);
        check("nothing fits", std::slice::from_ref(&one), Some(100), &[None]);
        check("a small one fits", std::slice::from_ref(&one), Some(400), &[Some(0)]);
        check("not just barely", std::slice::from_ref(&one), Some(160), &[None]);
        check(
            "all fits",
            &[one.clone(), two.clone()],
            Some(4_000),
            &[Some(2), Some(2)],
        );
        check(
            "everybody before anybody is large",
            &[one.clone(), two.clone(), three.clone()],
            Some(700),
            &[Some(0), Some(0), Some(0)],
        );
        check(
            "then the speaker",
            &[one.clone(), two.clone(), three.clone()],
            Some(1_100),
            &[Some(0), Some(0), Some(1)],
        );
        check(
            "equals are equal",
            &[one.clone(), two.clone()],
            Some(1_400),
            &[Some(1), Some(1)],
        );
        check(
            "the larger canvas first",
            &[source(1, OTHER, 360, THREE), source(2, OTHER, 720, THREE)],
            Some(250),
            &[None, Some(0)],
        );
        check(
            "a screen before whoever speaks",
            &[three.clone(), source(9, SCREEN, 1_080, &[900])],
            Some(1_200),
            &[None, Some(0)],
        );
        check(
            "somebody, where the screen does not fit",
            &[three, source(9, SCREEN, 1_080, &[900])],
            Some(300),
            &[Some(0), None],
        );
        check(
            "what costs more and shows less is nothing",
            &[source(1, OTHER, 720, &[300, 200])],
            Some(1_000),
            &[Some(1)],
        );
        check(
            "an unknown one is small",
            &[source(1, OTHER, 720, &[])],
            Some(500),
            &[Some(0)],
        );
        let asleep = source(1, OTHER, 180, &[0, 0]);
        check("a layer that rests can be had", &[asleep], Some(500), &[Some(0)]);
    }

    #[test]
    fn falls_are_at_once_and_rises_wait() {
        let sources = [source(1, SPEAKER, 720, THREE), source(2, OTHER, 720, THREE)];
        let mut state = State::default();
        let mut check = |at_ms, kbps: u64, expected: [Option<u8>; 2]| {
            let allocation = allocate(&mut state, Some(kbps * 1_000), &wants(&sources), at(at_ms));
            assert_eq!(sizes(&allocation), expected, "{kbps} kbit/s at {at_ms} ms");
        };
        check(0, 2_500, [Some(2), Some(1)]);
        check(15_000, 1_999, [Some(2), Some(0)]);
        check(15_100, 200, [Some(0), None]);
        check(16_000, 2_500, [Some(0), None]);
        check(17_000, 2_500, [Some(0), None]);
        check(18_000, 2_500, [Some(2), Some(1)]);
        // That did not last, so that the next one waits for longer.
        check(19_000, 1_000, [Some(1), Some(1)]);
        check(20_000, 2_500, [Some(1), Some(1)]);
        check(23_000, 2_500, [Some(1), Some(1)]);
        check(24_000, 2_500, [Some(2), Some(1)]);
        // What fits twice is not kept waiting.
        check(40_000, 400, [Some(0), Some(0)]);
        check(40_100, 6_000, [Some(2), Some(2)]);
    }

    #[test]
    fn who_is_new_is_seen_beside_the_others() {
        let (one, two) = (source(1, OTHER, 720, THREE), source(2, OTHER, 720, THREE));
        let mut state = State::default();
        let mut check = |at_ms, sources: &[Source], expected: &[Option<u8>]| {
            let allocation = allocate(&mut state, Some(900_000), &wants(sources), at(at_ms));
            assert_eq!(sizes(&allocation), expected, "at {at_ms} ms");
        };
        check(0, std::slice::from_ref(&one), &[Some(1)]);
        check(60_000, &[one.clone(), two.clone()], &[Some(1), Some(0)]);
        let many = [one.clone(), two.clone(), source(3, OTHER, 720, THREE)];
        check(61_000, &many, &[Some(1), Some(0), None]);
        check(63_000, &many, &[Some(0), Some(0), Some(0)]);
        // Nobody is looked at for a while, and then it begins anew.
        check(64_000, &[], &[]);
        check(90_000, &[two, one], &[Some(0), Some(1)]);
    }

    prop_compose! {
        fn any_source(entry: u32)(
            rank in prop_oneof![Just(SCREEN), Just(SPEAKER), Just(OTHER)],
            height in prop_oneof![Just(0_u32), Just(180), Just(360), Just(720)],
            prices in proptest::collection::vec(20_u64..2_500, 0..4),
        ) -> Source {
            source(entry, rank, height, &prices)
        }
    }

    fn any_sources() -> impl Strategy<Value = Vec<Source>> {
        (0_usize..8).prop_flat_map(|count| {
            let sources: Vec<_> = (1..=u32::try_from(count).unwrap()).map(any_source).collect();
            sources
        })
    }

    proptest! {
        #[test]
        fn the_budget_holds_through_any_history(
            history in proptest::collection::vec((any_sources(), proptest::option::of(0_u64..8_000), 0_u64..3_000), 1..30),
        ) {
            let mut state = State::default();
            let mut now = at(0);
            for (sources, kbps, pause_ms) in history {
                now += at(pause_ms);
                let budget = kbps.map(|kbps| kbps * 1_000);
                let allocation = allocate(&mut state, budget, &wants(&sources), now);
                prop_assert_eq!(allocation.layers.len(), sources.len());
                let price = price_bps(&sources, &allocation.layers);
                prop_assert!(price <= budget.unwrap_or(u64::MAX), "{price} of {budget:?}");
                prop_assert!(price <= allocation.wanted_bps || sources.iter().any(|source| source.layers.is_empty()));
            }
        }

        #[test]
        fn more_budget_shows_more_and_rank_comes_first(sources in any_sources(), less in 0_u64..6_000, more in 0_u64..3_000) {
            let shown = |kbps: u64| {
                let allocation = allocate(&mut State::default(), Some(kbps * 1_000), &wants(&sources), at(0));
                let table = Table::new(&wants(&sources));
                let rungs = allocation.layers.iter().zip(&table.ladders);
                let rungs: Rungs = rungs
                    .map(|(layer, ladder)| layer.map_or(0, |layer| ladder.iter().filter(|rung| rung.layer <= layer).count()))
                    .collect();
                (table, rungs)
            };
            let (table, before) = shown(less);
            let (_, after) = shown(less + more);
            // Of sizes it is not so: among equals each has a step in turn, and who can take one now leaves nothing for another's second.
            let seen = |rungs: &Rungs| -> Vec<bool> { table.order.iter().flatten().map(|place| rungs[*place] > 0).collect() };
            prop_assert!(seen(&after) >= seen(&before), "{before:?} of {less} and {after:?} of {more} more");
            // Who is not shown would not have fitted beside those of its rank and above that are.
            let budget = less * 1_000 / 5 * 4;
            let order: Vec<usize> = table.order.iter().flatten().copied().collect();
            for (index, place) in order.iter().enumerate().filter(|(_, place)| before[**place] == 0) {
                let above: u64 = order[..index].iter().filter(|place| before[**place] > 0).map(|place| table.price_at(*place, 1)).sum();
                prop_assert!(above + table.price_at(*place, 1) > budget);
            }
        }

        #[test]
        fn a_constant_budget_is_settled_within_five_seconds(
            sources in any_sources(),
            before in proptest::collection::vec((0_u64..8_000, 0_u64..3_000), 0..12),
            kbps in 0_u64..8_000,
        ) {
            let mut state = State::default();
            let mut now = at(0);
            for (kbps, pause_ms) in before {
                now += at(pause_ms);
                allocate(&mut state, Some(kbps * 1_000), &wants(&sources), now);
            }
            let mut answers = (0..20).map(|_| {
                now += at(1_000);
                sizes(&allocate(&mut state, Some(kbps * 1_000), &wants(&sources), now))
            });
            let settled = answers.by_ref().take(6).last();
            prop_assert!(answers.all(|answer| Some(&answer) == settled.as_ref()));
        }

        #[test]
        fn a_budget_that_trembles_takes_nothing_away(
            sources in any_sources(),
            kbps in 50_u64..8_000,
            trembles in proptest::collection::vec(90_u64..=110, 30..200),
        ) {
            let mut state = State::default();
            let table = Table::new(&wants(&sources));
            let mut before: Option<Vec<Option<u8>>> = None;
            let mut changes = 0;
            for (step, percent) in (0..).zip(trembles) {
                let allocation = allocate(&mut state, Some(kbps * 10 * percent), &wants(&sources), at(step * 200));
                let shown = sizes(&allocation);
                let seen = |shown: &[Option<u8>]| -> Vec<bool> { table.order.iter().flatten().map(|place| shown[*place].is_some()).collect() };
                if let Some(before) = &before {
                    changes += usize::from(*before != shown);
                    prop_assert!(seen(&shown) >= seen(before), "{before:?} and then {shown:?}");
                }
                before = Some(shown);
            }
            // Every one of them is for the better, and each waits: they are few.
            prop_assert!(changes <= 2 * 8, "{changes} changes");
        }
    }
}
