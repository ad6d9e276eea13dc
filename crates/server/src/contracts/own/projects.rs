//! `sederunt.v1.Projects`: in which projects somebody is, and which calls were recorded.

use ::api::sederunt::v1 as api;
use calls::{Calls, limits::CALLS_COUNTED_MAX};
use identity::{Identity, Membership};
use tonic::{Request, Response, Status};

use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::grpc::{admitted, respond};
use crate::installation::Installation;
use crate::names;
use crate::projects::{entitled, permitted};

/// The service.
#[derive(Clone)]
pub(super) struct ProjectsService {
    identity: Identity,
    calls: Calls,
    answers_telephones: bool,
}

impl ProjectsService {
    pub(super) fn new(installation: &Installation) -> ProjectsService {
        ProjectsService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
            answers_telephones: installation.sip_base.is_some(),
        }
    }

    async fn memberships(&self, asking: &Asking) -> Answer<api::ListMembershipsResponse> {
        entitled(asking)?;
        let memberships = self.identity.memberships(asking.caller()).await;
        let memberships =
            memberships.map_err(|error| Failure::unreachable(&error, "the projects cannot be reached"))?;
        Ok(api::ListMembershipsResponse {
            memberships: memberships.into_iter().map(membership_to_wire).collect(),
            answers_telephones: self.answers_telephones,
        })
    }

    async fn count(
        &self,
        asking: &Asking,
        request: &api::ListRecordingCountsRequest,
    ) -> Answer<api::ListRecordingCountsResponse> {
        let [project] = names::split("parent", &request.parent, ["projects"])?;
        permitted(&self.identity, asking, project, "voice.recordings.list").await?;
        let ids = calls_in(project, &request.calls)?;
        let counts = self.calls.count_recordings(project, &ids).await;
        let counts = counts.map_err(|error| Failure::unreachable(&error, "the calls cannot be reached"))?;
        let count = |(call, recordings): (String, i64)| api::RecordingCount {
            call: format!("projects/{project}/calls/{call}"),
            recordings: i32::try_from(recordings).unwrap_or(i32::MAX),
        };
        Ok(api::ListRecordingCountsResponse {
            recording_counts: counts.into_iter().map(count).collect(),
        })
    }

    async fn meetings(
        &self,
        asking: &Asking,
        request: &api::ListCallMeetingsRequest,
    ) -> Answer<api::ListCallMeetingsResponse> {
        let [project] = names::split("parent", &request.parent, ["projects"])?;
        permitted(&self.identity, asking, project, "voice.calls.list").await?;
        let ids: Vec<String> = calls_in(project, &request.calls)?
            .into_iter()
            .map(str::to_owned)
            .collect();
        let calls = self.calls.named(&ids).await;
        let calls = calls.map_err(|error| Failure::unreachable(&error, "the calls cannot be reached"))?;
        let calls = calls.into_iter().filter(|call| call.project == project);
        let met = calls.filter_map(|call| {
            Some(api::CallMeeting {
                participant_session: call.participant_session?,
                call: format!("projects/{project}/calls/{}", call.id),
            })
        });
        Ok(api::ListCallMeetingsResponse {
            call_meetings: met.collect(),
        })
    }
}

/// The ids of calls of this project, of which so many can be asked for at once.
fn calls_in<'n>(project: &str, names: &'n [String]) -> Answer<Vec<&'n str>> {
    if names.len() > CALLS_COUNTED_MAX {
        return Err(Failure::field(
            "calls",
            format!("there are more than {CALLS_COUNTED_MAX}"),
        ));
    }
    names.iter().map(|call| call_in(project, call)).collect()
}

/// The id of a call of this project.
fn call_in<'n>(project: &str, name: &'n str) -> Answer<&'n str> {
    let [of, call] = names::split("calls", name, ["projects", "calls"])?;
    if of == project {
        Ok(call)
    } else {
        Err(Failure::field("calls", "they are not all of the project"))
    }
}

fn membership_to_wire(Membership { project, role }: Membership) -> api::Membership {
    api::Membership {
        project: format!("projects/{}", project.id),
        display_name: project.name,
        permissions: role.permissions().collect(),
    }
}

#[tonic::async_trait]
impl api::projects_server::Projects for ProjectsService {
    async fn list_memberships(
        &self,
        request: Request<api::ListMembershipsRequest>,
    ) -> Result<Response<api::ListMembershipsResponse>, Status> {
        let (asking, _) = admitted(request)?;
        respond(self.memberships(&asking).await)
    }

    async fn list_recording_counts(
        &self,
        request: Request<api::ListRecordingCountsRequest>,
    ) -> Result<Response<api::ListRecordingCountsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.count(&asking, &message).await)
    }

    async fn list_call_meetings(
        &self,
        request: Request<api::ListCallMeetingsRequest>,
    ) -> Result<Response<api::ListCallMeetingsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.meetings(&asking, &message).await)
    }
}
