//! Any payload of pictures in any codec, whose running numbers are written anew.

use media::{
    Codec,
    codec::{Picture, PictureId, descriptor_end, picture, starts_keyframe, temporal, write_picture},
    picture_size,
};

const CODECS: [Codec; 5] = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1, Codec::Opus];
/// The highest layer that three bits can name.
const LAYER_MAX: u8 = 7;

/// The first byte says which codec, two and one more which numbers are written; the others are a payload.
pub fn run(data: &[u8]) {
    let [codec, high, low, tl0, payload @ ..] = data else {
        return;
    };
    let codec = CODECS[usize::from(*codec) % CODECS.len()];
    let before = picture(codec, payload);
    assert!(temporal(codec, payload).is_none_or(|temporal| temporal.layer <= LAYER_MAX));
    let distance = u16::from_be_bytes([*high, *low]);
    let moved = Picture {
        id: before.id.map(|id| id.advanced(distance)),
        tl0: before.tl0.map(|_| *tl0),
    };
    let is_in_its_width = |id: PictureId| id.value <= if id.wide { 0x7fff } else { 0x7f };
    assert!(moved.id.is_none_or(is_in_its_width));
    let mut written = payload.to_vec();
    write_picture(codec, &mut written, moved);
    assert_eq!(picture(codec, &written), moved);
    // All else is as it was.
    let told = |payload: &[u8]| {
        (
            starts_keyframe(codec, payload),
            picture_size(codec, payload),
            temporal(codec, payload),
            descriptor_end(codec, payload),
        )
    };
    assert_eq!(told(&written), told(payload));
    write_picture(codec, &mut written, before);
    assert_eq!(written, payload, "{codec:?}");
}
