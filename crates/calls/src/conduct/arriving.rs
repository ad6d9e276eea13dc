//! Who is reached by a call that comes in: somebody's domain, or somebody's number. Pure.
//!
//! A name below the operator's own is that of a domain, whether there is one or not. All else is a number that the trunk brings, for trunks
//! write into the address of a request whatever leads here: our name, our address, or theirs. So from nowhere but the trunk's networks
//! is anything else answered at all.

use std::net::IpAddr;

use ipnet::IpNet;
use telephony::agent::{Invitation, Proof, Refusal, Terms};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    PhoneNumber, RecordingConfig, SipDomain, TerminationMode, Trigger,
    meetings::{TO_MEETINGS, with_pin_called},
    number::normalised,
};

/// By what somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entrance<'a> {
    /// The domain with that id.
    Domain(&'a str),
    /// The host of meetings.
    Meetings,
    /// A number, whichever it is.
    Trunk,
}

impl<'a> Entrance<'a> {
    /// What a host stands for, in lower case, where names of domains end in `base`.
    pub(super) fn of(host: &'a str, base: &str) -> Entrance<'a> {
        let id = host.strip_suffix(base).and_then(|above| above.strip_suffix('.'));
        id.map_or(Entrance::Trunk, Entrance::Domain)
    }
}

/// What is wanted of whoever calls the host of meetings: nothing, for they have to know a PIN.
pub(super) const TERMS_OF_MEETINGS: Terms = Terms {
    proof: Proof::Address,
    calls: true,
    registers: false,
};

/// What is wanted of whoever brings numbers: to be in a network of the trunk. `None` is a stranger.
pub(super) fn terms_of_trunk(networks: &[IpNet], source: IpAddr) -> Option<Terms> {
    let source = source.to_canonical();
    let is_trunk = networks.iter().any(|network| network.contains(&source));
    is_trunk.then_some(Terms {
        proof: Proof::Address,
        calls: true,
        registers: false,
    })
}

/// The numbers that may be meant by whoever calls by the trunk: of whom the request is for, and of `To` where a trunk writes the name of a
/// line into the first.
pub(super) fn numbers_called(invitation: &Invitation) -> Vec<String> {
    let mut numbers: Vec<String> = invitation.called.iter().filter_map(|name| normalised(name)).collect();
    numbers.dedup();
    numbers
}

/// What whoever wants the trunk and calls no number is told: the contract's `invalid-number-format`.
const NO_NUMBER: Refusal = Refusal {
    status: 484,
    q850: Some(28),
};

/// What is known of a call that comes in, and who says what becomes of it.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) project: String,
    pub(super) to: String,
    /// `None`: they withheld it, or nobody knows.
    pub(super) from: Option<String>,
    pub(super) handler_uris: Vec<String>,
    pub(super) recording: Option<RecordingConfig>,
    /// As whom, and from where, others are called out of it where a document does not say; `None` is as nobody whom they could know.
    pub(super) caller: Option<String>,
    pub(super) domain: String,
    /// Its place among those who prove nothing.
    pub(super) place: Option<OwnedSemaphorePermit>,
}

impl Arrival {
    /// A call to a domain. One that leads to the trunk calls the number that is called there, as a document would.
    pub(super) fn at_domain(domain: SipDomain, invitation: &Invitation) -> Result<Arrival, Refusal> {
        let handler_uris = match domain.termination_mode {
            TerminationMode::Trunk => {
                let number = numbers_called(invitation).into_iter().next().ok_or(NO_NUMBER)?;
                vec![format!("tel:{number}")]
            }
            TerminationMode::Programmable | TerminationMode::Disabled => {
                of_meetings(domain.handler_uris, &invitation.called)
            }
        };
        Ok(Arrival {
            project: domain.project,
            to: invitation.to.clone(),
            from: (!invitation.is_private).then(|| invitation.from.clone()),
            handler_uris,
            recording: domain.recording,
            caller: invitation.callers.first().filter(|_| !invitation.is_private).cloned(),
            domain: invitation.domain.clone(),
            place: None,
        })
    }

    /// A call to a number that leads to meetings, or to their host; it is of this project.
    pub(super) fn at_meetings(project: &str, number: Option<&String>, invitation: &Invitation) -> Arrival {
        let known = invitation.callers.iter().find_map(|name| normalised(name));
        let from = match number {
            Some(_) => known,
            None => Some(invitation.from.clone()),
        };
        let handler = match number {
            Some(_) => TO_MEETINGS.to_owned(),
            None => with_pin_called(TO_MEETINGS.to_owned(), &invitation.called),
        };
        Arrival {
            project: project.to_owned(),
            to: number.cloned().unwrap_or_else(|| invitation.to.clone()),
            from: from.filter(|_| !invitation.is_private),
            handler_uris: vec![handler],
            recording: None,
            caller: None,
            domain: invitation.domain.clone(),
            place: None,
        }
    }

    /// A call to a number. Who withholds theirs is called on as the number that they called: it is the project's own, and says nothing of
    /// them.
    pub(super) fn at_number(number: PhoneNumber, invitation: &Invitation, base: &str) -> Arrival {
        let known = invitation.callers.iter().find_map(|name| normalised(name));
        let from = known.filter(|_| !invitation.is_private);
        let recording = (number.recording != Trigger::Disabled).then_some(RecordingConfig {
            trigger: number.recording,
            trims_silence: false,
            ready_uri: None,
        });
        Arrival {
            project: number.project,
            handler_uris: number.handler_uris,
            recording,
            caller: Some(from.as_ref().unwrap_or(&number.number).clone()),
            from,
            to: number.number,
            domain: base.to_owned(),
            place: None,
        }
    }
}

/// Handlers that leave it open which meeting is meant, where the PIN of one was called.
fn of_meetings(uris: Vec<String>, called: &[String]) -> Vec<String> {
    uris.into_iter().map(|uri| with_pin_called(uri, called)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::TerminationMode;

    #[test]
    fn what_a_host_stands_for() {
        let check = |host: &str, expected: Entrance<'_>| {
            assert_eq!(Entrance::of(host, "sip.example.org"), expected, "{host}");
        };
        check("demo.sip.example.org", Entrance::Domain("demo"));
        check("a.demo.sip.example.org", Entrance::Domain("a.demo"));
        check("sip.example.org", Entrance::Trunk);
        check("notsip.example.org", Entrance::Trunk);
        check("192.0.2.1", Entrance::Trunk);
        check("+61255501234", Entrance::Trunk);
        check("", Entrance::Trunk);
    }

    #[test]
    fn who_brings_numbers() {
        let networks = ["192.0.2.0/28", "2001:db8::/64"].map(|network| network.parse().expect("a network"));
        let check = |source: &str, expected: bool| {
            let terms = terms_of_trunk(&networks, source.parse().expect("an address"));
            assert_eq!(terms.is_some(), expected, "{source}");
        };
        check("192.0.2.7", true);
        check("::ffff:192.0.2.7", true);
        check("192.0.2.17", false);
        check("2001:db8::7", true);
        check("2001:db8:1::7", false);
        assert_eq!(
            terms_of_trunk(&[], [127, 0, 0, 1].into()),
            None,
            "without networks there is no trunk"
        );
    }

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn invitation(called: &[&str], callers: &[&str], is_private: bool) -> Invitation {
        Invitation {
            sip_call_id: "abc".to_owned(),
            from: "sip:ada@gw.example".to_owned(),
            to: "sip:desk@192.0.2.1".to_owned(),
            called: texts(called),
            callers: texts(callers),
            is_private,
            domain: "192.0.2.1".to_owned(),
            source: [192, 0, 2, 7].into(),
            user: None,
        }
    }

    fn domain(termination_mode: TerminationMode) -> SipDomain {
        SipDomain {
            termination_mode,
            handler_uris: vec!["https://app.example/".to_owned()],
            ..SipDomain::empty("support", "demo", 1)
        }
    }

    #[test]
    fn whom_a_domain_that_leads_to_the_trunk_calls() {
        let check = |called: &[&str], expected: Result<&[&str], u16>| {
            let arrival = Arrival::at_domain(
                domain(TerminationMode::Trunk),
                &invitation(called, &["+442071838750"], false),
            );
            let asked = arrival.map(|arrival| arrival.handler_uris);
            let asked = asked.as_ref().map(Vec::as_slice).map_err(|refusal| refusal.status);
            assert_eq!(asked.map(<[String]>::to_vec), expected.map(texts), "{called:?}");
        };
        check(&["+4930123456"], Ok(&["tel:+4930123456"]));
        check(&["004930123456", "desk"], Ok(&["tel:+4930123456"]));
        check(&["desk"], Err(484));
        check(&[], Err(484));
    }

    #[test]
    fn which_number_is_called() {
        let check = |called: &[&str], expected: &[&str]| {
            assert_eq!(numbers_called(&invitation(called, &[], false)), expected, "{called:?}");
        };
        check(&["+61255501234", "61255501234"], &["+61255501234"]);
        check(&["line-7", "+61255501234"], &["+61255501234"]);
        check(&["+61255501234", "+61255509999"], &["+61255501234", "+61255509999"]);
        check(&["200", "desk"], &[]);
    }

    fn number() -> PhoneNumber {
        PhoneNumber {
            id: "n".to_owned(),
            project: "support".to_owned(),
            number: "+61255501234".to_owned(),
            display_name: String::new(),
            labels: BTreeMap::new(),
            handler_uris: vec![],
            recording: Trigger::Disabled,
            create_us: 1,
            delete_us: None,
        }
    }

    #[test]
    fn who_calls_a_number() {
        let check = |callers: &[&str], is_private: bool, from: Option<&str>, caller: &str| {
            let arrival = Arrival::at_number(number(), &invitation(&[], callers, is_private), "sip.example.org");
            assert_eq!(arrival.from.as_deref(), from, "{callers:?}");
            assert_eq!(arrival.caller.as_deref(), Some(caller), "{callers:?}");
            assert_eq!(
                (arrival.to.as_str(), arrival.project.as_str()),
                ("+61255501234", "support")
            );
        };
        let (theirs, ours) = ("+442071838750", "+61255501234");
        check(&[theirs, "ada"], false, Some(theirs), theirs);
        check(&["operator", "0044 20 7183 8750"], false, Some(theirs), theirs);
        check(&[theirs], true, None, ours);
        check(&["0298765432"], false, None, ours);
        check(&[], false, None, ours);
    }

    #[test]
    fn who_calls_a_domain() {
        let check = |is_private: bool, from: Option<&str>, caller: Option<&str>| {
            let invitation = invitation(&[], &["+442071838750", "ada"], is_private);
            let arrival = Arrival::at_domain(domain(TerminationMode::Programmable), &invitation).expect("let in");
            assert_eq!((arrival.from.as_deref(), arrival.caller.as_deref()), (from, caller));
        };
        check(false, Some("sip:ada@gw.example"), Some("+442071838750"));
        check(true, None, None);
    }

    #[test]
    fn what_is_recorded_of_calls_to_a_number() {
        for (trigger, expected) in [
            (Trigger::Disabled, None),
            (Trigger::Answer, Some(Trigger::Answer)),
            (Trigger::Bridge, Some(Trigger::Bridge)),
        ] {
            let number = PhoneNumber {
                recording: trigger,
                ..number()
            };
            let arrival = Arrival::at_number(number, &invitation(&[], &[], false), "sip.example.org");
            assert_eq!(arrival.recording.map(|recording| recording.trigger), expected);
        }
    }
}
