//! MP3, by Symphonia.
//!
//! A tag before the sound is stepped over rather than read: nobody looks at the cover of an announcement. What is damaged in the
//! middle is left out, until it is so much that nobody would listen to the rest.

use std::io::{self, Cursor};

use symphonia::{
    core::{
        codecs::audio::{AudioDecoder, AudioDecoderOptions},
        errors::Error,
        formats::{FormatOptions, FormatReader, TrackType},
        io::{MediaSourceStream, MediaSourceStreamOptions},
    },
    default::{codecs::MpaDecoder, formats::MpaReader},
};

use super::{DecodeError, Sound};
use crate::limits;

/// Reads a whole file.
pub(super) fn read(file: &[u8], sound: &mut Sound) -> Result<(), DecodeError> {
    let malformed = |_: Error| DecodeError::Malformed;
    let file = after_tag(file);
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file)), MediaSourceStreamOptions::default());
    let mut reader = MpaReader::try_new(stream, FormatOptions::default()).map_err(malformed)?;
    let track = reader.default_track(TrackType::Audio);
    let parameters = track.and_then(|track| track.codec_params.as_ref()?.audio());
    let parameters = parameters.ok_or(DecodeError::Malformed)?;
    let mut layer = MpaDecoder::try_new(parameters, &AudioDecoderOptions::default()).map_err(malformed)?;
    let (mut interleaved, mut damaged) = (Vec::new(), 0);
    // Each packet takes bytes of the file, so there are no more packets than bytes.
    for _ in 0..file.len() {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => Ok(packet),
            // It ends, or something else begins.
            Ok(None) | Err(Error::ResetRequired) => break,
            Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => Err(error),
        };
        let piece = packet.and_then(|packet| {
            let sound = layer.decode(&packet)?;
            sound.copy_to_vec_interleaved(&mut interleaved);
            Ok((sound.spec().rate(), sound.num_planes()))
        });
        match piece {
            Ok((rate_hz, channels)) => sound.take(rate_hz, channels, &mut interleaved)?,
            Err(_) if damaged == limits::DAMAGED_PIECES_MAX => return Err(DecodeError::Malformed),
            Err(_) => damaged += 1,
        }
    }
    Ok(())
}

/// What comes after a tag (`ID3v2` §3.1): ten bytes of head, whose last four have seven bits each of the length of the rest.
fn after_tag(file: &[u8]) -> &[u8] {
    match file {
        [b'I', b'D', b'3', _, _, _, a, b, c, d, rest @ ..] => {
            let length = [a, b, c, d]
                .iter()
                .fold(0, |sum, &&part| sum << 7 | usize::from(part & 0x7f));
            rest.get(length..).unwrap_or_default()
        }
        _ => file,
    }
}
