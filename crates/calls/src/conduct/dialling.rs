//! How somebody is called: by the trunk, at a host that speaks SIP, or not at all.
//!
//! Whoever may write a document decides who is called, and calls cost money and reach neighbours. So numbers go by the operator's
//! trunk alone, and only where the operator allows; and hosts are those of the public internet and of networks that the operator names.
//! A host is looked up here and called at the address that was looked at, so that a name cannot change its mind in between.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use share::{Pace, Paces};
use telephony::agent::{By, Credential, Dial, Place, Shown};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Conductor,
    whom::{Caller, Otherwise},
};
use crate::{
    Alias,
    address::{Address, SipAddress, is_number},
    limits, new_id,
    telephones::Agent,
};

/// The ports of SIP, and of SIP by TLS.
const SIP_PORT: u16 = 5_060;
const SIPS_PORT: u16 = 5_061;

/// Which machines may be called.
pub trait Peers: Send + Sync + 'static {
    /// Whether a host at that address may be.
    fn may_be_called(&self, address: IpAddr) -> bool;
}

/// By whom numbers of the telephone network are called.
#[derive(Clone)]
pub struct Trunk {
    /// Its host, and perhaps a port: `gateway.example.net:5060`.
    pub host: String,
    /// As whom it knows us, and by which password.
    pub credential: Option<Credential>,
    /// What numbers that may be called begin with: `+44`.
    pub prefixes: Vec<String>,
    /// It is offered no Opus.
    pub g711_only: bool,
}

impl fmt::Debug for Trunk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Trunk")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// Whom one can call from here, and how many at once.
pub struct Ways {
    trunk: Option<Trunk>,
    peers: Box<dyn Peers>,
    domain_base: String,
    places: Arc<Semaphore>,
    paces: Mutex<Paces<String>>,
}

impl fmt::Debug for Ways {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ways")
            .field("trunk", &self.trunk)
            .finish_non_exhaustive()
    }
}

/// Why somebody is not called: for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Undialled {
    pub(super) code: &'static str,
    pub(super) message: String,
}

fn undialled(code: &'static str, message: impl Into<String>) -> Undialled {
    let message = message.into();
    Undialled { code, message }
}

/// How somebody is called, and who is called otherwise.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) dial: Dial,
    pub(super) otherwise: Otherwise,
}

/// What stands for whoever calls where nobody may know (RFC 3323 §4.1.1.3).
const NOBODY: &str = "anonymous";
const NOWHERE: &str = "anonymous.invalid";

/// A number below that, by chance.
fn chance(below: u32) -> u32 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    u32::from_ne_bytes(bytes) % below
}

/// Where a call goes first.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    /// Who is called, as SIP has it.
    to: String,
    /// `None`: somebody of ours, where their telephone has registered.
    host: Option<Host>,
}

#[derive(Debug, PartialEq, Eq)]
struct Host {
    name: String,
    port: u16,
    by: By,
    is_trunk: bool,
}

impl Ways {
    /// These, with so many calls at once, and so many of one project in a minute.
    pub fn new(
        trunk: Option<Trunk>,
        peers: Box<dyn Peers>,
        domain_base: String,
        at_once: usize,
        per_minute: u32,
    ) -> Ways {
        let times = per_minute.max(1).try_into().expect("not zero");
        Ways {
            trunk,
            peers,
            domain_base,
            places: Arc::new(Semaphore::new(at_once)),
            paces: Mutex::new(Paces::new(Pace::per_minute(times))),
        }
    }

    /// A place for one call more of a project.
    pub(super) fn place(&self, project: &str, now: Instant) -> Result<OwnedSemaphorePermit, Undialled> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| undialled("TOO_MANY_CALLS", "there are as many calls as may be made at once"))?;
        let mut paces = self.paces.lock().expect("whoever holds it does not panic");
        match paces.take(project.to_owned(), now) {
            Ok(()) => Ok(place),
            Err(_) => Err(undialled(
                "TOO_MANY_CALLS",
                "this project has made as many calls as it may in a minute",
            )),
        }
    }

    fn way(&self, address: &Address, caller: &str) -> Result<Way, Undialled> {
        match address {
            Address::Number(number) => {
                let Some(trunk) = &self.trunk else {
                    return Err(undialled(
                        "NO_TRUNK",
                        "numbers cannot be called, since no trunk is configured",
                    ));
                };
                if !trunk.prefixes.iter().any(|prefix| number.starts_with(prefix)) {
                    let message = format!("{number} begins with nothing that `trunk_prefixes` allows");
                    return Err(undialled("NUMBER_NOT_ALLOWED", message));
                }
                if !is_number(caller) {
                    let message =
                        format!("a number is called as a number such as +442071838750, and not as {caller:?}");
                    return Err(undialled("CALLER_ID", message));
                }
                let (host, port) = match trunk.host.rsplit_once(':') {
                    Some((host, port)) => (host, port.parse().ok()),
                    None => (trunk.host.as_str(), None),
                };
                Ok(Way {
                    to: format!("sip:{number}@{}", trunk.host),
                    host: Some(Host {
                        name: host.to_owned(),
                        port: port.unwrap_or(SIP_PORT),
                        by: By::Udp,
                        is_trunk: true,
                    }),
                })
            }
            Address::Sip(address) => Ok(Way {
                to: address.to_string(),
                host: (!self.is_ours(address)).then(|| Host {
                    name: address.host.clone(),
                    port: address
                        .port
                        .unwrap_or(if address.by == By::Tls { SIPS_PORT } else { SIP_PORT }),
                    by: address.by,
                    is_trunk: false,
                }),
            }),
        }
    }

    /// Whether that is a name which this server has given.
    fn is_ours(&self, address: &SipAddress) -> bool {
        let above = address.host.strip_suffix(&self.domain_base);
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }

    /// The address of a host that may be called, in the family in which we listen.
    fn chosen(
        &self,
        found: impl Iterator<Item = SocketAddr>,
        listen: SocketAddr,
        is_by_trunk: bool,
    ) -> Option<SocketAddr> {
        let is_family = |address: &SocketAddr| address.is_ipv4() == listen.is_ipv4();
        let may = |address: &SocketAddr| is_by_trunk || self.peers.may_be_called(address.ip());
        found.filter(is_family).find(may)
    }
}

impl Conductor {
    /// How the first of these is called who can be, as whom, and for how long they may ring. An alias stands for whom it leads to, once.
    pub(super) async fn locate(
        &self,
        agent: &Agent,
        mut otherwise: Otherwise,
        domain: &str,
    ) -> Result<Located, Undialled> {
        let mut refused = undialled("UNREACHABLE", "there is nobody to be called");
        while let Some(to) = otherwise.whom.next() {
            let Otherwise { caller, timeout, .. } = &otherwise;
            match self.locate_one(agent, &to, (caller, domain), *timeout).await {
                Ok(dial) => return Ok(Located { dial, otherwise }),
                Err(why) => refused = why,
            }
            if otherwise.whom.may_lead_on()
                && let Some(alias) = self.alias(&to).await
            {
                otherwise.whom.leads_on(&alias, chance);
            }
        }
        Err(refused)
    }

    /// The alias of that address, if it is one.
    async fn alias(&self, to: &str) -> Option<Alias> {
        let Ok(Address::Sip(SipAddress {
            user: Some(user), host, ..
        })) = Address::read(to)
        else {
            return None;
        };
        let domain = host.strip_suffix(&self.domain_base)?.strip_suffix('.')?;
        let found = self.calls.alias_called(domain, &user).await;
        let found = found.inspect_err(|error| tracing::warn!(%error, "an alias cannot be looked up"));
        found.ok().flatten()
    }

    async fn locate_one(
        &self,
        agent: &Agent,
        to: &str,
        (caller, domain): (&Caller, &str),
        timeout: Duration,
    ) -> Result<Dial, Undialled> {
        let address = Address::read(to).map_err(|error| undialled("ADDRESS", error.to_string()))?;
        let name = caller.name.as_deref().unwrap_or(NOBODY);
        let Way { to, host } = self.ways.way(&address, name)?;
        let at = match &host {
            Some(host) => Some(self.look_up(agent, host).await?),
            None if agent.is_registered(&to) => None,
            None => {
                return Err(undialled(
                    "NOT_REGISTERED",
                    format!("{to} has no telephone that is registered"),
                ));
            }
        };
        let trunk = self
            .ways
            .trunk
            .as_ref()
            .filter(|_| host.is_some_and(|host| host.is_trunk));
        let shown = caller.shown(trunk.is_some());
        let named_by = if shown == Shown::ToAll { domain } else { NOWHERE };
        Ok(Dial {
            to,
            at,
            caller: name.to_owned(),
            domain: domain.to_owned(),
            shown,
            sip_call_id: format!("{}@{named_by}", new_id()),
            credential: trunk.and_then(|trunk| trunk.credential.clone()),
            g711_only: trunk.is_some_and(|trunk| trunk.g711_only),
            timeout,
        })
    }

    async fn look_up(&self, agent: &Agent, host: &Host) -> Result<Place, Undialled> {
        let found = tokio::net::lookup_host((host.name.as_str(), host.port));
        let Ok(Ok(found)) = tokio::time::timeout(limits::LOOKED_UP_WITHIN, found).await else {
            return Err(undialled("UNREACHABLE", format!("{} cannot be looked up", host.name)));
        };
        let Some(address) = self.ways.chosen(found, agent.address(), host.is_trunk) else {
            let why = "is not on the public internet, and in no network that `peers` names";
            return Err(undialled("HOST_NOT_ALLOWED", format!("{} {why}", host.name)));
        };
        Ok(Place { address, by: host.by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Loopback;

    impl Peers for Loopback {
        fn may_be_called(&self, address: IpAddr) -> bool {
            address.is_loopback()
        }
    }

    fn ways(trunk: Option<&str>) -> Ways {
        let trunk = trunk.map(|host| Trunk {
            host: host.to_owned(),
            credential: None,
            prefixes: vec!["+4420".to_owned(), "+49".to_owned()],
            g711_only: false,
        });
        Ways::new(trunk, Box::new(Loopback), "sip.example.org".to_owned(), 3, 2)
    }

    #[test]
    fn whom_one_can_call_from_here() {
        let check = |trunk: Option<&str>, to: &str, caller: &str, expected: Result<&str, &str>| {
            let way = ways(trunk).way(&Address::read(to).expect("an address"), caller);
            let way = way.map(|way| match way.host {
                Some(host) => format!("{} by {}:{}", way.to, host.name, host.port),
                None => format!("{} of ours", way.to),
            });
            assert_eq!(way.as_deref().map_err(|error| error.code), expected, "{to}");
        };
        let trunk = Some("gw.example.net");
        check(
            trunk,
            "+442071838750",
            "+49301234",
            Ok("sip:+442071838750@gw.example.net by gw.example.net:5060"),
        );
        check(
            Some("10.0.0.1:5080"),
            "tel:+4930",
            "+49301234",
            Ok("sip:+4930@10.0.0.1:5080 by 10.0.0.1:5080"),
        );
        check(trunk, "+33123", "+49301234", Err("NUMBER_NOT_ALLOWED"));
        check(trunk, "+442071838750", "ada", Err("CALLER_ID"));
        check(None, "+442071838750", "+49301234", Err("NO_TRUNK"));
        check(
            None,
            "sip:bo@b.example:5070",
            "ada",
            Ok("sip:bo@b.example:5070 by b.example:5070"),
        );
        check(None, "sip:b.example", "ada", Ok("sip:b.example by b.example:5060"));
        check(
            trunk,
            "sip:bo@demo.sip.example.org",
            "ada",
            Ok("sip:bo@demo.sip.example.org of ours"),
        );
        check(
            trunk,
            "sip:bo@SIP.example.org",
            "ada",
            Ok("sip:bo@sip.example.org of ours"),
        );
        check(
            trunk,
            "sip:bo@notsip.example.org",
            "ada",
            Ok("sip:bo@notsip.example.org by notsip.example.org:5060"),
        );
    }

    #[test]
    fn hosts_that_may_not_be_called_are_not() {
        let (here, there) = (
            SocketAddr::from(([127, 0, 0, 1], 5_060)),
            SocketAddr::from(([10, 0, 0, 1], 5_060)),
        );
        let (six, ways) = (SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1_u16], 5_060)), ways(None));
        let check = |found: &[SocketAddr], is_by_trunk, expected| {
            assert_eq!(
                ways.chosen(found.iter().copied(), here, is_by_trunk),
                expected,
                "{found:?}"
            );
        };
        check(&[there, six, here], false, Some(here));
        check(&[there, six], false, None);
        check(&[there], true, Some(there));
    }

    #[test]
    fn there_are_so_many_calls_at_once_and_in_a_minute() {
        let (ways, begin) = (ways(None), Instant::now());
        let held: Vec<_> = [("a", true), ("a", true), ("a", false), ("b", true), ("b", false)]
            .map(|(project, expected)| {
                let place = ways.place(project, begin);
                assert_eq!(place.is_ok(), expected, "{project}");
                place
            })
            .into();
        drop(held);
        assert!(
            ways.place("a", begin + Duration::from_mins(1)).is_ok(),
            "it is a matter of time"
        );
    }
}
