//! Everything that reads what strangers send, each as one function of bytes that must come back.
//!
//! Two callers share them. libFuzzer looks for bytes on which one panics (`libfuzzer/`, `cargo xtask fuzz`): that takes a
//! nightly compiler and as long as one likes. The test of this crate replays what was found worth keeping (`corpus/`, a
//! folder for each target) with every `cargo test`, so what one run learnt the next knows. The corpus is small on purpose: it
//! is what reaches each branch, not what was tried. Bytes that made a target panic are added to its folder with the mending.
//!
//! A target takes bytes and cuts them up itself, where its subject has parts, by lines: so a file of the corpus can be read
//! and written by hand.

pub mod audio_decode;
pub mod audio_opus;
pub mod calls_document;
pub mod calls_number;
pub mod edge_forwarded;
pub mod filter_google;
pub mod filter_odata;
pub mod identity_jwt;
pub mod media_allocation;
pub mod media_arrivals;
pub mod media_carriage;
pub mod media_channel;
pub mod media_datagram;
pub mod media_descriptor;
pub mod media_framing;
pub mod media_line;
pub mod media_offer;
pub mod media_payload;
pub mod media_redundancy;
pub mod media_report;
pub mod media_stats;
pub mod odata_request;
pub mod recorder_file;
pub mod recorder_pictures;
pub mod telephony_credentials;
pub mod telephony_invitation;
pub mod telephony_line;
pub mod telephony_redaction;
pub mod telephony_rtcp;
pub mod telephony_sdp;
pub mod transcode_batch;
pub mod transcode_mask;
pub mod transcode_request;
pub mod turn_admitted;
pub mod turn_client;
pub mod turn_relay;

/// Reads some bytes of a stranger; it panics if what it promises of them does not hold.
pub type Target = fn(&[u8]);

/// Every target, by the name of its folder in the corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("audio_decode", audio_decode::run),
    ("audio_opus", audio_opus::run),
    ("calls_document", calls_document::run),
    ("calls_number", calls_number::run),
    ("edge_forwarded", edge_forwarded::run),
    ("filter_google", filter_google::run),
    ("filter_odata", filter_odata::run),
    ("identity_jwt", identity_jwt::run),
    ("media_allocation", media_allocation::run),
    ("media_arrivals", media_arrivals::run),
    ("media_carriage", media_carriage::run),
    ("media_channel", media_channel::run),
    ("media_datagram", media_datagram::run),
    ("media_descriptor", media_descriptor::run),
    ("media_framing", media_framing::run),
    ("media_line", media_line::run),
    ("media_offer", media_offer::run),
    ("media_payload", media_payload::run),
    ("media_redundancy", media_redundancy::run),
    ("media_report", media_report::run),
    ("media_stats", media_stats::run),
    ("odata_request", odata_request::run),
    ("recorder_file", recorder_file::run),
    ("recorder_pictures", recorder_pictures::run),
    ("telephony_credentials", telephony_credentials::run),
    ("telephony_invitation", telephony_invitation::run),
    ("telephony_line", telephony_line::run),
    ("telephony_redaction", telephony_redaction::run),
    ("telephony_rtcp", telephony_rtcp::run),
    ("telephony_sdp", telephony_sdp::run),
    ("transcode_batch", transcode_batch::run),
    ("transcode_mask", transcode_mask::run),
    ("transcode_request", transcode_request::run),
    ("turn_admitted", turn_admitted::run),
    ("turn_client", turn_client::run),
    ("turn_relay", turn_relay::run),
];

/// The text that the bytes begin with: a stranger's text is UTF-8 by the time that any of these sees it.
fn text(data: &[u8]) -> &str {
    match str::from_utf8(data) {
        Ok(text) => text,
        Err(error) => str::from_utf8(&data[..error.valid_up_to()]).expect("it is valid up to there"),
    }
}

/// The first lines, and what is left as it is; empty where the bytes end earlier.
fn lines<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut lines = data.splitn(N, |&byte| byte == b'\n');
    [(); N].map(|()| lines.next().unwrap_or_default())
}
