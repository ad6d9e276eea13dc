//! The dependency descriptor as a header extension: it is taken from publishers as it comes, and told to nobody.
//!
//! Browsers offer it wherever they send temporal layers. It is agreed to only where the payload does not tell them: with it Chromium leaves
//! the numbers of pictures and layers out of VP8's payload, by which lines go on without a gap.

use std::borrow::Cow;

use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

/// Its number, where a client does not say another: one that no other has.
pub(super) const NUMBER: u8 = 12;

const URI: &str = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// A descriptor, as it came.
pub(super) struct Descriptor(pub(super) Box<[u8]>);

/// The extension, for the stack.
pub(super) fn extension() -> Extension {
    Extension::with_serializer(URI, Taken)
}

#[derive(Debug)]
struct Taken;

impl ExtensionSerializer for Taken {
    /// Nobody is told, see `core::descriptor`.
    fn write_to(&self, _: &mut [u8], _: &ExtensionValues) -> usize {
        0
    }

    fn parse_value(&self, bytes: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(Descriptor(bytes.into()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }
}

/// The offer without the extension where that is not taken: on all lines but those that send AV1 or H.264, which is what they name first.
pub(super) fn where_needed(offer: &str) -> Cow<'_, str> {
    if !offer.contains(URI) {
        return Cow::Borrowed(offer);
    }
    let begins = offer.match_indices("m=").map(|(at, _)| at);
    let begins = begins.filter(|at| *at == 0 || offer.as_bytes()[at - 1] == b'\n');
    let begins: Vec<usize> = std::iter::once(0).chain(begins).chain([offer.len()]).collect();
    let sections = begins.windows(2).map(|ends| &offer[ends[0]..ends[1]]);
    let kept = sections.flat_map(|section| {
        let is_needed = is_needed(section);
        let lines = section.split_inclusive('\n');
        lines.filter(move |line| is_needed || !(line.starts_with("a=extmap:") && line.contains(URI)))
    });
    Cow::Owned(kept.collect())
}

fn is_needed(section: &str) -> bool {
    let mut lines = section.lines();
    // What, port and protocol; then the payload types.
    let first = lines.next().and_then(|line| line.split_whitespace().nth(3));
    let codec = first.and_then(|first| {
        let mut codecs = section.lines().filter_map(|line| line.strip_prefix("a=rtpmap:"));
        codecs.find_map(|line| line.strip_prefix(first)?.strip_prefix(' '))
    });
    let is_untold = |codec: &str| {
        let name = codec.split('/').next().unwrap_or_default();
        name.eq_ignore_ascii_case("AV1") || name.eq_ignore_ascii_case("H264")
    };
    lines.any(|line| line == "a=sendonly") && codec.is_some_and(is_untold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_where_payloads_do_not_tell() {
        let check = |lines: &[&str], expected: &[&str]| {
            let sdp = |lines: &[&str]| lines.join("\r\n").replace('$', URI) + "\r\n";
            assert_eq!(where_needed(&sdp(lines)), sdp(expected));
        };
        let (av1, h264, vp8) = (
            "a=rtpmap:45 AV1/90000",
            "a=rtpmap:96 H264/90000",
            "a=rtpmap:4 VP8/90000",
        );
        let (begin, extension) = ("v=0", "a=extmap:13 $");
        for sends in [
            &["m=video 9 UDP 45 96", extension, "a=sendonly", av1, h264],
            &["m=video 9 UDP 96", extension, "a=sendonly", h264, av1],
        ] {
            let offer = [&[begin], &sends[..]].concat();
            check(&offer, &offer);
        }
        check(
            &[
                begin,
                "m=video 9 UDP 4 45",
                extension,
                "a=sendonly",
                av1,
                vp8,
                "m=video 9 UDP 45",
                extension,
                "a=recvonly",
                av1,
            ],
            &[
                begin,
                "m=video 9 UDP 4 45",
                "a=sendonly",
                av1,
                vp8,
                "m=video 9 UDP 45",
                "a=recvonly",
                av1,
            ],
        );
        check(
            &[
                begin,
                "m=video 9 UDP 45",
                extension,
                "a=sendonly",
                av1,
                "m=video 9 UDP 4",
                extension,
                "a=sendonly",
                vp8,
            ],
            &[
                begin,
                "m=video 9 UDP 45",
                extension,
                "a=sendonly",
                av1,
                "m=video 9 UDP 4",
                "a=sendonly",
                vp8,
            ],
        );
        check(&[begin, extension, "m=", extension], &[begin, "m="]);
        check(&[begin, "m=video 9 UDP 4", vp8], &[begin, "m=video 9 UDP 4", vp8]);
    }
}
