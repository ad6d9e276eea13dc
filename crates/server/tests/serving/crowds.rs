//! Meetings of many, as Graph's clients read them: how many of those who were there stand on one page, and in a record that has them
//! inlined.

use db::Db;
use meeting::{Input, Micros, Settings};
use register::Register;
use serde_json::Value;
use server::clock;

use crate::hall::{self, Hall, anonymous};
use crate::world::{Person, World, configuration, guid};

/// A page of Graph's, where nobody says how long it is to be.
const INLINED: usize = 130;

#[tokio::test]
async fn a_crowd_is_inlined_as_far_as_the_contract_says() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    for number in [101, INLINED, INLINED + 1] {
        let an_hour_ago = Micros(clock::now_us() - 3_600_000_000);
        let (space, record) = held(&world, &owner, number, an_hour_ago).await;
        let reports = format!("/v1.0/me/onlineMeetings/{space}/attendanceReports");
        for (one, collection) in [
            (format!("/v1.0/communications/callRecords/{record}"), "participants_v2"),
            (format!("{reports}/{record}"), "attendanceRecords"),
        ] {
            let expanded = format!("{one}?$expand={collection}");
            let expanded = world.get(Some(&owner), &expanded).await.ok();
            let link = expanded.get(format!("{collection}@odata.nextLink"));
            check(&world, &owner, number, &expanded[collection], link).await;
            let page = format!("{one}/{collection}");
            let page = world.get(Some(&owner), &page).await.ok();
            check(&world, &owner, number, &page["value"], page.get("@odata.nextLink")).await;
        }
    }
}

/// Of so many there is one page, or a whole one and a link to the rest.
async fn check(world: &World, owner: &Person, number: usize, first: &Value, link: Option<&Value>) {
    let first = first.as_array().expect("a list").len();
    let rest = match link.and_then(Value::as_str) {
        Some(link) => {
            let path = link
                .strip_prefix(world.running.public_url())
                .expect("a link of this server");
            let page = world.get(Some(owner), path).await.ok();
            page["value"].as_array().expect("a list").len()
        }
        None => 0,
    };
    assert_eq!((first, rest), (number.min(INLINED), number.saturating_sub(INLINED)));
}

/// A meeting of so many, which ended then, with a report: its space, and its record's id in Graph's form.
pub(crate) async fn held(world: &World, owner: &Person, number: usize, end: Micros) -> (String, String) {
    let location = configuration(&world.data).store.location();
    let db = Db::open(&location).await.expect("a second process could open it too");
    let space = hall::new_space(owner.user.id.clone(), Micros(clock::now_us()));
    let settings = Settings {
        attendance_report: true,
        ..space.settings
    };
    let space = register::NewSpace { settings, ..space };
    let mut hall = Hall::of(Register::new(db), space).await;
    let mut conference = None;
    for guest in 0..number {
        let seat = hall
            .join(anonymous(&format!("Guest {guest}")), end.plus_us(-60_000_000))
            .await;
        conference = Some(seat.conference);
    }
    hall.give(Input::EndConference, end).await.expect("it is held");
    world.publish_call_records().await;
    let conference = conference.expect("somebody was there");
    (hall.space.id().to_string(), guid(conference.as_str()))
}
