//! Aliases of SIP domains: a name under which calls go out to telephone systems, shared out among several (`contracts/voice.md` §2.8).
//!
//! Whom a call tries, and after whom, is decided once, when it begins ([`Alias::order`]): the lowest priority first, and among those of
//! one priority by chance, as their weights say. Whoever is behind in that order is tried when the one before cannot be reached.

use audit::{Action, By};
use db::{Row, Statement, Value};
use serde::{Deserialize, Serialize};

use crate::{
    Calls, SipDomain,
    address::{Address, is_of_telephones},
    domain::{SIP_ID_RULE, is_sip_id},
    limits::{ALIASES_MAX, ENDPOINTS_MAX, HANDLERS_MAX},
    page::{List, ListError, Listed, Page},
    text::display_name,
};

/// Where calls of an alias may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasEndpoint {
    /// An address of SIP. Without a user it is the one who is called.
    pub uri: String,
    /// The lowest is tried first: 0 to 65,535.
    pub priority: i32,
    /// How much of the calls of its priority it gets: 1 to 65,535.
    pub weight: i32,
    /// Whether it is in use.
    pub enabled: bool,
}

/// An alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// By which it is known in its domain.
    pub id: String,
    /// The domain's id.
    pub domain: String,
    /// What people call it.
    pub display_name: String,
    /// Where calls go.
    pub endpoints: Vec<AliasEndpoint>,
    /// Who is called where none of them can be reached, the first first: numbers and addresses of SIP.
    pub failover_uris: Vec<String>,
    /// When it was made.
    pub create_us: i64,
}

/// What an alias says, without what is given to it.
#[derive(Clone, Debug, Default)]
pub struct AliasContent {
    /// What people call it.
    pub display_name: String,
    /// Where calls go. A weight of 0 is the usual one.
    pub endpoints: Vec<AliasEndpoint>,
    /// Who is called otherwise.
    pub failover_uris: Vec<String>,
}

/// What is to be different of an alias; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct AliasChange {
    /// What people call it.
    pub display_name: Option<String>,
    /// Where calls go. A weight of 0 is the usual one.
    pub endpoints: Option<Vec<AliasEndpoint>>,
    /// Who is called otherwise.
    pub failover_uris: Option<Vec<String>>,
}

/// Why an alias is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AliasError {
    /// Not as ids have to be.
    #[error("{SIP_ID_RULE}")]
    Id,
    /// A value cannot be: which field, as the contract names it, and why.
    #[error("{field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The domain has an alias of that id.
    #[error("there is such an alias already")]
    Taken,
    /// The domain has as many as it may.
    #[error("a domain has at most {ALIASES_MAX} aliases")]
    Full,
    /// There is none.
    #[error("there is no such alias")]
    NotFound,
    /// The database.
    #[error("aliases cannot be reached")]
    Store(#[from] db::Error),
}

/// The weight of an endpoint that says none: the contract's.
const WEIGHT: i32 = 10;

const COLUMNS: &str = "id, domain, display_name, endpoints, failover_uris, create_us";

fn alias_of(row: &Row) -> Result<Alias, db::Error> {
    Ok(Alias {
        id: row.text(0)?.to_owned(),
        domain: row.text(1)?.to_owned(),
        display_name: row.text(2)?.to_owned(),
        endpoints: serde_json::from_str(row.text(3)?).unwrap_or_default(),
        failover_uris: serde_json::from_str(row.text(4)?).unwrap_or_default(),
        create_us: row.int(5)?,
    })
}

impl AliasContent {
    fn checked(mut self) -> Result<AliasContent, AliasError> {
        let invalid = |field, why: String| Err(AliasError::Invalid { field, why });
        self.display_name = match display_name(self.display_name) {
            Ok(name) => name,
            Err(why) => return invalid("alias.display_name", why),
        };
        let endpoints = "alias.load_balancer_config.endpoints";
        if self.endpoints.len() > ENDPOINTS_MAX {
            return invalid(endpoints, format!("an alias has at most {ENDPOINTS_MAX} endpoints"));
        }
        for endpoint in &mut self.endpoints {
            if endpoint.weight == 0 {
                endpoint.weight = WEIGHT;
            }
            match Address::read(&endpoint.uri) {
                Ok(Address::Sip(_)) => {}
                Ok(Address::Number(_)) => return invalid(endpoints, format!("{} is no address of SIP", endpoint.uri)),
                Err(error) => return invalid(endpoints, error.to_string()),
            }
            if !(0..=65_535).contains(&endpoint.priority) || !(1..=65_535).contains(&endpoint.weight) {
                return invalid(
                    endpoints,
                    "a priority is 0 to 65535, and a weight 1 to 65535".to_owned(),
                );
            }
        }
        let failover = "alias.load_balancer_config.failover_call_handler_uris";
        if self.failover_uris.len() > HANDLERS_MAX {
            return invalid(failover, format!("an alias has at most {HANDLERS_MAX} of them"));
        }
        for uri in &self.failover_uris {
            if !is_of_telephones(uri) {
                return invalid(
                    failover,
                    format!("{uri:?} is neither sip: nor tel:, and nobody else is called instead"),
                );
            }
            if let Err(error) = Address::read(uri) {
                return invalid(failover, error.to_string());
            }
        }
        Ok(self)
    }
}

impl Alias {
    fn with(self, change: AliasChange) -> Result<Alias, AliasError> {
        let content = AliasContent {
            display_name: change.display_name.unwrap_or(self.display_name),
            endpoints: change.endpoints.unwrap_or(self.endpoints),
            failover_uris: change.failover_uris.unwrap_or(self.failover_uris),
        };
        let AliasContent {
            display_name,
            endpoints,
            failover_uris,
        } = content.checked()?;
        Ok(Alias {
            display_name,
            endpoints,
            failover_uris,
            ..self
        })
    }

    /// Whom a call to this user of the alias tries, the first first. `chance` gives a number below its argument.
    pub(crate) fn order(&self, user: &str, mut chance: impl FnMut(u32) -> u32) -> Vec<String> {
        let mut left: Vec<&AliasEndpoint> = self.endpoints.iter().filter(|endpoint| endpoint.enabled).collect();
        let mut order = vec![];
        while let Some(priority) = left.iter().map(|endpoint| endpoint.priority).min() {
            let weight = |endpoint: &AliasEndpoint| {
                let counts = endpoint.priority == priority;
                u32::try_from(endpoint.weight).unwrap_or(0) * u32::from(counts)
            };
            let sum = left.iter().map(|endpoint| weight(endpoint)).sum::<u32>().max(1);
            let mut drawn = chance(sum);
            let place = left.iter().position(|endpoint| {
                let weight = weight(endpoint);
                let is_it = drawn < weight;
                drawn = drawn.saturating_sub(weight);
                is_it
            });
            order.push(left.remove(place.unwrap_or(0)).uri.clone());
        }
        let endpoints = order.into_iter().filter_map(|uri| match Address::read(&uri) {
            Ok(Address::Sip(mut address)) => {
                address.user.get_or_insert_with(|| user.to_owned());
                Some(address.to_string())
            }
            _ => None,
        });
        endpoints.chain(self.failover_uris.iter().cloned()).collect()
    }
}

/// As the audit log names it.
fn subject(domain: &SipDomain, id: &str) -> String {
    format!("{}/aliases/{id}", domain.name())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers")
}

impl Calls {
    /// Makes an alias of a domain.
    pub async fn create_alias(
        &self,
        domain: &SipDomain,
        id: &str,
        content: AliasContent,
        by: &By,
    ) -> Result<Alias, AliasError> {
        if !is_sip_id(id) {
            return Err(AliasError::Id);
        }
        let content = content.checked()?;
        let count = "select count(*) from sip_alias where domain = $1";
        let count = self.db.read(count, vec![domain.id.as_str().into()]).await?;
        if count.first().map_or(Ok(0), |row| row.int(0))? >= ALIASES_MAX {
            return Err(AliasError::Full);
        }
        let alias = Alias {
            id: id.to_owned(),
            domain: domain.id.clone(),
            display_name: content.display_name,
            endpoints: content.endpoints,
            failover_uris: content.failover_uris,
            create_us: by.now_us,
        };
        let sql = format!("insert into sip_alias ({COLUMNS}) values ($1, $2, $3, $4, $5, $6)");
        let params = vec![
            id.into(),
            domain.id.as_str().into(),
            alias.display_name.as_str().into(),
            json(&alias.endpoints).into(),
            json(&alias.failover_uris).into(),
            by.now_us.into(),
        ];
        let line = by.did(Action::SipAliasCreate, &subject(domain, id), "");
        self.write_one(Statement::new(sql, params), line, AliasError::Taken)
            .await?;
        Ok(alias)
    }

    /// An alias of a domain.
    pub async fn alias(&self, domain: &SipDomain, id: &str) -> Result<Option<Alias>, db::Error> {
        self.alias_called(&domain.id, id).await
    }

    /// The alias of that name, for a call to it.
    pub(crate) async fn alias_called(&self, domain: &str, id: &str) -> Result<Option<Alias>, db::Error> {
        let sql = format!(
            "select {COLUMNS} from sip_alias where domain = $1 and id = $2
            and domain in (select id from sip_domain where delete_us is null)"
        );
        let params = [domain, id].map(Value::key);
        let rows = self.db.read(&sql, params.into()).await?;
        rows.first().map(alias_of).transpose()
    }

    /// Aliases of a domain, the newest first.
    pub async fn list_aliases(&self, domain: &SipDomain, list: List<'_>) -> Result<Page<Alias>, ListError> {
        let parent = subject(domain, "");
        let listed = Listed {
            table: "sip_alias",
            columns: COLUMNS,
            parent: &parent,
            condition: "domain = $4",
            params: vec![domain.id.as_str().into()],
            read: alias_of,
            place: |alias| (alias.create_us, &alias.id),
        };
        self.page_of(list, listed).await
    }

    /// Says something else of an alias. Calls that are on their way go on as they began.
    pub async fn update_alias(
        &self,
        domain: &SipDomain,
        alias: &Alias,
        change: &AliasChange,
        by: &By,
    ) -> Result<Alias, AliasError> {
        let select = format!("select {COLUMNS} from sip_alias where domain = $1 and id = $2");
        let update = "update sip_alias set display_name = $3, endpoints = $4, failover_uris = $5
            where domain = $1 and id = $2 and display_name = $6 and endpoints = $7 and failover_uris = $8";
        let named = vec![alias.domain.as_str().into(), alias.id.as_str().into()];
        let missing = AliasError::NotFound;
        let changed = self.changed(&select, named.clone(), missing, |row| {
            let changed = alias_of(row)?.with(change.clone())?;
            let new = vec![
                changed.display_name.as_str().into(),
                json(&changed.endpoints).into(),
                json(&changed.failover_uris).into(),
            ];
            let read = vec![row.text(2)?.into(), row.text(3)?.into(), row.text(4)?.into()];
            let line = by.did(Action::SipAliasUpdate, &subject(domain, &changed.id), "");
            Ok((
                changed,
                Statement::new(update, [named.clone(), new, read].concat()),
                line,
            ))
        });
        changed.await
    }

    /// Deletes an alias.
    pub async fn delete_alias(&self, domain: &SipDomain, alias: &Alias, by: &By) -> Result<(), AliasError> {
        let sql = "delete from sip_alias where domain = $1 and id = $2";
        let params = vec![alias.domain.as_str().into(), alias.id.as_str().into()];
        let line = by.did(Action::SipAliasDelete, &subject(domain, &alias.id), "");
        self.write_one(Statement::new(sql, params), line, AliasError::NotFound)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(uri: &str, priority: i32, weight: i32) -> AliasEndpoint {
        AliasEndpoint {
            uri: uri.to_owned(),
            priority,
            weight,
            enabled: true,
        }
    }

    fn alias(endpoints: Vec<AliasEndpoint>, failover: &[&str]) -> Alias {
        Alias {
            id: "desk".to_owned(),
            domain: "demo".to_owned(),
            display_name: String::new(),
            endpoints,
            failover_uris: failover.iter().map(|uri| (*uri).to_owned()).collect(),
            create_us: 1,
        }
    }

    #[test]
    fn whom_a_call_tries() {
        let three = || {
            vec![
                endpoint("sip:backup.example", 10, 10),
                endpoint("sip:a.example", 1, 1),
                endpoint("sip:ada@b.example:5070", 1, 3),
            ]
        };
        let check = |endpoints, failover: &[&str], drawn: &[u32], expected: &[&str]| {
            let mut drawn = drawn.iter();
            let order = alias(endpoints, failover).order("+4420", |below| {
                let drawn = *drawn.next().expect("a draw for each");
                assert!(drawn < below, "{drawn} of {below}");
                drawn
            });
            assert_eq!(order, expected);
        };
        let [a, b, backup] = [
            "sip:+4420@a.example",
            "sip:ada@b.example:5070",
            "sip:+4420@backup.example",
        ];
        check(three(), &[], &[0, 0, 0], &[a, b, backup]);
        check(three(), &[], &[1, 0, 9], &[b, a, backup]);
        check(three(), &[], &[3, 0, 0], &[b, a, backup]);
        check(three(), &["tel:+4930"], &[0, 2, 5], &[a, b, backup, "tel:+4930"]);
        let mut resting = three();
        resting[1].enabled = false;
        check(resting, &[], &[2, 0], &[b, backup]);
        check(vec![], &["tel:+4930"], &[], &["tel:+4930"]);
        check(vec![], &[], &[], &[]);
    }

    #[test]
    fn calls_are_shared_out_by_weight() {
        let alias = alias(
            vec![endpoint("sip:a.example", 0, 1), endpoint("sip:b.example", 0, 3)],
            &[],
        );
        let firsts = (0..4).filter(|drawn| {
            let mut draws = [*drawn, 0].into_iter();
            let order = alias.order("x", |_| draws.next().expect("two draws"));
            order[0] == "sip:x@a.example"
        });
        assert_eq!(firsts.count(), 1, "one of four");
    }

    #[test]
    fn what_an_alias_may_say() {
        let check = |name: &str, change: &dyn Fn(&mut AliasContent), expected: Option<&str>| {
            let mut content = AliasContent {
                display_name: "The desk".to_owned(),
                endpoints: vec![endpoint("sip:a.example", 0, 10)],
                failover_uris: vec!["tel:+4420".to_owned()],
            };
            change(&mut content);
            let field = content.checked().err().map(|error| match error {
                AliasError::Invalid { field, .. } => field,
                other => panic!("{other}"),
            });
            assert_eq!(field, expected, "{name}");
        };
        let endpoints = Some("alias.load_balancer_config.endpoints");
        let failover = Some("alias.load_balancer_config.failover_call_handler_uris");
        check("as it is", &|_| {}, None);
        check(
            "a long name",
            &|content| content.display_name = "x".repeat(101),
            Some("alias.display_name"),
        );
        check(
            "a number",
            &|content| content.endpoints[0].uri = "tel:+4420".to_owned(),
            endpoints,
        );
        check(
            "a page",
            &|content| content.endpoints[0].uri = "https://a.example".to_owned(),
            endpoints,
        );
        check(
            "a priority",
            &|content| content.endpoints[0].priority = 65_536,
            endpoints,
        );
        check("a weight", &|content| content.endpoints[0].weight = -1, endpoints);
        check("the usual weight", &|content| content.endpoints[0].weight = 0, None);
        check(
            "eleven",
            &|content| content.endpoints = vec![endpoint("sip:a.example", 0, 1); 11],
            endpoints,
        );
        check(
            "a page instead",
            &|content| content.failover_uris[0] = "https://a.example".to_owned(),
            failover,
        );
        check(
            "six instead",
            &|content| content.failover_uris = vec!["tel:+4420".to_owned(); 6],
            failover,
        );
    }
}
