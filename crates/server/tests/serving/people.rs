//! Who learns which account belongs to which address: from the people they look up, and from the members of their spaces.

use audit::By;
use identity::{Scope, Scopes};
use serde_json::{Value, json};
use server::clock;

use crate::world::{Person, World, text};

const OUTSIDER: &str = "eve@elsewhere.example";

/// A world of two organisations, and somebody in each.
async fn two_organisations() -> (World, Person, Person) {
    let world = World::new().await;
    for domain in ["example.org", "elsewhere.example"] {
        let added = world
            .identity
            .add_domain(domain, "", &By::command_line(clock::now_us()))
            .await;
        added.expect("a domain");
    }
    let outsider = world.person_at(OUTSIDER, "Eve", Scopes::MEET).await;
    let ada = world.person("Ada").await;
    (world, outsider, ada)
}

/// What v2beta answers of a member, without its name.
fn shown(member: &Value) -> Value {
    let mut shown = member.clone();
    shown.as_object_mut().expect("a member").remove("name");
    shown
}

#[tokio::test]
async fn a_member_is_shown_as_they_were_named() {
    let (world, outsider, ada) = two_organisations().await;
    let colleague = world.person("Bo").await;
    let (account, address) = (format!("users/{}", ada.user.id), ada.user.email.as_str());
    let whole = json!({"email": address, "user": account});
    for (owner, given, expected) in [
        (&outsider, json!({"user": account}), json!({"user": account})),
        (&outsider, json!({"email": address}), json!({"email": address})),
        (&colleague, json!({"user": account}), whole.clone()),
        (&colleague, json!({"email": address}), whole),
    ] {
        let space = text(&world.space_of(owner, json!({})).await, "name");
        let members = format!("/v2beta/{space}/members");
        let made = world.post(Some(owner), &members, &given).await.ok();
        assert_eq!(shown(&made), expected, "{given}");
        let name = text(&made, "name");
        assert_eq!(world.get(Some(owner), &format!("/v2beta/{name}")).await.ok(), made);
        let listed = world.get(Some(owner), &members).await.ok();
        assert_eq!(listed["members"], json!([made]));
        let role = json!({"role": "COHOST"}).to_string();
        let path = format!("/v2beta/{name}?updateMask=role");
        let json = [("content-type", "application/json")];
        let changed = world.send("PATCH", Some(owner), &path, &json, &role).await.ok();
        assert_eq!((&changed["email"], &changed["user"]), (&made["email"], &made["user"]));
    }
}

#[tokio::test]
async fn nothing_confirms_a_guess_of_a_members_address() {
    let (world, outsider, ada) = two_organisations().await;
    let space = text(&world.space_of(&outsider, json!({})).await, "name");
    let members = format!("/v2beta/{space}/members");
    let account = json!({"user": format!("users/{}", ada.user.id)});
    let member = text(&world.post(Some(&outsider), &members, &account).await.ok(), "name");
    let json = [("content-type", "application/json")];
    for guess in [ada.user.email.as_str(), "zoe@example.org"] {
        let body = json!({"email": guess});
        let made = world.post(Some(&outsider), &members, &body).await.ok();
        assert_eq!(shown(&made), body);
        let path = format!("/v2beta/{member}");
        let changed = world
            .send("PATCH", Some(&outsider), &path, &json, &body.to_string())
            .await;
        changed.refused(400, "INVALID_ARGUMENT", "member.email");
    }
}

#[tokio::test]
async fn a_member_walks_in_whichever_way_they_were_named() {
    let (world, outsider, ada) = two_organisations().await;
    for given in [
        json!({"user": format!("users/{}", ada.user.id)}),
        json!({"email": ada.user.email}),
    ] {
        let restricted = world.space_of(&outsider, json!({"accessType": "RESTRICTED"})).await;
        let space = text(&restricted, "name");
        let knock = world.join(&space, Some(&ada), "").await.ok();
        assert_eq!(knock["waiting"], true, "{given}");
        let members = format!("/v2beta/{space}/members");
        world.post(Some(&outsider), &members, &given).await.ok();
        let seat = world.join(&space, Some(&ada), "").await.ok();
        assert_eq!(seat["waiting"], Value::Null, "{given}");
    }
}

#[tokio::test]
async fn an_etag_is_of_what_is_shown() {
    let (world, outsider, ada) = two_organisations().await;
    let namesake = world.person_at("another@example.org", "Ada", Scopes::MEET).await;
    let space = text(&world.space_of(&ada, json!({"accessType": "OPEN"})).await, "name");
    for person in [&ada, &namesake, &outsider] {
        world.join(&space, Some(person), "").await.ok();
    }
    let contacts = Scopes::of(&[Scope::ContactsReadonly]);
    let outsider = world.person_at(OUTSIDER, "Eve", contacts).await;
    let mut hidden = Vec::new();
    for person in [&ada, &namesake] {
        let path = format!("/v1/people/{}?personFields=names,emailAddresses", person.user.id);
        let seen = world.get(Some(&outsider), &path).await.ok();
        assert_eq!(seen["names"][0]["displayName"], "Ada");
        assert_eq!(seen["emailAddresses"], Value::Null);
        hidden.push(seen["etag"].clone());
    }
    assert_eq!(hidden[0], hidden[1], "it tells addresses apart that are not shown");

    let ada = world.person_with("Ada", contacts).await;
    let path = "/v1/people/me?personFields=names,emailAddresses";
    let oneself = world.get(Some(&ada), path).await.ok();
    assert_eq!(oneself["emailAddresses"][0]["value"], "ada@example.org");
    assert_ne!(oneself["etag"], hidden[0]);
}

#[tokio::test]
async fn ones_own_address_takes_a_scope_for_it() {
    let world = World::new().await;
    for (scope, address) in [
        (Scope::UserinfoProfile, Value::Null),
        (Scope::UserinfoEmail, json!("ada@example.org")),
    ] {
        let ada = world.person_with("Ada", Scopes::of(&[scope])).await;
        for id in ["me", ada.user.id.as_str()] {
            let path = format!("/v1/people/{id}?personFields=names,emailAddresses");
            let person = world.get(Some(&ada), &path).await.ok();
            assert_eq!(person["names"][0]["displayName"], "Ada", "{scope:?}");
            assert_eq!(person["emailAddresses"][0]["value"], address, "{scope:?}");
        }
    }
}
