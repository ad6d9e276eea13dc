//! What a call is, and what becomes of it when something happens: pure, with the time as an argument.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use telephony::agent::Cause;

use crate::address::is_number;

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant = $number,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            /// As the contract numbers them, and the database.
            pub const fn number(self) -> i64 {
                self as i64
            }

            pub(crate) fn read(number: i64) -> Option<$name> {
                $name::ALL.iter().copied().find(|known| known.number() == number)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.number())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let number = i64::deserialize(deserializer)?;
                $name::read(number).ok_or_else(|| serde::de::Error::custom("it has no such number"))
            }
        }
    };
}
pub(crate) use numbered;

numbered! {
    /// How far a call is.
    CallState {
        /// It is to be made.
        Queued = 1,
        /// It has begun, and nobody has answered.
        Starting = 2,
        /// The other side rings.
        Ringing = 3,
        /// It is up.
        InProgress = 4,
        /// It was up, and is over.
        Completed = 5,
        /// It could not be made.
        Failed = 6,
        /// Nobody answered in time, or whoever called gave up.
        NotAnswered = 7,
        /// The other side is in another call.
        Busy = 8,
        /// The other side, or a document, refused it.
        Rejected = 9,
    }
}

numbered! {
    /// Who called.
    Direction {
        /// We did.
        Outgoing = 1,
        /// Somebody called us.
        Incoming = 2,
    }
}

/// By what a call goes, as the contract numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The telephone network: it comes from a number, or goes to one.
    Pstn = 1,
    /// SIP alone.
    Sip = 3,
}

numbered! {
    /// How a call came about.
    CreateMethod {
        /// Somebody called.
        IncomingCall = 1,
        /// A document of another call made it.
        ParentCall = 2,
        /// A program made it.
        Api = 3,
    }
}

numbered! {
    /// What ended a call that was up, and that nobody meant to end.
    CutOff {
        /// Nothing was heard of the other side for too long.
        Silent = 1,
        /// The other side did not answer when it was asked whether it is there, or did not ask us.
        Gone = 2,
        /// The server was found to have stopped without ending it.
        Crash = 3,
        /// The server stopped in good order.
        Shutdown = 4,
    }
}

impl CallState {
    /// As the contract names it.
    pub const fn name(self) -> &'static str {
        match self {
            CallState::Queued => "QUEUED",
            CallState::Starting => "STARTING",
            CallState::Ringing => "RINGING",
            CallState::InProgress => "IN_PROGRESS",
            CallState::Completed => "COMPLETED",
            CallState::Failed => "FAILED",
            CallState::NotAnswered => "NOT_ANSWERED",
            CallState::Busy => "BUSY",
            CallState::Rejected => "REJECTED",
        }
    }
}

/// A telephone call. Times are microseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// A UUID.
    pub id: String,
    /// Whose it is.
    pub project: String,
    /// Who is called: `sip:user@domain`.
    pub to: String,
    /// Who calls; `None` if they withheld it.
    pub from: Option<String>,
    /// The caller wants nobody to know who they are.
    pub is_private: bool,
    /// What its documents wrote down.
    pub labels: BTreeMap<String, String>,
    /// Who called.
    pub direction: Direction,
    /// How far it is.
    pub state: CallState,
    /// How it came about.
    pub create_method: CreateMethod,
    /// Why it failed, for programs.
    pub error_code: Option<String>,
    /// Why it failed, for people.
    pub error_message: Option<String>,
    /// What SIP answered in the end; `None` if nobody has said anything.
    #[serde(default)]
    pub final_status: Option<u16>,
    /// What cut it off once it was up; `None` if somebody meant it to end.
    #[serde(default)]
    pub cut_off: Option<CutOff>,
    /// When it was known of.
    pub create_us: i64,
    /// When it began.
    pub start_us: Option<i64>,
    /// When the other side rang.
    pub ring_us: Option<i64>,
    /// When it was answered.
    pub answer_us: Option<i64>,
    /// When it ended.
    pub end_us: Option<i64>,
    /// The `Call-ID` of SIP.
    pub sip_call_id: Option<String>,
    /// The call out of which it was made.
    pub originating_call: Option<String>,
    /// Whether it was ever connected with another.
    #[serde(default)]
    pub bridged: bool,
    /// Who hears of each of its states.
    pub state_update_uri: Option<String>,
    /// The name of the participant session that it was in a meeting, if it was in one.
    #[serde(default)]
    pub participant_session: Option<String>,
}

/// What SIP answers to a call that is taken.
const TAKEN: u16 = 200;

/// What whoever calls and gives up is answered to their call (RFC 3261, 9.2).
const TERMINATED: u16 = 487;

impl Call {
    /// By what it goes: a number is called, and calls, by the telephone network.
    pub fn transport(&self) -> Transport {
        let [is_to_number, is_from_number] =
            [Some(&self.to), self.from.as_ref()].map(|address| address.is_some_and(|address| is_number(address)));
        match self.direction {
            Direction::Outgoing if is_to_number => Transport::Pstn,
            Direction::Incoming if is_to_number && (is_from_number || self.from.is_none()) => Transport::Pstn,
            _ => Transport::Sip,
        }
    }

    /// It is attempted.
    pub(crate) fn starts(&mut self, at_us: i64) {
        if self.state == CallState::Queued {
            self.start_us = Some(at_us);
            self.state = CallState::Starting;
        }
    }

    /// The other side rings. Whether that is news.
    pub(crate) fn rings(&mut self, at_us: i64) -> bool {
        let is_news = self.state == CallState::Starting && self.direction == Direction::Outgoing;
        if is_news {
            self.ring_us = Some(at_us);
            self.state = CallState::Ringing;
        }
        is_news
    }

    /// Somebody answered.
    pub(crate) fn answered(&mut self, at_us: i64) {
        if self.end_us.is_none() {
            self.answer_us.get_or_insert(at_us);
            self.final_status = Some(TAKEN);
            self.state = CallState::InProgress;
        }
    }

    /// What it comes to if it ends by that, and the code that says why.
    fn outcome(&self, cause: Cause) -> (CallState, Option<String>) {
        match cause {
            _ if self.answer_us.is_some() => (CallState::Completed, None),
            Cause::Cancelled | Cause::HungUp | Cause::WeHungUp | Cause::TimedOut | Cause::Status(408 | 480 | 487) => {
                (CallState::NotAnswered, None)
            }
            Cause::Status(486 | 600) => (CallState::Busy, None),
            Cause::Refused(_) | Cause::Status(403 | 603 | 607) => (CallState::Rejected, None),
            Cause::Status(status) => (CallState::Failed, Some(format!("SIP_{status}"))),
            Cause::Unreachable => (CallState::Failed, Some("UNREACHABLE".to_owned())),
        }
    }

    /// What was answered at last, if it ends by that.
    fn status_at(&self, cause: Cause) -> Option<u16> {
        self.final_status.or(match cause {
            Cause::Status(status) | Cause::Refused(status) => Some(status),
            Cause::Cancelled => Some(TERMINATED),
            Cause::HungUp | Cause::WeHungUp | Cause::TimedOut | Cause::Unreachable => None,
        })
    }

    /// Whether nobody could be reached, if it ends by that.
    pub(crate) fn fails_by(&self, cause: Cause) -> bool {
        self.outcome(cause).0 == CallState::Failed
    }

    /// It is about to end, and nobody meant that. One that is not up has other words for it.
    pub(crate) fn cut_off_by(&mut self, what: CutOff) {
        if self.answer_us.is_some() && self.end_us.is_none() {
            self.cut_off.get_or_insert(what);
        }
    }

    /// Whether its other side went without a word.
    pub(crate) fn has_vanished(&self) -> bool {
        matches!(self.cut_off, Some(CutOff::Silent | CutOff::Gone))
    }

    /// It is over. Its end is not before its answer, whatever the clock does.
    pub(crate) fn ended(&mut self, at_us: i64, cause: Cause) {
        if self.end_us.is_some() {
            return;
        }
        if cause == Cause::TimedOut {
            self.cut_off_by(CutOff::Gone);
        }
        self.end_us = Some(at_us.max(self.answer_us.unwrap_or(self.create_us)));
        self.final_status = self.status_at(cause);
        let (state, code) = self.outcome(cause);
        self.state = state;
        self.error_code = self.error_code.take().or(code);
    }

    /// Something is wrong with it: for programs, and for people, of which the begin is kept.
    pub(crate) fn fails(&mut self, code: &str, message: &str) {
        self.error_code = Some(code.to_owned());
        self.error_message = Some(message.chars().take(crate::limits::ERROR_CHARACTERS_MAX).collect());
    }

    /// The server that conducted it died, and it ended at its last sign of life: what `end_abandoned` makes of its row.
    pub(crate) fn lost(&mut self, alive_us: i64) {
        self.cut_off_by(CutOff::Crash);
        self.end_us = Some(alive_us.max(self.answer_us.unwrap_or(alive_us)));
        self.state = if self.answer_us.is_some() {
            CallState::Completed
        } else {
            self.error_code = Some("SERVER_LOST".to_owned());
            CallState::Failed
        };
    }

    /// Writes something down, or takes it away if there is nothing to write. What is beyond the limits changes nothing.
    pub(crate) fn label(&mut self, key: &str, value: &str) {
        use crate::limits::{LABEL_BYTES_MAX, LABELS_MAX};
        let mut labels = self.labels.clone();
        if value.is_empty() {
            labels.remove(key);
        } else {
            labels.insert(key.to_owned(), value.to_owned());
        }
        let bytes: usize = labels.iter().map(|(key, value)| key.len() + value.len()).sum();
        if labels.len() <= LABELS_MAX && bytes <= LABEL_BYTES_MAX {
            self.labels = labels;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Call {
        Call {
            id: "c".to_owned(),
            project: "p".to_owned(),
            to: "sip:a@b".to_owned(),
            from: None,
            is_private: false,
            labels: BTreeMap::new(),
            direction: Direction::Incoming,
            state: CallState::Starting,
            create_method: CreateMethod::IncomingCall,
            error_code: None,
            error_message: None,
            final_status: None,
            cut_off: None,
            create_us: 1_000,
            start_us: Some(1_000),
            ring_us: None,
            answer_us: None,
            end_us: None,
            sip_call_id: None,
            originating_call: None,
            bridged: false,
            state_update_uri: None,
            participant_session: None,
        }
    }

    #[test]
    fn what_becomes_of_a_call() {
        let check = |answered: bool, cause: Cause, expected: CallState, code: Option<&str>, status: Option<u16>| {
            let mut call = begun();
            if answered {
                call.answered(2_000);
            }
            call.ended(3_000, cause);
            assert_eq!(
                (call.state, call.error_code.as_deref(), call.final_status, call.end_us,),
                (expected, code, status, Some(3_000)),
                "{cause:?}"
            );
            call.ended(4_000, Cause::Refused(500));
            assert_eq!((call.end_us, call.final_status), (Some(3_000), status), "it ends once");
        };
        check(true, Cause::HungUp, CallState::Completed, None, Some(200));
        check(true, Cause::WeHungUp, CallState::Completed, None, Some(200));
        check(true, Cause::TimedOut, CallState::Completed, None, Some(200));
        check(false, Cause::Cancelled, CallState::NotAnswered, None, Some(487));
        check(false, Cause::TimedOut, CallState::NotAnswered, None, None);
        check(false, Cause::WeHungUp, CallState::NotAnswered, None, None);
        check(false, Cause::Status(480), CallState::NotAnswered, None, Some(480));
        check(false, Cause::Status(486), CallState::Busy, None, Some(486));
        check(false, Cause::Status(600), CallState::Busy, None, Some(600));
        check(false, Cause::Status(603), CallState::Rejected, None, Some(603));
        check(false, Cause::Refused(486), CallState::Rejected, None, Some(486));
        check(false, Cause::Status(404), CallState::Failed, Some("SIP_404"), Some(404));
        check(false, Cause::Unreachable, CallState::Failed, Some("UNREACHABLE"), None);
    }

    #[test]
    fn a_call_that_was_up_and_that_nobody_meant_to_end_was_cut_off() {
        let check = |answered: bool, by: Option<CutOff>, cause: Cause, expected: Option<CutOff>| {
            let mut call = begun();
            if answered {
                call.answered(2_000);
            }
            if let Some(by) = by {
                call.cut_off_by(by);
            }
            call.ended(3_000, cause);
            call.cut_off_by(CutOff::Shutdown);
            assert_eq!(call.cut_off, expected, "{by:?} {cause:?}");
            let has_vanished = matches!(expected, Some(CutOff::Silent | CutOff::Gone));
            assert_eq!(call.has_vanished(), has_vanished, "{expected:?}");
        };
        check(true, None, Cause::HungUp, None);
        check(true, None, Cause::WeHungUp, None);
        check(true, None, Cause::TimedOut, Some(CutOff::Gone));
        check(true, Some(CutOff::Silent), Cause::WeHungUp, Some(CutOff::Silent));
        check(true, Some(CutOff::Silent), Cause::TimedOut, Some(CutOff::Silent));
        check(true, Some(CutOff::Shutdown), Cause::WeHungUp, Some(CutOff::Shutdown));
        check(false, Some(CutOff::Shutdown), Cause::WeHungUp, None);
        check(false, None, Cause::TimedOut, None);
        let lost = |answered: bool| {
            let mut call = begun();
            if answered {
                call.answered(2_000);
            }
            call.lost(3_000);
            call.cut_off
        };
        assert_eq!((lost(true), lost(false)), (Some(CutOff::Crash), None));
    }

    #[test]
    fn a_clock_that_is_set_makes_no_call_end_before_it_began() {
        let mut call = begun();
        call.answered(5_000);
        call.ended(2_000, Cause::HungUp);
        assert_eq!((call.answer_us, call.end_us), (Some(5_000), Some(5_000)));
    }

    #[test]
    fn labels_have_limits() {
        let mut call = begun();
        for number in 0..60 {
            call.label(&format!("key {number}"), "value");
        }
        assert_eq!(call.labels.len(), 50);
        call.label("key 0", &"x".repeat(11_000));
        assert_eq!(call.labels["key 0"], "value");
        call.label("key 0", "");
        assert_eq!(call.labels.len(), 49);
    }
}
