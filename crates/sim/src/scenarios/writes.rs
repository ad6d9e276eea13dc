//! A disk that lives and does not do what it is told.

use db::testing::Fate;

use crate::scenario::{PLAIN, Scenario, Story::Told};

/// A write fails in these ways.
pub(super) const FAULTS: &[Fate] = &[
    Fate::Refused,
    Fate::Uncertain { stored: true },
    Fate::Uncertain { stored: false },
];

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a class joins and leaves, and each write in turn fails",
        seeds: &[1],
        story: Told(
            "0 join anna1 bob1
             0.5 join carol1
             3 is anna1 => in
             3 is bob1 => in
             3 is carol1 => in
             3 agree
             4 leave bob1
             4 close carol1
             5 is bob1 => away
             6 leave anna1",
        ),
        faults: FAULTS,
        ..PLAIN
    },
    Scenario {
        name: "somebody is let in and put out, and each write in turn fails",
        seeds: &[2],
        story: Told(
            "0 join anna1
             1 lock
             2 join bob1
             3 admit bob1
             5 remove bob1
             7 end",
        ),
        faults: FAULTS,
        ..PLAIN
    },
    Scenario {
        name: "only hosts may write, whatever became of the write that says so",
        seeds: &[7, 8],
        story: Told(
            "0 join anna1 bob1
             4 is bob1 => in
             4 store keeps 1
             4.1 quiet
             8 write bob1 psst
             9 write anna1 listen
             12 read anna1 => listen
             12 read bob1 => listen",
        ),
        ..PLAIN
    },
    Scenario {
        name: "the register is away for a while",
        seeds: &[3, 4],
        story: Told(
            "0 join anna1 bob1
             4 is bob1 => in
             5 store refuses 12
             5 join carol1
             6 leave bob1
             30 is carol1 => in
             30 is bob1 => away
             30 record => 3 people in 3 sessions, open
             30 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "a slow disk holds up people, and nothing is told too early",
        seeds: &[5, 6],
        story: Told(
            "0 store slow 40
             0 join anna1 bob1 carol1
             12 is anna1 => in
             12 is carol1 => in
             12 agree
             13 leave anna1 bob1 carol1
             25 record => 3 people in 3 sessions, over",
        ),
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    #[test]
    fn failing_writes_cost_nobody_a_session() {
        crate::scenario::check(super::SCENARIOS);
    }
}
