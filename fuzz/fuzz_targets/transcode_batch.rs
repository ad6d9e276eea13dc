//! Any batch: a content type on the first line, and the parts.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use transcode::{batch, limits::BATCH_CALLS_MAX};

fuzz_target!(|data: &[u8]| {
    let (content_type, body) = data.split_at(data.iter().position(|&byte| byte == b'\n').unwrap_or(0));
    let body = Bytes::copy_from_slice(body);
    let kinds = [String::from_utf8_lossy(content_type).into_owned(), "multipart/mixed; boundary=b".to_owned()];
    for kind in kinds {
        if let Ok(parts) = batch::read(&kind, &body) {
            assert!((1..=BATCH_CALLS_MAX).contains(&parts.len()));
        }
    }
});
