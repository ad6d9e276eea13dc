//! What holds for any input.

use axum_core::body::Body;
use base64::Engine as _;
use http::Request;
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use serde_json::{Value, json};

use crate::{POOL, json_of, request, send};

/// Sends anything, and expects an answer in JSON: what was asked for, or an error that is the caller's.
fn never_panics(verb: &str, target: &str, body: Vec<u8>) {
    let Ok(uri) = target.parse::<http::Uri>() else { return };
    let request = Request::builder()
        .method(verb)
        .uri(uri)
        .body(Body::from(body))
        .expect("a valid request");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let (status, _) = runtime.block_on(async { json_of(send(request).await.0).await });
    assert!([200, 400, 404, 405].contains(&status), "{verb} {target}: {status}");
}

/// A message with a value of each kind, as JSON.
fn thing() -> impl Strategy<Value = Value> {
    let texts = (
        any::<String>(),
        any::<String>(),
        proptest::collection::vec(any::<String>(), 0..3),
    );
    let numbers = (any::<i32>(), any::<i64>(), any::<u64>(), 0..1_000_000_000_u32);
    let rest = (proptest::collection::vec(any::<u8>(), 0..9), any::<bool>());
    (texts, numbers, rest).prop_map(
        |((name, label, tags), (integer, long, serial, nanos), (digest, flag))| {
            json!({
                "name": name, "color": integer, "colors": [integer, 1], "weightGrams": long.to_string(),
                // A short fraction: serde_json may miss the last bit of a long one.
                "serialNumber": serial.to_string(), "count": integer, "ratio": f64::from(integer) / 8.0, "score": 0.5,
                "madeTime": format!("2026-01-02T03:04:05.{nanos:09}Z"), "warranty": format!("{integer}.{nanos:09}s"),
                "digest": base64::prelude::BASE64_STANDARD.encode(digest), "labels": {label.as_str(): name},
                "boxes": [{"label": label}, {}], "box": {"heightMm": integer}, "tags": tags, "fragile": flag,
                "nickname": label, "inner": {"new": flag}, "extra": {"x": [flag, null, name]},
            })
        },
    )
}

/// What the JSON says, whatever the form of its enums and with or without defaults.
fn encoded(json: Value) -> Vec<u8> {
    let thing = POOL.get_message_by_name("test.v1.Thing").expect("it is in the pool");
    DynamicMessage::deserialize(thing, json)
        .expect("a thing")
        .encode_to_vec()
}

/// The scalars of a message as a query.
fn query(thing: &Value) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in thing.as_object().expect("an object") {
        for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            query.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
        }
    }
    query.finish()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_message_comes_back_as_it_was_sent(thing in thing(), integers in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let alt = if integers { "?$alt=json;enum-encoding=int" } else { "" };
        let line = format!("POST /v1/echo{alt}");
        let body = thing.to_string();
        let (status, answer) = runtime.block_on(async { json_of(send(request(&line, body.as_bytes())).await.0).await });
        prop_assert_eq!(status, 200, "{}", answer);
        prop_assert_eq!(encoded(answer), encoded(thing));
    }

    #[test]
    fn a_query_says_what_a_body_says(mut thing in thing()) {
        let members = thing.as_object_mut().expect("an object");
        for without_form in ["boxes", "box", "labels", "inner", "extra", "colors"] {
            members.remove(without_form);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let line = format!("GET /v1/echo?{}", query(&thing));
        let (status, answer) = runtime.block_on(async { json_of(send(request(&line, b"")).await.0).await });
        prop_assert_eq!(status, 200, "{}", answer);
        prop_assert_eq!(encoded(answer), encoded(thing));
    }

    #[test]
    fn any_body_is_answered(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        never_panics("POST", "/v1/echo", body);
    }

    #[test]
    fn any_json_is_answered(body in r#"\{("(name|color|madeTime|warranty|box|boxes|labels|updateMask|digest|extra|inner)":("[ -~]{0,20}"|-?[0-9]{1,20}|\{\}|\[\{\}\]|null|true)){0,3}\}"#) {
        never_panics("POST", "/v1/echo", body.into_bytes());
    }

    #[test]
    fn any_path_is_answered(verb in "GET|POST|DELETE|PATCH|OPTIONS", path in "(/|v1|shelves|things|:|%|[!-~]){0,12}") {
        never_panics(&verb, &format!("/{path}"), Vec::new());
    }

    #[test]
    fn any_query_is_answered(query in "((name|color|box|inner|labels|madeTime|warranty|fields|alt|[$]alt|[.]|=|&|%)|[!-~]){0,30}") {
        never_panics("GET", &format!("/v1/echo?{query}"), Vec::new());
    }

    #[test]
    fn any_mask_is_answered(mask in "(name|box|boxes|inner|label|[*]|[/.,()]|[!-~]){0,20}") {
        let mask: String = form_urlencoded::byte_serialize(mask.as_bytes()).collect();
        never_panics("GET", &format!("/v1/echo?fields={mask}"), Vec::new());
    }
}
