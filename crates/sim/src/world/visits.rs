//! A meeting that is never closed: people come, stay for a moment and go, one after the other, and the clock on the wall goes on
//! by a part of a year with each of them. What a visit leaves behind belongs into the register and nowhere else.
//!
//! Visitors have no transport, for a thousand of them would take minutes to connect: that theirs is up is said by hand.

use std::time::Duration;

use attendee::Browser;
use meeting::{
    Arrival, ClientKey, ConferenceId, DeviceKind, DisplayName, EntryPoint, FreshIds, Input, ParticipantId, Person,
    SecretHash, SessionId, Standing,
};
use rooms::Entrance;

use super::{SERVER, World};
use crate::device::user;

/// The media plane has taken note of a visit by then.
const SETTLED: Duration = Duration::from_millis(5);

const DAY_S: i64 = 24 * 60 * 60;

/// What the server holds.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    /// Everything that the space is, as text: whatever grew would make it longer.
    space_characters: usize,
    /// The open rooms, and the places that were given in them.
    rooms: String,
    gauges: (i64, i64),
    media_sessions: u64,
}

impl World {
    /// So many people come and go within so many days: a guest, the same guest again, and a user, in turns.
    pub(crate) async fn visits(&mut self, count: usize, days: i64) {
        let before = self.held().await;
        let (_, offer) = Browser::new(SERVER, 0, self.now());
        let pause_s = days * DAY_S / i64::try_from(count).expect("not that many");
        let mut secret = None;
        for visit in 0..count {
            let display_name = DisplayName::parse("A visitor").expect("a name");
            let (person, presented) = match visit % 3 {
                0 => (Person::Anonymous { display_name }, None),
                1 => (Person::Anonymous { display_name }, secret),
                _ => (
                    Person::SignedIn {
                        user: user("visitor"),
                        display_name,
                    },
                    None,
                ),
            };
            secret = Some(self.visit(&offer, person, presented).await);
            self.sleep(pause_s);
            self.pass(self.clock.age() + SETTLED).await;
            assert_eq!(self.held().await, before, "nothing is left of visit {visit}");
        }
    }

    /// Comes and goes, and gives the secret of the session.
    async fn visit(&mut self, offer: &str, person: Person, presented: Option<SecretHash>) -> SecretHash {
        let [session, secret, conference, later_conference, participant] =
            [(); 5].map(|()| self.dice.u128(..).to_be_bytes());
        let session = SessionId::from_random(session);
        let secret = SecretHash([secret, secret].concat().try_into().expect("twice sixteen"));
        let server = self.server.as_ref().expect("the server runs");
        let input = Input::Join {
            arrival: Arrival {
                person,
                standing: Standing::Trusted,
                device: DeviceKind::Full,
                through: EntryPoint::Own,
                by_program: false,
                client: ClientKey(0),
                session: session.clone(),
                secret,
                presented,
            },
            fresh: FreshIds {
                conference: ConferenceId::from_random(conference),
                later_conference: ConferenceId::from_random(later_conference),
                participant: ParticipantId::from_random(participant),
            },
        };
        let entrance = Entrance {
            prepared: server.media.answer(offer).expect("the offer is a good one"),
            session: session.clone(),
            email: None,
            hold: None,
        };
        let (rooms, space) = (&server.rooms, &self.space);
        let seat = rooms.receive(space.clone(), input, entrance).await;
        assert!(!seat.expect("it is never full").waiting, "everybody may walk in");
        self.promises.appeared.insert(session.clone());
        let connected = Input::Connected {
            session: session.clone(),
        };
        rooms.input(space.clone(), connected).await.expect("never refused");
        let leave = Input::Leave { session, secret };
        rooms.input(space.clone(), leave).await.expect("it was there");
        secret
    }

    async fn held(&self) -> Held {
        let server = self.server.as_ref().expect("the server runs");
        let space = server.rooms.look(&self.space, |space| format!("{space:?}").len()).await;
        Held {
            space_characters: space.expect("somebody is there"),
            rooms: format!("{:?}", server.rooms),
            gauges: server.gauges.read(),
            media_sessions: server.media.counters().sessions,
        }
    }
}
