//! The embedded web client: one page for every address that people open, and the assets it names.
//!
//! Where the client has no page, a person is shown so by the same page, with 404. A program is told so in JSON: it would take a page
//! for success, or stumble over its first letter.
//!
//! Assets carry a hash in their name and never change, so browsers keep them for ever; the page is asked for each time, and
//! answered with 304 when it is the same. The security headers allow exactly what the client does: its own scripts, its own
//! connections, camera and microphone.

use axum_core::body::Body;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use meeting::MeetingCode;
use percent_encoding::percent_decode_str;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::json;

/// `web/dist`, or the placeholder that `build.rs` wrote.
#[derive(RustEmbed)]
#[folder = "$SEDERUNT_WEB_CLIENT"]
struct Client;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    font-src 'self'; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What every page and asset is sent with, beside what `edge` sends with every answer.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    // Stricter would take the `Origin` header from the request by which a closing page leaves.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), microphone=(self), display-capture=(self), geolocation=()"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// The addresses at which the web client has something: those of `web/src/pages.ts`. What stands in braces is an id.
const PAGES: [&str; 22] = [
    "/",
    "/{code}",
    "/sign-in",
    "/password",
    "/check",
    "/consent",
    "/spaces",
    "/spaces/{space}",
    "/meetings",
    "/meetings/{conferenceRecord}",
    "/meetings/{conferenceRecord}/recordings/{recording}",
    "/calls",
    "/calls/{project}",
    "/calls/{project}/{call}",
    "/administration",
    "/administration/apps",
    "/administration/daemons",
    "/administration/service-accounts",
    "/administration/grants",
    "/administration/domains",
    "/administration/projects",
    "/administration/audit",
];

/// Answers a request for a page or an asset.
pub(crate) fn serve(request: &Request<Body>) -> Response<Body> {
    let mut response = page_or_asset(request);
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

fn page_or_asset(request: &Request<Body>) -> Response<Body> {
    let (path, headers) = (request.uri().path(), request.headers());
    let name = path.trim_start_matches('/');
    // A debug build reads the folder itself, where `..` would mean something.
    let asset = (!path.contains("..")).then(|| Client::get(name)).flatten();
    let is_person = is_person(headers);
    let is_page = is_page(path, is_person);
    if (asset.is_some() || is_page) && !matches!(*request.method(), Method::GET | Method::HEAD) {
        return json::only("GET, HEAD");
    }
    if let Some(asset) = asset {
        return file(name, asset, headers);
    }
    // A browser that has an old page asks for what that page names, and reads nothing of the answer.
    if name.starts_with("assets/") {
        return plain(StatusCode::NOT_FOUND, "there is no such file\n");
    }
    if !is_page && !is_person {
        return json::error(StatusCode::NOT_FOUND, "NOT_FOUND", "Requested entity was not found.");
    }
    let index = Client::get("index.html").expect("the build script made sure of a page");
    let mut response = file("index.html", index, headers);
    if !is_page {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Whether the client has a page at an address. A meeting code is looked at, since any word may stand where it does.
fn is_page(path: &str, is_person: bool) -> bool {
    let parts = |path: &str| -> Vec<String> { path.trim_matches('/').split('/').map(str::to_owned).collect() };
    let asked = parts(path);
    PAGES.iter().any(|page| {
        let page = parts(page);
        page.len() == asked.len()
            && page.iter().zip(&asked).all(|(expected, part)| match expected.as_str() {
                "{code}" => MeetingCode::parse(part).is_ok() || (is_person && is_dressed_code(part)),
                place if place.starts_with('{') => !part.is_empty(),
                literal => literal == part,
            })
    })
}

/// Whether a code came with something of the text in which somebody found it: its hyphens, its quotes, the end of its sentence. Of
/// programs this is not believed: `/prometheus` is ten letters, too.
fn is_dressed_code(part: &str) -> bool {
    let text = percent_decode_str(part).decode_utf8_lossy();
    let code = text.trim_matches(|sign: char| !sign.is_ascii_alphanumeric());
    MeetingCode::parse_typed(code).is_ok()
}

/// Whether whoever asks wants to read a page, as browsers do when somebody goes to an address.
fn is_person(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

fn file(path: &str, found: EmbeddedFile, asked: &HeaderMap) -> Response<Body> {
    use std::fmt::Write as _;
    let mut tag = String::with_capacity(34);
    tag.push('"');
    for byte in &found.metadata.sha256_hash()[..16] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    let tag = HeaderValue::from_str(&tag).expect("hexadecimal digits");
    let same = asked.get(header::IF_NONE_MATCH) == Some(&tag);
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = Response::new(if same {
        Body::empty()
    } else {
        Body::from(found.data.into_owned())
    });
    if same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    response
}

/// By the ending of a name; a table, because our own build makes all of them.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A short answer in plain text.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    text_of(status, text)
}

/// A short answer in plain text that names what was asked for: no browser may take it for a page.
pub(crate) fn text(status: StatusCode, text: String) -> Response<Body> {
    let mut response = text_of(status, text);
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

fn text_of(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Response<Body> {
        serve(&Request::get(path).body(Body::empty()).expect("a valid row"))
    }

    #[test]
    fn every_page_is_the_one_page() {
        for path in [
            "/",
            "/sign-in",
            "/abc-mnop-xyz",
            "/ABC-MNOP-XYZ/",
            "/spaces/jQCFfuBOdN5z",
            "/meetings/x",
        ] {
            let response = get(path);
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(
                response.headers()[header::CONTENT_TYPE],
                "text/html; charset=utf-8",
                "{path}"
            );
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache", "{path}");
            assert!(
                response.headers().contains_key(header::CONTENT_SECURITY_POLICY),
                "{path}"
            );
        }
    }

    #[test]
    fn a_person_finds_a_meeting_whatever_came_with_its_link() {
        for path in [
            "/abc-mnop-xyz.",
            "/abc-mnop-xyz,",
            "/abc-mnop-xyz).",
            "/%22ABC-MNOP-XYZ%22",
            "/abc-mnop-xyz%20",
            "/abc-mnop-xyz%E2%80%8B",
            "/abcmnopxyz",
            "/ABCMNOPXYZ.",
            "/abc%E2%80%91mnop%E2%80%93xyz.",
            "/%E2%80%9Cabc%E2%80%90mnop%E2%80%90xyz%E2%80%9D",
        ] {
            for (accept, status) in [("text/html", StatusCode::OK), ("*/*", StatusCode::NOT_FOUND)] {
                let request = Request::get(path).header(header::ACCEPT, accept).body(Body::empty());
                let response = serve(&request.expect("a valid row"));
                assert_eq!(response.status(), status, "{path} for {accept}");
            }
        }
    }

    #[test]
    fn where_there_is_no_page_each_is_told_so_in_their_own_way() {
        for path in [
            "/no/such/page",
            "/calendar/v3/calendars/primary",
            "/.well-known/change-password",
            "/abc-mnop",
            "/abc-mnop-xyz.html",
            "/calendar/v3/calendars/anna@example.org",
        ] {
            for (accept, kind) in [
                ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
                ("application/json", "application/json; charset=utf-8"),
                ("*/*", "application/json; charset=utf-8"),
            ] {
                for method in [Method::GET, Method::POST, Method::OPTIONS] {
                    let request = Request::builder()
                        .method(&method)
                        .uri(path)
                        .header(header::ACCEPT, accept);
                    let response = serve(&request.body(Body::empty()).expect("a valid row"));
                    assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method} {path} for {accept}");
                    assert_eq!(
                        response.headers()[header::CONTENT_TYPE],
                        kind,
                        "{method} {path} for {accept}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_addresses_are_those_of_the_client() {
        let table = include_str!("../../../../web/src/pages.ts");
        let rows = table.split("page(\n").flat_map(|rows| rows.split("page(")).skip(1);
        let of_client = rows.filter_map(|row| {
            let (path, _) = row.trim_start().strip_prefix('\'')?.split_once('\'')?;
            path.starts_with('/').then_some(path)
        });
        assert_eq!(of_client.collect::<Vec<_>>(), PAGES);
    }

    #[test]
    fn a_missing_file_is_not_a_page() {
        for path in ["/assets/gone-12345678.js", "/favicon.gone", "/assets/../index.html"] {
            assert_eq!(get(path).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn an_unchanged_page_is_not_sent_again() {
        let tag = get("/").headers()[header::ETAG].clone();
        let again = Request::get("/")
            .header(header::IF_NONE_MATCH, tag)
            .body(Body::empty())
            .expect("valid");
        assert_eq!(serve(&again).status(), StatusCode::NOT_MODIFIED);
    }
}
