//! Which domains of mail belong to which organisation: `domains/{domain}`.

use api::sederunt::v1 as api;
use audit::By;
use identity::{Domain, Identity, OrganisationChange};

use super::failures;
use super::pages::requested_page;
use crate::failure::Answer;
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
    let change = OrganisationChange {
        shares_email: message.shares_email,
        asks_to_record: message.asks_to_record,
    };
    identity
        .update_organisation(domain, change, by)
        .await
        .map(domain_to_wire)
        .map_err(|error| failures::organisation(&error))
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
        asks_to_record: domain.asks_to_record,
    }
}
