//! The layer in front of a real tonic service of the Meet API, on both transports at once.

use api::{
    descriptor_pool,
    google::{
        apps::meet::{
            v2,
            v2beta::{
                self, ActiveConference, ConnectActiveConferenceRequest, ConnectActiveConferenceResponse,
                EndActiveConferenceRequest, GetMemberRequest, GetSpaceRequest, Member, Space, SpaceConfig,
                UpdateSpaceRequest,
                spaces_service_server::{SpacesService, SpacesServiceServer},
            },
        },
        rpc::{self, BadRequest, ErrorInfo, bad_request::FieldViolation},
    },
};
use axum_core::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use prost::Message as _;
use serde_json::{Value, json};
use tonic::{Code, Status, metadata::MetadataValue, service::Routes};
use tower::{Service, ServiceExt as _};
use transcode::Transcoder;

struct Spaces;

#[tonic::async_trait]
impl SpacesService for Spaces {
    async fn get_space(&self, request: tonic::Request<GetSpaceRequest>) -> Result<tonic::Response<Space>, Status> {
        let (metadata, _, GetSpaceRequest { name }) = request.into_parts();
        if name != "spaces/known" {
            return Err(denied());
        }
        assert_eq!(
            metadata.get("authorization").map(MetadataValue::as_encoded_bytes),
            Some(b"Bearer T".as_slice())
        );
        let mut reply = tonic::Response::new(Space {
            name,
            config: Some(SpaceConfig {
                access_type: 1,
                ..SpaceConfig::default()
            }),
            active_conference: Some(ActiveConference {
                conference_record: "conferenceRecords/c".to_owned(),
                media_api_consenter_present: true,
            }),
            ..Space::default()
        });
        reply
            .metadata_mut()
            .insert("x-request-id", MetadataValue::from_static("r1"));
        Ok(reply)
    }

    async fn update_space(
        &self,
        request: tonic::Request<UpdateSpaceRequest>,
    ) -> Result<tonic::Response<Space>, Status> {
        let UpdateSpaceRequest { space, update_mask } = request.into_inner();
        let paths = update_mask.unwrap_or_default().paths.join(",");
        Ok(tonic::Response::new(Space {
            meeting_uri: paths,
            ..space.unwrap_or_default()
        }))
    }

    async fn end_active_conference(
        &self,
        _: tonic::Request<EndActiveConferenceRequest>,
    ) -> Result<tonic::Response<()>, Status> {
        Ok(tonic::Response::new(()))
    }

    async fn get_member(&self, _: tonic::Request<GetMemberRequest>) -> Result<tonic::Response<Member>, Status> {
        Ok(tonic::Response::new(Member {
            role: 1,
            user: "users/u".to_owned(),
            ..Member::default()
        }))
    }

    async fn connect_active_conference(
        &self,
        request: tonic::Request<ConnectActiveConferenceRequest>,
    ) -> Result<tonic::Response<ConnectActiveConferenceResponse>, Status> {
        let answer = request.into_inner().offer;
        Ok(tonic::Response::new(ConnectActiveConferenceResponse {
            answer,
            ..Default::default()
        }))
    }
}

/// An error with details, one of which is of a kind that nobody knows.
fn denied() -> Status {
    let info = ErrorInfo {
        reason: "REASON".to_owned(),
        domain: "sederunt".to_owned(),
        metadata: [("k".to_owned(), "v".to_owned())].into(),
    };
    let violation = FieldViolation {
        field: "name".to_owned(),
        description: "no such space".to_owned(),
        ..Default::default()
    };
    let detail = |name: &str, value| prost_types::Any {
        type_url: format!("type.googleapis.com/{name}"),
        value,
    };
    let message = "Permission denied: 100% é";
    let status = rpc::Status {
        code: rpc::Code::PermissionDenied.into(),
        message: message.to_owned(),
        details: vec![
            detail("google.rpc.ErrorInfo", info.encode_to_vec()),
            detail("unknown.Detail", vec![1, 2, 3]),
            detail(
                "google.rpc.BadRequest",
                BadRequest {
                    field_violations: vec![violation],
                }
                .encode_to_vec(),
            ),
        ],
    };
    Status::with_details(Code::PermissionDenied, message, status.encode_to_vec().into())
}

fn app()
-> impl Service<Request<Body>, Response = Response<Body>, Error = std::convert::Infallible, Future: Send> + Clone + Send
{
    let routes = Routes::new(SpacesServiceServer::new(Spaces)).prepare();
    // v2 is v2beta on the wire but for what only v2beta has, so one implementation serves both.
    let versions = routes.map_request(|mut request: Request<Body>| {
        let path = request
            .uri()
            .path()
            .replace("google.apps.meet.v2.", "google.apps.meet.v2beta.");
        *request.uri_mut() = path.parse().expect("a path");
        request
    });
    Transcoder::new(versions, descriptor_pool()).expect("the rules can be served")
}

/// The same, for a tonic client.
fn grpc()
-> impl Service<Request<tonic::body::Body>, Response = Response<Body>, Error = std::convert::Infallible, Future: Send> {
    app().map_request(|request: Request<tonic::body::Body>| request.map(Body::new))
}

async fn check(line: &str, body: &'static str, status: u16, expected: Value) {
    let (verb, path) = line.split_once(' ').expect("a verb and a path");
    let request = Request::builder()
        .method(verb)
        .uri(path)
        .header("authorization", "Bearer T");
    let response = app()
        .oneshot(request.body(Body::from(body)).expect("a request"))
        .await
        .expect("infallible");
    assert_eq!(response.status(), status, "{line}");
    if line.contains("spaces/known") && verb == "GET" {
        assert_eq!(response.headers()["x-request-id"], "r1");
    }
    let body = response.into_body().collect().await.expect("a whole body").to_bytes();
    assert_eq!(
        serde_json::from_slice::<Value>(&body).expect("JSON"),
        expected,
        "{line}"
    );
}

#[tokio::test]
async fn one_implementation_answers_in_both_versions() {
    let record = "conferenceRecords/c";
    let space = |conference: Value, access: Value| json!({"name": "spaces/known", "config": {"accessType": access}, "activeConference": conference});
    let newer = json!({"conferenceRecord": record, "mediaApiConsenterPresent": true});
    let older = json!({"conferenceRecord": record});
    check("GET /v2beta/spaces/known", "", 200, space(newer, json!("OPEN"))).await;
    check("GET /v2/spaces/known", "", 200, space(older.clone(), json!("OPEN"))).await;
    check(
        "GET /v2/spaces/known?%24alt=json%3Benum-encoding%3Dint",
        "",
        200,
        space(older, json!(1)),
    )
    .await;
    check(
        "GET /v2/spaces/known?fields=name",
        "",
        200,
        json!({"name": "spaces/known"}),
    )
    .await;
    check(
        "GET /v2beta/spaces/s/members/m",
        "",
        200,
        json!({"role": "COHOST", "user": "users/u"}),
    )
    .await;
    check("GET /v2/spaces/s/members/m", "", 200, json!({"role": "COHOST"})).await;
    check("POST /v2/spaces/s:endActiveConference", "{}", 200, json!({})).await;
    check(
        "PATCH /v2/spaces/s?updateMask=config.accessType",
        r#"{"config":{"accessType":2}}"#,
        200,
        json!({"name": "spaces/s", "config": {"accessType": "TRUSTED"}, "meetingUri": "config.access_type"}),
    )
    .await;
    check(
        "POST /v2beta/spaces/s:connectActiveConference",
        r#"{"offer":"v=0"}"#,
        200,
        json!({"answer": "v=0"}),
    )
    .await;
}

#[tokio::test]
async fn what_is_not_served_says_so() {
    let error =
        |code: u16, status: &str, message: &str| json!({"error": {"code": code, "status": status, "message": message}});
    // Not implemented, so the generated stub answers.
    check(
        "POST /v2/spaces",
        "",
        501,
        error(501, "UNIMPLEMENTED", "Not yet implemented"),
    )
    .await;
    // Another service, which is not there at all.
    check("GET /v2/conferenceRecords", "", 501, error(501, "UNIMPLEMENTED", "")).await;
    // Only in v2beta.
    let unknown = error(404, "NOT_FOUND", "Requested entity was not found.");
    check("POST /v2/spaces/s:connectActiveConference", "{}", 404, unknown).await;
}

#[tokio::test]
async fn errors_keep_their_details_on_both_transports() {
    let expected = json!({"error": {
        "code": 403,
        "message": "Permission denied: 100% é",
        "status": "PERMISSION_DENIED",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "REASON", "domain": "sederunt", "metadata": {"k": "v"}},
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "name", "description": "no such space"}]},
        ],
    }});
    check("GET /v2/spaces/x", "", 403, expected).await;

    let request = v2::GetSpaceRequest {
        name: "spaces/x".to_owned(),
    };
    let mut client = v2::spaces_service_client::SpacesServiceClient::new(grpc());
    let status = client.get_space(request).await.expect_err("it is denied");
    assert_eq!(
        (status.code(), status.message()),
        (Code::PermissionDenied, "Permission denied: 100% é")
    );
    let details = rpc::Status::decode(status.details())
        .expect("a google.rpc.Status")
        .details;
    assert_eq!(details.len(), 3);
}

#[tokio::test]
async fn grpc_goes_through_untouched() {
    let mut request = tonic::Request::new(v2beta::GetSpaceRequest {
        name: "spaces/known".to_owned(),
    });
    request
        .metadata_mut()
        .insert("authorization", MetadataValue::from_static("Bearer T"));
    let mut client = v2beta::spaces_service_client::SpacesServiceClient::new(grpc());
    let space = client.get_space(request).await.expect("it is known").into_inner();
    assert_eq!(space.name, "spaces/known");
    assert!(space.config.is_some() && space.active_conference.is_some());
}

#[tokio::test]
async fn masks_prune_grpc_replies_too() {
    let ask = async |name: &str, mask: &'static str| {
        let mut request = tonic::Request::new(v2beta::GetSpaceRequest { name: name.to_owned() });
        request
            .metadata_mut()
            .insert("authorization", MetadataValue::from_static("Bearer T"));
        request
            .metadata_mut()
            .insert("x-goog-fieldmask", MetadataValue::from_static(mask));
        let mut client = v2beta::spaces_service_client::SpacesServiceClient::new(grpc());
        client.get_space(request).await.map(tonic::Response::into_inner)
    };
    let space = ask("spaces/known", "name,config.access_type")
        .await
        .expect("it is known");
    assert_eq!(space.config.expect("it was asked for").access_type, 1);
    assert_eq!((space.name.as_str(), space.active_conference), ("spaces/known", None));

    let denied = ask("spaces/x", "name").await.expect_err("it is denied");
    assert_eq!(denied.code(), Code::PermissionDenied);

    let invalid = ask("spaces/known", "name,,").await.expect_err("the mask is wrong");
    assert_eq!(invalid.code(), Code::InvalidArgument);
    assert_eq!(
        invalid.message(),
        "Invalid value at `fields`: expected a field name or `*` at byte 5"
    );
    let details = rpc::Status::decode(invalid.details())
        .expect("a google.rpc.Status")
        .details;
    let violations = BadRequest::decode(details[0].value.as_slice())
        .expect("a BadRequest")
        .field_violations;
    assert_eq!(violations[0].field, "fields");
}

#[test]
fn the_discovery_document_says_what_is_served() {
    let api = transcode::discovery::Api {
        package: "google.apps.meet.v2",
        name: "meet",
        version: "v2",
        title: "Meet",
        description: "Meetings.",
        root_url: "http://localhost:8080",
        scopes: &[("scope".to_owned(), "everything")],
    };
    let document = transcode::discovery::document(descriptor_pool(), &api, |method| vec![method.to_owned()]);
    let document = document.expect("our own rules");
    let check = |pointer: &str, expected: Value| assert_eq!(document.pointer(pointer), Some(&expected), "{pointer}");
    check("/id", json!("meet:v2"));
    check("/rootUrl", json!("http://localhost:8080/"));
    let spaces = "/resources/spaces/methods";
    check(
        &format!("{spaces}/patch"),
        json!({
            "id": "meet.spaces.patch",
            "path": "v2/{+name}",
            "flatPath": "v2/spaces/{spacesId}",
            "httpMethod": "PATCH",
            "parameters": {
                "name": {"type": "string", "location": "path", "required": true, "pattern": "^spaces/[^/]+$"},
                "updateMask": {"type": "string", "format": "google-fieldmask", "location": "query"},
            },
            "parameterOrder": ["name"],
            "request": {"$ref": "Space"},
            "response": {"$ref": "Space"},
            "scopes": ["UpdateSpace"],
        }),
    );
    check(
        &format!("{spaces}/endActiveConference/path"),
        json!("v2/{+name}:endActiveConference"),
    );
    let members = "/resources/spaces/resources/members/methods";
    check(
        &format!("{members}/batchUpdate/path"),
        json!("v2/{+parent}/members:batchUpdate"),
    );
    check(&format!("{members}/list/parameters/pageSize/type"), json!("integer"));
    let sessions = "/resources/conferenceRecords/resources/participants/resources/participantSessions/methods";
    check(
        &format!("{sessions}/get/parameters/name/pattern"),
        json!("^conferenceRecords/[^/]+/participants/[^/]+/participantSessions/[^/]+$"),
    );
    check(
        "/schemas/ModerationRestrictions/properties/chatRestriction/enum",
        json!(["RESTRICTION_TYPE_UNSPECIFIED", "HOSTS_ONLY", "NO_RESTRICTION"]),
    );
    check(
        "/schemas/Participant/properties/earliestStartTime/format",
        json!("google-datetime"),
    );
    assert!(
        document.pointer("/schemas/ConnectActiveConferenceRequest").is_none(),
        "only v2beta has it"
    );
}

#[test]
fn a_message_in_the_query_is_described_by_its_fields() {
    let api = transcode::discovery::Api {
        package: "google.people.v1",
        name: "people",
        version: "v1",
        title: "People",
        description: "People.",
        root_url: "http://localhost:8080",
        scopes: &[],
    };
    let document = transcode::discovery::document(descriptor_pool(), &api, |_| Vec::new()).expect("our own rules");
    let parameters = &document["resources"]["people"]["methods"]["get"]["parameters"];
    let names: Vec<&String> = parameters.as_object().expect("an object").keys().collect();
    assert_eq!(
        names,
        ["personFields", "requestMask.includeField", "resourceName", "sources"]
    );
    assert_eq!(
        parameters["requestMask.includeField"],
        json!({"type": "string", "format": "google-fieldmask", "location": "query"}),
    );
}
