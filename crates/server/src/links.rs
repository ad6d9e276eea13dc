//! The addresses that people open.

use identity::Secret;
use meeting::{ConferenceId, MeetingCode, RecordingId};

/// The link by which a browser signs in. The secret stands behind `#`, so that no browser sends it and no log keeps it.
pub fn sign_in_url(public_url: &str, secret: &Secret) -> String {
    format!("{public_url}/sign-in#{}", secret.expose())
}

/// What people open to meet.
pub(crate) fn meeting_uri(public_url: &str, code: &MeetingCode) -> String {
    format!("{public_url}/{code}")
}

/// Where people play a recording of a meeting.
pub(crate) fn player_url(public_url: &str, conference: &ConferenceId, recording: &RecordingId) -> String {
    format!("{public_url}/meetings/{conference}/recordings/{recording}")
}
