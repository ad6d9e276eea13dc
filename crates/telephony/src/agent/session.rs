//! How long a call is good without a word: session timers (RFC 4028).
//!
//! A telephone that vanishes is noticed by its silence, which a call on hold has too. So a call is refreshed by one of both sides now and
//! then, and one that was not refreshed in time is over. What is agreed on, and what is due when, are functions of messages and of the
//! time. Whoever calls us and knows nothing of timers has none; where nothing says who refreshes, whoever asked does.
//!
//! Whoever wants more time between refreshes than we ask for (422) is asked again with theirs, if that is no more than a day.

use rsipstack::sip::{Header, Headers, Method, headers::untyped};

use crate::limits;

/// Which intervals a call may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// What is asked for, in seconds.
    pub interval_s: u32,
    /// The least that is taken, in seconds.
    pub min_s: u32,
}

impl Default for Sessions {
    /// The RFC's own numbers: half an hour, and no less than a minute and a half.
    fn default() -> Sessions {
        Sessions {
            interval_s: 1_800,
            min_s: 90,
        }
    }
}

/// Who refreshes, as a message says it: whoever asked, or whoever was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Asks,
    Answers,
}

/// What a message says of timers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    interval_s: Option<u32>,
    refresher: Option<Role>,
    min_s: Option<u32>,
    knows_timers: bool,
    takes_updates: bool,
}

/// Whether a list of names has this one.
fn lists(value: &str, name: &str) -> bool {
    value.split(',').any(|listed| listed.trim().eq_ignore_ascii_case(name))
}

/// The seconds at the begin of a value: `1800;refresher=uac`.
fn seconds(value: &str) -> Option<u32> {
    value.split(';').next()?.trim().parse().ok()
}

impl Word {
    /// Reads what headers say. What cannot be read is not said.
    pub fn read(headers: &Headers) -> Word {
        let mut word = Word::default();
        for header in headers.iter() {
            match header {
                Header::SessionExpires(expires) => {
                    word.interval_s = seconds(expires.value());
                    word.refresher = refresher(expires.value());
                }
                Header::MinSE(min) => word.min_s = seconds(min.value()),
                Header::Supported(names) => word.knows_timers |= lists(names.value(), "timer"),
                Header::Allow(methods) => word.takes_updates |= lists(methods.value(), "UPDATE"),
                _ => {}
            }
        }
        word
    }
}

fn refresher(value: &str) -> Option<Role> {
    let mut parameters = value
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='));
    let (_, role) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("refresher"))?;
    match role.trim() {
        role if role.eq_ignore_ascii_case("uac") => Some(Role::Asks),
        role if role.eq_ignore_ascii_case("uas") => Some(Role::Answers),
        _ => None,
    }
}

/// They want to refresh more often than anybody needs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooShort;

/// What both sides have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    interval_s: u32,
    we_refresh: bool,
    /// By UPDATE, which touches nothing, and not by another INVITE.
    pub(super) by_update: bool,
}

impl Sessions {
    /// What comes of what somebody asks, who calls or refreshes (§9).
    pub(super) fn asked(self, word: &Word) -> Result<Option<Agreement>, TooShort> {
        let agreed = |interval_s, we_refresh| {
            Ok(Some(Agreement {
                interval_s,
                we_refresh,
                by_update: word.takes_updates,
            }))
        };
        match word.interval_s {
            Some(interval_s) if interval_s < self.min_s && word.knows_timers => Err(TooShort),
            // Somebody in between wants it, and whoever calls could not be told why not.
            Some(interval_s) if interval_s < self.min_s => Ok(None),
            Some(interval_s) => agreed(interval_s, !word.knows_timers || word.refresher == Some(Role::Answers)),
            None if word.knows_timers => agreed(self.interval_s.max(word.min_s.unwrap_or(0)), true),
            None => Ok(None),
        }
    }

    /// What comes of what somebody answers to us (§7.2).
    pub(super) fn answered(self, word: &Word) -> Option<Agreement> {
        let interval_s = word.interval_s.filter(|interval_s| *interval_s >= self.min_s)?;
        Some(Agreement {
            interval_s,
            we_refresh: word.refresher != Some(Role::Answers),
            by_update: word.takes_updates,
        })
    }

    /// What we say when we call.
    pub(super) fn offered(self) -> Vec<Header> {
        let interval = untyped::SessionExpires::new(self.interval_s.to_string());
        vec![
            Header::SessionExpires(interval),
            self.least(),
            Header::Supported("timer".into()),
        ]
    }

    /// What is asked for where somebody has said that ours is too short (§7.4). `None` is nothing that is longer, or too long.
    pub(super) fn longer(self, word: &Word) -> Option<Sessions> {
        let least_s = word.min_s.filter(|min_s| *min_s > self.interval_s)?;
        (least_s <= limits::SESSION_S_MAX).then_some(Sessions {
            interval_s: least_s,
            min_s: least_s,
        })
    }

    /// The least that we take.
    pub(super) fn least(self) -> Header {
        Header::MinSE(untyped::MinSE::new(self.min_s.to_string()))
    }
}

/// By what we say that a call may be refreshed, whoever does.
pub(super) fn methods() -> Header {
    let methods = [
        Method::Invite,
        Method::Ack,
        Method::Cancel,
        Method::Bye,
        Method::Options,
        Method::Info,
        Method::Update,
    ];
    let names: Vec<String> = methods.iter().map(Method::to_string).collect();
    Header::Allow(names.join(", ").into())
}

impl Agreement {
    fn header(self, refresher: &str) -> Header {
        let value = format!("{};refresher={refresher}", self.interval_s);
        Header::SessionExpires(untyped::SessionExpires::new(value))
    }

    /// What we answer to whoever asked for it.
    pub(super) fn answer(self) -> Vec<Header> {
        if self.we_refresh {
            vec![self.header("uas"), Header::Supported("timer".into())]
        } else {
            let required = Header::Require("timer".into());
            vec![self.header("uac"), required, Header::Supported("timer".into())]
        }
    }

    /// What we ask by when we refresh.
    pub(super) fn refresh(self) -> Vec<Header> {
        vec![self.header("uac"), Header::Supported("timer".into())]
    }
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A refresh, by us.
    Refresh,
    /// The end: nobody refreshed it.
    End,
}

/// The timer of a call that is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SessionTimer {
    pub(super) agreement: Agreement,
    refreshed_us: i64,
    is_refreshing: bool,
}

impl SessionTimer {
    /// It runs from now on: a call has begun, or was refreshed.
    pub(super) fn begin(agreement: Agreement, now_us: i64) -> SessionTimer {
        SessionTimer {
            agreement,
            refreshed_us: now_us,
            is_refreshing: false,
        }
    }

    /// When something is due.
    pub(super) fn deadline_us(&self) -> i64 {
        let interval_us = i64::from(self.agreement.interval_s) * 1_000_000;
        self.refreshed_us
            + if self.agreement.we_refresh && !self.is_refreshing {
                interval_us / 2
            } else {
                // §10: a third before the end, and no more than what an answer may take.
                interval_us - (interval_us / 3).min(32_000_000)
            }
    }

    /// What is to be done now.
    pub(super) fn due(&mut self, now_us: i64) -> Option<Due> {
        if now_us < self.deadline_us() {
            return None;
        }
        let is_ours = self.agreement.we_refresh && !self.is_refreshing;
        self.is_refreshing = true;
        Some(if is_ours { Due::Refresh } else { Due::End })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rsipstack::sip::Request;

    use super::*;

    const SESSIONS: Sessions = Sessions {
        interval_s: 1_800,
        min_s: 90,
    };

    fn word(headers: &str) -> Word {
        let text = format!("INVITE sip:a@b SIP/2.0\r\n{headers}\r\n");
        Word::read(&Request::try_from(text.as_str()).expect("a request").headers)
    }

    fn shown(headers: &[Header]) -> String {
        let shown: Vec<String> = headers.iter().map(ToString::to_string).collect();
        shown.join(" · ")
    }

    #[test]
    fn what_is_agreed_with_whoever_calls() {
        let check = |headers: &str, expected: Result<Option<&str>, TooShort>| {
            let asked = SESSIONS.asked(&word(headers));
            let asked = asked.map(|agreed| agreed.map(|agreed| shown(&agreed.answer())));
            assert_eq!(asked, expected.map(|said| said.map(str::to_owned)), "{headers}");
        };
        let (timer, by_uac) = ("Supported: 100rel, Timer\r\n", "Require: timer · Supported: timer");
        let with = |expires: &str| format!("{timer}Session-Expires: {expires}\r\n");
        check("", Ok(None));
        check(
            timer,
            Ok(Some("Session-Expires: 1800;refresher=uas · Supported: timer")),
        );
        check(
            &format!("{timer}Min-SE: 3600\r\n"),
            Ok(Some("Session-Expires: 3600;refresher=uas · Supported: timer")),
        );
        check(
            &with("600"),
            Ok(Some(&format!("Session-Expires: 600;refresher=uac · {by_uac}"))),
        );
        check(
            &with("90 ;x=y; Refresher = UAC"),
            Ok(Some(&format!("Session-Expires: 90;refresher=uac · {by_uac}"))),
        );
        check(
            &with("600;refresher=uas"),
            Ok(Some("Session-Expires: 600;refresher=uas · Supported: timer")),
        );
        check(&with("89"), Err(TooShort));
        check(&with("0"), Err(TooShort));
        check(
            &with("nonsense"),
            Ok(Some("Session-Expires: 1800;refresher=uas · Supported: timer")),
        );
        check(
            "x: 600\r\n",
            Ok(Some("Session-Expires: 600;refresher=uas · Supported: timer")),
        );
        check("Session-Expires: 10\r\n", Ok(None));
    }

    #[test]
    fn what_is_agreed_with_whoever_is_called() {
        let check = |headers: &str, expected: Option<(u32, bool, bool)>| {
            let answered = SESSIONS.answered(&word(headers));
            let answered = answered.map(|agreed| (agreed.interval_s, agreed.we_refresh, agreed.by_update));
            assert_eq!(answered, expected, "{headers}");
        };
        check("", None);
        check("Supported: timer\r\n", None);
        check("Session-Expires: 1800;refresher=uac\r\n", Some((1_800, true, false)));
        check("Session-Expires: 1800;refresher=uas\r\n", Some((1_800, false, false)));
        check(
            "Session-Expires: 90\r\nAllow: INVITE, update\r\n",
            Some((90, true, true)),
        );
        check("Session-Expires: 10;refresher=uac\r\n", None);
    }

    #[test]
    fn what_is_due_when() {
        const SECOND_US: i64 = 1_000_000;
        let check = |interval_s: u32, we_refresh: bool, expected: &[(i64, Due)]| {
            let agreement = Agreement {
                interval_s,
                we_refresh,
                by_update: false,
            };
            let mut timer = SessionTimer::begin(agreement, 0);
            for (at_s, due) in expected {
                assert_eq!(timer.due(at_s * SECOND_US - 1), None, "{interval_s} before {at_s}");
                assert_eq!(timer.due(at_s * SECOND_US), Some(*due), "{interval_s} at {at_s}");
            }
        };
        check(1_800, true, &[(900, Due::Refresh), (1_768, Due::End)]);
        check(1_800, false, &[(1_768, Due::End)]);
        check(90, true, &[(45, Due::Refresh), (60, Due::End)]);
        check(90, false, &[(60, Due::End)]);
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_is_a_panic(expires in "[0-9]{0,12}[ ;=a-z]{0,20}", min in "[0-9 ;a]{0,12}") {
            let word = word(&format!("Supported: timer\r\nSession-Expires: {expires}\r\nMin-SE: {min}\r\n"));
            if let Ok(Some(agreed)) = SESSIONS.asked(&word) {
                prop_assert!(agreed.interval_s >= SESSIONS.min_s);
                let timer = SessionTimer::begin(agreed, i64::from(u32::MAX) * 1_000_000);
                prop_assert!(timer.deadline_us() > 0);
            }
        }
    }
}
