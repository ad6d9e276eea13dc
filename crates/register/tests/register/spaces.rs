//! Spaces and their codes.

use crate::hall::{Hall, at, new_space, signed_in, user};
use db::{Db, testing::each_engine};
use meeting::{MeetingCode, Micros, SpaceId};
use register::{NewSpace, Register, RegisterError, limits::MEETING_CODE_LAPSE_US};

#[tokio::test]
async fn a_space_is_found_by_its_id_and_by_its_code() {
    each_engine(async |db| {
        let register = Register::new(db);
        let new = NewSpace {
            config: r#"{"moderation":"ON"}"#.to_owned(),
            ..new_space(user(1), at(5))
        };
        let made = register.create_space(new.clone()).await.expect("fresh ids");
        assert_eq!(register.space_by_id(&new.id, at(6)).await.expect("found"), made);
        let typed = MeetingCode::parse(&new.code.as_str().to_uppercase()).expect("a code in capitals");
        assert_eq!(register.space_by_code(&typed, at(6)).await.expect("found"), made);
        assert_eq!(made.code, Some(new.code));
        assert_eq!(made.create, at(5));

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
    let mut hall = Hall::new(db).await;
    let year = |past_us: i64| at(0).plus_us(MEETING_CODE_LAPSE_US + past_us);
    let seat = hall.join(signed_in(1), year(-2)).await;
    hall.leave(&seat, year(5)).await;
    let code = |now| hall.register.space_by_code(&hall.code, now);
    assert!(code(year(MEETING_CODE_LAPSE_US + 4)).await.is_ok());
    assert!(code(year(MEETING_CODE_LAPSE_US + 5)).await.is_err());
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
