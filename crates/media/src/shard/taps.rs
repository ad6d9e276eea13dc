//! The taps of a shard's rooms, and what they are told; see [`crate::tap`].

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use quality::Content;

use crate::{
    core::MemberId,
    ingress::MediaPacket,
    shard::Shard,
    tap::{End, Present, TappedPacket},
};

/// The taps, by the rooms that are there and by the names of those that are not.
#[derive(Debug, Default)]
pub(super) struct Taps {
    by_room: BTreeMap<usize, (String, End)>,
    waiting: HashMap<String, End>,
}

impl Taps {
    /// The tap of a room that begins.
    pub(super) fn room_begins(&mut self, room: usize, name: &str) {
        if let Some(tap) = self.waiting.remove_entry(name) {
            self.by_room.insert(room, tap);
        }
    }

    /// The room ends; its tap waits for the next one of its name.
    pub(super) fn room_ends(&mut self, room: usize) {
        self.waiting.extend(self.by_room.remove(&room));
    }

    /// Whether somebody has tapped a room.
    pub(super) fn is_tapped(&self, room: usize) -> bool {
        self.by_room.contains_key(&room)
    }

    /// Tells what waits, and forgets those that are over.
    pub(super) fn sweep(&mut self) {
        let lives = |end: &mut End| {
            end.flush();
            !end.is_over()
        };
        self.by_room.retain(|_, (_, end)| lives(end));
        self.waiting.retain(|_, end| lives(end));
    }
}

impl Shard {
    /// Taps a room, whether it is there or not. A tap that it has is over.
    pub(super) fn tap(&mut self, name: String, end: End, now: Instant) {
        if let Some(room) = self.directory.find_room(&name) {
            self.taps.by_room.insert(room, (name, end));
            self.observe(room, now);
        } else {
            self.taps.waiting.insert(name, end);
        }
    }

    /// Something may have changed in a room that somebody has tapped.
    pub(super) fn observe(&mut self, room: usize, now: Instant) {
        let Some((_, end)) = self.taps.by_room.get_mut(&room) else {
            return;
        };
        let Some(room) = self.rooms.get(room) else { return };
        let present = room.present().filter_map(|(id, card, sends)| {
            let session = &self.seats.get(id.0)?.session;
            Some(Present {
                id,
                session,
                card,
                sends,
            })
        });
        end.observe(&present.collect::<Vec<_>>(), now);
    }

    /// A packet that a room has taken. Of a picture that comes in several sizes one is told, the largest.
    pub(super) fn tap_packet(
        &mut self,
        key: usize,
        room: usize,
        packet: &MediaPacket,
        content: &Content,
        now: Instant,
    ) {
        let Some((_, end)) = self.taps.by_room.get_mut(&room) else {
            return;
        };
        let Some(room) = self.rooms.get_mut(room) else { return };
        if !room.is_recorded(MemberId(key), packet.source, packet.spatial, content.starts_keyframe) {
            return;
        }
        end.packet(MemberId(key), |session| TappedPacket {
            session,
            source: packet.source,
            stream: packet.stream,
            codec: packet.format.codec,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            marker: packet.marker,
            starts_keyframe: content.starts_keyframe,
            picture: content.picture,
            payload: packet.payload.clone(),
            arrived: packet.arrived,
            report: packet.report,
        });
        end.note_loudest(room.loudest(), now);
    }
}
