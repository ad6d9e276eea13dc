//! Which domains of mail belong to which organisation: `domains/{domain}`.

use api::sederunt::v1 as api;
use identity::{Domain, Identity};

use super::apps::WHOLE;
use super::failures;
use crate::failure::Answer;
use crate::{clock, names};

pub(super) async fn list(identity: &Identity) -> Answer<api::ListDomainsResponse> {
    let domains = identity
        .list_domains(WHOLE)
        .await
        .map_err(|error| failures::organisation(&error))?;
    let mut domains = domains.items;
    domains.sort_by(|a, b| (&a.organisation, &a.domain).cmp(&(&b.organisation, &b.domain)));
    Ok(api::ListDomainsResponse {
        domains: domains.into_iter().map(shown).collect(),
    })
}

pub(super) async fn create(identity: &Identity, message: &api::CreateDomainRequest) -> Answer<api::Domain> {
    let added = identity.add_domain(&message.domain, &message.organisation, clock::now_us());
    added.await.map(shown).map_err(|error| failures::organisation(&error))
}

pub(super) async fn delete(identity: &Identity, message: &api::DeleteDomainRequest) -> Answer<()> {
    let [domain] = names::split("name", &message.name, ["domains"])?;
    identity
        .remove_domain(domain)
        .await
        .map_err(|error| failures::organisation(&error))
}

fn shown(domain: Domain) -> api::Domain {
    api::Domain {
        name: format!("domains/{}", domain.domain),
        organisation: domain.organisation,
    }
}
