//! SIP domains: by which name telephones call in, from where they may, and who is asked what to do.

mod change;

use std::net::IpAddr;

use audit::{Action, By};
use db::{Row, Statement, Value};
use ipnet::Ipv4Net;
use serde_json::{Value as Json, json};
use telephony::agent::{Proof, Terms};

pub use change::{DomainChange, RecordingChange};

use crate::{
    Calls,
    call::numbered,
    page::{List, ListError, Listed, Page},
};

numbered! {
    /// What becomes of calls to a domain.
    TerminationMode {
        /// None comes in.
        Disabled = 1,
        /// The number that is called is called by the trunk.
        Trunk = 2,
        /// Its handlers say.
        Programmable = 3,
    }
}

numbered! {
    /// When the recording of a whole call begins.
    Trigger {
        /// Never.
        Disabled = 1,
        /// When the call is answered.
        Answer = 2,
        /// When two legs are connected.
        Bridge = 3,
    }
}

/// What is recorded of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingConfig {
    /// When it begins.
    pub trigger: Trigger,
    /// Silence is cut off at both ends.
    pub trims_silence: bool,
    /// Who is told of its end.
    pub ready_uri: Option<String>,
}

/// Addresses from which a domain may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrBlock {
    /// What people call it.
    pub display_name: String,
    /// The block.
    pub block: Ipv4Net,
}

/// A SIP domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipDomain {
    /// The first label of its name: unique in the installation, and never used again.
    pub id: String,
    /// Whose it is.
    pub project: String,
    /// What people call it.
    pub display_name: String,
    /// What becomes of calls to it.
    pub termination_mode: TerminationMode,
    /// Who is asked what to do, the first first.
    pub handler_uris: Vec<String>,
    /// From where it may be called. From nowhere, if there is none.
    pub cidr_blocks: Vec<CidrBlock>,
    /// What is recorded of its calls.
    pub recording: Option<RecordingConfig>,
    /// Whether its users may register telephones.
    pub allow_register: bool,
    /// When it was made.
    pub create_us: i64,
    /// When it was deleted.
    pub delete_us: Option<i64>,
}

impl Default for RecordingConfig {
    fn default() -> RecordingConfig {
        RecordingConfig {
            trigger: Trigger::Disabled,
            trims_silence: false,
            ready_uri: None,
        }
    }
}

/// Why a domain is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// Not as ids have to be.
    #[error("{SIP_ID_RULE}")]
    Id,
    /// A value cannot be: which field, as the rows name it, and why.
    #[error("{field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The id is in use, or was.
    #[error("there is such a domain already, or there was")]
    Taken,
    /// There is none.
    #[error("there is no such domain")]
    NotFound,
    /// The database.
    #[error("domains cannot be reached")]
    Store(#[from] db::Error),
}

const COLUMNS: &str = "id, project, display_name, termination_mode, handler_uris, cidr_blocks, recording, allow_register, create_us, delete_us";

/// Writes a domain that is as it was read: its values, and those that were read.
const UPDATE: &str = "update sip_domain set display_name = $3, termination_mode = $4, handler_uris = $5, cidr_blocks = $6, recording = $7,
        allow_register = $8
    where id = $1 and project = $2 and delete_us is null and display_name = $9 and termination_mode = $10 and handler_uris = $11
        and cidr_blocks = $12 and coalesce(recording, '') = $13 and allow_register = $14";

/// What of a row may be another when it is written, as it is there.
fn values_read(row: &Row) -> Result<Vec<Value>, db::Error> {
    Ok(vec![
        row.text(2)?.into(),
        row.int(3)?.into(),
        row.text(4)?.into(),
        row.text(5)?.into(),
        row.opt_text(6)?.unwrap_or_default().into(),
        row.int(7)?.into(),
    ])
}

fn invalid(field: &'static str, why: impl Into<String>) -> DomainError {
    DomainError::Invalid { field, why: why.into() }
}

/// What [`is_sip_id`] wants, for people.
pub(crate) const SIP_ID_RULE: &str = "an id is 2 to 30 lower-case letters, digits and dashes, with no dash at its ends";

/// `[a-z0-9]`, dashes inside, 2 to 30 in all: the contract's rule for domains, and for their users and aliases.
pub(crate) fn is_sip_id(id: &str) -> bool {
    let of_edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = id.as_bytes();
    let [first, .., last] = bytes else { return false };
    bytes.len() <= 30 && of_edge(*first) && of_edge(*last) && bytes.iter().all(|byte| of_edge(*byte) || *byte == b'-')
}

fn domain_of(row: &Row) -> Result<SipDomain, db::Error> {
    let handlers: Vec<String> = serde_json::from_str(row.text(4)?).unwrap_or_default();
    let blocks: Vec<(String, String)> = serde_json::from_str(row.text(5)?).unwrap_or_default();
    let blocks = blocks.into_iter().filter_map(|(display_name, block)| {
        let block = block.parse().ok()?;
        Some(CidrBlock { display_name, block })
    });
    let recording = row
        .opt_text(6)?
        .and_then(|text| serde_json::from_str::<Json>(text).ok());
    let recording = recording.map(|read| RecordingConfig {
        trigger: read["trigger"]
            .as_i64()
            .and_then(Trigger::read)
            .unwrap_or(Trigger::Disabled),
        trims_silence: read["trims_silence"].as_bool().unwrap_or(false),
        ready_uri: read["ready_uri"].as_str().map(str::to_owned),
    });
    Ok(SipDomain {
        id: row.text(0)?.to_owned(),
        project: row.text(1)?.to_owned(),
        display_name: row.text(2)?.to_owned(),
        termination_mode: TerminationMode::read(row.int(3)?).unwrap_or(TerminationMode::Disabled),
        handler_uris: handlers,
        cidr_blocks: blocks.collect(),
        recording,
        allow_register: row.int(7)? != 0,
        create_us: row.int(8)?,
        delete_us: row.opt_int(9)?,
    })
}

impl SipDomain {
    /// One that says nothing yet, and where nobody comes in.
    pub(crate) fn empty(project: &str, id: &str, create_us: i64) -> SipDomain {
        SipDomain {
            id: id.to_owned(),
            project: project.to_owned(),
            display_name: String::new(),
            termination_mode: TerminationMode::Disabled,
            handler_uris: vec![],
            cidr_blocks: vec![],
            recording: None,
            allow_register: false,
            create_us,
            delete_us: None,
        }
    }

    /// What it wants of whoever sends from there, by the contract's matrix: blocks of addresses and no users let in by address, users
    /// and no blocks by password from wherever, and both by both. With neither, nobody comes in. `None` is a stranger.
    pub(crate) fn terms(&self, source: IpAddr, has_users: bool) -> Option<Terms> {
        let is_listed = match source.to_canonical() {
            IpAddr::V4(source) => self.cidr_blocks.iter().any(|block| block.block.contains(&source)),
            IpAddr::V6(_) => false,
        };
        let proof = match (is_listed, has_users) {
            (true, true) => Proof::Both,
            (true, false) => Proof::Address,
            (false, true) if self.cidr_blocks.is_empty() => Proof::Password,
            (false, _) => return None,
        };
        let terms = Terms {
            proof,
            calls: self.termination_mode != TerminationMode::Disabled,
            registers: self.allow_register && has_users,
        };
        (self.delete_us.is_none() && (terms.calls || terms.registers)).then_some(terms)
    }

    fn values(&self) -> Vec<Value> {
        let blocks: Vec<(&str, String)> = self
            .cidr_blocks
            .iter()
            .map(|block| (block.display_name.as_str(), block.block.to_string()))
            .collect();
        let recording = self.recording.as_ref().map(|recording| {
            json!({
                "trigger": recording.trigger.number(),
                "trims_silence": recording.trims_silence,
                "ready_uri": recording.ready_uri,
            })
            .to_string()
        });
        vec![
            self.id.as_str().into(),
            self.project.as_str().into(),
            self.display_name.as_str().into(),
            self.termination_mode.number().into(),
            json!(self.handler_uris).to_string().into(),
            json!(blocks).to_string().into(),
            recording.as_deref().into(),
            self.allow_register.into(),
        ]
    }

    pub(crate) fn name(&self) -> String {
        format!("projects/{}/sipDomains/{}", self.project, self.id)
    }
}

impl Calls {
    /// Makes a domain.
    pub async fn create_domain(
        &self,
        project: &str,
        id: &str,
        with: DomainChange,
        by: &By,
    ) -> Result<SipDomain, DomainError> {
        if !is_sip_id(id) {
            return Err(DomainError::Id);
        }
        let domain = with.on(SipDomain::empty(project, id, by.now_us))?;
        let sql = format!("insert into sip_domain ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null)");
        let mut params = domain.values();
        params.push(by.now_us.into());
        let line = by.did(Action::SipDomainCreate, &domain.name(), "");
        self.write_one(Statement::new(sql, params), line, DomainError::Taken)
            .await?;
        Ok(domain)
    }

    /// A domain of a project, deleted ones too.
    pub async fn domain(&self, project: &str, id: &str) -> Result<Option<SipDomain>, db::Error> {
        let sql = format!("select {COLUMNS} from sip_domain where id = $1 and project = $2");
        let params = [id, project].map(Value::key);
        let rows = self.db.read(&sql, params.into()).await?;
        rows.first().map(domain_of).transpose()
    }

    /// The domain with that id, whosever it is: who calls in does not know projects.
    pub(crate) async fn domain_called(&self, id: &str) -> Result<Option<SipDomain>, db::Error> {
        let sql = format!("select {COLUMNS} from sip_domain where id = $1 and delete_us is null");
        let rows = self.db.read(&sql, vec![Value::key(id)]).await?;
        rows.first().map(domain_of).transpose()
    }

    /// Domains of a project, the newest first.
    pub async fn list_domains(
        &self,
        project: &str,
        shows_deleted: bool,
        list: List<'_>,
    ) -> Result<Page<SipDomain>, ListError> {
        let listed = Listed {
            table: "sip_domain",
            columns: COLUMNS,
            parent: project,
            condition: if shows_deleted {
                "project = $4"
            } else {
                "project = $4 and delete_us is null"
            },
            params: vec![Value::key(project)],
            read: domain_of,
            place: |domain| (domain.create_us, &domain.id),
        };
        self.page_of(list, listed).await
    }

    /// Changes a domain. It holds for the next call.
    pub async fn update_domain(
        &self,
        domain: &SipDomain,
        change: &DomainChange,
        by: &By,
    ) -> Result<SipDomain, DomainError> {
        let sql = format!("select {COLUMNS} from sip_domain where id = $1 and project = $2 and delete_us is null");
        let named = vec![domain.id.as_str().into(), domain.project.as_str().into()];
        let missing = DomainError::NotFound;
        let changed = self.changed(&sql, named, missing, |row| {
            let changed = change.clone().on(domain_of(row)?)?;
            let write = Statement::new(UPDATE, [changed.values(), values_read(row)?].concat());
            Ok((changed, write, by.did(Action::SipDomainUpdate, &domain.name(), "")))
        });
        changed.await
    }

    /// Deletes a domain, which is still shown to whoever asks for deleted ones. Its id is not used again.
    pub async fn delete_domain(&self, domain: SipDomain, by: &By) -> Result<SipDomain, DomainError> {
        let sql = "update sip_domain set delete_us = $3 where id = $1 and project = $2 and delete_us is null";
        let params = vec![
            domain.id.as_str().into(),
            domain.project.as_str().into(),
            by.now_us.into(),
        ];
        let line = by.did(Action::SipDomainDelete, &domain.name(), "");
        self.write_one(Statement::new(sql, params), line, DomainError::NotFound)
            .await?;
        Ok(SipDomain {
            delete_us: Some(by.now_us),
            ..domain
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_domains() {
        for (id, good) in [
            ("demo", true),
            ("a1", true),
            ("a-b", true),
            ("a", false),
            ("", false),
            ("-a", false),
            ("a-", false),
            ("Demo", false),
            ("a.b", false),
            ("abcdefghijklmnopqrstuvwxyz1234", true),
            ("abcdefghijklmnopqrstuvwxyz12345", false),
        ] {
            assert_eq!(is_sip_id(id), good, "{id}");
        }
    }

    #[test]
    fn who_may_call_in() {
        let check = |blocks: &[&str], has_users, source: &str, expected: Option<Proof>| {
            let terms = domain(blocks).terms(source.parse().expect("an address"), has_users);
            assert_eq!(
                terms.map(|terms| terms.proof),
                expected,
                "{blocks:?} {has_users} {source}"
            );
        };
        let office = &["192.0.2.0/24"];
        check(&[], false, "192.0.2.7", None);
        check(office, false, "192.0.2.7", Some(Proof::Address));
        check(office, false, "::ffff:192.0.2.7", Some(Proof::Address));
        check(office, false, "192.0.3.7", None);
        check(office, false, "2001:db8::1", None);
        check(
            &["10.0.0.0/8", "192.0.2.7/32"],
            false,
            "192.0.2.7",
            Some(Proof::Address),
        );
        check(office, true, "192.0.2.7", Some(Proof::Both));
        check(office, true, "192.0.3.7", None);
        check(&[], true, "192.0.2.7", Some(Proof::Password));
        check(&[], true, "2001:db8::1", Some(Proof::Password));
    }

    #[test]
    fn what_they_may_do_then() {
        let check = |mode, allow_register, has_users, delete_us, expected: Option<(bool, bool)>| {
            let domain = SipDomain {
                termination_mode: mode,
                allow_register,
                delete_us,
                ..domain(&["0.0.0.0/0"])
            };
            let terms = domain.terms([192, 0, 2, 7].into(), has_users);
            assert_eq!(
                terms.map(|terms| (terms.calls, terms.registers)),
                expected,
                "{domain:?}"
            );
        };
        let (programmable, disabled) = (TerminationMode::Programmable, TerminationMode::Disabled);
        check(programmable, false, true, None, Some((true, false)));
        check(programmable, true, true, None, Some((true, true)));
        check(programmable, true, false, None, Some((true, false)));
        check(disabled, true, true, None, Some((false, true)));
        check(disabled, false, true, None, None);
        check(programmable, true, true, Some(1), None);
    }

    fn domain(blocks: &[&str]) -> SipDomain {
        let block = |block: &&str| CidrBlock {
            display_name: String::new(),
            block: block.parse().expect("a block"),
        };
        SipDomain {
            termination_mode: TerminationMode::Programmable,
            cidr_blocks: blocks.iter().map(block).collect(),
            ..SipDomain::empty("p", "demo", 0)
        }
    }
}
