//! What arrives at the service, and what is refused before it.

use std::convert::Infallible;

use axum_core::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::{Value, json};
use tower::{ServiceExt as _, service_fn};
use transcode::{Transcoder, limits};

use crate::{POOL, check, check_refused, json_of, request, send};

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
    // An encoded colon is part of an id, but where only a verb makes sense of it.
    for colon in ["%3A", "%3a"] {
        check(
            &format!("POST /v1/shelves/s1{colon}paint"),
            "{}",
            json!({"name": "shelves/s1"}),
        )
        .await;
        check(
            &format!("POST /v1/shelves/a%3Ab{colon}paint"),
            "{}",
            json!({"name": "shelves/a:b"}),
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_not_served_is_an_error_in_json() {
    let deep = format!("GET /{}", "a/".repeat(limits::PATH_SEGMENTS_MAX));
    for request in [
        "GET /v1/nothing/here",
        "GET /",
        "GET /v1/shelves//things/t",
        "GET /v1/shelves/s/things/",
        &deep,
        "POST /v1/shelves/s1%3Apaint/things",
        "POST /v1/shelves/s1:burn",
    ] {
        check_refused(request, "", 404, "", "Requested entity was not found.").await;
    }
    // This has no verb that is served, however its colon is written.
    check_refused("POST /v1/shelves/s1%3Aburn", "", 405, "", "DELETE").await;
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
    // A field of a form that nobody filled in.
    check("count=&color=&fragile=&madeTime=&colors=", json!({})).await;
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
    for body in ["", "{}", "\"\"", "null", "  ", " {} ", "\u{feff}", "\u{feff}{}"] {
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
    let long = format!("\"{}\"", "x".repeat(limits::BODY_BYTES_MAX));
    check_refused("POST /v1/echo", &long, 413, "", "larger than").await;
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

/// A body that never ends is not read before somebody below wants it, and what is wrong with the address is said without it.
#[tokio::test]
async fn no_body_is_read_unasked() {
    let endless = |line: &str| {
        let never = stream::pending::<Result<Frame<Bytes>, Infallible>>();
        request(line, b"").map(|_| Body::new(StreamBody::new(never)))
    };
    let deaf = service_fn(|_: Request<Body>| async {
        let refused = Response::builder()
            .header("grpc-status", "16")
            .header("x-request-id", "r1");
        Ok::<_, Infallible>(refused.body(Body::empty()).expect("a response"))
    });
    let transcoder = Transcoder::new(deaf, &POOL).expect("the rules can be served");
    for (line, status) in [
        ("POST /v1/echo", 401),
        ("PATCH /v1/boxes/b", 401),
        ("POST /v1/echo?name=x", 400),
        ("POST /v1/echo\ncontent-encoding: gzip", 400),
        ("POST /v1/nowhere", 404),
    ] {
        let Ok(response) = transcoder.clone().oneshot(endless(line)).await;
        assert_eq!(response.status(), status, "{line}");
        assert_eq!(response.headers().contains_key("x-request-id"), status == 401, "{line}");
    }
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
