//! Telephones that do what a seed says, and handlers that do so too.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use audio::{Clip, FRAME_SAMPLES, g711::Law, tone};
use bytes::Bytes;
use fastrand::Rng;
use telephony::{
    LegId,
    agent::{AgentError, AgentEvent, Cause, Dial, Message, Refusal},
    line::{Codec, Lines, Plan, Reports, Sound, rtp::Packet},
};

use crate::{Answered, Ask, Cookies, Handlers, Later, Speech, SpeechError, Telephones, Unanswered, clock::now_us};

const MU: Sound = Sound {
    payload_type: 0,
    codec: Codec::G711(Law::Mu),
};

/// What handlers answer with: each goes on until somebody hangs up, or the document is over.
const DOCUMENTS: [&str; 7] = [
    "<RecordCall RecordingReadyUri=\"ready\"/><Wait DurationSeconds=\"600\"/>",
    "<RecordCall RecordingReadyUri=\"ready\"/><Wait DurationSeconds=\"4\"/><Label Key=\"k\">v</Label><Say>Bye.</Say>",
    "<Say>Speak.</Say><Record MaxDurationSeconds=\"8\" TimeoutSeconds=\"30\" RecordingReadyUri=\"ready\" NextUri=\"next\"/>",
    "<RecordCall Trigger=\"bridge\" RecordingReadyUri=\"ready\"/><Call NextUri=\"next\">sip:bo@127.0.0.1</Call>",
    "<Call Strategy=\"failover\"><Endpoint>sip:bo@127.0.0.1</Endpoint><Endpoint>sip:cy@127.0.0.1</Endpoint></Call>",
    "<Reject Reason=\"busy\"/>",
    "<Sing/>",
];

/// How a telephone's call is.
struct Telephone {
    sip_call_id: String,
    address: SocketAddr,
    is_up: bool,
    /// When it does what is next: it answers, refuses, or gives up; and once it is up, it hangs up.
    next_us: i64,
    /// By this it ends instead of being answered, if it does.
    refuses: Option<Cause>,
    frames: u32,
}

/// What is asked of telephones, and what they are, until the next beat.
#[derive(Default)]
struct Office {
    telephones: BTreeMap<LegId, Telephone>,
    /// Those that the server answers, and those whose call is over by this.
    answered: Vec<LegId>,
    over: Vec<(LegId, Cause)>,
    called: Vec<LegId>,
}

/// All telephones of one life.
pub(super) struct People {
    office: Mutex<Office>,
    dice: Mutex<Rng>,
    /// Which calls handlers have heard of: their ids.
    pub(super) heard_of: Mutex<BTreeSet<String>>,
    /// When the last telephone of each call was off, by what SIP calls it.
    pub(super) ends_us: Mutex<BTreeMap<String, i64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("whoever holds it does not panic")
}

impl People {
    pub(super) fn new(dice: Rng) -> Arc<People> {
        Arc::new(People {
            office: Mutex::default(),
            dice: Mutex::new(dice),
            heard_of: Mutex::default(),
            ends_us: Mutex::default(),
        })
    }

    fn drawn<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut lock(&self.dice))
    }

    /// In how many milliseconds something happens.
    fn in_ms(&self, range: std::ops::Range<i64>) -> i64 {
        now_us() + 1_000 * self.drawn(|dice| dice.i64(range))
    }

    fn appear(&self, leg: LegId, sip_call_id: String, next_us: i64, refuses: Option<Cause>) {
        let mut office = lock(&self.office);
        let number = u16::try_from(office.telephones.len() % 60_000).expect("below") + 1_024;
        let telephone = Telephone {
            sip_call_id,
            address: ([192, 0, 2, 1], number).into(),
            is_up: false,
            next_us,
            refuses,
            frames: 0,
        };
        office.telephones.insert(leg, telephone);
    }

    /// Somebody calls, and waits for some seconds: on which leg, which is a name for the call as well.
    pub(super) fn call(&self) -> LegId {
        let leg = LegId::next();
        let gives_up_us = self.in_ms(500..20_000);
        self.appear(leg, leg.to_string(), gives_up_us, Some(Cause::Cancelled));
        leg
    }

    /// All that are there hang up.
    pub(super) fn hang_up_all(&self) {
        let mut office = lock(&self.office);
        let legs: Vec<LegId> = office.telephones.keys().copied().collect();
        office.over.extend(legs.into_iter().map(|leg| (leg, Cause::HungUp)));
    }

    /// Whether nobody is there.
    pub(super) fn are_gone(&self) -> bool {
        lock(&self.office).telephones.is_empty()
    }

    /// What telephones do in this beat: what is told of it.
    pub(super) fn beat(&self, lines: &mut Lines) -> Vec<AgentEvent> {
        let at_us = now_us();
        let mut office = lock(&self.office);
        let mut told = vec![];
        for leg in std::mem::take(&mut office.called) {
            told.push(AgentEvent::Ringing { leg, at_us });
        }
        let mut answered = std::mem::take(&mut office.answered);
        let mut over = std::mem::take(&mut office.over);
        for (leg, telephone) in &office.telephones {
            if at_us >= telephone.next_us {
                match (telephone.is_up, telephone.refuses) {
                    (true, _) => over.push((*leg, Cause::HungUp)),
                    (false, Some(cause)) => over.push((*leg, cause)),
                    (false, None) => answered.push(*leg),
                }
            }
        }
        for leg in answered {
            let talks_until_us = self.in_ms(200..30_000);
            let Some(telephone) = office.telephones.get_mut(&leg).filter(|telephone| !telephone.is_up) else {
                continue;
            };
            (telephone.is_up, telephone.next_us) = (true, talks_until_us);
            lines.open(leg, 7, at_us);
            lines.connect(leg, plan(telephone.address), at_us);
            told.push(AgentEvent::Answered { leg, at_us });
        }
        for (leg, cause) in over {
            if let Some(gone) = office.telephones.remove(&leg) {
                lines.close(leg, at_us);
                lock(&self.ends_us).insert(gone.sip_call_id, at_us);
                told.push(AgentEvent::Ended { leg, at_us, cause });
            }
        }
        for (leg, telephone) in office.telephones.iter_mut().filter(|(_, telephone)| telephone.is_up) {
            telephone.speak(*leg, lines, at_us);
        }
        told
    }
}

fn plan(remote: SocketAddr) -> Plan {
    Plan {
        remote,
        reports: Reports::Muxed,
        sound: MU,
        events: None,
        hears: true,
        speaks: true,
    }
}

impl Telephone {
    /// Says 20 ms of a tone. It never stops while it is up, so that what is missing of it is missed.
    fn speak(&mut self, leg: LegId, lines: &mut Lines, at_us: i64) {
        let frame = std::array::from_fn(|at: usize| if at % 20 < 10 { 8_000 } else { -8_000 });
        let mut datagram = vec![];
        let packet = Packet {
            marker: self.frames == 0,
            payload_type: MU.payload_type,
            sequence: u16::try_from(self.frames % 65_536).expect("below"),
            timestamp: self.frames * u32::try_from(FRAME_SAMPLES).expect("short"),
            ssrc: 1,
            payload: &Law::Mu.encode(&frame),
        };
        packet.write(&mut datagram);
        self.frames += 1;
        lines.packet(leg, self.address, &datagram, at_us);
    }
}

impl Telephones for People {
    fn dial(&self, leg: LegId, dial: &Dial) -> Result<(), AgentError> {
        let next_us = self.in_ms(100..8_000);
        let refuses = [
            None,
            None,
            None,
            Some(Cause::Status(486)),
            Some(Cause::Status(404)),
            Some(Cause::TimedOut),
        ];
        let refuses = refuses[self.drawn(|dice| dice.usize(0..refuses.len()))];
        self.appear(leg, dial.sip_call_id.clone(), next_us, refuses);
        lock(&self.office).called.push(leg);
        Ok(())
    }

    fn answer(&self, leg: LegId) {
        lock(&self.office).answered.push(leg);
    }

    fn refuse(&self, leg: LegId, refusal: Refusal) {
        lock(&self.office).over.push((leg, Cause::Refused(refusal.status)));
    }

    fn hang_up(&self, leg: LegId) {
        lock(&self.office).over.push((leg, Cause::WeHungUp));
    }

    fn is_registered(&self, _address: &str) -> bool {
        true
    }

    fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], 5_060).into()
    }

    fn signalling(&self, _sip_call_id: &str) -> Vec<Message> {
        vec![]
    }
}

impl Handlers for People {
    fn ask<'a>(&'a self, ask: &'a Ask) -> Later<'a, Result<Answered, Unanswered>> {
        lock(&self.heard_of).insert(ask.call.id.clone());
        let (late_ms, fails) = self.drawn(|dice| (dice.u64(0..3_000), dice.u8(0..10) == 0));
        let document = DOCUMENTS[self.drawn(|dice| dice.usize(0..DOCUMENTS.len()))];
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(late_ms)).await;
            if fails {
                return Err(Unanswered("nobody is there".to_owned()));
            }
            Ok(Answered {
                document: Bytes::from(format!("<Response>{document}</Response>")),
                uri: ask.uri.clone(),
                cookies: Cookies::default(),
            })
        })
    }

    fn fetch<'a>(&'a self, _project: &'a str, _uri: &'a str) -> Later<'a, Result<Bytes, Unanswered>> {
        Box::pin(async { Err(Unanswered("there is no file".to_owned())) })
    }
}

/// It says everything as a beep.
pub(super) struct Beeps;

impl Speech for Beeps {
    fn say<'a>(&'a self, _text: &'a str, _voice: &'a str) -> Later<'a, Result<Clip, SpeechError>> {
        Box::pin(async { Ok(tone::beep()) })
    }
}
