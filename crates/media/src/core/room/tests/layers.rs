//! Cameras in several sizes: who sees which, and what their publishers are asked for.

use super::*;

const SIZES: [(u16, u16); 3] = [(320, 180), (640, 360), (1_280, 720)];

/// Ada, whose camera has three sizes, and some who look at it on canvases of these heights.
fn stage(heights: &[u32]) -> (Stage, MemberId, Vec<MemberId>) {
    let mut stage = Stage::new();
    stage.sizes = [3, 1];
    let ada = stage.join(1, "ada", ALL);
    let viewers = (2..).zip(heights);
    let viewers: Vec<MemberId> = viewers.map(|(id, _)| stage.join(id, &id.to_string(), ALL)).collect();
    stage.film(ada, &[0, 1, 2], true);
    for (viewer, height) in viewers.iter().zip(heights) {
        stage.look(*viewer, ada, *height);
    }
    (stage, ada, viewers)
}

impl Stage {
    /// Looks at somebody's camera on a canvas of this height.
    fn look(&mut self, viewer: MemberId, at: MemberId, height: u32) {
        let dimensions = json!({"width": height * 16 / 9, "height": height});
        let canvas = json!({"id": 1, "dimensions": dimensions, "direct": {"mediaEntryId": self.entry(at)}});
        self.show(viewer, &json!([canvas]));
    }

    /// A picture of each of these sizes, 30 ms later; says who got which.
    fn film(&mut self, of: MemberId, spatials: &[u8], starts_keyframe: bool) -> Vec<(usize, u8)> {
        self.now += Time::from_millis(30);
        let mut seen = vec![];
        for spatial in spatials {
            let size = starts_keyframe.then(|| SIZES[usize::from(*spatial)]);
            let got = self.send_layer(of, Source::Camera, *spatial, size, starts_keyframe, 0);
            seen.extend(got.into_iter().map(|(to, ..)| (to, *spatial)));
        }
        seen
    }

    /// Seconds go by in which these sizes are sent.
    fn seconds(&mut self, of: MemberId, spatials: &[u8], seconds: usize) {
        for _ in 0..seconds {
            for _ in 0..33 {
                self.film(of, spatials, false);
            }
            self.play(|room, now, actions| room.second(false, now, &mut actions.effects));
        }
    }

    /// What a publisher was told to send of its camera, newest last.
    fn wanted(&mut self, of: MemberId) -> Vec<String> {
        let texts = self.heard(of, Channel::VideoAssignment);
        let wanted = texts.iter().map(|text| &text["resources"][0]["wantedLayers"]["camera"]);
        wanted
            .filter(|wanted| !wanted.is_null())
            .map(Value::to_string)
            .collect()
    }
}

#[test]
fn each_viewer_gets_the_layer_that_fits_its_canvas() {
    let (mut stage, ada, _) = stage(&[90, 360, 1_080]);
    assert_eq!(stage.asked_spatials, [0, 1, 2], "each needs its own keyframe");
    assert_eq!(stage.film(ada, &[0, 1, 2], true), [(2, 0), (3, 1), (4, 2)]);
    assert_eq!(stage.film(ada, &[0, 1, 2], false), [(2, 0), (3, 1), (4, 2)]);
}

#[test]
fn the_old_layer_is_held_until_a_keyframe_of_the_new_one() {
    let (mut stage, ada, viewers) = stage(&[180]);
    stage.film(ada, &[0, 1, 2], true);
    stage.look(viewers[0], ada, 720);
    assert_eq!(stage.asked_spatials.last(), Some(&2));
    assert_eq!(stage.film(ada, &[0, 1, 2], false), [(2, 0)]);
    assert_eq!(stage.film(ada, &[2], true), [(2, 2)]);
    assert_eq!(stage.film(ada, &[0, 1, 2], false), [(2, 2)]);
    stage.play(|room, now, actions| room.keyframe_requested(viewers[0], 0, now, &mut actions.effects));
    assert_eq!(stage.asked_spatials.last(), Some(&2), "of the layer that it sees");
}

#[test]
fn a_layer_that_stops_is_replaced_by_the_next() {
    let (mut stage, ada, _) = stage(&[720]);
    stage.film(ada, &[0, 1, 2], true);
    for _ in 0..16 {
        stage.film(ada, &[0, 1], false);
    }
    assert_eq!(stage.asked_spatials.last(), Some(&1));
    assert_eq!(stage.film(ada, &[0, 1], true), [(2, 1)]);
    assert_eq!(
        stage.film(ada, &[0, 1, 2], true),
        [(2, 1), (2, 2)],
        "and is back with its keyframe"
    );
}

#[test]
fn what_nobody_watches_is_not_sent_and_comes_back_when_it_is_wanted() {
    let (mut stage, ada, viewers) = stage(&[180, 180]);
    stage.film(ada, &[0, 1, 2], true);
    assert_eq!(stage.wanted(ada), Vec::<String>::new());
    stage.seconds(ada, &[0, 1, 2], 2);
    assert_eq!(stage.wanted(ada), ["[0]"]);
    stage.seconds(ada, &[0], 5);
    assert_eq!(stage.wanted(ada), Vec::<String>::new(), "told once");
    stage.look(viewers[0], ada, 720);
    assert_eq!(stage.wanted(ada), ["[0,2]"], "at once");
    assert_eq!(
        stage.film(ada, &[0], false),
        [(2, 0), (3, 0)],
        "and seen small until it comes"
    );
    assert_eq!(stage.film(ada, &[0, 2], true), [(2, 0), (3, 0), (2, 2)]);
    for viewer in viewers {
        stage.show(viewer, &json!([]));
    }
    stage.seconds(ada, &[0, 2], 2);
    assert_eq!(stage.wanted(ada), ["[]"], "nobody looks");
    stage.look(MemberId(3), ada, 720);
    assert_eq!(stage.wanted(ada), ["[2]"]);
    assert_eq!(stage.film(ada, &[2], true), [(3, 2)]);
}

#[test]
fn a_recording_is_given_the_largest() {
    let (mut stage, ada, _) = stage(&[]);
    for second in 0..3 {
        for _ in 0..33 {
            stage.film(ada, &[0, 1, 2], second == 0);
        }
        stage.play(|room, now, actions| room.second(true, now, &mut actions.effects));
    }
    assert_eq!(stage.wanted(ada), ["[2]"]);
    let recorded = [0, 1, 2].map(|spatial| stage.room.is_recorded(ada, Source::Camera, spatial, false));
    assert_eq!(recorded, [false, false, true]);
    assert!(stage.room.is_recorded(ada, Source::Microphone, 0, false));
}

#[test]
fn a_camera_in_one_size_is_never_told_what_to_send() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    stage.look(ben, ada, 90);
    stage.film(ada, &[0], true);
    stage.show(ben, &json!([]));
    stage.seconds(ada, &[0], 5);
    stage.look(ben, ada, 720);
    assert_eq!(stage.wanted(ada), Vec::<String>::new());
    assert_eq!(stage.film(ada, &[0], true), [(2, 0)]);
}
