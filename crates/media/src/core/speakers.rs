//! Who is heard: the loudest few of a room, judged by the level in each packet's header (RFC 6464). Nothing is decoded.
//!
//! Everybody hears the three loudest of the *others*. A speaker never hears himself, so the room keeps one more: three
//! places that everybody hears, each its own line, and a fourth in reserve, which is heard on the line of a speaker by
//! that speaker alone. A place is a line at every listener, so a speaker who stays keeps his line.
//!
//! Speakers must not flap: a switch costs a syllable. So levels are smoothed (quick to rise, slow to fall), a challenger
//! must be clearly louder, and a place that has just changed hands is left alone for a while. A place is not given up for
//! silence: whoever spoke last stays until somebody needs the place, so nobody's first word is cut off in a small room. Nor in a large one:
//! a place whose speaker has been silent for a while goes with the first packet that has a voice in it, and nothing is smoothed.
//!
//! A level is what a client says of itself, and a client may lie. So it is only a hint. A packet too small to hold speech is
//! silence. Speech goes up and down within a syllable, so a level that does not move counts as quiet speech at most: enough
//! for a place that nobody needs, never enough to keep one from a voice, or to take one from somebody who has just spoken.
//! Whoever lies better than that is loud without an end: after a long turn a place goes to one who speaks and waits. And no
//! lie shuts out those who moderate: they take a place when they speak, and only each other's by being louder.

use std::collections::BTreeMap;

use crate::core::Time;

/// Places that everybody hears.
pub(crate) const HEARD: usize = crate::limits::AUDIO_LINES;
const PLACES: usize = HEARD + 1;

/// How much louder a challenger must be, in decibels.
const MARGIN_DB: f32 = 6.0;
/// How long a place stays with its speaker at least.
const HOLD: Time = Time::from_millis(500);
/// Louder than this is speech (-50 dBov), quieter than the second is its end: between the two nothing changes.
const SPEECH_STARTS_DB: f32 = 77.0;
const SPEECH_ENDS_DB: f32 = 67.0;
/// Smoothing: a syllable is enough to rise, a pause between words is not enough to fall.
const RISE_S: f32 = 0.05;
const FALL_S: f32 = 0.6;
/// A publisher that sends no level is taken for somebody who speaks quietly.
const UNKNOWN_DB: f32 = 80.0;
/// The least that speech takes: Opus at its lowest rate spends 15 bytes on 20 ms, and one to three on silence.
const SPEECH_BYTES: usize = 10;
/// A level that has not moved by so much for so long is no speech, and counts for so much at most (-44 dBov).
const STIR_DB: f32 = 6.0;
const STEADY: Time = Time::from_secs(2);
const STEADY_DB: f32 = 83.0;
/// Whoever spoke a moment ago has paused for thought: it keeps its place from a level that does not move, and its turn.
const PAUSE: Time = Time::from_secs(5);
/// Whoever has had a place for so long may have to give it to one who has spoken without one for a while.
const TURN: Time = Time::from_secs(10);
const WAIT: Time = Time::from_secs(2);

/// What a packet of a microphone says of its sound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sound {
    /// 0 for the loudest and -127 for silence.
    pub(crate) level_dbov: Option<i8>,
    /// Of the payload.
    pub(crate) bytes: usize,
}

impl Sound {
    /// Nobody would miss it.
    pub(crate) fn is_pause(self) -> bool {
        self.level_dbov.is_some() && self.db() < SPEECH_ENDS_DB
    }

    fn db(self) -> f32 {
        if self.bytes < SPEECH_BYTES {
            return 0.0;
        }
        self.level_dbov
            .map_or(UNKNOWN_DB, |level| 127.0 - f32::from(level.unsigned_abs().min(127)))
    }
}

/// Where the packets of a microphone go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Everybody else hears it on this line.
    Heard(usize),
    /// Only the speakers hear it, each on the line that is his own voice for the others.
    Reserve,
}

/// The speakers of one room, named by `M`.
#[derive(Debug)]
pub(crate) struct Speakers<M> {
    voices: BTreeMap<M, Voice>,
    places: [Option<Held<M>>; PLACES],
    loudest: Option<Held<M>>,
}

#[derive(Debug, Clone, Copy)]
struct Held<M> {
    by: M,
    since: Time,
    /// It waited for its turn, and is not talked down meanwhile.
    in_turn: bool,
}

/// How firmly somebody has a place: not at all after a silence, by loudness, by turn, or because it moderates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Silence,
    Loudness,
    Turn,
    Lead,
}

/// How somebody sounds: loudness above digital silence, 0 to 127 dB.
#[derive(Debug, Clone, Copy)]
struct Voice {
    /// Smoothed.
    db: f32,
    /// That of the newest packet.
    newest_db: f32,
    at: Time,
    /// The level to which it last moved, and when that was, if it ever did.
    stirred_db: f32,
    stirred: Option<Time>,
    /// Since when it speaks, or was last displaced.
    speaks_since: Option<Time>,
    /// When it last spoke, as far as only levels that move are speech.
    spoke: Option<Time>,
    moderates: bool,
}

impl Voice {
    fn new(sound: Sound, now: Time) -> Voice {
        Voice {
            db: 0.0,
            newest_db: 0.0,
            at: now,
            stirred_db: sound.db(),
            stirred: None,
            speaks_since: None,
            spoke: None,
            moderates: false,
        }
    }

    fn hear(&mut self, sound: Sound, now: Time) {
        let db = sound.db();
        let time_s = if db > self.db { RISE_S } else { FALL_S };
        let weight = 1.0 - (-now.saturating_sub(self.at).as_secs_f32() / time_s).exp();
        self.db += (db - self.db) * weight;
        self.at = now;
        self.newest_db = db;
        if (db - self.stirred_db).abs() >= STIR_DB {
            (self.stirred_db, self.stirred) = (db, Some(now));
        }
        let level = self.level(now);
        if level >= SPEECH_STARTS_DB {
            self.speaks_since.get_or_insert(now);
            if !self.is_steady(now) {
                self.spoke = Some(now);
            }
        } else if !self.has_just_spoken(now) {
            self.speaks_since = None;
        }
    }

    fn is_steady(&self, now: Time) -> bool {
        self.stirred.is_none_or(|at| now.saturating_sub(at) >= STEADY)
    }

    /// The level that counts, as it has faded since its last packet.
    fn level(&self, now: Time) -> f32 {
        let db = self.db * (-now.saturating_sub(self.at).as_secs_f32() / FALL_S).exp();
        if self.is_steady(now) { db.min(STEADY_DB) } else { db }
    }

    /// Whether it moderates, and speaks or paused for breath.
    fn leads(&self, now: Time) -> bool {
        self.moderates && self.level(now) >= SPEECH_ENDS_DB
    }

    /// Whether it has said nothing for a while: what it sends is silence or a noise.
    fn is_silent(&self, now: Time) -> bool {
        !self.has_just_spoken(now) && (self.is_steady(now) || self.level(now) < SPEECH_ENDS_DB)
    }

    fn has_just_spoken(&self, now: Time) -> bool {
        self.spoke.is_some_and(|at| now.saturating_sub(at) < PAUSE)
    }

    /// Whether it has spoken without a place for so long that it is its turn.
    fn is_next(&self, now: Time) -> bool {
        let waits = |since| now.saturating_sub(since) >= WAIT;
        let speaks = !self.is_steady(now) && self.level(now) >= SPEECH_STARTS_DB;
        speaks && self.speaks_since.is_some_and(waits)
    }
}

impl<M: Copy + Ord> Speakers<M> {
    pub(crate) fn new() -> Speakers<M> {
        Speakers {
            voices: BTreeMap::new(),
            places: [None; PLACES],
            loudest: None,
        }
    }

    /// A packet of a microphone, of somebody who moderates or does not. Says where it is heard.
    pub(crate) fn heard(&mut self, member: M, sound: Sound, moderates: bool, now: Time) -> Option<Place> {
        let voice = self.voices.entry(member).or_insert(Voice::new(sound, now));
        voice.hear(sound, now);
        voice.moderates = moderates;
        let mut place = self.place_of(member).or_else(|| self.enter(member, now));
        if place.is_some_and(|place| place >= HEARD)
            && let Some((given, in_turn)) = self.given_up_to(member, HEARD, now)
        {
            self.places.swap(given, HEARD);
            self.places[HEARD] = self.places[HEARD].map(|held| Held { since: now, ..held });
            self.end_turn(HEARD, now);
            self.take(member, given, in_turn, now);
            place = Some(given);
        }
        self.judge_loudest(now);
        place.map(|place| {
            if place < HEARD {
                Place::Heard(place)
            } else {
                Place::Reserve
            }
        })
    }

    /// Time passes, whether anybody sends anything or not.
    pub(crate) fn pass(&mut self, now: Time) {
        self.judge_loudest(now);
    }

    /// The speaker who is marked as the current loudest, if anybody speaks.
    pub(crate) fn loudest(&self) -> Option<M> {
        self.loudest.map(|held| held.by)
    }

    /// The speakers whom everybody hears, by line.
    pub(crate) fn heard_by_all(&self) -> impl Iterator<Item = (usize, M)> + '_ {
        self.places[..HEARD]
            .iter()
            .enumerate()
            .filter_map(|(line, held)| Some((line, held.as_ref()?.by)))
    }

    /// Takes somebody out: muted or gone. Whoever was in reserve moves up.
    pub(crate) fn remove(&mut self, member: M) {
        self.voices.remove(&member);
        self.loudest.take_if(|held| held.by == member);
        if let Some(place) = self.place_of(member) {
            self.places[place] = None;
            if place < HEARD {
                self.places[place] = self.places[HEARD].take();
            }
        }
    }

    fn place_of(&self, member: M) -> Option<usize> {
        self.places
            .iter()
            .position(|held| held.is_some_and(|held| held.by == member))
    }

    fn enter(&mut self, member: M, now: Time) -> Option<usize> {
        let free = self.places.iter().position(Option::is_none);
        let free = free.map(|place| (place, false));
        let (place, in_turn) = free.or_else(|| self.given_up_to(member, PLACES, now))?;
        self.end_turn(place, now);
        self.take(member, place, in_turn, now);
        Some(place)
    }

    fn take(&mut self, by: M, place: usize, in_turn: bool, now: Time) {
        let since = now;
        self.places[place] = Some(Held { by, since, in_turn });
    }

    /// Whoever had a turn waits for the next one like all others.
    fn end_turn(&mut self, place: usize, now: Time) {
        if let Some(held) = &mut self.places[place] {
            held.in_turn = false;
            if let Some(voice) = self.voices.get_mut(&held.by) {
                voice.speaks_since = voice.speaks_since.map(|_| now);
            }
        }
    }

    /// Which of the first `places` places a member may have, and whether by its turn.
    fn given_up_to(&self, member: M, places: usize, now: Time) -> Option<(usize, bool)> {
        // A place that has just changed hands is left alone, and the next one is taken; who leads takes any that it may.
        let rests = |place: usize| self.places[place].is_some_and(|held| !has_lasted(&held, HOLD, now));
        let is_free =
            |place: &usize| !rests(*place) && (!self.leads(member, now) || self.may_displace(member, *place, now));
        if let Some(weakest) = self.weakest((0..places).filter(is_free), now)
            && self.may_displace(member, weakest, now)
        {
            return Some((weakest, false));
        }
        let is_next = self.voices.get(&member).is_some_and(|voice| voice.is_next(now));
        let held = (0..places).filter_map(|place| Some((place, self.places[place]?)));
        let had_turn = |held: &Held<M>| has_lasted(held, TURN, now) && !self.leads(held.by, now);
        let longest = held.filter(|(_, held)| is_next && had_turn(held));
        longest
            .min_by_key(|(_, held)| held.since)
            .map(|(place, _)| (place, true))
    }

    /// Of some places the one with the weakest claim, and among equals the quietest.
    fn weakest(&self, places: impl DoubleEndedIterator<Item = usize>, now: Time) -> Option<usize> {
        let strength = |place: usize| {
            let held = self.places[place];
            held.map(|held| (self.claim(held, now), self.level_of(held.by, now)))
        };
        let weaker = |a: &usize, b: &usize| match (strength(*a), strength(*b)) {
            (Some((claim, level)), Some((other, louder))) => claim.cmp(&other).then(level.total_cmp(&louder)),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        places.rev().min_by(weaker)
    }

    fn claim(&self, held: Held<M>, now: Time) -> Claim {
        let voice = self.voices.get(&held.by);
        let speaks = voice.is_some_and(|voice| voice.has_just_spoken(now));
        match () {
            () if self.leads(held.by, now) => Claim::Lead,
            () if held.in_turn && speaks && !has_lasted(&held, TURN, now) => Claim::Turn,
            () if voice.is_none_or(|voice| voice.is_silent(now)) => Claim::Silence,
            () => Claim::Loudness,
        }
    }

    fn level_of(&self, member: M, now: Time) -> f32 {
        self.voices.get(&member).map_or(0.0, |voice| voice.level(now))
    }

    fn leads(&self, member: M, now: Time) -> bool {
        self.voices.get(&member).is_some_and(|voice| voice.leads(now))
    }

    fn may_displace(&self, member: M, place: usize, now: Time) -> bool {
        let Some(held) = self.places[place] else { return true };
        if !has_lasted(&held, HOLD, now) {
            return false;
        }
        let claim = self.claim(held, now);
        if claim == Claim::Silence && self.begins_over(member, held.by, now) {
            return true;
        }
        let level = self.level_of(member, now);
        if level < SPEECH_STARTS_DB {
            return false;
        }
        let is_steady = self.voices.get(&member).is_none_or(|voice| voice.is_steady(now));
        let other = self.voices.get(&held.by);
        if is_steady && other.is_some_and(|other| other.has_just_spoken(now)) {
            return false;
        }
        let louder = level > self.level_of(held.by, now) + MARGIN_DB;
        match claim {
            Claim::Silence | Claim::Loudness => louder || self.leads(member, now),
            Claim::Turn => self.leads(member, now),
            Claim::Lead => louder && self.leads(member, now),
        }
    }

    /// Whether somebody has begun to speak, if only with this packet, and is louder than the noise of another.
    fn begins_over(&self, member: M, other: M, now: Time) -> bool {
        let voice = self.voices.get(&member).filter(|voice| !voice.is_steady(now));
        let least = SPEECH_STARTS_DB.max(self.level_of(other, now) + MARGIN_DB);
        voice.is_some_and(|voice| voice.newest_db >= least)
    }

    fn judge_loudest(&mut self, now: Time) {
        let mut candidate: Option<(M, f32)> = None;
        for held in self.places.iter().flatten() {
            let level = self.level_of(held.by, now);
            if level >= SPEECH_STARTS_DB && candidate.is_none_or(|(_, best)| level > best) {
                candidate = Some((held.by, level));
            }
        }
        if let Some(held) = self.loudest {
            let level = self.level_of(held.by, now);
            let speaks = level >= SPEECH_ENDS_DB;
            let beaten = candidate.is_some_and(|(_, best)| best > level + MARGIN_DB);
            if speaks && !(beaten && has_lasted(&held, HOLD, now)) {
                return;
            }
        }
        let next = candidate.map(|(by, _)| by);
        if next != self.loudest() {
            let (since, in_turn) = (now, false);
            self.loudest = next.map(|by| Held { by, since, in_turn });
        }
    }
}

fn has_lasted<M>(held: &Held<M>, time: Time, now: Time) -> bool {
    now.saturating_sub(held.since) >= time
}

#[cfg(test)]
mod speech;
#[cfg(test)]
mod tests;
