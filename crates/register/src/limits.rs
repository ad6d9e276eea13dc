//! Every limit of the register, named and argued in one place. Times are microseconds.

/// What the contract promises of a conference record: 30 days after its end.
pub const RETENTION_US: i64 = 30 * 24 * 3600 * 1_000_000;

/// What the contract promises of a report of attendance: a year after the end of its meeting.
pub const REPORT_KEPT_US: i64 = 365 * 24 * 3600 * 1_000_000;

/// The end of a record that is kept for ever, and the retention of an installation that keeps everything.
pub const NEVER_US: i64 = i64::MAX;

/// The time of a meeting code's last use is written when it is so much later than what is written already: a year is counted
/// with it, and a join should not write what the join before it wrote.
pub const MEETING_CODE_USE_EVERY_US: i64 = 24 * 3600 * 1_000_000;

/// A meeting code that no conference has used for so long may pass to another space: what the contract says.
pub const MEETING_CODE_LAPSE_US: i64 = 365 * 24 * 3600 * 1_000_000;

/// Conferences and readers that are remembered since the last write: some seven megabytes.
pub(crate) const READABLE_MAX: usize = 1 << 16;

/// How many items a page has if the caller does not say, and at most: the contract's figures.
#[derive(Clone, Copy, Debug)]
pub struct PageSizes {
    /// If the caller asks for 0.
    pub usual: u16,
    /// More are not given, and no error is made of it.
    pub max: u16,
}

/// Pages of conference records.
pub const CONFERENCES_PER_PAGE: PageSizes = PageSizes { usual: 25, max: 100 };
/// Pages of participants.
pub const PARTICIPANTS_PER_PAGE: PageSizes = PageSizes { usual: 100, max: 250 };
/// Pages of participant sessions.
pub const PARTICIPANT_SESSIONS_PER_PAGE: PageSizes = PageSizes { usual: 100, max: 250 };

/// Pages of recordings.
pub const RECORDINGS_PER_PAGE: PageSizes = PageSizes { usual: 10, max: 100 };

/// Pauses of one recording that are told: more than a day of meetings has.
pub(crate) const PAUSES_SHOWN_MAX: i64 = 1_000;

/// Answers to being recorded that are shown of one recording: two of each person in the largest conference.
pub(crate) const ANSWERS_SHOWN_MAX: i64 = 2_000;

/// Recordings that are finished, or whose files are removed, at one look.
pub(crate) const RECORDINGS_AT_ONCE: i64 = 100;

/// Sessions whose tracks are removed at one look.
pub(crate) const REMOVED_AT_ONCE: i64 = 1_000;

/// Pages of call records.
pub const CALL_RECORDS_PER_PAGE: PageSizes = PageSizes { usual: 60, max: 250 };
/// Pages of the sessions of a call record: all of a small meeting on one.
pub const CALL_SESSIONS_PER_PAGE: PageSizes = PageSizes { usual: 60, max: 250 };

/// Pages of calls of the telephone network: the contract's.
pub const NETWORK_CALLS_PER_PAGE: PageSizes = PageSizes {
    usual: 1_000,
    max: 1_000,
};

/// A call record is published so long after the end of its conference: by then what its last sessions sent has been measured and
/// written ([`Register::record`](crate::Register::record) says when a session ends; what was measured of it follows within a second
/// or two). What comes later makes another version.
pub const PUBLISHED_AFTER_US: i64 = 3_000_000;

/// Call records that one call of [`publish`](crate::Register::publish) publishes, each with a durable write.
pub(crate) const PUBLISHED_AT_ONCE: i64 = 100;

/// What comes of a conference after a version of its record makes the next one, so much later: what others send at the same time is in
/// it.
pub const LATE_REPORTS_WITHIN_US: i64 = 3_000_000;

/// Statements of what was measured in one write: some milliseconds, for which a join may wait.
pub(crate) const MEASURED_AT_ONCE: usize = 500;

/// People of one conference who did not come in: more than anybody looks at, and their names could be made up.
pub(crate) const SETUP_FAILURES_PER_CONFERENCE_MAX: i64 = 250;

/// Pages of members of a space.
pub const MEMBERS_PER_PAGE: PageSizes = PageSizes { usual: 250, max: 500 };
/// Pages of one's own spaces.
pub const SPACES_PER_PAGE: PageSizes = PageSizes { usual: 25, max: 100 };

/// Rows of a page that are read on the thread that answers: at some five microseconds each half a millisecond, which everybody else
/// on it waits. A page of 100 and the first of the next one.
pub(crate) const ROWS_READ_AT_ONCE: usize = 101;

/// Longer texts are no page tokens of ours: the longest has 63 characters.
pub(crate) const PAGE_TOKEN_CHARACTERS_MAX: usize = 96;

/// Conferences that one call of [`delete_expired`](crate::Register::delete_expired) deletes, so that it ends soon.
pub const CONFERENCES_DELETED_AT_ONCE: usize = 100;

/// Rows of one table that one write deletes of a conference: some milliseconds, for which a join may wait.
pub(crate) const ROWS_DELETED_AT_ONCE: i64 = 1_000;

/// Conferences that are read at once while a person is forgotten in all of theirs.
pub(crate) const CONFERENCES_FORGOTTEN_AT_ONCE: usize = 100;

/// Members of one space: an organisation that invites more means everybody, and has a setting for that.
pub const MEMBERS_PER_SPACE_MAX: i64 = 10_000;
