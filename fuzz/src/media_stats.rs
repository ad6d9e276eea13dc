//! What a client uploads of its own statistics, one upload after the other.

use media::media_stats;
use quality::report::{Report, Upload};

/// Each line is one upload, as it stands behind `uploadMediaStats`.
pub fn run(data: &[u8]) {
    let mut report = Report::default();
    for line in crate::text(data).lines() {
        let Ok(uploaded) = serde_json::from_str(line) else {
            continue;
        };
        match media_stats::read(uploaded) {
            Ok(upload) => take(&mut report, upload),
            Err(malformed) => assert!(!malformed.to_string().is_empty()),
        }
    }
}

/// What was read is bounded, shares are shares, and an upload that comes twice adds no stream.
fn take(report: &mut Report, upload: Upload) {
    report.take(upload.clone());
    let streams = (report.received.len(), report.sent.len());
    report.take(upload);
    assert_eq!((report.received.len(), report.sent.len()), streams);
    for stream in report.received.values() {
        let shares = [
            stream.newest.concealed_ppm(),
            stream.concealed_worst_ppm(),
            stream.newest.frames_dropped_ppm(),
        ];
        assert!(shares.into_iter().flatten().all(|ppm| ppm <= 1_000_000));
    }
    let shares = report
        .sent
        .values()
        .filter_map(quality::report::Sent::limited_by_processor_ppm);
    assert!(shares.into_iter().all(|ppm| ppm <= 1_000_000));
}
