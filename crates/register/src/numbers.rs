//! Enumerations as the numbers of their rows. A number that none of them has was never written: the row is damaged.

use crate::{RegisterError, error::Damage};
use meeting::{AccessType, DeviceKind, EntryPointAccess, Role};

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
