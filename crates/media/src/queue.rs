//! The commands that wait for the shard: bounded, in order, and no reason to wait for either side.
//!
//! The control plane gives commands from its asynchronous tasks, each while it holds the room that the command is about, and
//! after what it follows from was written down. So giving one must not block; and most must not fail, because the register
//! has spoken: who was removed there must be gone here. A channel with a bound can only block or fail. This queue is bounded
//! by what its commands are:
//!
//! * **Entrances** ([`Command::Admit`], [`Command::KeepWaiting`], [`Command::LetIn`]) may fail, as their callers end the
//!   session again; so may taps ([`Command::Tap`]) and checks ([`Command::Check`]), which count as entrances. When
//!   [`limits::ENTRANCES_WAITING`] of them wait, the next one is [`Overloaded::Busy`].
//! * **Changes** of one session in its room are one command, however many are asked for while it waits: a later one is
//!   merged into it ([`Change::merge`]), and the room ends up the same.
//! * **Removals** come once for each session, since the ledger strikes it out with the first. They always have their place.
//!
//! * **Directions** to the door ([`Command::Direct`]) come one for each entrance that another shard's queue has taken.
//!
//! So there wait [`limits::ENTRANCES_WAITING`] entrances at most, and for each session that was there after the last turn or has
//! entered since, one change and one removal: 5,500 commands, to which the tests below hold the queue.
//!
//! A change that is merged overtakes the commands about others that were given after the first. Nothing hangs on that: a room
//! ends up the same whether somebody's rights change before or after another one enters or leaves. Entrances and removals
//! keep their order, because whoever comes back enters before the old session leaves, and the room must not end in between.
//!
//! The ledger is under the same lock, so that the shard hears of entrances and removals in its order. The lock is held for a
//! few look-ups at a time, and the shard only tries it, once in a turn; see [`Inbox::take`]. What the shard reports goes
//! another way that never waits either (`reporter`): the two planes cannot come to wait for each other.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use crate::{
    admission::{Card, Overloaded},
    connection::Connection,
    core::change::Change,
    event::DisconnectReason,
    ledger::Ledger,
    limits,
    rights::Rights,
    tap::End,
};

/// What the control plane asks for.
pub(crate) enum Command {
    Admit {
        connection: Connection,
        session: String,
        /// Another shard that shall carry what it sends and gets.
        carried_by: Option<usize>,
    },
    KeepWaiting {
        session: String,
    },
    LetIn {
        session: String,
        room: String,
        card: Card,
        rights: Rights,
    },
    Change {
        session: String,
        change: Change,
    },
    Tap {
        room: String,
        end: Box<End>,
    },
    Check {
        connection: Connection,
        hold: Hold,
    },
    /// To the door: a session with this user fragment is on another shard.
    Direct {
        ufrag: String,
        shard: usize,
    },
    Remove {
        session: String,
        reason: DisconnectReason,
    },
}

/// What is dropped when a check is over.
pub(crate) type Hold = Box<dyn Send>;

/// What waits, and who is where once it is done.
#[derive(Default)]
pub(crate) struct Queue {
    ledger: Ledger,
    waiting: Vec<Command>,
    entrances: usize,
    /// Where in `waiting` the change of a session is.
    changes: HashMap<String, usize>,
    state: State,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// The shard ends once it has done what waits.
    Stopping,
    /// There is no shard any more.
    Stopped,
}

impl fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Queue")
            .field("waiting", &self.waiting.len())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// What the shard takes in one turn.
#[derive(Default)]
pub(crate) struct Taken {
    /// In the order in which they shall be done.
    pub(crate) commands: Vec<Command>,
    /// Nothing comes after them.
    pub(crate) last: bool,
}

impl Queue {
    /// Lets a session be outside, if it may.
    pub(crate) fn admit(
        &mut self,
        connection: Connection,
        session: &str,
        carried_by: Option<usize>,
    ) -> Result<(), Overloaded> {
        self.has_space_for_entrance()?;
        self.ledger.enter(session)?;
        self.entrances += 1;
        let session = session.to_owned();
        self.push(Command::Admit {
            connection,
            session,
            carried_by,
        });
        Ok(())
    }

    /// Has a session told that it waits, if it is outside.
    pub(crate) fn keep_waiting(&mut self, session: &str) -> Result<(), Overloaded> {
        self.has_space_for_entrance()?;
        self.ledger.is_outside(session)?;
        self.entrances += 1;
        let session = session.to_owned();
        self.push(Command::KeepWaiting { session });
        Ok(())
    }

    /// Lets a session from outside into a room, if it may.
    pub(crate) fn let_in(&mut self, session: &str, room: &str, card: Card, rights: Rights) -> Result<(), Overloaded> {
        self.has_space_for_entrance()?;
        self.ledger.let_in(session, room)?;
        self.entrances += 1;
        self.push(Command::LetIn {
            session: session.to_owned(),
            room: room.to_owned(),
            card,
            rights,
        });
        Ok(())
    }

    /// Taps a room. It counts as an entrance: whoever asks can ask again.
    pub(crate) fn tap(&mut self, room: &str, end: End) -> Result<(), Overloaded> {
        self.has_space_for_entrance()?;
        self.entrances += 1;
        self.push(Command::Tap {
            room: room.to_owned(),
            end: Box::new(end),
        });
        Ok(())
    }

    /// Lets a check of the network begin. It counts as an entrance, and is in no ledger: it ends by itself.
    pub(crate) fn check(&mut self, connection: Connection, hold: Hold) -> Result<(), Overloaded> {
        self.has_space_for_entrance()?;
        self.entrances += 1;
        self.push(Command::Check { connection, hold });
        Ok(())
    }

    /// Has the door pass on who comes with a user fragment. There is one for each entrance that another shard has taken, which is what
    /// bounds them.
    pub(crate) fn direct(&mut self, ufrag: String, shard: usize) {
        self.push(Command::Direct { ufrag, shard });
    }

    /// Changes something for a session in its room. One that is not there is nobody's mistake: it may have left this moment.
    pub(crate) fn change(&mut self, session: &str, change: Change) {
        if !self.ledger.is_in_room(session) {
            return;
        }
        let waiting = self.changes.get(session).and_then(|index| self.waiting.get_mut(*index));
        if let Some(Command::Change { change: earlier, .. }) = waiting {
            earlier.merge(change);
            return;
        }
        let session = session.to_owned();
        self.changes.insert(session.clone(), self.waiting.len());
        self.push(Command::Change { session, change });
    }

    /// Takes a session out. One that is not there is nobody's mistake.
    pub(crate) fn remove(&mut self, session: &str, reason: DisconnectReason) {
        if self.ledger.leave(session) {
            // What is asked of another session of this name comes after the removal of this one.
            self.changes.remove(session);
            let session = session.to_owned();
            self.push(Command::Remove { session, reason });
        }
    }

    /// Nothing comes after this.
    pub(crate) fn stop(&mut self) {
        self.state = State::Stopping;
    }

    fn has_space_for_entrance(&self) -> Result<(), Overloaded> {
        match self.state {
            State::Stopping | State::Stopped => Err(Overloaded::Stopped),
            State::Open if self.entrances >= limits::ENTRANCES_WAITING => Err(Overloaded::Busy),
            State::Open => Ok(()),
        }
    }

    fn push(&mut self, command: Command) {
        // A shard that is gone has no sessions left.
        if self.state != State::Stopped {
            self.waiting.push(command);
        }
    }

    fn take(&mut self) -> Taken {
        self.entrances = 0;
        self.changes.clear();
        Taken {
            commands: std::mem::take(&mut self.waiting),
            last: self.state != State::Open,
        }
    }
}

/// Locks a queue.
pub(crate) fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    // Nothing under this lock panics; if it did, the ledger would be no worse than before.
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The shard's end of the queue.
pub(crate) struct Inbox(pub(crate) Arc<Mutex<Queue>>);

impl Inbox {
    /// All that waits. Nothing, if somebody is adding to it: they wake the shard *after* they let go of the lock, so what is
    /// not taken in this turn is taken in one that follows at once.
    pub(crate) fn take(&self) -> Taken {
        match self.0.try_lock() {
            Ok(mut queue) => queue.take(),
            Err(TryLockError::Poisoned(queue)) => queue.into_inner().take(),
            Err(TryLockError::WouldBlock) => Taken::default(),
        }
    }
}

impl Drop for Inbox {
    /// Nobody is let in by a shard that is gone, whatever it died of.
    fn drop(&mut self) {
        let mut queue = lock(&self.0);
        queue.state = State::Stopped;
        queue.take();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{admission::CardKind, peer::fixture, rights::Right};

    fn connection() -> Connection {
        Connection::WebRtc(fixture::peer())
    }

    /// The bound that the opening comment argues.
    const COMMANDS_WAITING: usize = limits::ENTRANCES_WAITING + 2 * (limits::SESSIONS + limits::ENTRANCES_WAITING);

    fn card() -> Card {
        Card {
            participant_key: String::new(),
            session_name: String::new(),
            full_session_name: None,
            display_name: String::new(),
            kind: CardKind::Anonymous,
            by_program: false,
        }
    }

    impl Queue {
        /// Brings a session and lets it into the room of its number.
        fn bring(&mut self, number: usize) -> Result<(), Overloaded> {
            let session = number.to_string();
            self.ledger.enter(&session)?;
            let room = (number / limits::SESSIONS_PER_ROOM).to_string();
            self.let_in(&session, &room, card(), Rights::MEMBER)
        }

        /// Everything that may be asked about a session that is there.
        fn press(&mut self, number: usize) {
            let session = number.to_string();
            for _ in 0..3 {
                self.change(&session, Change::permit(Rights::MEMBER));
                self.change(&session, Change::mute());
                self.change(&session, Change::tell("{}".into()));
            }
            self.remove(&session, DisconnectReason::ConferenceEnded);
            self.remove(&session, DisconnectReason::Unhealthy);
        }
    }

    #[test]
    fn a_shard_that_stands_still_gathers_no_more_than_the_limit() {
        let mut queue = Queue::default();
        for number in 0..limits::SESSIONS {
            queue.bring(number).unwrap();
            if (number + 1) % limits::ENTRANCES_WAITING == 0 {
                assert_eq!(queue.take().commands.len(), limits::ENTRANCES_WAITING);
            }
        }
        for number in 0..limits::SESSIONS {
            queue.press(number);
        }
        for number in 0..limits::ENTRANCES_WAITING {
            queue.bring(number).unwrap();
            queue.press(number);
        }
        assert_eq!(queue.waiting.len(), COMMANDS_WAITING);

        assert_eq!(queue.bring(0), Err(Overloaded::Busy));
        let admitted = queue.admit(connection(), "more", None);
        assert_eq!(admitted, Err(Overloaded::Busy));
        assert_eq!(queue.check(connection(), Box::new(())), Err(Overloaded::Busy));
        for session in ["0", "more"] {
            queue.change(session, Change::mute());
        }
        queue.remove("more", DisconnectReason::Unhealthy);
        assert_eq!(queue.waiting.len(), COMMANDS_WAITING, "who is refused is not there");
        queue.remove("0", DisconnectReason::Unhealthy);

        let removals = |taken: &Taken| {
            let commands = taken.commands.iter();
            commands
                .filter(|command| matches!(command, Command::Remove { .. }))
                .count()
        };
        let everybody = limits::SESSIONS + limits::ENTRANCES_WAITING + 1;
        assert_eq!(removals(&queue.take()), everybody, "whoever was removed is");
        let admitted = queue.admit(connection(), "more", None);
        assert_eq!(admitted, Ok(()), "once the shard has caught up");
        assert_eq!(queue.keep_waiting("more"), Ok(()));
        assert_eq!(queue.keep_waiting("1"), Err(Overloaded::NotWaiting));
    }

    #[test]
    fn what_was_asked_before_the_end_is_done_and_nothing_after_it() {
        let queue = Arc::<Mutex<Queue>>::default();
        let inbox = Inbox(Arc::clone(&queue));
        lock(&queue).bring(1).unwrap();
        lock(&queue).stop();
        assert_eq!(lock(&queue).bring(2), Err(Overloaded::Stopped));
        let held = lock(&queue);
        let taken = inbox.take();
        assert!(taken.commands.is_empty() && !taken.last, "the shard does not wait");
        drop(held);
        let taken = inbox.take();
        assert!(taken.commands.len() == 1 && taken.last);
        drop(inbox);
        lock(&queue).press(1);
        assert_eq!(lock(&queue).bring(3), Err(Overloaded::Stopped));
        assert!(lock(&queue).waiting.is_empty(), "nobody takes it");
    }

    /// What is known of the sessions in rooms, by commands in their order.
    fn known(commands: Vec<Command>, sessions: &mut BTreeMap<String, Change>) {
        for command in commands {
            match command {
                Command::Admit { .. }
                | Command::KeepWaiting { .. }
                | Command::Tap { .. }
                | Command::Check { .. }
                | Command::Direct { .. } => {}
                Command::LetIn { session, rights, .. } => {
                    sessions.insert(session, Change::permit(rights));
                }
                Command::Change { session, change } => sessions.get_mut(&session).unwrap().merge(change),
                Command::Remove { session, .. } => {
                    sessions.remove(&session);
                }
            }
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Bring(usize),
        Change(usize, Change),
        Remove(usize),
        Take,
    }

    fn step() -> impl Strategy<Value = Step> {
        let change = prop_oneof![
            any::<bool>().prop_map(|camera| {
                let rights = Rights::NONE.with(Right::Chat);
                Change::permit(if camera { rights.with(Right::Camera) } else { rights })
            }),
            Just(Change::mute()),
            "[a-c]".prop_map(|text| Change::tell(text.into())),
        ];
        prop_oneof![
            (0..4_usize).prop_map(Step::Bring),
            (0..4_usize, change).prop_map(|(number, change)| Step::Change(number, change)),
            (0..4_usize).prop_map(Step::Remove),
            Just(Step::Take),
        ]
    }

    proptest! {
        /// The shard's end hears in the end what it would have heard of a queue that it empties after each command.
        #[test]
        fn what_is_merged_is_not_lost(steps in prop::collection::vec(step(), 0..60)) {
            let (mut slow, mut prompt) = (Queue::default(), Queue::default());
            let (mut heard_late, mut heard) = (BTreeMap::new(), BTreeMap::new());
            for step in steps {
                for queue in [&mut slow, &mut prompt] {
                    match step.clone() {
                        Step::Bring(number) => drop(queue.bring(number)),
                        Step::Change(number, change) => queue.change(&number.to_string(), change),
                        Step::Remove(number) => queue.remove(&number.to_string(), DisconnectReason::ClientLeft),
                        Step::Take => {}
                    }
                }
                known(prompt.take().commands, &mut heard);
                if matches!(step, Step::Take) {
                    known(slow.take().commands, &mut heard_late);
                    prop_assert_eq!(&heard_late, &heard);
                }
            }
            prop_assert!(slow.waiting.len() <= COMMANDS_WAITING);
            known(slow.take().commands, &mut heard_late);
            prop_assert_eq!(heard_late, heard);
        }
    }
}
