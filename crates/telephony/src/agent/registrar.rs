//! Where telephones are that can be called: what they said when they registered (RFC 3261 §10).
//!
//! It is kept in memory alone. A registration is good for five minutes at most, whatever is asked for, so that is the longest that a
//! telephone cannot be reached after a restart; and of most of them rows would be of no use by then, since a restart ends the TCP and TLS
//! connections by which alone telephones behind address translators are reached. Rows would be as many writes as telephones ask every
//! minute, for a gain of minutes once in a release.
//!
//! A telephone is reached where its request came from and not where it says that it is, which is mostly an address that means something
//! only at its own place. Whoever is at several places is called at the newest.

use std::collections::HashMap;

use rsipstack::{
    sip::{Header, Request, StatusCode, Uri, prelude::*},
    transaction::transaction::Transaction,
    transport::SipAddr,
};
use steady::now_us;
use tokio_util::sync::CancellationToken;

use super::{
    Agent,
    entrance::{domain_of, source_of},
    invitation::address_in,
};
use crate::limits::{BINDINGS_MAX, BINDINGS_PER_USER_MAX, CONTACT_BYTES_MAX, REGISTERED_S};

/// A user of a domain, both in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Address {
    user: String,
    domain: String,
}

impl Address {
    fn of(uri: &Uri) -> Option<Address> {
        Some(Address {
            user: uri.user()?.to_ascii_lowercase(),
            domain: uri.host().to_string().to_ascii_lowercase(),
        })
    }
}

/// The way by which a request came.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) address: SipAddr,
    /// Set when a connection is gone.
    closed: CancellationToken,
}

impl Flow {
    fn of(transaction: &Transaction) -> Option<Flow> {
        let connection = transaction.connection.as_ref()?;
        Some(Flow {
            address: connection.get_remote_addr()?.clone(),
            closed: connection.cancel_token().unwrap_or_default(),
        })
    }
}

/// A telephone, and until when it is there.
#[derive(Clone, Debug)]
struct Binding {
    contact: String,
    flow: Flow,
    call_id: String,
    sequence: u32,
    until_us: i64,
}

/// How somebody is reached.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    /// As their telephone calls itself.
    pub(super) contact: String,
    pub(super) flow: Flow,
}

/// What somebody wants to be known of their telephones.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// Each contact, and for how many seconds. None, and it is only asked what is known.
    Contacts(Vec<(String, u32)>),
    /// That there are none any more.
    Nothing,
}

/// Why somebody is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// It says too little, or something that cannot be.
    Malformed,
    /// For less time than is of use.
    TooBrief,
    /// There are as many as there may be.
    Full,
    /// It is older than what is known.
    Late,
}

/// What a `REGISTER` says.
#[derive(Debug)]
struct Registration {
    wanted: Wanted,
    call_id: String,
    sequence: u32,
}

/// The values of a list: commas in quotes or in brackets do not part them.
fn values(list: &str) -> Vec<&str> {
    let (mut values, mut begin, mut is_quoted, mut is_bracketed, mut is_escaped) = (vec![], 0, false, false, false);
    for (place, character) in list.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '<' if !is_quoted => is_bracketed = true,
            '>' if !is_quoted => is_bracketed = false,
            ',' if !is_quoted && !is_bracketed => {
                values.push(list[begin..place].trim());
                begin = place + 1;
            }
            _ => {}
        }
    }
    values.push(list[begin..].trim());
    values
}

/// For how many seconds a contact is to be known, as it says itself.
fn seconds_of(contact: &str) -> Option<u32> {
    // Behind the address: one in brackets may have parameters of its own, and a name before it anything in its quotes.
    let unnamed = contact
        .trim_start()
        .strip_prefix('"')
        .and_then(|named| named.split_once("\" "));
    let unnamed = unnamed.map_or(contact, |(_, unnamed)| unnamed);
    let parameters = unnamed.split_once('>').map_or(unnamed, |(_, parameters)| parameters);
    let parameters = parameters.split(';').skip(1);
    let mut named = parameters.filter_map(|parameter| parameter.split_once('='));
    let (_, seconds) = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("expires"))?;
    // What is no number is as if it was not there (RFC 3261 §20.19).
    seconds.trim().parse().ok()
}

impl Registration {
    fn read(request: &Request) -> Result<Registration, Refused> {
        let header = |name: &'static str| {
            let mut headers = request.headers.iter();
            headers
                .find(|header| header.name().eq_ignore_ascii_case(name))
                .map(Header::value)
        };
        let usual = header("Expires").and_then(|value| value.trim().parse().ok());
        let usual = usual.unwrap_or(*REGISTERED_S.end());
        let lists = request.headers.iter().filter_map(|header| match header {
            Header::Contact(contact) => Some(contact.value()),
            _ => None,
        });
        let said: Vec<&str> = lists.flat_map(values).collect();
        let wanted = if said == ["*"] && usual == 0 {
            Wanted::Nothing
        } else {
            let contacts = said.iter().map(|contact| {
                let uri = address_in(contact).ok_or(Refused::Malformed)?.to_string();
                let is_good = uri.len() <= CONTACT_BYTES_MAX && uri.to_ascii_lowercase().starts_with("sip");
                let seconds = seconds_of(contact).unwrap_or(usual);
                match seconds {
                    _ if !is_good => Err(Refused::Malformed),
                    0 => Ok((uri, 0)),
                    seconds if seconds < *REGISTERED_S.start() => Err(Refused::TooBrief),
                    seconds => Ok((uri, seconds.min(*REGISTERED_S.end()))),
                }
            });
            Wanted::Contacts(contacts.collect::<Result<_, _>>()?)
        };
        let sequence = request.cseq_header().ok().and_then(|header| header.seq().ok());
        let call_id = request.call_id_header().map_err(|_| Refused::Malformed)?;
        Ok(Registration {
            wanted,
            call_id: call_id.value().to_owned(),
            sequence: sequence.ok_or(Refused::Malformed)?,
        })
    }
}

/// All telephones that are there.
#[derive(Default)]
pub(super) struct Registrar {
    users: HashMap<Address, Vec<Binding>>,
    /// How many bindings there are in all.
    count: usize,
}

impl Registrar {
    /// Where somebody is, if they are anywhere.
    pub(super) fn find(&self, uri: &Uri, now_us: i64) -> Option<Reached> {
        let bindings = self.users.get(&Address::of(uri)?)?.iter();
        let there = bindings.filter(|binding| binding.until_us > now_us && !binding.flow.closed.is_cancelled());
        let newest = there.max_by_key(|binding| binding.until_us)?;
        Some(Reached {
            contact: newest.contact.clone(),
            flow: newest.flow.clone(),
        })
    }

    /// Does what a registration asks, and answers what is known then: contacts, and for how many seconds.
    fn register(
        &mut self,
        address: &Address,
        registration: Registration,
        flow: &Flow,
        now_us: i64,
    ) -> Result<Vec<(String, u32)>, Refused> {
        if self.count >= BINDINGS_MAX {
            self.forget(now_us);
        }
        let known = self.users.remove(address).unwrap_or_default();
        self.count -= known.len();
        let registered = registered(known.clone(), registration, flow, now_us);
        let outcome = match registered {
            Ok(bindings) if self.count + bindings.len() > BINDINGS_MAX => Err(Refused::Full),
            outcome => outcome,
        };
        let (bindings, outcome) = match outcome {
            Ok(bindings) => (bindings.clone(), Ok(bindings)),
            Err(refused) => (known, Err(refused)),
        };
        self.count += bindings.len();
        if !bindings.is_empty() {
            self.users.insert(address.clone(), bindings);
        }
        let seconds = |until_us: i64| u32::try_from((until_us - now_us) / 1_000_000).unwrap_or(0);
        Ok(outcome?
            .into_iter()
            .map(|binding| (binding.contact, seconds(binding.until_us)))
            .collect())
    }

    fn forget(&mut self, now_us: i64) {
        self.users.retain(|_, bindings| {
            bindings.retain(|binding| binding.until_us > now_us && !binding.flow.closed.is_cancelled());
            !bindings.is_empty()
        });
        self.count = self.users.values().map(Vec::len).sum();
    }
}

/// The bindings of somebody after a registration.
fn registered(
    mut bindings: Vec<Binding>,
    registration: Registration,
    flow: &Flow,
    now_us: i64,
) -> Result<Vec<Binding>, Refused> {
    bindings.retain(|binding| binding.until_us > now_us);
    let Registration {
        wanted,
        call_id,
        sequence,
    } = registration;
    let is_late = |binding: &Binding| binding.call_id == call_id && binding.sequence >= sequence;
    let contacts = match wanted {
        Wanted::Nothing => return Ok(vec![]),
        Wanted::Contacts(contacts) => contacts,
    };
    if contacts.len() > BINDINGS_PER_USER_MAX {
        return Err(Refused::Full);
    }
    for (contact, seconds) in contacts {
        if let Some(place) = bindings.iter().position(|binding| binding.contact == contact) {
            if is_late(&bindings[place]) {
                return Err(Refused::Late);
            }
            bindings.remove(place);
        }
        if seconds > 0 {
            // Of more, the one that was heard of longest ago goes: a telephone that was replaced does not sign off.
            if bindings.len() >= BINDINGS_PER_USER_MAX {
                bindings.remove(0);
            }
            bindings.push(Binding {
                contact,
                flow: flow.clone(),
                call_id: call_id.clone(),
                sequence,
                until_us: now_us + i64::from(seconds) * 1_000_000,
            });
        }
    }
    Ok(bindings)
}

impl Agent {
    /// Whether a user of a domain of ours (`sip:user@domain`) has a telephone that can be called. Calls to them go there by themselves.
    pub fn is_registered(&self, address: &str) -> bool {
        let uri = Uri::try_from(address);
        uri.is_ok_and(|uri| self.registrar().find(&uri, now_us()).is_some())
    }

    /// A telephone says where it is. Each speaks for its own user alone.
    pub(super) async fn registers(&self, transaction: &mut Transaction) -> rsipstack::Result<()> {
        let (Some(source), Some(flow)) = (source_of(transaction), Flow::of(transaction)) else {
            return Ok(());
        };
        let domain = domain_of(&transaction.original.uri);
        let Some(guest) = self.let_in(transaction, &domain, source).await else {
            return Ok(());
        };
        let to = transaction.original.to_header().ok();
        let address = to
            .and_then(|to| address_in(to.value()))
            .and_then(|uri| Address::of(&uri));
        let own = guest.user.map(|user| Address { user, domain });
        let address = match own {
            Some(own) if guest.terms.registers && address.as_ref() == Some(&own) => own,
            _ => return transaction.reply(StatusCode::Forbidden).await,
        };
        let outcome = Registration::read(&transaction.original)
            .and_then(|registration| self.registrar().register(&address, registration, &flow, now_us()));
        match outcome {
            Ok(contacts) => {
                let contacts = contacts
                    .iter()
                    .map(|(contact, seconds)| Header::Contact(format!("<{contact}>;expires={seconds}").into()));
                transaction.reply_with(StatusCode::OK, contacts.collect(), None).await
            }
            Err(Refused::TooBrief) => {
                let least = Header::MinExpires(REGISTERED_S.start().to_string().into());
                transaction
                    .reply_with(StatusCode::IntervalTooBrief, vec![least], None)
                    .await
            }
            Err(Refused::Malformed) => transaction.reply(StatusCode::BadRequest).await,
            Err(Refused::Full) => transaction.reply(StatusCode::ServiceUnavailable).await,
            Err(Refused::Late) => transaction.reply(StatusCode::ServerInternalError).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_US: i64 = 1_800_000_000_000_000;

    fn request(headers: &str) -> Request {
        let text = format!(
            "REGISTER sip:demo.sip.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa\r\n\
             From: <sip:ada@demo.sip.example>;tag=1\r\nTo: <sip:ada@demo.sip.example>\r\nCall-ID: a\r\nCSeq: 7 REGISTER\r\n{headers}\r\n"
        );
        Request::try_from(text.as_bytes()).expect("a request")
    }

    fn flow() -> Flow {
        Flow {
            address: SipAddr::from(std::net::SocketAddr::from(([192, 0, 2, 1], 5_060))),
            closed: CancellationToken::new(),
        }
    }

    fn ada() -> Address {
        Address {
            user: "ada".to_owned(),
            domain: "demo.sip.example".to_owned(),
        }
    }

    fn uri() -> Uri {
        Uri::try_from("sip:Ada@demo.SIP.example").expect("an address")
    }

    #[test]
    fn what_a_registration_says() {
        let check = |headers: &str, expected: Result<&[(&str, u32)], Refused>| {
            let read = Registration::read(&request(headers)).map(|registration| registration.wanted);
            let contacts = |contacts: &[(&str, u32)]| {
                let owned = contacts
                    .iter()
                    .map(|(contact, seconds)| ((*contact).to_owned(), *seconds));
                Wanted::Contacts(owned.collect())
            };
            assert_eq!(read, expected.map(contacts), "{headers}");
        };
        let (desk, home) = ("sip:ada@10.0.0.1:5060", "sip:ada@10.0.0.2");
        check("Contact: <sip:ada@10.0.0.1:5060>;expires=120\r\n", Ok(&[(desk, 120)]));
        check(
            "Contact: <sip:ada@10.0.0.1:5060>;expires=120;+sip.instance=\"<urn:uuid:1>\"\r\n",
            Ok(&[(desk, 120)]),
        );
        check("Contact: <sip:ada@10.0.0.1:5060>\r\nExpires: 90\r\n", Ok(&[(desk, 90)]));
        check("Contact: <sip:ada@10.0.0.1:5060>\r\n", Ok(&[(desk, 300)]));
        check("Contact: <sip:ada@10.0.0.1:5060>;expires=86400\r\n", Ok(&[(desk, 300)]));
        check("Contact: sip:ada@10.0.0.1:5060;expires=60\r\n", Ok(&[(desk, 60)]));
        check(
            "Contact: \"Ada, \\\"A\\\"\" <sip:ada@10.0.0.1:5060>;q=0.5;expires=60, <sip:ada@10.0.0.2>;expires=0\r\n",
            Ok(&[(desk, 60), (home, 0)]),
        );
        check("", Ok(&[]));
        check(
            "Contact: <sip:ada@10.0.0.1:5060>;expires=59\r\n",
            Err(Refused::TooBrief),
        );
        check("Contact: <tel:+61255501234>\r\n", Err(Refused::Malformed));
        check("Contact: *\r\nExpires: 60\r\n", Err(Refused::Malformed));
        check(
            &format!("Contact: <sip:{}@a>\r\n", "a".repeat(600)),
            Err(Refused::Malformed),
        );
        let all = Registration::read(&request("Contact: *\r\nExpires: 0\r\n")).expect("it is one");
        assert_eq!(all.wanted, Wanted::Nothing);
    }

    /// Registers these contacts, each for so many seconds.
    fn register(
        registrar: &mut Registrar,
        sequence: u32,
        contacts: &[(&str, u32)],
        now_us: i64,
    ) -> Result<usize, Refused> {
        let owned = contacts
            .iter()
            .map(|(contact, seconds)| ((*contact).to_owned(), *seconds));
        let registration = Registration {
            wanted: Wanted::Contacts(owned.collect()),
            call_id: "a".to_owned(),
            sequence,
        };
        let known = registrar.register(&ada(), registration, &flow(), now_us);
        known.map(|known| known.len())
    }

    #[test]
    fn where_somebody_is() {
        let mut registrar = Registrar::default();
        let found = |registrar: &Registrar, now_us| registrar.find(&uri(), now_us).map(|reached| reached.contact);
        assert_eq!(found(&registrar, NOW_US), None);
        assert_eq!(register(&mut registrar, 1, &[("sip:desk", 300)], NOW_US), Ok(1));
        assert_eq!(found(&registrar, NOW_US).as_deref(), Some("sip:desk"));
        let later_us = NOW_US + 60_000_000;
        assert_eq!(register(&mut registrar, 2, &[("sip:home", 300)], later_us), Ok(2));
        assert_eq!(found(&registrar, later_us).as_deref(), Some("sip:home"), "the newest");
        assert_eq!(
            register(&mut registrar, 2, &[("sip:home", 0)], later_us),
            Err(Refused::Late)
        );
        assert_eq!(register(&mut registrar, 3, &[("sip:home", 0)], later_us), Ok(1));
        assert_eq!(found(&registrar, later_us).as_deref(), Some("sip:desk"));
        assert_eq!(found(&registrar, NOW_US + 300_000_000), None, "it is over");
        assert_eq!(register(&mut registrar, 4, &[], NOW_US + 300_000_000), Ok(0));
        assert_eq!(registrar.count, 0);
    }

    #[test]
    fn a_connection_that_is_gone_leads_nowhere() {
        let mut registrar = Registrar::default();
        register(&mut registrar, 1, &[("sip:desk", 300)], NOW_US).expect("there is room");
        registrar.users.get(&ada()).expect("hers")[0].flow.closed.cancel();
        assert!(registrar.find(&uri(), NOW_US).is_none());
    }

    #[test]
    fn of_more_telephones_the_oldest_goes() {
        let mut registrar = Registrar::default();
        for number in 0..9_u32 {
            let contact = format!("sip:{number}");
            register(&mut registrar, number + 1, &[(&contact, 300)], NOW_US).expect("there is room");
        }
        assert_eq!(registrar.count, BINDINGS_PER_USER_MAX);
        let many: Vec<(&str, u32)> = ["sip:a", "sip:b", "sip:c", "sip:d", "sip:e", "sip:f"]
            .map(|contact| (contact, 300))
            .into();
        assert_eq!(register(&mut registrar, 99, &many, NOW_US), Err(Refused::Full));
        assert_eq!(registrar.count, BINDINGS_PER_USER_MAX, "nothing is lost by it");
    }

    proptest! {
        #[test]
        fn no_contact_is_a_panic(contact in "\\PC{0,60}|(\"[^\"]{0,9}\")? ?<sip:[a-z@.:;=,]{0,20}>(;expires=[0-9]{0,12})?(, ?.{0,9})?") {
            let values = values(&contact);
            prop_assert!(values.iter().map(|value| value.len()).sum::<usize>() <= contact.len());
            for value in values {
                let _ = (address_in(value), seconds_of(value));
            }
        }
    }
}
