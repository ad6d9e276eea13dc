//! What is declared of an operation, once: its name, what a caller needs, the resource it is about, and what it counts as.
//!
//! Each contract has one table of these. The gate, the quotas, the discovery documents, the names in metrics and the handlers'
//! own questions read it; a test holds it against the descriptors, so that neither can grow without the other.

use identity::Scopes;
use identity::policy::{self, Action};

/// One row.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `SpacesService/GetSpace`: unique in its contract.
    pub(crate) name: &'static str,
    /// What a caller needs to be heard at all.
    pub(crate) needs: Needs,
    /// The resource type, as errors name it.
    pub(crate) noun: &'static str,
    /// What it does, for quotas and for browsers.
    pub(crate) effect: Effect,
}

/// What a caller needs to be heard; whether they may do it to this very thing is asked later.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs {
    /// Nothing: anybody may, and be nobody in particular.
    Nothing,
    /// A credential for this action of the policy's table.
    Credential(Action),
    /// A credential with one of these scopes.
    Scope(Scopes),
    /// An administrator in person.
    Administrator,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It only reads, so that a browser's cookie will do whoever wrote the page.
    Reads,
    /// It changes something.
    Writes,
    /// It makes a space: quotas count that for itself, and as a write.
    Creates,
}

impl Operation {
    /// One that only reads.
    pub(crate) const fn reads(name: &'static str, needs: Needs, noun: &'static str) -> Operation {
        Operation::new(name, needs, noun, Effect::Reads)
    }

    /// One that changes something.
    pub(crate) const fn writes(name: &'static str, needs: Needs, noun: &'static str) -> Operation {
        Operation::new(name, needs, noun, Effect::Writes)
    }

    /// One that makes a space.
    pub(crate) const fn creates(name: &'static str, needs: Needs, noun: &'static str) -> Operation {
        Operation::new(name, needs, noun, Effect::Creates)
    }

    /// Whether it answers a list, whose filter may pass many rows: contracts name those by one rule.
    pub(crate) fn lists(&self) -> bool {
        self.name
            .split_once('/')
            .is_some_and(|(_, method)| method.starts_with("List"))
    }

    const fn new(name: &'static str, needs: Needs, noun: &'static str, effect: Effect) -> Operation {
        Operation {
            name,
            needs,
            noun,
            effect,
        }
    }
}

impl Needs {
    /// The scopes of which one is needed.
    pub(crate) fn scopes(self) -> Scopes {
        match self {
            Needs::Nothing => Scopes::NONE,
            Needs::Credential(action) => policy::accepted(action),
            Needs::Scope(scopes) => scopes,
            Needs::Administrator => Scopes::MEET,
        }
    }
}
