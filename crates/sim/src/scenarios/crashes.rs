//! A server that dies, or is stopped, and starts again.

use db::testing::Fate;

use crate::scenario::{PLAIN, Scenario, Story::Told};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a class joins and leaves, and the server dies at each write in turn",
        seeds: &[11],
        story: Told(
            "0 join anna1 bob1
             6 leave bob1
             12 is anna1 => in
             12 is bob1 => away
             12 agree
             13 close anna1",
        ),
        faults: &[Fate::Crash { stored: true }, Fate::Crash { stored: false }],
        ..PLAIN
    },
    Scenario {
        name: "those who were cut off come back into the same conference",
        seeds: &[12, 13],
        story: Told(
            "0 join anna1 bob1
             6 is bob1 => in
             6 crash
             20 is anna1 => in
             20 is bob1 => in
             20 record => 2 people in 4 sessions, open
             20 agree
             21 leave anna1 bob1
             23 record => 2 people in 4 sessions, over",
        ),
        ..PLAIN
    },
    Scenario {
        name: "the server dies again at each write in turn after it came back",
        seeds: &[19],
        story: Told(
            "0 join anna1 bob1
             4 crash
             12 is anna1 => in
             12 is bob1 => in
             12 agree",
        ),
        faults: &[Fate::Crash { stored: true }, Fate::Crash { stored: false }],
        ..PLAIN
    },
    Scenario {
        name: "a conference to which nobody comes back ends, and the next one is another",
        seeds: &[14],
        story: Told(
            "0 join anna1
             6 vanish anna1
             6.1 crash
             50 record => 1 people in 1 sessions, over
             51 join bob1
             55 record => 1 people in 1 sessions, over; 1 people in 1 sessions, open",
        ),
        ..PLAIN
    },
    Scenario {
        name: "a server that dies while it starts",
        seeds: &[15],
        story: Told(
            "0 join anna1 bob1
             5 is anna1 => in
             5 crash
             5.5 store refuses 1
             8 crash
             30 is anna1 => in
             30 is bob1 => in
             30 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "a server that is stopped in a meeting and started again has the same meeting",
        seeds: &[20, 24],
        story: Told(
            "0 join anna1 bob1
             4 is anna1 => in
             5 stop 2
             20 is anna1 => in
             20 is bob1 => in
             20 record => 2 people in 4 sessions, open
             20 agree
             21 leave anna1
             22 leave bob1
             24 record => 2 people in 4 sessions, over",
        ),
        ..PLAIN
    },
    Scenario {
        name: "a server that is stopped in a meeting to which nobody comes back",
        seeds: &[25],
        story: Told(
            "0 join anna1
             4 is anna1 => in
             5 stop 2
             6 vanish anna1
             20 record => 1 people in 1 sessions, open
             60 record => 1 people in 1 sessions, over
             60 lasted => 7",
        ),
        ..PLAIN
    },
    Scenario {
        name: "a server that is stopped while people join",
        seeds: &[16, 17, 18],
        story: Told(
            "0 join anna1
             4 is anna1 => in
             5 stop 3
             5 join bob1
             5.01 join carol1
             30 is anna1 => in
             30 is bob1 => in
             30 is carol1 => in
             30 agree",
        ),
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    #[test]
    fn a_server_that_dies_loses_nobody() {
        crate::scenario::check(super::SCENARIOS);
    }
}
