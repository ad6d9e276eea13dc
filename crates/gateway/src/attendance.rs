//! A telephone's part in a meeting: what it is told, what it asks, and the voice that its line is given.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use media::{Media, Prepared, Wired};
use telephony::line::Voice;

use crate::{
    told::{Ask, Consequence, Reader, Told},
    voice::MeetingVoice,
};

/// Somebody in a meeting by telephone. Dropping it leaves the meeting, as closing the tab does.
///
/// Its line must be given [`Attendance::voice`] within some seconds, and beats from then on: a voice that is not asked for so long is a
/// session that went silent.
pub struct Attendance {
    wired: Wired,
    voice: Arc<MeetingVoice>,
    reader: Reader,
    may_speak: AtomicBool,
    /// What follows from the text that was read last and was not told yet.
    untold: VecDeque<Told>,
    requests: AtomicU64,
}

impl Attendance {
    /// One that is to be admitted, as an answered offer is, and the telephone's end of it.
    pub fn new(media: &Media) -> (Prepared, Attendance) {
        let (prepared, wired) = media.wire();
        let voice = Arc::new(MeetingVoice::new(wired.sound()));
        let attendance = Attendance {
            wired,
            voice,
            reader: Reader::default(),
            may_speak: AtomicBool::new(true),
            untold: VecDeque::new(),
            requests: AtomicU64::new(0),
        };
        (prepared, attendance)
    }

    /// Whether the noise of its line is turned down between words. At first it is.
    #[must_use]
    pub fn suppressing_noise(self, suppresses: bool) -> Attendance {
        self.voice.suppress_noise(suppresses);
        self
    }

    /// What its line hears and says. Until it is let in that is silence both ways.
    pub fn voice(&self) -> Arc<dyn Voice> {
        Arc::clone(&self.voice) as Arc<dyn Voice>
    }

    /// The next thing that it is told; `None` once it is out and has been told why. Nothing is lost if this is not waited for to its end.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.untold.pop_front() {
                return Some(told);
            }
            let (channel, text) = self.wired.text().await?;
            for consequence in self.reader.read(channel, &text) {
                self.follow(consequence);
            }
        }
    }

    fn follow(&mut self, consequence: Consequence) {
        match consequence {
            Consequence::Tell(told) => self.untold.push_back(told),
            Consequence::Hushed => self.hush(),
            Consequence::MaySpeak(may_speak) => {
                self.may_speak.store(may_speak, Relaxed);
                // Whoever may speak again stays muted until he says otherwise.
                if !may_speak && !self.is_muted() {
                    self.hush();
                }
            }
        }
    }

    /// Somebody else has muted it. The room wants to know that this end has understood, or it would not take its word later.
    fn hush(&mut self) {
        self.voice.mute(true);
        self.ask(Ask::Muted(true));
        self.untold.push_back(Told::Muted);
    }

    /// Whether nothing of what the caller says is heard.
    pub fn is_muted(&self) -> bool {
        self.voice.is_muted()
    }

    /// Mutes the caller or lets them be heard again. Says whether they are muted now: they stay so if the meeting does not permit them to
    /// speak.
    pub fn mute(&self, is_muted: bool) -> bool {
        let is_muted = is_muted || !self.may_speak.load(Relaxed);
        self.voice.mute(is_muted);
        self.ask(Ask::Muted(is_muted));
        is_muted
    }

    /// Raises the caller's hand or lowers it. [`Told::Hand`] says when that is so.
    pub fn raise_hand(&self, is_raised: bool) {
        self.ask(Ask::Hand(is_raised));
    }

    /// Leaves the meeting. [`Told::Disconnected`] says when that is so.
    pub fn leave(&self) {
        self.ask(Ask::Leave);
    }

    fn ask(&self, ask: Ask) {
        let (channel, request) = ask.request(self.requests.fetch_add(1, Relaxed) + 1);
        if !self.wired.ask(channel, request) {
            tracing::info!(?ask, "a telephone asks for more at once than is listened to");
        }
    }
}

impl fmt::Debug for Attendance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Attendance").finish_non_exhaustive()
    }
}
