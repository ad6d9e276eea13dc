//! Which domains of mail belong to which organisation: `domains/{domain}`.

use api::sederunt::v1 as api;
use audit::By;
use identity::{Domain, Identity};

use super::failures;
use super::pages::requested_page;
use crate::failure::{Answer, Failure};
use crate::names;

pub(super) async fn list(identity: &Identity, message: &api::ListDomainsRequest) -> Answer<api::ListDomainsResponse> {
    let page = requested_page(message.page_size, &message.page_token)?;
    let domains = identity
        .list_domains(page)
        .await
        .map_err(|error| failures::organisation(&error))?;
    Ok(api::ListDomainsResponse {
        domains: domains.items.into_iter().map(domain_to_wire).collect(),
        next_page_token: domains.next.unwrap_or_default(),
    })
}

pub(super) async fn create(identity: &Identity, message: &api::CreateDomainRequest, by: &By) -> Answer<api::Domain> {
    let added = identity.add_domain(&message.domain, &message.organisation, by);
    added
        .await
        .map(domain_to_wire)
        .map_err(|error| failures::organisation(&error))
}

pub(super) async fn update(identity: &Identity, message: &api::UpdateDomainRequest, by: &By) -> Answer<api::Domain> {
    let [domain] = names::split("name", &message.name, ["domains"])?;
    let changed = match message.shares_email {
        Some(shares) => identity.set_shares_email(domain, shares, by).await.map(Some),
        None => identity.domain(domain).await,
    };
    let found = changed.map_err(|error| failures::organisation(&error))?;
    found.map(domain_to_wire).ok_or_else(Failure::not_found)
}

pub(super) async fn delete(identity: &Identity, message: &api::DeleteDomainRequest, by: &By) -> Answer<()> {
    let [domain] = names::split("name", &message.name, ["domains"])?;
    identity
        .remove_domain(domain, by)
        .await
        .map_err(|error| failures::organisation(&error))
}

fn domain_to_wire(domain: Domain) -> api::Domain {
    api::Domain {
        name: format!("domains/{}", domain.domain),
        organisation: domain.organisation,
        shares_email: domain.shares_email,
    }
}
