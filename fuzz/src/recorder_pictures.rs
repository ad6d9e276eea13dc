//! Packets of pictures of which a recording is made.
//!
//! The first byte is the codec. The rest are payloads, each behind a byte that is its length.

use media::Codec;
use recorder::assemble;

/// The payloads are those of one picture.
pub fn run(data: &[u8]) {
    let Some((&codec, mut rest)) = data.split_first() else {
        return;
    };
    let codecs = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
    let mut payloads = vec![];
    while let Some((&length, more)) = rest.split_first() {
        let (payload, more) = more.split_at(more.len().min(length.into()));
        payloads.push(payload);
        rest = more;
    }
    if let Some(picture) = assemble(codecs[usize::from(codec) % codecs.len()], &payloads) {
        assert!(!picture.bytes.is_empty(), "a picture is something");
        // Lengths before units, and the index of a superframe, are all that is added.
        let sent: usize = payloads.iter().map(|payload| payload.len()).sum();
        assert!(picture.bytes.len() <= 8 * sent + 64, "nothing is made up");
    }
}
