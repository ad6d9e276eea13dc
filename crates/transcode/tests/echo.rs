//! The mapping between HTTP with JSON and gRPC, on a service that answers what it was asked.
//!
//! Request and response are the same message, so each row shows what arrived as what was sent back.

use std::{
    convert::Infallible,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use axum::body::Body;
use base64::Engine as _;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use tower::{ServiceExt as _, service_fn};
use transcode::{Transcoder, limits};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler =
        protox::Compiler::new([root.join("tests/proto"), root.join("../../proto")]).expect("the folders exist");
    compiler.include_imports(true);
    compiler
        .open_files(["test/v1/things.proto", "google/rpc/status.proto"])
        .expect("the files compile");
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).expect("a compiled set is valid")
});

/// Sends a request through the transcoder; what reached the service is the second part.
async fn send(request: Request<Body>) -> (Response<Body>, Option<HeaderMap>) {
    let seen = Arc::new(Mutex::new(None));
    let inner = {
        let seen = Arc::clone(&seen);
        service_fn(move |request: Request<Body>| {
            let seen = Arc::clone(&seen);
            async move {
                *seen.lock().expect("no test panics while it holds the lock") = Some(request.headers().clone());
                assert_eq!(request.headers()["content-type"], "application/grpc");
                let forget = request.uri().path().ends_with("/Forget");
                let frame = request.into_body().collect().await.expect("a whole body").to_bytes();
                let frame = if forget { vec![0; 5].into() } else { frame };
                let body = Full::new(frame).with_trailers(async {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("grpc-status", "0".parse().expect("a header"));
                    trailers.insert("x-from-trailer", "kept".parse().expect("a header"));
                    Some(Ok::<_, Infallible>(trailers))
                });
                let reply = Response::builder()
                    .header("grpc-encoding", "identity")
                    .header("x-request-id", "r1");
                Ok::<_, Infallible>(reply.body(body).expect("a response"))
            }
        })
    };
    let transcoder = Transcoder::new(inner, &POOL).expect("the rules can be served");
    let Ok(response) = transcoder.oneshot(request).await;
    let seen = seen.lock().expect("no test panics while it holds the lock").take();
    (response, seen)
}

async fn json_of(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json; charset=UTF-8");
    let body = response.into_body().collect().await.expect("a whole body").to_bytes();
    (status, serde_json::from_slice(&body).expect("JSON"))
}

/// `line` is a verb, a path, and header lines after it.
fn request(line: &str, body: &[u8]) -> Request<Body> {
    let (line, headers) = line.split_once('\n').unwrap_or((line, ""));
    let (verb, path) = line.split_once(' ').expect("a verb and a path");
    let mut request = Request::builder().method(verb).uri(path);
    for header in headers.lines() {
        let (name, value) = header.split_once(": ").expect("a name and a value");
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_vec())).expect("a valid request")
}

async fn check(line: &str, body: impl AsRef<[u8]>, expected: Value) {
    let (response, _) = send(request(line, body.as_ref())).await;
    assert_eq!(
        json_of(response).await,
        (200, expected),
        "{line}\n{}",
        String::from_utf8_lossy(body.as_ref())
    );
}

/// `field` is what the error blames; empty where it blames none.
async fn check_refused(line: &str, body: impl AsRef<[u8]>, status: u16, field: &str, message: &str) {
    let (response, seen) = send(request(line, body.as_ref())).await;
    let (code, answer) = json_of(response).await;
    let text = String::from_utf8_lossy(body.as_ref());
    let error = &answer["error"];
    assert_eq!(
        (code, &error["code"]),
        (status, &json!(status)),
        "{line}\n{text}\n{answer}"
    );
    let blamed = error["details"][0]["fieldViolations"][0]["field"]
        .as_str()
        .unwrap_or_default();
    assert_eq!(blamed, field, "{line}\n{text}\n{answer}");
    let said = error["message"].as_str().expect("a message");
    assert!(said.contains(message), "{line}\n{text}\n{said}");
    assert!(seen.is_none(), "{line}: refused, and yet the service was called");
}

#[tokio::test]
async fn paths_name_methods_and_fields() {
    let check = async |path: &str, name: &str| check(&format!("GET {path}"), "", json!({"name": name})).await;
    check("/v1/shelves/s1/things/t1", "shelves/s1/things/t1").await;
    // Decoded segment by segment; what would look like one segment more stays encoded.
    check("/v1/shelves/a%20b/things/%C3%A9%3Ax", "shelves/a b/things/é:x").await;
    check("/v1/shelves/a%2Fb/things/t", "shelves/a%2Fb/things/t").await;
    check("/v1/a%2Fb/alone", "a/b").await;
    check("/v1/shelves/alone", "shelves").await;
    check("/v1/files/a/b/c", "a/b/c").await;
    // The path wins over the query.
    check("/v1/shelves/s1/things/t1?name=other", "shelves/s1/things/t1").await;
}

#[tokio::test]
async fn a_literal_wins_over_a_star() {
    check("GET /v1/shelves/first", "", json!({})).await;
    check("GET /v1/files", "", json!({})).await;
    check("DELETE /v1/shelves/first", "", json!({})).await;
    check("POST /v1/shelves/s1:paint", "{}", json!({"name": "shelves/s1"})).await;
    check(
        "POST /v1/shelves/a%3Apaint:paint",
        "{}",
        json!({"name": "shelves/a:paint"}),
    )
    .await;
}

#[tokio::test]
async fn what_is_not_served_is_an_error_in_json() {
    check_refused("GET /v1/nothing/here", "", 404, "", "Nothing is served").await;
    check_refused("GET /", "", 404, "", "Nothing is served").await;
    check_refused("GET /v1/shelves//things/t", "", 404, "", "Nothing is served").await;
    check_refused("GET /v1/shelves/s/things/", "", 404, "", "Nothing is served").await;
    check_refused(
        &format!("GET /{}", "a/".repeat(limits::PATH_SEGMENTS_MAX)),
        "",
        404,
        "",
        "Nothing is served",
    )
    .await;
    // An encoded colon belongs to the id, so these have no verb, or another one.
    check_refused("POST /v1/shelves/s1%3Apaint", "", 405, "", "DELETE").await;
    check_refused("POST /v1/shelves/s1:burn", "", 404, "", "Nothing is served").await;
    check_refused("PUT /v1/echo", "{}", 405, "", "GET, POST").await;
    check_refused("GET /v1/shelves/%FF/things/t", "", 400, "name", "UTF-8").await;

    let (response, _) = send(request("PUT /v1/echo", b"")).await;
    assert_eq!(response.headers()["allow"], "GET, POST");
    assert_eq!(json_of(response).await.1["error"]["status"], "UNIMPLEMENTED");
}

#[tokio::test]
async fn queries_fill_fields() {
    let check = async |query: &str, expected: Value| check(&format!("GET /v1/echo?{query}"), "", expected).await;
    check(
        "name=a+b%20c&weightGrams=5",
        json!({"name": "a b c", "weightGrams": "5"}),
    )
    .await;
    check("weight_grams=-5&new=true", json!({"weightGrams": "-5", "new": true})).await;
    check(
        "color=RED&colors=1&colors=GREEN",
        json!({"color": "RED", "colors": ["RED", "GREEN"]}),
    )
    .await;
    check("color=77", json!({"color": 77})).await;
    check("tags=a&tags=b&tags=", json!({"tags": ["a", "b", ""]})).await;
    check(
        "box.heightMm=3&box.label=x",
        json!({"box": {"heightMm": 3, "label": "x"}}),
    )
    .await;
    check(
        "inner.inner.box.color=2",
        json!({"inner": {"inner": {"box": {"color": "GREEN"}}}}),
    )
    .await;
    check("count=0", json!({"count": 0})).await;
    check(
        "madeTime=2026-01-02T03:04:05.678%2B01:00",
        json!({"madeTime": "2026-01-02T02:04:05.678Z"}),
    )
    .await;
    check("warranty=1.5s", json!({"warranty": "1.500s"})).await;
    check("fragile=false&nickname=", json!({"fragile": false, "nickname": ""})).await;
    check("digest=-_8", json!({"digest": "+/8="})).await;
    check("digest=%2B/8=", json!({"digest": "+/8="})).await;
    check("ratio=0.5&score=-Infinity", json!({"ratio": 0.5, "score": "-Infinity"})).await;
    check(
        "serialNumber=18446744073709551615",
        json!({"serialNumber": "18446744073709551615"}),
    )
    .await;
    let mask = json!({"updateMask": "box.heightMm,weightGrams"});
    check("updateMask=box.height_mm,weight_grams", mask.clone()).await;
    check("update_mask=box.heightMm%2C+weightGrams", mask).await;
    check("updateMask=*", json!({"updateMask": "*"})).await;
    check("updateMask=", json!({"updateMask": ""})).await;
}

#[tokio::test]
async fn system_parameters_are_no_fields() {
    let given = "color=RED";
    let check = async |query: &str, expected: Value| {
        check(&format!("GET /v1/echo?{given}&{query}"), "", expected).await;
    };
    let (number, name) = (json!({"color": 1}), json!({"color": "RED"}));
    check("$alt=json;enum-encoding=int", number.clone()).await;
    check("$alt=json%3Benum-encoding=int", number.clone()).await;
    check("%24alt=json%3Benum-encoding%3Dint", number.clone()).await;
    check("alt=json;enum-encoding=int", number).await;
    check("alt=json", name.clone()).await;
    check("$alt=json;enum-encoding=string", name.clone()).await;
    check(
        "$.xgafv=2&quotaUser=q&uploadType=u&upload_protocol=p&callback=f&$ct=x&prettyPrint=false&key=k",
        name,
    )
    .await;
}

#[tokio::test]
async fn queries_that_are_refused() {
    let check = async |query: &str, field: &str, message: &str| {
        check_refused(&format!("GET /v1/echo?{query}"), "", 400, field, message).await;
    };
    check("wrong=1", "wrong", "unknown field").await;
    check("box.wrong=1", "box.wrong", "unknown field").await;
    check("name.x=1", "name.x", "only a message has fields").await;
    check("count=x", "count", "a 32-bit integer").await;
    check("count=3000000000", "count", "a 32-bit integer").await;
    check("color=BLUE", "color", "no value of `Color`").await;
    check("new=yes", "new", "`true` or `false`").await;
    check("madeTime=yesterday", "madeTime", "").await;
    check("warranty=5", "warranty", "").await;
    check("digest=%25", "digest", "base64").await;
    check("box=x", "box", "name one of its fields").await;
    check("boxes=x", "boxes", "name one of its fields").await;
    check("boxes.label=x", "boxes.label", "repeated").await;
    check("labels=x", "labels", "maps").await;
    check("labels.key=x", "labels.key", "maps").await;
    check("shelf=a&box.label=b", "box.label", "`shelf`").await;
    check("box.label=b&shelf=a", "shelf", "`box`").await;
    check("alt=proto", "alt", "json").await;
    check("$alt=json;enum-encoding=hex", "$alt", "enum-encoding=int").await;
    let deep = format!("{}name", "inner.".repeat(limits::FIELD_PATH_NAMES_MAX));
    check(&format!("{deep}=x"), &deep, "at most 16").await;
    let many = "tags=a&".repeat(limits::QUERY_PARAMETERS_MAX + 1);
    check(&many, "", "at most 256").await;
    check_refused("POST /v1/echo?name=x", "{}", 400, "name", "from the body").await;
}

#[tokio::test]
async fn nothing_is_sent_in_many_ways() {
    for body in ["", "{}", "\"\"", "null", "  ", " {} "] {
        for content_type in [
            "",
            "\ncontent-type: application/json",
            "\ncontent-type: text/plain;charset=UTF-8",
        ] {
            check(&format!("POST /v1/echo{content_type}"), body, json!({})).await;
        }
    }
    // A field of the request is present only where the body has an object.
    check("PATCH /v1/boxes/b", "\"\"", json!({"box": {"label": "boxes/b"}})).await;
    check("GET /v1/echo\ncontent-type: application/json", "", json!({})).await;
}

#[tokio::test]
async fn bodies_are_read_in_every_spelling() {
    let check = async |body: &str, expected: Value| check("POST /v1/echo", body, expected).await;
    check(
        r#"{"weightGrams": 5, "made_time": "2026-01-02T03:04:05Z"}"#,
        json!({"weightGrams": "5", "madeTime": "2026-01-02T03:04:05Z"}),
    )
    .await;
    check(
        r#"{"color": 1, "colors": ["GREEN", 2, 9]}"#,
        json!({"color": "RED", "colors": ["GREEN", "GREEN", 9]}),
    )
    .await;
    check(r#"{"name": null, "box": null, "tags": null}"#, json!({})).await;
    check(
        r#"{"updateMask": "box.heightMm"}"#,
        json!({"updateMask": "box.heightMm"}),
    )
    .await;
    check(
        r#"{"inner": {"update_mask": "box.height_mm,*"}}"#,
        json!({"inner": {"updateMask": "box.heightMm,*"}}),
    )
    .await;
    check(
        r#"{"labels": {"a": "b"}, "extra": {"x": [1, null]}}"#,
        json!({"labels": {"a": "b"}, "extra": {"x": [1.0, null]}}),
    )
    .await;
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let check = async |body: &str, field: &str, message: &str| {
        check_refused("POST /v1/echo", body, 400, field, message).await;
    };
    check("{", "", "not JSON").await;
    check("{} {}", "", "not JSON").await;
    check("[]", "", "expected an object").await;
    check("\"x\"", "", "expected an object").await;
    check(r#"{"wrong": 1}"#, "wrong", "unknown field").await;
    check(r#"{"box": {"wrong": 1}}"#, "box.wrong", "unknown field").await;
    check(r#"{"boxes": [{}, {"wrong": 1}]}"#, "boxes[1].wrong", "unknown field").await;
    check(r#"{"box": {"heightMm": "tall"}}"#, "box.height_mm", "").await;
    check(r#"{"box": 3}"#, "box", "").await;
    check(r#"{"color": "BLUE"}"#, "color", "").await;
    check(r#"{"name": 3}"#, "name", "").await;
    check(r#"{"madeTime": "yesterday"}"#, "made_time", "").await;
    check(r#"{"tags": ["a", 3]}"#, "tags", "").await;
    check(r#"{"labels": {"a": 3}}"#, "labels", "").await;
    // Either is right alone, so no one field is to blame.
    check(r#"{"shelf": "a", "box": {}}"#, "", "").await;
    check(&"[".repeat(10_000), "", "not JSON").await;
    check(
        &format!("\"{}\"", "x".repeat(limits::BODY_BYTES_MAX)),
        "",
        "larger than",
    )
    .await;
    check_refused(
        "PATCH /v1/boxes/b",
        r#"{"wrong": 1}"#,
        400,
        "box.wrong",
        "unknown field",
    )
    .await;
    check_refused(
        "POST /v1/echo\ncontent-type: text/html",
        "<p>",
        400,
        "",
        "application/json",
    )
    .await;
    check_refused("POST /v1/echo\ncontent-encoding: gzip", "x", 400, "", "compressed").await;
}

#[tokio::test]
async fn a_post_may_stand_for_another_verb() {
    let form = "\nx-http-method-override: GET\ncontent-type: application/x-www-form-urlencoded";
    check(
        &format!("POST /v1/echo{form}"),
        "name=a+b&count=1",
        json!({"name": "a b", "count": 1}),
    )
    .await;
    check(
        &format!("POST /v1/echo?name=a{form}"),
        "count=1",
        json!({"name": "a", "count": 1}),
    )
    .await;
    check("POST /v1/shelves/s\nx-http-method-override: DELETE", "", json!({})).await;
}

#[tokio::test]
async fn masks_prune_the_answer() {
    let whole = json!({
        "name": "n", "weightGrams": "5", "box": {"label": "l", "heightMm": 3},
        "boxes": [{"label": "a", "heightMm": 1}, {"label": "b"}], "labels": {"k": "v"},
        "madeTime": "2026-01-02T03:04:05Z", "inner": {"name": "i", "box": {"label": "il", "color": "RED"}},
    });
    let body = whole.to_string();
    let check = async |mask: &str, expected: Value| {
        let mask: String = form_urlencoded::byte_serialize(mask.as_bytes()).collect();
        check(&format!("POST /v1/echo?fields={mask}"), &body, expected.clone()).await;
        check(&format!("POST /v1/echo?%24fields={mask}"), &body, expected).await;
    };
    check("", whole.clone()).await;
    check("*", whole.clone()).await;
    check("name", json!({"name": "n"})).await;
    check("weightGrams,weight_grams", json!({"weightGrams": "5"})).await;
    check("box/label,name", json!({"name": "n", "box": {"label": "l"}})).await;
    check("box.heightMm", json!({"box": {"heightMm": 3}})).await;
    check("boxes(label)", json!({"boxes": [{"label": "a"}, {"label": "b"}]})).await;
    check("boxes/*", json!({"boxes": whole["boxes"]})).await;
    check(
        "inner(name,box(color,label)),labels",
        json!({"labels": {"k": "v"}, "inner": whole["inner"]}),
    )
    .await;
    check("inner/box/color", json!({"inner": {"box": {"color": "RED"}}})).await;
    check(
        "*/label",
        json!({"box": {"label": "l"}, "boxes": [{"label": "a"}, {"label": "b"}]}),
    )
    .await;
    check("box,box/label", json!({"box": {"label": "l", "heightMm": 3}})).await;
    check("box/label,*", whole.clone()).await;
    check(" name , box ( label ) ", json!({"name": "n", "box": {"label": "l"}})).await;
    check("madeTime,tags", json!({"madeTime": "2026-01-02T03:04:05Z"})).await;
}

#[tokio::test]
async fn masks_that_are_refused() {
    let check = async |mask: &str, message: &str| {
        let mask: String = form_urlencoded::byte_serialize(mask.as_bytes()).collect();
        check_refused(&format!("POST /v1/echo?fields={mask}"), "{}", 400, "fields", message).await;
    };
    check("wrong", "`wrong` is no field of `Thing`").await;
    check("box/wrong", "`wrong` is no field of `Box`").await;
    check("*/wrong", "is no field").await;
    check("name/x", "has no fields").await;
    check("madeTime/seconds", "has no fields").await;
    check("labels/k", "has no fields").await;
    check("name,", "a field name or `*` at byte 5").await;
    check("box(label", "`,` or `)` at byte 9").await;
    check("box)", "`,` or the end at byte 3").await;
    check("box()", "a field name or `*` at byte 4").await;
    check("nämé", "").await;
    check(&"inner/".repeat(limits::MASK_DEPTH_MAX + 1), "too deep").await;
    check(&"(".repeat(1000), "a field name").await;
    check(&"name,".repeat(limits::MASK_BYTES_MAX), "too long").await;
    check(&vec!["*/label"; 500].join(","), "too broad").await;
}

#[tokio::test]
async fn headers_travel_both_ways() {
    let line = "GET /v1/echo?access_token=T1&key=K1&fields=name\ncookie: a=b\norigin: http://o\nuser-agent: u\n\
                x-forwarded-for: 192.0.2.1\nx-server-timeout: 1.5\ngrpc-encoding: gzip\ngrpc-timeout: 1S\n\
                connection: close\ncontent-length: 0";
    let (response, seen) = send(request(line, b"")).await;
    let seen = seen.expect("the service was called");
    let check = |name: &str, value: Option<&str>| {
        assert_eq!(
            seen.get(name).map(|value| value.to_str().expect("text")),
            value,
            "{name}"
        );
    };
    check("authorization", Some("Bearer T1"));
    check("x-goog-api-key", Some("K1"));
    check("x-goog-fieldmask", Some("name"));
    check("cookie", Some("a=b"));
    check("origin", Some("http://o"));
    check("user-agent", Some("u"));
    check("x-forwarded-for", Some("192.0.2.1"));
    check("grpc-timeout", Some("1500m"));
    check("te", Some("trailers"));
    check("grpc-encoding", None);
    check("connection", None);
    check("content-length", None);
    check("x-server-timeout", None);

    assert_eq!(response.headers()["x-request-id"], "r1");
    assert_eq!(response.headers()["x-from-trailer"], "kept");
    let leaked: Vec<_> = response
        .headers()
        .keys()
        .filter(|name| name.as_str().starts_with("grpc-"))
        .collect();
    assert!(leaked.is_empty(), "{leaked:?}");

    // A header wins over the query, and a mask may come as a header.
    let line = "GET /v1/echo?access_token=T1&name=n&count=1\nauthorization: Bearer T2\nx-goog-fieldmask: name";
    let (response, seen) = send(request(line, b"")).await;
    assert_eq!(seen.expect("the service was called")["authorization"], "Bearer T2");
    assert_eq!(json_of(response).await, (200, json!({"name": "n"})));

    check_refused(
        "GET /v1/echo\nx-server-timeout: soon",
        "",
        400,
        "x-server-timeout",
        "seconds",
    )
    .await;
    check_refused(
        "GET /v1/echo\nx-server-timeout: -1",
        "",
        400,
        "x-server-timeout",
        "seconds",
    )
    .await;
    check_refused("GET /v1/echo?access_token=%0A", "", 400, "", "credentials").await;
}

#[tokio::test]
async fn json_is_compact_unless_asked_for() {
    for (query, expected) in [
        ("", r#"{"name":"n"}"#),
        ("&prettyPrint=true", "{\n  \"name\": \"n\"\n}"),
    ] {
        let (response, _) = send(request(&format!("GET /v1/echo?name=n{query}"), b"")).await;
        let body = response.into_body().collect().await.expect("a whole body").to_bytes();
        assert_eq!(body, expected);
    }
}

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
