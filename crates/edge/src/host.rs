//! By what name a host is asked for.

use http::Request;
use http::header::{self, HeaderValue};

/// HTTP/2 names the host beside the path. Whoever compares it with an origin finds it in one place.
pub fn name_host<B>(request: &mut Request<B>) {
    let authority = request
        .uri()
        .authority()
        .map(|authority| HeaderValue::from_str(authority.as_str()));
    if let Some(Ok(host)) = authority {
        request.headers_mut().entry(header::HOST).or_insert(host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_where_it_is_looked_for() {
        for (uri, host, expected) in [
            ("https://meet.example.org/v2/spaces", None, Some("meet.example.org")),
            ("/v2/spaces", Some("meet.example.org"), Some("meet.example.org")),
            // What HTTP/1.1 says stays: it is what a browser compares with.
            (
                "http://proxy/v2/spaces",
                Some("meet.example.org"),
                Some("meet.example.org"),
            ),
            ("/v2/spaces", None, None),
        ] {
            let mut request = Request::get(uri);
            if let Some(host) = host {
                request = request.header(header::HOST, host);
            }
            let mut request = request.body(()).expect("a valid row");
            name_host(&mut request);
            let found = request.headers().get(header::HOST).map(HeaderValue::as_bytes);
            assert_eq!(found, expected.map(str::as_bytes), "{uri}");
        }
    }
}
