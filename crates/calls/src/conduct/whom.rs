//! Whom a call tries, one after the other, until somebody can be reached, and as whom it does. Pure.
//!
//! An alias stands for others, who are tried when no telephone of its own name can be reached, in the order that is drawn then. It leads
//! on once, so that none leads in a circle.

use std::{collections::VecDeque, time::Duration};

use telephony::agent::Shown;

use crate::Alias;

/// Who is left to be tried, the first first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whom {
    left: VecDeque<String>,
    may_lead_on: bool,
}

/// Who is called where somebody cannot be reached.
#[derive(Debug)]
pub(super) struct Otherwise {
    pub(super) whom: Whom,
    pub(super) caller: Caller,
    pub(super) timeout: Duration,
}

/// As whom somebody is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Caller {
    /// What stands before the `@`, or a number; `None` is nobody whom they could know.
    pub(super) name: Option<String>,
    /// It is told to the trunk alone, since numbers are called as somebody.
    pub(super) is_withheld: bool,
}

impl Caller {
    /// Known to whoever is called.
    pub(super) fn known(name: Option<String>) -> Caller {
        Caller {
            name,
            is_withheld: false,
        }
    }

    /// Whoever is called does not learn who it is.
    pub(super) fn is_private(&self) -> bool {
        self.is_withheld || self.name.is_none()
    }

    /// Who learns it, by the trunk or past it.
    pub(super) fn shown(&self, by_trunk: bool) -> Shown {
        match (&self.name, self.is_withheld) {
            (Some(_), false) => Shown::ToAll,
            (Some(_), true) if by_trunk => Shown::ToNetwork,
            _ => Shown::ToNobody,
        }
    }
}

impl Whom {
    /// This one, be it an alias.
    pub(super) fn only(address: String) -> Whom {
        Whom {
            left: [address].into(),
            may_lead_on: true,
        }
    }

    /// Who is tried now.
    pub(super) fn next(&mut self) -> Option<String> {
        self.left.pop_front()
    }

    /// Nobody is left.
    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Whether it matters that whoever was tried last is an alias.
    pub(super) fn may_lead_on(&self) -> bool {
        self.may_lead_on
    }

    /// Whoever was tried last cannot be reached and is this alias: whom it leads to is tried before all others. `chance` gives a number
    /// below its argument.
    pub(super) fn leads_on(&mut self, alias: &Alias, chance: impl FnMut(u32) -> u32) {
        self.may_lead_on = false;
        for address in alias.order(&alias.id, chance).into_iter().rev() {
            self.left.push_front(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AliasEndpoint;

    fn alias(endpoints: &[&str], failover: &[&str]) -> Alias {
        let endpoints = endpoints.iter().zip(0..).map(|(uri, priority)| AliasEndpoint {
            uri: (*uri).to_owned(),
            priority,
            weight: 10,
            enabled: true,
        });
        Alias {
            id: "desk".to_owned(),
            domain: "demo".to_owned(),
            display_name: String::new(),
            endpoints: endpoints.collect(),
            failover_uris: failover.iter().map(|uri| (*uri).to_owned()).collect(),
            create_us: 1,
        }
    }

    /// Everybody who is tried if nobody can be reached, where these are aliases.
    fn tried(first: &str, aliases: &[(&str, Alias)]) -> Vec<String> {
        let mut whom = Whom::only(first.to_owned());
        let mut tried = vec![];
        while let Some(to) = whom.next() {
            let found = aliases.iter().find(|(name, _)| *name == to);
            if let Some((_, alias)) = found.filter(|_| whom.may_lead_on()) {
                whom.leads_on(alias, |_| 0);
            }
            tried.push(to);
        }
        assert!(whom.is_empty());
        tried
    }

    #[test]
    fn who_is_tried() {
        let (desk, other) = ("sip:desk@demo.sip.example", "sip:other@demo.sip.example");
        let check = |aliases: &[(&str, Alias)], expected: &[&str]| {
            assert_eq!(tried(desk, aliases), expected);
        };
        check(&[], &[desk]);
        let two = || alias(&["sip:a.example", "sip:b.example"], &["tel:+4930"]);
        let order = [desk, "sip:desk@a.example", "sip:desk@b.example", "tel:+4930"];
        check(&[(desk, two())], &order);
        check(&[(desk, alias(&[], &[]))], &[desk]);
        // An alias leads on once: neither to another nor to itself again.
        check(&[(desk, alias(&[other], &[])), (other, two())], &[desk, other]);
        check(&[(desk, alias(&[desk], &[]))], &[desk, desk]);
    }

    #[test]
    fn who_learns_who_calls() {
        let check = |name: Option<&str>, is_withheld: bool, expected: [Shown; 2]| {
            let caller = Caller {
                name: name.map(str::to_owned),
                is_withheld,
            };
            assert_eq!(
                [true, false].map(|by_trunk| caller.shown(by_trunk)),
                expected,
                "{caller:?}"
            );
            assert_eq!(caller.is_private(), expected[1] != Shown::ToAll, "{caller:?}");
        };
        check(Some("+442071838751"), false, [Shown::ToAll, Shown::ToAll]);
        check(Some("+442071838751"), true, [Shown::ToNetwork, Shown::ToNobody]);
        check(None, false, [Shown::ToNobody, Shown::ToNobody]);
    }
}
