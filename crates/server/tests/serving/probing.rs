//! gRPC's own services: whether the server is well, and what it has.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use prost::Message as _;
use server::Configuration;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest::{self, FileContainingSymbol, ListServices};
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::{v1, v1alpha};

use crate::world::{World, configuration};

async fn channel(world: &World) -> Channel {
    let channel = Channel::from_shared(format!("http://{}", world.address)).expect("a URI");
    channel.connect().await.expect("HTTP/2 on the same port")
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

#[tokio::test]
async fn anybody_may_ask_whether_the_server_is_well() {
    let world = World::new().await;
    let mut health = HealthClient::new(channel(&world).await);
    for (service, expected) in [
        ("", Ok(ServingStatus::Serving)),
        ("google.apps.meet.v2.SpacesService", Ok(ServingStatus::Serving)),
        ("google.apps.meet.v2beta.SpacesService", Ok(ServingStatus::Serving)),
        ("sederunt.v1.Meetings", Ok(ServingStatus::Serving)),
        ("google.apps.meet.v9.SpacesService", Err(Code::NotFound)),
    ] {
        for authorization in [None, Some("Bearer nonsense")] {
            let mut request = Request::new(of(service));
            if let Some(value) = authorization {
                let value = value.parse().expect("a header");
                request.metadata_mut().insert("authorization", value);
            }
            let answer = health.check(request).await;
            let said = answer.map(|answer| answer.into_inner().status());
            assert_eq!(said.map_err(|status| status.code()), expected, "{service}");
        }
    }
}

/// A load balancer that watches sends nobody to a server that stops, and the server does not wait for it.
#[tokio::test]
async fn whoever_watches_hears_of_the_end() {
    let world = World::new().await;
    let mut health = HealthClient::new(channel(&world).await);
    let watch = async |health: &mut HealthClient<Channel>, service: &str| {
        let watched = health.watch(of(service)).await.expect("watched").into_inner();
        watched.map(|said| said.expect("said").status()).boxed()
    };
    let mut unknown = watch(&mut health, "nonsense").await;
    assert_eq!(unknown.next().await, Some(ServingStatus::ServiceUnknown));
    drop(unknown);
    let mut watched = watch(&mut health, "").await;
    assert_eq!(watched.next().await, Some(ServingStatus::Serving));
    let World { running, data, .. } = world;
    let stopping = tokio::spawn(running.drain());
    assert_eq!(watched.next().await, Some(ServingStatus::NotServing));
    assert_eq!(watched.next().await, None);
    let stopped = tokio::time::timeout(Duration::from_secs(5), stopping).await;
    stopped.expect("it stops").expect("no panic");
    drop(data);
}

#[tokio::test]
async fn watchers_are_so_many_for_each_client() {
    const PER_CLIENT: usize = 32;
    let world = World::new().await;
    let mut health = HealthClient::new(channel(&world).await);
    let mut watching = Vec::new();
    for _ in 0..PER_CLIENT {
        watching.push(health.watch(of("")).await.expect("watched"));
    }
    let refused = health.watch(of("")).await.expect_err("one too many");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    health.check(of("")).await.expect("a question holds nothing");
    watching.clear();
    let again = async {
        while health.watch(of("")).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let again = tokio::time::timeout(Duration::from_secs(5), again).await;
    again.expect("places are given back");
}

/// As `grpcurl` asks: the services, and then the file of one, on a stream that stays open meanwhile.
#[tokio::test]
async fn tools_find_out_what_there_is() {
    let world = World::new().await;
    let (asks, questions) = tokio::sync::mpsc::channel(1);
    let questions = stream::unfold(questions, async |mut questions| {
        Some((questions.recv().await?, questions))
    });
    let mut reflection = v1::server_reflection_client::ServerReflectionClient::new(channel(&world).await);
    let answers = reflection.server_reflection_info(questions).await.expect("heard");
    let mut answers = answers.into_inner();
    let mut ask = async |question: MessageRequest| {
        let question = v1::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(question),
        };
        asks.send(question).await.expect("the stream is open");
        let answer = answers.message().await.expect("answered").expect("answered");
        answer.message_response.expect("a response")
    };
    let MessageResponse::ListServicesResponse(listed) = ask(ListServices(String::new())).await else {
        panic!("no list");
    };
    let listed: Vec<&str> = listed.service.iter().map(|service| &*service.name).collect();
    for service in [
        "google.apps.meet.v2.SpacesService",
        "google.apps.meet.v2beta.ConferenceRecordsService",
        "google.people.v1.PeopleService",
        "sederunt.v1.Meetings",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
    ] {
        assert!(listed.contains(&service), "{service} is not among {listed:?}");
        let MessageResponse::FileDescriptorResponse(found) = ask(FileContainingSymbol(service.to_owned())).await else {
            panic!("no file for {service}");
        };
        let file = prost_types::FileDescriptorProto::decode(&*found.file_descriptor_proto[0]).expect("a file");
        let (package, name) = service.rsplit_once('.').expect("it has a package");
        assert_eq!(file.package(), package);
        assert!(file.service.iter().any(|service| service.name() == name));
    }
}

#[tokio::test]
async fn an_operator_may_have_nothing_told() {
    for without_reflection in [false, true] {
        let data = tempfile::tempdir().expect("a temporary folder");
        let configuration = Configuration {
            without_reflection,
            ..configuration(&data)
        };
        let world = World::with(data, configuration).await;
        let channel = channel(&world).await;
        let question = v1alpha::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
                String::new(),
            )),
        };
        let mut older = v1alpha::server_reflection_client::ServerReflectionClient::new(channel.clone());
        let answer = older.server_reflection_info(stream::iter([question])).await;
        assert_eq!(
            answer.err().map(|status| status.code()),
            without_reflection.then_some(Code::Unimplemented)
        );
        HealthClient::new(channel).check(of("")).await.expect("it is well");
    }
}
