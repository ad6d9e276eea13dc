//! What waits for a session's data channels, because its transport takes no more for the moment.
//!
//! A session may read slowly, and others may say much: it then loses freshness and not its place. So of what others cause
//! only so much waits as can be argued beforehand, and nobody is put out for it. What a session asks for itself is answered
//! in full, and whoever goes on asking without reading has failed.

use std::{collections::VecDeque, sync::Arc};

use crate::{core::channels::Channel, limits};

/// What becomes of a text that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It answers what the session did: each waits, and [`limits::OUTBOX_BYTES`] of them are too many.
    Answer,
    /// A part of what is so. The room tells a session that is behind no more of it, so what waits is one telling.
    State,
    /// What is so, the whole of it on this channel: it takes the place of an earlier one.
    Newest,
    /// Which of its layers it shall send, the whole of it: it takes the place of an earlier one, and of nothing else on its channel.
    Wanted,
    /// Something that was said to everybody: the oldest give way when more than [`limits::SAYINGS_WAITING`] wait.
    Saying,
}

/// The texts that wait, in their order.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Waiting>,
    answer_bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    channel: Channel,
    manner: Manner,
    text: Arc<str>,
}

impl Outbox {
    /// Adds a text; false if the session asks for so much and reads so little that it has failed.
    pub(crate) fn push(&mut self, channel: Channel, manner: Manner, text: Arc<str>) -> bool {
        match manner {
            Manner::Answer => self.answer_bytes += text.len(),
            Manner::State => {}
            Manner::Newest | Manner::Wanted => self.make_room(channel, manner, 1),
            Manner::Saying => self.make_room(channel, manner, limits::SAYINGS_WAITING),
        }
        self.waiting.push_back(Waiting { channel, manner, text });
        self.answer_bytes <= limits::OUTBOX_BYTES
    }

    /// The text that is next.
    pub(crate) fn front(&self) -> Option<(Channel, &Arc<str>)> {
        self.waiting.front().map(|waiting| (waiting.channel, &waiting.text))
    }

    /// The text that was next has been taken.
    pub(crate) fn pop(&mut self) {
        if let Some(Waiting {
            manner: Manner::Answer,
            text,
            ..
        }) = self.waiting.pop_front()
        {
            self.answer_bytes -= text.len();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Drops the oldest that wait in a manner, so that with one more there are not more than so many.
    fn make_room(&mut self, channel: Channel, manner: Manner, most: usize) {
        let is_such = |waiting: &Waiting| (waiting.channel, waiting.manner) == (channel, manner);
        if self.waiting.iter().filter(|waiting| is_such(waiting)).count() >= most
            && let Some(oldest) = self.waiting.iter().position(is_such)
        {
            self.waiting.remove(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What waits after these, and whether the session may stay.
    fn check(pushed: &[(Channel, Manner, &str)], expected: &[&str]) {
        let mut outbox = Outbox::default();
        for (channel, manner, text) in pushed {
            assert!(outbox.push(*channel, *manner, (*text).into()));
        }
        let mut waits = vec![];
        while let Some((_, text)) = outbox.front() {
            waits.push(text.to_string());
            outbox.pop();
        }
        assert_eq!(waits, expected);
        assert!(outbox.is_empty() && outbox.answer_bytes == 0);
    }

    #[test]
    fn what_is_so_replaces_what_was_so() {
        let (moderation, assignment) = (Channel::Moderation, Channel::VideoAssignment);
        check(
            &[
                (moderation, Manner::Newest, "queue of one"),
                (assignment, Manner::Answer, "done"),
                (assignment, Manner::Newest, "ada"),
                (moderation, Manner::Newest, "queue of two"),
                (assignment, Manner::Answer, "done again"),
                (assignment, Manner::Newest, "ben"),
            ],
            &["done", "queue of two", "done again", "ben"],
        );
    }

    #[test]
    fn states_and_answers_keep_their_order() {
        check(
            &[
                (Channel::MediaEntries, Manner::State, "a"),
                (Channel::MediaEntries, Manner::Answer, "b"),
                (Channel::MediaEntries, Manner::State, "c"),
            ],
            &["a", "b", "c"],
        );
    }

    #[test]
    fn of_what_was_said_the_oldest_gives_way() {
        let mut outbox = Outbox::default();
        outbox.push(Channel::Reactions, Manner::Saying, "applause".into());
        for number in 0..10 * limits::SAYINGS_WAITING {
            assert!(outbox.push(Channel::Chat, Manner::Saying, number.to_string().into()));
        }
        assert_eq!(outbox.waiting.len(), limits::SAYINGS_WAITING + 1);
        let newest = outbox.waiting.back().map(|waiting| waiting.text.to_string());
        assert_eq!(newest, Some((10 * limits::SAYINGS_WAITING - 1).to_string()));
        assert_eq!(
            outbox.front(),
            Some((Channel::Reactions, &"applause".into())),
            "another channel"
        );
    }

    #[test]
    fn only_its_own_answers_put_a_session_out() {
        let text: Arc<str> = "x".repeat(limits::OUTBOX_BYTES / 2).into();
        let mut outbox = Outbox::default();
        for manner in [Manner::State, Manner::Newest, Manner::Saying] {
            for _ in 0..4 {
                assert!(outbox.push(Channel::Chat, manner, Arc::clone(&text)), "{manner:?}");
            }
        }
        let answers: Vec<bool> = (0..3)
            .map(|_| outbox.push(Channel::Chat, Manner::Answer, Arc::clone(&text)))
            .collect();
        assert_eq!(answers, [true, true, false]);
    }
}
