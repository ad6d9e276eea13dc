//! Conducting calls: what happens to telephones goes to the script of its call, and what that says is done.
//!
//! One task for each call ([`performance`]), so that a handler that is slow holds up its own call and no other; and one that hears the
//! agent and the lines and tells each task what is its own ([`switchboard`]). A call that is made out of another is that one's business,
//! and its task's. What a script does to a call's record is written, durably, before a handler is asked: whoever hears of a call finds it.

mod arriving;
mod attending;
mod children;
mod consent;
mod dialling;
mod measured;
mod meeting;
mod opening;
mod party;
mod performance;
mod progress;
mod seeking;
#[cfg(test)]
mod simulated;
mod streaming;
mod switchboard;
mod taking;
mod whom;

use std::{net::IpAddr, sync::Arc, time::Instant};

use ipnet::IpNet;
use recording::{Spool, Store};
use telephony::{
    LegId,
    agent::{AgentEvent, Directory, Invitation, Refusal, Secrets, Terms},
    line::{Exchange, LineEvent},
};
use tokio::{
    sync::mpsc::{Receiver, Sender},
    task::JoinSet,
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

pub use dialling::{Peers, Trunk, Ways};

use crate::{
    Call, CallState, Calls, CreateMethod, DialIn, Direction, Handlers, Later, SipDomain, Speech,
    clock::now_us,
    limits, new_id,
    outgoing::Order,
    telephones::{Agent, Telephones},
};
use arriving::{Arrival, Entrance, TERMS_OF_MEETINGS, numbers_called, terms_of_trunk};
use measured::Unwritten;
use meeting::Guest;
use performance::Performance;
use switchboard::{Switchboard, Told};
use whom::Caller;

/// All that calls are conducted with.
#[derive(Clone)]
pub struct Conductor {
    /// Where they are written down.
    pub calls: Calls,
    /// The sound of their lines.
    pub exchange: Exchange,
    /// Where takes are.
    pub spool: Spool,
    /// Where recordings are kept.
    pub store: Store,
    /// Who asks.
    pub handlers: Arc<dyn Handlers>,
    /// Who speaks.
    pub speech: Arc<dyn Speech>,
    /// What names of domains end in: `sip.example.org`.
    pub domain_base: String,
    /// Whom one can call from here.
    pub ways: Arc<Ways>,
    /// From where the trunk brings calls to numbers. From nowhere, if there is none.
    pub trunk_networks: Arc<[IpNet]>,
    /// How meetings are reached.
    pub dial_in: Arc<DialIn>,
}

/// Nobody has that number: SIP's word, and the telephone network's (ITU-T Q.850, cause 1).
const NOT_THERE: Refusal = Refusal {
    status: 404,
    q850: Some(1),
};

/// Not now.
const UNAVAILABLE: Refusal = Refusal {
    status: 503,
    q850: None,
};

/// What happens to conductors, from everywhere.
#[derive(Debug)]
pub struct Events {
    /// What the agent tells.
    pub agent: Receiver<AgentEvent>,
    /// What the lines tell.
    pub lines: Receiver<LineEvent>,
}

impl Directory for Conductor {
    fn terms<'a>(&'a self, domain: &'a str, source: IpAddr) -> Later<'a, Option<Terms>> {
        Box::pin(async move {
            let id = match self.entrance(domain) {
                Entrance::Domain(id) => id,
                Entrance::Meetings => return Some(TERMS_OF_MEETINGS),
                Entrance::Trunk => return terms_of_trunk(&self.trunk_networks, source),
            };
            let found = self.domain(id).await?;
            let has_users = self.calls.has_sip_users(&found.id).await;
            let has_users = has_users.inspect_err(|error| tracing::warn!(%error, "users cannot be looked up"));
            found.terms(source, has_users.ok()?)
        })
    }

    fn secrets<'a>(&'a self, domain: &'a str, user: &'a str) -> Later<'a, Option<Secrets>> {
        Box::pin(async move {
            let Entrance::Domain(id) = self.entrance(domain) else {
                return None;
            };
            let found = self.calls.sip_secrets(id, domain, user).await;
            let found = found.inspect_err(|error| tracing::warn!(%error, "a user cannot be looked up"));
            found.ok().flatten()
        })
    }
}

impl Conductor {
    fn entrance<'a>(&self, host: &'a str) -> Entrance<'a> {
        if self.dial_in.is_gateway(host) {
            return Entrance::Meetings;
        }
        Entrance::of(host, &self.domain_base)
    }

    /// The domain with that id.
    async fn domain(&self, id: &str) -> Option<SipDomain> {
        match self.calls.domain_called(id).await {
            Ok(domain) => domain,
            Err(error) => {
                tracing::warn!(%error, "a domain cannot be looked up; its caller is not answered");
                None
            }
        }
    }

    /// Takes up what a server before this one left: its calls have ended, and its takes are finished. A call that was in a meeting ended
    /// with its session there, so meetings are to be taken up before.
    pub async fn recover(&self) -> Result<(), db::Error> {
        for (call, session) in self.calls.left_in_meetings().await? {
            if let Some(ended_us) = self.dial_in.meetings().ended_us(&session).await {
                self.calls.was_last_alive(&call, ended_us).await?;
            }
        }
        self.calls.end_abandoned().await?;
        // A store that is away holds up nobody who calls.
        for (id, trims_silence) in self.calls.pending_recordings().await? {
            let (conductor, in_hand) = (self.clone(), self.calls.hands.take(&id));
            tokio::spawn(async move { conductor.finish(&id, trims_silence, in_hand).await });
        }
        // What is kept, and whose take was not let go. The take of one that failed is all that there is of it, and stays.
        for id in self.spool.ids().unwrap_or_default() {
            if self.calls.recording_of_link(&id).await?.is_some() {
                self.let_go(&id);
            }
        }
        Ok(())
    }

    /// Conducts calls until it is stopped, and then ends those that go on.
    pub async fn conduct(self, agent: Arc<dyn Telephones>, mut events: Events, stop: CancellationToken) {
        let Some(mut orders) = self.calls.take_orders() else {
            tracing::error!("calls have a conductor already");
            return;
        };
        let mut tasks = JoinSet::new();
        let switchboard = Switchboard::default();
        let mut alive = tokio::time::interval(limits::ALIVE_EVERY);
        alive.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (mut unwritten, mut writing) = (Unwritten::default(), JoinSet::new());
        let mut measured = tokio::time::interval(limits::MEASURED_EVERY);
        measured.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(event) = events.agent.recv() => {
                    if let AgentEvent::Incoming { leg, invitation, at_us } = event {
                        let channel = switchboard.connected(leg);
                        let (conductor, agent, switchboard) = (self.clone(), agent.clone(), switchboard.clone());
                        tasks.spawn(conductor.incoming(agent, switchboard, channel, leg, invitation, at_us));
                    } else {
                        switchboard.tell(&event);
                    }
                }
                Some(event) = events.lines.recv() => switchboard.hear(&agent, event, &mut unwritten),
                // These writes are beside the loop: nobody who calls waits for them.
                _ = measured.tick(), if !unwritten.is_empty() && writing.is_empty() => {
                    writing.spawn(std::mem::take(&mut unwritten).write(self.calls.clone()));
                }
                Some(Ok(left)) = writing.join_next() => unwritten.put_back(left),
                Some(order) = orders.recv() => {
                    tasks.spawn(self.clone().ordered(agent.clone(), switchboard.clone(), order));
                }
                _ = alive.tick() => {
                    let conductor = self.clone();
                    tasks.spawn(async move { conductor.keep().await });
                }
                Some(_) = tasks.join_next() => {}
            }
        }
        drop(orders);
        self.calls.streams.stop();
        switchboard.stop(&agent);
        let ended = async {
            while !tasks.is_empty() {
                tokio::select! {
                    Some(event) = events.agent.recv() => switchboard.tell(&event),
                    Some(event) = events.lines.recv() => switchboard.hear(&agent, event, &mut unwritten),
                    Some(_) = tasks.join_next() => {}
                }
            }
            while let Ok(Some(event)) = tokio::time::timeout(limits::GONE_WITHIN, events.lines.recv()).await {
                switchboard.hear(&agent, event, &mut unwritten);
            }
        };
        if tokio::time::timeout(limits::STOPPED_WITHIN, ended).await.is_err() {
            tracing::warn!("calls that did not end in time are ended by the next start");
        }
        while let Some(Ok(left)) = writing.join_next().await {
            unwritten.put_back(left);
        }
        unwritten.write(self.calls).await;
    }

    /// Calls that go on are alive, which is written again while it cannot be, until it is time for the next signs of life: what a call
    /// loses by a death is then no more than what the database was away.
    async fn keep(&self) {
        let next = tokio::time::Instant::now() + limits::ALIVE_EVERY;
        while let Err(error) = self.keep_now().await {
            tracing::warn!(%error, "signs of life of calls cannot be written");
            if tokio::time::Instant::now() + limits::WRITTEN_AGAIN_AFTER >= next {
                return;
            }
            tokio::time::sleep(limits::WRITTEN_AGAIN_AFTER).await;
        }
    }

    async fn keep_now(&self) -> Result<(), db::Error> {
        let now_us = now_us();
        let given_up_us = now_us - i64::try_from(limits::PENDING_MAX.as_micros()).expect("ten minutes");
        self.calls.keep_alive(now_us).await?;
        self.calls.give_up_recordings(given_up_us).await
    }

    /// A call that came in.
    async fn incoming(
        self,
        agent: Agent,
        switchboard: Switchboard,
        channel: (Sender<Told>, Receiver<Told>),
        leg: LegId,
        invitation: Invitation,
        at_us: i64,
    ) {
        let arrival = match self.arrival(&invitation).await {
            Ok(arrival) => arrival,
            Err(refusal) => {
                agent.refuse(leg, refusal);
                switchboard.forget(leg);
                return;
            }
        };
        let call = Call {
            id: new_id(),
            project: arrival.project,
            to: arrival.to,
            from: arrival.from,
            is_private: invitation.is_private,
            labels: std::collections::BTreeMap::new(),
            direction: Direction::Incoming,
            state: CallState::Starting,
            create_method: CreateMethod::IncomingCall,
            error_code: None,
            error_message: None,
            final_status: None,
            cut_off: None,
            create_us: at_us,
            start_us: Some(at_us),
            ring_us: None,
            answer_us: None,
            end_us: None,
            sip_call_id: Some(invitation.sip_call_id),
            originating_call: None,
            bridged: false,
            state_update_uri: None,
            participant_session: None,
        };
        let guest = Guest {
            user: invitation.user.map(|user| (invitation.domain, user)),
            place: arrival.place,
            source: Some(invitation.source),
            is_invited: false,
        };
        let performance = Performance::new(self, agent, switchboard, channel, (leg, call))
            .calling_as(Caller::known(arrival.caller), arrival.domain)
            .meeting_as(guest);
        performance.come_in(arrival.handler_uris, arrival.recording).await;
    }

    /// Whom a call reaches that was let in.
    async fn arrival(&self, invitation: &Invitation) -> Result<Arrival, Refusal> {
        match self.entrance(&invitation.domain) {
            Entrance::Domain(id) => {
                let domain = self.domain(id).await;
                // It was deleted a moment ago.
                let domain = domain.ok_or(NOT_THERE)?;
                Arrival::at_domain(domain, invitation)
            }
            Entrance::Meetings => {
                let place = self
                    .dial_in
                    .place(invitation.source, Instant::now())
                    .ok_or(UNAVAILABLE)?;
                let arrival = Arrival::at_meetings(self.dial_in.project(), None, invitation);
                Ok(Arrival {
                    place: Some(place),
                    ..arrival
                })
            }
            Entrance::Trunk => {
                let numbers = numbers_called(invitation);
                if let Some(number) = self.dial_in.number_among(&numbers) {
                    return Ok(Arrival::at_meetings(self.dial_in.project(), Some(number), invitation));
                }
                for number in numbers {
                    let found = self.calls.number_called(&number).await.map_err(|error| {
                        tracing::error!(%error, "a number cannot be looked up; its caller is refused");
                        UNAVAILABLE
                    })?;
                    if let Some(found) = found {
                        return Ok(Arrival::at_number(found, invitation, &self.domain_base));
                    }
                }
                tracing::info!(called = ?invitation.called, "the trunk brings a call to a number of nobody");
                Err(NOT_THERE)
            }
        }
    }

    /// A call that a program wants.
    async fn ordered(self, agent: Agent, switchboard: Switchboard, order: Order) {
        let leg = LegId::next();
        let channel = switchboard.connected(leg);
        let domain = self.domain_base.clone();
        let caller = Caller {
            name: Some(order.caller),
            is_withheld: order.call.is_private,
        };
        let performance = Performance::new(self, agent, switchboard, channel, (leg, order.call))
            .calling_as(caller, domain)
            .meeting_as(Guest {
                is_invited: order.is_invited,
                ..Guest::default()
            });
        performance
            .go_out(order.handler_uris, order.recording, order.timeout)
            .await;
    }
}
