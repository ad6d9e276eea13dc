//! What members see whose network does not carry everything.

use super::*;

/// Ada watches a camera of 200 kbit/s and another of 1,000.
struct Scene {
    stage: Stage,
    ada: MemberId,
    cameras: [(MemberId, usize); 2],
    voices: Vec<MemberId>,
}

impl Scene {
    fn new() -> Scene {
        let mut stage = Stage::new();
        let ada = stage.join(1, "ada", ALL);
        let cameras = [(stage.join(2, "ben", ALL), 500), (stage.join(3, "cem", ALL), 2_500)];
        let (ben, cem) = (stage.entry(cameras[0].0), stage.entry(cameras[1].0));
        let canvas = |id: u32, entry: u64| json!({"id": id, "direct": {"mediaEntryId": entry}});
        stage.show(ada, &json!([canvas(1, ben), canvas(2, cem)]));
        let mut scene = Scene {
            stage,
            ada,
            cameras,
            voices: vec![],
        };
        scene.seconds(1);
        scene
    }

    /// Fifty packets of each in a second; the cameras whose packets reach Ada in the last one.
    fn seconds(&mut self, seconds: usize) -> Vec<usize> {
        let mut seen = [0, 0];
        for step in 1..=50 * seconds {
            self.stage.now += Time::from_millis(20);
            let sequence = self.stage.sequence + u64::try_from(step).unwrap();
            for (place, (camera, bytes)) in self.cameras.into_iter().enumerate() {
                self.packet((camera, Source::Camera), sequence, bytes);
                let is_last = step > 50 * (seconds - 1);
                seen[place] += usize::from(is_last && !self.stage.forwards.is_empty());
            }
            for voice in self.voices.clone() {
                self.packet((voice, Source::Microphone), sequence, 80);
            }
            if step % 50 == 0 {
                self.stage
                    .act(|room, now, actions| room.second(false, now, &mut actions.effects));
            }
        }
        self.stage.sequence += 50 * u64::try_from(seconds).unwrap();
        (0..2).filter(|place| seen[*place] > 25).collect()
    }

    fn packet(&mut self, (from, source): (MemberId, Source), sequence: u64, bytes: usize) {
        let starts_keyframe = source == Source::Camera && sequence.is_multiple_of(5);
        let packet = Incoming {
            stream: u32::try_from(from.0).unwrap(),
            spatial: 0,
            sequence,
            timestamp: 0,
            starts_keyframe,
            picture: Picture::default(),
            temporal: Temporal::default(),
            bytes,
            size: starts_keyframe.then_some(quality::Picture {
                width: 320,
                height: 180,
            }),
            renumbers: false,
        };
        let sound = Sound {
            level_dbov: Some(-20),
            bytes,
        };
        self.stage
            .act(|room, now, actions| room.forward(from, source, &packet, sound, now, actions));
    }

    fn estimate(&mut self, kbps: u64) {
        let ada = self.ada;
        self.stage
            .act(|room, now, actions| room.estimated(ada, kbps * 1_000, now, &mut actions.effects));
    }

    /// The canvases that Ada was told last since the last look.
    fn told(&mut self) -> Option<Vec<i64>> {
        let canvases = self.stage.canvases(self.ada)?;
        Some(canvases.into_iter().map(|(canvas, _)| canvas).collect())
    }
}

#[test]
fn nothing_is_held_back_while_nothing_is_known() {
    let mut scene = Scene::new();
    assert_eq!(scene.told(), Some(vec![1, 2]));
    assert_eq!(scene.seconds(2), [0, 1]);
    assert_eq!(scene.told(), None);
}

#[test]
fn what_a_network_does_not_carry_is_taken_off_the_lines_and_told() {
    let mut scene = Scene::new();
    scene.told();
    scene.estimate(500);
    assert_eq!(scene.told(), Some(vec![1]), "the small one fits, beside a voice");
    assert_eq!(scene.seconds(1), [0]);
    scene.estimate(150);
    assert_eq!(scene.told(), Some(vec![]), "then only voices");
    assert_eq!(scene.seconds(1), [0; 0]);
    scene.estimate(5_000);
    assert_eq!(scene.told(), Some(vec![1, 2]));
    assert_eq!(scene.seconds(1), [0, 1]);
}

#[test]
fn a_source_that_goes_on_sending_more_is_noticed_within_three_seconds() {
    let mut scene = Scene::new();
    scene.estimate(1_500);
    assert_eq!(scene.seconds(5), [0, 1]);
    scene.cameras[1].1 = 5_000;
    scene.seconds(3);
    assert_eq!(scene.seconds(1), [0]);
    scene.cameras[1].1 = 2_000;
    scene.seconds(6);
    assert_eq!(scene.seconds(1), [0, 1]);
}

#[test]
fn what_is_wanted_is_told_to_the_transport() {
    let mut scene = Scene::new();
    scene.seconds(1);
    let ada = scene.ada;
    scene.estimate(100);
    assert_eq!(
        scene.stage.wanted.last(),
        Some(&(ada, Some(2_000_000))),
        "whether it fits or not"
    );
    scene.stage.show(ada, &json!([]));
    assert_eq!(scene.stage.wanted.last(), Some(&(ada, None)));
}

#[test]
fn voices_go_before() {
    let mut scene = Scene::new();
    scene.estimate(300);
    assert_eq!(scene.seconds(5), [0]);
    scene.voices = (4..=6).map(|id| scene.stage.join(id, &id.to_string(), ALL)).collect();
    scene.seconds(1);
    assert_eq!(scene.seconds(1), [0; 0], "three voices leave too little for a picture");
}
