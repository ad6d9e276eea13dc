//! A space by what people and programs call it.

use meeting::{MeetingCode, Micros, SpaceId};
use register::{Register, RegisterError, SpaceRecord};

/// What may name a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpaceName {
    /// The id of a space.
    Id(SpaceId),
    /// A meeting code, which may lapse and be another space's later.
    Code(MeetingCode),
    /// Neither.
    Unknown,
}

impl SpaceName {
    /// Reads an id or a code. Text that can be neither is merely unknown: it is answered like an id that was never given out.
    pub fn parse(text: &str) -> SpaceName {
        // Ids never look like codes, so the order decides nothing but the cost.
        if let Ok(id) = SpaceId::parse(text) {
            return SpaceName::Id(id);
        }
        MeetingCode::parse(text).map_or(SpaceName::Unknown, SpaceName::Code)
    }
}

/// The space with this id or code.
pub async fn find_space(register: &Register, name: &SpaceName, now: Micros) -> Result<SpaceRecord, RegisterError> {
    match name {
        SpaceName::Id(id) => register.space_by_id(id, now).await,
        SpaceName::Code(code) => register.space_by_code(code, now).await,
        SpaceName::Unknown => Err(RegisterError::NotFound),
    }
}
