//! SIP domains: by which name telephones call in, from where they may, and who is asked what to do.

use std::net::IpAddr;

use audit::{Action, By};
use db::{Row, Statement, Value};
use ipnet::Ipv4Net;
use serde_json::{Value as Json, json};
use telephony::agent::{Proof, Terms};

use crate::{
    Calls,
    call::numbered,
    handlers::is_handler,
    limits::{CIDR_BLOCKS_MAX, DISPLAY_NAME_CHARACTERS_MAX, HANDLERS_MAX},
    meetings::Target,
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

/// What is to be different of a domain; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct DomainChange {
    /// What people call it.
    pub display_name: Option<String>,
    /// What becomes of calls to it.
    pub termination_mode: Option<TerminationMode>,
    /// Who is asked.
    pub handler_uris: Option<Vec<String>>,
    /// From where it may be called, as names and blocks.
    pub cidr_blocks: Option<Vec<(String, String)>>,
    /// What is recorded of its calls.
    pub recording: Option<RecordingChange>,
    /// Whether its users may register telephones.
    pub allow_register: Option<bool>,
}

/// What is to be different of what is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingChange {
    /// All of it.
    Whole(Option<RecordingConfig>),
    /// Parts; `None` stays.
    Parts {
        /// When it begins.
        trigger: Option<Trigger>,
        /// Whether silence is cut off.
        trims_silence: Option<bool>,
        /// Who is told of its end.
        ready_uri: Option<Option<String>>,
    },
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

impl RecordingChange {
    fn on(self, recording: Option<RecordingConfig>) -> Result<Option<RecordingConfig>, DomainError> {
        let changed = match self {
            RecordingChange::Whole(whole) => whole,
            RecordingChange::Parts {
                trigger,
                trims_silence,
                ready_uri,
            } => {
                let before = recording.unwrap_or_default();
                Some(RecordingConfig {
                    trigger: trigger.unwrap_or(before.trigger),
                    trims_silence: trims_silence.unwrap_or(before.trims_silence),
                    ready_uri: ready_uri.unwrap_or(before.ready_uri),
                })
            }
        };
        let ready_uri = changed.as_ref().and_then(|changed| changed.ready_uri.as_ref());
        if ready_uri.is_some_and(|uri| !is_handler(uri)) {
            let field = "call_recording.recording_ready_uri";
            return Err(invalid(field, "it is no absolute address of http or https"));
        }
        Ok(changed)
    }
}

/// Why a domain is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
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

pub(crate) fn invalid(field: &'static str, why: impl Into<String>) -> DomainError {
    DomainError::Invalid { field, why: why.into() }
}

/// `[a-z0-9]`, dashes inside, 2 to 30 in all: the contract's rule for domains and for their users.
pub(crate) fn is_sip_id(id: &str) -> bool {
    let of_edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = id.as_bytes();
    let [first, .., last] = bytes else { return false };
    bytes.len() <= 30 && of_edge(*first) && of_edge(*last) && bytes.iter().all(|byte| of_edge(*byte) || *byte == b'-')
}

fn checked_handlers(uris: Vec<String>) -> Result<Vec<String>, DomainError> {
    let field = "call_termination_handler_uris";
    if uris.len() > HANDLERS_MAX {
        return Err(invalid(field, format!("a domain has at most {HANDLERS_MAX} handlers")));
    }
    for uri in &uris {
        if !is_handler(uri) && Target::read(uri).is_none() {
            return Err(invalid(
                field,
                format!("{uri:?} is not an absolute address of http or https, or of a meeting"),
            ));
        }
    }
    Ok(uris)
}

fn checked_blocks(blocks: Vec<(String, String)>) -> Result<Vec<CidrBlock>, DomainError> {
    let field = "cidr_blocks";
    if blocks.len() > CIDR_BLOCKS_MAX {
        return Err(invalid(field, format!("a domain has at most {CIDR_BLOCKS_MAX} blocks")));
    }
    let blocks = blocks.into_iter().map(|(name, block)| {
        let parsed = block
            .parse()
            .map_err(|_| invalid(field, format!("{block:?} is not a block of IPv4 addresses")))?;
        Ok(CidrBlock {
            display_name: checked_name(name)?,
            block: parsed,
        })
    });
    blocks.collect()
}

fn checked_name(name: String) -> Result<String, DomainError> {
    if name.chars().count() > DISPLAY_NAME_CHARACTERS_MAX || name.contains('\0') {
        return Err(invalid(
            "display_name",
            format!("a name has at most {DISPLAY_NAME_CHARACTERS_MAX} characters"),
        ));
    }
    Ok(name)
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

    fn with(self, change: DomainChange) -> Result<SipDomain, DomainError> {
        let says_who_is_asked = change.termination_mode.is_some() || change.handler_uris.is_some();
        let changed = SipDomain {
            display_name: change.display_name.map_or(Ok(self.display_name), checked_name)?,
            termination_mode: change.termination_mode.unwrap_or(self.termination_mode),
            handler_uris: change.handler_uris.map_or(Ok(self.handler_uris), checked_handlers)?,
            cidr_blocks: change.cidr_blocks.map_or(Ok(self.cidr_blocks), checked_blocks)?,
            recording: match change.recording {
                Some(change) => change.on(self.recording)?,
                None => self.recording,
            },
            allow_register: change.allow_register.unwrap_or(self.allow_register),
            ..self
        };
        let is_programmable = changed.termination_mode == TerminationMode::Programmable;
        if says_who_is_asked && is_programmable && changed.handler_uris.is_empty() {
            let why = format!("a domain that is PROGRAMMABLE has 1 to {HANDLERS_MAX} handlers");
            return Err(invalid("call_termination_handler_uris", why));
        }
        Ok(changed)
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
            let why = "an id is 2 to 30 lower-case letters, digits and dashes, with no dash at its ends";
            return Err(invalid("sip_domain_id", why));
        }
        let empty = SipDomain {
            id: id.to_owned(),
            project: project.to_owned(),
            display_name: String::new(),
            termination_mode: TerminationMode::Disabled,
            handler_uris: vec![],
            cidr_blocks: vec![],
            recording: None,
            allow_register: false,
            create_us: by.now_us,
            delete_us: None,
        };
        let domain = empty.with(with)?;
        let sql = format!("insert into sip_domain ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null)");
        let mut params = domain.values();
        params.push(by.now_us.into());
        let line = by.did(Action::SipDomainCreate, &domain.name(), "");
        match self.db.write(vec![Statement::new(sql, params).expect(1), line]).await {
            Ok(()) => Ok(domain),
            Err(error) if error.is_conflict() => Err(DomainError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// A domain of a project, deleted ones too.
    pub async fn domain(&self, project: &str, id: &str) -> Result<Option<SipDomain>, db::Error> {
        let sql = format!("select {COLUMNS} from sip_domain where id = $1 and project = $2");
        let params = [id, project].map(|text| text.replace('\0', "").into());
        let rows = self.db.read(&sql, params.into()).await?;
        rows.first().map(domain_of).transpose()
    }

    /// The domain with that id, whosever it is: who calls in does not know projects.
    pub(crate) async fn domain_called(&self, id: &str) -> Result<Option<SipDomain>, db::Error> {
        let sql = format!("select {COLUMNS} from sip_domain where id = $1 and delete_us is null");
        let rows = self.db.read(&sql, vec![id.replace('\0', "").into()]).await?;
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
            params: vec![project.replace('\0', "").into()],
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
            let changed = domain_of(row)?.with(change.clone())?;
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
        match self.db.write(vec![Statement::new(sql, params).expect(1), line]).await {
            Ok(()) => Ok(SipDomain {
                delete_us: Some(by.now_us),
                ..domain
            }),
            Err(error) if error.is_conflict() => Err(DomainError::NotFound),
            Err(error) => Err(error.into()),
        }
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
    fn what_a_domain_may_say_together() {
        let check = |name: &str, change: DomainChange, expected: Option<&str>| {
            let empty = SipDomain {
                id: "demo".to_owned(),
                project: "p".to_owned(),
                display_name: String::new(),
                termination_mode: TerminationMode::Disabled,
                handler_uris: vec![],
                cidr_blocks: vec![],
                recording: None,
                allow_register: false,
                create_us: 0,
                delete_us: None,
            };
            let field = match empty.with(change) {
                Ok(_) => None,
                Err(DomainError::Invalid { field, .. }) => Some(field),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(field, expected, "{name}");
        };
        let handled = |mode: TerminationMode, handlers: usize| DomainChange {
            termination_mode: Some(mode),
            handler_uris: Some(vec!["https://a.example".to_owned(); handlers]),
            ..DomainChange::default()
        };
        let handlers = Some("call_termination_handler_uris");
        check("nobody is asked", handled(TerminationMode::Programmable, 0), handlers);
        check("one is asked", handled(TerminationMode::Programmable, 1), None);
        check("five are asked", handled(TerminationMode::Programmable, 5), None);
        check("six are asked", handled(TerminationMode::Programmable, 6), handlers);
        check("disabled", handled(TerminationMode::Disabled, 0), None);
        check("by the trunk", handled(TerminationMode::Trunk, 0), None);
        let told = |uri: &str| {
            let config = RecordingConfig {
                ready_uri: Some(uri.to_owned()),
                ..RecordingConfig::default()
            };
            let part = RecordingChange::Parts {
                trigger: None,
                trims_silence: None,
                ready_uri: Some(Some(uri.to_owned())),
            };
            [RecordingChange::Whole(Some(config)), part].map(|recording| DomainChange {
                recording: Some(recording),
                ..DomainChange::default()
            })
        };
        for (uri, is_good) in [
            ("https://a.example/ready", true),
            ("http://a.example", true),
            ("ready", false),
            ("ftp://a.example", false),
        ] {
            for change in told(uri) {
                check(uri, change, (!is_good).then_some("call_recording.recording_ready_uri"));
            }
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
        let blocks = blocks.iter().map(|block| (String::new(), (*block).to_owned()));
        SipDomain {
            id: "demo".to_owned(),
            project: "p".to_owned(),
            display_name: String::new(),
            termination_mode: TerminationMode::Programmable,
            handler_uris: vec![],
            cidr_blocks: checked_blocks(blocks.collect()).expect("blocks"),
            recording: None,
            allow_register: false,
            create_us: 0,
            delete_us: None,
        }
    }

    #[test]
    fn what_is_refused_names_its_field() {
        let check = |change: DomainChange, field: &str| {
            let error = [
                change
                    .handler_uris
                    .clone()
                    .and_then(|uris| checked_handlers(uris).err()),
                change
                    .cidr_blocks
                    .clone()
                    .and_then(|blocks| checked_blocks(blocks).err()),
                change.display_name.clone().and_then(|name| checked_name(name).err()),
            ];
            let error = error.into_iter().flatten().next().expect("it is refused").to_string();
            assert!(error.starts_with(field), "{error}");
        };
        let handlers = |uri: &str| DomainChange {
            handler_uris: Some(vec![uri.to_owned()]),
            ..DomainChange::default()
        };
        for uri in [
            "",
            "/handle",
            "ftp://a.example/",
            "sip:a@b",
            &format!("https://a.example/{}", "a".repeat(2_048)),
        ] {
            check(handlers(uri), "call_termination_handler_uris");
        }
        let blocks = |block: &str| DomainChange {
            cidr_blocks: Some(vec![("office".to_owned(), block.to_owned())]),
            ..DomainChange::default()
        };
        for block in ["", "192.0.2.1", "192.0.2.0/33", "2001:db8::/32"] {
            check(blocks(block), "cidr_blocks");
        }
    }
}
