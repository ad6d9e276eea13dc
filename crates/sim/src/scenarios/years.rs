//! Meetings that are never closed.

use crate::scenario::{PLAIN, Scenario, Story::Told};

pub(crate) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "a meeting is open for a year, and then the server dies",
    seeds: &[91],
    story: Told(
        "0 join anna1
         4 is anna1 => in
         4 visits 600 365
         60 is anna1 => in
         60 record => 202 people in 601 sessions, open
         61 crash
         75 is anna1 => in
         76 visits 30 20
         90 record => 212 people in 632 sessions, open
         91 end
         95 is anna1 => out REASON_CONFERENCE_ENDED",
    ),
    ..PLAIN
}];

#[cfg(test)]
mod tests {
    #[test]
    fn a_year_of_visits_leaves_nothing_behind() {
        crate::scenario::check(super::SCENARIOS);
    }
}
