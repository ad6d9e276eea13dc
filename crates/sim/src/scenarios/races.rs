//! What happens at once, in every order that the seeds find.

use crate::scenario::{PLAIN, Scenario, Story::Told};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a knock is admitted and denied at once, while it gives up",
        seeds: &[21, 22, 23],
        story: Told(
            "0 join anna1
             2 lock
             4 join bob1 carol1
             7 is bob1 => waits
             8 admit bob1
             8 deny bob1
             8 leave bob1
             8 admit carol1
             12 is carol1 => in
             12 agree
             13 remove carol1
             13 close carol1
             20 is bob1 => away
             20 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "the door is locked while people come",
        seeds: &[27, 28],
        story: Told(
            "0 join anna1
             2 join bob1
             2 lock
             2 join carol1
             2.001 open
             2.002 lock
             2.003 join dave1
             6 agree
             7 open
             7 admit bob1 carol1 dave1
             14 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "the meeting is ended for all while people come",
        seeds: &[31, 32],
        story: Told(
            "0 join anna1 bob1
             4 join carol1
             4 end
             4 join dave1
             4.005 join eve1
             12 agree
             13 is bob1 => out REASON_CONFERENCE_ENDED",
        ),
        ..PLAIN
    },
    Scenario {
        name: "the clock on the wall is set while people are there",
        seeds: &[35, 36],
        story: Told(
            "0 join anna1 bob1
             4 clock -3600
             6 join carol1
             8 leave bob1
             9 clock 7200
             12 join dave1
             15 agree
             16 crash
             30 is anna1 => in
             30 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "a page that is loaded again and again is one person",
        seeds: &[37, 38],
        story: Told(
            "0 join anna1 bob1
             4 reload bob1
             4.2 reload bob1
             4.4 reload bob1
             7 reload bob1
             7 reload anna1
             9 reload bob1
             20 is bob1 => in
             20 agree
             21 leave bob1
             21 leave anna1
             26 is bob1 => away",
        ),
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    #[test]
    fn races_have_one_outcome() {
        crate::scenario::check(super::SCENARIOS);
    }
}
