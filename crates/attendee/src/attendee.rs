//! A browser on a real socket and in real time: one task each.
//!
//! What it is told is a value that everybody may watch. It lives until it is closed, which says goodbye as a tab does, or dropped,
//! which says nothing, as a machine that loses its network.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    time::Instant,
};

use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
    task::JoinHandle,
    time,
};

use crate::{Browser, Heard, Spoken, limits};

/// An offer, until somebody has answered it.
pub struct Offered {
    socket: UdpSocket,
    browser: Box<Browser>,
    sdp: String,
}

/// How far an attendee is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing was said yet.
    #[default]
    Connecting,
    /// It waits to be let in.
    Waiting,
    /// It is in.
    Joined,
    /// It was told why it is out; or `closed`, if the transport ended without a word.
    Out(String),
}

/// What was heard of a voice, and what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hearing {
    /// Packets of the voice that was asked for.
    pub received: usize,
    /// Packets that it sent itself.
    pub sent: u32,
}

/// Somebody in a meeting.
pub struct Attendee {
    task: JoinHandle<()>,
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<State>,
}

enum Order {
    Speak(bool),
    Hear {
        voice: u8,
        told: tokio::sync::oneshot::Sender<Hearing>,
    },
    Converse(Vec<Spoken>),
    TakeHeard(tokio::sync::oneshot::Sender<Vec<Heard>>),
    Lose {
        every: u32,
    },
    Close,
}

impl Offered {
    /// An offer of a client on this machine. Its sound is filled with its voice.
    pub async fn new(voice: u8) -> io::Result<Offered> {
        let socket = UdpSocket::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).await?;
        let (browser, sdp) = Browser::new(socket.local_addr()?, voice, Instant::now());
        let browser = Box::new(browser);
        Ok(Offered { socket, browser, sdp })
    }

    /// What to send to the server.
    pub fn sdp(&self) -> &str {
        &self.sdp
    }

    /// Takes the server's answer, and connects.
    pub fn accept(mut self, answer: &str) -> Attendee {
        self.browser.accept(answer, Instant::now());
        let (orders, ordered) = mpsc::channel(limits::ORDERS_MAX);
        let (told, state) = watch::channel(State::default());
        let task = tokio::spawn(live(self.browser, self.socket, ordered, told));
        Attendee { task, orders, state }
    }
}

impl Attendee {
    /// What it was told last.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until what it was told is so; gives what it is.
    pub async fn until(&mut self, mut is: impl FnMut(&State) -> bool) -> State {
        // An error is that nothing more will be told: then it stays as it is.
        let _ = self.state.wait_for(|state| is(state)).await;
        self.state()
    }

    /// Waits until it is in, waits at the door, or is out.
    pub async fn settled(&mut self) -> State {
        self.until(|state| *state != State::Connecting).await
    }

    /// Switches its microphone on or off.
    pub async fn speak(&self, speaks: bool) {
        // One whose transport has ended says nothing.
        let _ = self.orders.send(Order::Speak(speaks)).await;
    }

    /// What it has heard of a voice so far, and said itself; `None` once its transport has ended.
    pub async fn hearing(&self, voice: u8) -> Option<Hearing> {
        let (told, hearing) = tokio::sync::oneshot::channel();
        self.orders.send(Order::Hear { voice, told }).await.ok()?;
        hearing.await.ok()
    }

    /// Says this from now on, and keeps every packet of sound that comes.
    pub async fn converse(&self, speech: Vec<Spoken>) {
        // One whose transport has ended says and hears nothing.
        let _ = self.orders.send(Order::Converse(speech)).await;
    }

    /// The packets of sound that came since this was asked last, in their order on the network.
    pub async fn take_heard(&self) -> Vec<Heard> {
        let (told, heard) = tokio::sync::oneshot::channel();
        let asked = self.orders.send(Order::TakeHeard(told)).await;
        if asked.is_err() {
            return vec![];
        }
        heard.await.unwrap_or_default()
    }

    /// Has a network on which every so manieth packet of its sound is lost.
    pub async fn lose(&self, every: u32) {
        let _ = self.orders.send(Order::Lose { every }).await;
    }

    /// Closes the tab.
    pub async fn close(mut self) {
        if self.orders.send(Order::Close).await.is_ok() {
            // One that does not end by itself is ended when it is dropped.
            let _ = time::timeout(limits::GOODBYE, &mut self.task).await;
        }
    }
}

impl Drop for Attendee {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn live(
    mut browser: Box<Browser>,
    socket: UdpSocket,
    mut ordered: mpsc::Receiver<Order>,
    told: watch::Sender<State>,
) {
    let mut datagram = [0; limits::DATAGRAM_BYTES_MAX];
    let (mut loses, mut sent) = (None, 0_u32);
    loop {
        for (to, contents) in browser.turn(Instant::now()) {
            sent += u32::from(is_sound(&contents));
            if is_sound(&contents) && loses.is_some_and(|every| sent.is_multiple_of(every)) {
                continue;
            }
            // A datagram that cannot be sent is lost, as on any network.
            let _ = socket.send_to(&contents, to).await;
        }
        let state = state_of(&browser);
        let is_over = browser.is_closed() || is_alone(&browser, &state, Instant::now());
        let state = match state {
            State::Out(_) => state,
            _ if is_over => State::Out("closed".to_owned()),
            _ => state,
        };
        told.send_if_modified(|before| std::mem::replace(before, state.clone()) != state);
        if is_over {
            return;
        }
        tokio::select! {
            received = socket.recv_from(&mut datagram) => {
                if let Ok((length, from)) = received {
                    browser.receive(from, &datagram[..length], Instant::now());
                }
            }
            () = time::sleep_until(browser.next_deadline().into()) => {}
            order = ordered.recv() => match order {
                Some(Order::Speak(speaks)) => browser.speaks = speaks,
                // Whoever asked may have gone.
                Some(Order::Hear { voice, told }) => drop(told.send(Hearing {
                    received: browser.packets_of(voice),
                    sent: browser.packets_sent(),
                })),
                Some(Order::Converse(speech)) => browser.converse(speech),
                Some(Order::TakeHeard(told)) => drop(told.send(browser.take_heard())),
                Some(Order::Lose { every }) => loses = Some(every),
                Some(Order::Close) | None => browser.close(Instant::now()),
            },
        }
    }
}

/// SRTP and not SRTCP: it sends no pictures.
fn is_sound(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(64..96).contains(&(kind & 0x7f)))
}

/// Whether the server is gone.
fn is_alone(browser: &Browser, state: &State, now: Instant) -> bool {
    let patience = match state {
        State::Connecting => limits::CONNECT_WITHIN,
        _ => limits::SERVER_SILENCE,
    };
    now.saturating_duration_since(browser.last_heard_of_server) > patience
}

fn state_of(browser: &Browser) -> State {
    match browser.farewell() {
        Some(reason) => State::Out(reason.to_owned()),
        None if browser.is_joined() => State::Joined,
        None if browser.is_waiting() => State::Waiting,
        None => State::Connecting,
    }
}
