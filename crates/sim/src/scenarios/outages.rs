//! Everybody falls silent at once: the server's own network is cut, its process stands still, or somebody sets its clock.

use db::testing::Fate;

use crate::scenario::{PLAIN, Scenario, Story::Told};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "the network of the server is cut for twelve seconds, and each write in turn fails",
        seeds: &[61],
        story: Told(
            "0 join anna1 bob1
             5 cut anna1 bob1
             17 mend anna1 bob1
             32 is anna1 => in
             32 is bob1 => in
             32 record => 2 people in 4 sessions, open
             32 agree
             33 leave anna1
             34 leave bob1
             37 record => 2 people in 4 sessions, over",
        ),
        faults: &[
            Fate::Refused,
            Fate::Uncertain { stored: true },
            Fate::Uncertain { stored: false },
        ],
        ..PLAIN
    },
    Scenario {
        name: "somebody alone is cut off for as long as a meeting waits",
        seeds: &[62],
        story: Told(
            "0 join anna1
             5 cut anna1
             16 record => 1 people in 1 sessions, open
             38 mend anna1
             42 is anna1 => in
             42 record => 1 people in 2 sessions, open
             43 leave anna1
             45 record => 1 people in 2 sessions, over",
        ),
        ..PLAIN
    },
    Scenario {
        name: "nobody comes back, and the meeting lasted until they were heard of last",
        seeds: &[63],
        story: Told(
            "0 join anna1 bob1
             1 speak anna1 bob1
             10.2 vanish anna1
             20.2 vanish bob1
             35 record => 2 people in 2 sessions, open
             65 record => 2 people in 2 sessions, over
             65 lasted => 20",
        ),
        ..PLAIN
    },
    Scenario {
        name: "while somebody is awaited the last leave ends nothing, and once they have been back it does",
        seeds: &[64],
        story: Told(
            "0 join anna1 bob1
             5 cut anna1
             20 leave bob1
             22 record => 2 people in 2 sessions, open
             25 mend anna1
             29 is anna1 => in
             29 record => 2 people in 3 sessions, open
             30 leave anna1
             32 record => 2 people in 3 sessions, over",
        ),
        ..PLAIN
    },
    Scenario {
        name: "the server stands still for a moment, and nobody notices",
        seeds: &[65],
        story: Told(
            "0 join anna1 bob1
             5 pause 4
             20 is anna1 => in
             20 record => 2 people in 2 sessions, open
             20 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "the server stands still for longer than clients wait",
        seeds: &[66, 67],
        story: Told(
            "0 join anna1 bob1
             5 pause 10
             30 is anna1 => in
             30 is bob1 => in
             30 record => 2 people in 4 sessions, open
             30 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "the clock jumps three hours ahead and back, and nothing lasts longer or shorter for it",
        seeds: &[68],
        story: Told(
            "0 join anna1
             2 clock 10800
             4 join bob1
             14 clock -10800
             40 leave anna1 bob1
             44 join carol1
             50 leave carol1
             53 record => 2 people in 2 sessions, over; 1 people in 1 sessions, over
             53 lasted => 40 6",
        ),
        ..PLAIN
    },
    Scenario {
        name: "a server that was started three hours too early, and again when the clock was right",
        seeds: &[69],
        story: Told(
            "0 clock 10800
             0.5 crash
             4 join anna1
             7 leave anna1
             8 clock -10800
             8.5 crash
             12 join bob1
             18 leave bob1
             21 record => 1 people in 1 sessions, over; 1 people in 1 sessions, over
             21 lasted => 6 3",
        ),
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    #[test]
    fn an_outage_is_no_end() {
        crate::scenario::check(super::SCENARIOS);
    }
}
