//! How recordings of a project are kept, and which of them whatever happens: `projects/{project}/recordingPolicy`; which recordings of
//! meetings; and whether people in meetings are asked before they are recorded: `meetingPolicy`.

use api::sederunt::v1 as api;
use audit::By;
use calls::{Calls, PolicyError, RecordingPolicy};
use identity::Identity;
use register::{Register, RegisterError};

use crate::failure::{Answer, Failure};
use crate::names;

pub(super) async fn policy(calls: &Calls, message: &api::GetRecordingPolicyRequest) -> Answer<api::RecordingPolicy> {
    let [project] = names::split("project", &message.project, ["projects"])?;
    let policy = calls.recording_policy(project).await;
    let policy = policy.map_err(|error| Failure::unreachable(&error, "the projects cannot be reached"))?;
    Ok(policy_to_wire(project, policy))
}

pub(super) async fn set_policy(
    calls: &Calls,
    message: &api::UpdateRecordingPolicyRequest,
    by: &By,
) -> Answer<api::RecordingPolicy> {
    let [project] = names::split("project", &message.project, ["projects"])?;
    let before = calls.recording_policy(project).await;
    let before = before.map_err(|error| Failure::unreachable(&error, "the projects cannot be reached"))?;
    let number = |wanted: Option<i32>, before| match wanted {
        None => before,
        Some(0) => None,
        Some(number) => Some(i64::from(number)),
    };
    let policy = RecordingPolicy {
        retention_days: number(message.retention_days, before.retention_days),
        is_held: message.held.unwrap_or(before.is_held),
        announcement: match &message.announcement {
            None => before.announcement,
            Some(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        },
        beep_every_s: number(message.beep_every_seconds, before.beep_every_s),
    };
    let set = calls.set_recording_policy(project, &policy, by).await;
    set.map_err(|error| unset(&error))?;
    Ok(policy_to_wire(project, policy))
}

pub(super) async fn set_hold(calls: &Calls, message: &api::SetRecordingHoldRequest, by: &By) -> Answer<()> {
    let [project] = names::split("project", &message.project, ["projects"])?;
    let [of, call, recording] = names::split("recording", &message.recording, ["projects", "calls", "recordings"])?;
    if of != project {
        return Err(Failure::field("recording", "it is not one of the project"));
    }
    let recording = calls.recording(project, call, recording).await;
    let recording = recording.map_err(|error| Failure::unreachable(&error, "the recordings cannot be reached"))?;
    let recording = recording.ok_or_else(Failure::not_found)?;
    let set = calls.hold_recording(&recording, message.held, by).await;
    set.map_err(|error| unset(&error))
}

/// What holds for meetings whose organisation says nothing, since there is none.
pub(super) async fn meeting_policy(identity: &Identity) -> Answer<api::MeetingPolicy> {
    let asks_to_record = identity.installation_asks_to_record().await;
    Ok(api::MeetingPolicy {
        asks_to_record: asks_to_record.map_err(|error| policy_unreachable(&error))?,
    })
}

pub(super) async fn set_meeting_policy(
    identity: &Identity,
    message: &api::UpdateMeetingPolicyRequest,
    by: &By,
) -> Answer<api::MeetingPolicy> {
    if let Some(asks) = message.asks_to_record {
        let set = identity.set_installation_asks_to_record(asks, by).await;
        set.map_err(|error| policy_unreachable(&error))?;
    }
    meeting_policy(identity).await
}

fn policy_unreachable(error: &db::Error) -> Failure {
    Failure::unreachable(error, "the policy of meetings cannot be reached")
}

/// Of a recording of a meeting: also of one that nobody sees any more because the record of its conference has expired.
pub(super) async fn set_meeting_hold(
    register: &Register,
    message: &api::SetMeetingRecordingHoldRequest,
    by: &By,
) -> Answer<()> {
    let (conference, recording) = names::recording("recording", &message.recording)?;
    let (conference, recording) = conference.zip(recording).ok_or_else(Failure::not_found)?;
    match register.hold_recording(&conference, &recording, message.held, by).await {
        Err(RegisterError::NotFound) => Err(Failure::not_found()),
        set => set.map_err(|error| Failure::broken(&error)),
    }
}

fn unset(error: &PolicyError) -> Failure {
    match error {
        PolicyError::Invalid { field, why } => Failure::field(field, why.clone()),
        PolicyError::NotFound => Failure::not_found(),
        PolicyError::Store(_) => Failure::unreachable(error, "the recordings cannot be reached"),
    }
}

fn policy_to_wire(project: &str, policy: RecordingPolicy) -> api::RecordingPolicy {
    let number = |number: Option<i64>| number.and_then(|number| i32::try_from(number).ok()).unwrap_or_default();
    api::RecordingPolicy {
        project: format!("projects/{project}"),
        retention_days: number(policy.retention_days),
        held: policy.is_held,
        announcement: policy.announcement.unwrap_or_default(),
        beep_every_seconds: number(policy.beep_every_s),
    }
}
