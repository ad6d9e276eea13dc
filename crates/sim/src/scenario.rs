//! A scenario: a story, the seeds that are played in CI, and what goes wrong with the store meanwhile.

use db::testing::Fate;
use fastrand::Rng;

use crate::{script, world::World};

/// One row of a table of scenarios.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) seeds: &'static [u64],
    pub(crate) story: Story,
    /// Each is played once for every write of the story, and befalls that write alone.
    pub(crate) faults: &'static [Fate],
    /// Whether the same seed gives the same run: not if somebody connects while datagrams are lost, because DTLS draws the
    /// times of its retransmissions by itself.
    pub(crate) repeats: bool,
}

/// What most rows have.
pub(crate) const PLAIN: Scenario = Scenario {
    name: "",
    seeds: &[],
    story: Story::Told(""),
    faults: &[],
    repeats: true,
};

/// What happens.
#[derive(Clone, Copy)]
pub(crate) enum Story {
    /// The same for all seeds, but for what they decide.
    Told(&'static str),
    /// Another one for each seed.
    Drawn(fn(&mut Rng) -> String),
}

/// What came of one run.
struct Played {
    trace: Vec<String>,
    writes: usize,
}

impl Scenario {
    /// Plays it with a seed, twice, as one seed is one run, on however many shards, even if people of one room are on several: all that
    /// happens is the same, and so is every packet that comes to anybody. And with every fault at every write. Panics where a rule is broken.
    pub(crate) fn play(&self, seed: u64) {
        let played = self.run(seed, None, 1);
        if self.repeats {
            let again = self.run(seed, None, 3);
            for (line, (once, again)) in played.trace.iter().zip(&again.trace).enumerate() {
                let before = played.trace[line.saturating_sub(10)..line].join("\n");
                assert_eq!(
                    once, again,
                    "{}: the seed {seed} gives the same run\n{before}",
                    self.name
                );
            }
            assert_eq!(played.trace.len(), again.trace.len(), "{}: to the end", self.name);
        }
        for fault in self.faults {
            for write in 1..=played.writes {
                self.run(seed, Some((write, *fault)), 1);
            }
        }
    }

    fn run(&self, seed: u64, fault: Option<(usize, Fate)>, shards: usize) -> Played {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without I/O");
        runtime.block_on(async {
            let mut world = World::new(seed, shards).await;
            world.note(self.name);
            let before = world.store.writes();
            if let Some((write, fate)) = fault {
                world.note(&format!("the store: {fate:?} at write {write}"));
                world.store.fail(before + write, fate);
            }
            match self.story {
                Story::Told(script) => script::play(&mut world, script).await,
                Story::Drawn(draw) => {
                    let script = draw(&mut world.dice);
                    script::play(&mut world, &script).await;
                }
            }
            world.run_out().await;
            let writes = world.store.writes() - before;
            Played {
                trace: world.into_trace(),
                writes,
            }
        })
    }
}

/// What CI plays.
#[cfg(test)]
pub(crate) fn check(scenarios: &[Scenario]) {
    for scenario in scenarios {
        scenario.seeds.iter().for_each(|seed| scenario.play(*seed));
    }
}
