//! Calls that are made out of a call: they begin, are told of to its script, and are heard by it.
//!
//! Each is a call of its own, with a row from the moment on at which it was wanted; but it is conducted in the task of the one that made
//! it, so that neither outlives what the other has to know.

use std::{collections::BTreeMap, time::Duration};

use telephony::LegId;

use super::{
    party::Party,
    performance::Performance,
    progress::{Progress, progressed, write},
    switchboard::Happening,
    whom::{Caller, Otherwise, Whom},
};
use crate::{
    Call, CallState, CreateMethod, Direction,
    address::{Address, is_number, meant},
    clock::now_us,
    script::Did,
};

/// A caller as records have them: a number to whoever is called by the telephone network, and by SIP what stands in `From`.
fn shown(caller: &str, to: &str, domain: &str) -> String {
    match Address::read(to) {
        Ok(Address::Number(_)) if is_number(caller) => caller.to_owned(),
        _ => format!("sip:{caller}@{domain}"),
    }
}

impl Performance {
    /// What happened to one, as the script has to know of it.
    pub(super) async fn hear_child(&mut self, id: &str, happening: Happening) -> Option<Did> {
        let child = self.children.get_mut(id)?;
        Some(match happening {
            Happening::Digit(digit) => Did::Digit(digit),
            Happening::Early => Did::Announced,
            Happening::Played(play) if child.hears(play) => Did::Heard,
            Happening::Made { play, clip, loops } if child.hears(play) => {
                let Some(clip) = clip else { return Some(Did::Heard) };
                self.conductor.exchange.play(child.leg, play, clip, loops);
                return None;
            }
            progress => match progressed(&self.conductor, &self.agent, child, progress).await? {
                Progress::Answered => Did::Answered,
                Progress::Ended => {
                    let gone = self.children.remove(id)?;
                    self.switchboard.forget(gone.leg);
                    let state = gone.call.state;
                    self.keep_signalling(gone.call, gone.attempts);
                    Did::Ended(state)
                }
            },
        })
    }

    /// Does something with a child, if it is still there.
    pub(super) fn with(&mut self, id: &str, act: impl FnOnce(&mut Party, &Performance)) {
        if let Some(mut child) = self.children.remove(id) {
            act(&mut child, self);
            self.children.insert(id.to_owned(), child);
        }
    }

    /// Somebody is called out of this call.
    pub(super) async fn dial(&mut self, id: String, to: String, caller: Option<String>, timeout_s: i64) {
        let to = meant(&to, &self.own.call.to);
        let timeout = Duration::from_secs(u64::try_from(timeout_s).unwrap_or(0));
        let now_us = now_us();
        let caller = caller.map_or_else(|| self.caller.clone(), |caller| Caller::known(Some(caller)));
        let call = Call {
            id: id.clone(),
            project: self.own.call.project.clone(),
            to: Address::read(&to).map_or_else(|_| to.clone(), |address| address.to_string()),
            from: caller.name.as_deref().map(|name| shown(name, &to, &self.domain)),
            is_private: caller.is_private(),
            labels: BTreeMap::new(),
            direction: Direction::Outgoing,
            state: CallState::Starting,
            create_method: CreateMethod::ParentCall,
            error_code: None,
            error_message: None,
            final_status: None,
            cut_off: None,
            create_us: now_us,
            start_us: Some(now_us),
            ring_us: None,
            answer_us: None,
            end_us: None,
            sip_call_id: None,
            originating_call: Some(self.own.call.id.clone()),
            bridged: false,
            state_update_uri: None,
            participant_session: None,
        };
        let mut child = Party::new(LegId::next(), call);
        write(&self.conductor, &child.call).await;
        self.switchboard.connect(child.leg, self.task.clone());
        let otherwise = Otherwise {
            whom: Whom::only(to),
            caller,
            timeout,
        };
        child.place = self.begin_to_seek(child.leg, otherwise);
        self.children.insert(id, child);
    }

    /// The two hear each other.
    pub(super) async fn connect(&mut self, id: &str) {
        let Some(child) = self.children.get_mut(id) else { return };
        self.conductor.exchange.bridge(self.own.leg, child.leg);
        self.connected = Some(id.to_owned());
        for call in [&mut self.own.call, &mut child.call] {
            call.bridged = true;
            write(&self.conductor, call).await;
        }
        self.beep_for_connected();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_whom_others_are_called() {
        let check = |caller: &str, to: &str, expected: &str| {
            assert_eq!(shown(caller, to, "demo.sip.example"), expected, "{caller} to {to}");
        };
        check("+442071838750", "+61255501234", "+442071838750");
        check("+442071838750", "tel:+61255501234", "+442071838750");
        check(
            "+442071838750",
            "sip:bo@b.example",
            "sip:+442071838750@demo.sip.example",
        );
        check("ada", "sip:bo@b.example", "sip:ada@demo.sip.example");
        // It is not called so; its record says as whom it was to be.
        check("ada", "+61255501234", "sip:ada@demo.sip.example");
    }
}
