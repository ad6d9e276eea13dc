//! What somebody is to a space before they enter (a standing), and how they come (with a device, through an entry point, from a
//! client).
//! The caller knows standings, from accounts and members.

/// How somebody stands to a space, the closest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Whose space it is.
    Owner,
    /// A member who may run the meeting.
    CoHost,
    /// A member: somebody who was invited.
    Member,
    /// Somebody of an organisation that the owner's trusts, or who dialled in.
    Trusted,
    /// Anybody else, and everybody who is not signed in.
    Stranger,
}

/// The kind of a device in a meeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceKind {
    /// It does whatever its person may do.
    #[default]
    Full = 1,
    /// A second device of a signed-in person: neither microphone nor camera.
    Companion = 2,
    /// It only receives.
    Viewer = 3,
}

impl DeviceKind {
    /// All of them.
    pub const ALL: [DeviceKind; 3] = [DeviceKind::Full, DeviceKind::Companion, DeviceKind::Viewer];
}

/// By what program a device comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryPoint {
    /// Our own client, or another program that acts for the person and is no app.
    #[default]
    Own,
    /// The app that made the space; for a space that no app made, our own client.
    CreatorApp,
    /// Some other app.
    OtherApp,
}

/// Where a request comes from: the same number for the same client address. It says nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientKey(pub u64);
