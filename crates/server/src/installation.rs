//! What an installation consists of: what contracts, pages and jobs are made from.

use std::sync::Arc;

use calls::{Calls, NumberPlan};
use identity::Identity;
use media::Media;
use outbox::Outbox;
use recording::{Spool, Store};
use register::Register;
use rooms::Rooms;
use share::Reports;

use crate::metrics::Metrics;
use crate::outgoing::Receivers;
use crate::phone_access::PhoneAccess;
use crate::recorded::Recordings;
use crate::relays::Relays;

/// The parts, opened. All are cheap to clone and share what they hold.
#[derive(Clone)]
pub(crate) struct Installation {
    pub(crate) identity: Identity,
    pub(crate) register: Register,
    pub(crate) rooms: Rooms,
    pub(crate) media: Media,
    /// Which relay clients are told of.
    pub(crate) relays: Relays,
    pub(crate) calls: Calls,
    /// What names of SIP domains end in, if telephones may call.
    pub(crate) sip_base: Option<Arc<str>>,
    /// The trunk's host, where that is a name.
    pub(crate) trunk_name: Option<Arc<str>>,
    /// Which phone numbers the trunk brings, and to whom.
    pub(crate) numbers: Arc<NumberPlan>,
    /// By what telephones come into meetings.
    pub(crate) phone_access: Arc<PhoneAccess>,
    /// The project that their calls belong to.
    pub(crate) meeting_project: Option<Arc<str>>,
    /// Where the files of recordings are.
    pub(crate) recordings: Store,
    /// Where their sound is until it is made into files.
    pub(crate) spool: Spool,
    /// Recordings of meetings.
    pub(crate) meeting_recordings: Recordings,
    pub(crate) outbox: Outbox,
    /// Who may be told what is in it.
    pub(crate) receivers: Receivers,
    pub(crate) metrics: Arc<Metrics>,
    /// Where a limit that is reached is told.
    pub(crate) reports: Reports,
    /// What people open, without a slash at its end.
    pub(crate) public_url: Arc<str>,
    /// For how long records are kept of a space that has no retention of its own.
    pub(crate) retention_us: i64,
}
