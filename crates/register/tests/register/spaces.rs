//! Spaces and their codes.

use crate::hall::{Hall, at, new_space, open, signed_in, user};
use db::{Db, Statement, testing::each_engine};
use meeting::{EntryPointAccess, Input, MeetingCode, Micros, Pin, RestrictionType, Settings, SpaceId};
use register::{NewSpace, Query, Register, RegisterError, limits::MEETING_CODE_LAPSE_US};

#[tokio::test]
async fn a_space_is_found_by_its_id_and_by_its_code() {
    each_engine(async |db| {
        let register = Register::new(db);
        let new = NewSpace {
            settings: every_switch(),
            app: Some("calendar.apps.example".to_owned()),
            ..new_space(user(1), at(5))
        };
        let made = register.create_space(new.clone()).await.expect("fresh ids");
        assert_eq!(register.space_by_id(&new.id, at(6)).await.expect("found"), made);
        let typed = MeetingCode::parse(&new.code.as_str().to_uppercase()).expect("a code in capitals");
        assert_eq!(register.space_by_code(&typed, at(6)).await.expect("found"), made);
        assert_eq!(made.code, Some(new.code));
        assert_eq!(made.create, at(5));
        assert_eq!((made.settings, made.app), (new.settings, new.app));
        assert_eq!(made.last_used, Some(at(5)));

        let other = new_space(user(1), at(5));
        not_found(&register.space_by_id(&other.id, at(6)).await.map(|_| ()));
        not_found(&register.space_by_code(&other.code, at(6)).await.map(|_| ()));
        not_found(&register.space(&other.id).await.map(|_| ()));
        let capitals = SpaceId::parse(&swap_case(new.id.as_str())).expect("the same letters");
        not_found(&register.space_by_id(&capitals, at(6)).await.map(|_| ()));
    })
    .await;
}

#[tokio::test]
async fn a_space_is_found_by_its_pin_which_never_changes() {
    each_engine(async |db| {
        let register = Register::new(db);
        let (first, second) = (new_space(user(1), at(0)), new_space(user(1), at(0)));
        for space in [&first, &second] {
            register.create_space(space.clone()).await.expect("fresh ids");
        }
        let [one, other] = ["1234567890123", "1234567890999"].map(|digits| Pin::parse(digits).expect("a PIN"));
        let pin = register.pin_of_space(&first.id, &one).await.expect("it is made");
        assert_eq!(pin, one);
        let again = register.pin_of_space(&first.id, &other).await.expect("it is there");
        assert_eq!(again, one, "the first holds");
        // What is keyed in is the same of both.
        let taken = register.pin_of_space(&second.id, &other).await;
        assert!(matches!(taken, Err(RegisterError::Taken)));
        let found = async |digits: &str| register.space_by_pin(digits, at(1)).await.map(|space| space.id);
        assert_eq!(found("1234567890").await.expect("what is keyed in"), first.id);
        assert_eq!(found("1234567890123").await.expect("all of it"), first.id);
        for wrong in ["1234567890999", "123456789", "0000000000", "12345678901", ""] {
            not_found(&found(wrong).await.map(|_| ()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_belongs_to_one_space_until_it_lapses() {
    each_engine(async |db| {
        let register = Register::new(db.clone());
        let first = new_space(user(1), at(0));
        register.create_space(first.clone()).await.expect("fresh ids");
        let year = |past_us: i64| at(0).plus_us(MEETING_CODE_LAPSE_US + past_us);

        let second = |create: Micros| NewSpace {
            code: first.code.clone(),
            ..new_space(user(2), create)
        };
        let early = second(year(-1));
        assert!(matches!(
            register.create_space(early.clone()).await,
            Err(RegisterError::Taken)
        ));
        not_found(&register.space_by_id(&early.id, at(1)).await.map(|_| ()));
        let same_id = NewSpace {
            id: first.id.clone(),
            ..new_space(user(2), at(1))
        };
        assert!(matches!(
            register.create_space(same_id).await,
            Err(RegisterError::Taken)
        ));

        assert!(register.space_by_code(&first.code, year(-1)).await.is_ok());
        not_found(&register.space_by_code(&first.code, year(0)).await.map(|_| ()));
        assert_eq!(
            register.space_by_id(&first.id, year(0)).await.expect("for ever").code,
            None
        );

        let late = second(year(0));
        register.create_space(late.clone()).await.expect("the code has lapsed");
        assert_eq!(
            register.space_by_code(&first.code, year(1)).await.expect("found").id,
            late.id
        );
        assert_eq!(
            register.space_by_id(&first.id, year(1)).await.expect("for ever").code,
            None
        );
        used_codes_do_not_lapse(&db).await;
    })
    .await;
}

async fn used_codes_do_not_lapse(db: &Db) {
    let year = |past_us: i64| at(0).plus_us(MEETING_CODE_LAPSE_US + past_us);
    let mut hall = Hall::new(db).await;
    let seat = hall.join(signed_in(1), year(-2)).await;
    hall.leave(&seat, year(5)).await;
    let code = |now| hall.register.space_by_code(&hall.code, now);
    assert!(code(year(MEETING_CODE_LAPSE_US + 4)).await.is_ok());
    assert!(code(year(MEETING_CODE_LAPSE_US + 5)).await.is_err());

    // A conference that never ends keeps its code by those who join it, and the time is written once a day at most.
    let mut hall = Hall::new(db).await;
    hall.join(signed_in(1), at(0)).await;
    hall.join(signed_in(2), at(3600)).await;
    let used = async |hall: &Hall, now| {
        let found = hall.register.space_by_code(&hall.code, now).await;
        found.ok().and_then(|space| space.last_used)
    };
    assert_eq!(used(&hall, at(3600)).await, Some(at(0)));
    hall.join(signed_in(3), year(-1)).await;
    assert_eq!(used(&hall, year(1)).await, Some(year(-1)));

    // A space whose code has lapsed has it back with its next conference, unless somebody else has it by then.
    let later = |years: i64| at(0).plus_us(years * (MEETING_CODE_LAPSE_US + 1));
    let mut hall = Hall::new(db).await;
    assert_eq!(used(&hall, later(1)).await, None);
    let seat = hall.join(signed_in(1), later(1)).await;
    hall.leave(&seat, later(1)).await;
    assert_eq!(used(&hall, later(1)).await, Some(later(1)));
    let heir = NewSpace {
        code: hall.code.clone(),
        ..new_space(user(2), later(2))
    };
    hall.register
        .create_space(heir.clone())
        .await
        .expect("the code has lapsed");
    hall.join(signed_in(1), later(2)).await;
    let found = hall.register.space_by_code(&hall.code, later(2)).await.expect("found");
    assert_eq!(found.id, heir.id, "a join by the id of the space does not take it back");
}

#[tokio::test]
async fn settings_are_recorded_and_restored() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let id = hall.space.id().clone();
        assert_eq!(*hall.register.space(&id).await.expect("restored").settings(), open());
        for settings in [every_switch(), Settings::default(), open()] {
            hall.give(Input::Configure(settings), at(1))
                .await
                .expect("never refused");
            assert_eq!(
                hall.register.space_by_id(&id, at(2)).await.expect("found").settings,
                settings
            );
            assert_eq!(*hall.register.space(&id).await.expect("restored").settings(), settings);
        }

        // As an older program wrote them, and with nothing chosen at all.
        let old = r#"{"moderation":2,"chat_restriction":1,"reaction_restriction":2,"present_restriction":1,
            "default_join_as_viewer_type":1,"attendance_report_generation_type":2,"auto_recording_generation":1,
            "auto_transcription_generation":2,"auto_smart_notes_generation":2}"#;
        let expected = Settings {
            moderation: true,
            chat_restriction: RestrictionType::HostsOnly,
            present_restriction: RestrictionType::HostsOnly,
            default_join_as_viewer: true,
            auto_recording: true,
            ..open()
        };
        for (text, expected) in [(old, expected), ("{}", open())] {
            let rewrite = Statement::new(
                "update space set config = $2 where id = $1",
                vec![id.as_str().into(), text.into()],
            );
            db.write(vec![rewrite.expect(1)]).await.expect("written");
            assert_eq!(
                hall.register.space_by_id(&id, at(2)).await.expect("found").settings,
                expected
            );
        }
    })
    .await;
}

#[tokio::test]
async fn ones_own_spaces_are_listed_newest_first() {
    each_engine(async |db| {
        let register = Register::new(db.clone());
        let mut made = Vec::new();
        for number in 0..5 {
            let new = new_space(user(1), at(number));
            made.push(register.create_space(new).await.expect("fresh ids"));
            register
                .create_space(new_space(user(2), at(number)))
                .await
                .expect("fresh ids");
        }
        made.reverse();
        let mut listed = Vec::new();
        let mut token = String::new();
        loop {
            let query = Query {
                page_size: 2,
                page_token: &token,
                now: at(10),
                ..Query::default()
            };
            let page = register.list_spaces(&user(1), &query).await.expect("a page");
            assert!(page.items.len() <= 2);
            listed.extend(page.items);
            match page.next_page_token {
                Some(next) => token = next,
                None => break,
            }
        }
        assert_eq!(listed, made);
        let other = Query {
            page_token: &token,
            ..Query::default()
        };
        let answer = register.list_spaces(&user(2), &other).await;
        assert!(matches!(answer, Err(RegisterError::InvalidPageToken)), "{answer:?}");
    })
    .await;
}

/// Each setting other than the default.
fn every_switch() -> Settings {
    Settings {
        access_type: meeting::AccessType::Restricted,
        entry_point_access: EntryPointAccess::CreatorAppOnly,
        moderation: true,
        chat_restriction: RestrictionType::HostsOnly,
        reaction_restriction: RestrictionType::HostsOnly,
        present_restriction: RestrictionType::HostsOnly,
        default_join_as_viewer: true,
        attendance_report: true,
        auto_recording: true,
        auto_transcription: true,
        auto_smart_notes: true,
    }
}

#[tokio::test]
async fn of_many_who_want_a_code_at_once_one_gets_it() {
    each_engine(async |db| {
        let register = Register::new(db);
        let code = new_space(user(1), at(0)).code;
        let mut makers = tokio::task::JoinSet::new();
        for number in 0..20 {
            let (register, code) = (register.clone(), code.clone());
            makers.spawn(async move {
                register
                    .create_space(NewSpace {
                        code,
                        ..new_space(user(number), at(0))
                    })
                    .await
                    .map(|space| space.id)
            });
        }
        let made: Vec<SpaceId> = makers.join_all().await.into_iter().flatten().collect();
        assert_eq!(made, [register.space_by_code(&code, at(1)).await.expect("found").id]);
    })
    .await;
}

#[tokio::test]
async fn a_space_tells_its_active_conference() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let id = hall.space.id().clone();
        assert_eq!(
            hall.register
                .space_by_id(&id, at(1))
                .await
                .expect("found")
                .active_conference,
            None
        );
        let seat = hall.join(signed_in(1), at(2)).await;
        let active = Some(seat.conference.clone());
        assert_eq!(
            hall.register
                .space_by_id(&id, at(3))
                .await
                .expect("found")
                .active_conference,
            active
        );
        assert_eq!(
            hall.register
                .space_by_code(&hall.code, at(3))
                .await
                .expect("found")
                .active_conference,
            active
        );
        hall.leave(&seat, at(4)).await;
        assert_eq!(
            hall.register
                .space_by_id(&id, at(5))
                .await
                .expect("found")
                .active_conference,
            None
        );
    })
    .await;
}

fn not_found(answer: &Result<(), RegisterError>) {
    assert!(matches!(answer, Err(RegisterError::NotFound)), "{answer:?}");
}

fn swap_case(text: &str) -> String {
    let swap = |letter: char| {
        if letter.is_lowercase() {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        }
    };
    text.chars().map(swap).collect()
}
