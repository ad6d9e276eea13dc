//! Who somebody is, by a password that is never said: digest authentication of SIP (RFC 8760, RFC 7616).
//!
//! A challenge needs no memory. Its nonce is the time with a seal on it, by a key that this process has drawn: whoever only asks costs
//! nothing, and telephones are asked anew after a restart. What is remembered is which counts of a nonce were used, and only of those
//! by which somebody got in: what others saw and send again is refused, and strangers fill nothing.
//!
//! `qop=auth` is asked for and nothing less, since without it a nonce is good for any number of requests. Bodies are not covered
//! (`auth-int`): hardly a telephone knows it, and every address translator on the way would break it. `-sess` keys are not offered.
//!
//! A nonce that is ours no more is only told apart from a wrong password to whoever has the right one, so `stale` tells a stranger nothing.

use std::{collections::BTreeMap, fmt::Write as _};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use md5::{Digest, Md5};

use crate::limits;

/// What a password comes to for one user of one realm (the `H(A1)` of RFC 7616 §3.4.2): it lets whoever has it in, as the password does.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    md5: [u8; 16],
    sha256: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// Those of a password.
    pub fn of(user: &str, realm: &str, password: &str) -> Secrets {
        let text = format!("{user}:{realm}:{password}");
        Secrets {
            md5: Md5::digest(text.as_bytes()).into(),
            sha256: sha256(text.as_bytes()),
        }
    }

    /// Those that were kept. `None` are bytes of another length.
    pub fn kept(md5: &[u8], sha256: &[u8]) -> Option<Secrets> {
        Some(Secrets {
            md5: md5.try_into().ok()?,
            sha256: sha256.try_into().ok()?,
        })
    }

    /// By MD5.
    pub fn md5(&self) -> &[u8; 16] {
        &self.md5
    }

    /// By SHA-256.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().expect("it has 32 bytes")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes everything");
        text
    })
}

/// What digests are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Sha256,
    Md5,
}

impl Algorithm {
    /// The best first, as challenges have to be (RFC 8760 §2.3).
    pub(super) const ALL: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];

    fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Md5 => "MD5",
        }
    }

    fn named(name: &str) -> Option<Algorithm> {
        let mut all = Algorithm::ALL.into_iter();
        all.find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    fn of(self, text: &str) -> String {
        match self {
            Algorithm::Sha256 => hexadecimal(&sha256(text.as_bytes())),
            Algorithm::Md5 => hexadecimal(&Md5::digest(text.as_bytes())),
        }
    }
}

/// What somebody shows: the value of an `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Who they say that they are.
    pub user: String,
    /// Where.
    pub realm: String,
    /// What is asked for, as whoever asks sees it.
    pub uri: String,
    algorithm: Algorithm,
    nonce: String,
    /// How many requests were made with this nonce, in 8 hexadecimal digits.
    count: String,
    client_nonce: String,
    response: String,
}

impl Credentials {
    /// Reads them. `None` is another scheme, or less than `qop=auth`.
    pub fn read(value: &str) -> Option<Credentials> {
        if value.len() > limits::AUTHORIZATION_BYTES_MAX {
            return None;
        }
        let (scheme, mut rest) = value.trim().split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut parameters = BTreeMap::new();
        while !rest.trim_start_matches([' ', '\t', ',']).is_empty() {
            let (name, value, after) = parameter(rest)?;
            // One that is said twice can mean two things.
            if parameters.insert(name, value).is_some() {
                return None;
            }
            rest = after;
        }
        let algorithm = parameters.remove("algorithm").unwrap_or_else(|| "MD5".to_owned());
        let mut take = |name: &str| parameters.remove(name);
        let is_auth = take("qop").is_some_and(|quality| quality.eq_ignore_ascii_case("auth"));
        let count = take("nc").filter(|count| count.len() == 8 && count.bytes().all(|byte| byte.is_ascii_hexdigit()));
        is_auth.then_some(())?;
        Some(Credentials {
            user: take("username")?,
            realm: take("realm")?,
            uri: take("uri")?,
            algorithm: Algorithm::named(&algorithm)?,
            nonce: take("nonce")?,
            count: count?,
            client_nonce: take("cnonce")?,
            response: take("response")?,
        })
    }

    /// Whether whoever made them knows this (RFC 7616 §3.4.1). Takes the same time whatever is wrong.
    fn are_of(&self, secrets: &Secrets, method: &str) -> bool {
        let secret = match self.algorithm {
            Algorithm::Sha256 => hexadecimal(&secrets.sha256),
            Algorithm::Md5 => hexadecimal(&secrets.md5),
        };
        let asked = self.algorithm.of(&format!("{method}:{}", self.uri));
        let Credentials {
            nonce,
            count,
            client_nonce,
            ..
        } = self;
        let expected = self
            .algorithm
            .of(&format!("{secret}:{nonce}:{count}:{client_nonce}:auth:{asked}"));
        let response = self.response.to_ascii_lowercase();
        verify_slices_are_equal(expected.as_bytes(), response.as_bytes()).is_ok()
    }
}

/// The first parameter of a list, and what comes after it. Values have quotes or have none.
fn parameter(list: &str) -> Option<(String, String, &str)> {
    let list = list.trim_start_matches([' ', '\t', ',']);
    let (name, rest) = list.split_once('=')?;
    let (name, rest) = (name.trim().to_ascii_lowercase(), rest.trim_start());
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find(',').unwrap_or(rest.len());
        return Some((name, rest[..end].trim().to_owned(), &rest[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    loop {
        match characters.next()? {
            (end, '"') => return Some((name, value, &quoted[end + 1..])),
            (_, '\\') => value.push(characters.next()?.1),
            (_, character) => value.push(character),
        }
    }
}

/// What credentials come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is who they say.
    Known,
    /// It is, but their nonce is too old, was used so often already, or is of another process: they are asked once more.
    Stale,
    /// It is not, or there is nobody of that name.
    Wrong,
}

/// Which counts of a nonce were used: the greatest, and a bit for each of those before it.
struct Used {
    greatest: u32,
    before: u64,
}

impl Used {
    /// Takes a count. `false` is one that was used, or is too far back to be known.
    fn take(&mut self, count: u32) -> bool {
        if count > self.greatest {
            let steps = count - self.greatest;
            self.before = self.before.checked_shl(steps).unwrap_or(0) | 1_u64.checked_shl(steps - 1).unwrap_or(0);
            self.greatest = count;
            return true;
        }
        let Some(place) = (self.greatest - count)
            .checked_sub(1)
            .filter(|place| *place < u64::BITS)
        else {
            return false;
        };
        let is_new = self.before & (1 << place) == 0;
        self.before |= 1 << place;
        is_new
    }
}

const NONCE_BYTES: usize = 8 + SEAL_BYTES;
const SEAL_BYTES: usize = 12;

/// Nonces: those that are given out, and what was used of them.
pub(super) struct Nonces {
    key: hmac::Key,
    /// By when they were given out.
    used: BTreeMap<i64, Used>,
    /// Older ones have been forgotten, and are not good any more.
    oldest_us: i64,
    /// What nobody knows: with whom somebody of an unknown name is compared.
    nobody: Secrets,
}

impl Nonces {
    /// With this key, which nobody else has.
    pub(super) fn new(key: &[u8; 32]) -> Nonces {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let unknown = hmac::sign(&key, b"nobody");
        let nobody = Secrets::kept(&unknown.as_ref()[..16], unknown.as_ref()).expect("32 bytes");
        Nonces {
            key,
            used: BTreeMap::new(),
            oldest_us: i64::MIN,
            nobody,
        }
    }

    fn nonce(&self, realm: &str, at_us: i64) -> String {
        let mut nonce = at_us.to_be_bytes().to_vec();
        let seal = hmac::sign(&self.key, &[&nonce, realm.as_bytes()].concat());
        nonce.extend(&seal.as_ref()[..SEAL_BYTES]);
        URL_SAFE_NO_PAD.encode(nonce)
    }

    /// When a nonce was given out, if it was for this realm.
    fn given_us(&self, realm: &str, nonce: &str) -> Option<i64> {
        let bytes: [u8; NONCE_BYTES] = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let at_us = i64::from_be_bytes(*bytes.first_chunk()?);
        let expected = self.nonce(realm, at_us);
        verify_slices_are_equal(expected.as_bytes(), nonce.as_bytes())
            .ok()
            .map(|()| at_us)
    }

    /// What somebody is asked: the value of a `WWW-Authenticate`.
    pub(super) fn challenge(&self, realm: &str, algorithm: Algorithm, is_stale: bool, now_us: i64) -> String {
        let (nonce, name) = (self.nonce(realm, now_us), algorithm.name());
        let stale = if is_stale { ", stale=true" } else { "" };
        format!(r#"Digest realm="{realm}", nonce="{nonce}", algorithm={name}, qop="auth"{stale}"#)
    }

    /// A text that follows from another and from nothing that is kept: by it an answer is the same if it is given again.
    pub(super) fn sealed(&self, text: &str) -> String {
        hexadecimal(&hmac::sign(&self.key, text.as_bytes()).as_ref()[..8])
    }

    /// What credentials come to for somebody with these secrets; without, for somebody whom nobody knows.
    pub(super) fn check(
        &mut self,
        credentials: &Credentials,
        secrets: Option<&Secrets>,
        method: &str,
        now_us: i64,
    ) -> Verdict {
        if !credentials.are_of(secrets.unwrap_or(&self.nobody), method) || secrets.is_none() {
            return Verdict::Wrong;
        }
        let count = u32::from_str_radix(&credentials.count, 16).unwrap_or(0);
        let given_us = self.given_us(&credentials.realm, &credentials.nonce);
        match given_us.filter(|given_us| count > 0 && self.is_good(*given_us, now_us)) {
            Some(given_us) if self.take(given_us, count, now_us) => Verdict::Known,
            _ => Verdict::Stale,
        }
    }

    fn is_good(&self, given_us: i64, now_us: i64) -> bool {
        given_us > self.oldest_us && (0..limits::NONCE_US).contains(&now_us.saturating_sub(given_us))
    }

    fn take(&mut self, given_us: i64, count: u32, now_us: i64) -> bool {
        let mut is_full = self.used.len() >= limits::NONCES_MAX;
        while let Some(oldest) = self.used.first_entry() {
            let is_over = *oldest.key() <= now_us.saturating_sub(limits::NONCE_US);
            if !is_over && !is_full {
                break;
            }
            let (forgotten_us, _) = oldest.remove_entry();
            is_full = false;
            self.oldest_us = self.oldest_us.max(forgotten_us);
        }
        let none = Used { greatest: 0, before: 0 };
        self.used.entry(given_us).or_insert(none).take(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REALM: &str = "demo.sip.example";
    const NOW_US: i64 = 1_800_000_000_000_000;

    fn nonces() -> Nonces {
        Nonces::new(&[7; 32])
    }

    /// What Ada's telephone answers to a challenge.
    fn answered(challenge: &str, password: &str, count: u32) -> Credentials {
        let list = challenge.strip_prefix("Digest ").expect("a challenge");
        let named = |name: &str| {
            let at = list.find(name).expect(name) + name.len();
            list[at..]
                .trim_start_matches("=\"")
                .split('"')
                .next()
                .expect("a value")
                .to_owned()
        };
        let algorithm = Algorithm::ALL
            .into_iter()
            .find(|algorithm| challenge.contains(algorithm.name()))
            .expect("one of ours");
        let mut credentials = Credentials {
            user: "ada".to_owned(),
            realm: named("realm"),
            uri: "sip:help@demo.sip.example".to_owned(),
            algorithm,
            nonce: named("nonce"),
            count: format!("{count:08x}"),
            client_nonce: "abc".to_owned(),
            response: String::new(),
        };
        // As RFC 7616 §3.4.1 has it, written down once more.
        let hash = |text: &str| algorithm.of(text);
        let secret = hash(&format!("ada:{}:{password}", credentials.realm));
        let asked = hash(&format!("INVITE:{}", credentials.uri));
        credentials.response = hash(&format!("{secret}:{}:{count:08x}:abc:auth:{asked}", credentials.nonce));
        credentials
    }

    #[test]
    fn the_digests_of_the_standard() {
        // RFC 7616 §3.9.1.
        let check = |algorithm: &str, response: &str| {
            let value = format!(
                r#"Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm},
                nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001,
                cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}",
                opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
            );
            let credentials = Credentials::read(&value.replace('\n', "")).expect("credentials");
            let secrets = Secrets::of("Mufasa", "http-auth@example.org", "Circle of Life");
            assert!(credentials.are_of(&secrets, "GET"), "{algorithm}");
            assert!(!credentials.are_of(&secrets, "POST"), "{algorithm}");
        };
        check("MD5", "8ca523f5e9506fed4657c9700eebdbec");
        check(
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        );
    }

    #[test]
    fn who_gets_in() {
        let secrets = Secrets::of("ada", REALM, "Right-Passw0rd");
        let check = |nonces: &mut Nonces, credentials: &Credentials, known: Option<&Secrets>, at_us, expected| {
            assert_eq!(
                nonces.check(credentials, known, "INVITE", at_us),
                expected,
                "{credentials:?}"
            );
        };
        for algorithm in Algorithm::ALL {
            let mut nonces = nonces();
            let challenge = nonces.challenge(REALM, algorithm, false, NOW_US);
            let right = |count| answered(&challenge, "Right-Passw0rd", count);
            let later_us = NOW_US + 1_000_000;
            check(&mut nonces, &right(1), Some(&secrets), later_us, Verdict::Known);
            check(&mut nonces, &right(1), Some(&secrets), later_us, Verdict::Stale);
            check(&mut nonces, &right(3), Some(&secrets), later_us, Verdict::Known);
            check(&mut nonces, &right(2), Some(&secrets), later_us, Verdict::Known);
            check(&mut nonces, &right(2), Some(&secrets), later_us, Verdict::Stale);
            check(&mut nonces, &right(0), Some(&secrets), later_us, Verdict::Stale);
            let over_us = NOW_US + limits::NONCE_US;
            check(&mut nonces, &right(9), Some(&secrets), over_us, Verdict::Stale);
            check(&mut nonces, &right(4), None, later_us, Verdict::Wrong);
            let wrong = answered(&challenge, "Wrong-Passw0rd", 4);
            check(&mut nonces, &wrong, Some(&secrets), later_us, Verdict::Wrong);
            let foreign = Nonces::new(&[8; 32]).challenge(REALM, algorithm, false, NOW_US);
            let foreign = answered(&foreign, "Right-Passw0rd", 1);
            check(&mut nonces, &foreign, Some(&secrets), later_us, Verdict::Stale);
            // Another count is another request, for which the digest does not hold.
            let mut forged = right(1);
            forged.count = "00000009".to_owned();
            check(&mut nonces, &forged, Some(&secrets), later_us, Verdict::Wrong);
        }
    }

    #[test]
    fn what_is_forgotten_is_not_good_any_more() {
        let mut nonces = nonces();
        for number in 0..=i64::try_from(limits::NONCES_MAX).expect("a small number") {
            assert!(nonces.take(NOW_US + number, 1, NOW_US));
        }
        assert!(nonces.used.len() <= limits::NONCES_MAX);
        assert!(
            !nonces.is_good(NOW_US, NOW_US),
            "it was used, and nobody knows any more"
        );
        assert!(nonces.is_good(NOW_US + 5, NOW_US + 5));
    }

    #[test]
    fn what_is_read_of_credentials() {
        let check = |value: &str, user: Option<&str>| {
            assert_eq!(
                Credentials::read(value).map(|read| read.user).as_deref(),
                user,
                "{value}"
            );
        };
        let with = |start: &str, end: &str| {
            format!(r#"{start} realm="r", nonce="n", uri="sip:a", response="0", cnonce="c", nc=00000001{end}"#)
        };
        check(&with(r#"Digest username="ada","#, ", qop=auth"), Some("ada"));
        check(
            &with(r#"digest  username = "a\"d,a" ,"#, r#",qop="auth""#),
            Some(r#"a"d,a"#),
        );
        check(
            &with(r#"Digest username="ada","#, ", qop=auth, algorithm=sha-256"),
            Some("ada"),
        );
        check(&with(r#"Digest username="ada","#, ""), None);
        check(&with(r#"Digest username="ada","#, ", qop=auth-int"), None);
        check(
            &with(r#"Digest username="ada","#, ", qop=auth, algorithm=MD5-sess"),
            None,
        );
        check(&with(r#"Digest username="ada", username="bo","#, ", qop=auth"), None);
        check(&with(r#"Basic username="ada","#, ", qop=auth"), None);
        check(&with("Digest", ", qop=auth"), None);
        check(&with(r#"Digest username="ada","#, r#", qop="auth"#), None);
        check("Digest", None);
        check("", None);
        check(
            &with(&format!(r#"Digest username="{}","#, "a".repeat(4_000)), ", qop=auth"),
            None,
        );
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(value in "Digest( [a-z]{1,9}=(\"[^\"]{0,9}\"|[ -~]{0,9})[, ]?){0,9}|\\PC{0,64}") {
            let _ = Credentials::read(&value);
        }

        #[test]
        fn each_count_is_good_once(counts in prop::collection::vec(1_u32..200, 1..100)) {
            let mut used = Used { greatest: 0, before: 0 };
            let mut taken = std::collections::BTreeSet::new();
            for count in counts {
                if used.take(count) {
                    prop_assert!(taken.insert(count), "{} twice", count);
                }
            }
        }
    }
}
