//! The packets of a room: onto which lines each one goes, and when its publisher is asked for a keyframe.
//!
//! A video packet visits only the lines that show its media entry; that list is pruned as it is walked, when a line has
//! moved on. A sound visits everybody, as everybody hears the loudest.

use crate::{
    core::{
        EntryId, LineId, MemberId, Source, Time,
        line::Incoming,
        room::{Actions, Csrc, Effect, Forward, Member, Phase, Room, VideoLine},
        speakers::{Place, Sound},
    },
    rights::Right,
};

/// The CSRC that marks the current loudest, beside the speaker's own.
const LOUDEST_CSRC: u32 = 42;

impl Room {
    /// Whether a member's packets from a source go anywhere. What does not is looked at by nobody: neither by the selection
    /// of speakers nor by the readers of codecs.
    pub(crate) fn takes(&self, from: MemberId, source: Source) -> bool {
        let Some(member) = self.members.get(&from).filter(|member| member.present()) else {
            return false;
        };
        match source {
            Source::Microphone => member.entry.speaks(),
            Source::Camera => member.entry.shows(),
            Source::Screen => member.entry.sharing,
        }
    }

    /// A packet of a member, put on every line that it belongs on.
    pub(crate) fn forward(
        &mut self,
        from: MemberId,
        source: Source,
        packet: &Incoming,
        sound: Sound,
        now: Time,
        actions: &mut Actions,
    ) {
        if !self.takes(from, source) {
            return;
        }
        let entry = &self.members[&from].entry;
        match source {
            Source::Microphone => {
                let csrc = entry.audio_csrc;
                self.forward_audio(from, csrc, packet, sound, now, actions);
            }
            Source::Camera => {
                let (shown, [csrc]) = (entry.main, entry.camera_csrc);
                self.forward_video((from, source), shown, csrc, packet, now, actions);
            }
            Source::Screen => {
                let (shown, [csrc]) = (entry.screen, entry.screen_csrc);
                self.forward_video((from, source), shown, csrc, packet, now, actions);
            }
        }
    }

    /// The decoder behind a line has lost its picture.
    pub(crate) fn keyframe_requested(&mut self, by: MemberId, line: usize, now: Time, effects: &mut Vec<Effect>) {
        let shown = self
            .members
            .get(&by)
            .and_then(|member| member.video.get(line)?.line.current());
        if let Some(entry) = shown {
            self.want_keyframe(entry, now, effects);
        }
    }

    fn forward_audio(
        &mut self,
        from: MemberId,
        csrc: u32,
        packet: &Incoming,
        sound: Sound,
        now: Time,
        actions: &mut Actions,
    ) {
        let before = self.speakers.loudest();
        let moderates = self.members[&from].rights.include(Right::LowerHands);
        let place = self.speakers.heard(from, sound, moderates, now);
        let loudest = self.speakers.loudest();
        if let Some(speaker) = loudest.filter(|_| loudest != before) {
            if let Some(member) = self.members.get_mut(&speaker) {
                member.spoke = Some(now);
            }
            self.telling.unplaced = true;
            self.stir();
        }
        let csrc = Csrc {
            list: [csrc, LOUDEST_CSRC],
            count: 1 + usize::from(loudest == Some(from)),
        };
        let own_voice = self.members[&from].entry.person();
        let mut put = |to: MemberId, member: &mut Member, line: usize| {
            // Nobody hears their own voice, on whichever of their devices they speak and listen.
            let is_own = to == from || own_voice.is_some() && member.entry.person() == own_voice;
            let hears = member.phase == Phase::Present && !is_own;
            let Some(audio) = member.audio.get_mut(line).filter(|_| hears) else {
                return;
            };
            audio.show(from);
            if let Some(rewritten) = audio.forward(from, packet, now) {
                actions.forwards.push(Forward {
                    to,
                    line: LineId::Audio(line),
                    rewritten,
                    csrc,
                });
            }
        };
        match place {
            Some(Place::Heard(line)) => {
                for (to, member) in &mut self.members {
                    put(*to, member, line);
                }
            }
            Some(Place::Reserve) => {
                for (line, to) in self.speakers.heard_by_all() {
                    if let Some(member) = self.members.get_mut(&to) {
                        put(to, member, line);
                    }
                }
            }
            None => {}
        }
    }

    fn forward_video(
        &mut self,
        (from, source): (MemberId, Source),
        shown: EntryId,
        csrc: u32,
        packet: &Incoming,
        now: Time,
        actions: &mut Actions,
    ) {
        let Some(viewers) = self.viewers.get_mut(&shown) else {
            return;
        };
        let csrc = Csrc {
            list: [csrc, 0],
            count: 1,
        };
        let mut waiting = false;
        let members = &mut self.members;
        viewers.retain(|(to, line)| {
            let Some(member) = members.get_mut(to) else {
                return false;
            };
            let present = member.present();
            let Some(VideoLine { line: video, .. }) = member.video.get_mut(*line) else {
                return false;
            };
            if present && let Some(rewritten) = video.forward(shown, packet, now) {
                actions.forwards.push(Forward {
                    to: *to,
                    line: LineId::Video(*line),
                    rewritten,
                    csrc,
                });
            }
            waiting |= present && video.waits_for(shown);
            video.concerns(shown)
        });
        let Some(keyframes) = self.members.get_mut(&from).and_then(|member| member.keyframes(source)) else {
            return;
        };
        let due = keyframes.passed(packet.starts_keyframe, now);
        if due || (waiting && keyframes.want(now)) {
            actions.effects.push(Effect::AskKeyframe { of: from, source });
        }
    }

    pub(super) fn want_keyframe(&mut self, shown: EntryId, now: Time, effects: &mut Vec<Effect>) {
        for (id, member) in &mut self.members {
            let source = match shown {
                entry if entry == member.entry.main => Source::Camera,
                entry if entry == member.entry.screen => Source::Screen,
                _ => continue,
            };
            if member.keyframes(source).is_some_and(|keyframes| keyframes.want(now)) {
                effects.push(Effect::AskKeyframe { of: *id, source });
            }
        }
    }
}
