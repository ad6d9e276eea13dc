//! Spaces: settings in effect, who sees what, and ending a conference.

use api::google::apps::meet::{v2, v2beta};
use identity::{Scope, Scopes};
use serde_json::{Value, json};
use tonic::{Code, Request};

use crate::world::{Person, World, text};

#[tokio::test]
async fn a_new_space_has_every_setting_in_effect() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = world.post(Some(&owner), "/v2/spaces", &json!({})).await.ok();
    assert_eq!(space["config"]["accessType"], "TRUSTED");
    assert_eq!(space["config"]["entryPointAccess"], "ALL");
    assert!(!space.to_string().contains("UNSPECIFIED"), "{space}");
    assert_eq!(
        text(&space, "meetingUri"),
        format!("{}/{}", world.running.public_url(), text(&space, "meetingCode"))
    );
    assert_eq!(
        world
            .get(Some(&owner), &format!("/v2/{}", text(&space, "name")))
            .await
            .ok(),
        space
    );
}

#[tokio::test]
async fn settings_that_do_not_exist_are_refused_with_their_path() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    for (config, field) in [
        (json!({"accessType": 9}), "space.config.access_type"),
        (json!({"moderation": -1}), "space.config.moderation"),
        (
            json!({"moderationRestrictions": {"chatRestriction": 7}}),
            "moderation_restrictions.chat_restriction",
        ),
        (
            json!({"artifactConfig": {"recordingConfig": {"autoRecordingGeneration": 3}}}),
            "auto_recording_generation",
        ),
        (
            json!({"artifactConfig": {"transcriptionConfig": {"autoTranscriptionGeneration": "ON"}}}),
            "auto_transcription_generation",
        ),
    ] {
        let answer = world.post(Some(&owner), "/v2/spaces", &json!({"config": config})).await;
        answer.refused(400, "INVALID_ARGUMENT", field);
    }
}

#[tokio::test]
async fn each_caller_sees_their_part() {
    let world = World::new().await;
    let (owner, guest, stranger) = (
        world.person("Owner").await,
        world.person("Guest").await,
        world.person("Eve").await,
    );
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    world.join(&space, Some(&guest), "").await.ok();
    for (caller, config, active) in [(&owner, true, true), (&guest, false, true), (&stranger, false, false)] {
        let seen = world.get(Some(caller), &format!("/v2/{space}")).await.ok();
        let shown = (seen["config"].is_object(), seen["activeConference"].is_object());
        assert_eq!(shown, (config, active), "{}", caller.user.display_name);
        assert_eq!(text(&seen, "name"), space);
    }
}

#[tokio::test]
async fn ending_is_for_the_owner_by_the_id() {
    let world = World::new().await;
    let (owner, guest) = (world.person("Owner").await, world.person("Guest").await);
    let reader = world.person_with("Owner", Scopes::of(&[Scope::SpaceReadonly])).await;
    let space = world.space_of(&owner, json!({})).await;
    let (name, code) = (text(&space, "name"), format!("spaces/{}", text(&space, "meetingCode")));
    world.join(&name, Some(&guest), "").await.ok();
    let end = async |caller: Option<&Person>, name: &str| {
        world
            .post(caller, &format!("/v2/{name}:endActiveConference"), &json!({}))
            .await
    };
    end(None, &name).await.refused(401, "UNAUTHENTICATED", "");
    end(Some(&guest), &name).await.refused(403, "PERMISSION_DENIED", "");
    end(Some(&reader), &name)
        .await
        .refused(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    end(Some(&guest), &code).await.refused(403, "PERMISSION_DENIED", "");
    let by_code = end(Some(&owner), &code).await;
    by_code.refused(403, "PERMISSION_DENIED", "MEETING_CODE_NOT_ACCEPTED");
    by_code.refused(403, "PERMISSION_DENIED", &name);
    end(Some(&owner), "spaces/AAAAAAAAAAAA")
        .await
        .refused(403, "PERMISSION_DENIED", "");
    assert_eq!(end(Some(&owner), &name).await.ok(), json!({}));
    let again = end(Some(&owner), &name).await;
    again.refused(400, "FAILED_PRECONDITION", "");
    assert_eq!(again.body["error"]["message"], "There is no active conference.");
}

#[tokio::test]
async fn grpc_and_both_versions_reach_the_same_space() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let channel = tonic::transport::Channel::from_shared(format!("http://{}", world.address)).expect("a URI");
    let channel = channel.connect().await.expect("HTTP/2 on the same port");
    let mut stable = v2::spaces_service_client::SpacesServiceClient::new(channel.clone());
    let mut beta = v2beta::spaces_service_client::SpacesServiceClient::new(channel);

    let created = stable
        .create_space(with_token(v2::CreateSpaceRequest::default(), &owner))
        .await
        .expect("created");
    let name = created.into_inner().name;
    let get = v2beta::GetSpaceRequest { name: name.clone() };
    let found = beta
        .get_space(with_token(get, &owner))
        .await
        .expect("found")
        .into_inner();
    assert_eq!(found.name, name);

    let end = v2::EndActiveConferenceRequest {
        name: format!("spaces/{}", found.meeting_code),
    };
    let status = stable
        .end_active_conference(with_token(end, &owner))
        .await
        .expect_err("a code is not accepted");
    assert_eq!(status.code(), Code::PermissionDenied);
    let details = String::from_utf8_lossy(status.details()).into_owned();
    assert!(
        details.contains("MEETING_CODE_NOT_ACCEPTED") && details.contains(&name),
        "{details}"
    );

    let malformed = v2::GetSpaceRequest {
        name: "spaces".to_owned(),
    };
    let status = stable
        .get_space(with_token(malformed, &owner))
        .await
        .expect_err("no name");
    assert_eq!(status.code(), Code::InvalidArgument);
    let connect = v2beta::ConnectActiveConferenceRequest {
        name: format!("spaces/{}", found.meeting_code),
        ..Default::default()
    };
    let status = beta.connect_active_conference(with_token(connect, &owner)).await;
    assert_eq!(status.expect_err("no media clients yet").code(), Code::Unimplemented);
    let status = stable
        .get_space(v2::GetSpaceRequest { name })
        .await
        .expect_err("nobody");
    assert_eq!(status.code(), Code::Unauthenticated);
}

fn with_token<T>(message: T, person: &Person) -> Request<T> {
    let mut request = Request::new(message);
    let value = format!("Bearer {}", person.token).parse().expect("a header");
    request.metadata_mut().insert("authorization", value);
    request
}

#[tokio::test]
async fn a_field_mask_chooses_fields() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let name = text(&world.space_of(&owner, json!({})).await, "name");
    let seen = world
        .get(Some(&owner), &format!("/v2/{name}?fields=name,config.access_type"))
        .await
        .ok();
    assert_eq!(seen, json!({"name": name, "config": {"accessType": "TRUSTED"}}));
    world
        .get(Some(&owner), &format!("/v2/{name}?fields=nonsense"))
        .await
        .refused(400, "INVALID_ARGUMENT", "fields");
}

#[tokio::test]
async fn a_setting_is_obeyed_from_its_patch_on() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let name = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let waits = async |name: &str| world.join(name, None, "Ada").await.ok()["waiting"] == json!(true);
    assert!(!waits(&name).await);
    let closed = patch(&world, &owner, &name, "?updateMask=config.accessType", &json!({})).await;
    assert_eq!(closed["config"]["accessType"], "TRUSTED");
    assert!(closed["activeConference"].is_object());
    assert!(waits(&name).await);
}

/// A program may say what is to hold before it switches moderation on, by itself or in the same request; switching it off takes it back.
#[tokio::test]
async fn restrictions_wait_for_moderation() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let restrictions = json!({
        "chatRestriction": "HOSTS_ONLY", "reactionRestriction": "NO_RESTRICTION",
        "presentRestriction": "NO_RESTRICTION", "defaultJoinAsViewerType": "ON",
    });
    let created = world
        .space_of(
            &owner,
            json!({"accessType": "OPEN", "moderationRestrictions": restrictions}),
        )
        .await;
    let name = text(&created, "name");
    assert_eq!(created["config"]["moderation"], "OFF");
    let preview = format!("/sederunt/v1/{name}:preview");
    let none = json!({
        "chatRestriction": "NO_RESTRICTION", "reactionRestriction": "NO_RESTRICTION",
        "presentRestriction": "NO_RESTRICTION", "defaultJoinAsViewerType": "OFF",
    });
    for (moderation, restrictions, role) in [
        ("OFF", &restrictions, "CONTRIBUTOR"),
        ("ON", &restrictions, "VIEWER"),
        ("OFF", &none, "CONTRIBUTOR"),
        ("ON", &none, "CONTRIBUTOR"),
    ] {
        let body = json!({"config": {"moderation": moderation}});
        let seen = patch(&world, &owner, &name, "?updateMask=config.moderation", &body).await;
        assert_eq!(seen["config"]["moderation"], moderation);
        assert_eq!(seen["config"]["moderationRestrictions"], *restrictions);
        assert_eq!(world.get(None, &preview).await.ok()["role"], role);
    }
}

async fn patch(world: &World, owner: &Person, name: &str, query: &str, body: &Value) -> Value {
    let path = format!("/v2/{name}{query}");
    let answer = world.send("PATCH", Some(owner), &path, &[], &body.to_string()).await;
    answer.ok()
}

#[tokio::test]
async fn a_member_comes_in_where_others_wait() {
    let world = World::new().await;
    let (owner, guest) = (world.person("Owner").await, world.person("Guest").await);
    let name = text(
        &world.space_of(&owner, json!({"accessType": "RESTRICTED"})).await,
        "name",
    );
    let members = format!("/v2beta/{name}/members");
    let waits = async || world.join(&name, Some(&guest), "").await.ok()["waiting"] == json!(true);
    assert!(waits().await);

    let email = json!({"email": "Guest@Example.org"});
    let member = world.post(Some(&owner), &members, &email).await.ok();
    assert_eq!(member["email"], "guest@example.org");
    assert_eq!(member["user"], format!("users/{}", guest.user.id));
    assert!(!waits().await);
    let again = world.post(Some(&owner), &members, &email).await;
    again.refused(409, "ALREADY_EXISTS", "");

    // v2 has no such field.
    let stable = world
        .get(Some(&owner), &format!("/v2/{}", text(&member, "name")))
        .await
        .ok();
    assert_eq!(stable, json!({"name": member["name"], "email": member["email"]}));

    let path = format!("/v2beta/{}", text(&member, "name"));
    let cohost = json!({"role": "COHOST"});
    let changed = world
        .send("PATCH", Some(&owner), &path, &[], &cohost.to_string())
        .await
        .ok();
    assert_eq!(changed["role"], "COHOST");
    assert_eq!(
        world.get(Some(&owner), &members).await.ok(),
        json!({"members": [changed]})
    );
    assert_eq!(world.send("DELETE", Some(&owner), &path, &[], "").await.ok(), json!({}));
    world.get(Some(&owner), &path).await.refused(404, "NOT_FOUND", "");
}

#[tokio::test]
async fn a_members_role_changes_while_they_are_there() {
    let world = World::new().await;
    let (owner, guest) = (world.person("Owner").await, world.person("Guest").await);
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let record = text(&world.join(&space, Some(&guest), "").await.ok(), "conferenceRecord");
    let attendance = format!("/sederunt/v1/{record}/attendance");
    let role = async || text(&world.get(Some(&owner), &attendance).await.ok()["attendees"][0], "role");
    assert_eq!(role().await, "CONTRIBUTOR");

    let cohost = json!({"email": "guest@example.org", "role": "COHOST"});
    let members = format!("/v2/{space}/members");
    let member = text(&world.post(Some(&owner), &members, &cohost).await.ok(), "name");
    assert_eq!(role().await, "COHOST");
    let batch = json!({"requests": [{"member": {"name": member}}], "updateMask": "role"});
    let all = format!("{members}:batchUpdate");
    world.post(Some(&owner), &all, &batch).await.ok();
    assert_eq!(role().await, "CONTRIBUTOR");
}
