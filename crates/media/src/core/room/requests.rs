//! What a client asks of its room on the data channels.

use crate::{
    core::{
        MemberId, Time,
        channels::{Action, Channel, Code, Layout, MediaState, Refused, Request},
        resources::{done, refused},
        roll,
        room::{Effect, Outcome, Room, tell},
    },
    limits,
};

impl Room {
    /// A client's message on a data channel.
    pub(crate) fn message(
        &mut self,
        id: MemberId,
        channel: Channel,
        text: &str,
        now: Time,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let Some(member) = self.members.get_mut(&id).filter(|member| member.present()) else {
            return Outcome::Nothing;
        };
        let in_time = member.rate.take(now);
        let result = Request::read(channel, text).and_then(|request| {
            let refuse = |code, message: String| {
                Err(Refused {
                    id: request.id,
                    code,
                    message,
                })
            };
            if !in_time {
                return refuse(Code::ResourceExhausted, "too many requests".into());
            }
            if let Action::SetAssignment(layout) = &request.action {
                let lines = member.video.len();
                if layout.canvases.len() > lines {
                    let message = format!(
                        "{} canvases, but the session has {lines} video lines",
                        layout.canvases.len()
                    );
                    return refuse(Code::InvalidArgument, message);
                }
                if layout.label.len() > limits::LABEL_BYTES {
                    return refuse(Code::InvalidArgument, "the label is too long".into());
                }
                if let Some(twice) = repeated_canvas(layout) {
                    return refuse(Code::InvalidArgument, format!("canvas {twice} is there twice"));
                }
            }
            Ok(request)
        });
        match result {
            Err(refusal) => {
                effects.push(tell(id, channel, refused(&refusal)));
                Outcome::Refused
            }
            Ok(request) => {
                effects.push(tell(id, channel, done(&request)));
                self.act(id, request.action, now, effects)
            }
        }
    }

    fn act(&mut self, id: MemberId, action: Action, now: Time, effects: &mut Vec<Effect>) -> Outcome {
        match action {
            Action::Leave => return Outcome::Leaves,
            Action::UploadMediaStats => {}
            Action::SetMediaState(state) => self.set_media_state(id, state, now, effects),
            Action::SetAssignment(layout) => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.layout = Some(layout);
                    let ranked = self.ranked();
                    self.reassign(id, &ranked, true, now, effects);
                }
            }
        }
        Outcome::Nothing
    }

    fn set_media_state(&mut self, id: MemberId, state: MediaState, now: Time, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let entry = &mut member.entry;
        let was_sharing = entry.sharing;
        entry.audio_muted = state.audio_muted.unwrap_or(entry.audio_muted);
        entry.video_muted = state.video_muted.unwrap_or(entry.video_muted);
        entry.sharing = entry.sends.screen && state.screenshare.unwrap_or(entry.sharing);
        let told = roll::resources(&entry.media_entries().collect::<Vec<_>>());
        let (main, screen) = (entry.main, entry.screen);
        let (audio_muted, video_muted, sharing) = (entry.audio_muted, entry.video_muted, entry.sharing);
        self.tell_all(Channel::MediaEntries, &told, effects);
        if was_sharing && !sharing {
            let deleted = roll::deletions(&[roll::deleted_media_entry(screen)]);
            self.tell_all(Channel::MediaEntries, &[deleted], effects);
        }
        if audio_muted {
            self.speakers.remove(id);
            for other in self.members.values_mut() {
                other.audio.iter_mut().for_each(|line| line.forget(id));
            }
        }
        if video_muted {
            self.pause(main);
        }
        self.reassign_all(now, effects);
    }
}

fn repeated_canvas(layout: &Layout) -> Option<i64> {
    let canvases = &layout.canvases;
    let repeats = |(index, id): (usize, i64)| canvases[..index].iter().any(|other| other.id == id).then_some(id);
    canvases.iter().map(|canvas| canvas.id).enumerate().find_map(repeats)
}
