//! Organisations: sets of e-mail domains whose people trust each other.
use crate::{Identity, Listing, Page, User, UserId};

/// One domain of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// In lower case: `example.org`.
    pub domain: String,
    /// The name of its organisation.
    pub organisation: String,
    /// Whether the organisation lets people whom its people have met see their e-mail addresses.
    pub shares_email: bool,
}

/// Why an organisation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationError {
    /// Not a domain name.
    #[error("{0:?} is not a domain name")]
    InvalidDomain(String),
    /// Not a name that a list could show.
    #[error("the name of the organisation cannot be used: {0}")]
    InvalidName(&'static str),
    /// Each domain belongs to one organisation.
    #[error("the domain {0} belongs to an organisation already")]
    DomainTaken(String),
    /// There is no such domain or organisation.
    #[error("there is no such domain or organisation")]
    NotFound,
    /// The table is out of reach.
    #[error("the organisations cannot be reached; try again later")]
    Store(#[from] db::Error),
}

impl Identity {
    /// Whether the owner of something and a user trust each other. True for all while no domain is configured; false
    /// for an owner who is gone.
    pub async fn same_organisation(&self, _owner: &UserId, _user: &User) -> Result<bool, db::Error> {
        todo!()
    }

    /// Whether people whom this user has met may see their e-mail address.
    pub async fn shares_email(&self, _user: &User) -> Result<bool, db::Error> {
        todo!()
    }

    /// Gives a domain to an organisation, which need not exist. An empty name: the domain's own.
    pub async fn add_domain(
        &self,
        _domain: &str,
        _organisation: &str,
        _now_us: i64,
    ) -> Result<Domain, OrganisationError> {
        todo!()
    }

    /// All domains, by name.
    pub async fn list_domains(&self, _page: Page<'_>) -> Result<Listing<Domain>, OrganisationError> {
        todo!()
    }

    /// Takes a domain away, and its organisation with the last one.
    pub async fn remove_domain(&self, _domain: &str) -> Result<(), OrganisationError> {
        todo!()
    }

    /// Says whether people whom an organisation's people have met may see their e-mail addresses.
    pub async fn set_shares_email(&self, _organisation: &str, _shares: bool) -> Result<(), OrganisationError> {
        todo!()
    }
}
