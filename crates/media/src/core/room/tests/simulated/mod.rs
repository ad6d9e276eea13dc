//! Meetings that are simulated: the room's real core, and around it cameras, voices and networks that are drawn from a seed.
//!
//! One seed is one run. A minute of a meeting costs some hundredths of a second, since nothing is encrypted or encoded: a packet is what the
//! core sees of it. What the WebRTC stack makes of a network is played by other tests; here it is told what the network carries, and trembles.
//!
//! * [`rows`] are the scenarios: every story in every weather.
//! * [`scene`] lets time pass, and carries packets and texts.
//! * [`judge`] says what must be true whatever happens.
//!
//! `cargo test` plays the committed seeds, and `cargo xtask sim` new ones. A seed that fails is printed with its scenario, and belongs
//! into the list once it is understood.

mod judge;
mod rows;
mod scene;

use std::panic::catch_unwind;

/// Played in CI.
const SEEDS: [u64; 2] = [1, 2];
/// Of new ones so many are played as this says.
const NEW_SEEDS: &str = "SEDERUNT_NEW_SEEDS";

#[test]
fn whatever_happens_pictures_go_on_and_networks_are_obeyed() {
    let new: Option<u64> = std::env::var(NEW_SEEDS).ok().and_then(|count| count.parse().ok());
    let first = fastrand::u64(u64::from(u32::MAX)..);
    let seeds: Vec<u64> = new.map_or(SEEDS.to_vec(), |count| (first..first + count).collect());
    let mut failed = vec![];
    for scenario in rows::all() {
        for seed in &seeds {
            // What it panicked with was told by then.
            if catch_unwind(|| scenario.play(*seed)).is_err() {
                failed.push((scenario.name(), *seed));
            }
        }
    }
    assert!(rows::all().count() >= 30 && failed.is_empty(), "{failed:?}");
}
