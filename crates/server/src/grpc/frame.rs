//! The body of a unary request: one message, with a flag and its length before it.

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderValue};
use tonic::Status;

/// The message in a body that is there as a whole. What follows it is not asked for: tonic ignores it too.
///
/// Messages are plain here: what came compressed in a way that we speak was inflated before.
pub(super) fn inside(headers: &HeaderMap, mut body: Bytes) -> Result<Bytes, Status> {
    let encoding = headers
        .get("grpc-encoding")
        .map_or(&b"identity"[..], HeaderValue::as_bytes);
    if encoding != b"identity" {
        let encoding = String::from_utf8_lossy(encoding);
        return Err(Status::unimplemented(format!(
            "Content is compressed with `{encoding}` which isn't supported"
        )));
    }
    if body.is_empty() {
        return Err(Status::internal("Missing request message."));
    }
    let cut_off = || Status::internal("The message ends early.");
    let flag = body.try_get_u8().map_err(|_| cut_off())?;
    if flag != 0 {
        return Err(Status::internal(
            "The message is flagged as compressed, and no encoding is named.",
        ));
    }
    let length = body.try_get_u32().map_err(|_| cut_off())?;
    match usize::try_from(length) {
        Ok(length) if length <= body.len() => Ok(body.split_to(length)),
        _ => Err(cut_off()),
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn a_body_is_one_message() {
        let check = |encoding: Option<&'static str>, body: &'static [u8], expected: Result<&[u8], Code>| {
            let named = encoding.map(|name| ("grpc-encoding".parse().expect("a name"), name.parse().expect("a value")));
            let read = inside(&HeaderMap::from_iter(named), Bytes::from_static(body));
            let read = read.map_err(|status| status.code());
            assert_eq!(read.as_deref().map_err(|code| *code), expected, "{encoding:?} {body:?}");
        };
        check(None, b"\0\0\0\0\x02ab", Ok(b"ab"));
        check(Some("identity"), b"\0\0\0\0\0", Ok(b""));
        check(None, b"\0\0\0\0\x01ab", Ok(b"a"));
        check(Some("gzip"), b"\0\0\0\0\0", Err(Code::Unimplemented));
        check(None, b"\x01\0\0\0\0", Err(Code::Internal));
        check(None, b"", Err(Code::Internal));
        check(None, b"\0\0\0", Err(Code::Internal));
        check(None, b"\0\0\0\0\x03ab", Err(Code::Internal));
        check(None, b"\0\xff\xff\xff\xff", Err(Code::Internal));
    }
}
