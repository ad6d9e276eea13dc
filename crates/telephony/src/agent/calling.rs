//! Calls that we make, until they are answered: whom they go to, how they are asked, and what is done about the answer.
//!
//! Somebody who wants a longer interval between refreshes than we ask for says 422, and is asked once more with theirs (RFC 4028 §7.4).
//! It is the same call to everybody else: the same leg, the same line, the same `Call-ID`.

use std::time::Duration;

use rsipstack::{
    dialog::{
        authenticate,
        dialog::DialogStateReceiver,
        invitation::{InviteAsyncResult, InviteOption},
        invite_dialog::InviteDialog,
    },
    sip::{Header, StatusCode, Transport, Uri, uri::ParamsExt},
    transport::SipAddr,
};
use steady::now_us;
use tokio::task::JoinHandle;

use super::{
    Agent, AgentError, By, Cause, Credential, Dial, Heard, Leg, Place, SDP, Shown,
    registrar::Reached,
    sdp::offer,
    session::{Sessions, Word, methods},
};
use crate::{LegId, limits};

/// How whoever calls is written where nobody is to know (RFC 3323 §4.1.1.3).
const NOBODY: &str = "sip:anonymous@anonymous.invalid";

/// How somebody is asked.
struct Calling {
    from: Uri,
    shown: Shown,
    callee: Uri,
    destination: SipAddr,
    contact: Uri,
    offer: String,
    sip_call_id: String,
    credential: Option<Credential>,
    timeout: Duration,
}

/// Somebody who was asked: their dialog with what it tells, and what comes of it.
struct Asked {
    dialog: InviteDialog,
    states: DialogStateReceiver,
    outcome: JoinHandle<InviteAsyncResult>,
}

impl Agent {
    /// Whom a call asks for, and where that is. Whoever is registered is where their telephone says, and behind the address that it came
    /// from.
    fn whither(&self, dial: &Dial) -> Result<(Uri, SipAddr), AgentError> {
        let wanted = address(&dial.to)?;
        match (self.registrar().find(&wanted, now_us()), dial.at) {
            (Some(Reached { contact, flow }), _) => Ok((address(&contact)?, flow.address)),
            (None, Some(Place { address, by })) => {
                let r#type = Some(match by {
                    By::Udp => Transport::Udp,
                    By::Tcp => Transport::Tcp,
                    By::Tls => Transport::Tls,
                });
                let place = SipAddr::from(address);
                Ok((wanted, SipAddr { r#type, ..place }))
            }
            (None, None) => Err(AgentError::Absent(dial.to.clone())),
        }
    }

    /// Calls somebody. What becomes of it is told.
    pub fn dial(&self, leg: LegId, dial: &Dial) -> Result<(), AgentError> {
        let from = address(&format!("sip:{}@{}", dial.caller, dial.domain))?;
        let (callee, destination) = self.whither(dial)?;
        if self.legs().len() >= limits::LEGS_MAX {
            return Err(AgentError::Full);
        }
        let local = self.inner.exchange.open(leg).map_err(|_| AgentError::Full)?;
        let local = self.announced(local);
        let flow = destination.r#type;
        let transport = flow.or_else(|| callee.transport().copied()).unwrap_or(Transport::Udp);
        let means = self.means(transport, !dial.g711_only);
        let calling = Calling {
            from,
            shown: dial.shown,
            callee,
            destination,
            contact: self.contact(transport),
            offer: offer(local, means),
            sip_call_id: dial.sip_call_id.clone(),
            credential: dial.credential.clone(),
            timeout: dial.timeout,
        };
        let ladders = &self.inner.watch.ladders;
        ladders.begin(&dial.sip_call_id, false);
        let asked = self.ask(&calling, self.inner.settings.sessions).inspect_err(|_| {
            self.inner.exchange.close(leg);
            ladders.take(&dial.sip_call_id);
        })?;
        let begun = Leg {
            dialog: asked.dialog,
            is_ours: true,
            local,
            means,
            is_sealed: means.secret.is_some(),
            offered: None,
            version: 1,
            said: calling.offer.clone().into_bytes(),
            early: vec![],
            session: None,
            timer: None,
            is_inviting: false,
            ending: None,
            heard: Heard::Nothing,
        };
        self.legs().insert(leg, begun);
        tokio::spawn(self.clone().follow(leg, asked.states));
        tokio::spawn(self.clone().wait(leg, asked.outcome, calling));
        Ok(())
    }

    fn ask(&self, calling: &Calling, sessions: Sessions) -> Result<Asked, AgentError> {
        let (states_in, states) = self.inner.layer.new_dialog_state_channel();
        let mut headers = sessions.offered();
        headers.push(methods());
        if calling.shown != Shown::ToNobody {
            headers.push(Header::PAssertedIdentity(format!("<{}>", calling.from).into()));
        }
        let (caller_display_name, caller) = match calling.shown {
            Shown::ToAll => (None, calling.from.clone()),
            Shown::ToNetwork | Shown::ToNobody => {
                headers.push(Header::Privacy("id".into()));
                (Some("Anonymous".to_owned()), address(NOBODY)?)
            }
        };
        let option = InviteOption {
            caller_display_name,
            caller,
            callee: calling.callee.clone(),
            destination: Some(calling.destination.clone()),
            call_id: Some(calling.sip_call_id.clone()),
            credential: calling.credential.as_ref().map(Credential::shown),
            content_type: Some(SDP.to_owned()),
            offer: Some(calling.offer.clone().into_bytes()),
            contact: calling.contact.clone(),
            headers: Some(headers),
            ..InviteOption::default()
        };
        let invited = self.inner.layer.do_invite_async(option, states_in);
        let (dialog, outcome) = invited.map_err(|error| AgentError::Stack(error.to_string()))?;
        Ok(Asked {
            dialog,
            states,
            outcome,
        })
    }

    /// Asks once more, with what is refreshed as seldom as whoever is called wants; `None` if nobody waits for that any more.
    fn ask_again(&self, leg: LegId, calling: &Calling, sessions: Sessions) -> Option<JoinHandle<InviteAsyncResult>> {
        let mut legs = self.legs();
        let again = legs.get_mut(&leg).filter(|leg| leg.ending.is_none())?;
        let asked = self.ask(calling, sessions);
        let asked = asked.inspect_err(|error| tracing::debug!(%leg, %error, "a call is not asked for again"));
        let Asked {
            dialog,
            states,
            outcome,
        } = asked.ok()?;
        again.dialog = dialog;
        tokio::spawn(self.clone().follow(leg, states));
        Some(outcome)
    }

    /// Waits for what becomes of a call that we make. Whoever says nothing at all for some seconds is not there.
    async fn wait(self, leg: LegId, mut outcome: JoinHandle<InviteAsyncResult>, calling: Calling) {
        let sessions = self.inner.settings.sessions;
        let mut longer = None;
        loop {
            let first = calling.timeout.min(limits::HEARD_WITHIN);
            let ended = match tokio::time::timeout(first, &mut outcome).await {
                Ok(ended) => Some(ended),
                Err(_) if first < calling.timeout && !self.is_heard_of(leg) => {
                    self.give_up(leg, Cause::Unreachable).await;
                    return;
                }
                Err(_) => tokio::time::timeout(calling.timeout.saturating_sub(first), outcome)
                    .await
                    .ok(),
            };
            match ended {
                Some(Ok(Ok((_, Some(response))))) => {
                    let is_too_short = response.status_code == StatusCode::SessionIntervalTooSmall;
                    if is_too_short && longer.is_none() {
                        longer = sessions.longer(&Word::read(&response.headers));
                        if let Some(again) = longer.and_then(|longer| self.ask_again(leg, &calling, longer)) {
                            outcome = again;
                            continue;
                        }
                    }
                    let code = response.status_code.code();
                    if code >= 300 {
                        self.end(leg, Cause::Status(code)).await;
                    }
                }
                Some(_) => self.end(leg, Cause::Unreachable).await,
                None => self.give_up(leg, Cause::TimedOut).await,
            }
            return;
        }
    }

    /// Whether whoever is called has said anything.
    fn is_heard_of(&self, leg: LegId) -> bool {
        self.legs().get(&leg).is_some_and(|leg| leg.heard != Heard::Nothing)
    }

    /// Whoever was called has not answered in time, or is not there.
    async fn give_up(&self, leg: LegId, cause: Cause) {
        let dialog = self
            .legs()
            .get_mut(&leg)
            .filter(|leg| leg.heard != Heard::Answer)
            .map(|leg| {
                leg.ending = Some(cause);
                leg.dialog.clone()
            });
        if let Some(dialog) = dialog {
            if let Err(error) = dialog.cancel().await {
                tracing::debug!(%error, "a call cannot be taken back");
            }
            self.end(leg, cause).await;
        }
    }
}

fn address(text: &str) -> Result<Uri, AgentError> {
    Uri::try_from(text).map_err(|_| AgentError::Address(text.to_owned()))
}

impl Credential {
    /// As the stack shows it to whoever asks.
    fn shown(&self) -> authenticate::Credential {
        authenticate::Credential {
            username: self.user.clone(),
            password: self.password.clone(),
            ..authenticate::Credential::default()
        }
    }
}
