//! What a client asks of its room on the data channels.

use crate::{
    core::{
        MemberId, Moment, Time,
        channels::{Action, Channel, Code, Layout, Refused, Request},
        resources::{answer_done, answer_refused},
        roll::Entry,
        room::{Effect, Member, Outcome, Room, answer},
    },
    limits,
};

/// Why a request is not carried out.
pub(super) type Objection = (Code, String);

impl Room {
    /// A client's message on a data channel.
    pub(crate) fn message(
        &mut self,
        id: MemberId,
        channel: Channel,
        text: &str,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let Some(member) = self.members.get_mut(&id).filter(|member| member.present()) else {
            return Outcome::Nothing;
        };
        let in_time = member.rate.take(now.time);
        let result = Request::parse(channel, text).and_then(|request| {
            let objection = if in_time {
                self.objection(id, &request.action, now.time)
            } else {
                Some((Code::ResourceExhausted, "too many requests".into()))
            };
            match objection {
                None => Ok(request),
                Some((code, message)) => Err(Refused {
                    id: request.id,
                    code,
                    message,
                }),
            }
        });
        match result {
            Err(refusal) => {
                effects.push(answer(id, channel, answer_refused(&refusal)));
                Outcome::Refused
            }
            Ok(request) => {
                effects.push(answer(id, channel, answer_done(&request)));
                self.act(id, request.action, now, effects)
            }
        }
    }

    fn objection(&mut self, id: MemberId, action: &Action, now: Time) -> Option<Objection> {
        let member = self.members.get_mut(&id)?;
        match action {
            Action::Leave | Action::UploadMediaStats(_) => None,
            Action::SetMediaState(state) => member.objection_to_sending(*state),
            Action::SetAssignment(layout) => objection_to_layout(member, layout),
            Action::Send(_) => self.objection_to_chat(id, now),
            Action::React(_) => self.objection_to_reaction(id, now),
            Action::SetHand(hand) => member.objection_to_hand(hand, now),
        }
    }

    fn act(&mut self, id: MemberId, action: Action, now: Moment, effects: &mut Vec<Effect>) -> Outcome {
        match action {
            Action::Leave => return Outcome::Leaves,
            Action::UploadMediaStats(upload) => return Outcome::Uploaded(upload),
            Action::SetMediaState(state) => self.change(id, |entry| entry.say(state)),
            Action::SetAssignment(layout) => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.layout = Some(layout);
                    let ranked = self.ranked();
                    self.reassign(id, &ranked, true, now.time, effects);
                }
            }
            Action::Send(writing) => self.chat(id, writing, now.wall, effects),
            Action::React(emoji) => self.react(id, emoji, effects),
            Action::SetHand(hand) => self.set_hand(id, &hand, now.wall),
        }
        Outcome::Nothing
    }

    /// Changes what a member sends, and takes off the lines what it sends no longer, at once; everybody is told.
    pub(super) fn change(&mut self, id: MemberId, change: impl FnOnce(&mut Entry)) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let on_roll = member.on_roll();
        let entry = &mut member.entry;
        let seen = |entry: &Entry| (entry.sends.camera, entry.shows(), entry.sharing);
        let before = seen(entry);
        change(entry);
        if !on_roll {
            return;
        }
        let (main, screen) = (entry.main, entry.screen);
        let (speaks, shows, sharing) = (entry.speaks(), entry.shows(), entry.sharing);
        self.telling.unplaced |= seen(entry) != before;
        self.telling.media_entries.changed(main.0);
        if sharing {
            self.telling.media_entries.changed(screen.0);
        } else {
            self.telling.media_entries.gone(screen.0);
        }
        self.stir();
        if !speaks {
            self.speakers.remove(id);
            for other in self.members.values_mut() {
                other.audio.iter_mut().for_each(|line| line.forget(id));
            }
        }
        if !shows {
            self.pause(main);
        }
    }
}

fn objection_to_layout(member: &Member, layout: &Layout) -> Option<Objection> {
    let lines = member.video.len();
    let canvases = layout.canvases.len();
    let message = match () {
        () if canvases > lines => format!("{canvases} canvases, but the session has {lines} video lines"),
        () if layout.label.len() > limits::LABEL_BYTES => "the label is too long".into(),
        () => format!("canvas {} is there twice", repeated_canvas(layout)?),
    };
    Some((Code::InvalidArgument, message))
}

fn repeated_canvas(layout: &Layout) -> Option<i64> {
    let canvases = &layout.canvases;
    let repeats = |(index, id): (usize, i64)| canvases[..index].iter().any(|other| other.id == id).then_some(id);
    canvases.iter().map(|canvas| canvas.id).enumerate().find_map(repeats)
}
