//! Text as sound, by an engine that is a program of its own.
//!
//! Engines differ by language, licence and taste, so the engine is whoever [`Speech`] is. The one that is here is `espeak-ng`, which
//! Debian has and which needs nothing else. It is given the text on its standard input, so that no text is an option of it.

use std::process::Stdio;

use audio::Clip;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

use crate::limits::SPEECH_WITHIN;

/// Why a text is not heard.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// The engine is not there.
    #[error("the engine of speech cannot be started")]
    Engine(#[from] std::io::Error),
    /// It took too long.
    #[error("the engine of speech took longer than {} s", SPEECH_WITHIN.as_secs())]
    Timeout,
    /// What it made is no sound.
    #[error("the engine of speech made no sound")]
    Sound(#[from] audio::decode::DecodeError),
}

/// An engine.
pub trait Speech: Send + Sync + 'static {
    /// Says a text, by this voice if there is such a voice.
    fn say<'a>(&'a self, text: &'a str, voice: &'a str) -> crate::Later<'a, Result<Clip, SpeechError>>;
}

/// `espeak-ng`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Espeak;

/// What is known as a voice: a language, as the engine names it. The contract's voices are another vendor's.
fn voice_of(asked: &str) -> &str {
    let is_language =
        !asked.is_empty() && asked.len() <= 8 && asked.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if is_language { asked } else { "en" }
}

impl Speech for Espeak {
    fn say<'a>(&'a self, text: &'a str, voice: &'a str) -> crate::Later<'a, Result<Clip, SpeechError>> {
        Box::pin(async move {
            let spoken = spoken(text, voice_of(voice));
            let wav = tokio::time::timeout(SPEECH_WITHIN, spoken)
                .await
                .map_err(|_| SpeechError::Timeout)??;
            // Made on a thread for such work: a long text is some seconds of arithmetic.
            let decoded = tokio::task::spawn_blocking(move || audio::decode::decode(&wav)).await;
            Ok(decoded.map_err(std::io::Error::other)??)
        })
    }
}

async fn spoken(text: &str, voice: &str) -> Result<Vec<u8>, SpeechError> {
    let mut engine = Command::new("espeak-ng")
        .args(["-v", voice, "--stdin", "--stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut input = engine.stdin.take().expect("it was asked for");
    let output = engine.stdout.take().expect("it was asked for");
    let write = async {
        input.write_all(text.as_bytes()).await?;
        drop(input);
        Ok::<_, std::io::Error>(())
    };
    let mut wav = Vec::new();
    let mut output = output.take(audio::limits::FILE_BYTES_MAX as u64);
    let (written, read) = tokio::join!(write, output.read_to_end(&mut wav));
    written?;
    read?;
    Ok(with_true_length(wav))
}

/// An engine that writes to a pipe cannot go back to say how long it was.
fn with_true_length(mut wav: Vec<u8>) -> Vec<u8> {
    if let Some(place) = wav.windows(4).position(|bytes| bytes == b"data") {
        let data = place + 8;
        let length = u32::try_from(wav.len().saturating_sub(data)).unwrap_or(u32::MAX);
        if let Some(field) = wav.get_mut(place + 4..data) {
            field.copy_from_slice(&length.to_le_bytes());
        }
    }
    wav
}
