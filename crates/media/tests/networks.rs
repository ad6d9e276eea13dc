//! Meetings in simulated time over networks that become narrow and wide again, lossy and clean: real clients on both ends of the real shard,
//! its real estimator between them, and what happens is drawn from a seed. The core's own simulation (`core/room/tests/simulated`) is told what
//! a network carries; here that has to be found out.
//!
//! What must be true is the same, as far as it can be seen from outside:
//!
//! * **A line is one stream.** No number comes twice, and time runs forward on it.
//! * **Nobody's picture stands still** while its owner sends and the viewer is told that it is shown, once a network that fell has been found out.
//! * **Voices are heard**, whatever the network carries, and in whatever there is to be seen.
//! * **A network is obeyed**: [`REST`] after the last thing that happened hardly anything is lost before its narrow place, what is shown has
//!   come to rest, and what is carried with ease is shown: probes have found that out in steps.
//!
//! The stack draws names and keys by itself, so that a seed is the same story and not the same packets.

mod simulated;

use std::{collections::BTreeMap, panic::catch_unwind, time::Duration};

use fastrand::Rng;
use simulated::people::{Person, World};

/// Played in CI.
const SEEDS: [u64; 2] = [1, 2];
/// Of new ones so many are played as this says.
const NEW_SEEDS: &str = "SEDERUNT_NEW_SEEDS";

const LOOK: Duration = Duration::from_millis(100);
/// How long a picture may be missing: a keyframe waits for a narrow place like everything else.
const STILL: Duration = Duration::from_millis(1_500);
/// After this long what is shown does not change any more by itself, and at most once where an estimate dips.
const REST: Duration = Duration::from_secs(5);
const RESTS: usize = 1;
/// And so much is sent at most of what the network carries.
const LOST_PERCENT: u64 = 5;

/// Who films, and what it takes.
const CAMERAS: [(&str, usize); 2] = [("ben", 200_000), ("cem", 600_000)];
/// What both take with two voices, and twice that.
const AMPLE_KBPS: u64 = 2 * 1_000;

/// A network, from some second on.
#[derive(Debug, Clone, Copy)]
struct Carries {
    at_s: u64,
    kbps: Option<u64>,
    lost_percent: u64,
}

const fn carries(at_s: u64, kbps: u64) -> Carries {
    Carries {
        at_s,
        kbps: Some(kbps),
        lost_percent: 0,
    }
}

/// What happens to the network of a viewer, and so much more that the seed draws.
struct Story {
    name: &'static str,
    carries: &'static [Carries],
    drawn: usize,
}

const STORIES: [Story; 5] = [
    Story {
        name: "it becomes narrow, and wide again",
        carries: &[carries(8, 500), carries(28, 2_500)],
        drawn: 0,
    },
    Story {
        name: "it falls step by step",
        carries: &[carries(8, 1_500), carries(20, 600), carries(35, 200)],
        drawn: 0,
    },
    Story {
        name: "it is lossy, and narrow besides",
        carries: &[
            Carries {
                at_s: 8,
                kbps: None,
                lost_percent: 3,
            },
            Carries {
                at_s: 20,
                kbps: Some(1_500),
                lost_percent: 3,
            },
        ],
        drawn: 0,
    },
    Story {
        name: "it loses some, and carries the pictures but not their ends twice",
        carries: &[Carries {
            at_s: 8,
            kbps: Some(1_300),
            lost_percent: 2,
        }],
        drawn: 0,
    },
    Story {
        name: "it changes as it likes",
        carries: &[],
        drawn: 3,
    },
];

/// How long nothing new happens at the end.
const CODA: Duration = Duration::from_secs(15);

struct Judge {
    name: String,
    viewer: usize,
    now: Duration,
    disturbed: Duration,
    what: String,
    carries: Carries,
    /// Since when somebody is shown, and when a picture of them came last.
    shown: BTreeMap<u64, Duration>,
    came: BTreeMap<u64, (usize, Duration)>,
    changes: usize,
    /// Sounds, and packets and losses of the way, up to the second that began last.
    second: (usize, u64, u64),
}

impl Judge {
    fn hold(&self, is_so: bool, what: impl FnOnce() -> String) {
        let Judge { name, what: before, .. } = self;
        assert!(is_so, "{name}: {} at {:?}, after {before}", what(), self.now);
    }

    fn disturbed(&mut self, carries: Carries) {
        (self.disturbed, self.what, self.changes) = (self.now, format!("{carries:?}"), 0);
        self.carries = carries;
    }

    fn rests(&self) -> bool {
        self.now >= self.disturbed + REST
    }

    /// A moment is over.
    fn look(&mut self, world: &World) {
        let person = &world.people[self.viewer];
        let own = format!("participants/{}", person.name);
        let entries = person.entries.iter().filter(|(key, _)| **key != own);
        let before = std::mem::take(&mut self.shown);
        for (key, entry) in entries.filter(|(_, entry)| person.assigned.contains(entry)) {
            let maker = key.trim_start_matches("participants/").as_bytes()[0];
            let packets = person.pictures.get(&maker).copied().unwrap_or_default();
            let since = before.get(entry).copied().unwrap_or(self.now);
            let (known, at) = self.came.get(entry).copied().unwrap_or_default();
            let at = if packets > known { self.now } else { at };
            self.came.insert(*entry, (packets, at));
            let silent = self.now.saturating_sub(at.max(since));
            self.hold(!self.rests() || silent <= STILL, || {
                format!("{key} stands still for {silent:?}")
            });
            self.shown.insert(*entry, since);
        }
        let is_other = !self.shown.keys().eq(before.keys());
        if is_other && self.rests() {
            self.changes += 1;
            self.hold(self.changes <= RESTS, || {
                format!("{} people are shown, and {} before", self.shown.len(), before.len())
            });
        }
    }

    /// A second is over.
    fn second(&mut self, world: &World) {
        let person = &world.people[self.viewer];
        let (sounds, packets, lost) = (person.sounds, person.down.packets, person.down.lost);
        let (sounds_before, packets_before, lost_before) = std::mem::replace(&mut self.second, (sounds, packets, lost));
        if !self.rests() {
            return;
        }
        let heard = sounds - sounds_before;
        self.hold(heard >= 90, || format!("of 100 sounds {heard} are heard"));
        let (packets, lost) = (packets - packets_before, lost - lost_before);
        let most = packets * (self.carries.lost_percent + LOST_PERCENT) / 100 + 2;
        self.hold(lost <= most, || format!("{lost} of {packets} packets are lost"));
        let is_ample = self.carries.kbps.is_none_or(|kbps| kbps >= AMPLE_KBPS);
        if is_ample {
            self.hold(self.shown.len() == CAMERAS.len(), || {
                format!("{} are shown of what is carried with ease", self.shown.len())
            });
        }
    }
}

/// What came on each line, by its numbers.
fn check_lines(name: &str, person: &Person) {
    let lines = person
        .taken
        .iter()
        .fold(BTreeMap::<_, Vec<_>>::new(), |mut lines, taken| {
            lines
                .entry(taken.line)
                .or_default()
                .push((taken.sequence, taken.timestamp));
            lines
        });
    for (line, mut taken) in lines {
        taken.sort_unstable();
        for pair in taken.windows(2) {
            let [(before, earlier), (after, later)] = pair else {
                continue;
            };
            assert!(before < after, "{name}: {after} came twice on line {line}");
            let forward = later.wrapping_sub(*earlier);
            assert!(forward < 1 << 31, "{name}: time runs back at {after} on line {line}");
        }
    }
}

fn draw(dice: &mut Rng, at_s: u64) -> Carries {
    let kbps = dice.u64(2..=30) * 100;
    Carries {
        at_s,
        kbps: (kbps < 2_900).then_some(kbps),
        lost_percent: [0, 0, 0, 2][dice.usize(..4)],
    }
}

fn play(story: &Story, seed: u64) {
    let mut dice = Rng::with_seed(seed);
    let mut happenings = story.carries.to_vec();
    let mut at_s = 6;
    for _ in 0..story.drawn {
        at_s += dice.u64(2..14);
        happenings.push(draw(&mut dice, at_s));
    }
    let mut world = World::new(1);
    for (name, camera_bps) in CAMERAS {
        world.join(name, camera_bps);
    }
    let viewer = world.join("ada", 0);
    world.play(Duration::from_millis(500));
    world.looks(viewer);
    let mut judge = Judge {
        name: format!("{}, seed {seed}", story.name),
        viewer,
        now: Duration::ZERO,
        disturbed: Duration::ZERO,
        what: "the beginning".into(),
        carries: Carries {
            at_s: 0,
            kbps: None,
            lost_percent: 0,
        },
        shown: BTreeMap::new(),
        came: BTreeMap::new(),
        changes: 0,
        second: (0, 0, 0),
    };
    let end = happenings
        .last()
        .map_or(Duration::ZERO, |last| Duration::from_secs(last.at_s))
        + CODA;
    let mut happenings = happenings.into_iter().peekable();
    while judge.now < end {
        if let Some(carries) = happenings.next_if(|next| Duration::from_secs(next.at_s) <= judge.now) {
            let down = &mut world.people[viewer].down;
            down.rate_bps = carries.kbps.map(|kbps| kbps * 1_000);
            down.loses = match carries.lost_percent {
                0 => |_| false,
                2 => |packet| packet % 50 == 0,
                _ => |packet| packet % 33 == 0,
            };
            judge.disturbed(carries);
        }
        world.play(LOOK);
        judge.now += LOOK;
        judge.look(&world);
        if judge.now.subsec_millis() == 0 {
            judge.second(&world);
        }
    }
    check_lines(&judge.name, &world.people[viewer]);
}

#[test]
fn whatever_a_network_does_it_is_found_out_and_obeyed() {
    let new: Option<u64> = std::env::var(NEW_SEEDS).ok().and_then(|count| count.parse().ok());
    let first = fastrand::u64(u64::from(u32::MAX)..);
    let seeds: Vec<u64> = new.map_or(SEEDS.to_vec(), |count| (first..first + count).collect());
    let mut failed = vec![];
    for story in &STORIES {
        for seed in &seeds {
            // What it panicked with was told by then.
            if catch_unwind(|| play(story, *seed)).is_err() {
                failed.push((story.name, *seed));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}
