//! The one door of telephone calls: decide, record, apply, tell.
//!
//! A call is conducted by documents that somebody's own server writes: it is asked what to do, and what it answers is done, action by
//! action. What follows from what is decided by [`script`], which is pure; what a document may say is read by [`document`]. Every
//! change of a call or a recording is a row that is durable before a handler hears of it, or whoever reads.
//!
//! What it leaves to others: HTTP ([`Handlers`]), what a contract calls things, and who may ask for what.

mod address;
mod alias;
mod announcement;
mod call;
mod changing;
mod clock;
mod conduct;
mod control;
mod cookies;
mod deletion;
mod document;
mod domain;
mod ears;
mod forgetting;
mod handlers;
mod leftover;
mod legs;
pub mod limits;
mod meetings;
mod news;
mod number;
mod outgoing;
mod page;
mod pausing;
mod phone_number;
mod policy;
mod quality;
mod recordings;
mod rows;
mod script;
mod signalling;
mod sip_user;
mod skipped;
mod speech;
mod streams;
mod telephones;
mod text;

pub use address::is_number;
pub use alias::{Alias, AliasChange, AliasContent, AliasEndpoint, AliasError};
pub use call::{Call, CallState, CreateMethod, CutOff, Direction, Transport};
pub use conduct::{Conductor, Events, Peers, Trunk, Ways};
pub use control::{ControlError, Wish};
pub use cookies::Cookies;
pub use deletion::{DeletionError, SweepError};
pub use domain::{
    CidrBlock, DomainChange, DomainError, RecordingChange, RecordingConfig, SipDomain, TerminationMode, Trigger,
};
pub use forgetting::{ForgetCallerError, ForgottenCaller};
pub use handlers::{Answered, Ask, Handlers, Later, Unanswered};
pub use legs::Leg;
pub use meetings::{
    Attendant, Attended, Attendee, Coming, DialIn, MeetingNews, MeetingWish, Meetings, Parting, Sought, Unattended,
};
#[doc(hidden)]
pub use number::normalised;
pub use number::{NoRange, NumberPlan, NumberRange};
pub use outgoing::{CreateError, NewCall};
pub use page::{List, ListError, Page};
pub use pausing::RecordingStatus;
pub use phone_number::{PhoneNumber, PhoneNumberChange, PhoneNumberError};
pub use policy::{PolicyError, RecordingPolicy};
pub use recordings::{File, Recording, RecordingState, Source};
pub use signalling::{SignallingError, SipMessage, pcap};
pub use sip_user::{SipUser, SipUserError};
pub use speech::{Espeak, Speech, SpeechError};
pub use streams::{StreamError, StreamEvent, StreamEvents, StreamVoice};
pub use telephones::Telephones;

use std::sync::Arc;

use control::GoingOn;
use db::Db;
use outgoing::Orders;
use recordings::Hands;
use streams::Streams;

/// Calls, their recordings and the domains that they come in by, in one database; clones share it.
#[derive(Clone, Debug)]
pub struct Calls {
    db: Db,
    orders: Arc<Orders>,
    going_on: GoingOn,
    hands: Hands,
    streams: Arc<Streams>,
}

impl Calls {
    /// Those of this database.
    pub fn new(db: Db) -> Calls {
        Calls {
            db,
            orders: Arc::default(),
            going_on: GoingOn::default(),
            hands: Hands::default(),
            streams: Arc::default(),
        }
    }
}

/// How many actions a document has, or why it is none. It is for those who look for texts that reading stumbles over: what a document
/// says is nobody's business but a script's.
#[doc(hidden)]
pub fn read(text: &str) -> Result<usize, String> {
    let actions = document::read(text).map_err(|error| error.to_string())?;
    Ok(actions.len())
}

/// An id that nobody can guess: a UUID.
fn new_id() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut id = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        id.push(char::from_digit(u32::from(byte >> 4), 16).expect("a digit"));
        id.push(char::from_digit(u32::from(byte & 0x0f), 16).expect("a digit"));
    }
    id
}
