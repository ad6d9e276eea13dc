//! A leg from its begin to its end: what is said to its dialog, and what the dialog says.

use std::net::SocketAddr;

use rsipstack::{
    dialog::dialog::{DialogState, DialogStateReceiver, TerminatedReason, TransactionHandle},
    sip::{Header, Method, Request, Response, StatusCode, Transport, Uri},
    transaction::transaction::Transaction,
    transport::SipConnection,
};
use steady::now_us;

use super::{
    Agent, AgentEvent, Cause, Heard, Invitation, Leg, Refusal, content,
    entrance::{source_of, transport_of},
    random,
    refreshing::until,
    sdp::{Description, Means},
    session::{Agreement, SessionTimer, Word, methods},
};
use crate::{
    LegId, limits,
    line::{Codec, Plan},
};

impl Agent {
    /// Somebody invites. Whoever may not is not answered.
    pub(super) async fn invited(&self, transaction: &mut Transaction) -> rsipstack::Result<()> {
        let Some(source) = source_of(transaction) else {
            return Ok(());
        };
        let Some(mut invitation) = Invitation::read(&transaction.original, source) else {
            return Ok(());
        };
        let Some(guest) = self.let_in(transaction, &invitation.domain, source).await else {
            return Ok(());
        };
        if !guest.terms.calls {
            return transaction.reply(StatusCode::Forbidden).await;
        }
        invitation.user = guest.user;
        let transport = transport_of(transaction);
        let means = self.means(transport, true);
        let Ok(offered) = Description::read_by(&transaction.original.body, means) else {
            return transaction.reply(StatusCode::NotAcceptableHere).await;
        };
        let sessions = self.inner.settings.sessions;
        let Ok(session) = sessions.asked(&Word::read(&transaction.original.headers)) else {
            let (status, least) = (StatusCode::SessionIntervalTooSmall, vec![sessions.least()]);
            return transaction.reply_with(status, least, None).await;
        };
        let leg = LegId::next();
        let is_full = self.legs().len() >= limits::LEGS_MAX;
        let local = (!is_full).then(|| self.inner.exchange.open(leg).ok()).flatten();
        let Some(local) = local else {
            return transaction.reply(StatusCode::ServiceUnavailable).await;
        };
        let (states_in, states) = self.inner.layer.new_dialog_state_channel();
        let contact = self.contact(transport);
        let layer = &self.inner.layer;
        let begun = layer.get_or_create_server_invite(transaction, states_in, None, Some(contact));
        let mut dialog = begun.inspect_err(|_| self.inner.exchange.close(leg))?;
        let watch = &self.inner.watch;
        watch.ladders.begin(&invitation.sip_call_id, invitation.is_private);
        let connection = transaction.connection.as_ref();
        watch.admitted(
            &transaction.original,
            connection.and_then(SipConnection::get_remote_addr),
        );
        let begun = Leg {
            dialog: dialog.clone(),
            is_ours: false,
            local: self.announced(local),
            means: Means {
                opus: offered.plan().sound.codec == Codec::Opus,
                ..means
            },
            is_sealed: offered.keys().is_some(),
            offered: Some(offered),
            version: 0,
            said: vec![],
            early: vec![],
            session,
            timer: None,
            is_inviting: false,
            ending: None,
            heard: Heard::Nothing,
        };
        self.legs().insert(leg, begun);
        tokio::spawn(self.clone().follow(leg, states));
        let at_us = now_us();
        self.tell(AgentEvent::Incoming { leg, invitation, at_us }).await;
        dialog.handle(transaction).await
    }

    /// Tells the caller that it rings.
    pub fn ring(&self, leg: LegId) {
        let dialog = self.legs().get(&leg).map(|leg| leg.dialog.clone());
        let Some(dialog) = dialog else { return };
        if let Err(error) = dialog.ringing(None, None) {
            tracing::debug!(%error, "a caller cannot be told that it rings");
        }
    }

    /// Answers a call: its sound flows from then on.
    pub fn answer(&self, leg: LegId) {
        let mut legs = self.legs();
        let Some(answered) = legs.get_mut(&leg) else { return };
        let Some(offered) = answered.offered.take() else { return };
        answered.version += 1;
        answered.said = offered.answer(answered.local, answered.version).into_bytes();
        self.inner.exchange.connect_sealed(leg, offered.plan(), offered.keys());
        let headers = [content(), agreed(answered.session)].concat();
        if let Err(error) = answered.dialog.accept(Some(headers), Some(answered.said.clone())) {
            tracing::debug!(%error, "a call cannot be answered");
        }
    }

    /// Refuses a call that was not answered.
    pub fn refuse(&self, leg: LegId, refusal: Refusal) {
        let dialog = self.legs().get_mut(&leg).map(|leg| {
            leg.ending = Some(Cause::Refused(refusal.status));
            leg.dialog.clone()
        });
        let reason = refusal.q850.map(|cause| format!("Q.850;cause={cause}"));
        let Some(dialog) = dialog else { return };
        if let Err(error) = dialog.reject(Some(refusal.status.into()), reason) {
            tracing::debug!(%error, "a call cannot be refused");
        }
    }

    /// Ends a call, answered or not.
    pub fn hang_up(&self, leg: LegId) {
        let ending = self.legs().get_mut(&leg).map(|leg| {
            leg.ending.get_or_insert(Cause::WeHungUp);
            (leg.dialog.clone(), leg.offered.is_some())
        });
        let Some((dialog, is_unanswered)) = ending else { return };
        if is_unanswered {
            let refusal = Refusal {
                status: 480,
                q850: None,
            };
            self.refuse(leg, refusal);
            return;
        }
        let agent = self.clone();
        tokio::spawn(async move {
            if let Err(error) = dialog.hangup().await {
                tracing::debug!(%error, "whoever is hung up on does not say so");
            }
            agent.end(leg, Cause::WeHungUp).await;
        });
    }

    /// Hears what a dialog says and keeps its time, until it ends.
    pub(super) async fn follow(self, leg: LegId, mut states: DialogStateReceiver) {
        loop {
            let deadline_us = self.deadline_us(leg);
            let state = tokio::select! {
                state = states.recv() => state,
                () = until(deadline_us) => {
                    self.time_passed(leg);
                    continue;
                }
            };
            let Some(state) = state else { return };
            let is_over = matches!(state, DialogState::Terminated(..));
            self.hear(leg, state).await;
            if is_over {
                return;
            }
        }
    }

    /// What a dialog says.
    async fn hear(&self, leg: LegId, state: DialogState) {
        if matches!(state, DialogState::Trying(_) | DialogState::Early(..))
            && let Some(leg) = self.legs().get_mut(&leg).filter(|leg| leg.heard == Heard::Nothing)
        {
            leg.heard = Heard::Something;
        }
        match state {
            DialogState::Early(_, response) if response.status_code.code() >= 180 && self.is_sought(leg) => {
                let at_us = now_us();
                self.tell(AgentEvent::Ringing { leg, at_us }).await;
                if self.is_heard_early(leg, &response.body) {
                    self.tell(AgentEvent::Early { leg }).await;
                }
            }
            DialogState::Confirmed(_, response) => self.confirmed(leg, &response).await,
            DialogState::Updated(_, request, handle) => self.updated(leg, &request, handle).await,
            DialogState::Info(_, request, handle) => {
                // Whoever does not hear of it says it again.
                let _ = handle.reply(StatusCode::OK).await;
                if let Some(digit) = digit_of(&request.body) {
                    let at_us = now_us();
                    self.tell(AgentEvent::Digit { leg, digit, at_us }).await;
                }
            }
            DialogState::Options(_, _, handle) => {
                let _ = handle.reply(StatusCode::OK).await;
            }
            DialogState::Terminated(id, reason) => {
                self.inner.layer.remove_dialog(&id);
                let cause = cause_of(&reason);
                // Of a call that we make, it may be asked again; whoever waits for its answer says.
                let is_asked_again = cause == Cause::Status(422) && self.is_ours(leg);
                if !is_asked_again {
                    self.end(leg, cause).await;
                }
            }
            _ => {}
        }
    }

    /// Whether whoever is called lets something be heard before they answer: its sound flows from then on.
    fn is_heard_early(&self, leg: LegId, body: &[u8]) -> bool {
        let mut legs = self.legs();
        let Some(early) = legs.get_mut(&leg) else { return false };
        let Some(answer) = early.agree(body) else { return false };
        early.early = body.to_vec();
        // An announcement ends, and then nothing is heard though somebody is still there.
        let plan = Plan {
            speaks: false,
            ..answer.plan()
        };
        self.inner.exchange.connect_sealed(leg, plan, answer.keys());
        true
    }

    /// Both sides know that the call is up.
    async fn confirmed(&self, leg: LegId, response: &Response) {
        let is_first = {
            let mut legs = self.legs();
            let Some(confirmed) = legs.get_mut(&leg) else { return };
            let is_first = std::mem::replace(&mut confirmed.heard, Heard::Answer) != Heard::Answer;
            // Of a call that we made, the answer is here.
            if is_first && confirmed.is_ours {
                confirmed.session = self.inner.settings.sessions.answered(&Word::read(&response.headers));
                // What was said before the answer need not be said again.
                let early = std::mem::take(&mut confirmed.early);
                let said = if response.body.is_empty() {
                    &early
                } else {
                    &response.body
                };
                if let Some(answer) = confirmed.agree(said) {
                    self.inner.exchange.connect_sealed(leg, answer.plan(), answer.keys());
                } else {
                    tracing::debug!(%leg, "an answer cannot be taken; there is no sound");
                }
            }
            if is_first {
                confirmed.timer = confirmed.session.map(|session| SessionTimer::begin(session, now_us()));
            }
            is_first
        };
        if is_first {
            let at_us = now_us();
            self.tell(AgentEvent::Answered { leg, at_us }).await;
        }
    }

    /// The other side offers something else, a hold or another address, or says that it is there.
    async fn updated(&self, leg: LegId, request: &Request, handle: TransactionHandle) {
        let (status, headers, body) = self.taken(leg, request);
        if handle.respond(status, Some(headers), body).await.is_err() {
            tracing::debug!(%leg, "an offer within a call came too late");
        }
    }

    /// What is answered to an offer within a call.
    fn taken(&self, leg: LegId, request: &Request) -> (StatusCode, Vec<Header>, Option<Vec<u8>>) {
        let sessions = self.inner.settings.sessions;
        let mut legs = self.legs();
        let Some(updated) = legs.get_mut(&leg) else {
            return (StatusCode::CallTransactionDoesNotExist, vec![], None);
        };
        if updated.is_inviting && request.method == Method::Invite {
            return (StatusCode::RequestPending, vec![], None);
        }
        let Ok(session) = sessions.asked(&Word::read(&request.headers)) else {
            return (StatusCode::SessionIntervalTooSmall, vec![sessions.least()], None);
        };
        let is_offer = !request.body.is_empty();
        if is_offer {
            let Some(offered) = updated.agree(&request.body) else {
                return (StatusCode::NotAcceptableHere, vec![], None);
            };
            updated.version += 1;
            self.inner.exchange.connect_sealed(leg, offered.plan(), offered.keys());
            updated.said = offered.answer(updated.local, updated.version).into_bytes();
        }
        updated.timer = session.map(|session| SessionTimer::begin(session, now_us()));
        // Whoever invites without an offer wants one: what stands. Otherwise it is only asked whether we are there.
        let says = is_offer || request.method == Method::Invite;
        let about = if says { content() } else { vec![] };
        let body = says.then(|| updated.said.clone());
        (StatusCode::OK, [about, agreed(session)].concat(), body)
    }

    /// It is over: told once, whoever says it first.
    pub(super) async fn end(&self, leg: LegId, cause: Cause) {
        let Some(ended) = self.legs().remove(&leg) else { return };
        self.inner.exchange.close(leg);
        let (ladders, sip_call_id) = (self.inner.watch.ladders.clone(), ended.dialog.id().call_id);
        tokio::spawn(async move {
            tokio::time::sleep(limits::LADDER_KEPT).await;
            ladders.take(&sip_call_id);
        });
        let cause = ended.ending.unwrap_or(cause);
        let at_us = now_us();
        self.tell(AgentEvent::Ended { leg, at_us, cause }).await;
    }

    /// Whether it is a call that we made.
    fn is_ours(&self, leg: LegId) -> bool {
        self.legs().get(&leg).is_some_and(|leg| leg.is_ours)
    }

    /// Whether it is a call that we make, and that nobody has answered.
    fn is_sought(&self, leg: LegId) -> bool {
        let legs = self.legs();
        legs.get(&leg)
            .is_some_and(|leg| leg.is_ours && leg.heard != Heard::Answer)
    }

    async fn tell(&self, event: AgentEvent) {
        if self.inner.events.send(event).await.is_err() {
            tracing::debug!("nobody listens to what becomes of calls");
        }
    }

    /// What can be agreed on with a telephone that is talked to by this.
    pub(super) fn means(&self, transport: Transport, opus: bool) -> Means {
        let speak_opus = self.legs().values().filter(|leg| leg.means.opus).count();
        Means {
            secret: (transport == Transport::Tls).then(random),
            opus: opus && speak_opus < limits::OPUS_LEGS_MAX,
        }
    }

    /// By which address a telephone that came by this goes on.
    pub(super) fn contact(&self, transport: Transport) -> Uri {
        let (address, parameter) = match (transport, self.inner.tls_address) {
            (Transport::Tls, Some(address)) => (address, ";transport=tls"),
            (Transport::Tcp, _) => (self.inner.address, ";transport=tcp"),
            _ => (self.inner.address, ""),
        };
        let host = SocketAddr::new(self.inner.settings.public_address, address.port());
        let text = format!("sip:sederunt@{host}{parameter}");
        Uri::try_from(text.as_str()).expect("an address of a machine is one of SIP")
    }

    /// A line as telephones reach it.
    pub(super) fn announced(&self, local: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.inner.settings.public_address, local.port())
    }
}

impl Leg {
    /// What the other side says of its sound, if that can be agreed on. What was sealed is not opened by a later word, and a leg that
    /// did not take Opus has given its place to another.
    pub(super) fn agree(&mut self, body: &[u8]) -> Option<Description> {
        let description = Description::read_by(body, self.means).ok()?;
        let is_sealed = description.keys().is_some();
        if self.is_sealed && !is_sealed {
            return None;
        }
        self.is_sealed = is_sealed;
        self.means.opus = description.plan().sound.codec == Codec::Opus;
        Some(description)
    }
}

/// What is answered of how a call is refreshed, and by what it may be.
fn agreed(session: Option<Agreement>) -> Vec<Header> {
    let said = session.map(Agreement::answer).unwrap_or_default();
    said.into_iter().chain([methods()]).collect()
}

fn cause_of(reason: &TerminatedReason) -> Cause {
    match reason {
        TerminatedReason::Timeout => Cause::TimedOut,
        TerminatedReason::UacCancel => Cause::Cancelled,
        TerminatedReason::UacBye | TerminatedReason::UasBye => Cause::HungUp,
        TerminatedReason::UacBusy | TerminatedReason::UasBusy => Cause::Status(486),
        TerminatedReason::UasDecline => Cause::Status(603),
        TerminatedReason::ProxyAuthRequired => Cause::Status(407),
        TerminatedReason::ProxyError(status)
        | TerminatedReason::UacOther(status)
        | TerminatedReason::UasOther(status) => Cause::Status(status.code()),
    }
}

/// The key that an INFO tells of (`application/dtmf-relay`, or the key alone).
fn digit_of(body: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(body).ok()?;
    let signal = text.lines().find_map(|line| line.trim().strip_prefix("Signal="));
    let key = signal.unwrap_or(text).trim();
    let mut keys = key.chars();
    let (digit, None) = (keys.next()?, keys.next()) else {
        return None;
    };
    matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D').then_some(digit)
}
