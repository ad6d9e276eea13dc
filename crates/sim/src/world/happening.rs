//! What a scenario makes happen: to people and their devices, to the network, and to the server and its clock.

use std::time::Duration;

use attendee::Browser;
use meeting::{ClientKey, ConferenceId, Input, Settings, Standing};
use rooms::Clock as _;

use super::{Errand, SERVER, World};
use crate::{
    device::{Device, State, Wish, ring},
    limits,
};

impl World {
    /// The device of this name wants to come in.
    pub(crate) fn join(&mut self, name: &str, standing: Standing) {
        let now = self.now();
        let person = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let voice = u8::try_from(self.devices.len()).expect("few devices");
        let device = self.devices.entry(name.to_owned());
        let device = device.or_insert_with(|| Device::new(person, standing, voice, now));
        if matches!(device.state, State::Out(_)) {
            device.state = State::Away;
        }
        (device.wish, device.ask_at) = (Wish::In, now);
    }

    /// The device of this name leaves, and says so until it is heard.
    pub(crate) fn leave(&mut self, name: &str) {
        let now = self.now();
        let device = self.device(name);
        (device.state, device.wish, device.ask_at) = (State::Away, Wish::Out, now);
    }

    /// The tab is closed: the transport says goodbye, and nobody is at home any more.
    pub(crate) fn close(&mut self, name: &str) {
        let now = self.now();
        let device = self.device(name);
        if let Some(browser) = device.browser_mut() {
            browser.close(now);
        }
        self.turn_devices(now);
        self.vanish(name);
    }

    /// The device is switched off without a word.
    pub(crate) fn vanish(&mut self, name: &str) {
        self.device(name).vanish();
    }

    /// The page is loaded again: the client comes back with its secret, and the old transport is silent.
    pub(crate) fn reload(&mut self, name: &str) {
        let now = self.now();
        let device = self.device(name);
        (device.state, device.wish, device.ask_at) = (State::Away, Wish::In, now);
    }

    /// The network cable is pulled, or put back.
    pub(crate) fn cut(&mut self, name: &str, is_cut: bool) {
        let device = self.device(name);
        device.is_cut = is_cut;
        device.was_cut |= is_cut;
    }

    /// The last mile to a device gets narrow.
    pub(crate) fn narrow(&mut self, name: &str, bytes_per_second: u32) {
        let now = self.now();
        let browser = self.devices.get(name).and_then(Device::browser);
        let address = browser.expect("whoever has a last mile is there").address;
        self.link.narrow(address, bytes_per_second, now);
    }

    /// Speaks, or is silent.
    pub(crate) fn speak(&mut self, name: &str, speaks: bool) {
        let device = self.device(name);
        device.speaks = speaks;
        if let Some(browser) = device.browser_mut() {
            browser.speaks = speaks;
        }
    }

    /// So many strangers, each from another client, are answered and never send a packet.
    pub(crate) async fn crowd(&mut self, count: usize) {
        let now = self.now();
        for number in 0..count {
            let fresh = [(); 5].map(|()| self.dice.u128(..).to_be_bytes());
            let mut stranger = Device::new("nobody", Standing::Stranger, 0, now);
            stranger.client = ClientKey(u64::MAX - number as u64);
            let server = self.server.as_ref().expect("the server runs");
            let (browser, offer) = Browser::new(SERVER, 0, now);
            let prepared = server.media.answer(&offer).expect("the offer is a good one");
            stranger.ask(server, &self.space, browser, prepared, fresh, &self.bell);
            if let State::Asks { outcome, .. } = stranger.state {
                outcome
                    .await
                    .expect("rooms do not panic")
                    .expect("there is room on the way");
            }
        }
    }

    /// Writes to everybody.
    pub(crate) fn write(&mut self, name: &str, text: &str) {
        let browser = self.device(name).browser_mut();
        browser.expect("whoever writes is in").write(text);
    }

    /// A host lets a device in, or does not.
    pub(crate) fn answer_knock(&mut self, name: &str, admit: bool) {
        let conference = ConferenceId::from_random(self.dice.u128(..).to_be_bytes());
        let Some(ticket) = self.device(name).ticket.clone() else {
            return;
        };
        let session = ticket.session;
        let input = if admit {
            Input::Admit { session, conference }
        } else {
            Input::Deny { session }
        };
        self.host(if admit { "admits" } else { "denies" }, name, input);
    }

    /// A host puts somebody out, with all their devices.
    pub(crate) fn remove(&mut self, name: &str) {
        let Some(ticket) = self.device(name).ticket.clone() else {
            return;
        };
        let participant = ticket.participant;
        self.host("removes", name, Input::Remove { participant });
    }

    /// A host chooses other settings.
    pub(crate) fn configure(&mut self, what: &str, settings: Settings) {
        self.host("chooses", what, Input::Configure(settings));
    }

    /// A host does something about the recording.
    pub(crate) fn record_so(&mut self, verb: &str, input: Input) {
        self.host(verb, "the recording", input);
    }

    /// A host ends the meeting for all.
    pub(crate) fn end(&mut self) {
        self.host("ends", "the meeting", Input::EndConference);
    }

    fn host(&mut self, verb: &str, object: &str, input: Input) {
        let at = self.now();
        self.errands.push(Errand {
            what: format!("host {verb} {object}"),
            input,
            at,
            outcome: None,
        });
    }

    /// The server dies.
    pub(crate) fn crash(&mut self, how: &str) {
        let (now, died) = (self.now(), self.clock.now());
        if self.server.take().is_none() {
            return;
        }
        self.note(&format!("server dies {how}"));
        self.store.kill();
        self.stopping = None;
        self.start_at = Some(now + limits::SUPERVISOR);
        self.errands.retain(|errand| errand.outcome.is_none());
        // Then its last sign of life was written when it should be.
        let in_time = self.is_punctual && !self.store.has_failed();
        for device in self.devices.values_mut() {
            let heard = in_time && device.is_in() && !device.was_cut;
            if let Some(ticket) = device.ticket.clone().filter(|_| heard) {
                // The first time counts: a client takes seconds to notice, and by then the server may die again.
                self.promises.cut_off.entry(ticket.session).or_insert(died);
            }
            device.hang_up(now);
        }
    }

    /// The server is stopped in good order, and started again.
    pub(crate) fn stop(&mut self, patience: Duration) {
        let Some(server) = &self.server else { return };
        let rooms = server.rooms.clone();
        self.stopping = Some(ring(&self.bell, async move { rooms::drain(&rooms, patience).await }));
    }

    /// The server's process stands still for so long. What it has begun to write is written.
    pub(crate) fn pause(&mut self, duration: Duration) {
        self.paused_until = Some(self.now() + duration);
    }

    /// Somebody sets the clock on the wall.
    pub(crate) fn set_clock(&mut self, seconds: i64) {
        self.clock.set_by(seconds);
        self.is_punctual = false;
    }

    /// Everything sleeps for so long.
    pub(crate) fn sleep(&mut self, seconds: i64) {
        self.clock.sleep(seconds);
        self.is_punctual = false;
    }

    /// Notes what has come to everybody so far, line by line.
    pub(crate) fn note_taken(&mut self) {
        let taken = |(name, device): (&String, &Device)| {
            let lines = device.browser()?.taken().iter().enumerate();
            let lines = lines.filter(|(_, line)| line.packets > 0);
            let told = lines.map(|(place, line)| {
                let (packets, fingerprint) = (line.packets, line.fingerprint());
                format!("{packets} packets on line {place}, {fingerprint:016x}")
            });
            let told: Vec<String> = told.collect();
            (!told.is_empty()).then(|| format!("{name} has {}", told.join("; ")))
        };
        for taken in self.devices.iter().filter_map(taken).collect::<Vec<_>>() {
            self.note(&taken);
        }
    }
}
