//! The scenarios, by what goes wrong in them.

mod crashes;
mod crowds;
mod drawn;
mod networks;
mod outages;
mod races;
mod recordings;
mod writes;
mod years;

use crate::scenario::Scenario;

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    let tables = [
        writes::SCENARIOS,
        crashes::SCENARIOS,
        crowds::SCENARIOS,
        races::SCENARIOS,
        recordings::SCENARIOS,
        networks::SCENARIOS,
        outages::SCENARIOS,
        drawn::SCENARIOS,
        years::SCENARIOS,
    ];
    tables.into_iter().flatten()
}
