//! Guessing: who may try passwords and clients' secrets, how many at once, and how often in vain.
//!
//! A password costs memory and time to check, so whoever guesses also takes from those who sign in. Nobody may shut anybody else
//! out with it, so everything is counted by who tries. Somebody unknown is known by the client, has a share of the places, and so
//! many wrong ones; `identity` counts them for each address as well, and the address has a count of all clients, against guesses
//! from many. A browser in which its owner signed in before is known by a cookie with our mark on it, which outlives signing
//! out: it has places that are kept, and is not refused for what others guessed. Sign-in links pass nothing of this: there is
//! nothing to guess about 256 random bits.

use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum_core::body::Body;
use http::{HeaderMap, Response};
use identity::Identity;
use share::{Client, Limit, Paces, Permit, Reports, Shared, Taker};

use crate::browser::Cookies;
use crate::{limits, random};

/// The cookie of a browser in which somebody signed in.
const KNOWN_BROWSER: &str = "sederunt_known";

/// All who tried lately.
pub(crate) struct Guesses {
    places: Shared,
    by_client: Mutex<Paces<Client>>,
    by_address: Mutex<Paces<String>>,
    grants: Mutex<Paces<Client>>,
    limit: Arc<Limit>,
}

/// Who tries a password for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guesser {
    /// A browser in which the address's owner signed in before, by its name.
    Known(String),
    /// Somebody at this client.
    Unknown(Client),
}

impl Guesser {
    /// Who asks for this address.
    pub(super) fn of(
        cookies: Cookies,
        headers: &HeaderMap,
        client: Client,
        address: &str,
        identity: &Identity,
    ) -> Guesser {
        let known = cookies
            .find(headers, KNOWN_BROWSER)
            .and_then(|cookie| identity.unseal(&purpose(address), cookie));
        known.map_or(Guesser::Unknown(client), |name| Guesser::Known(name.to_owned()))
    }

    /// Remembers a browser in which the owner of this address has signed in.
    pub(super) fn remember(cookies: Cookies, response: &mut Response<Body>, address: &str, identity: &Identity) {
        let sealed = identity.seal(&purpose(address), &random::secret());
        let age = limits::KNOWN_BROWSER_TTL;
        cookies.set(response, KNOWN_BROWSER, &sealed, age);
    }

    /// Whose places it takes.
    fn taker(&self) -> Taker {
        match self {
            Guesser::Known(browser) => Taker::account(format!("browser {browser}")),
            Guesser::Unknown(client) => Taker::Stranger(*client),
        }
    }

    /// By what it is told from others.
    pub(super) fn name(&self) -> String {
        match self {
            Guesser::Known(browser) => browser.clone(),
            Guesser::Unknown(client) => client.to_string(),
        }
    }
}

/// A mark is good for one address: that somebody has an account here makes them nobody else.
fn purpose(address: &str) -> String {
    format!("browser of {}", folded(address))
}

/// An address as all of its spellings.
fn folded(address: &str) -> String {
    address.trim().to_ascii_lowercase()
}

impl Guesses {
    /// Nobody tried anything yet.
    pub(super) fn new(reports: &Reports) -> Guesses {
        Guesses {
            places: Shared::new("sign_ins", limits::SIGN_INS, reports),
            by_client: Mutex::new(Paces::new(limits::WRONG_PASSWORDS_PER_CLIENT)),
            by_address: Mutex::new(Paces::new(limits::WRONG_PASSWORDS_PER_ADDRESS)),
            grants: Mutex::new(Paces::new(limits::WRONG_GRANTS_PER_CLIENT)),
            limit: reports.limit("guesses"),
        }
    }

    /// A place to try a password; or how long to wait. The many that a client tries at once are few more than its count allows,
    /// since its places are few.
    pub(super) fn admit(&self, guesser: &Guesser, address: &str, now: Instant) -> Result<Permit, Duration> {
        if let Guesser::Unknown(client) = guesser {
            let by_client = lock(&self.by_client).look(client, now);
            by_client
                .and_then(|()| lock(&self.by_address).look(&folded(address), now))
                .inspect_err(|_| self.limit.reached(client))?;
        }
        self.place(guesser.taker())
    }

    /// A place to have a password hashed.
    pub(super) fn place(&self, taker: Taker) -> Result<Permit, Duration> {
        self.places.take(taker, 1).map_err(|_| limits::BUSY_WAIT)
    }

    /// The password was wrong.
    pub(super) fn wrong(&self, guesser: &Guesser, address: &str, now: Instant) {
        if let Guesser::Unknown(client) = guesser {
            count(&self.by_client, *client, now);
            count(&self.by_address, folded(address), now);
        }
    }

    /// Whether a client may ask for a token; or how long to wait.
    pub(crate) fn admit_grant(&self, client: Client, now: Instant) -> Result<(), Duration> {
        lock(&self.grants)
            .look(&client, now)
            .inspect_err(|_| self.limit.reached(&client))
    }

    /// What it asked by does not hold.
    pub(crate) fn wrong_grant(&self, client: Client, now: Instant) {
        count(&self.grants, client, now);
    }
}

/// Counts once more. Whoever is over already was refused before, or is one of few who tried at once.
fn count<Key: Eq + Hash>(paces: &Mutex<Paces<Key>>, key: Key, now: Instant) {
    let _ = lock(paces).take(key, now);
}

/// A bucket is never left half changed, so a panic elsewhere does not spoil it.
fn lock<T>(paces: &Mutex<T>) -> MutexGuard<'_, T> {
    paces.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::clock;

    fn unknown(last: u8) -> Guesser {
        Guesser::Unknown(Client::at(Ipv4Addr::new(192, 0, 2, last).into()))
    }

    #[test]
    fn nobody_is_refused_for_what_another_guessed() {
        let reports = Reports::default();
        let guesses = Guesses::new(&reports);
        let now = clock::instant();
        let check = |guesser: &Guesser, address: &str, admitted: bool| {
            let place = guesses.admit(guesser, address, now);
            assert_eq!(place.is_ok(), admitted, "{guesser:?} {address}");
        };
        let per_client = limits::WRONG_PASSWORDS_PER_CLIENT.times.get();
        for number in 0..per_client {
            guesses.wrong(&unknown(1), &format!("{number}@example.org"), now);
        }
        check(&unknown(1), "ada@example.org", false);
        check(&unknown(2), "ada@example.org", true);
        check(&Guesser::Known("here".to_owned()), "ada@example.org", true);
        // Guesses from many are counted for the address, and hold nothing against whoever is known.
        for number in 0..limits::WRONG_PASSWORDS_PER_ADDRESS.times.get() {
            let last = u8::try_from(number + 10).expect("some dozens");
            guesses.wrong(&unknown(last), "Ada@Example.org ", now);
        }
        check(&unknown(2), "ada@example.org", false);
        check(&unknown(2), "bo@example.org", true);
        check(&Guesser::Known("here".to_owned()), "ada@example.org", true);
        assert_eq!(reports.read(), [("sign_ins", 0), ("guesses", 2)]);
    }

    #[test]
    fn places_are_left_to_others() {
        let guesses = Guesses::new(&Reports::default());
        let now = clock::instant();
        let admit = |guesser: &Guesser| guesses.admit(guesser, "ada@example.org", now);
        let mut held = Vec::new();
        for last in 1..=4 {
            while let Ok(place) = admit(&unknown(last)) {
                held.push(place);
            }
        }
        assert_eq!(
            held.len(),
            48,
            "three clients of sixteen each are all strangers' places"
        );
        let known = admit(&Guesser::Known("here".to_owned()));
        assert!(known.is_ok(), "some are kept for browsers that are known");
        held.clear();
        assert!(admit(&unknown(4)).is_ok());
    }
}
