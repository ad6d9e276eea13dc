//! A network that loses, delays, doubles and reorders.

use crate::scenario::{PLAIN, Scenario, Story::Told};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "three of ten datagrams are lost, and the others overtake each other",
        seeds: &[41, 42, 43],
        story: Told(
            "0 join anna1 bob1 carol1
             3 speak anna1
             4 weather lost 30 delay 20 120
             6 write bob1 hello
             8 write carol1 there
             14 hears bob1 anna1 8 600 => yes
             14 hears carol1 anna1 8 600 => yes
             14 weather
             20 read anna1 => hello there
             20 read bob1 => hello there
             20 hears bob1 anna1 5 60 => yes
             20 agree",
        ),
        ..PLAIN
    },
    // Each loss doubles the time until DTLS sends again, so bob may still wait when the network has been calm for
    // seconds, or give up and ask again. `is` is answered once he is in, by second 35, and only from then on can he be
    // asked what he hears.
    Scenario {
        name: "somebody comes while three of ten datagrams are lost",
        seeds: &[49, 50],
        story: Told(
            "0 join anna1
             1 speak anna1
             2 weather lost 30 delay 20 120
             3 join bob1
             15 is bob1 => in
             15 weather
             38 hears bob1 anna1 2 60 => yes
             38 agree",
        ),
        repeats: false,
        ..PLAIN
    },
    Scenario {
        name: "each datagram arrives twice, and is heard once",
        seeds: &[44],
        story: Told(
            "0 weather doubled 100 delay 5 40
             0 join anna1 bob1
             5 write anna1 once
             6 write bob1 twice
             10 read anna1 => once twice
             10 read bob1 => once twice
             10 record => 2 people in 2 sessions, open
             10 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "a network that stands still for seconds",
        seeds: &[45, 46],
        story: Told(
            "0 join anna1 bob1
             3 speak anna1
             5 weather delay 1500 3000
             9 weather
             18 hears bob1 anna1 2 60 => yes
             18 is bob1 => in
             18 agree
             18 record => 2 people in 2 sessions, open",
        ),
        ..PLAIN
    },
    // Every knock and every end of one is another queue for the host, whose line carries a twentieth of them.
    Scenario {
        name: "a crowd knocks and goes, and the host's line is narrow",
        seeds: &[51],
        story: Told(
            "0 join anna1
             2 lock
             4 narrow anna1 1500
             5 join guest1 guest2 guest3 guest4 guest5 guest6 guest7 guest8 guest9 guest10
             5.5 join guest11 guest12 guest13 guest14 guest15 guest16 guest17 guest18 guest19 guest20
             8 leave guest1 guest2 guest3 guest4 guest5 guest6 guest7 guest8 guest9 guest10
             8.5 reload guest11 guest12 guest13 guest14
             9 leave guest15 guest16 guest17
             10 queue anna1 => 7
             30 is anna1 => in
             30 record => 1 people in 1 sessions, open
             30 admit guest20
             31 is guest20 => in
             31 agree",
        ),
        ..PLAIN
    },
    Scenario {
        name: "clients that fall silent, one for good and one for a moment",
        seeds: &[47, 48],
        story: Told(
            "0 join anna1 bob1 carol1
             5 vanish bob1
             5 cut carol1
             7 mend carol1
             22 is carol1 => in
             22 record => 3 people in 3 sessions, open
             22 agree
             23 cut carol1
             50 mend carol1
             60 is carol1 => in
             60 record => 3 people in 4 sessions, open
             60 agree",
        ),
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    #[test]
    fn whoever_is_there_is_heard_and_seen() {
        crate::scenario::check(super::SCENARIOS);
    }
}
