//! The digits by which spaces are found from telephones.
//!
//! They are made when somebody first asks for them, so spaces that are older than telephones have them as well, and a server without
//! telephones keeps no secret that it has no use for. Two who ask at once get the same: whichever was written.

use db::Statement;
use meeting::{Micros, Pin, SpaceId};

use crate::{Register, RegisterError, SpaceRecord};

pub(crate) const PIN_OF_SPACE: &str = "select k.pin from space_pin k where k.space = $1";

pub(crate) const SPACE_OF_PIN: &str = "select k.space, k.pin from space_pin k where k.keyed = $1";

impl Register {
    /// The PIN of a space: `fresh`, if it has none yet. [`RegisterError::Taken`] asks for another one.
    pub async fn pin_of_space(&self, space: &SpaceId, fresh: &Pin) -> Result<Pin, RegisterError> {
        if let Some(pin) = self.pin_if_made(space).await? {
            return Ok(pin);
        }
        let insert = Statement::new(
            "insert into space_pin (space, keyed, pin) values ($1, $2, $3) on conflict (space) do nothing",
            vec![space.as_str().into(), fresh.keyed().into(), fresh.whole().into()],
        );
        match self.db.write(vec![insert]).await {
            Err(conflict) if conflict.is_conflict() => return Err(RegisterError::Taken),
            outcome => outcome?,
        }
        self.pin_if_made(space).await?.ok_or(RegisterError::NotFound)
    }

    async fn pin_if_made(&self, space: &SpaceId) -> Result<Option<Pin>, RegisterError> {
        let rows = self.db.read(PIN_OF_SPACE, vec![space.as_str().into()]).await?;
        let pin = rows.first().map(|row| row.text(0)).transpose()?;
        Ok(pin.map(Pin::parse).transpose()?)
    }

    /// The space that these digits open: all of its PIN, or what is keyed in of it.
    pub async fn space_by_pin(&self, given: &str, now: Micros) -> Result<SpaceRecord, RegisterError> {
        let sought = Pin::sought(given).ok_or(RegisterError::NotFound)?;
        let rows = self.db.read(SPACE_OF_PIN, vec![sought.into()]).await?;
        let row = rows.first().ok_or(RegisterError::NotFound)?;
        if !Pin::parse(row.text(1)?)?.is_opened_by(given) {
            return Err(RegisterError::NotFound);
        }
        self.space_by_id(&SpaceId::parse(row.text(0)?)?, now).await
    }
}
