//! `projects.sipDomains.aliases`: create, get, list, patch and delete.

use std::sync::Arc;

use ::api::enfonica::voice::v1beta1 as api;
use calls::{Alias, AliasChange, AliasContent, AliasEndpoint, AliasError, Calls, SipDomain};
use identity::Identity;
use tonic::{Request, Response, Status};

use super::permitted::{parts, permitted};
use super::sip_domains::present;
use super::wire::{list, time, unlisted, unreachable};
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::update_mask::{Paths, UpdateMask};
use crate::grpc::{admitted, respond};
use crate::installation::Installation;

/// The service.
#[derive(Clone)]
pub(super) struct AliasesService {
    identity: Identity,
    calls: Calls,
}

const PARENT: [&str; 2] = ["projects", "sipDomains"];
const NAME: [&str; 3] = ["projects", "sipDomains", "aliases"];

/// What an update may name.
const PATHS: Paths = Paths {
    writable: &[
        "display_name",
        "load_balancer_config.endpoints",
        "load_balancer_config.failover_call_handler_uris",
    ],
    fixed: &[
        ("name", "it cannot be changed"),
        ("alias_id", "it cannot be changed"),
        ("create_time", "it cannot be changed"),
    ],
};

impl AliasesService {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = AliasesService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
        };
        Arc::new(api::AliasesMethods(Arc::new(service)))
    }

    async fn find(&self, asking: &Asking, name: &str, permission: &'static str) -> Answer<(SipDomain, Alias)> {
        let [project, domain, alias] = parts("name", name, NAME)?;
        permitted(&self.identity, asking, project, permission).await?;
        let domain = present(&self.calls, project, domain).await?;
        let found = self.calls.alias(&domain, alias).await;
        let alias = found
            .map_err(|error| unreachable(&error))?
            .ok_or_else(Failure::not_found)?;
        Ok((domain, alias))
    }

    async fn create(&self, asking: &Asking, request: api::CreateAliasRequest) -> Answer<api::Alias> {
        let [project, domain] = parts("parent", &request.parent, PARENT)?;
        permitted(&self.identity, asking, project, "voice.aliases.create").await?;
        let domain = present(&self.calls, project, domain).await?;
        let asked = request.alias.unwrap_or_default();
        let content = content_of(asked.display_name, asked.config);
        let made = self
            .calls
            .create_alias(&domain, &request.alias_id, content, &asking.by())
            .await;
        made.map(|alias| alias_to_wire(&domain, &alias))
            .map_err(|error| unmade(&error))
    }

    async fn get(&self, asking: &Asking, request: &api::GetAliasRequest) -> Answer<api::Alias> {
        let (domain, alias) = self.find(asking, &request.name, "voice.aliases.get").await?;
        Ok(alias_to_wire(&domain, &alias))
    }

    async fn list(&self, asking: &Asking, request: &api::ListAliasesRequest) -> Answer<api::ListAliasesResponse> {
        let [project, domain] = parts("parent", &request.parent, PARENT)?;
        permitted(&self.identity, asking, project, "voice.aliases.list").await?;
        let domain = present(&self.calls, project, domain).await?;
        let list = list(request.page_size, &request.page_token, "");
        let page = self.calls.list_aliases(&domain, list).await;
        let page = page.map_err(|error| unlisted(&error))?;
        Ok(api::ListAliasesResponse {
            aliases: page.items.iter().map(|alias| alias_to_wire(&domain, alias)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        })
    }

    async fn update(&self, asking: &Asking, request: api::UpdateAliasRequest) -> Answer<api::Alias> {
        let asked = request.alias.unwrap_or_default();
        let (domain, alias) = self.find(asking, &asked.name, "voice.aliases.update").await?;
        let mask = UpdateMask::parse(request.update_mask.as_ref(), PATHS, "update_mask")?;
        let is_config_given = asked.config.is_some();
        let asked = content_of(asked.display_name, asked.config);
        let in_config = |field: &str| mask.covers(&format!("load_balancer_config.{field}"), is_config_given);
        let change = AliasChange {
            display_name: mask
                .covers("display_name", !asked.display_name.is_empty())
                .then_some(asked.display_name),
            endpoints: in_config("endpoints").then_some(asked.endpoints),
            failover_uris: in_config("failover_call_handler_uris").then_some(asked.failover_uris),
        };
        let updated = self.calls.update_alias(&domain, &alias, &change, &asking.by()).await;
        updated
            .map(|alias| alias_to_wire(&domain, &alias))
            .map_err(|error| unmade(&error))
    }

    async fn delete(&self, asking: &Asking, request: &api::DeleteAliasRequest) -> Answer<()> {
        let (domain, alias) = self.find(asking, &request.name, "voice.aliases.delete").await?;
        let deleted = self.calls.delete_alias(&domain, &alias, &asking.by()).await;
        deleted.map_err(|error| unmade(&error))
    }
}

fn content_of(display_name: String, config: Option<api::alias::Config>) -> AliasContent {
    let config = config.map(|api::alias::Config::LoadBalancerConfig(config)| config);
    let config = config.unwrap_or_default();
    let endpoints = config.endpoints.into_iter().map(|endpoint| AliasEndpoint {
        uri: endpoint.uri,
        priority: endpoint.priority,
        weight: endpoint.weight,
        enabled: endpoint.enabled,
    });
    AliasContent {
        display_name,
        endpoints: endpoints.collect(),
        failover_uris: config.failover_call_handler_uris,
    }
}

fn unmade(error: &AliasError) -> Failure {
    match error {
        AliasError::Id => Failure::field("alias_id", error.to_string()),
        AliasError::Invalid { field, why } => Failure::field(field, why.clone()),
        AliasError::Taken => Failure::new(Kind::Exists, error.to_string()),
        AliasError::Full => Failure::new(Kind::Precondition, error.to_string()),
        AliasError::NotFound => Failure::not_found(),
        AliasError::Store(error) => unreachable(error),
    }
}

fn alias_to_wire(domain: &SipDomain, alias: &Alias) -> api::Alias {
    let endpoints = alias.endpoints.iter().map(|endpoint| api::LoadBalancerEndpoint {
        uri: endpoint.uri.clone(),
        priority: endpoint.priority,
        weight: endpoint.weight,
        enabled: endpoint.enabled,
    });
    let config = api::LoadBalancerConfig {
        endpoints: endpoints.collect(),
        failover_call_handler_uris: alias.failover_uris.clone(),
    };
    api::Alias {
        name: format!(
            "projects/{}/sipDomains/{}/aliases/{}",
            domain.project, domain.id, alias.id
        ),
        alias_id: alias.id.clone(),
        display_name: alias.display_name.clone(),
        config: Some(api::alias::Config::LoadBalancerConfig(config)),
        create_time: time(Some(alias.create_us)),
    }
}

#[tonic::async_trait]
impl api::aliases_server::Aliases for AliasesService {
    async fn create_alias(&self, request: Request<api::CreateAliasRequest>) -> Result<Response<api::Alias>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.create(&asking, message).await)
    }

    async fn get_alias(&self, request: Request<api::GetAliasRequest>) -> Result<Response<api::Alias>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }

    async fn list_aliases(
        &self,
        request: Request<api::ListAliasesRequest>,
    ) -> Result<Response<api::ListAliasesResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }

    async fn update_alias(&self, request: Request<api::UpdateAliasRequest>) -> Result<Response<api::Alias>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.update(&asking, message).await)
    }

    async fn delete_alias(&self, request: Request<api::DeleteAliasRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.delete(&asking, &message).await)
    }
}
