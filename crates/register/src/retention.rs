//! How long the records of a space are kept: as long as those of all others, so many days, or for ever.
//!
//! Each conference knows when it expires, so that no list has to ask its space; a space that is given another retention has
//! the times of its conferences written anew. What has expired already stays gone.

use crate::{Register, RegisterError, limits::NEVER_US};
use audit::{Action, By};
use db::Statement;
use meeting::{SpaceId, names};
use std::num::NonZeroU16;

/// For how long records are kept after the end of their conference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retention {
    /// As long as this installation keeps all others.
    #[default]
    Default,
    /// So many days.
    Days(NonZeroU16),
    /// For ever.
    Never,
}

const DAY_US: i64 = 24 * 3600 * 1_000_000;
const KEPT_FOR_EVER: i64 = 0;

impl Retention {
    /// As a row has it.
    pub(crate) fn us(self) -> Option<i64> {
        match self {
            Retention::Default => None,
            Retention::Days(days) => Some(i64::from(days.get()) * DAY_US),
            Retention::Never => Some(KEPT_FOR_EVER),
        }
    }

    /// As the audit log says it.
    fn in_words(self) -> String {
        match self {
            Retention::Default => "as usual".to_owned(),
            Retention::Days(days) => format!("{days} days"),
            Retention::Never => "for ever".to_owned(),
        }
    }

    /// A row that says less than a day is read as one day.
    pub(crate) fn read(us: Option<i64>) -> Retention {
        match us {
            None => Retention::Default,
            Some(KEPT_FOR_EVER) => Retention::Never,
            Some(us) => {
                let days = u16::try_from(us / DAY_US).unwrap_or(u16::MAX);
                Retention::Days(NonZeroU16::new(days).unwrap_or(NonZeroU16::MIN))
            }
        }
    }
}

impl Register {
    /// Keeps the records of this space for so long, those of past conferences included.
    pub async fn set_retention(&self, space: &SpaceId, retention: Retention, by: &By) -> Result<(), RegisterError> {
        let chosen = Statement::new(
            "update space set retention_us = $2 where id = $1",
            vec![space.as_str().into(), retention.us().into()],
        );
        // Of a conference that is held, the time is provisional and counts from its start. A time that would run over
        // the end of all times is that end.
        let longest = match retention.us() {
            None => self.retention_us,
            Some(KEPT_FOR_EVER) => NEVER_US,
            Some(us) => us,
        };
        let anew = Statement::new(
            "update conference set expire_us = case
                when coalesce(end_us, start_us) > $4 then $5
                else coalesce(end_us, start_us) + $3 end
            where space = $1 and (end_us is null or expire_us > $2)",
            vec![
                space.as_str().into(),
                by.now_us.into(),
                longest.into(),
                NEVER_US.saturating_sub(longest).into(),
                NEVER_US.into(),
            ],
        );
        let line = by.did(Action::RetentionSet, &names::space(space), &retention.in_words());
        self.write_existing(vec![chosen.expect(1), anew, line]).await
    }
}
