//! `projects.sipDomains`: create, get, list, patch and delete.

use std::sync::Arc;

use ::api::enfonica::voice::v1beta1 as api;
use calls::{Calls, DomainChange, DomainError, SipDomain, TerminationMode};
use identity::Identity;
use tonic::{Request, Response, Status};

use super::permitted::{parts, permitted};
use super::recording_config::{recording_change, recording_to_wire};
use super::wire::{list, time, unlisted, unreachable};
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::update_mask::{Paths, UpdateMask};
use crate::grpc::wire::chosen;
use crate::grpc::{admitted, respond};
use crate::installation::Installation;

/// The service.
#[derive(Clone)]
pub(super) struct SipDomainsService {
    identity: Identity,
    calls: Calls,
    /// What the names of all domains end in, if telephones are answered.
    sip_base: Option<Arc<str>>,
}

const NAME: [&str; 2] = ["projects", "sipDomains"];

/// What an update may name.
const PATHS: Paths = Paths {
    writable: &[
        "display_name",
        "call_termination_mode",
        "call_termination_handler_uris",
        "cidr_blocks",
        "call_recording.trigger",
        "call_recording.post_processing",
        "call_recording.recording_ready_uri",
        "call_recording.transcribe",
        "call_recording.transcription_ready_uri",
        "allow_register",
    ],
    fixed: &[
        ("name", "it cannot be changed"),
        ("sip_domain_id", "it cannot be changed"),
        ("fqdn", "it cannot be changed"),
        ("create_time", "it cannot be changed"),
        ("delete_time", "it cannot be changed"),
    ],
};

/// A domain that is not deleted: of one that is, nobody has a use for users or aliases.
pub(super) async fn present(calls: &Calls, project: &str, id: &str) -> Answer<SipDomain> {
    let found = calls.domain(project, id).await.map_err(|error| unreachable(&error))?;
    found
        .filter(|domain| domain.delete_us.is_none())
        .ok_or_else(Failure::not_found)
}

impl SipDomainsService {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = SipDomainsService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
            sip_base: installation.sip_base.clone(),
        };
        Arc::new(api::SipDomainsMethods(Arc::new(service)))
    }

    async fn find(&self, asking: &Asking, name: &str, permission: &'static str) -> Answer<SipDomain> {
        let [project, domain] = parts("name", name, NAME)?;
        permitted(&self.identity, asking, project, permission).await?;
        let found = self.calls.domain(project, domain).await;
        found
            .map_err(|error| unreachable(&error))?
            .ok_or_else(Failure::not_found)
    }

    async fn create(&self, asking: &Asking, request: api::CreateSipDomainRequest) -> Answer<api::SipDomain> {
        let [project] = parts("parent", &request.parent, ["projects"])?;
        permitted(&self.identity, asking, project, "voice.sipDomains.create").await?;
        let asked = request.sip_domain.unwrap_or_default();
        let with = change(asked, &UpdateMask::Given)?;
        let made = self
            .calls
            .create_domain(project, &request.sip_domain_id, with, &asking.by())
            .await;
        made.map(|domain| self.to_wire(&domain)).map_err(|error| unmade(&error))
    }

    async fn get(&self, asking: &Asking, request: &api::GetSipDomainRequest) -> Answer<api::SipDomain> {
        let domain = self.find(asking, &request.name, "voice.sipDomains.get").await?;
        Ok(self.to_wire(&domain))
    }

    async fn list(&self, asking: &Asking, request: &api::ListSipDomainsRequest) -> Answer<api::ListSipDomainsResponse> {
        let [project] = parts("parent", &request.parent, ["projects"])?;
        permitted(&self.identity, asking, project, "voice.sipDomains.list").await?;
        let list = list(request.page_size, &request.page_token, "");
        let page = self.calls.list_domains(project, request.show_deleted, list).await;
        let page = page.map_err(|error| unlisted(&error))?;
        Ok(api::ListSipDomainsResponse {
            sip_domains: page.items.iter().map(|domain| self.to_wire(domain)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        })
    }

    async fn update(&self, asking: &Asking, request: api::UpdateSipDomainRequest) -> Answer<api::SipDomain> {
        let asked = request.sip_domain.unwrap_or_default();
        let domain = self.find(asking, &asked.name, "voice.sipDomains.update").await?;
        let mask = UpdateMask::parse(request.update_mask.as_ref(), PATHS, "update_mask")?;
        let updated = self
            .calls
            .update_domain(&domain, &change(asked, &mask)?, &asking.by())
            .await;
        updated
            .map(|domain| self.to_wire(&domain))
            .map_err(|error| unmade(&error))
    }

    async fn delete(&self, asking: &Asking, request: &api::DeleteSipDomainRequest) -> Answer<api::SipDomain> {
        let domain = self.find(asking, &request.name, "voice.sipDomains.delete").await?;
        let deleted = self.calls.delete_domain(domain, &asking.by()).await;
        deleted
            .map(|domain| self.to_wire(&domain))
            .map_err(|error| unmade(&error))
    }

    fn to_wire(&self, domain: &SipDomain) -> api::SipDomain {
        let number = |number: i64| i32::try_from(number).expect("the contract's own numbers");
        let base = self.sip_base.as_ref();
        let blocks = domain.cidr_blocks.iter().map(|block| api::CidrBlock {
            display_name: block.display_name.clone(),
            cidr_block: block.block.to_string(),
        });
        api::SipDomain {
            name: format!("projects/{}/sipDomains/{}", domain.project, domain.id),
            sip_domain_id: domain.id.clone(),
            display_name: domain.display_name.clone(),
            allow_register: domain.allow_register,
            call_termination_mode: number(domain.termination_mode.number()),
            call_termination_handler_uris: domain.handler_uris.clone(),
            cidr_blocks: blocks.collect(),
            call_recording: domain.recording.as_ref().map(recording_to_wire),
            create_time: time(Some(domain.create_us)),
            delete_time: time(domain.delete_us),
            fqdn: base.map(|base| format!("{}.{base}", domain.id)).unwrap_or_default(),
        }
    }
}

/// What a request wants to be different.
fn change(asked: api::SipDomain, mask: &UpdateMask) -> Answer<DomainChange> {
    use api::sip_domain::TerminationMode as Asked;
    let mode = match chosen(asked.call_termination_mode, "sip_domain.call_termination_mode")? {
        Asked::Unspecified | Asked::Disabled => TerminationMode::Disabled,
        Asked::PstnTrunk => TerminationMode::Trunk,
        Asked::Programmable => TerminationMode::Programmable,
    };
    let covers = |field: &str, is_given: bool| mask.covers(field, is_given);
    let blocks = asked
        .cidr_blocks
        .into_iter()
        .map(|block| (block.display_name, block.cidr_block));
    let blocks: Vec<(String, String)> = blocks.collect();
    let recording = recording_change(
        asked.call_recording,
        mask,
        "call_recording",
        "sip_domain.call_recording",
    )?;
    Ok(DomainChange {
        termination_mode: covers("call_termination_mode", asked.call_termination_mode != 0).then_some(mode),
        recording,
        display_name: covers("display_name", !asked.display_name.is_empty()).then_some(asked.display_name),
        cidr_blocks: covers("cidr_blocks", !blocks.is_empty()).then_some(blocks),
        handler_uris: covers(
            "call_termination_handler_uris",
            !asked.call_termination_handler_uris.is_empty(),
        )
        .then_some(asked.call_termination_handler_uris),
        allow_register: covers("allow_register", asked.allow_register).then_some(asked.allow_register),
    })
}

fn unmade(error: &DomainError) -> Failure {
    match error {
        DomainError::Id => Failure::field("sip_domain_id", error.to_string()),
        DomainError::Invalid { field, why } => Failure::field(&format!("sip_domain.{field}"), why.clone()),
        DomainError::Taken => Failure::new(Kind::Exists, error.to_string()),
        DomainError::NotFound => Failure::not_found(),
        DomainError::Store(error) => unreachable(error),
    }
}

#[tonic::async_trait]
impl api::sip_domains_server::SipDomains for SipDomainsService {
    async fn create_sip_domain(
        &self,
        request: Request<api::CreateSipDomainRequest>,
    ) -> Result<Response<api::SipDomain>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.create(&asking, message).await)
    }

    async fn get_sip_domain(
        &self,
        request: Request<api::GetSipDomainRequest>,
    ) -> Result<Response<api::SipDomain>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }

    async fn list_sip_domains(
        &self,
        request: Request<api::ListSipDomainsRequest>,
    ) -> Result<Response<api::ListSipDomainsResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }

    async fn update_sip_domain(
        &self,
        request: Request<api::UpdateSipDomainRequest>,
    ) -> Result<Response<api::SipDomain>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.update(&asking, message).await)
    }

    async fn delete_sip_domain(
        &self,
        request: Request<api::DeleteSipDomainRequest>,
    ) -> Result<Response<api::SipDomain>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.delete(&asking, &message).await)
    }
}

#[cfg(test)]
mod tests {
    use ::calls::{RecordingChange, RecordingConfig, Trigger};
    use prost_types::FieldMask;

    use super::*;

    #[test]
    fn a_mask_may_name_what_is_in_a_message() {
        let check = |mask: &[&str], expected: Option<RecordingChange>| {
            let asked = api::SipDomain {
                call_recording: Some(api::CallRecordingConfig {
                    trigger: 3,
                    post_processing: vec![1],
                    ..api::CallRecordingConfig::default()
                }),
                ..api::SipDomain::default()
            };
            let paths = mask.iter().map(ToString::to_string).collect();
            let read = UpdateMask::parse(Some(&FieldMask { paths }), PATHS, "update_mask").expect("known fields");
            assert_eq!(
                change(asked, &read).expect("good values").recording,
                expected,
                "{mask:?}"
            );
        };
        let part = |trigger, trims_silence, ready_uri| {
            Some(RecordingChange::Parts {
                trigger,
                trims_silence,
                ready_uri,
            })
        };
        let whole = || {
            Some(RecordingChange::Whole(Some(RecordingConfig {
                trigger: Trigger::Bridge,
                trims_silence: true,
                ready_uri: None,
            })))
        };
        check(&[], whole());
        check(&["*"], whole());
        check(&["callRecording"], whole());
        check(&["callRecording.trigger", "call_recording"], whole());
        check(&["callRecording.trigger"], part(Some(Trigger::Bridge), None, None));
        check(&["call_recording.post_processing"], part(None, Some(true), None));
        check(
            &["callRecording.trigger", "callRecording.recordingReadyUri"],
            part(Some(Trigger::Bridge), None, Some(None)),
        );
        check(&["displayName"], None);
    }
}
