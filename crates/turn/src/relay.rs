//! The relay: who has an allocation, and where what they send comes out.
//!
//! An allocation is a name for a client at the media plane: an address with a port that is bound nowhere. It is looked up by the
//! client's way when something comes from there, and by that address when something goes back.
//!
//! **An allocation is somebody's, or ends.** Credentials are given to whoever looks at a meeting, so an allocation shows nothing yet of
//! who has it. That does a session which lives there, as whoever asks to sweep says ([`Relay::sweep`]); one in which
//! nobody lives is one of few that a client may have, and lasts a minute.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use share::{Client, Paces, Pool, Taker};

use crate::attributes;
use crate::credentials::{Key, REALM, Secret};
use crate::limits;
use crate::message::{Class, Message, Method, Transaction, Writer, is_message, write_data};
use crate::refusal::Refusal;

/// The numbers that channels may have (RFC 8656 §12).
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x4fff;
/// The protocol that is relayed, by its number in IP.
const UDP: u8 = 17;
/// The ports that relayed addresses have: those that are nobody's by convention.
const PORTS: std::ops::RangeInclusive<u16> = 49_152..=65_535;

const _: () = assert!(limits::ALLOCATIONS < (u16::MAX - 49_152) as usize);

/// What comes of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// This goes back the way it came; `allocated`, if whoever is there is a client from now on.
    Answer {
        /// The message.
        bytes: Vec<u8>,
        /// An allocation is there.
        allocated: bool,
    },
    /// A datagram for the media plane.
    Datagram {
        /// The relayed address, at which the media plane knows the client.
        from: SocketAddr,
        /// Which of the media plane's addresses it is for.
        to: SocketAddr,
        /// What is in it.
        contents: &'a [u8],
    },
    /// Nothing: it makes no sense, or is not answered again so soon.
    Nothing,
}

/// The relay. A `Way` is where a client is and by what it is reached: whatever differs for two that are not the same.
#[derive(Debug)]
pub struct Relay<Way> {
    secret: Secret,
    peers: Vec<SocketAddr>,
    allocations: HashMap<Way, Allocation>,
    by_relayed: HashMap<SocketAddr, Way>,
    by_username: HashMap<String, usize>,
    unproven: Pool,
    answers: Paces<Client>,
    unix_s: u64,
    next_port: u16,
    told: u64,
}

#[derive(Debug)]
struct Allocation {
    relayed: SocketAddr,
    client: Client,
    username: String,
    key: Key,
    /// The request that made it, which may come again.
    transaction: Transaction,
    end: Instant,
    /// Since when nobody lives there. Then it is counted among the client's.
    empty_since: Option<Instant>,
    channels: Vec<Channel>,
    /// The address that the client spoke to last.
    spoken_to: Option<SocketAddr>,
}

#[derive(Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    end: Instant,
}

/// Whether a datagram is for a relay, if there is one: a request about relaying, data to be relayed, or the question of a client that
/// names nobody which address it comes from.
pub fn is_relaying(datagram: &[u8]) -> bool {
    if datagram.first().is_some_and(|first| first >> 4 == 4) {
        return true;
    }
    if !is_message(datagram) {
        return false;
    }
    match Message::read(datagram) {
        Some(message) if message.method == Method::Binding => {
            message.class == Class::Request && message.get(attributes::USERNAME).is_none()
        }
        Some(message) => matches!(message.class, Class::Request | Class::Indication),
        None => false,
    }
}

impl<Way: Copy + Eq + Hash> Relay<Way> {
    /// Nobody has an allocation yet. The time is the calendar's, in seconds of Unix time.
    pub fn new(secret: Secret, unix_s: u64) -> Relay<Way> {
        Relay {
            secret,
            peers: vec![],
            allocations: HashMap::new(),
            by_relayed: HashMap::new(),
            by_username: HashMap::new(),
            unproven: Pool::new(limits::UNPROVEN),
            answers: Paces::new(limits::ANSWERS_TO_STRANGERS),
            unix_s,
            next_port: *PORTS.start(),
            told: 0,
        }
    }

    /// What can be reached from now on: the addresses at which the media plane is announced. Channels that are bound stay.
    pub fn lead_to(&mut self, peers: impl Iterator<Item = SocketAddr>) {
        self.peers.clear();
        self.peers.extend(peers.take(limits::CHANNELS));
    }

    /// Takes a message that came by a way, from this address.
    pub fn receive<'a>(&mut self, way: Way, from: SocketAddr, bytes: &'a [u8], now: Instant) -> Received<'a> {
        if let Some(&[first, second, length_high, length_low]) = bytes.first_chunk::<4>()
            && first >> 6 == 1
        {
            let length = usize::from(u16::from_be_bytes([length_high, length_low]));
            let contents = bytes.get(4..4 + length);
            return self.channel_data(way, u16::from_be_bytes([first, second]), contents, now);
        }
        let Some(message) = Message::read(bytes) else {
            return Received::Nothing;
        };
        match message.class {
            Class::Request => self.request(way, from, &message, now),
            Class::Indication => self.send(way, &message, now),
            Class::Success | Class::Error => Received::Nothing,
        }
    }

    /// Writes the message that brings a datagram from one of the media plane's addresses to whoever has a relayed address, and says by
    /// which way it goes.
    pub fn wrap(
        &mut self,
        relayed: SocketAddr,
        from: Option<IpAddr>,
        datagram: &[u8],
        into: &mut Vec<u8>,
    ) -> Option<Way> {
        let way = *self.by_relayed.get(&relayed)?;
        let allocation = self.allocations.get(&way)?;
        let is_there = |peer: &SocketAddr| from.is_none_or(|from| peer.ip() == from);
        let peer = allocation.spoken_to.filter(is_there);
        let peer = peer.or_else(|| self.peers.iter().copied().find(is_there))?;
        if let Some(channel) = allocation.channels.iter().find(|channel| channel.peer == peer) {
            into.extend(channel.number.to_be_bytes());
            into.extend(u16::try_from(datagram.len()).ok()?.to_be_bytes());
            into.extend(datagram);
        } else {
            self.told += 1;
            let mut transaction = [0; 12];
            transaction[4..].copy_from_slice(&self.told.to_be_bytes());
            write_data(into, &transaction, peer, datagram);
        }
        Some(way)
    }

    /// The way to whoever has a relayed address.
    pub fn way(&self, relayed: SocketAddr) -> Option<Way> {
        self.by_relayed.get(&relayed).copied()
    }

    /// Whether whoever is reached by this way has an allocation.
    pub fn has(&self, way: &Way) -> bool {
        self.allocations.contains_key(way)
    }

    /// How many allocations there are.
    pub fn count(&self) -> usize {
        self.allocations.len()
    }

    /// Ends what is over: allocations that were not refreshed, those whose way is gone, and those in which nobody has lived for a
    /// while. Called every now and then, with the time of the calendar.
    pub fn sweep(
        &mut self,
        now: Instant,
        unix_s: u64,
        is_open: impl Fn(&Way) -> bool,
        is_lived_in: impl Fn(SocketAddr) -> bool,
    ) {
        self.unix_s = unix_s;
        self.answers.forget_full(now);
        let mut over = vec![];
        for (way, allocation) in &mut self.allocations {
            allocation.channels.retain(|channel| channel.end > now);
            let taker = Taker::Stranger(allocation.client);
            match (allocation.empty_since, is_lived_in(allocation.relayed)) {
                (Some(_), true) => {
                    allocation.empty_since = None;
                    self.unproven.give_back(&taker, 1);
                }
                (None, false) => {
                    allocation.empty_since = Some(now);
                    // If that is one too many, it is so for a minute: nobody is refused for having been here.
                    let _ = self.unproven.take(&taker, 1);
                }
                _ => {}
            }
            let is_empty = |since| now.saturating_duration_since(since) >= limits::UNPROVEN_TIMEOUT;
            if allocation.end <= now || allocation.empty_since.is_some_and(is_empty) || !is_open(way) {
                over.push(*way);
            }
        }
        for way in over {
            self.end(way);
        }
    }

    fn end(&mut self, way: Way) {
        let Some(allocation) = self.allocations.remove(&way) else {
            return;
        };
        self.by_relayed.remove(&allocation.relayed);
        if allocation.empty_since.is_some() {
            self.unproven.give_back(&Taker::Stranger(allocation.client), 1);
        }
        if let Some(count) = self.by_username.get_mut(&allocation.username) {
            *count -= 1;
            if *count == 0 {
                self.by_username.remove(&allocation.username);
            }
        }
    }

    fn live(&mut self, way: Way, now: Instant) -> Option<&mut Allocation> {
        self.allocations.get_mut(&way).filter(|allocation| allocation.end > now)
    }

    fn channel_data<'a>(&mut self, way: Way, number: u16, contents: Option<&'a [u8]>, now: Instant) -> Received<'a> {
        let found = contents.and_then(|contents| {
            let allocation = self.live(way, now)?;
            let mut channels = allocation.channels.iter();
            let channel = channels.find(|channel| channel.number == number && channel.end > now)?;
            allocation.spoken_to = Some(channel.peer);
            Some(Received::Datagram {
                from: allocation.relayed,
                to: channel.peer,
                contents,
            })
        });
        found.unwrap_or(Received::Nothing)
    }

    fn send<'a>(&mut self, way: Way, message: &Message<'a>, now: Instant) -> Received<'a> {
        let peer = message
            .peers()
            .next()
            .flatten()
            .filter(|peer| self.peers.contains(peer));
        let found = (message.method == Method::Send).then(|| {
            let (peer, contents) = (peer?, message.get(attributes::DATA)?);
            let allocation = self.live(way, now)?;
            allocation.spoken_to = Some(peer);
            Some(Received::Datagram {
                from: allocation.relayed,
                to: peer,
                contents,
            })
        });
        found.flatten().unwrap_or(Received::Nothing)
    }

    fn request<'a>(&mut self, way: Way, from: SocketAddr, request: &Message<'_>, now: Instant) -> Received<'a> {
        let client = Client::at(from.ip());
        if request.method == Method::Binding {
            let answer = Writer::granting(request).with_address(attributes::XOR_MAPPED_ADDRESS, from);
            return self.stranger(client, answer, now);
        }
        let key = match self.authenticated(way, from, request) {
            Ok(key) => key,
            Err(refusal) => {
                let answer = Writer::refusing(request, refusal);
                let answer = match refusal {
                    Refusal::Unauthorized | Refusal::StaleNonce => {
                        answer.with(attributes::REALM, REALM.as_bytes()).with(
                            attributes::NONCE,
                            self.secret.nonce(&from.to_string(), self.unix_s).as_bytes(),
                        )
                    }
                    _ => answer,
                };
                return self.stranger(client, answer, now);
            }
        };
        let granted = self.granted(way, from, request, &key, now);
        let allocated = granted.is_ok() && request.method == Method::Allocate;
        let answer = granted.unwrap_or_else(|refusal| {
            let answer = Writer::refusing(request, refusal);
            if refusal == Refusal::UnknownAttribute {
                answer.with(attributes::UNKNOWN_ATTRIBUTES, &strange(request))
            } else {
                answer
            }
        });
        Received::Answer {
            bytes: answer.signed(&key),
            allocated,
        }
    }

    /// An answer to somebody who has shown nothing: not more often than is good for whoever is at that address.
    fn stranger<'a>(&mut self, client: Client, answer: Writer, now: Instant) -> Received<'a> {
        match self.answers.take(client, now) {
            Ok(()) => Received::Answer {
                bytes: answer.unsigned(),
                allocated: false,
            },
            Err(_) => Received::Nothing,
        }
    }

    /// By which key a request was signed (RFC 8489 §9.2.4). Whoever has an allocation goes on when their credential ends: what
    /// ends it is that nobody lives there.
    fn authenticated(&self, way: Way, from: SocketAddr, request: &Message<'_>) -> Result<Key, Refusal> {
        if !request.is_signed() {
            return Err(Refusal::Unauthorized);
        }
        let text = |kind| request.text(kind).ok_or(Refusal::Malformed);
        let (username, nonce) = (text(attributes::USERNAME)?, text(attributes::NONCE)?);
        text(attributes::REALM)?;
        if !self.secret.has_made(nonce, &from.to_string(), self.unix_s) {
            return Err(Refusal::StaleNonce);
        }
        let key = match self.allocations.get(&way) {
            Some(allocation) if allocation.username == username => allocation.key.clone(),
            Some(_) => return Err(Refusal::WrongCredentials),
            None => self.secret.key(username, self.unix_s).ok_or(Refusal::Unauthorized)?,
        };
        if request.is_signed_with(&key) {
            Ok(key)
        } else {
            Err(Refusal::Unauthorized)
        }
    }

    fn granted(
        &mut self,
        way: Way,
        from: SocketAddr,
        request: &Message<'_>,
        key: &Key,
        now: Instant,
    ) -> Result<Writer, Refusal> {
        if request.attributes().any(|(kind, _)| attributes::is_strange(kind)) {
            return Err(Refusal::UnknownAttribute);
        }
        match request.method {
            Method::Allocate => self.allocate(way, from, request, key, now),
            Method::Refresh => self.refresh(way, request, now),
            Method::CreatePermission => self.permit(way, request, now),
            Method::ChannelBind => self.bind(way, request, now),
            Method::Binding | Method::Send | Method::Data => Err(Refusal::Malformed),
        }
    }

    fn allocate(
        &mut self,
        way: Way,
        from: SocketAddr,
        request: &Message<'_>,
        key: &Key,
        now: Instant,
    ) -> Result<Writer, Refusal> {
        let granting = |relayed| {
            Writer::granting(request)
                .with_address(attributes::XOR_RELAYED_ADDRESS, relayed)
                .with(attributes::LIFETIME, &seconds(limits::LIFETIME))
                .with_address(attributes::XOR_MAPPED_ADDRESS, from)
        };
        if let Some(allocation) = self.live(way, now) {
            let is_again = allocation.transaction == request.transaction;
            return if is_again {
                Ok(granting(allocation.relayed))
            } else {
                Err(Refusal::Mismatch)
            };
        }
        self.end(way);
        match request.get(attributes::REQUESTED_TRANSPORT) {
            Some([UDP, _, _, _]) => {}
            Some(_) => return Err(Refusal::UnsupportedTransport),
            None => return Err(Refusal::Malformed),
        }
        let ip = self.ip_for(request.get(attributes::REQUESTED_ADDRESS_FAMILY))?;
        let username = request.text(attributes::USERNAME).ok_or(Refusal::Malformed)?;
        let own = self.by_username.get(username).copied().unwrap_or_default();
        if own >= limits::ALLOCATIONS_PER_CREDENTIAL {
            return Err(Refusal::QuotaReached);
        }
        if self.allocations.len() >= limits::ALLOCATIONS {
            return Err(Refusal::Full);
        }
        let client = Client::at(from.ip());
        self.unproven
            .take(&Taker::Stranger(client), 1)
            .map_err(|used| match used {
                share::Used::Own => Refusal::QuotaReached,
                share::Used::All => Refusal::Full,
            })?;
        let relayed = self.free(ip);
        let allocation = Allocation {
            relayed,
            client,
            username: username.to_owned(),
            key: key.clone(),
            transaction: request.transaction,
            end: now + limits::LIFETIME,
            empty_since: Some(now),
            channels: vec![],
            spoken_to: None,
        };
        self.allocations.insert(way, allocation);
        self.by_relayed.insert(relayed, way);
        *self.by_username.entry(username.to_owned()).or_default() += 1;
        Ok(granting(relayed))
    }

    /// The address that media has in a family; in that which it has, if the client does not say which.
    fn ip_for(&self, family: Option<&[u8]>) -> Result<IpAddr, Refusal> {
        let mut ips = self.peers.iter().map(SocketAddr::ip);
        let first = |ipv4| self.peers.iter().map(SocketAddr::ip).find(|ip| ip.is_ipv4() == ipv4);
        let found = match family {
            None => first(true).or_else(|| ips.next()),
            Some([1, ..]) => first(true),
            Some([2, ..]) => first(false),
            Some(_) => None,
        };
        found.ok_or(Refusal::NoSuchFamily)
    }

    /// A port that nobody has: there are more than there may be allocations and peers.
    fn free(&mut self, ip: IpAddr) -> SocketAddr {
        loop {
            let address = SocketAddr::new(ip, self.next_port);
            self.next_port = self.next_port.checked_add(1).unwrap_or(*PORTS.start());
            if !self.by_relayed.contains_key(&address) && !self.peers.contains(&address) {
                return address;
            }
        }
    }

    fn refresh(&mut self, way: Way, request: &Message<'_>, now: Instant) -> Result<Writer, Refusal> {
        let allocation = self.live(way, now).ok_or(Refusal::Mismatch)?;
        let is_farewell = request.get(attributes::LIFETIME) == Some(&[0; 4]);
        let lifetime = if is_farewell { Duration::ZERO } else { limits::LIFETIME };
        allocation.end = now + lifetime;
        if is_farewell {
            self.end(way);
        }
        Ok(Writer::granting(request).with(attributes::LIFETIME, &seconds(lifetime)))
    }

    fn permit(&mut self, way: Way, request: &Message<'_>, now: Instant) -> Result<Writer, Refusal> {
        self.live(way, now).ok_or(Refusal::Mismatch)?;
        let mut peers = request.peers().peekable();
        if peers.peek().is_none() {
            return Err(Refusal::Malformed);
        }
        for peer in peers {
            let peer = peer.ok_or(Refusal::Malformed)?;
            // A permission is for an address with all its ports.
            if !self.peers.iter().any(|own| own.ip() == peer.ip()) {
                return Err(Refusal::Forbidden);
            }
        }
        Ok(Writer::granting(request))
    }

    fn bind(&mut self, way: Way, request: &Message<'_>, now: Instant) -> Result<Writer, Refusal> {
        let number = match request.get(attributes::CHANNEL_NUMBER) {
            Some(&[high, low, _, _]) => u16::from_be_bytes([high, low]),
            _ => return Err(Refusal::Malformed),
        };
        let peer = request.peers().next().flatten().ok_or(Refusal::Malformed)?;
        let may = self.peers.contains(&peer);
        let allocation = self.live(way, now).ok_or(Refusal::Mismatch)?;
        allocation.channels.retain(|channel| channel.end > now);
        let is_full = allocation.channels.len() >= limits::CHANNELS;
        let mut channels = allocation.channels.iter_mut();
        let taken = channels.find(|channel| channel.number == number || channel.peer == peer);
        let end = now + limits::CHANNEL_LIFETIME;
        match taken {
            Some(channel) if channel.number == number && channel.peer == peer => channel.end = end,
            Some(_) => return Err(Refusal::Malformed),
            None if !CHANNELS.contains(&number) => return Err(Refusal::Malformed),
            None if !may => return Err(Refusal::Forbidden),
            None if is_full => return Err(Refusal::Full),
            None => allocation.channels.push(Channel { number, peer, end }),
        }
        Ok(Writer::granting(request))
    }
}

fn seconds(duration: Duration) -> [u8; 4] {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX).to_be_bytes()
}

/// The attributes for which a request is refused, a few of them.
fn strange(request: &Message<'_>) -> Vec<u8> {
    let kinds = request.attributes().map(|(kind, _)| kind);
    kinds
        .filter(|kind| attributes::is_strange(*kind))
        .take(8)
        .flat_map(u16::to_be_bytes)
        .collect()
}
