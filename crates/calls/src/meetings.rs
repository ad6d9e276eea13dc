//! Meetings that calls go into: which one is meant, who holds it, and what passes between the two while somebody is in it.
//!
//! A call is a person at a meeting's door and nothing more: it finds the meeting by what somebody keyed in or a document named, and comes
//! in, waits or is sent away as the rules of meetings have it. Those rules, and who keeps them, are others' business ([`Meetings`]).
//!
//! Digits that lead nowhere are guesses. They are counted for whoever calls, as far as that is known, and for where calls come from,
//! since a number that calls is easily another one ([`Guesses`]).

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use share::Paces;
use telephony::line::Voice;
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{Receiver, Sender},
};

use crate::{
    Call, Direction, Later, Transport,
    address::{Address, is_number},
    limits::{
        GATEWAY_CALLS_MAX, GATEWAY_CALLS_OF_SOURCE, GUESSES_OF_CALLER, GUESSES_OF_SOURCE, MEETING_NAME_BYTES_MAX,
        MEETING_PIN_DIGITS,
    },
};

/// What begins the address of a meeting, in documents and where handlers are: our own, as the contract has none.
const SCHEME: &str = "meet:";

/// The address of whichever meeting it is whose PIN somebody keys in.
pub(crate) const TO_MEETINGS: &str = SCHEME;

/// Which meeting somebody means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// The one that these digits open.
    Pin(String),
    /// The one of this name: an id of a space, or a meeting code.
    Name(String),
}

/// Where a call is to go: into a meeting that is known, or one that whoever calls is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// They are asked for its PIN.
    Asked,
    /// This one.
    Known(Sought),
}

impl Target {
    /// Reads `meet:`, `meet:` with a PIN, or `meet:` with the name of a meeting.
    pub(crate) fn read(uri: &str) -> Option<Target> {
        let begin = uri.get(..SCHEME.len())?;
        let name = uri[SCHEME.len()..].trim();
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !begin.eq_ignore_ascii_case(SCHEME) || name.len() > MEETING_NAME_BYTES_MAX || !name.bytes().all(of_name) {
            return None;
        }
        Some(match name {
            "" => Target::Asked,
            pin if is_pin(pin) => Target::Known(Sought::Pin(pin.to_owned())),
            name => Target::Known(Sought::Name(name.to_owned())),
        })
    }
}

/// The address of a meeting whose PIN stands before the `@` of what was called, where a handler leaves it open which one is meant.
pub(crate) fn with_pin_called(uri: String, called: &[String]) -> String {
    match (Target::read(&uri), called.iter().find(|name| is_pin(name))) {
        (Some(Target::Asked), Some(pin)) => format!("{SCHEME}{pin}"),
        _ => uri,
    }
}

fn is_pin(text: &str) -> bool {
    text.len() == MEETING_PIN_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As whom a call is in a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attendee {
    /// Somebody on the telephone.
    Telephone {
        /// What the others see of them.
        display_name: String,
    },
    /// A telephone that has shown by its password which one it is.
    Device {
        /// The number of its account: 21 digits.
        account: String,
        /// Its name in its domain.
        display_name: String,
    },
}

/// What somebody on the telephone is called: their number, of which strangers see the begin and the end alone, or the begin of their
/// name. Of neither they see more than half, and of a short number nothing.
pub(crate) fn masked(address: Option<&str>) -> String {
    let unknown = || "Caller".to_owned();
    let number = |number: &str| match (number.get(..3), number.get(number.len().saturating_sub(2)..)) {
        (Some(begin), Some(end)) if number.len() > 2 * (begin.len() + end.len()) - 2 => format!("{begin} ••• ••{end}"),
        _ => unknown(),
    };
    match address.map(Address::read) {
        Some(Ok(Address::Number(known))) => number(&known),
        Some(Ok(Address::Sip(sip))) => match sip.user {
            Some(user) if is_number(&user) => number(&user),
            Some(user) => {
                let begin = user.get(..1).filter(|_| user.len() > 1).unwrap_or_default();
                format!("{begin}•••@{}", sip.host)
            }
            None => sip.host,
        },
        _ => unknown(),
    }
}

/// How somebody on the telephone comes to a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    /// Somebody who runs the meeting called them, so they are welcome.
    Invited,
    /// They called a number of the telephone network and keyed in the PIN.
    DialledIn,
    /// They have its address.
    Otherwise,
}

impl Coming {
    pub(crate) fn of(call: &Call, is_invited: bool, sought: &Sought) -> Coming {
        let is_by_number = call.direction == Direction::Incoming && call.transport() == Transport::Pstn;
        match sought {
            _ if is_invited => Coming::Invited,
            Sought::Pin(_) if is_by_number => Coming::DialledIn,
            Sought::Pin(_) | Sought::Name(_) => Coming::Otherwise,
        }
    }
}

/// A call that goes into a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendant {
    /// Which one.
    pub sought: Sought,
    /// As whom.
    pub attendee: Attendee,
    /// How they come.
    pub coming: Coming,
    /// Who is on the telephone, as far as that is known: an address, or nothing.
    pub caller: String,
    /// Where their call comes from; `None` of one that we make.
    pub source: Option<IpAddr>,
}

/// Why somebody is not at the door of a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unattended {
    /// There is no such meeting.
    NotFound,
    /// It was guessed too often.
    LockedOut,
    /// There is no place, in it or before it.
    Full,
    /// It lets nobody in who comes this way, or by the telephone at all.
    Refused,
    /// Not now.
    Unavailable,
}

/// What a meeting tells somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeetingNews {
    /// They wait to be let in.
    Waiting,
    /// They are in it.
    Joined {
        /// The name of their participant session.
        session: String,
    },
    /// A host silenced them.
    Muted,
    /// The meeting is being recorded from now on, or it is no longer.
    Recorded(bool),
    /// It is, and they are not until they agree.
    Asked,
    /// They agreed to be recorded, or do not any more.
    Agreed(bool),
    /// They are not at it any more.
    Parted(Parting),
}

/// How somebody came to be no longer at a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// A host did not let them in.
    Denied,
    /// Nobody answered at the door.
    Unanswered,
    /// A host put them out.
    Removed,
    /// It is over.
    Ended,
    /// There is no place.
    Full,
    /// Something broke, or the server stops.
    Lost,
}

/// What somebody at a meeting wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeetingWish {
    /// To be heard no more, or again.
    Mute(bool),
    /// To have their hand up, or no more.
    RaiseHand(bool),
    /// To be recorded with the meeting, or no more.
    BeRecorded(bool),
    /// To be gone.
    Leave {
        /// Since when they are, in microseconds since the Unix epoch: the end of their call.
        at_us: i64,
        /// They did not hang up, but were not heard of any more.
        vanished: bool,
    },
}

/// Somebody at a meeting. Whoever drops it is gone from there.
pub struct Attended {
    /// What their line hears and says.
    pub voice: Arc<dyn Voice>,
    /// What they are told.
    pub news: Receiver<MeetingNews>,
    /// What they want.
    pub wishes: Sender<MeetingWish>,
}

impl std::fmt::Debug for Attended {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Attended").finish_non_exhaustive()
    }
}

/// Whoever holds meetings.
pub trait Meetings: Send + Sync + 'static {
    /// Brings somebody to a meeting's door.
    fn attend(&self, attendant: Attendant) -> Later<'_, Result<Attended, Unattended>>;

    /// When a participant session ended, if it has.
    fn ended_us<'a>(&'a self, session: &'a str) -> Later<'a, Option<i64>>;
}

/// How often somebody named a meeting that is not there.
#[derive(Debug)]
struct Guesses {
    callers: Paces<String>,
    sources: Paces<Option<IpAddr>>,
}

impl Guesses {
    fn new() -> Guesses {
        Guesses {
            callers: Paces::new(GUESSES_OF_CALLER),
            sources: Paces::new(GUESSES_OF_SOURCE),
        }
    }

    fn may(&self, caller: &str, source: Option<IpAddr>, now: Instant) -> bool {
        self.callers.look(&caller.to_owned(), now).is_ok() && self.sources.look(&source, now).is_ok()
    }

    fn was_wrong(&mut self, caller: &str, source: Option<IpAddr>, now: Instant) {
        // Whoever may not guess any more did not.
        let _ = self.callers.take(caller.to_owned(), now);
        let _ = self.sources.take(source, now);
    }
}

/// How meetings are reached from telephones.
pub struct DialIn {
    /// The numbers that lead to meetings.
    numbers: Vec<String>,
    /// The host whose address with a PIN leads into a meeting.
    gateway: Option<String>,
    /// The project that calls to these belong to.
    project: String,
    meetings: Arc<dyn Meetings>,
    guesses: Mutex<Guesses>,
    arrivals: Mutex<Paces<IpAddr>>,
    places: Arc<Semaphore>,
}

impl std::fmt::Debug for DialIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DialIn")
            .field("numbers", &self.numbers)
            .field("gateway", &self.gateway)
            .finish_non_exhaustive()
    }
}

impl DialIn {
    /// By these numbers and at that host, whose calls are of that project.
    pub fn new(numbers: Vec<String>, gateway: Option<String>, project: String, meetings: Arc<dyn Meetings>) -> DialIn {
        DialIn {
            numbers,
            gateway,
            project,
            meetings,
            guesses: Mutex::new(Guesses::new()),
            arrivals: Mutex::new(Paces::new(GATEWAY_CALLS_OF_SOURCE)),
            places: Arc::new(Semaphore::new(GATEWAY_CALLS_MAX)),
        }
    }

    /// Whether that host, in lower case, is the one of meetings.
    pub(crate) fn is_gateway(&self, host: &str) -> bool {
        self.gateway.as_deref() == Some(host)
    }

    /// The first of these numbers that leads to meetings.
    pub(crate) fn number_among<'a>(&self, called: &'a [String]) -> Option<&'a String> {
        called.iter().find(|number| self.numbers.contains(number))
    }

    pub(crate) fn project(&self) -> &str {
        &self.project
    }

    pub(crate) fn meetings(&self) -> &Arc<dyn Meetings> {
        &self.meetings
    }

    /// A place for a call from anywhere to the host of meetings: those that prove nothing take no more than theirs.
    pub(crate) fn place(&self, source: IpAddr, now: Instant) -> Option<OwnedSemaphorePermit> {
        let mut arrivals = self.arrivals.lock().expect("whoever holds it does not panic");
        arrivals.take(source.to_canonical(), now).ok()?;
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Brings somebody to a meeting's door, unless they, or others from there, have guessed too often.
    pub(crate) async fn attend(&self, attendant: Attendant) -> Result<Attended, Unattended> {
        let (source, by_pin) = (attendant.source, matches!(attendant.sought, Sought::Pin(_)));
        let caller = attendant.caller.clone();
        let guesses = || self.guesses.lock().expect("whoever holds it does not panic");
        if by_pin && !guesses().may(&caller, source, Instant::now()) {
            return Err(Unattended::LockedOut);
        }
        let attended = self.meetings.attend(attendant).await;
        if by_pin && matches!(attended, Err(Unattended::NotFound)) {
            guesses().was_wrong(&caller, source, Instant::now());
        }
        attended
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn which_meeting_is_meant() {
        let check = |uri: &str, expected: Option<Target>| assert_eq!(Target::read(uri), expected, "{uri}");
        let named = |name: &str| Some(Target::Known(Sought::Name(name.to_owned())));
        check("meet:", Some(Target::Asked));
        check("MEET:abc-mnop-xyz", named("abc-mnop-xyz"));
        check("meet:jQCFfuBOdN5z", named("jQCFfuBOdN5z"));
        check(
            "meet:1234567890123",
            Some(Target::Known(Sought::Pin("1234567890123".to_owned()))),
        );
        check("meet:1234567890", named("1234567890"));
        check("meet:a b", None);
        check("meet", None);
        check("sip:a@b", None);
        check("", None);
    }

    #[test]
    fn a_pin_that_was_called_says_which_one() {
        let check = |uri: &str, called: &[&str], expected: &str| {
            let called: Vec<String> = called.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(with_pin_called(uri.to_owned(), &called), expected);
        };
        check("meet:", &["room", "1234567890123"], "meet:1234567890123");
        check("meet:", &["room"], "meet:");
        check("meet:abc-mnop-xyz", &["1234567890123"], "meet:abc-mnop-xyz");
        check("https://a.example", &["1234567890123"], "https://a.example");
    }

    #[test]
    fn what_others_see_of_a_telephone() {
        let check = |address: Option<&str>, expected: &str| assert_eq!(masked(address), expected);
        check(Some("+431234512"), "+43 ••• ••12");
        check(Some("sip:+431234512@gw.example"), "+43 ••• ••12");
        check(Some("+43123456"), "+43 ••• ••56");
        check(Some("+4312345"), "Caller");
        check(Some("sip:+12345@gw.example"), "Caller");
        check(Some("+43"), "Caller");
        check(Some("sip:ada@example.org"), "a•••@example.org");
        check(Some("sip:bo@example.org"), "b•••@example.org");
        check(Some("sip:a@example.org"), "•••@example.org");
        check(Some("sip:example.org"), "example.org");
        check(Some("nonsense"), "Caller");
        check(None, "Caller");
    }

    #[test]
    fn whoever_guesses_is_locked_out_for_a_time() {
        let (begin, source) = (Instant::now(), Some(IpAddr::from([192, 0, 2, 7])));
        let mut guesses = Guesses::new();
        for _ in 0..GUESSES_OF_CALLER.times.get() {
            assert!(guesses.may("+43", source, begin));
            guesses.was_wrong("+43", source, begin);
        }
        assert!(!guesses.may("+43", source, begin));
        assert!(guesses.may("+44", source, begin), "others from there may");
        assert!(
            guesses.may("+43", source, begin + Duration::from_hours(1)),
            "it is a matter of time"
        );
        for number in 0..GUESSES_OF_SOURCE.times.get() {
            guesses.was_wrong(&number.to_string(), source, begin);
        }
        assert!(!guesses.may("+44", source, begin), "nobody from there any more");
        assert!(guesses.may("+44", Some(IpAddr::from([192, 0, 2, 8])), begin));
    }
}
