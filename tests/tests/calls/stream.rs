//! Programs hear calls and speak to them.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use api::enfonica::voice::v1beta1::{
    AudioConfig, InputAudio, StreamCallRequest, StreamCallResponse, StreamSetup, UpdateRequestParameters,
    audio_config::AudioEncoding, stream_call_response::Event, streams_client::StreamsClient,
};
use audio::{FRAME_SAMPLES, g711::Law};
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc::{Sender, channel};
use tonic::{Code, Request, Status, Streaming, transport::Endpoint};

use super::{
    outgoing::channels,
    speech::{likeness, speech, then_silence},
    telephone::Telephone,
    world::{Asked, DOMAIN_BASE, PROJECT, World},
};

/// A program at the other end of a stream.
struct Program {
    /// What it says; without it, it has said all.
    voice: Option<Sender<StreamCallRequest>>,
    ear: Streaming<StreamCallResponse>,
}

fn config(encoding: AudioEncoding) -> AudioConfig {
    AudioConfig {
        audio_encoding: encoding as i32,
        sample_rate_hertz: 8_000,
    }
}

impl Program {
    /// A program that waits under this id.
    async fn open(world: &World, id: &str, encoding: AudioEncoding) -> Result<Program> {
        let setup = StreamCallRequest {
            setup: Some(StreamSetup {
                stream: format!("projects/{PROJECT}/streams/{id}"),
                audio_config: Some(config(encoding)),
            }),
            ..StreamCallRequest::default()
        };
        let address = format!("http://{}", world.server().address());
        let server = Endpoint::from_shared(address)?.connect().await?;
        let mut client = StreamsClient::new(server);
        let (voice, said) = channel(16);
        voice.send(setup).await?;
        let said = stream::unfold(said, |mut said| async { Some((said.recv().await?, said)) });
        let mut request = Request::new(said);
        let bearer = format!("Bearer {}", world.token).parse()?;
        request.metadata_mut().insert("authorization", bearer);
        let ear = client.stream_call(request).await?.into_inner();
        let voice = Some(voice);
        Ok(Program { voice, ear })
    }

    async fn send(&self, request: StreamCallRequest) -> Result<()> {
        let voice = self.voice.as_ref().context("it has not said all")?;
        Ok(voice.send(request).await?)
    }

    async fn say(&self, input: InputAudio) -> Result<()> {
        let input_audio = Some(input);
        let request = StreamCallRequest {
            input_audio,
            ..StreamCallRequest::default()
        };
        self.send(request).await
    }

    /// What is told next; `None` at the end. A stream to which nobody calls ends by itself.
    async fn next(&mut self) -> Result<Option<Event>, Status> {
        let told = tokio::time::timeout(Duration::from_mins(1), self.ear.message()).await;
        let told = told.expect("something is told within a minute")?;
        Ok(told.and_then(|message| message.event))
    }

    /// The call that came, before anything else.
    async fn connected(&mut self) -> Result<api::enfonica::voice::v1beta1::Call> {
        match self.next().await? {
            Some(Event::CallConnected(connected)) => connected.call.context("a call"),
            other => bail!("a call comes first, and not {other:?}"),
        }
    }
}

fn encoded(law: Law, samples: &[i16]) -> Vec<u8> {
    let frames = samples.chunks(FRAME_SAMPLES);
    let encode = law.encoder();
    frames
        .flat_map(|frame| frame.iter().map(|sample| encode(*sample)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_says_again_what_a_caller_says() -> Result<()> {
    let world = World::open()?;
    world.domain("echo", "/echo")?;
    let document = format!("<RecordCall/><Stream NextUri=\"/after\">projects/{PROJECT}/streams/echo</Stream>");
    world.handler.says("/echo", document);
    world.handler.says("/after", "<Label Key=\"was\">after</Label>");
    let message = speech("Hello, is anybody there? I hear myself, a little later than I speak, as in the mountains.")?;
    let mut program = Program::open(&world, "echo", AudioEncoding::Mulaw).await?;
    let again = Program::open(&world, "echo", AudioEncoding::Mulaw).await;
    let refused = again.err().and_then(|error| error.downcast::<Status>().ok());
    assert_eq!(refused.map(|status| status.code()), Some(Code::AlreadyExists));
    let mut ada = Telephone::ada(&then_silence(&message, 60), "udp", world.sip).await;
    ada.dial(&format!("sip:help@echo.{DOMAIN_BASE}")).await;

    let call = program.connected().await?;
    assert_eq!((call.bridged, call.to), (true, format!("sip:help@echo.{DOMAIN_BASE}")));
    // It stays two seconds behind, so that a busy machine leaves no gaps in what it says.
    let (mut heard, mut late) = (0, vec![]);
    while heard < message.len() + 3 * 8_000 {
        let Some(Event::OutputAudio(output)) = program.next().await? else {
            bail!("it hears, and has more to say");
        };
        ensure!(
            (1_000..=2_000).contains(&output.audio.len()),
            "{} bytes",
            output.audio.len()
        );
        heard += output.audio.len();
        late.extend(output.audio);
        if heard >= 16_000 {
            let audio = std::mem::take(&mut late);
            program
                .say(InputAudio {
                    audio,
                    ..InputAudio::default()
                })
                .await?;
        }
    }
    let parameters = [
        ("mood".to_owned(), "good".to_owned()),
        ("action".to_owned(), "none".to_owned()),
    ];
    let update = UpdateRequestParameters {
        parameters: parameters.into(),
    };
    let update_request_parameters = Some(update);
    program
        .send(StreamCallRequest {
            update_request_parameters,
            ..StreamCallRequest::default()
        })
        .await?;
    // It has said all: it is heard to the end, and then the call goes on without it.
    program.voice = None;
    let mut empties = 0;
    while let Some(event) = program.next().await? {
        empties += usize::from(matches!(event, Event::InputAudioBufferEmpty(_)));
    }
    assert_eq!(empties, 1, "it hears when all has been heard");
    let is_after = |asked: &[Asked]| asked.iter().any(|asked| asked.path == "/after");
    let asked = world.handler.asked_until(is_after)?;
    let after = asked.iter().find(|asked| asked.path == "/after").context("asked")?;
    let told = &after.body["parameters"];
    assert_eq!(
        (&told["action"], &told["bridged"], &told["mood"], &told["stream"]),
        (
            &json!("STREAM"),
            &json!("true"),
            &json!("good"),
            &json!(format!("projects/{PROJECT}/streams/echo"))
        ),
        "{told}"
    );
    let over = world.newest("calls", "calls", |call| call["state"] == "COMPLETED")?;
    assert_eq!(
        (&over["labels"]["was"], &over["bridged"]),
        (&json!("after"), &json!(true)),
        "{over}"
    );

    let alike = likeness(&message, &ada.heard().await);
    assert!(alike >= 0.95, "Ada hears herself: {alike}");
    let recording = world.newest("recordings", "recordings", |recording| {
        recording["state"].is_string() && recording["state"] != "PENDING"
    })?;
    let recorded = recording["name"].as_str().context("a name")?;
    let full = world.server().get(&format!("/v1beta1/{recorded}"), &world.token)?;
    let (_, wav) = world.fetch(full["audio"][0]["uri"].as_str().context("a link")?)?;
    for (channel, kept) in channels(&wav)?.iter().enumerate() {
        let alike = likeness(&message, kept);
        assert!(alike >= 0.95, "channel {channel}: {alike}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_thinks_better_of_it_and_the_caller_hangs_up() -> Result<()> {
    let world = World::open()?;
    world.domain("talk", "/talk")?;
    let document = format!("<Stream NextUri=\"/after\">projects/{PROJECT}/streams/talk</Stream>");
    world.handler.says("/talk", document);
    let [one, other] = [
        speech(
            "Once upon a time there was a very long story, which nobody wanted to hear, about numbers: one, two, three, four, five.",
        )?,
        speech("I shall make it short. Good night, sleep well, and call again tomorrow when the shop is open.")?,
    ];
    let mut lonely = Program::open(&world, "lonely", AudioEncoding::Alaw).await?;
    let mut program = Program::open(&world, "talk", AudioEncoding::Alaw).await?;
    // It may speak before anybody listens, and by the other law.
    let audio = encoded(Law::Mu, &one);
    let config = Some(config(AudioEncoding::Mulaw));
    program
        .say(InputAudio {
            config,
            audio,
            clear: false,
        })
        .await?;
    let mut ada = Telephone::ada(&then_silence(&[], 90), "udp", world.sip).await;
    ada.dial(&format!("sip:help@talk.{DOMAIN_BASE}")).await;
    program.connected().await?;
    let mut heard = 0;
    while let Some(Event::OutputAudio(output)) = program.next().await? {
        heard += output.audio.len();
        if heard >= 16_000 {
            break;
        }
    }
    let audio = encoded(Law::A, &other);
    program
        .say(InputAudio {
            config: None,
            audio,
            clear: true,
        })
        .await?;
    while !matches!(
        program.next().await?.context("it goes on")?,
        Event::InputAudioBufferEmpty(_)
    ) {}
    ada.hang_up().await;
    while program.next().await?.is_some() {}
    world.newest("calls", "calls", |call| call["state"] == "COMPLETED")?;
    let heard = ada.heard().await;
    let (right, wrong) = (likeness(&other, &heard), likeness(&one, &heard));
    assert!(right >= 0.95 && wrong < 0.5, "{right} and {wrong}");
    let asked = world.handler.asked_until(|_| true)?;
    ensure!(
        asked.iter().all(|asked| asked.path != "/after"),
        "whoever hung up is not asked"
    );

    let ended = lonely.next().await;
    assert_eq!(ended.err().map(|status| status.code()), Some(Code::DeadlineExceeded));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_not_there() -> Result<()> {
    let world = World::open()?;
    let bo = Telephone::bo(&then_silence(&[], 60)).await;
    // A stream of the call's own project has the name that the other project's would have.
    let _waiting = Program::open(&world, "waiting", AudioEncoding::Mulaw).await?;
    for (path, project, id) in [("/nobody", PROJECT, "nobody"), ("/elsewhere", "sales", "waiting")] {
        let stream = format!("projects/{project}/streams/{id}");
        let after = format!("{path}/after");
        world
            .handler
            .says(path, format!("<Stream NextUri=\"{after}\">{stream}</Stream>"));
        world.handler.says(&after, "<Label Key=\"was\">after</Label>");
        let created = world.call(&bo.address(), path, &[])?.ok()?;
        let is_over = |call: &serde_json::Value| call["name"] == created["name"] && call.get("endTime").is_some();
        let call = world.newest("calls", "calls", is_over)?;
        assert_eq!(
            (&call["labels"]["was"], call.get("bridged")),
            (&json!("after"), None),
            "{call}"
        );
        let asked = world.handler.asked_until(|_| true)?;
        let told = asked.iter().find(|asked| asked.path == after).context("asked")?;
        let told = &told.body["parameters"];
        assert_eq!(
            (&told["bridged"], &told["stream"]),
            (&json!("false"), &json!(stream)),
            "{told}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_breaks_streams_off() -> Result<()> {
    let mut world = World::open()?;
    let mut waiting = Program::open(&world, "waiting", AudioEncoding::Mulaw).await?;
    world.kill_and_start()?;
    let ended = waiting.next().await;
    ensure!(ended.is_err(), "a connection that breaks is no end: {ended:?}");
    // Its name was in memory, and so it is free.
    Program::open(&world, "waiting", AudioEncoding::Mulaw).await.map(drop)
}
