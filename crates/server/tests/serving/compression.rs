//! gzip in both directions, as Google's clients for Java, Go and Python send and take it.

use std::fmt::Write as _;
use std::net::SocketAddr;

use api::google::apps::meet::v2;
use async_compression::tokio::bufread::{GzipDecoder, GzipEncoder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};

use crate::world::{Person, World, text};

/// What a body may weigh, compressed or not.
const MOST_BYTES: usize = 256 * 1024;

async fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut compressing = GzipEncoder::new(plain);
    compressing.read_to_end(&mut compressed).await.expect("in memory");
    compressed
}

/// Head and body of the answer to a request of bytes.
async fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (String, Vec<u8>) {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").expect("in memory");
    }
    write!(head, "content-length: {}\r\n\r\n", body.len()).expect("in memory");
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(head.as_bytes()).await.expect("written");
    // A body that is refused is not read to its end.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).expect("a head is text"), body)
}

/// The status and the JSON of the answer to a compressed body.
async fn post(world: &World, caller: &Person, path: &str, body: &[u8]) -> (u16, Value) {
    let bearer = format!("Bearer {}", caller.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json; charset=UTF-8"),
        ("content-encoding", "gzip"),
    ];
    let (head, body) = exchange(world.address, "POST", path, &headers, body).await;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = serde_json::from_slice(&body).unwrap_or_default();
    (status.expect("a status"), body)
}

#[tokio::test]
async fn bodies_may_come_compressed() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let plain = json!({"config": {"accessType": "OPEN"}}).to_string();
    let (status, space) = post(&world, &owner, "/v2/spaces", &gzip(plain.as_bytes()).await).await;
    assert_eq!((status, &space["config"]["accessType"]), (200, &json!("OPEN")));
    // Google's library for Java says so of nothing as well.
    let (status, _) = post(&world, &owner, "/v2/spaces", b"").await;
    assert_eq!(status, 200);
    let end = format!("/v2/{}:endActiveConference", text(&space, "name"));
    let (status, refused) = post(&world, &owner, &end, b"").await;
    assert_eq!(
        (status, &refused["error"]["status"]),
        (400, &json!("FAILED_PRECONDITION"))
    );
    for body in [plain.as_bytes(), &gzip(plain.as_bytes()).await[..20]] {
        let (status, refused) = post(&world, &owner, "/v2/spaces", body).await;
        let said = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(status == 400 && said.contains("compressed"), "{refused}");
    }
    let headers = [("content-type", "application/json"), ("content-encoding", "br")];
    let answer = world.send("POST", Some(&owner), "/v2/spaces", &headers, &plain).await;
    answer.refused(400, "INVALID_ARGUMENT", "");
}

#[tokio::test]
async fn a_bomb_is_refused() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let most = format!("{{}}{}", " ".repeat(MOST_BYTES - 2));
    let (status, _) = post(&world, &owner, "/v2/spaces", &gzip(most.as_bytes()).await).await;
    assert_eq!(status, 200);
    let bomb = gzip(&vec![b' '; 8 << 20]).await;
    for body in [gzip(format!("{most} ").as_bytes()).await, bomb.clone()] {
        let (status, refused) = post(&world, &owner, "/v2/spaces", &body).await;
        assert_eq!(
            (status, &refused["error"]["status"]),
            (413, &json!("RESOURCE_EXHAUSTED"))
        );
    }
    let bearer = format!("Bearer {}", owner.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/mixed; boundary=b"),
        ("content-encoding", "gzip"),
    ];
    let (head, _) = exchange(world.address, "POST", "/batch", &headers, &bomb).await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    // Nobody inflates for whoever is not heard.
    let (head, _) = exchange(world.address, "POST", "/batch", &headers[1..], &bomb).await;
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
}

#[tokio::test]
async fn a_batch_may_come_compressed_and_its_parts_too() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let plain = json!({"config": {"accessType": "OPEN"}}).to_string();
    let part = "--b\r\ncontent-type: application/http\r\n\r\nPOST /v2/spaces HTTP/1.1\r\n";
    let whole = [
        part.as_bytes(),
        b"content-type: application/json\r\n\r\n",
        plain.as_bytes(),
        b"\r\n",
        part.as_bytes(),
        b"content-type: application/json\r\ncontent-encoding: gzip\r\n\r\n",
        &gzip(plain.as_bytes()).await,
        b"\r\n--b--",
    ];
    let whole = whole.concat();
    let bearer = format!("Bearer {}", owner.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/mixed; boundary=b"),
        ("content-encoding", "gzip"),
    ];
    for (headers, body) in [(&headers[..2], whole.clone()), (&headers[..], gzip(&whole).await)] {
        let (_, answer) = exchange(world.address, "POST", "/batch", headers, &body).await;
        let answer = String::from_utf8(answer).expect("parts of JSON");
        assert_eq!(answer.matches("\"accessType\":\"OPEN\"").count(), 2, "{answer}");
    }
}

/// Members enough for a list that is worth compressing.
async fn invite_forty(world: &World, owner: &Person, space: &str) {
    for number in 0..40 {
        let member = json!({"email": format!("person.{number}@example.org")});
        world
            .post(Some(owner), &format!("/v2/{space}/members"), &member)
            .await
            .ok();
    }
}

#[tokio::test]
async fn long_answers_are_compressed_for_whoever_takes_that() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    invite_forty(&world, &owner, &space).await;
    let list = format!("/v2/{space}/members");
    let bearer = format!("Bearer {}", owner.token);
    let plain = world.get(Some(&owner), &list).await;
    assert!(!plain.head.contains("content-encoding"), "{}", plain.head);
    for (method, path, accepts, compressed) in [
        ("GET", &*list, "gzip, deflate, br", true),
        ("HEAD", &list, "gzip", true),
        ("GET", &list, "gzip;q=0", false),
        ("GET", &list, "br", false),
        ("GET", &format!("/v2/{space}"), "gzip", false),
        ("GET", "/v2/nowhere", "gzip", false),
        ("GET", "/discovery/v1/apis/meet/v2/rest", "gzip", true),
    ] {
        let headers = [("authorization", bearer.as_str()), ("accept-encoding", accepts)];
        let (head, body) = exchange(world.address, method, path, &headers, b"").await;
        let says = head.contains("content-encoding: gzip\r\n");
        assert_eq!(says, compressed, "{method} {path} for {accepts}: {head}");
        assert!(!says || head.contains("vary: accept-encoding\r\n"), "{head}");
        assert_eq!(says, !head.contains("content-length: "), "{head}");
        assert_eq!(body.is_empty(), method == "HEAD");
        if compressed && path == list && method == "GET" {
            let mut read = Vec::new();
            let compressed = dechunked(&body);
            let mut inflating = GzipDecoder::new(&*compressed);
            inflating.read_to_end(&mut read).await.expect("gzip");
            assert_eq!(String::from_utf8(read).expect("JSON"), plain.text);
            assert!(
                body.len() < plain.text.len() / 2,
                "{} of {}",
                body.len(),
                plain.text.len()
            );
        }
    }
}

/// A body that came in chunks.
fn dechunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let length = str::from_utf8(&body[..end]).expect("a length");
        let length = usize::from_str_radix(length, 16).expect("a length");
        whole.extend_from_slice(&body[end + 2..end + 2 + length]);
        body = &body[end + 4 + length..];
    }
    whole
}

#[tokio::test]
async fn grpc_may_come_compressed_and_is_answered_so() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let channel = tonic::transport::Channel::from_shared(format!("http://{}", world.address)).expect("a URI");
    let channel = channel.connect().await.expect("HTTP/2 on the same port");
    let spaces = v2::spaces_service_client::SpacesServiceClient::new(channel);
    let compressing = spaces
        .clone()
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let authorization: MetadataValue<_> = format!("Bearer {}", owner.token).parse().expect("a header");
    let name = text(&world.space_of(&owner, json!({})).await, "name");
    invite_forty(&world, &owner, &name).await;
    let list = v2::ListMembersRequest {
        parent: name.clone(),
        ..Default::default()
    };
    for (mask, sends, says) in [
        (None, true, true),
        (Some("members.name"), true, true),
        (None, false, false),
    ] {
        let mut request = Request::new(list.clone());
        request.metadata_mut().insert("authorization", authorization.clone());
        if let Some(mask) = mask {
            let mask = mask.parse().expect("a header");
            request.metadata_mut().insert("x-goog-fieldmask", mask);
        }
        // Whoever only takes gzip has not asked for it: nearly every client says so.
        let mut client = if sends {
            compressing.clone()
        } else {
            spaces.clone().accept_compressed(CompressionEncoding::Gzip)
        };
        let listed = client.list_members(request).await.expect("listed");
        assert_eq!(listed.metadata().contains_key("grpc-encoding"), says);
        let listed = listed.into_inner().members;
        assert_eq!(listed.len(), 40);
        assert_eq!(listed[0].email.is_empty(), mask.is_some());
    }

    let get = v2::GetSpaceRequest {
        name: "x".repeat(1 << 20),
    };
    for mut client in [compressing, spaces] {
        let mut request = Request::new(get.clone());
        request.metadata_mut().insert("authorization", authorization.clone());
        let refused = client.get_space(request).await.expect_err("too large");
        assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
        assert!(!refused.metadata().contains_key("retry-after"));
    }
}
