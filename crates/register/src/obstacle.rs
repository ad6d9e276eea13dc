//! What keeps somebody from coming in who was on the way into a conference, or at its door.

/// What keeps somebody from coming in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Their transport did not come up: nothing came from them, or no way was found.
    Unreachable = 1,
    /// A way was found, and no secure connection came about on it.
    Unsecured = 2,
    /// There was no room for them.
    Full = 3,
    /// They were sent away, by somebody or by the rules.
    Denied = 4,
    /// They knocked, and nobody answered.
    Unanswered = 5,
}

impl Obstacle {
    /// All of them.
    pub const ALL: [Obstacle; 5] = [
        Obstacle::Unreachable,
        Obstacle::Unsecured,
        Obstacle::Full,
        Obstacle::Denied,
        Obstacle::Unanswered,
    ];
}
