//! What a publisher says of its pictures beside the payload: the dependency descriptor of AV1 (RTP payload format for AV1, appendix A), which
//! browsers send with H.264 and VP8 as well where it was negotiated.
//!
//! A keyframe brings a structure: templates, each of a temporal layer, and what each is to those who show so many layers (decode targets).
//! Every later packet names its template. Read of it is which temporal layer a picture is of, and up to which one may go on from
//! there; the rest is only walked over. A descriptor that does not parse, or names what its stream has not told, says nothing, and its picture
//! passes as one of the lowest layer does: nobody's decoder misses it.
//!
//! It goes no further than here. Lines change their source, and with descriptors their numbers and templates would have to be
//! rewritten for each viewer; without them browsers go by sequence numbers, in which what is left out leaves no gap.

use crate::{core::codec::Temporal, limits};

/// What templates are to a decode target (A.8.3): those who show it can go on with all of its later pictures, if they show this one.
const SWITCH: u8 = 2;
const NOT_PRESENT: u8 = 0;
/// Template numbers go round after so many.
const TEMPLATE_NUMBERS: usize = 64;

/// The structure that each of a publisher's streams goes by.
#[derive(Debug, Default)]
pub struct Structures(Vec<(u32, Structure)>);

/// What a keyframe has told of the pictures from there on.
#[derive(Debug, PartialEq, Eq)]
struct Structure {
    /// The number of the first template.
    offset: usize,
    templates: Vec<Template>,
    /// The highest temporal layer of each decode target.
    targets: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
struct Template {
    layer: u8,
    /// One for each decode target.
    indications: Vec<u8>,
}

impl Structures {
    /// Takes the descriptor of a packet, and says of which temporal layer it is; nothing if that is not known.
    pub fn read(&mut self, stream: u32, descriptor: &[u8]) -> Option<Temporal> {
        let mut bits = Bits::of(descriptor);
        // Whether the packet begins or ends a picture.
        bits.take(2)?;
        let number = bits.take(6)? as usize;
        bits.take(16)?;
        let is_extended = descriptor.len() > 3;
        let [has_structure, has_active, has_indications, ..] = if is_extended {
            [bits.flag()?, bits.flag()?, bits.flag()?, bits.flag()?, bits.flag()?]
        } else {
            [false; 5]
        };
        let told = if has_structure {
            Some(Structure::read(&mut bits)?)
        } else {
            None
        };
        let known = self.0.iter().find(|(other, _)| *other == stream);
        let structure = told.as_ref().or(known.map(|(_, structure)| structure))?;
        if has_active {
            // Which decode targets are sent at present.
            bits.take(structure.targets.len())?;
        }
        let template = structure.template(number)?;
        let own;
        let indicated = if has_indications {
            own = indications(&mut bits, structure.targets.len())?;
            &own
        } else {
            &template.indications
        };
        let temporal = Temporal {
            layer: template.layer,
            is_sync: false,
            opens: structure.opened_by(indicated),
        };
        if let Some(structure) = told {
            self.keep(stream, structure);
        }
        Some(temporal)
    }

    fn keep(&mut self, stream: u32, structure: Structure) {
        self.0.retain(|(other, _)| *other != stream);
        if self.0.len() == limits::STREAMS_PER_SESSION {
            self.0.remove(0);
        }
        self.0.push((stream, structure));
    }
}

impl Structure {
    fn read(bits: &mut Bits<'_>) -> Option<Structure> {
        let offset = bits.take(6)? as usize;
        let count = bits.take(5)? as usize + 1;
        let (layers, sizes) = layers(bits)?;
        let mut templates = vec![];
        for layer in layers {
            let indications = indications(bits, count)?;
            templates.push(Template { layer, indications });
        }
        for _ in &templates {
            // Which pictures it needs, by their distance.
            while bits.flag()? {
                bits.take(4)?;
            }
        }
        skip_chains(bits, count, templates.len())?;
        if bits.flag()? {
            // Width and height of each size.
            (0..2 * sizes).try_for_each(|_| bits.take(16).map(drop))?;
        }
        let highest = |target: usize| {
            let present = templates
                .iter()
                .filter(|template| template.indications[target] != NOT_PRESENT);
            present.map(|template| template.layer).max().unwrap_or_default()
        };
        let targets = (0..count).map(highest).collect();
        Some(Structure {
            offset,
            templates,
            targets,
        })
    }

    fn template(&self, number: usize) -> Option<&Template> {
        let index = (number + TEMPLATE_NUMBERS - self.offset) % TEMPLATE_NUMBERS;
        self.templates.get(index)
    }

    /// Up to which layer somebody can go on who shows a picture that is this to the decode targets: all that show the layer must be able to.
    fn opened_by(&self, indications: &[u8]) -> u8 {
        let opens = |layer: u8| {
            let mut of_layer = self
                .targets
                .iter()
                .zip(indications)
                .filter(|(target, _)| **target == layer);
            of_layer.clone().any(|(_, indication)| *indication == SWITCH)
                && of_layer.all(|(_, indication)| matches!(*indication, SWITCH | NOT_PRESENT))
        };
        self.targets
            .iter()
            .copied()
            .filter(|layer| opens(*layer))
            .max()
            .unwrap_or_default()
    }
}

/// What a picture is to so many decode targets.
fn indications(bits: &mut Bits<'_>, targets: usize) -> Option<Vec<u8>> {
    (0..targets).map(|_| bits.take(2)?.try_into().ok()).collect()
}

/// The temporal layers of all templates, and how many sizes there are (A.8.3, `template_layers`).
fn layers(bits: &mut Bits<'_>) -> Option<(Vec<u8>, usize)> {
    const SAME: u32 = 0;
    const NEXT_TEMPORAL: u32 = 1;
    const NEXT_SIZE: u32 = 2;
    let (mut layers, mut layer, mut sizes) = (vec![], 0, 1);
    loop {
        layers.push(layer);
        if layers.len() > TEMPLATE_NUMBERS {
            return None;
        }
        match bits.take(2)? {
            SAME => {}
            NEXT_TEMPORAL => layer += 1,
            NEXT_SIZE => (layer, sizes) = (0, sizes + 1),
            _ => return Some((layers, sizes)),
        }
    }
}

/// Which pictures must not be lost, by chains of them: whoever forwards all that it is given need not know.
fn skip_chains(bits: &mut Bits<'_>, targets: usize, templates: usize) -> Option<()> {
    let chains = bits.below(targets + 1)?;
    if chains == 0 {
        return Some(());
    }
    (0..targets).try_for_each(|_| bits.below(chains).map(drop))?;
    (0..templates * chains).try_for_each(|_| bits.take(4).map(drop))
}

/// Bits, the highest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn of(bytes: &[u8]) -> Bits<'_> {
        Bits { bytes, at: 0 }
    }

    /// The next few, 32 at most.
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }

    /// A number below another, in as few bits as that takes (`ns(n)`).
    fn below(&mut self, end: usize) -> Option<usize> {
        let width = (usize::BITS - end.leading_zeros()) as usize;
        let short = (1 << width) - end;
        let value = self.take(width - 1)? as usize;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + self.take(1)? as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Writes what is read here.
    #[derive(Default)]
    struct Writer(Vec<bool>);

    impl Writer {
        fn put(&mut self, count: usize, value: usize) -> &mut Writer {
            self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
            self
        }

        fn bytes(&self) -> Vec<u8> {
            let byte = |bits: &[bool]| (0..8).fold(0, |byte, bit| byte << 1 | u8::from(bits.get(bit) == Some(&true)));
            self.0.chunks(8).map(byte).collect()
        }
    }

    /// A descriptor's mandatory part.
    fn begun(template: usize, picture: usize) -> Writer {
        let mut writer = Writer::default();
        writer.put(2, 3).put(6, template).put(16, picture);
        writer
    }

    /// The keyframe of three temporal layers, as libwebrtc has it (`L1T3`).
    fn keyframe(offset: usize, resolutions: bool) -> Vec<u8> {
        keyframe_of(offset, offset, 0b10000, resolutions).bytes()
    }

    /// The same, with any template, and with more behind the structure as the flags say.
    fn keyframe_of(offset: usize, template: usize, flags: usize, resolutions: bool) -> Writer {
        let mut writer = begun(template, 0);
        // Three decode targets.
        writer.put(5, flags).put(6, offset).put(5, 2);
        // Templates of the layers 0, 0, 1, 2, 2.
        for next in [0, 1, 1, 0, 3] {
            writer.put(2, next);
        }
        for indications in [[2, 2, 2], [2, 2, 2], [0, 1, 2], [0, 0, 1], [0, 0, 1]] {
            for indication in indications {
                writer.put(2, indication);
            }
        }
        for distance in [None, Some(4), Some(2), Some(1), Some(1)] {
            if let Some(distance) = distance {
                writer.put(1, 1).put(4, distance - 1);
            }
            writer.put(1, 0);
        }
        // One chain, which protects all; with one, its number takes no bits. Then the distances.
        writer.put(2, 1);
        for distance in [0, 4, 2, 1, 3] {
            writer.put(4, distance);
        }
        writer.put(1, usize::from(resolutions));
        if resolutions {
            writer.put(16, 639).put(16, 359);
        }
        writer
    }

    fn temporal(layer: u8, opens: u8) -> Temporal {
        Temporal {
            layer,
            is_sync: false,
            opens,
        }
    }

    #[test]
    fn layers_are_told_by_the_template_that_a_picture_names() {
        let mut structures = Structures::default();
        for (offset, resolutions) in [(0, false), (60, true)] {
            assert_eq!(structures.read(1, &keyframe(offset, resolutions)), Some(temporal(0, 2)));
            let expected = [(0, 2), (0, 2), (1, 2), (2, 0), (2, 0)];
            for (index, (layer, opens)) in expected.into_iter().enumerate() {
                let descriptor = begun((offset + index) % 64, 9).bytes();
                assert_eq!(structures.read(1, &descriptor), Some(temporal(layer, opens)), "{index}");
                assert_eq!(structures.read(2, &descriptor), None, "another stream has told nothing");
            }
            assert_eq!(structures.read(1, &begun((offset + 5) % 64, 9).bytes()), None);
        }
    }

    #[test]
    fn a_picture_may_be_something_else_than_its_template() {
        let mut structures = Structures::default();
        structures.read(1, &keyframe(0, true));
        let mut descriptor = begun(1, 4);
        // With indications of its own, and with which decode targets are sent before them.
        descriptor.put(5, 0b01100).put(3, 0b111).put(2, 2).put(2, 2).put(2, 3);
        assert_eq!(structures.read(1, &descriptor.bytes()), Some(temporal(0, 1)));
    }

    #[test]
    fn what_is_cut_off_says_nothing_and_changes_nothing() {
        let mut structures = Structures::default();
        structures.read(1, &keyframe(40, false));
        let picture = begun(2, 9).bytes();
        assert_eq!(structures.read(1, &picture), None, "the templates are others");
        // Up to where its structure ends, and on to what the picture has of its own.
        let mut described = keyframe_of(0, 0, 0b11100, true);
        described.put(3, 0b111).put(2, 2).put(2, 2).put(2, 2);
        let whole = described.bytes();
        for length in 0..whole.len() {
            assert_eq!(structures.read(1, &whole[..length]), None, "{length}");
            assert_eq!(structures.read(1, &picture), None, "{length}");
        }
        let strange = keyframe_of(0, 5, 0b10000, true).bytes();
        assert_eq!(structures.read(1, &strange), None, "it names no template of its own");
        assert_eq!(structures.read(1, &picture), None);
        assert_eq!(structures.read(1, &whole), Some(temporal(0, 2)));
        assert_eq!(structures.read(1, &picture), Some(temporal(1, 2)));
    }

    #[test]
    fn as_many_streams_are_known_as_a_session_has() {
        let mut structures = Structures::default();
        for stream in 0..100 {
            structures.read(stream, &keyframe(0, false));
        }
        assert_eq!(structures.0.len(), limits::STREAMS_PER_SESSION);
        assert_eq!(structures.read(99, &begun(2, 1).bytes()), Some(temporal(1, 2)));
        assert_eq!(structures.read(0, &begun(2, 1).bytes()), None);
    }

    #[test]
    fn numbers_below_another_take_as_few_bits_as_they_can() {
        let check = |bits: &[usize], end, expected| {
            let mut writer = Writer::default();
            for bit in bits {
                writer.put(1, *bit);
            }
            assert_eq!(
                Bits::of(&writer.bytes()).below(end),
                Some(expected),
                "{bits:?} below {end}"
            );
        };
        check(&[], 1, 0);
        check(&[1], 2, 1);
        check(&[0], 3, 0);
        check(&[1, 0], 3, 1);
        check(&[1, 1], 3, 2);
        check(&[1, 1, 1], 5, 4);
    }

    proptest! {
        #[test]
        fn nothing_panics(descriptors in prop::collection::vec((0..3_u32, prop::collection::vec(any::<u8>(), 0..255)), 0..8)) {
            let mut structures = Structures::default();
            for (stream, descriptor) in descriptors {
                if let Some(temporal) = structures.read(stream, &descriptor) {
                    prop_assert!(usize::from(temporal.layer) < TEMPLATE_NUMBERS);
                }
            }
        }
    }
}
