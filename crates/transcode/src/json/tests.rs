//! What is written as it lies, against what `prost-reflect` writes of the same bytes.

use std::{path::Path, sync::LazyLock};

use proptest::{collection::vec, prelude::*};
use prost::Message as _;
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind as Described, MapKey, Value as Reflected};

use super::*;

/// The messages of every method that is served, and one with a field of every kind.
static MESSAGES: LazyLock<Vec<(Shapes, Vec<MessageDescriptor>)>> = LazyLock::new(|| {
    [api::descriptor_pool().clone(), things()]
        .map(|pool| {
            let methods = pool
                .services()
                .flat_map(|service| service.methods().collect::<Vec<_>>());
            let served = methods.flat_map(|method| [method.input(), method.output()]);
            let details = pool
                .all_messages()
                .filter(|message| message.full_name().starts_with("google.rpc."));
            (Shapes::new(&pool), served.chain(details).collect())
        })
        .into()
});

fn things() -> DescriptorPool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler =
        protox::Compiler::new([root.join("tests/proto"), root.join("../../proto")]).expect("the folders exist");
    compiler.include_imports(true);
    compiler
        .open_files(["test/v1/things.proto", "google/rpc/status.proto"])
        .expect("the files compile");
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).expect("a compiled set is valid")
}

/// Bytes by which everything about a message is decided; where they end, so does the message.
struct Dice<'d>(std::slice::Iter<'d, u8>);

impl Dice<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or_default()
    }

    /// Small ones, large ones, and what is near the ends of the kinds.
    fn number(&mut self) -> u64 {
        let bytes = [0; 8].map(|_: u8| self.byte());
        let near = [0, 1, u64::from(u32::MAX), 1 << 31, 1 << 63, u64::MAX];
        match self.byte() % 4 {
            0 => u64::from(bytes[0] % 4),
            1 => near[usize::from(bytes[0]) % near.len()],
            2 => u64::from_le_bytes(bytes) % 2_000_000_000,
            _ => u64::from_le_bytes(bytes),
        }
    }

    fn text(&mut self) -> String {
        let pieces = [
            "", "a", "a_b", "\"", "\\", "\n", "\u{1}", "é", "\u{2028}", "😀", ".", "</",
        ];
        let count = self.byte() % 4;
        (0..count)
            .map(|_| pieces[usize::from(self.byte()) % pieces.len()])
            .collect()
    }

    fn message(&mut self, kind: &MessageDescriptor, depth_left: u8) -> DynamicMessage {
        let mut message = DynamicMessage::new(kind.clone());
        for field in kind.fields() {
            if self.byte().is_multiple_of(3) || depth_left == 0 {
                continue;
            }
            let value = self.field(&field, depth_left);
            message.set_field(&field, value);
        }
        match kind.full_name() {
            "google.protobuf.Timestamp" => self.time(&mut message),
            "google.protobuf.Any" => {
                let known = ["google.rpc.ErrorInfo", "google.protobuf.Duration", "nobody.Knows"];
                let name = known[usize::from(self.byte()) % known.len()];
                message.set_field_by_name("type_url", Reflected::String(format!("type.googleapis.com/{name}")));
            }
            _ => {}
        }
        message
    }

    /// Of the years that can be written and somewhat beyond, with decimals by threes and others.
    fn time(&mut self, message: &mut DynamicMessage) {
        let seconds = (self.number() % 320_000_000_000).cast_signed() - 62_135_596_800;
        let step = [1_000_000_000, 1_000_000, 1_000, 1][usize::from(self.byte() % 4)];
        let nanos = i32::try_from(self.number() % 1_000_000_000).expect("below a second") / step * step;
        message.set_field_by_name("seconds", Reflected::I64(seconds));
        message.set_field_by_name("nanos", Reflected::I32(nanos % 1_000_000_000));
    }

    fn field(&mut self, field: &FieldDescriptor, depth_left: u8) -> Reflected {
        let count = self.byte() % 3;
        if field.is_list() {
            return Reflected::List((0..count).map(|_| self.value(&field.kind(), depth_left)).collect());
        }
        match field.kind() {
            Described::Message(entry) if field.is_map() => {
                let value = entry.map_entry_value_field().kind();
                let entry = |_| (MapKey::String(self.text()), self.value(&value, depth_left));
                Reflected::Map((0..count).map(entry).collect())
            }
            kind => self.value(&kind, depth_left),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
    fn value(&mut self, kind: &Described, depth_left: u8) -> Reflected {
        let number = self.number();
        match kind {
            Described::Bool => Reflected::Bool(number.is_multiple_of(2)),
            Described::Int32 | Described::Sint32 | Described::Sfixed32 => Reflected::I32(number as i32),
            Described::Int64 | Described::Sint64 | Described::Sfixed64 => Reflected::I64(number.cast_signed()),
            Described::Uint32 | Described::Fixed32 => Reflected::U32(number as u32),
            Described::Uint64 | Described::Fixed64 => Reflected::U64(number),
            Described::Float => Reflected::F32(f32::from_bits(number as u32)),
            Described::Double => Reflected::F64(f64::from_bits(number)),
            Described::String => Reflected::String(self.text()),
            Described::Bytes => Reflected::Bytes(self.text().into_bytes().into()),
            Described::Enum(_) => Reflected::EnumNumber((number % 7) as i32 - 1),
            Described::Message(message) => Reflected::Message(self.message(message, depth_left - 1)),
        }
    }
}

/// What `prost-reflect` writes, if it does.
fn reflected(kind: &MessageDescriptor, encoded: &[u8], style: Style) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    reflect(kind, encoded, style, CompactFormatter, &mut text).ok()?;
    Some(text)
}

fn check(shapes: &Shapes, kind: &MessageDescriptor, encoded: &[u8], enum_numbers: bool) {
    let style = Style {
        enum_numbers,
        pretty: false,
    };
    let written = write(shapes, kind, encoded, style).ok();
    let expected = reflected(kind, encoded, style);
    if written != expected {
        // Members of a map have no order: two readings of the same bytes differ in it.
        let value = |text: Option<Vec<u8>>| text.map(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
        let lengths = [&written, &expected].map(|text| text.as_ref().map(Vec::len));
        assert_eq!(lengths[0], lengths[1], "{} {encoded:?}", kind.full_name());
        assert_eq!(value(written), value(expected), "{} {encoded:?}", kind.full_name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_what_reflection_writes(dice in vec(any::<u8>(), 0..1_500), numbers in any::<bool>()) {
        for (shapes, kinds) in MESSAGES.iter() {
            for kind in kinds {
                let encoded = Dice(dice.iter()).message(kind, 5).encode_to_vec();
                check(shapes, kind, &encoded, numbers);
                // Without a look at the other way, whatever it can be written in.
                let style = Style { enum_numbers: numbers, pretty: false };
                let writer = Writer { shapes, style };
                let shape = shapes.of(kind).expect("it is in the pool");
                let lies_in_order = writer.message(shape, &encoded, REPLY_DEPTH_MAX, &mut Vec::new()).is_some();
                prop_assert_eq!(lies_in_order, reflected(kind, &encoded, style).is_some(), "{}", kind.full_name());
            }
        }
    }

    #[test]
    fn what_lies_otherwise_is_written_too(
        dice in vec(any::<u8>(), 0..600), others in vec(any::<u8>(), 0..600), unknown in vec(any::<u8>(), 0..40),
        cut in any::<proptest::sample::Index>(),
    ) {
        for (shapes, kinds) in MESSAGES.iter() {
            for kind in kinds {
                // Fields twice, of a oneof more than one, unknown ones, and bytes that are no message.
                let mut encoded = Dice(dice.iter()).message(kind, 4).encode_to_vec();
                check(shapes, kind, &encoded[..cut.index(encoded.len() + 1)], false);
                encoded.extend(Dice(others.iter()).message(kind, 4).encode_to_vec());
                check(shapes, kind, &encoded, false);
                encoded.extend_from_slice(&unknown);
                check(shapes, kind, &encoded, true);
            }
        }
    }

    #[test]
    fn any_bytes_are_written_or_refused_alike(bytes in vec(any::<u8>(), 0..60)) {
        for (shapes, kinds) in MESSAGES.iter() {
            for kind in kinds {
                check(shapes, kind, &bytes, false);
            }
        }
    }
}

/// What a generator may seldom hit: packed numbers and single ones, both ends of time, and a depth that is one too many.
#[test]
fn ends_and_corners() {
    let (shapes, kinds) = &MESSAGES[1];
    let thing = kinds.iter().find(|kind| kind.full_name() == "test.v1.Thing");
    let thing = thing.expect("it is there");
    let check = |encoded: &[u8]| check(shapes, thing, encoded, false);
    // `colors`, which is field 16: packed, single, both, and none.
    for encoded in [
        &[0x82, 1, 3, 1, 2, 9][..],
        &[0x80, 1, 1, 0x80, 1, 2],
        &[0x82, 1, 1, 1, 0x80, 1, 2],
        &[0x82, 1, 0],
        &[0x82, 1, 1, 0x80],
        // Minus nothing, a number that is cut, a text that is none, the wrong wire type, a group, no number at all.
        &[0x59, 0, 0, 0, 0, 0, 0, 0, 0x80],
        &[0x60, 0x80, 0x80, 0x80, 0x80, 0x10],
        &[0x0A, 1, 0xFF],
        &[0x08, 0],
        &[0x0B, 0x0C],
        &[0x00, 0],
    ] {
        check(encoded);
    }
    let time = |seconds: i64, nanos: i32| {
        let time = prost_types::Timestamp { seconds, nanos }.encode_to_vec();
        let mut encoded = vec![0x1A, u8::try_from(time.len()).expect("short")];
        encoded.extend(time);
        encoded
    };
    for (seconds, nanos) in [
        (-62_135_596_800, 0),
        (-62_135_596_801, 0),
        (253_402_300_799, 999_999_999),
        (253_402_300_800, 0),
        (0, -1),
        (0, 1_000_000_000),
        (951_782_400, 10),
        (4_107_456_000, 500_000_000),
        (-1, 1_000),
    ] {
        check(&time(seconds, nanos));
    }
    let mut nested = Vec::new();
    for _ in 0..110 {
        let mut outer = vec![0xAA, 1];
        prost::encoding::encode_varint(nested.len() as u64, &mut outer);
        outer.extend(nested);
        nested = outer;
        check(&nested);
    }
}
