//! The packets of a room: onto which lines each one goes, and when its publisher is asked for a keyframe.
//!
//! A video packet visits only the lines that show its layer of its media entry; that list is pruned as it is walked, when a line has
//! moved on. A sound visits everybody, as everybody hears the loudest.

use crate::{
    core::{
        EntryId, LineId, MemberId, Source, Time,
        change::Wanted,
        line::Incoming,
        room::{Actions, Csrc, Effect, Forward, Member, Phase, Room, VideoLine, View},
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

    /// The decoder behind a line has lost its picture, or is about to.
    pub(crate) fn keyframe_requested(&mut self, by: MemberId, line: usize, now: Time, effects: &mut Vec<Effect>) {
        let shown = self
            .members
            .get(&by)
            .and_then(|member| member.video.get(line)?.line.current());
        if let Some(view) = shown {
            self.want_keyframe(view, now, effects);
        }
    }

    /// Somebody who records needs keyframes of a member, whether anybody sees it or not.
    pub(super) fn want_keyframes(&mut self, of: MemberId, wanted: Wanted, now: Time, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&of) else {
            return;
        };
        let sources = [(Source::Camera, wanted.camera), (Source::Screen, wanted.screen)];
        for (source, is_wanted) in sources {
            let Some(layers) = member.layers_mut(source).filter(|_| is_wanted) else {
                continue;
            };
            let spatial = layers.largest().unwrap_or_default();
            if layers.want_keyframe(spatial, now) {
                effects.push(Effect::AskKeyframe { of, source, spatial });
            }
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
        self.note_loudest(before, now);
        let loudest = self.speakers.loudest();
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

    /// Who speaks is looked at whenever a sound comes; this is for the silence after the last one.
    pub(super) fn pass_silence(&mut self, now: Time) {
        let before = self.speakers.loudest();
        self.speakers.pass(now);
        self.note_loudest(before, now);
    }

    fn note_loudest(&mut self, before: Option<MemberId>, now: Time) {
        let loudest = self.speakers.loudest();
        let Some(speaker) = loudest.filter(|_| loudest != before) else {
            return;
        };
        if let Some(member) = self.members.get_mut(&speaker) {
            member.spoke = Some(now);
        }
        self.telling.unplaced = true;
        self.stir();
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
        if self.layers_mut(shown).is_some_and(|layers| layers.arrived(packet, now)) {
            self.fit_viewers(shown, now, &mut actions.effects);
        }
        let view = View {
            entry: shown,
            spatial: packet.spatial,
        };
        let Some(viewers) = self.viewers.get_mut(&view) else {
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
            if present && let Some(rewritten) = video.forward(view, packet, now) {
                actions.forwards.push(Forward {
                    to: *to,
                    line: LineId::Video(*line),
                    rewritten,
                    csrc,
                });
            }
            waiting |= present && video.waits_for(view);
            video.concerns(view)
        });
        let View { entry, spatial } = view;
        let Some(layers) = self.layers_mut(entry) else { return };
        let due = layers.passed(spatial, packet.starts_keyframe, now);
        if due || (waiting && layers.want_keyframe(spatial, now)) {
            actions.effects.push(Effect::AskKeyframe {
                of: from,
                source,
                spatial,
            });
        }
    }

    pub(super) fn want_keyframe(&mut self, View { entry, spatial }: View, now: Time, effects: &mut Vec<Effect>) {
        let Some((of, source)) = self.owners.get(&entry).copied() else {
            return;
        };
        if self
            .layers_mut(entry)
            .is_some_and(|layers| layers.want_keyframe(spatial, now))
        {
            effects.push(Effect::AskKeyframe { of, source, spatial });
        }
    }
}
