//! `projects.calls.sipInfo`: get.
//!
//! Any call that was signalled by SIP has one, those with numbers by a trunk as well: they have a `Call-ID`, and whoever has a trunk
//! wants to see what it answers.

use std::sync::Arc;

use ::api::enfonica::voice::v1beta1 as api;
use ::calls::{Call, Calls, SignallingError, SipMessage, pcap};
use identity::Identity;
use tonic::{Request, Response, Status};

use super::calls::name_of;
use super::permitted::permitted;
use super::wire::{duration, time, unreachable};
use crate::clock;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::{admitted, respond};
use crate::installation::Installation;

/// The service.
#[derive(Clone)]
pub(super) struct SipInfos {
    identity: Identity,
    calls: Calls,
}

impl SipInfos {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = SipInfos {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
        };
        Arc::new(api::SipInfoServiceMethods(Arc::new(service)))
    }

    async fn get(&self, asking: &Asking, request: &api::GetSipInfoRequest) -> Answer<api::SipInfo> {
        let (project, call) = call_of(&request.name)?;
        permitted(&self.identity, asking, project, "voice.calls.get").await?;
        let found = self.calls.signalling(project, call, clock::steady().0).await;
        let (call, messages) = found.map_err(|error| unsaid(&error))?;
        Ok(to_wire(&call, &messages))
    }
}

#[tonic::async_trait]
impl api::sip_info_service_server::SipInfoService for SipInfos {
    async fn get_sip_info(&self, request: Request<api::GetSipInfoRequest>) -> Result<Response<api::SipInfo>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }
}

/// Of which project and call a name is.
fn call_of(name: &str) -> Answer<(&str, &str)> {
    let segments: Vec<&str> = name.split('/').collect();
    match segments[..] {
        ["projects", project, "calls", call, "sipInfo"] if !project.is_empty() && !call.is_empty() => {
            Ok((project, call))
        }
        _ => Err(Failure::field(
            "name",
            "it is not of the form projects/*/calls/*/sipInfo".to_owned(),
        )),
    }
}

fn unsaid(error: &SignallingError) -> Failure {
    match error {
        SignallingError::NotFound => Failure::not_found(),
        SignallingError::GoesOn => Failure::new(Kind::Precondition, error.to_string()),
        SignallingError::Store(error) => unreachable(error),
    }
}

fn to_wire(call: &Call, messages: &[SipMessage]) -> api::SipInfo {
    let at_us = |message: Option<&SipMessage>| message.map(|message| message.at_us);
    let start_us = at_us(messages.first());
    let message_to_wire = |message: &SipMessage| api::SipMessage {
        offset_duration: start_us.map(|start_us| duration(message.at_us - start_us)),
        source_ip: message.source.ip().to_string(),
        source_port: message.source.port().into(),
        destination_ip: message.destination.ip().to_string(),
        destination_port: message.destination.port().into(),
        method: message.method().to_owned(),
        request_line: message.line().to_owned(),
        data: message.text.clone(),
    };
    api::SipInfo {
        name: format!("{}/sipInfo", name_of(call)),
        start_time: time(start_us),
        end_time: time(at_us(messages.last())),
        messages: messages.iter().map(message_to_wire).collect(),
        sip_call_id: call.sip_call_id.clone().unwrap_or_default(),
        pcap: pcap(messages),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_call() {
        let check = |name: &str, expected: Option<(&str, &str)>| {
            assert_eq!(call_of(name).ok(), expected, "{name}");
        };
        check("projects/p/calls/c/sipInfo", Some(("p", "c")));
        check("projects/p/calls/c", None);
        check("projects/p/calls//sipInfo", None);
        check("projects/p/calls/c/sipInfo/x", None);
        check("", None);
    }
}
