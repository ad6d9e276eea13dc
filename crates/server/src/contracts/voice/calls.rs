//! `projects.calls`: create, get and list.

use std::sync::Arc;

use ::api::enfonica::voice::v1beta1 as api;
use ::calls::{Call, Calls, CreateError, NewCall, Transport};
use identity::Identity;
use tonic::{Request, Response, Status};

use super::permitted::{parts, permitted};
use super::recording_config::recording_of;
use super::wire::{duration, list, time, unlisted, unreachable};
use crate::clock;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::{admitted, respond};
use crate::installation::Installation;

/// The service.
#[derive(Clone)]
pub(super) struct CallsService {
    identity: Identity,
    calls: Calls,
}

impl CallsService {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = CallsService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
        };
        Arc::new(api::CallsMethods(Arc::new(service)))
    }

    async fn create(&self, asking: &Asking, request: api::CreateCallRequest) -> Answer<api::Call> {
        let [project] = parts("parent", &request.parent, ["projects"])?;
        permitted(&self.identity, asking, project, "voice.calls.create").await?;
        let Some(call) = request.call else {
            return Err(Failure::field("call", "it is missing".to_owned()));
        };
        let options = call.options.unwrap_or_default();
        let recording = options
            .recording
            .map(|config| recording_of(config, "call.options.recording"))
            .transpose()?;
        let wanted = NewCall {
            to: call.to,
            from: call.from,
            is_private: call.is_private,
            labels: call.labels,
            handler_uris: options.handler_uris,
            timeout_s: options.timeout_seconds,
            state_update_uri: Some(options.state_update_uri).filter(|uri| !uri.is_empty()),
            recording,
            is_invited: false,
        };
        let created = self.calls.create_call(project, wanted, clock::steady().0).await;
        created.as_ref().map(call_to_wire).map_err(uncreated)
    }

    async fn get(&self, asking: &Asking, request: &api::GetCallRequest) -> Answer<api::Call> {
        let [project, call] = parts("name", &request.name, ["projects", "calls"])?;
        permitted(&self.identity, asking, project, "voice.calls.get").await?;
        let call = self
            .calls
            .call(project, call)
            .await
            .map_err(|error| unreachable(&error))?;
        call.as_ref().map(call_to_wire).ok_or_else(Failure::not_found)
    }

    async fn list(&self, asking: &Asking, request: &api::ListCallsRequest) -> Answer<api::ListCallsResponse> {
        let [project] = parts("parent", &request.parent, ["projects"])?;
        permitted(&self.identity, asking, project, "voice.calls.list").await?;
        let list = list(request.page_size, &request.page_token, &request.filter);
        let page = self
            .calls
            .list_calls(project, list)
            .await
            .map_err(|error| unlisted(&error))?;
        Ok(api::ListCallsResponse {
            calls: page.items.iter().map(call_to_wire).collect(),
            next_page_token: page.next.unwrap_or_default(),
        })
    }
}

#[tonic::async_trait]
impl api::calls_server::Calls for CallsService {
    async fn create_call(&self, request: Request<api::CreateCallRequest>) -> Result<Response<api::Call>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.create(&asking, message).await)
    }

    async fn get_call(&self, request: Request<api::GetCallRequest>) -> Result<Response<api::Call>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }

    async fn list_calls(
        &self,
        request: Request<api::ListCallsRequest>,
    ) -> Result<Response<api::ListCallsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }
}

fn uncreated(error: &CreateError) -> Failure {
    match error {
        CreateError::Invalid { field, why } => Failure::field(field, why.clone()),
        CreateError::NoTelephones => Failure::new(Kind::Precondition, error.to_string()),
        CreateError::TooMany => Failure::new(Kind::Exhausted, error.to_string()),
        CreateError::Store(error) => unreachable(error),
    }
}

/// A call as the contract has it.
pub(super) fn call_to_wire(call: &Call) -> api::Call {
    let number = |number: i64| i32::try_from(number).expect("the contract's own numbers");
    let answered = call.answer_us.zip(call.end_us);
    // The telephone network has no such thing, by whatever its trunk came here.
    let sip_call_id = call.sip_call_id.as_ref().filter(|_| call.transport() == Transport::Sip);
    api::Call {
        name: name_of(call),
        to: call.to.clone(),
        from: call.from.clone().unwrap_or_default(),
        is_private: call.is_private,
        labels: call.labels.clone(),
        transport: call.transport() as i32,
        direction: number(call.direction.number()),
        error_code: call.error_code.clone().unwrap_or_default(),
        error_message: call.error_message.clone().unwrap_or_default(),
        state: number(call.state.number()),
        create_time: time(Some(call.create_us)),
        start_time: time(call.start_us),
        ring_time: time(call.ring_us),
        answer_time: time(call.answer_us),
        end_time: time(call.end_us),
        bridged: call.bridged,
        originating_call: call
            .originating_call
            .as_ref()
            .map(|id| name_in(&call.project, id))
            .unwrap_or_default(),
        options: None,
        create_method: number(call.create_method.number()),
        sip_call_id: sip_call_id.cloned().unwrap_or_default(),
        // What only the telephone network knows.
        price: None,
        from_location: None,
        from_zone: String::new(),
        answer_duration: answered.map(|(answer_us, end_us)| duration(end_us - answer_us)),
    }
}

/// `projects/{project}/calls/{call}`.
pub(super) fn name_of(call: &Call) -> String {
    name_in(&call.project, &call.id)
}

fn name_in(project: &str, call: &str) -> String {
    format!("projects/{project}/calls/{call}")
}
