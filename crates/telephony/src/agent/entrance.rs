//! The way in: what somebody has to show before anything of their request is done.
//!
//! From where they are not expected, nobody is answered. Where a domain has users, a password is asked for ([`digest`](super::digest)).
//! What strangers can learn or do by that is this much: that a domain without blocks of addresses is there. A challenge is the same for
//! users who are there and who are not, looking takes the same steps, and whoever is wrong is refused alike: by 403 and not by another
//! challenge, which telephones answer by the same wrong password as fast as they can. Neither has a transaction, as RFC 3261 §8.2.7 has
//! it: nothing is kept and nothing is sent again by itself, and over UDP they are no longer than what they answer, so that nobody can be
//! flooded by way of us more than without. SHA-256 is offered beside MD5 only where an operator says so: telephones that know MD5 alone are many,
//! and some of them give up when they see the other (baresip 1.0.0 does). Where two challenges are too long, MD5 stands alone.

use std::{net::IpAddr, pin::Pin, time::Instant};

use rsipstack::{
    sip::{Header, Request, Response, StatusCode, Transport, Uri, prelude::*},
    transaction::transaction::Transaction,
    transport::SipConnection,
};
use steady::now_us;

use super::{
    Agent,
    digest::{Algorithm, Credentials, Nonces, Secrets, Verdict},
    invitation::address_in,
};

/// Something that is ready later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who may come in.
pub trait Directory: Send + Sync + 'static {
    /// What a domain wants of whoever sends from there; `None` is somebody who hears nothing.
    fn terms<'a>(&'a self, domain: &'a str, source: IpAddr) -> Later<'a, Option<Terms>>;

    /// What the password of a user of a domain comes to; `None`, if there is no such user.
    fn secrets<'a>(&'a self, domain: &'a str, user: &'a str) -> Later<'a, Option<Secrets>>;
}

/// By what somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By where they are.
    Address,
    /// By the password of a user, from wherever.
    Password,
    /// By both.
    Both,
}

/// What a domain wants of somebody at an address, and what they may do then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What they have to show. Who is to show an address has shown it.
    pub proof: Proof,
    /// They may call.
    pub calls: bool,
    /// They may register telephones.
    pub registers: bool,
}

/// Somebody who is in.
pub(super) struct Guest {
    pub(super) terms: Terms,
    /// Who it is, where a password was asked for.
    pub(super) user: Option<String>,
}

/// By what a request came.
pub(super) fn transport_of(transaction: &Transaction) -> Transport {
    let remote = transaction.connection.as_ref().and_then(SipConnection::get_remote_addr);
    remote.and_then(|remote| remote.r#type).unwrap_or(Transport::Udp)
}

/// At which address whoever sent a request is.
pub(super) fn source_of(transaction: &Transaction) -> Option<IpAddr> {
    let connection = transaction.connection.as_ref()?;
    Some(connection.get_remote_addr()?.get_socketaddr().ok()?.ip())
}

/// The domain of an address, in lower case.
pub(super) fn domain_of(uri: &Uri) -> String {
    uri.host().to_string().to_ascii_lowercase()
}

/// What is shown for this realm, if something is.
fn shown(request: &Request, realm: &str) -> Option<Credentials> {
    let headers = request.headers.iter().filter_map(|header| match header {
        Header::Authorization(shown) => Credentials::read(shown.value()),
        _ => None,
    });
    let mut for_realm = headers.filter(|credentials| credentials.realm.eq_ignore_ascii_case(realm));
    for_realm.next()
}

/// Whether what is asked for is what the password was shown for: the same user of the same host, whatever its parameters say.
fn is_asked(credentials: &Credentials, request: &Request) -> bool {
    Uri::try_from(credentials.uri.as_str()).is_ok_and(|shown| {
        let (host, asked) = (shown.host().to_string(), request.uri.host().to_string());
        host.eq_ignore_ascii_case(&asked) && shown.user() == request.uri.user()
    })
}

/// How somebody is asked.
struct Question<'a> {
    realm: &'a str,
    is_stale: bool,
    offers_sha256: bool,
    /// Not by UDP.
    is_reliable: bool,
}

/// An answer that nothing is kept of, and that is the same if it is given again.
fn answer(nonces: &Nonces, request: &Request, status_code: StatusCode, is_reliable: bool) -> Option<Response> {
    let tag = nonces.sealed(&format!(
        "{} {}",
        request.via_header().ok()?.value(),
        request.call_id_header().ok()?.value()
    ));
    let headers = request.headers.iter().filter_map(|header| match header {
        Header::To(to) => Some(Header::To(format!("{};tag={tag}", to.value()).into())),
        Header::Via(_) | Header::From(_) | Header::CallId(_) | Header::CSeq(_) => Some(header.clone()),
        _ => None,
    });
    // A datagram ends where it ends (RFC 3261 §18.3).
    let length = is_reliable.then(|| Header::ContentLength(0_u32.into()));
    Some(Response {
        status_code,
        wire_reason: None,
        version: request.version,
        headers: headers.chain(length).collect::<Vec<_>>().into(),
        body: vec![],
    })
}

/// A challenge to a request, if one may be sent: over UDP it is no longer than the request.
fn challenge(nonces: &Nonces, request: &Request, question: &Question<'_>, now_us: i64) -> Option<Response> {
    let answer = answer(nonces, request, StatusCode::Unauthorized, question.is_reliable)?;
    let with = |algorithms: &[Algorithm]| {
        let challenges = algorithms.iter().map(|algorithm| {
            let value = nonces.challenge(question.realm, *algorithm, question.is_stale, now_us);
            Header::WwwAuthenticate(value.into())
        });
        let mut challenge = answer.clone();
        challenge.headers.extend(challenges.collect());
        challenge
    };
    let bytes_max = request.to_bytes().len().saturating_sub(written_bytes(request));
    let both = question.offers_sha256.then_some(Algorithm::ALL.as_slice());
    let mut challenges = both.into_iter().chain([[Algorithm::Md5].as_slice()]).map(with);
    challenges.find(|response| question.is_reliable || response.to_bytes().len() <= bytes_max)
}

/// How much of a request the transport wrote into it: a `received`, and what is behind an `rport` (RFC 3581 §4).
fn written_bytes(request: &Request) -> usize {
    let via = request
        .via_header()
        .map(|via| via.value().split(',').next().unwrap_or_default());
    let parameters = via.unwrap_or_default().split(';').skip(1);
    parameters
        .map(|parameter| match parameter.trim() {
            received if received.starts_with("received=") => 1 + received.len(),
            rport if rport.starts_with("rport=") => rport.len() - "rport".len(),
            _ => 0,
        })
        .sum()
}

impl Agent {
    /// Lets somebody in, or does what is to be done instead: `None` is whoever has been answered, or is not to be.
    pub(super) async fn let_in(&self, transaction: &Transaction, domain: &str, source: IpAddr) -> Option<Guest> {
        let inner = &self.inner;
        if !inner.guard.looks_at(source, Instant::now()) {
            return None;
        }
        let Some(terms) = inner.directory.terms(domain, source).await else {
            inner.guard.was_in_vain(source, Instant::now());
            tracing::debug!(%source, "a stranger is not answered");
            return None;
        };
        if terms.proof == Proof::Address {
            return Some(Guest { terms, user: None });
        }
        let request = &transaction.original;
        let Some(credentials) = shown(request, domain) else {
            self.challenge(transaction, domain, source, false).await;
            return None;
        };
        let secrets = inner.directory.secrets(domain, &credentials.user).await;
        let method = request.method.to_string();
        match self.nonces(|nonces| nonces.check(&credentials, secrets.as_ref(), &method, now_us())) {
            Verdict::Known if is_asked(&credentials, request) => {
                let user = Some(credentials.user);
                return Some(Guest { terms, user });
            }
            Verdict::Stale => self.challenge(transaction, domain, source, true).await,
            Verdict::Known | Verdict::Wrong => {
                inner.guard.was_in_vain(source, Instant::now());
                tracing::info!(%source, domain, "a password was wrong");
                let is_reliable = transaction.connection.as_ref().is_some_and(SipConnection::is_reliable);
                let refusal = self.nonces(|nonces| answer(nonces, request, StatusCode::Forbidden, is_reliable));
                self.send(transaction, refusal).await;
            }
        }
        None
    }

    async fn challenge(&self, transaction: &Transaction, realm: &str, source: IpAddr, is_stale: bool) {
        if !self.inner.guard.challenges(source, Instant::now()) {
            return;
        }
        let connection = transaction.connection.as_ref();
        let question = Question {
            realm,
            is_stale,
            offers_sha256: self.inner.settings.offers_sha256,
            is_reliable: connection.is_some_and(SipConnection::is_reliable),
        };
        let request = &transaction.original;
        let response = self.nonces(|nonces| challenge(nonces, request, &question, now_us()));
        if response.is_none() {
            tracing::debug!(%source, "a request is too short for a challenge");
        }
        self.send(transaction, response).await;
    }

    /// Sends an answer once, and forgets it.
    async fn send(&self, transaction: &Transaction, response: Option<Response>) {
        let (Some(connection), Some(response)) = (&transaction.connection, response) else {
            return;
        };
        if let Err(error) = connection.send(response.into(), None).await {
            tracing::debug!(%error, "somebody cannot be answered");
        }
    }

    fn nonces<T>(&self, act: impl FnOnce(&mut Nonces) -> T) -> T {
        act(&mut self.inner.nonces.lock().expect("whoever holds it does not panic"))
    }

    /// Whether somebody is at an address that a domain knows.
    async fn expects(&self, domain: &str, source: IpAddr) -> bool {
        let (guard, directory) = (&self.inner.guard, &self.inner.directory);
        if !guard.looks_at(source, Instant::now()) {
            return false;
        }
        let terms = directory.terms(domain, source).await;
        terms.is_some_and(|terms| terms.proof != Proof::Password)
    }

    /// Somebody asks whether we are there: telephone systems do, before they send calls.
    pub(super) async fn is_asked(&self, transaction: &mut Transaction) -> rsipstack::Result<()> {
        let Some(source) = source_of(transaction) else {
            return Ok(());
        };
        let domain = domain_of(&transaction.original.uri);
        if !self.expects(&domain, source).await && self.let_in(transaction, &domain, source).await.is_none() {
            return Ok(());
        }
        let headers = vec![
            Header::Allow("INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REGISTER".into()),
            Header::Accept("application/sdp".into()),
        ];
        transaction.reply_with(StatusCode::OK, headers, None).await
    }

    /// Somebody says something of a call that we do not know, as after a restart. Strangers are not even told that.
    pub(super) async fn knows_no_call(&self, transaction: &mut Transaction) -> rsipstack::Result<()> {
        let to = transaction.original.to_header().ok();
        let domain = to.and_then(|to| address_in(to.value())).map(|to| domain_of(&to));
        if let Some((domain, source)) = domain.zip(source_of(transaction))
            && self.expects(&domain, source).await
        {
            return transaction.reply(StatusCode::CallTransactionDoesNotExist).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(extra: &str) -> Request {
        let text = format!(
            "REGISTER sip:demo.sip.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;received=192.0.2.7;rport=6000\r\n\
             From: <sip:ada@demo.sip.example>;tag=1\r\nTo: <sip:ada@demo.sip.example>\r\nCall-ID: abc@example.org\r\n\
             CSeq: 1 REGISTER\r\n{extra}Content-Length: 0\r\n\r\n"
        );
        Request::try_from(text.as_bytes()).expect("a request")
    }

    #[test]
    fn a_challenge_is_no_longer_than_its_request() {
        let nonces = Nonces::new(&[7; 32]);
        let check = |extra: usize, offers_sha256: bool, is_reliable: bool, expected: &[&str]| {
            let request = request(&format!("User-Agent: {}\r\n", "a".repeat(extra)));
            let question = Question {
                realm: "demo.sip.example",
                is_stale: false,
                offers_sha256,
                is_reliable,
            };
            let response = challenge(&nonces, &request, &question, 1_800_000_000_000_000);
            let headers = response.iter().flat_map(|response| response.headers.iter());
            let offered: Vec<String> = headers
                .filter_map(|header| match header {
                    Header::WwwAuthenticate(value) => Some(value.value().to_owned()),
                    _ => None,
                })
                .collect();
            assert_eq!(offered.len(), expected.len(), "{extra}: {offered:?}");
            for (offered, expected) in offered.iter().zip(expected) {
                assert!(offered.contains(expected), "{extra}: {offered}");
            }
        };
        let (sha256, md5) = (r#", algorithm=SHA-256, qop="auth""#, r#"", qop="auth""#);
        check(400, true, false, &[sha256, md5]);
        check(400, false, false, &[md5]);
        check(130, true, false, &[md5]);
        check(10, true, false, &[]);
        check(10, true, true, &[sha256, md5]);
        check(10, false, true, &[md5]);
    }

    /// The shortest that a telephone was seen to send: PJSIP's when it signs off.
    #[test]
    fn a_short_request_is_long_enough() {
        let text = "REGISTER sip:demo.sip.example.org SIP/2.0\r\n\
             Via: SIP/2.0/UDP 127.0.0.1:25095;rport=25095;branch=z9hG4bKPjb3bmmDQfIa6ieCULOEJYV7Gf4pu8DCmz\r\n\
             Route: <sip:127.0.0.1:25060;transport=udp;lr>\r\nMax-Forwards: 70\r\n\
             From: <sip:ada@demo.sip.example.org>;tag=88PlNir7gmlANZJN1Ue1p5LIXDPi4Qmm\r\nTo: <sip:ada@demo.sip.example.org>\r\n\
             Call-ID: Mr8F5nrYy4HB2osDdLUM9pDrXe-XiMix\r\nCSeq: 10678 REGISTER\r\nContact: <sip:ada@127.0.0.1:25095;ob>\r\n\
             Expires: 0\r\nContent-Length: 0\r\n\r\n";
        let request = Request::try_from(text.as_bytes()).expect("a request");
        assert_eq!(written_bytes(&request), 6);
        let question = Question {
            realm: "demo.sip.example.org",
            is_stale: false,
            offers_sha256: true,
            is_reliable: false,
        };
        let challenge = challenge(&Nonces::new(&[7; 32]), &request, &question, 1_800_000_000_000_000);
        assert!(challenge.is_some());
    }

    #[test]
    fn what_the_password_was_shown_for() {
        let check = |shown: &str, expected: bool| {
            let value = format!(
                r#"Digest username="ada", realm="demo.sip.example", nonce="n", uri="{shown}", response="0", cnonce="c", nc=00000001, qop=auth"#
            );
            let request = request(&format!("Authorization: {value}\r\n"));
            let credentials = super::shown(&request, "demo.sip.example").expect("they are shown");
            assert_eq!(is_asked(&credentials, &request), expected, "{shown}");
        };
        check("sip:demo.sip.example", true);
        check("sip:DEMO.sip.example;transport=tcp", true);
        check("sip:other.sip.example", false);
        check("sip:bo@demo.sip.example", false);
        check("", false);
    }
}
