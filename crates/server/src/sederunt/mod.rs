//! Our own contract beside Google's: one's spaces and how long they keep their records, and the register with what Google's
//! resources have no field for. One file per service; the meetings themselves are in `meetings`.
//!
//! Who may is answered by the same policy and in the same words as in `google`: a second rule for the same records would be a
//! way around the first.

mod register;
mod spaces;

pub(crate) use self::register::{RegisterService, shown_role};
pub(crate) use self::spaces::SpacesService;
