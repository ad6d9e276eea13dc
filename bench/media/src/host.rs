//! Who holds the meeting that is attended: our media plane, or the server that it is measured against.

use anyhow::Result;

use crate::{
    client::Part,
    crowd::{Entrance, Stage},
    reading::Reading,
};

pub(crate) trait Host {
    /// Lets somebody in, of whom the crowd takes care from then on.
    fn join(&mut self, room: usize, session: &str, part: Part, crowd: &Entrance) -> Result<()>;

    /// Everybody is there.
    fn seat(&mut self) -> Result<()>;

    /// What was used so far.
    fn read(&mut self, stage: &Stage) -> Result<Reading>;
}
