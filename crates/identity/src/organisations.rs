//! Organisations: sets of e-mail domains whose people trust each other.
//!
//! While no domain is configured, all accounts of the installation are one organisation, since whoever runs it made them
//! all. From the first domain on, two people trust each other if their domains belong to one organisation; whoever has
//! an address elsewhere is trusted by nobody but themselves.

use audit::{Action, By};
use db::{Row, Statement};
use meeting::{DisplayName, MalformedName, UserId};

use crate::{Identity, Listing, Page, User, account::normalise_domain, accounts::find_user, asking::detail};

/// One domain of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// In lower case: `example.org`.
    pub domain: String,
    /// The name of its organisation.
    pub organisation: String,
    /// Whether the organisation lets people whom its people have met see their e-mail addresses.
    pub shares_email: bool,
    /// Whether everybody in spaces of the organisation's people is asked before they are recorded, instead of told.
    pub asks_to_record: bool,
}

/// What is to change about an organisation; `None` stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrganisationChange {
    /// See [`Domain::shares_email`].
    pub shares_email: Option<bool>,
    /// See [`Domain::asks_to_record`].
    pub asks_to_record: Option<bool>,
}

/// Why an organisation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationError {
    /// Not a domain name.
    #[error("{0:?} is not a domain name")]
    InvalidDomain(String),
    /// Others could not be shown this.
    #[error("the name of the organisation cannot be used")]
    InvalidName(#[from] MalformedName),
    /// Each domain belongs to one organisation.
    #[error("the domain {0} belongs to an organisation already")]
    DomainTaken(String),
    /// There is no such domain.
    #[error("there is no such domain")]
    NotFound,
    /// The table is out of reach.
    #[error("the organisations cannot be reached; try again later")]
    Store(#[from] db::Error),
}

impl Identity {
    /// Whether the owner of something and a user trust each other. True for all while no domain is configured; false
    /// for an owner who is gone.
    pub async fn same_organisation(&self, owner: &UserId, user: &User) -> Result<bool, db::Error> {
        if *owner == user.id {
            return Ok(true);
        }
        let Some(owner) = find_user(&self.db, owner).await? else {
            return Ok(false);
        };
        let rows = self
            .db
            .read(
                "select (select count(*) from organisation_domain),
                    (select count(*) from organisation_domain a join organisation_domain b
                        on a.organisation = b.organisation where a.domain = $1 and b.domain = $2)",
                vec![owner.domain().into(), user.domain().into()],
            )
            .await?;
        let row = rows.first().expect("an aggregate has one row");
        Ok(row.int(0)? == 0 || row.int(1)? > 0)
    }

    /// Whether people whom this user has met may see their e-mail address: only if their organisation says so.
    pub async fn shares_email(&self, user: &User) -> Result<bool, db::Error> {
        let sql = "select organisation.shares_email from organisation_domain
            join organisation on organisation.name = organisation_domain.organisation
            where organisation_domain.domain = $1";
        let rows = self.db.read(sql, vec![user.domain().into()]).await?;
        rows.first().map_or(Ok(false), |row| Ok(row.int(0)? != 0))
    }

    /// Gives a domain to an organisation, which need not exist: a new one asks before it records if the installation does. An empty
    /// name: the domain's own.
    pub async fn add_domain(&self, domain: &str, organisation: &str, by: &By) -> Result<Domain, OrganisationError> {
        let name = normalise_domain(domain).ok_or_else(|| OrganisationError::InvalidDomain(domain.to_owned()))?;
        let organisation = match organisation.trim() {
            "" => &name,
            other => other,
        };
        let organisation = DisplayName::parse(organisation)?;
        let write = vec![
            Statement::new(
                "insert into organisation (name, shares_email, asks_to_record)
                 values ($1, 0, coalesce((select m.asks_to_record from meeting_policy m where m.id = 1), 0))
                 on conflict (name) do nothing",
                vec![organisation.as_str().into()],
            ),
            Statement::new(
                "insert into organisation_domain (domain, organisation, create_us) values ($1, $2, $3)",
                vec![name.as_str().into(), organisation.as_str().into(), by.now_us.into()],
            )
            .expect(1),
            by.did(Action::DomainCreate, &domain_name(&name), organisation.as_str()),
        ];
        match self.db.write(write).await {
            Ok(()) => self.domain(&name).await?.ok_or(OrganisationError::NotFound),
            Err(error) if error.is_conflict() => Err(OrganisationError::DomainTaken(name)),
            Err(error) => Err(error.into()),
        }
    }

    /// The domain and its organisation, if it has one.
    pub async fn domain(&self, domain: &str) -> Result<Option<Domain>, OrganisationError> {
        let Some(domain) = normalise_domain(domain) else {
            return Ok(None);
        };
        let sql = format!("{SELECT} where organisation_domain.domain = $1");
        let rows = self.db.read(&sql, vec![domain.into()]).await?;
        Ok(rows.first().map(domain_of).transpose()?)
    }

    /// All domains, by name.
    pub async fn list_domains(&self, page: Page<'_>) -> Result<Listing<Domain>, OrganisationError> {
        let sql =
            format!("{SELECT} where organisation_domain.domain > $1 order by organisation_domain.domain limit $2");
        Ok(page
            .read_listing(&self.db, &sql, domain_of, |domain| &domain.domain)
            .await?)
    }

    /// Takes a domain away, and its organisation with the last one.
    pub async fn remove_domain(&self, domain: &str, by: &By) -> Result<(), OrganisationError> {
        let domain = normalise_domain(domain).ok_or(OrganisationError::NotFound)?;
        let line = by.did(Action::DomainDelete, &domain_name(&domain), "");
        let write = vec![
            Statement::new("delete from organisation_domain where domain = $1", vec![domain.into()]).expect(1),
            Statement::new(
                "delete from organisation where name not in (select organisation from organisation_domain)",
                vec![],
            ),
            line,
        ];
        self.change_organisation(write).await
    }

    /// Changes an organisation, which is named by any of its domains: it holds for all of them.
    pub async fn update_organisation(
        &self,
        domain: &str,
        change: OrganisationChange,
        by: &By,
    ) -> Result<Domain, OrganisationError> {
        let domain = normalise_domain(domain).ok_or(OrganisationError::NotFound)?;
        let sharing = change.shares_email.map(|shares| {
            let detail = ["shares no e-mail addresses", "shares e-mail addresses"][usize::from(shares)];
            (SET_SHARES_EMAIL, shares, detail)
        });
        let asking = change
            .asks_to_record
            .map(|asks| (SET_ASKS_TO_RECORD, asks, detail(asks)));
        let changed = sharing.into_iter().chain(asking).flat_map(|(sql, value, detail)| {
            let update = Statement::new(sql, vec![domain.as_str().into(), value.into()]);
            let line = by.did(Action::DomainUpdate, &domain_name(&domain), detail);
            [update.expect(1), line]
        });
        let write: Vec<Statement> = changed.collect();
        if !write.is_empty() {
            self.change_organisation(write).await?;
        }
        self.domain(&domain).await?.ok_or(OrganisationError::NotFound)
    }

    async fn change_organisation(&self, write: Vec<Statement>) -> Result<(), OrganisationError> {
        match self.db.write(write).await {
            Err(error) if error.is_conflict() => Err(OrganisationError::NotFound),
            other => Ok(other?),
        }
    }
}

/// As the audit log names it.
fn domain_name(domain: &str) -> String {
    format!("domains/{domain}")
}

const SET_SHARES_EMAIL: &str = "update organisation set shares_email = $2
    where name = (select organisation from organisation_domain where domain = $1)";

const SET_ASKS_TO_RECORD: &str = "update organisation set asks_to_record = $2
    where name = (select organisation from organisation_domain where domain = $1)";

const SELECT: &str = "select organisation_domain.domain, organisation_domain.organisation, organisation.shares_email,
        organisation.asks_to_record
    from organisation_domain join organisation on organisation.name = organisation_domain.organisation";

fn domain_of(row: &Row) -> Result<Domain, db::Error> {
    Ok(Domain {
        domain: row.text(0)?.to_owned(),
        organisation: row.text(1)?.to_owned(),
        shares_email: row.int(2)? != 0,
        asks_to_record: row.int(3)? != 0,
    })
}
