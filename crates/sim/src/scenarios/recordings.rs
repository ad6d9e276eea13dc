//! Recordings that begin by themselves, and what becomes of them while writes fail and servers die.

use crate::scenario::{PLAIN, Scenario, Story::Told};

use super::writes::FAULTS;

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a recording begins when a host is there, and each write in turn fails",
        seeds: &[1],
        story: Told(
            "0 join bob1
             1 tape
             3 is bob1 => in
             4 recorded => 0 over, 0 going on
             5 join anna1
             6 is anna1 => in
             12 recorded => 0 over, 1 going on
             13 leave anna1
             20 recorded => 0 over, 1 going on
             21 leave bob1",
        ),
        faults: FAULTS,
        ..PLAIN
    },
    Scenario {
        name: "a host pauses a recording, resumes and ends it, and each write in turn fails",
        seeds: &[2],
        story: Told(
            "0 tape
             2 join anna1
             3 is anna1 => in
             8 recorded => 0 over, 1 going on
             9 halt
             13 go
             17 cease
             22 recorded => 1 over, 0 going on
             23 join bob1
             24 is bob1 => in
             29 recorded => 1 over, 0 going on
             30 end",
        ),
        faults: FAULTS,
        ..PLAIN
    },
    Scenario {
        name: "a recording that a server's death interrupts begins anew, and a paused one does not",
        seeds: &[3, 4],
        story: Told(
            "0 tape
             1 join anna1 bob1
             3 is anna1 => in
             6 recorded => 0 over, 1 going on
             7 crash
             20 is anna1 => in
             21 is bob1 => in
             26 recorded => 1 over, 1 going on
             27 halt
             32 crash
             45 is anna1 => in
             46 is bob1 => in
             50 recorded => 2 over, 0 going on
             51 end",
        ),
        ..PLAIN
    },
];
