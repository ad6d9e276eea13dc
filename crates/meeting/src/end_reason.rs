//! Why sessions, conferences and recordings end: the words that are recorded. Facts have them, and so have some inputs.

impl SessionEndReason {
    /// Whether its client went without saying that it leaves, and so may come back by itself: also one that gave up a connection on
    /// which it heard nothing.
    pub(crate) fn cuts_off(self) -> bool {
        match self {
            SessionEndReason::Silent
            | SessionEndReason::Closed
            | SessionEndReason::Crash
            | SessionEndReason::Shutdown => true,
            SessionEndReason::Left
            | SessionEndReason::Resumed
            | SessionEndReason::Removed
            | SessionEndReason::ConferenceEnded => false,
        }
    }
}

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word that is recorded.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }
        }
    };
}

reasons!(
    /// Why a session ended.
    SessionEndReason {
        /// Its client said that it leaves.
        Left = "left",
        /// Its client closed the connection.
        Closed = "closed",
        /// Nothing was heard of it for too long.
        Silent = "silent",
        /// Its client came back by itself, with a new session.
        Resumed = "resumed",
        /// A host put its participant out.
        Removed = "removed",
        /// The conference was ended for everybody.
        ConferenceEnded = "conference_ended",
        /// The server was found to have stopped without closing it.
        Crash = "crash",
        /// The server stopped in good order.
        Shutdown = "shutdown",
    }
);

reasons!(
    /// Why a conference ended.
    ConferenceEndReason {
        /// The last session ended.
        Empty = "empty",
        /// It was ended for everybody.
        Ended = "ended",
        /// Nobody was there when the time to come back had passed for those who were cut off, or nobody came who was on the way back.
        NobodyReturned = "nobody_returned",
    }
);

reasons!(
    /// Why a recording ended.
    RecordingEndReason {
        /// Somebody who may stopped it.
        Stopped = "stopped",
        /// Its conference ended.
        ConferenceEnded = "conference_ended",
        /// There was no room for more of it.
        DiskFull = "disk_full",
        /// It was as long as one may be.
        TooLong = "too_long",
        /// It could not be begun, or not go on.
        Failed = "failed",
        /// The server was found to have stopped without ending it.
        Crash = "crash",
        /// The server stopped in good order.
        Shutdown = "shutdown",
    }
);
