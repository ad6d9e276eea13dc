//! The other side: what a client says until a relay lets it through, and how it speaks through it then.
//!
//! For whoever looks whether a relay leads to the media: so it lasts a quarter of a minute, and refreshes nothing. The relay may be anybody's: what is no answer to the request that is waiting is passed over.

use std::net::SocketAddr;

use crate::attributes;
use crate::credentials::{Credentials, Key};
use crate::limits;
use crate::message::{Class, Message, Method, Transaction, Writer, unmasked, write_channel_data};

/// The number of the first channel; the others follow.
const FIRST_CHANNEL: u16 = 0x4000;
/// The protocol that is to be relayed, by its number in IP, and what is reserved behind it.
const UDP: [u8; 4] = [17, 0, 0, 0];
/// The family of relayed addresses that is not granted unless it is asked for.
const IPV6: [u8; 4] = [2, 0, 0, 0];
/// No credentials were shown yet.
const UNAUTHORIZED: u16 = 401;
/// They were shown with a nonce that is over.
const STALE_NONCE: u16 = 438;

/// The codes of refusals, by the hundreds that they are written in (RFC 8489 §14.8).
const REFUSALS: std::ops::RangeInclusive<u8> = 3..=6;

/// A relay's no, as it says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}{}{reason}", if reason.is_empty() { "" } else { " " })]
pub struct Refused {
    /// What it is by the protocol.
    pub code: u16,
    /// The same in the relay's own words, as far as they can be shown.
    pub reason: String,
}

/// What a message of the relay is.
#[derive(Debug, PartialEq, Eq)]
pub enum Relayed<'a> {
    /// A datagram from a peer.
    Datagram {
        /// Who sent it.
        from: SocketAddr,
        /// What is in it.
        contents: &'a [u8],
    },
    /// An answer, after which there may be another [`Client::request`].
    Answer,
    /// It makes no sense, or came before.
    Nothing,
}

/// Somebody who wants to be let through to some peers.
#[derive(Debug)]
pub struct Client {
    credentials: Credentials,
    peers: Vec<SocketAddr>,
    shown: Option<Shown>,
    renewals: usize,
    transaction: Transaction,
    relayed: Option<SocketAddr>,
    /// Who can be spoken to, of the peers that were asked for until now.
    bound: Vec<Option<SocketAddr>>,
    refused: Option<Refused>,
}

/// What requests are signed with, since the relay has said for whom and for how long.
#[derive(Debug)]
struct Shown {
    realm: String,
    nonce: String,
    key: Key,
}

impl Client {
    /// Somebody who wants to reach these peers: of one family, as an allocation has one. The exchange is named by something that nobody can
    /// guess who does not see it. Nobody, if the credentials cannot be shown: they may be somebody else's, and of any length.
    pub fn new(credentials: Credentials, peers: &[SocketAddr], exchange: [u8; 12]) -> Option<Client> {
        let is_v4 = peers.iter().any(SocketAddr::is_ipv4);
        let peers = peers.iter().copied().filter(|peer| peer.is_ipv4() == is_v4);
        credentials.can_be_shown().then_some(Client {
            credentials,
            peers: peers.take(limits::CHANNELS).collect(),
            shown: None,
            renewals: 0,
            transaction: exchange,
            relayed: None,
            bound: vec![],
            refused: None,
        })
    }

    /// What the relay has to answer next; none if all is answered. Datagrams are lost, so it is sent again until it is.
    pub fn request(&self) -> Option<Vec<u8>> {
        if self.relayed.is_none() {
            return Some(self.signed(self.allocation()));
        }
        let peer = self.peers.get(self.bound.len())?;
        let number = [channel(self.bound.len()).to_be_bytes(), [0; 2]].concat();
        let request = self
            .begun(Method::ChannelBind)
            .with(attributes::CHANNEL_NUMBER, &number);
        Some(self.signed(request.with_address(attributes::XOR_PEER_ADDRESS, *peer)))
    }

    /// The address that peers know this client by, once it has been granted.
    pub fn relayed(&self) -> Option<SocketAddr> {
        self.relayed
    }

    /// Takes a message of the relay.
    ///
    /// # Errors
    /// If it is the last word on whether it leads to any of the peers.
    pub fn receive<'a>(&mut self, bytes: &'a [u8]) -> Result<Relayed<'a>, Refused> {
        if let Some((number, contents)) = channel_data(bytes) {
            let index = usize::from(number.wrapping_sub(FIRST_CHANNEL));
            let from = self.bound.get(index).copied().flatten();
            return Ok(from.map_or(Relayed::Nothing, |from| Relayed::Datagram { from, contents }));
        }
        let Some(message) = Message::read(bytes) else {
            return Ok(Relayed::Nothing);
        };
        let is_awaited = message.transaction == self.transaction && self.awaits(message.method);
        match message.class {
            Class::Indication if message.method == Method::Data => Ok(datagram(&message)),
            Class::Success if is_awaited && self.has_signed(&message) => self.granted(&message),
            Class::Error if is_awaited => match Refused::read(&message) {
                Some(refused) => self.denied(&message, refused),
                None => Ok(Relayed::Nothing),
            },
            _ => Ok(Relayed::Nothing),
        }
    }

    /// Writes a datagram as it goes through the relay, if that leads to this peer.
    pub fn wrap(&self, to: SocketAddr, datagram: &[u8], into: &mut Vec<u8>) -> bool {
        let Some(index) = self.bound.iter().position(|peer| *peer == Some(to)) else {
            return false;
        };
        write_channel_data(into, channel(index), datagram).is_some()
    }

    /// The last request: it gives back what was granted.
    pub fn farewell(&self) -> Vec<u8> {
        self.signed(self.begun(Method::Refresh).with(attributes::LIFETIME, &[0; 4]))
    }

    fn awaits(&self, method: Method) -> bool {
        match self.relayed {
            None => method == Method::Allocate,
            Some(_) => method == Method::ChannelBind && self.bound.len() < self.peers.len(),
        }
    }

    fn allocation(&self) -> Writer {
        let request = self.begun(Method::Allocate).with(attributes::REQUESTED_TRANSPORT, &UDP);
        match self.peers.first() {
            Some(SocketAddr::V6(_)) => request.with(attributes::REQUESTED_ADDRESS_FAMILY, &IPV6),
            _ => request,
        }
    }

    fn begun(&self, method: Method) -> Writer {
        Writer::new(Class::Request, method, &self.transaction)
    }

    fn signed(&self, request: Writer) -> Vec<u8> {
        let Some(Shown { realm, nonce, key }) = &self.shown else {
            return request.unsigned();
        };
        request
            .with(attributes::USERNAME, self.credentials.username.as_bytes())
            .with(attributes::REALM, realm.as_bytes())
            .with(attributes::NONCE, nonce.as_bytes())
            .signed(key)
    }

    fn has_signed(&self, message: &Message<'_>) -> bool {
        let shown = self.shown.as_ref();
        shown.is_some_and(|shown| message.is_signed() && message.is_signed_with(&shown.key))
    }

    fn granted(&mut self, answer: &Message<'_>) -> Result<Relayed<'static>, Refused> {
        if self.relayed.is_none() {
            let relayed = answer.get(attributes::XOR_RELAYED_ADDRESS);
            let Some(relayed) = relayed.and_then(|value| unmasked(value, &answer.transaction)) else {
                return Ok(Relayed::Nothing);
            };
            self.relayed = Some(relayed);
        } else {
            self.bound.push(self.peers.get(self.bound.len()).copied());
        }
        self.next()
    }

    fn denied(&mut self, answer: &Message<'_>, refused: Refused) -> Result<Relayed<'static>, Refused> {
        if self.may_ask_again(refused.code)
            && let (Some(realm), Some(nonce)) = (answer.text(attributes::REALM), answer.text(attributes::NONCE))
            && realm.len().max(nonce.len()) <= limits::TOLD_BYTES
        {
            let Credentials { username, password } = &self.credentials;
            self.shown = Some(Shown {
                realm: realm.to_owned(),
                nonce: nonce.to_owned(),
                key: Key::new(username, realm, password),
            });
            self.renewals += 1;
            return self.next();
        }
        if self.relayed.is_none() {
            return Err(refused);
        }
        self.refused = Some(refused);
        self.bound.push(None);
        self.next()
    }

    /// The first refusal says what to sign with, and later ones that this has changed; for ever it does not.
    fn may_ask_again(&self, code: u16) -> bool {
        let is_asked = match self.shown {
            None => code == UNAUTHORIZED,
            Some(_) => code == STALE_NONCE,
        };
        is_asked && self.renewals < limits::RENEWALS
    }

    /// The answer is taken. A relay that leads to none of the peers has refused them all.
    fn next(&mut self) -> Result<Relayed<'static>, Refused> {
        let [.., third, second, first] = &mut self.transaction;
        let number = u32::from_be_bytes([0, *third, *second, *first]).wrapping_add(1);
        [_, *third, *second, *first] = number.to_be_bytes();
        let leads_nowhere = self.bound.len() == self.peers.len() && self.bound.iter().all(Option::is_none);
        match self.refused.take_if(|_| leads_nowhere) {
            Some(refused) => Err(refused),
            None => Ok(Relayed::Answer),
        }
    }
}

impl Refused {
    /// The refusal in an answer; nothing if it does not say which.
    fn read(answer: &Message<'_>) -> Option<Refused> {
        let (&[_, _, class, number], reason) = answer.get(attributes::ERROR_CODE)?.split_first_chunk::<4>()?;
        // The other bits are reserved.
        let class = class & 7;
        if !REFUSALS.contains(&class) || number > 99 {
            return None;
        }
        let reason = String::from_utf8_lossy(reason);
        let shown = reason.chars().filter(|letter| !letter.is_control());
        Some(Refused {
            code: u16::from(class) * 100 + u16::from(number),
            reason: shown.take(limits::REASON_LETTERS).collect(),
        })
    }
}

fn channel(index: usize) -> u16 {
    FIRST_CHANNEL + u16::try_from(index).expect("channels are few")
}

/// The number and the contents, if this is data of a channel, and whole.
fn channel_data(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (&[first, second, length_high, length_low], rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([length_high, length_low]));
    let contents = rest.get(..length)?;
    (first >> 6 == 1).then_some((u16::from_be_bytes([first, second]), contents))
}

/// What a relay brings from a peer without a channel.
fn datagram<'a>(message: &Message<'a>) -> Relayed<'a> {
    match (message.peers().next().flatten(), message.get(attributes::DATA)) {
        (Some(from), Some(contents)) => Relayed::Datagram { from, contents },
        _ => Relayed::Nothing,
    }
}
