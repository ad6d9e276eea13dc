//! What is to be different of a domain, and what of it cannot be.

use super::{CidrBlock, DomainError, RecordingConfig, SipDomain, TerminationMode, Trigger, invalid};
use crate::{
    handlers::is_handler,
    limits::{CIDR_BLOCKS_MAX, HANDLERS_MAX},
    meetings::Target,
    text::display_name,
};

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

impl DomainChange {
    /// The domain as it is to be, if it can be so.
    pub(super) fn on(self, domain: SipDomain) -> Result<SipDomain, DomainError> {
        let says_who_is_asked = self.termination_mode.is_some() || self.handler_uris.is_some();
        let changed = SipDomain {
            display_name: self.display_name.map_or(Ok(domain.display_name), checked_name)?,
            termination_mode: self.termination_mode.unwrap_or(domain.termination_mode),
            handler_uris: self.handler_uris.map_or(Ok(domain.handler_uris), checked_handlers)?,
            cidr_blocks: self.cidr_blocks.map_or(Ok(domain.cidr_blocks), checked_blocks)?,
            recording: match self.recording {
                Some(change) => change.on(domain.recording)?,
                None => domain.recording,
            },
            allow_register: self.allow_register.unwrap_or(domain.allow_register),
            ..domain
        };
        let is_programmable = changed.termination_mode == TerminationMode::Programmable;
        if says_who_is_asked && is_programmable && changed.handler_uris.is_empty() {
            let why = format!("a domain that is PROGRAMMABLE has 1 to {HANDLERS_MAX} handlers");
            return Err(invalid("call_termination_handler_uris", why));
        }
        Ok(changed)
    }
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
            display_name: display_name(name).map_err(|why| invalid(field, why))?,
            block: parsed,
        })
    });
    blocks.collect()
}

fn checked_name(name: String) -> Result<String, DomainError> {
    display_name(name).map_err(|why| invalid("display_name", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_domain_may_say_together() {
        let check = |name: &str, change: DomainChange, expected: Option<&str>| {
            let empty = SipDomain::empty("p", "demo", 0);
            let field = match change.on(empty) {
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
        let named = DomainChange {
            cidr_blocks: Some(vec![("x".repeat(101), "192.0.2.0/24".to_owned())]),
            ..DomainChange::default()
        };
        check(named, "cidr_blocks");
    }
}
