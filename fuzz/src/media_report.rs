//! Any report: as a client sends it, and as the stack is about to seal it.

use std::time::{Duration, Instant};

use media::reporting::{Missing, Reporting, Sent, arrivals, without_arrivals};

/// The names of the lines.
const LINES: [u32; 2] = [7, 8];
/// One of these words names seventeen packets.
const NACK_WORD_BYTES: usize = 4;
const NAMED_BY_A_WORD: usize = 17;

/// The bytes are a compound of packets of RTCP.
pub fn run(data: &[u8]) {
    let began = Instant::now();
    let line = |ssrc| Sent {
        ssrc,
        clock_rate_hz: 90_000,
        clock: Some((1_000, began)),
        packets: u64::MAX,
        bytes: u64::MAX,
        told: None,
    };
    let reporting = || Reporting::new(LINES.map(line).into(), began + Duration::from_secs(1));
    read(&mut reporting(), data);
    // What is left out tells of arrivals and of nothing else.
    let kept = without_arrivals(data);
    assert!(kept <= data.len());
    assert_eq!(read(&mut reporting(), &data[..kept]), read(&mut reporting(), data));
    let mut compound = data.to_vec();
    let mut correcting = reporting();
    let is_corrected = correcting.correct(&mut compound);
    assert_eq!(compound.len(), data.len());
    assert!(is_corrected || compound == data, "there is nothing of ours in it");
    let once = compound.clone();
    correcting.correct(&mut compound);
    assert_eq!(compound, once, "it was right");
    // And a client may send it back.
    read(&mut correcting, &compound);
}

/// What is missed, and which share was lost.
fn read(reporting: &mut Reporting, compound: &[u8]) -> (Vec<Missing>, Option<f32>) {
    let mut missing = vec![];
    let lost = reporting.read(compound, |one| missing.push(one));
    assert!(missing.len() <= compound.len() / NACK_WORD_BYTES * NAMED_BY_A_WORD);
    assert!(lost.is_none_or(|lost| (0.0..1.0).contains(&lost)));
    let told: usize = arrivals(compound).map(Iterator::count).sum();
    assert!(told <= compound.len() * usize::from(u16::MAX));
    (missing, lost)
}
