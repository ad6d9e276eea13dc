//! Stories that nobody would think of: everything that may happen, in an order that the seed draws.

use std::fmt::Write as _;

use fastrand::Rng;

use crate::scenario::{PLAIN, Scenario, Story::Drawn};

/// Who may take part.
const DEVICES: [&str; 6] = ["anna1", "anna2", "bob1", "carol1", "dave1", "eve1"];

/// What may happen, the likelier things more often. `DEVICE` is one of those that have come.
const HAPPENINGS: [&str; 24] = [
    "join DEVICE",
    "join DEVICE",
    "join DEVICE",
    "join DEVICE",
    "join DEVICE",
    "leave DEVICE",
    "leave DEVICE",
    "close DEVICE",
    "vanish DEVICE",
    "reload DEVICE",
    "reload DEVICE",
    "cut DEVICE",
    "mend DEVICE",
    "admit DEVICE",
    "deny DEVICE",
    "remove DEVICE",
    "lock",
    "open",
    "open",
    "end",
    "crash",
    "store refuses 2",
    "store keeps 1",
    "store loses 1",
];

pub(crate) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "anything",
    seeds: &[51, 52, 53, 58, 1_316_830_704],
    story: Drawn(anything),
    ..PLAIN
}];

/// Everybody comes; then something happens now and then, often at once with something else.
fn anything(dice: &mut Rng) -> String {
    let mut story = format!("0 join {}\n", DEVICES.join(" "));
    let mut millisecond = 1_000;
    for _ in 0..40 {
        millisecond += [0, 1, 20, 300, 2_500][dice.usize(0..5)];
        let device = DEVICES[dice.usize(0..DEVICES.len())];
        let happening = HAPPENINGS[dice.usize(0..HAPPENINGS.len())].replace("DEVICE", device);
        let (second, thousandth) = (millisecond / 1_000, millisecond % 1_000);
        writeln!(story, "{second}.{thousandth:03} {happening}").expect("a string");
    }
    let (calm, end) = (millisecond / 1_000 + 1, millisecond / 1_000 + 30);
    let all = DEVICES.join(" ");
    writeln!(story, "{calm} mend {all}\n{end} agree").expect("a string");
    story
}

#[cfg(test)]
mod tests {
    #[test]
    fn whatever_happens_the_rules_hold() {
        crate::scenario::check(super::SCENARIOS);
    }
}
