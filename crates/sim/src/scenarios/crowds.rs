//! Strangers in quantity, who are answered and never come.

use db::testing::Fate;

use crate::scenario::{PLAIN, Scenario, Story::Told};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "three hundred who send no packet are nowhere, and the owner walks in meanwhile",
        seeds: &[61],
        story: Told(
            "0 crowd 300
             1 record =>
             1 join anna1 bob1
             4 is anna1 => in
             4 is bob1 => in
             4 record => 2 people in 2 sessions, open
             20 agree
             21 leave anna1 bob1
             30 record => 2 people in 2 sessions, over",
        ),
        repeats: false,
        ..PLAIN
    },
    Scenario {
        name: "whoever is told to be in is in the register, wherever the server dies between the packet and the word",
        seeds: &[62, 63],
        story: Told(
            "0 join anna1
             2 join bob1
             2.1 reload anna1
             12 is anna1 => in
             12 is bob1 => in
             12 agree",
        ),
        faults: &[Fate::Crash { stored: true }, Fate::Crash { stored: false }],
        ..PLAIN
    },
    Scenario {
        name: "whoever is on the way when the meeting is left is in the next one, and nobody is twice",
        seeds: &[64, 65],
        story: Told(
            "0 join anna1
             3 is anna1 => in
             4 join bob1
             4 leave anna1
             12 is bob1 => in
             12 agree",
        ),
        faults: &[Fate::Refused, Fate::Uncertain { stored: true }],
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    #[test]
    fn who_is_not_there_takes_no_place() {
        crate::scenario::check(super::SCENARIOS);
    }
}
