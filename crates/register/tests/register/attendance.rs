//! What the register tells of entries: devices, roles, who was put out; of which conferences there are reports; and what an app may see.

use crate::hall::{Hall, anonymous, arrival, at, new_space, signed_in, user};
use db::testing::each_engine;
use meeting::{DeviceKind, Input, Person, Role, Settings, Standing};
use register::{NewSpace, Query, Register, RegisterError};

#[tokio::test]
async fn attendance_tells_devices_programs_roles_and_removals() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let come = |person: Person, standing, device| {
            let mut arrival = arrival(person, None);
            (arrival.standing, arrival.device) = (standing, device);
            arrival
        };
        let host = come(signed_in(1), Standing::Owner, DeviceKind::Full);
        let host = hall.come_in(host, at(1)).await;
        let bo = come(signed_in(2), Standing::Trusted, DeviceKind::Viewer);
        let bo = hall.come_in(bo, at(2)).await;
        let mut second = come(signed_in(2), Standing::Trusted, DeviceKind::Companion);
        second.by_program = true;
        hall.come_in(second, at(3)).await;
        let zoe = hall.join(anonymous("Zoe"), at(4)).await;
        let remove = Input::Remove {
            participant: zoe.participant.clone(),
        };
        hall.give(remove, at(5)).await.expect("a participant");
        let promote = Input::Promote {
            user: user(2),
            standing: Standing::CoHost,
        };

        let seen = async |hall: &Hall| {
            let query = Query {
                now: at(6),
                ..Query::default()
            };
            let page = hall
                .register
                .attendance(&host.conference, &query)
                .await
                .expect("a page");
            let told = page.items.into_iter().map(|attendee| {
                let sessions = attendee.sessions.iter();
                let devices: Vec<_> = sessions.map(|session| (session.device, session.by_program)).collect();
                let participant = attendee.participant;
                (participant.id, participant.role, participant.removed, devices)
            });
            told.collect::<Vec<_>>()
        };
        let companion_first = vec![(DeviceKind::Companion, true), (DeviceKind::Viewer, false)];
        let bo_as = |role| (bo.participant.clone(), role, false, companion_first.clone());
        let zoe_row = (
            zoe.participant.clone(),
            Role::Contributor,
            true,
            vec![(DeviceKind::Full, false)],
        );
        let host_row = (
            host.participant.clone(),
            Role::Host,
            false,
            vec![(DeviceKind::Full, false)],
        );
        let expected = [zoe_row.clone(), bo_as(Role::Contributor), host_row.clone()];
        assert_eq!(seen(&hall).await, expected, "the most powerful role counts");

        hall.give(promote, at(6)).await.expect("never refused");
        assert_eq!(seen(&hall).await, [zoe_row, bo_as(Role::CoHost), host_row]);

        // Whoever is put out stays out after a crash, too, until somebody admits them.
        hall.space = hall.register.space(hall.space.id()).await.expect("restored");
        let conference = hall.space.conference().expect("it goes on");
        let by_program = conference.live_sessions().values().filter(|session| session.by_program);
        assert_eq!(by_program.count(), 1, "a program is one after a crash, too");
        let again = arrival(anonymous("Zoe"), Some(zoe.secret));
        let session = again.session.clone();
        assert!(hall.knock(again, at(7)).await);
        let admit = Input::Admit {
            session,
            conference: host.conference.clone(),
        };
        hall.give(admit, at(8)).await.expect("somebody who knocks");
        assert!(seen(&hall).await.iter().all(|(_, _, removed, _)| !removed));
    })
    .await;
}

#[tokio::test]
async fn an_app_lists_the_conferences_of_its_own_spaces() {
    each_engine(async |db| {
        let register = Register::new(db);
        let mut halls = Vec::new();
        for (second, app) in (0..).zip([None, Some("one"), Some("two"), Some("one")]) {
            let new = NewSpace {
                app: app.map(str::to_owned),
                ..new_space(user(1), at(0))
            };
            let mut hall = Hall::of(register.clone(), new).await;
            hall.join(signed_in(2), at(second)).await;
            halls.push(hall);
        }
        let of_app = format!("space.meeting_code = \"{}\"", halls[1].code);
        let of_none = format!("space.meeting_code = \"{}\"", halls[0].code);
        let by_name = format!("space.name = \"spaces/{}\"", halls[3].space.id());
        for reader in [1, 2] {
            for (app, filter, expected) in [
                (None, "", vec![3, 2, 1, 0]),
                (Some("one"), "", vec![3, 1]),
                (Some("two"), "", vec![2]),
                (Some("three"), "", vec![]),
                (None, &*of_none, vec![0]),
                (Some("one"), &*of_none, vec![]),
                (Some("one"), &*of_app, vec![1]),
                (Some("one"), &*by_name, vec![3]),
                (Some("two"), &*by_name, vec![]),
                (Some("one"), "end_time IS NULL", vec![3, 1]),
            ] {
                let listed = pages(&register, reader, app, filter).await;
                let expected: Vec<_> = expected
                    .iter()
                    .map(|index: &usize| halls[*index].space.id().clone())
                    .collect();
                assert_eq!(listed, expected, "{app:?} {filter}");
            }
        }

        let query = Query {
            page_size: 1,
            now: at(10),
            ..Query::default()
        };
        let first = register
            .list_conferences(&user(1), &query, Some("one"))
            .await
            .expect("a page");
        let token = first.next_page_token.expect("more");
        let next = Query {
            page_token: &token,
            ..query
        };
        for app in [None, Some("two")] {
            let answer = register.list_conferences(&user(1), &next, app).await;
            assert!(answer.is_err(), "a page token is of one app: {answer:?}");
        }
    })
    .await;
}

async fn pages(register: &Register, reader: u64, app: Option<&str>, filter: &str) -> Vec<meeting::SpaceId> {
    let mut listed = Vec::new();
    let mut token = String::new();
    loop {
        let query = Query {
            filter,
            page_size: 1,
            page_token: &token,
            now: at(10),
        };
        let page = register
            .list_conferences(&user(reader), &query, app)
            .await
            .expect("a page");
        listed.extend(page.items.into_iter().map(|record| record.space));
        match page.next_page_token {
            Some(next) => token = next,
            None => return listed,
        }
    }
}

/// What its owner wants when a conference begins, while it is held and afterwards: it counts what they want when it ends.
#[tokio::test]
async fn there_is_a_report_where_one_was_wanted_in_the_end() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let mut wanted = Vec::new();
        let cases = [
            (false, false, false),
            (true, true, false),
            (false, true, true),
            (true, false, true),
        ];
        for (number, (begins, ends, later)) in (0_i64..).zip(cases) {
            let now = at(number * 10);
            want(&mut hall, begins, now).await;
            let anna = hall.join(signed_in(2), now).await;
            want(&mut hall, ends, now.plus_us(1)).await;
            let held = hall.register.reported(&anna.conference, now).await;
            assert!(matches!(held, Err(RegisterError::NotFound)), "it is held: {held:?}");
            hall.leave(&anna, now.plus_us(2)).await;
            want(&mut hall, later, now.plus_us(3)).await;
            let reported = hall.register.reported(&anna.conference, now).await;
            assert_eq!(reported.is_ok(), ends, "{begins} {ends} {later}");
            if ends {
                wanted.insert(0, anna.conference);
            }
        }
        let query = Query {
            now: at(99),
            ..Query::default()
        };
        let listed = hall.register.list_reported(hall.space.id(), &query).await;
        let listed: Vec<_> = listed.expect("a page").items.into_iter().map(|one| one.id).collect();
        assert_eq!(listed, wanted, "the newest first");
        let other = Hall::of(hall.register.clone(), new_space(user(7), at(0))).await;
        let elsewhere = other.register.list_reported(other.space.id(), &query).await;
        assert_eq!(elsewhere.expect("a page").items, []);
    })
    .await;
}

async fn want(hall: &mut Hall, attendance_report: bool, now: meeting::Micros) {
    let settings = Settings {
        attendance_report,
        ..*hall.space.settings()
    };
    hall.give(Input::Configure(settings), now).await.expect("settings");
}
