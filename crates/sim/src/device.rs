//! A device and the person at it: what they want, and what the web client does about it.
//!
//! A client that wants to be in and is not asks again every second, with the secret of its last session once it has one: a
//! server that is away, or a register that is, is waited for. A *no* of the rules of meetings is final.

use std::{fmt::Write as _, sync::Arc, time::Instant};

use meeting::{
    Arrival, ClientKey, ConferenceId, DeviceKind, DisplayName, EntryPoint, FreshIds, Input, ParticipantId, Person,
    SecretHash, SessionId, SpaceId, Standing, UserId,
};
use rooms::{Entrance, InputError, Seat};
use tokio::{sync::Notify, task::JoinHandle};

use attendee::Browser;

use crate::{limits, server::Server};

/// Somebody's device.
pub(crate) struct Device {
    /// `anna`, of device `anna2`: names without digits are people.
    pub(crate) person: String,
    pub(crate) standing: Standing,
    pub(crate) client: ClientKey,
    pub(crate) wish: Wish,
    /// What its sound is filled with.
    pub(crate) voice: u8,
    /// Whether it speaks.
    pub(crate) speaks: bool,
    /// Its network cable is pulled.
    pub(crate) is_cut: bool,
    /// It was pulled at some time: the server may not have heard of it for longer than of others.
    pub(crate) was_cut: bool,
    pub(crate) state: State,
    pub(crate) ask_at: Instant,
    /// How it was when that was last noted.
    pub(crate) noted: String,
    /// The last session that it was promised.
    pub(crate) ticket: Option<Ticket>,
    /// The last session that was in: it comes back with its secret, and into its conference.
    pub(crate) proof: Option<Ticket>,
}

/// What its person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Nothing,
    /// To be in the meeting.
    In,
    /// To have left it, and the server to know.
    Out,
}

/// What a client remembers of the last session it got.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) conference: ConferenceId,
    pub(crate) participant: ParticipantId,
    pub(crate) session: SessionId,
    pub(crate) secret: SecretHash,
    /// Whether it was told that it is in.
    pub(crate) was_in: bool,
}

impl Ticket {
    /// It is in, and perhaps under other names than it was promised.
    fn came_in(&mut self, name: &str) {
        let parts: Vec<&str> = name.split('/').collect();
        let [_, conference, _, participant, _, session] = parts[..] else {
            panic!("not the name of a session: {name}")
        };
        assert_eq!(session, self.session.as_str(), "a session keeps its id");
        self.conference = ConferenceId::parse(conference).expect("an id");
        self.participant = ParticipantId::parse(participant).expect("an id");
        self.was_in = true;
    }
}

/// How far it is.
pub(crate) enum State {
    /// Nobody has asked it, or it left.
    Away,
    /// It asked to come in.
    Asks {
        browser: Box<Browser>,
        answer: String,
        ticket: (SessionId, SecretHash),
        outcome: JoinHandle<Result<Seat, InputError>>,
    },
    /// It has an answer and a ticket, and connects, waits at the door, or is in.
    Seated { browser: Box<Browser> },
    /// It said that it leaves.
    Leaves {
        outcome: JoinHandle<Result<(), InputError>>,
    },
    /// It was told that it is out.
    Out(String),
}

/// What came of a device's turn that the world should know.
pub(crate) enum News {
    /// It was told that it is in.
    Joined(Ticket),
    /// The server has acknowledged a leave.
    Left(SessionId),
    /// Something failed; it will try again.
    Failed(String),
}

impl Device {
    pub(crate) fn new(person: &str, standing: Standing, voice: u8, now: Instant) -> Device {
        Device {
            person: person.to_owned(),
            standing,
            client: ClientKey(voice.into()),
            wish: Wish::Nothing,
            voice,
            speaks: false,
            is_cut: false,
            was_cut: false,
            state: State::Away,
            ask_at: now,
            noted: String::new(),
            ticket: None,
            proof: None,
        }
    }

    pub(crate) fn browser(&self) -> Option<&Browser> {
        match &self.state {
            State::Asks { browser, .. } | State::Seated { browser } => Some(browser),
            State::Away | State::Leaves { .. } | State::Out(_) => None,
        }
    }

    pub(crate) fn browser_mut(&mut self) -> Option<&mut Browser> {
        match &mut self.state {
            State::Asks { browser, .. } | State::Seated { browser } => Some(browser),
            State::Away | State::Leaves { .. } | State::Out(_) => None,
        }
    }

    /// Whether it has been told that it is in.
    pub(crate) fn is_in(&self) -> bool {
        matches!(&self.state, State::Seated { browser } if browser.is_joined())
    }

    /// In a word, for a script.
    pub(crate) fn describe(&self) -> String {
        match &self.state {
            State::Away => "away".to_owned(),
            State::Asks { .. } => "asks".to_owned(),
            State::Seated { browser } if browser.is_joined() => "in".to_owned(),
            State::Seated { browser } if browser.is_waiting() => "waits".to_owned(),
            State::Seated { .. } => "connects".to_owned(),
            State::Leaves { .. } => "leaves".to_owned(),
            State::Out(why) => format!("out {why}"),
        }
    }

    /// When it has something to do if nothing happens before.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let browser = self.browser().map(|browser| {
            let silence = browser.last_heard_of_server + limits::SERVER_SILENCE;
            browser.next_deadline().min(silence)
        });
        let asks = matches!(self.state, State::Away) && self.wish != Wish::Nothing;
        browser.into_iter().chain(asks.then_some(self.ask_at)).min()
    }

    /// Whether it should ask for what its person wants now.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        matches!(self.state, State::Away) && self.wish != Wish::Nothing && self.ask_at <= now
    }

    /// Asks to come in: to join, or to come back.
    pub(crate) fn ask(
        &mut self,
        server: &Server,
        space: &SpaceId,
        mut browser: Browser,
        prepared: media::Prepared,
        fresh: [[u8; 16]; 5],
        bell: &Arc<Notify>,
    ) {
        let [session, secret, conference, later_conference, participant] = fresh;
        let session = SessionId::from_random(session);
        let secret = SecretHash([secret, secret].concat().try_into().expect("twice sixteen"));
        let arrival = Arrival {
            person: self.who(),
            standing: self.standing,
            device: DeviceKind::Full,
            through: EntryPoint::Own,
            by_program: false,
            client: self.client,
            session: session.clone(),
            secret,
            presented: self.proof.as_ref().map(|proof| proof.secret),
        };
        let input = match &self.proof {
            Some(proof) => Input::Resume {
                arrival,
                conference: proof.conference.clone(),
            },
            None => Input::Join {
                arrival,
                fresh: FreshIds {
                    conference: ConferenceId::from_random(conference),
                    later_conference: ConferenceId::from_random(later_conference),
                    participant: ParticipantId::from_random(participant),
                },
            },
        };
        browser.speaks = self.speaks;
        let answer = prepared.answer_sdp().to_owned();
        let entrance = Entrance {
            prepared,
            session: session.clone(),
            email: None,
            hold: None,
        };
        let (rooms, space) = (server.rooms.clone(), space.clone());
        self.state = State::Asks {
            browser: Box::new(browser),
            answer,
            ticket: (session, secret),
            outcome: ring(bell, async move { rooms.receive(space, input, entrance).await }),
        };
    }

    /// Says that it leaves; without a session there is nothing to say.
    pub(crate) fn leave(&mut self, server: &Server, space: &SpaceId, bell: &Arc<Notify>) {
        let Some(ticket) = &self.ticket else {
            (self.state, self.wish) = (State::Away, Wish::Nothing);
            return;
        };
        let input = Input::Leave {
            session: ticket.session.clone(),
            secret: ticket.secret,
        };
        let (rooms, space) = (server.rooms.clone(), space.clone());
        let outcome = ring(bell, async move { rooms.input(space, input).await });
        self.state = State::Leaves { outcome };
    }

    /// It is switched off.
    pub(crate) fn vanish(&mut self) {
        (self.state, self.wish) = (State::Away, Wish::Nothing);
    }

    /// The server is gone: whatever was asked of it has no answer.
    pub(crate) fn hang_up(&mut self, now: Instant) {
        if matches!(self.state, State::Asks { .. } | State::Leaves { .. }) {
            self.state = State::Away;
            self.ask_at = now + limits::ASK_AGAIN;
        }
    }

    /// Takes answers, and looks at what the browser has been told.
    pub(crate) async fn look(&mut self, now: Instant) -> Option<News> {
        match std::mem::replace(&mut self.state, State::Away) {
            State::Asks {
                mut browser,
                answer,
                ticket: (session, secret),
                outcome,
            } if outcome.is_finished() => match outcome.await.expect("rooms do not panic") {
                Ok(seat) => {
                    browser.accept(&answer, now);
                    self.state = State::Seated { browser };
                    self.ticket = Some(Ticket {
                        conference: seat.conference,
                        participant: seat.participant,
                        session,
                        secret,
                        was_in: false,
                    });
                    None
                }
                Err(InputError::Refused(refusal)) => {
                    self.out(format!("{refusal:?}"));
                    None
                }
                Err(InputError::Panicked(panicked)) => panic!("rooms do not panic: {panicked}"),
                Err(other) => {
                    self.ask_at = now + limits::ASK_AGAIN;
                    Some(News::Failed(other.to_string()))
                }
            },
            State::Leaves { outcome } if outcome.is_finished() => match outcome.await.expect("rooms do not panic") {
                Ok(()) | Err(InputError::Refused(_)) => {
                    self.wish = Wish::Nothing;
                    self.ticket.as_ref().map(|ticket| News::Left(ticket.session.clone()))
                }
                Err(InputError::Panicked(panicked)) => panic!("rooms do not panic: {panicked}"),
                Err(other) => {
                    self.ask_at = now + limits::ASK_AGAIN;
                    Some(News::Failed(other.to_string()))
                }
            },
            State::Seated { browser } => {
                let ticket = self.ticket.as_mut().expect("whoever is seated has one");
                if let Some(name) = browser.joined_as().filter(|_| !ticket.was_in) {
                    ticket.came_in(name);
                    self.proof = Some(ticket.clone());
                    self.state = State::Seated { browser };
                    return self.proof.clone().map(News::Joined);
                }
                if let Some(farewell) = browser.farewell()
                    && !matches!(farewell, "REASON_SESSION_UNHEALTHY" | "RESTARTING")
                {
                    self.out(farewell.to_owned());
                    return None;
                }
                let silent = now.saturating_duration_since(browser.last_heard_of_server) >= limits::SERVER_SILENCE;
                if browser.farewell().is_some() || browser.is_closed() || silent {
                    self.ask_at = now + limits::ASK_AGAIN;
                    return Some(News::Failed("the connection is gone".to_owned()));
                }
                self.state = State::Seated { browser };
                None
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    fn out(&mut self, why: String) {
        self.wish = Wish::Nothing;
        self.state = State::Out(why);
    }

    /// Users are those whom a script gives a standing; all others are anonymous.
    fn who(&self) -> Person {
        let display_name = DisplayName::parse(&self.person).expect("a name");
        match self.standing {
            Standing::Stranger => Person::Anonymous { display_name },
            _ => Person::SignedIn {
                user: user(&self.person),
                display_name,
            },
        }
    }
}

/// Does something beside the world, and rings when it is done.
pub(crate) fn ring<T: Send + 'static>(
    bell: &Arc<Notify>,
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let bell = Arc::clone(bell);
    tokio::spawn(async move {
        let done = work.await;
        bell.notify_one();
        done
    })
}

/// The account of a person who has one.
pub(crate) fn user(person: &str) -> UserId {
    let mut digits = String::new();
    for letter in person.bytes() {
        write!(digits, "{letter:03}").expect("a string");
    }
    UserId::parse(&format!("{digits:0>21}")).expect("names of seven letters at most")
}
