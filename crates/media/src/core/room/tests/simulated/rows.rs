//! The scenarios: stories, each played in every weather.

use fastrand::Rng;

use super::scene::Scene;

/// What happens to packets on their way up, and how well anybody knows what the way down carries.
#[derive(Clone, Copy)]
pub(super) struct Weather {
    name: &'static str,
    /// So many of a hundred are lost, and sent again once.
    pub(super) lost_percent: u8,
    /// How long one takes, and how much longer at most.
    pub(super) delay_ms: u64,
    pub(super) jitter_ms: u64,
    /// An estimate is too low by so much of a hundred at most.
    pub(super) tremble_percent: u64,
}

const CALM: Weather = Weather {
    name: "calm",
    lost_percent: 0,
    delay_ms: 20,
    jitter_ms: 0,
    tremble_percent: 0,
};

const WEATHERS: [Weather; 4] = [
    CALM,
    Weather {
        name: "5 % lost",
        lost_percent: 5,
        tremble_percent: 3,
        ..CALM
    },
    Weather {
        name: "15 % lost, 80 ms away",
        lost_percent: 15,
        delay_ms: 80,
        tremble_percent: 5,
        ..CALM
    },
    Weather {
        name: "overtaken by 30 ms, 150 ms away",
        delay_ms: 150,
        jitter_ms: 30,
        tremble_percent: 5,
        ..CALM
    },
];

/// Something that happens, to people by their places.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    /// Somebody comes, with a camera.
    Joins,
    Leaves(usize),
    /// The same person comes again, with streams of other names.
    ComesAnew(usize),
    /// So many kilobits a second reach somebody from now on; nothing is known about the way at 0.
    Carries(usize, u64),
    /// A browser sends so many sizes of its camera, as its way up carries no more.
    SendsSizes(usize, usize),
    Camera(usize, bool),
    Speaks(usize, bool),
    /// Somebody looks at all others at this height, or at nobody.
    LooksAt(usize, u32),
}

use Happening::{Camera, Carries, ComesAnew, Joins, Leaves, LooksAt, SendsSizes, Speaks};

/// What happens, by its second; and how many are there at first, each with a camera of three sizes.
struct Story {
    name: &'static str,
    people: usize,
    happenings: &'static [(u64, Happening)],
    /// And so many more, that the seed draws.
    drawn: usize,
}

const STORIES: [Story; 10] = [
    Story {
        name: "a network gets narrow and wide again",
        people: 3,
        happenings: &[
            (2, LooksAt(0, 360)),
            (3, Carries(0, 4_000)),
            (10, Carries(0, 900)),
            (20, Carries(0, 300)),
            (30, Carries(0, 3_000)),
        ],
        drawn: 0,
    },
    Story {
        name: "a network is narrow from the beginning",
        people: 4,
        happenings: &[(1, Carries(0, 500)), (2, LooksAt(0, 720)), (16, Carries(0, 1_500))],
        drawn: 0,
    },
    Story {
        name: "many look at many over networks of every kind",
        people: 6,
        happenings: &[
            (2, LooksAt(0, 180)),
            (2, LooksAt(1, 360)),
            (2, LooksAt(2, 720)),
            (2, LooksAt(3, 360)),
            (3, Carries(1, 1_500)),
            (3, Carries(2, 2_500)),
            (3, Carries(3, 600)),
            (18, Carries(2, 600)),
        ],
        drawn: 0,
    },
    Story {
        name: "people come and go",
        people: 3,
        happenings: &[
            (2, LooksAt(0, 360)),
            (3, Carries(0, 2_000)),
            (6, Joins),
            (6, LooksAt(0, 360)),
            (14, Joins),
            (14, LooksAt(0, 360)),
            (22, Leaves(1)),
            (30, Leaves(2)),
        ],
        drawn: 0,
    },
    Story {
        name: "a camera is off for a while",
        people: 3,
        happenings: &[
            (2, LooksAt(0, 360)),
            (3, Carries(0, 1_500)),
            (10, Camera(1, false)),
            (18, Camera(1, true)),
            (26, Camera(1, false)),
            (27, Camera(1, true)),
        ],
        drawn: 0,
    },
    Story {
        name: "a way up carries one size, then two, then all",
        people: 3,
        happenings: &[
            (2, LooksAt(0, 720)),
            (8, SendsSizes(1, 1)),
            (17, SendsSizes(1, 2)),
            (26, SendsSizes(1, 3)),
        ],
        drawn: 0,
    },
    Story {
        name: "speakers take turns, and all talk at once",
        people: 5,
        happenings: &[
            (2, LooksAt(0, 360)),
            (3, Carries(0, 1_200)),
            (4, Speaks(1, true)),
            (11, Speaks(1, false)),
            (11, Speaks(2, true)),
            (18, Speaks(3, true)),
            (19, Speaks(4, true)),
            (25, Speaks(2, false)),
            (25, Speaks(3, false)),
            (32, Speaks(4, false)),
        ],
        drawn: 0,
    },
    Story {
        name: "a page is made small and large, and shows nobody",
        people: 4,
        happenings: &[
            (2, LooksAt(0, 720)),
            (3, Carries(0, 6_000)),
            (10, LooksAt(0, 180)),
            (18, LooksAt(0, 360)),
            (26, LooksAt(0, 0)),
            (30, LooksAt(0, 720)),
        ],
        drawn: 0,
    },
    Story {
        name: "somebody comes anew, and their streams have other names",
        people: 3,
        happenings: &[
            (2, LooksAt(0, 360)),
            (3, Speaks(1, true)),
            (9, ComesAnew(1)),
            (9, LooksAt(0, 360)),
            (18, ComesAnew(1)),
            (18, LooksAt(0, 360)),
        ],
        drawn: 0,
    },
    Story {
        name: "everything, in any order",
        people: 4,
        happenings: &[(2, LooksAt(0, 360)), (2, LooksAt(1, 720)), (3, Carries(1, 1_500))],
        drawn: 8,
    },
];

/// A story in a weather.
pub(super) struct Scenario {
    story: &'static Story,
    weather: Weather,
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Scenario> {
    let in_all = |story| WEATHERS.into_iter().map(move |weather| Scenario { story, weather });
    STORIES.iter().flat_map(in_all)
}

/// How long nothing new happens at the end.
const CODA_S: u64 = 12;

impl Scenario {
    pub(super) fn name(&self) -> String {
        format!("{}, {}", self.story.name, self.weather.name)
    }

    /// Plays it, and panics where a rule is broken.
    pub(super) fn play(&self, seed: u64) {
        let mut dice = Rng::with_seed(seed);
        let mut happenings = self.story.happenings.to_vec();
        let mut second = 6;
        for _ in 0..self.story.drawn {
            second += dice.u64(1..12);
            happenings.push((second, draw(&mut dice, self.story.people)));
            // Whoever has come is looked at.
            happenings.push((second, LooksAt(0, 360)));
        }
        let mut scene = Scene::new(format!("{}, seed {seed}", self.name()), self.weather, dice);
        for _ in 0..self.story.people {
            scene.happen(Joins);
        }
        let last = happenings.last().map_or(0, |(second, _)| *second);
        for (second, happening) in happenings {
            scene.pass(second);
            scene.happen(happening);
        }
        scene.pass(last + CODA_S);
        scene.end();
    }
}

fn draw(dice: &mut Rng, people: usize) -> Happening {
    let anybody = dice.usize(..people);
    let other = dice.usize(1..people);
    match dice.u8(..7) {
        0 => Joins,
        1 => ComesAnew(other),
        2 => Carries(anybody, dice.u64(2..40) * 100),
        3 => SendsSizes(other, dice.usize(1..=3)),
        4 => Camera(other, dice.bool()),
        5 => Speaks(other, dice.bool()),
        _ => LooksAt(1, [0, 180, 360, 720][dice.usize(..4)]),
    }
}
