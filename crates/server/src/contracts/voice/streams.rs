//! `projects.streams`: a program waits for a call, hears it and speaks to it.
//!
//! It is the one method whose messages go on. What it says is read by a task of its own, since a program that listens late should not be
//! one that cannot speak; what it hears is the answer's body. Either end of it ends both ([`calls::StreamEvents`]).

use std::sync::Arc;

use ::api::enfonica::voice::v1beta1::{self as api, stream_call_response::Event};
use ::calls::{Calls, StreamError, StreamEvent, StreamEvents, StreamVoice};
use audio::{RATE_HZ, g711::Law};
use futures_util::stream;
use identity::Identity;
use tonic::{Request, Response, Status, Streaming, codegen::BoxStream};

use super::calls::call_to_wire;
use super::permitted::{parts, permitted};
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::{admitted, respond};
use crate::installation::Installation;
use crate::projects::entitled;

/// The service.
#[derive(Clone)]
pub(super) struct StreamsService {
    identity: Identity,
    calls: Calls,
}

impl StreamsService {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = StreamsService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
        };
        Arc::new(api::StreamsMethods(Arc::new(service)))
    }

    /// Opens the stream that a first message sets up.
    async fn open(
        &self,
        asking: &Asking,
        setup: Option<&api::StreamSetup>,
    ) -> Answer<(StreamVoice, StreamEvents, Law)> {
        let Some(setup) = setup else {
            let why = "it is missing, and stands in the first message".to_owned();
            return Err(Failure::field("setup", why));
        };
        let [project, id] = parts("setup.stream", &setup.stream, ["projects", "streams"])?;
        permitted(&self.identity, asking, project, "voice.streams.connect").await?;
        let config = setup.audio_config.unwrap_or_default();
        let law = law("setup.audio_config", config).map_err(|error| unstreamed(&error))?;
        let opened = self.calls.open_stream(project, id, law);
        let (voice, events) = opened.map_err(|error| unstreamed(&error))?;
        Ok((voice, events, law))
    }

    async fn converse(
        &self,
        asking: &Asking,
        mut messages: Streaming<api::StreamCallRequest>,
    ) -> Answer<BoxStream<api::StreamCallResponse>> {
        // Whoever has no business here is not waited for.
        entitled(asking)?;
        let first = messages
            .message()
            .await
            .map_err(|status| unstreamed(&unread(&status)))?;
        let first = first.unwrap_or_default();
        let (voice, events, law) = self.open(asking, first.setup.as_ref()).await?;
        tokio::spawn(listen(voice, law, first, messages));
        let answer = stream::unfold(events, |mut events| async {
            let event = events.next().await?;
            let response = event.map(response_of).map_err(|error| unstreamed(&error).into());
            Some((response, events))
        });
        Ok(Box::pin(answer))
    }
}

#[tonic::async_trait]
impl api::streams_server::Streams for StreamsService {
    async fn stream_call(
        &self,
        request: Request<Streaming<api::StreamCallRequest>>,
    ) -> Result<Response<BoxStream<api::StreamCallResponse>>, Status> {
        let (asking, messages) = admitted(request)?;
        respond(self.converse(&asking, messages).await)
    }
}

/// Hears what a program says, from its first message to its last, or to the end of its stream.
async fn listen(
    voice: StreamVoice,
    law: Law,
    first: api::StreamCallRequest,
    mut messages: Streaming<api::StreamCallRequest>,
) {
    let mut message = first;
    loop {
        if let Err(error) = hear(&voice, law, message) {
            voice.fail(error);
            return;
        }
        let next = tokio::select! {
            () = voice.over() => return,
            next = messages.message() => next,
        };
        message = match next {
            Ok(Some(message)) => message,
            Ok(None) => {
                voice.finish();
                return;
            }
            Err(status) => {
                voice.fail(unread(&status));
                return;
            }
        };
    }
}

/// Hears one message. A setup in it was read, or is ignored.
fn hear(voice: &StreamVoice, law: Law, message: api::StreamCallRequest) -> Result<(), StreamError> {
    if let Some(input) = message.input_audio {
        let law = input
            .config
            .map_or(Ok(law), |config| self::law("input_audio.config", config))?;
        voice.say(&input.audio, law, input.clear)?;
    }
    if let Some(update) = message.update_request_parameters {
        voice.add_parameters(update.parameters)?;
    }
    Ok(())
}

/// By which law sound is, as the contract says it.
fn law(field: &'static str, config: api::AudioConfig) -> Result<Law, StreamError> {
    let invalid = |why: &str| {
        let why = why.to_owned();
        Err(StreamError::Invalid { field, why })
    };
    if u32::try_from(config.sample_rate_hertz) != Ok(RATE_HZ) {
        return invalid("its sample_rate_hertz is 8000");
    }
    match api::audio_config::AudioEncoding::try_from(config.audio_encoding) {
        Ok(api::audio_config::AudioEncoding::Mulaw) => Ok(Law::Mu),
        Ok(api::audio_config::AudioEncoding::Alaw) => Ok(Law::A),
        Ok(api::audio_config::AudioEncoding::Unspecified) | Err(_) => {
            invalid("its audio_encoding is AUDIO_ENCODING_MULAW or AUDIO_ENCODING_ALAW")
        }
    }
}

fn response_of(event: StreamEvent) -> api::StreamCallResponse {
    let event = match event {
        StreamEvent::Connected(call) => {
            let call = Some(call_to_wire(&call));
            Event::CallConnected(Box::new(api::CallConnectedEvent { call }))
        }
        StreamEvent::Said(audio) => Event::OutputAudio(api::OutputAudioEvent { audio }),
        StreamEvent::BufferEmpty => Event::InputAudioBufferEmpty(api::InputAudioBufferEmptyEvent {}),
    };
    api::StreamCallResponse { event: Some(event) }
}

/// A message that is too long, or none.
fn unread(status: &Status) -> StreamError {
    tracing::debug!(%status, "a message of a stream cannot be read");
    StreamError::Invalid {
        field: "input_audio",
        why: "a message is too long, or broken off".to_owned(),
    }
}

fn unstreamed(error: &StreamError) -> Failure {
    match error {
        StreamError::Invalid { field, why } => Failure::field(field, why.clone()),
        StreamError::Exists => Failure::new(Kind::Exists, error.to_string()),
        StreamError::TooMany | StreamError::Slow => Failure::new(Kind::Exhausted, error.to_string()),
        StreamError::NoTelephones => Failure::new(Kind::Precondition, error.to_string()),
        StreamError::Nobody => Failure::new(Kind::Deadline, error.to_string()),
        StreamError::Stopped => Failure::unavailable(error.to_string()),
    }
}
