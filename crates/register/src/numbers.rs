//! Enumerations as the numbers of their rows. A number that none of them has was never written: the row is damaged.

use crate::{Obstacle, RegisterError, Transport, error::Damage};
use meeting::{AccessType, DeviceKind, EntryPointAccess, Role};
use quality::{Direction, Kind};

/// Something that a row holds as a number.
pub(crate) trait Number: Copy + 'static {
    const NOUN: &'static str;
    const ALL: &'static [Self];

    fn number(self) -> i64;

    fn read(number: i64) -> Result<Self, RegisterError> {
        let known = Self::ALL.iter().copied().find(|known| known.number() == number);
        known.ok_or_else(|| Damage::unknown(Self::NOUN, &number))
    }
}

macro_rules! number {
    ($name:ident, $noun:literal) => {
        impl Number for $name {
            const NOUN: &'static str = $noun;
            const ALL: &'static [$name] = &$name::ALL;

            fn number(self) -> i64 {
                self as i64
            }
        }
    };
}

number!(AccessType, "access type");
number!(EntryPointAccess, "entry point access");
number!(DeviceKind, "kind of device");
number!(Role, "role");
number!(Transport, "transport");
number!(Obstacle, "obstacle");

impl Number for Direction {
    const NOUN: &'static str = "direction";
    const ALL: &'static [Direction] = &[Direction::Uplink, Direction::Downlink];

    fn number(self) -> i64 {
        match self {
            Direction::Uplink => 1,
            Direction::Downlink => 2,
        }
    }
}

impl Number for Kind {
    const NOUN: &'static str = "kind of stream";
    const ALL: &'static [Kind] = &[Kind::Audio, Kind::Video, Kind::Screen];

    fn number(self) -> i64 {
        match self {
            Kind::Audio => 1,
            Kind::Video => 2,
            Kind::Screen => 3,
        }
    }
}
