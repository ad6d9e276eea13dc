//! Programs and calls, a frame at a time.

use audio::{FRAME_SAMPLES, Frame, SILENCE};
use telephony::line::Voice as _;

use super::*;
use crate::{
    CallState, CreateMethod, Direction,
    limits::{STREAM_BUFFER_BYTES_MAX, STREAM_CHUNK_BYTES, STREAM_EVENTS_MAX, STREAM_PARAMETERS_BYTES_MAX},
};

fn call() -> Call {
    Call {
        id: "c".to_owned(),
        project: "p".to_owned(),
        to: "sip:help@demo.example".to_owned(),
        from: None,
        is_private: true,
        labels: BTreeMap::new(),
        direction: Direction::Incoming,
        state: CallState::InProgress,
        create_method: CreateMethod::IncomingCall,
        error_code: None,
        error_message: None,
        final_status: None,
        cut_off: None,
        create_us: 1,
        start_us: Some(1),
        ring_us: None,
        answer_us: Some(2),
        end_us: None,
        sip_call_id: None,
        originating_call: None,
        bridged: true,
        state_update_uri: None,
        participant_session: None,
    }
}

/// A stream to which a call has come, if one has.
struct World {
    streams: Arc<Streams>,
    voice: StreamVoice,
    events: StreamEvents,
    conversation: Arc<Conversation>,
}

impl World {
    /// A program that knows this law, and a call.
    async fn connected(law: Law) -> World {
        let streams = Arc::<Streams>::default();
        let (voice, events) = streams.open("p", "s", law).expect("a stream");
        let conversation = streams.take("p", "s").expect("it waits");
        conversation.connected(&call());
        let mut world = World {
            streams,
            voice,
            events,
            conversation,
        };
        assert_eq!(world.told().await, "connected c");
        world
    }

    /// What the call hears in so many frames: the last sample of each.
    fn frames(&self, count: usize, heard: i16) -> Vec<i16> {
        let frame = |_| {
            *self
                .conversation
                .frame(&[heard; FRAME_SAMPLES])
                .last()
                .expect("a sample")
        };
        (0..count).map(frame).collect()
    }

    async fn told(&mut self) -> String {
        match self.events.next().await {
            Some(Ok(StreamEvent::Connected(call))) => format!("connected {}", call.id),
            Some(Ok(StreamEvent::Said(said))) => format!("said {} {}", said.len(), said[0]),
            Some(Ok(StreamEvent::BufferEmpty)) => "empty".to_owned(),
            Some(Err(error)) => format!("{error:?}"),
            None => "over".to_owned(),
        }
    }
}

const MU_1000: u8 = 206;

#[tokio::test]
async fn a_program_hears_and_is_heard() {
    let mut world = World::connected(Law::Mu).await;
    world.frames(STREAM_CHUNK_BYTES / FRAME_SAMPLES, 0);
    assert_eq!(world.told().await, format!("said {STREAM_CHUNK_BYTES} 255"));
    // What is no whole frame is heard too.
    world.voice.say(&[MU_1000; 250], Law::Mu, false).expect("short");
    assert_eq!(world.frames(3, 0), [988, 0, 0]);
    assert_eq!(world.told().await, "empty");
    world.frames(STREAM_CHUNK_BYTES / FRAME_SAMPLES - 4, 0);
    world.conversation.end(Ok(()));
    assert_eq!(
        world.told().await,
        format!("said {} 255", STREAM_CHUNK_BYTES - FRAME_SAMPLES)
    );
    assert_eq!(
        (world.told().await, world.told().await),
        ("over".to_owned(), "over".to_owned())
    );
    assert_eq!(
        world.conversation.frame(&SILENCE),
        SILENCE,
        "nobody speaks after the end"
    );
}

#[tokio::test]
async fn sound_of_another_law_is_made_its_own() {
    let world = World::connected(Law::A).await;
    let frame: Frame = [988; FRAME_SAMPLES];
    world.voice.say(&Law::Mu.encode(&frame), Law::Mu, false).expect("short");
    let heard = world.frames(1, 0)[0];
    assert!((heard - 988).abs() <= 32, "{heard}");
}

#[tokio::test]
async fn what_waits_can_be_forgotten_and_is_a_minute_at_most() {
    let mut world = World::connected(Law::Mu).await;
    world.voice.say(&[0; FRAME_SAMPLES], Law::Mu, false).expect("short");
    world
        .voice
        .say(&[MU_1000; FRAME_SAMPLES], Law::Mu, true)
        .expect("short");
    assert_eq!(world.frames(2, 0), [988, 0], "it takes the place of what was before");
    assert_eq!(world.told().await, "empty");
    for _ in 0..2 {
        world
            .voice
            .say(&vec![MU_1000; STREAM_AUDIO_BYTES_MAX], Law::Mu, false)
            .expect("as much as fits");
    }
    let error = world.voice.say(&vec![0; STREAM_AUDIO_BYTES_MAX + 1], Law::Mu, true);
    assert!(
        matches!(
            error,
            Err(StreamError::Invalid {
                field: "input_audio.audio",
                ..
            })
        ),
        "{error:?}"
    );
    let mut heard = 0;
    while world.frames(1, 0) == [988] {
        heard += FRAME_SAMPLES;
        while world.events.events.try_recv().is_ok() {}
    }
    assert_eq!(heard, STREAM_BUFFER_BYTES_MAX);
}

#[tokio::test]
async fn how_a_stream_ends() {
    // The program has said all, and that is heard to its end.
    let mut world = World::connected(Law::Mu).await;
    world
        .voice
        .say(&[MU_1000; 2 * FRAME_SAMPLES], Law::Mu, false)
        .expect("short");
    world.voice.finish();
    assert_eq!(world.frames(1, 0), [988]);
    assert_eq!(world.conversation.how(), None);
    assert_eq!(world.frames(2, 0), [988, 0]);
    assert_eq!(world.conversation.how(), Some(Ok(())));
    assert_eq!(world.told().await, "empty");
    assert_eq!(world.told().await, format!("said {} 255", 2 * FRAME_SAMPLES));
    assert_eq!(world.told().await, "over");

    // It does not read, for longer than there is room.
    let mut world = World::connected(Law::Mu).await;
    world.frames((STREAM_EVENTS_MAX + 1) * STREAM_CHUNK_BYTES / FRAME_SAMPLES, 0);
    for _ in 0..STREAM_EVENTS_MAX {
        assert_eq!(world.told().await, format!("said {STREAM_CHUNK_BYTES} 255"));
    }
    assert_eq!(
        (world.told().await, world.told().await),
        ("Slow".to_owned(), "Slow".to_owned())
    );

    // It makes a mistake, which is the first thing that ends it.
    let mut world = World::connected(Law::Mu).await;
    world.voice.fail(StreamError::Stopped);
    world.conversation.end(Ok(()));
    assert_eq!(world.told().await, "Stopped");

    // It is gone, and so is its name's keeper.
    let world = World::connected(Law::Mu).await;
    let World {
        streams,
        events,
        conversation,
        ..
    } = world;
    assert_eq!(streams.open("p", "s", Law::Mu).err(), Some(StreamError::Exists));
    drop(events);
    assert_eq!(conversation.how(), Some(Ok(())));
    assert!(streams.open("p", "s", Law::Mu).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_calls_waits_for_half_a_minute() {
    let streams = Arc::<Streams>::default();
    let begun = Instant::now();
    let (_voice, mut events) = streams.open("p", "s", Law::Mu).expect("a stream");
    assert_eq!(events.next().await.map(Result::err), Some(Some(StreamError::Nobody)));
    assert_eq!(begun.elapsed(), STREAM_WAITS);
    assert!(streams.take("p", "s").is_none(), "it waits no more");
}

#[test]
fn which_stream_is_taken() {
    let streams = Arc::<Streams>::default();
    let open = |project: &str, id: &str| streams.open(project, id, Law::Mu);
    let first = open("p", "s").expect("new");
    assert_eq!(open("p", "s").err(), Some(StreamError::Exists));
    let other = open("other", "s").expect("another project's");
    assert!(streams.take("p", "t").is_none() && streams.take("q", "s").is_none());
    assert!(streams.take("p", "s").is_some());
    assert!(streams.take("p", "s").is_none(), "one call has it");
    assert_eq!(
        open("p", "s").err(),
        Some(StreamError::Exists),
        "its name is taken while it goes on"
    );
    drop((first, other));
    let many: Vec<_> = (0..STREAMS_MAX)
        .map(|id| open("p", &id.to_string()).expect("new"))
        .collect();
    assert_eq!(
        open("p", "one more")
            .err()
            .map(|error| matches!(error, StreamError::Invalid { .. })),
        Some(true)
    );
    assert_eq!(open("p", "one-more").err(), Some(StreamError::TooMany));
    assert!(open("q", "s").is_ok(), "another project has its own");
    streams.stop();
    assert!(
        many.iter()
            .all(|(voice, _)| voice.0.how() == Some(Err(StreamError::Stopped)))
    );
    assert_eq!(open("q", "s").err(), Some(StreamError::Stopped));
}

#[test]
fn which_ids_there_are() {
    for (id, expected) in [
        ("s", true),
        ("0b1f6f4e-7d5a-4a39-9a86-7a4c0d1e2f33", true),
        ("a.b_c~d:e", true),
        (&"s".repeat(36), true),
        (&"s".repeat(37), false),
        ("", false),
        ("a/b", false),
        ("a b", false),
        ("ü", false),
    ] {
        assert_eq!(is_stream_id(id), expected, "{id:?}");
    }
}

#[tokio::test]
async fn what_the_next_handler_is_told() {
    let world = World::connected(Law::Mu).await;
    let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let pairs = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        pairs.collect()
    };
    world.voice.add_parameters(of(&[("a", "1"), ("b", "2")])).expect("few");
    world.voice.add_parameters(of(&[("b", "3")])).expect("few");
    let long = "x".repeat(STREAM_PARAMETERS_BYTES_MAX - 4);
    assert!(
        world.voice.add_parameters(of(&[("c", &long)])).is_err(),
        "they are counted together"
    );
    assert_eq!(world.conversation.take_parameters(), of(&[("a", "1"), ("b", "3")]));
    world
        .voice
        .add_parameters(of(&[("abcd", &long)]))
        .expect("as much as there may be");
}
