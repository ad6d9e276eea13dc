//! Why a leg ended, and what a refusal is in SIP.

/// Why a leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was answered, and the other side hung up.
    HungUp,
    /// It was answered, and we hung up.
    WeHungUp,
    /// The caller gave up before it was answered.
    Cancelled,
    /// We refused it with this status.
    Refused(u16),
    /// The other side answered with this final status, and no call came of it.
    Status(u16),
    /// Nobody answered in time, or at all.
    TimedOut,
    /// It could not be asked.
    Unreachable,
}

/// How a call is refused (Q.850 numbers the reasons, and RFC 3326 carries them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of SIP.
    pub status: u16,
    /// The cause of Q.850.
    pub q850: Option<u8>,
}
