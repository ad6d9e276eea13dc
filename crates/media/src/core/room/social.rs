//! What people say beside their voices: chat, reactions, raised hands.
//!
//! Nothing of it is kept but the hands: a newcomer does not read what was written before it came, as it did not hear what
//! was said. A hand belongs to a participant and not to a device, and goes down when the last of its devices leaves. Whoever lost
//! the connection cannot know what was said of what they wrote, and sends it again when they are back; so the ids of the latest
//! messages are kept, and what was said once is not said twice.

use std::sync::Arc;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    admission::CardKind,
    core::{
        MemberId, Time,
        channels::{Channel, Code, HandState, Writing},
        outbox::Manner,
        resources::{ChatMessage, Hand, Reaction, Resource, ResourceKind},
        roll,
        room::{Effect, Member, Room, next, requests::Objection, rights::denied},
    },
    limits,
    rights::Right,
};

/// A message that was said, as its author named it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    participant_key: String,
    message_id: String,
}

/// A hand that is up.
#[derive(Debug)]
pub(super) struct RaisedHand {
    /// The participant's number, which is also the number of the resource.
    participant: u32,
    participant_key: String,
    raised_time: String,
}

impl RaisedHand {
    pub(super) fn resource(&self) -> Resource<'_> {
        let hand = Hand {
            participant_key: &self.participant_key,
            raised_time: &self.raised_time,
        };
        Resource {
            id: Some(self.participant),
            kind: ResourceKind::Hand(hand),
        }
    }
}

impl Room {
    pub(super) fn objection_to_chat(&mut self, id: MemberId, now: Time) -> Option<Objection> {
        let member = self.members.get_mut(&id)?;
        match () {
            () if !member.rights.include(Right::Chat) => Some(denied("the session may not write".into())),
            () if member.chat_rate.take(now) && self.chat_rate.take(now) => None,
            () => Some(too_many("messages")),
        }
    }

    pub(super) fn objection_to_reaction(&mut self, id: MemberId, now: Time) -> Option<Objection> {
        let member = self.members.get_mut(&id)?;
        match () {
            () if !member.rights.include(Right::Reactions) => Some(denied("the session may not react".into())),
            () if member.reaction_rate.take(now) && self.reaction_rate.take(now) => None,
            () => Some(too_many("reactions")),
        }
    }

    /// Says something to everybody, its author too, who then knows that it was said.
    pub(super) fn chat(&mut self, id: MemberId, writing: Writing, now: OffsetDateTime, effects: &mut Vec<Effect>) {
        let Writing { text, message_id } = writing;
        if message_id.as_ref().is_some_and(|name| self.was_said(id, name)) {
            return;
        }
        let number = next(&mut self.next_id);
        let card = &self.members[&id].entry.card;
        let message = ChatMessage {
            participant_key: &card.participant_key,
            display_name: &card.display_name,
            signed_in: matches!(card.kind, CardKind::SignedIn { .. }),
            by_program: card.by_program,
            text: &text,
            message_id: message_id.as_deref(),
            sent_time: &written(now),
        };
        let texts = roll::resources(&[Resource {
            id: Some(number),
            kind: ResourceKind::ChatMessage(message),
        }]);
        self.say(Channel::Chat, texts, effects);
    }

    /// Whether this member's participant has said this already; from now on they have.
    fn was_said(&mut self, id: MemberId, message_id: &str) -> bool {
        let said = Said {
            participant_key: self.members[&id].entry.card.participant_key.clone(),
            message_id: message_id.to_owned(),
        };
        if self.said.contains(&said) {
            return true;
        }
        self.said.truncate(limits::SAID_KEPT - 1);
        self.said.push_front(said);
        false
    }

    pub(super) fn react(&mut self, id: MemberId, emoji: &str, effects: &mut Vec<Effect>) {
        let reaction = Reaction {
            participant_key: &self.members[&id].entry.card.participant_key,
            emoji,
        };
        let texts = roll::resources(&[Resource {
            id: None,
            kind: ResourceKind::Reaction(reaction),
        }]);
        self.say(Channel::Reactions, texts, effects);
    }

    /// Says something to everybody who reads there.
    fn say(&self, channel: Channel, texts: Vec<String>, effects: &mut Vec<Effect>) {
        let manner = Manner::Saying;
        for text in texts.into_iter().map(Arc::<str>::from) {
            let readers = self.members.iter().filter(|(_, member)| member.reads(channel));
            effects.extend(readers.map(|(to, _)| Effect::Tell {
                to: *to,
                channel,
                manner,
                text: Arc::clone(&text),
            }));
        }
    }

    /// Raises a hand or lowers one. One that is so already is not told again.
    pub(super) fn set_hand(&mut self, id: MemberId, hand: &HandState, now: OffsetDateTime) {
        let entry = &self.members[&id].entry;
        let participant_key = hand.participant_key.as_ref().unwrap_or(&entry.card.participant_key);
        let raised = self
            .hands
            .iter()
            .find(|raised| raised.participant_key == *participant_key);
        match raised {
            Some(raised) if !hand.raised => self.lower(raised.participant),
            None if hand.raised => {
                let raised = RaisedHand {
                    participant: entry.participant,
                    participant_key: participant_key.clone(),
                    raised_time: written(now),
                };
                self.telling.hands.changed(raised.participant);
                self.stir();
                self.hands.push(raised);
            }
            _ => {}
        }
    }

    /// Lowers the hand of a participant, if it is up.
    pub(super) fn lower(&mut self, participant: u32) {
        self.hands.retain(|raised| raised.participant != participant);
        self.telling.hands.gone(participant);
        self.stir();
    }
}

impl Member {
    /// Everybody may lower his own hand, and a moderator any.
    pub(super) fn objection_to_hand(&mut self, hand: &HandState, now: Time) -> Option<Objection> {
        let own = &self.entry.card.participant_key;
        let others = hand.participant_key.as_ref().is_some_and(|key| key != own);
        let why = match () {
            () if others && hand.raised => "nobody raises the hand of somebody else",
            () if others && !self.rights.include(Right::LowerHands) => {
                "only a moderator lowers the hand of somebody else"
            }
            () if hand.raised && !self.rights.include(Right::Reactions) => "the session may not raise its hand",
            () => return (!self.reaction_rate.take(now)).then(|| too_many("hands")),
        };
        Some(denied(why.into()))
    }
}

fn too_many(what: &str) -> Objection {
    (
        Code::ResourceExhausted,
        format!("too many {what}; try again in a moment"),
    )
}

/// A time of day to the millisecond: more would tell nobody anything.
fn written(time: OffsetDateTime) -> String {
    let whole_ms = time.replace_millisecond(time.millisecond()).unwrap_or(time);
    whole_ms.format(&Rfc3339).expect("the year has four digits")
}
