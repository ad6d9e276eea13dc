//! Any batch: a content type on the first line, and the parts.

use bytes::Bytes;
use transcode::{batch, limits::BATCH_PARTS_MAX};

/// The bytes are a content type, a line's end and a body.
pub fn run(data: &[u8]) {
    let [content_type, body] = crate::lines(data);
    let body = Bytes::copy_from_slice(body);
    let kinds = [
        String::from_utf8_lossy(content_type).into_owned(),
        "multipart/mixed; boundary=b".to_owned(),
    ];
    for kind in kinds {
        if let Ok(parts) = batch::read(&kind, &body) {
            assert!((1..=BATCH_PARTS_MAX).contains(&parts.len()));
        }
    }
}
