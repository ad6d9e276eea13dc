//! What each method is asked, a row for each that is given a body. One without a row fails the test, which says so.

use serde_json::{Value, json};

use crate::callers::Caller;
use crate::cast::Cast;
use crate::methods::Method;
use crate::world::{CHANNELS, OFFER};

/// A member of each project.
pub(crate) const MEMBER: &str = "owner@example.org";

/// The body, or null if there is none.
pub(crate) async fn body(cast: &mut Cast, method: &Method, caller: &Caller) -> Value {
    match &*method.name {
        "SpacesService.CreateSpace" | "SpacesService.EndActiveConference" => Value::Null,
        "SpacesService.UpdateSpace" => json!({"config": {"attendanceReportGenerationType": "GENERATE_REPORT"}}),
        "SpacesService.ConnectActiveConference" => json!({"offer": OFFER}),
        "SpacesService.CreateMember" | "Administration.CreateUser" => json!({"email": cast.new_email()}),
        "SpacesService.UpdateMember" => json!({"role": "COHOST"}),
        "SpacesService.BatchUpdateMembers" => {
            let member = cast.fresh("spaces/*/members/*").await;
            json!({"requests": [{"member": {"name": member, "role": "COHOST"}}]})
        }
        "Meetings.Join" => json!({"offer": OFFER, "displayName": caller.name}),
        "Meetings.Resume" => resume(cast, caller),
        "Meetings.Leave" | "Meetings.AnswerRecording" => leave(cast, caller),
        "Meetings.CheckNetwork" => json!({"offer": CHANNELS}),
        "Meetings.Admit" | "Meetings.Deny" => json!({"session": cast.seat("knocker").session_id()}),
        "Meetings.Mute" => json!({"participant": present(cast, "participant")}),
        "Meetings.Remove" => json!({"participant": present(cast, "guest")}),
        "Meetings.DialOut" => {
            let project = cast.fresh("projects/*").await;
            json!({"project": project, "phoneNumber": "+442071838750"})
        }
        "Meetings.Moderate" => json!({"moderation": true, "chatRestriction": "HOSTS_ONLY"}),
        "Spaces.UpdateSpaceRetention" => json!({"policy": "DAYS", "days": 7}),
        "Administration.UpdateUser" => json!({"administrator": true}),
        "Administration.CreateApp" => json!({"displayName": cast.new_word(), "kind": "INSTALLED"}),
        "Administration.CreateDaemon" => json!({"displayName": cast.new_word(), "roles": ["CallRecords.Read.All"]}),
        "Administration.UpdateDaemon" => json!({"roles": ["OnlineMeetingArtifact.Read.All"]}),
        "Administration.CreateServiceAccount" => json!({"accountId": cast.new_word()}),
        "Administration.CreateGrant" => grant(&cast.fresh("serviceAccounts/*").await),
        "Administration.UpdateDomain" => json!({"sharesEmail": true}),
        "Administration.CreateDomain" => json!({"domain": format!("{}.example", cast.new_word())}),
        "Administration.CreateProject" => json!({"projectId": cast.new_word()}),
        "Administration.SetProjectMember" => json!({"member": MEMBER, "role": "EDITOR"}),
        "Administration.RemoveProjectMember" => json!({"member": MEMBER}),
        "Administration.UpdateMeetingPolicy" => json!({"asksToRecord": false}),
        "Administration.UpdateRecordingPolicy" => json!({"retentionDays": 30}),
        "Administration.SetRecordingHold" => {
            let project = cast.fresh("projects/*").await;
            json!({"recording": format!("{project}/calls/nothing/recordings/nothing"), "held": true})
        }
        "Administration.SetMeetingRecordingHold" => json!({"held": true}),
        "Meetings.End"
        | "Meetings.StartMeetingRecording"
        | "Meetings.StopMeetingRecording"
        | "Meetings.PauseMeetingRecording"
        | "Meetings.ResumeMeetingRecording"
        | "Recordings.ComposeMeetingRecording"
        | "Recordings.CancelMeetingRecordingComposition"
        | "Administration.InviteUser"
        | "Administration.CreateDaemonCredential"
        | "Administration.CreateServiceAccountKey"
        | "Administration.ShowProjectKey"
        | "Administration.RotateProjectKey"
        | "Administration.ExportAuditEvents" => json!({}),
        other => {
            let has_body = !matches!(&*method.verb, "GET" | "DELETE");
            assert!(!has_body, "say here what {other} is asked");
            Value::Null
        }
    }
}

/// What follows the path.
pub(crate) fn query(method: &Method) -> &'static str {
    match &*method.name {
        "PeopleService.GetPerson" => "?personFields=names,emailAddresses",
        _ => "",
    }
}

/// A grant for this service account.
pub(crate) fn grant(account: &str) -> Value {
    let client_id = account.trim_start_matches("serviceAccounts/");
    json!({"clientId": client_id, "scopes": ["meetings.space.readonly"]})
}

/// Whoever has a seat comes back to it by its secret; everybody else tries without.
fn resume(cast: &Cast, caller: &Caller) -> Value {
    json!({
        "offer": OFFER,
        "displayName": caller.name,
        "conferenceRecord": cast.seat("guest").record,
        "resumeSecret": cast.seat_of(caller.name).map(|seat| &seat.secret),
    })
}

/// Whoever has a seat gives it up by its secret; everybody else tries to end the guest's session without.
fn leave(cast: &Cast, caller: &Caller) -> Value {
    let own = cast.seat_of(caller.name);
    json!({
        "participantSession": own.unwrap_or_else(|| cast.seat("guest")).session,
        "resumeSecret": own.map(|seat| &seat.secret),
    })
}

/// Somebody in the conference, as its data channels name them.
fn present(cast: &Cast, name: &str) -> String {
    format!("participants/{}", cast.seat(name).participant_id())
}
