//! Properties over random histories: joins, knocks, admissions, removals, changed settings, returns, leaves, losses, signs of
//! life, silence, crashes and a clock that steps in both directions. A ledger keeps what was acknowledged, as the register would, and
//! checks every fact against it; a guard knows by itself who may walk in.

mod awaited;
mod guard;
mod happening;
mod ledger;
mod world;

use happening::happening;
use proptest::prelude::*;
use world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_rules(happenings in proptest::collection::vec(happening(), 1..80)) {
        let mut world = World::new();
        for happening in happenings {
            world.happen(&happening);
            world.check();
        }
        world.run_out();
        world.check();
        prop_assert!(world.is_quiet(), "an empty conference ends by its deadlines alone, and so does every knock");
    }
}
