//! Pages, health, metrics, and pages of other origins.

use serde_json::json;

use crate::world::{World, text};

#[tokio::test]
async fn people_get_pages_and_programs_get_errors() {
    let world = World::new().await;
    for (method, path, status, kind) in [
        ("GET", "/", 200, "text/html"),
        ("GET", "/sign-in", 200, "text/html"),
        ("GET", "/abc-mnop-xyz", 200, "text/html"),
        ("GET", "/no/such/page", 404, "application/json"),
        ("HEAD", "/", 200, "text/html"),
        ("GET", "/assets/gone.js", 404, "text/plain"),
        ("GET", "/../../etc/passwd", 404, "application/json"),
        ("POST", "/abc-mnop-xyz", 405, "application/json"),
        ("POST", "/assets/gone.js", 404, "text/plain"),
        ("POST", "/calendar/v3/calendars", 404, "application/json"),
        ("OPTIONS", "/calendar/v3/calendars", 404, "application/json"),
        ("PUT", "/oauth2/v3/userinfo.json", 404, "application/json"),
        (
            "GET",
            "/calendar/v3/calendars/anna@example.org",
            404,
            "application/json",
        ),
        ("GET", "/favicon.ico", 404, "application/json"),
        ("DELETE", "/oauth2/auth", 405, "application/json"),
        ("GET", "/oauth2/token", 405, "application/json"),
        ("GET", "/v2/nonsense", 404, "application/json"),
        ("GET", "/v3/spaces/x", 404, "application/json"),
        ("GET", "/sederunt/v1/nonsense", 404, "application/json"),
        ("GET", "/v2/spaces/x", 401, "application/json"),
        ("POST", "/batch", 401, "application/json"),
        ("POST", "/oauth2/token", 400, "application/json"),
        ("GET", "/$discovery/rest?version=v2", 200, "application/json"),
        ("GET", "/discovery/v1/apis", 200, "application/json"),
        ("HEAD", "/discovery/v1/apis/meet/v2/rest", 200, "application/json"),
        ("GET", "/discovery/v1/apis/calendar/v3/rest", 404, "application/json"),
        ("GET", "/calendar/v3/calendars/primary", 404, "application/json"),
        ("HEAD", "/v2/conferenceRecords", 401, "application/json"),
        ("GET", "/healthz", 200, "text/plain"),
        ("GET", "/readyz", 200, "text/plain"),
        ("GET", "/metrics", 200, "application/openmetrics-text"),
    ] {
        let answer = world.send(method, None, path, &[], "").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        for header in [&format!("content-type: {kind}"), "x-content-type-options: nosniff"] {
            assert!(answer.head.contains(header), "{method} {path}: {}", answer.head);
        }
        assert_eq!(
            answer.head.contains("allow: "),
            status == 405,
            "{method} {path}: {}",
            answer.head
        );
        // Only whoever came by HTTPS can be asked to come back by it.
        assert!(
            !answer.head.contains("strict-transport-security"),
            "{method} {path}: {}",
            answer.head
        );
    }
    let page = world.get(None, "/").await;
    assert!(
        page.head.contains("content-security-policy: default-src 'none'"),
        "{}",
        page.head
    );
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    world.join(&space, None, "Ada").await.ok();
    world
        .join(&space, None, "")
        .await
        .refused(400, "INVALID_ARGUMENT", "NAME_REQUIRED");
    let page = world.get(None, "/metrics").await.text;
    for line in [
        "sederunt_requests_total{method=\"google.apps.meet.v2.SpacesService/CreateSpace\",status=\"OK\"} 1",
        "sederunt_requests_total{method=\"sederunt.v1.Meetings/Join\",status=\"INVALID_ARGUMENT\"} 1",
        "sederunt_joins_total{outcome=\"admitted\"} 1",
        "sederunt_joins_total{outcome=\"refused\"} 1",
        "sederunt_conferences_live 1",
        "sederunt_sessions_live 1",
        "sederunt_write_seconds_count 1",
        "sederunt_media_peer_errors_total 0",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
}

#[tokio::test]
async fn grpc_for_browsers_is_refused_by_its_name() {
    let world = World::new().await;
    let path = "/google.apps.meet.v2.SpacesService/GetSpace";
    for kind in [
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpc-web-text",
    ] {
        let answer = world.send("POST", None, path, &[("content-type", kind)], "").await;
        assert_eq!(answer.status, 415, "{kind}: {}", answer.text);
        assert_eq!(answer.body["error"]["status"], "UNIMPLEMENTED", "{kind}");
    }
}

#[tokio::test]
async fn a_browser_elsewhere_may_ask_with_a_token() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let asks = [
        ("origin", "https://elsewhere.example"),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "authorization,traceparent,x-clientdetails,x-goog-authuser",
        ),
    ];
    let preflight = world.send("OPTIONS", None, "/v2/spaces", &asks, "").await;
    assert_eq!(preflight.status, 204);
    assert!(
        preflight
            .head
            .contains("access-control-allow-headers: authorization,traceparent,x-clientdetails,x-goog-authuser"),
        "{}",
        preflight.head
    );
    let read = world
        .send("GET", Some(&owner), "/v2/conferenceRecords", &asks[..1], "")
        .await;
    assert!(read.head.contains("access-control-allow-origin: *"), "{}", read.head);
}
