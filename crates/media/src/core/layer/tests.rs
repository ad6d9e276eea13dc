//! Layers that come, stop, are asked for and cost something, packet by packet and second by second.

use super::*;
use crate::core::codec::{self, Temporal};

fn sent(spatial: u8, temporal: u8, width: u16, height: u16) -> Sent {
    Sent {
        layer: Layer { spatial, temporal },
        width,
        height,
        bits_per_second: 0,
    }
}

fn packet(spatial: u8, temporal: u8, size: Option<(u16, u16)>) -> Incoming {
    Incoming {
        stream: u32::from(spatial),
        spatial,
        temporal: Temporal {
            layer: temporal,
            is_sync: true,
            opens: 0,
        },
        sequence: 0,
        timestamp: 0,
        bytes: 1_000,
        starts_keyframe: size.is_some(),
        size: size.map(|(width, height)| Picture { width, height }),
        picture: codec::Picture::default(),
        renumbers: true,
    }
}

fn at(ms: u64) -> Time {
    Time::from_millis(ms)
}

/// Three sizes, each seen with its keyframe.
fn camera() -> Layers {
    let mut layers = Layers::new(3, Time::ZERO);
    for (spatial, size) in [(0, (320, 180)), (1, (640, 360)), (2, (1_280, 720))] {
        assert!(layers.arrived(&packet(spatial, 0, Some(size)), Time::ZERO));
    }
    layers
}

fn spatials(layers: &Layers) -> Vec<u8> {
    layers.available().iter().map(|sent| sent.layer.spatial).collect()
}

fn set(spatials: &[u8]) -> Spatials {
    spatials.iter().copied().fold(Spatials::NONE, Spatials::with)
}

#[test]
fn the_smallest_that_fills_a_canvas_fits() {
    let camera = [
        sent(0, 0, 320, 180),
        sent(0, 1, 320, 180),
        sent(1, 0, 640, 360),
        sent(2, 0, 1_280, 720),
        sent(2, 2, 1_280, 720),
    ];
    let check = |layers: &[Sent], width, height, expected| {
        let fits = fitting(layers, Size { width, height }).map(|layer| (layer.spatial, layer.temporal));
        assert_eq!(fits, expected, "{width}x{height}");
    };
    check(&camera, 160, 90, Some((0, 1)));
    check(&camera, 320, 180, Some((0, 1)));
    check(&camera, 340, 190, Some((0, 1)));
    check(&camera, 480, 270, Some((1, 0)));
    check(&camera, 960, 540, Some((2, 2)));
    check(&camera, 1_920, 1_080, Some((2, 2)));
    check(&camera, 0, 0, Some((2, 2)));
    check(&camera[..2], 1_920, 1_080, Some((0, 1)));
    check(&[sent(0, 0, 0, 0)], 320, 180, Some((0, 0)));
    check(&[], 320, 180, None);
}

#[test]
fn canvases_are_bounded_and_joined() {
    let size = |width, height| Size { width, height };
    let any = Size::default();
    assert_eq!(size(1_920, 1_080).within(size(640, 360)), size(640, 360));
    assert_eq!(size(320, 180).within(size(640, 360)), size(320, 180));
    assert_eq!(size(320, 180).within(any), size(320, 180));
    assert_eq!(any.within(size(640, 360)), size(640, 360));
    assert_eq!(size(320, 180).or_larger(size(640, 360)), size(640, 360));
    assert_eq!(size(320, 180).or_larger(any), any);
    assert_eq!(any.or_larger(size(640, 360)), any);
}

#[test]
fn a_layer_is_there_when_it_comes_and_gone_when_others_go_on_without_it() {
    let mut layers = camera();
    assert_eq!(spatials(&layers), [0, 1, 2]);
    assert!(!layers.arrived(&packet(0, 0, None), at(300)));
    assert!(layers.arrived(&packet(1, 0, None), at(600)), "the largest is gone");
    assert_eq!(spatials(&layers), [0, 1]);
    assert_eq!(
        layers.deserved_by(Size::default()),
        set(&[2]),
        "and wanted all the same"
    );
    assert!(layers.arrived(&packet(2, 0, None), at(640)));
    assert_eq!(spatials(&layers), [0, 1, 2]);
    assert!(layers.arrived(&packet(1, 0, Some((480, 270))), at(650)), "another size");
    // Nothing at all comes of a camera that is off, and that says nothing of its layers.
    assert!(!layers.keep(set(&[0, 1, 2]), at(60_000)));
    assert_eq!(spatials(&layers), [0, 1, 2]);
}

#[test]
fn what_nobody_needs_for_a_second_is_paused_and_comes_back_at_once() {
    let mut layers = camera();
    assert!(!layers.keep(set(&[0, 2]), at(1_000)), "it was needed before");
    assert!(layers.keep(set(&[0, 2]), at(2_000)));
    assert_eq!(layers.asked(), set(&[0, 2]));
    assert_eq!(spatials(&layers), [0, 1, 2], "it can be had");
    assert!(!layers.is_sent(1));
    assert_eq!((layers.meanwhile(1, None), layers.meanwhile(1, Some(2))), (0, 2));
    assert!(!layers.ask(set(&[0]), at(2_100)));
    assert!(layers.ask(set(&[1, 7]), at(2_100)), "only what was offered");
    assert_eq!(layers.asked(), set(&[0, 1, 2]));
    for spatial in [0, 2, 1] {
        layers.arrived(&packet(spatial, 0, None), at(2_300));
    }
    assert_eq!((layers.is_sent(1), layers.meanwhile(1, Some(2))), (true, 1));
    layers.keep(Spatials::NONE, at(3_000));
    assert!(layers.keep(Spatials::NONE, at(4_000)));
    assert_eq!(layers.asked(), Spatials::NONE, "nobody watches");
    assert!(layers.ask(set(&[2]), at(5_000)));
    assert!(!layers.keep(set(&[2]), at(6_000)));
    assert!(layers.keep(set(&[2]), at(9_000)), "it does not come");
    assert_eq!(spatials(&layers), [0, 1]);
}

#[test]
fn what_was_never_seen_is_wanted_wherever_anybody_watches() {
    let mut layers = Layers::new(3, Time::ZERO);
    let small = Size { width: 160, height: 90 };
    assert_eq!(layers.deserved_by(small), set(&[0, 1, 2]));
    layers.arrived(&packet(0, 0, Some((320, 180))), Time::ZERO);
    assert_eq!(layers.deserved_by(small), set(&[0, 1, 2]));
    assert_eq!(camera().deserved_by(small), set(&[0]));
}

#[test]
fn rates_are_those_of_a_second_and_of_all_that_a_layer_needs() {
    let mut layers = Layers::new(1, Time::ZERO);
    for temporal in [0, 2, 1, 2, 0] {
        layers.arrived(&packet(0, temporal, None), at(10));
    }
    let rates = |layers: &Layers| -> Vec<(u8, u64)> {
        let rate = |sent: &Sent| (sent.layer.temporal, sent.bits_per_second);
        layers.available().iter().map(rate).collect()
    };
    let expected = [(0, 16_000), (1, 24_000), (2, 40_000)];
    layers.keep(set(&[0]), at(1_000));
    assert_eq!(rates(&layers), expected);
    layers.keep(set(&[0]), at(2_000));
    assert_eq!(rates(&layers), expected, "of the last second that had any");
}

#[test]
fn a_keyframe_makes_no_layer_dear() {
    let mut layers = Layers::new(1, Time::ZERO);
    let mut second = 0;
    // Packets of each temporal layer in a second, and what is believed of each afterwards, in kilobits per second.
    let mut check = |name, packets: [usize; 3], expected: [u64; 3]| {
        second += 1;
        for (temporal, count) in (0..).zip(packets) {
            for _ in 0..count {
                layers.arrived(&packet(0, temporal, None), at(1_000 * second - 1));
            }
        }
        layers.keep(set(&[0]), at(1_000 * second));
        let rates = layers.available().iter().map(|sent| sent.bits_per_second / 1_000);
        assert_eq!(rates.collect::<Vec<_>>(), expected, "{name}");
    };
    check("it begins", [2, 2, 4], [16, 32, 64]);
    check("it goes on", [17, 16, 28], [136, 264, 488]);
    check("a keyframe, and less of all else", [23, 16, 20], [136, 264, 472]);
    check("as before", [17, 15, 22], [136, 256, 432]);
    check("a camera that sees more", [25, 20, 30], [136, 256, 432]);
    check("and goes on to", [25, 20, 30], [200, 360, 600]);
}

#[test]
fn a_recording_changes_at_keyframes() {
    let mut layers = camera();
    let check = |layers: &mut Layers, spatial, starts_keyframe, expected: bool| {
        assert_eq!(layers.is_best(spatial, starts_keyframe), expected, "{spatial}");
    };
    check(&mut layers, 0, true, false);
    check(&mut layers, 2, false, true);
    check(&mut layers, 1, true, false);
    for ms in [500, 510] {
        layers.arrived(&packet(0, 0, None), at(ms));
        layers.arrived(&packet(1, 0, None), at(ms));
    }
    assert_eq!(layers.better(), Some(1));
    check(&mut layers, 1, false, false);
    check(&mut layers, 1, true, true);
    assert_eq!(layers.better(), None);
    layers.arrived(&packet(2, 0, None), at(520));
    check(&mut layers, 1, true, true);
    check(&mut layers, 2, true, true);
    check(&mut layers, 1, true, false);
}

#[test]
fn a_publisher_that_changes_with_every_packet_costs_no_more() {
    let mut layers = Layers::new(1, Time::ZERO);
    let sizes = (0..1_000).map(|width| packet(0, 0, Some((width, 1))));
    let changes = sizes.filter(|packet| layers.arrived(packet, at(1))).count();
    assert_eq!(changes, limits::LAYER_CHANGES.burst as usize);
}
