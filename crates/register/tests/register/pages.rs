//! Pages and their tokens.

use crate::hall::{Hall, Seat, anonymous, at, signed_in, user};
use db::testing::each_engine;
use meeting::{ConferenceId, Input, Micros, ParticipantId, SessionId};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use register::{Query, RegisterError, limits};

#[tokio::test]
async fn sizes_and_order() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let first = hall.join(signed_in(2), at(0)).await;
        for second in 1..300 {
            hall.join_with(anonymous("Guest"), None, at(second / 3)).await;
        }
        let page = |page_size| {
            let query = Query {
                page_size,
                now: at(101),
                ..Query::default()
            };
            let (register, conference) = (hall.register.clone(), first.conference.clone());
            async move { register.list_participants(&conference, &query).await }
        };
        let sizes = limits::PARTICIPANTS_PER_PAGE;
        for (asked, given) in [
            (0, sizes.usual),
            (1, 1),
            (250, 250),
            (251, sizes.max),
            (i32::MAX, sizes.max),
        ] {
            let page = page(asked).await.expect("a page");
            assert_eq!(page.items.len(), usize::from(given), "asked for {asked}");
            let keys: Vec<_> = page.items.iter().map(|item| (item.earliest_start, &item.id)).collect();
            assert!(keys.is_sorted_by(|before, after| before.0 >= after.0), "newest first");
            assert!(page.next_page_token.is_some());
        }
        assert!(matches!(page(-1).await, Err(RegisterError::NegativePageSize)));
        let count = hall
            .register
            .count_participants(&first.conference, "", at(101))
            .await
            .expect("a count");
        assert_eq!(count, 300);
        let unknown = ConferenceId::from_random([9; 16]);
        let query = Query {
            now: at(101),
            ..Query::default()
        };
        assert!(matches!(
            hall.register.list_participants(&unknown, &query).await,
            Err(RegisterError::NotFound)
        ));
        let nobody = ParticipantId::from_random([9; 16]);
        let sessions = hall
            .register
            .list_participant_sessions(&first.conference, &nobody, &query)
            .await;
        assert!(matches!(sessions, Err(RegisterError::NotFound)));
    })
    .await;
}

/// A page that ends exactly with the list has no token.
#[tokio::test]
async fn the_last_page_has_no_token() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let seat = hall.join(signed_in(2), at(0)).await;
        for second in 1..4 {
            hall.join_with(signed_in(2), None, at(second)).await;
        }
        for page_size in [2, 3, 4, 5] {
            let sessions = sessions_by_pages(&hall, &seat, page_size).await;
            assert_eq!(sessions.len(), 4, "by {page_size}");
        }
        let query = Query {
            page_size: 4,
            now: at(9),
            ..Query::default()
        };
        let page = hall
            .register
            .list_participant_sessions(&seat.conference, &seat.participant, &query)
            .await;
        assert_eq!(page.expect("a page").next_page_token, None);
    })
    .await;
}

#[tokio::test]
async fn a_token_is_good_for_its_own_list_only() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let mut seats = Vec::new();
        for round in 0..3 {
            let anna = hall.join(signed_in(2), at(round * 100)).await;
            let second = hall.join(signed_in(2), at(round * 100)).await;
            let bob = hall.join(signed_in(3), at(round * 100)).await;
            for seat in [&anna, &second, &bob] {
                hall.leave(seat, at(round * 100 + 50)).await;
            }
            seats.push(anna);
        }
        let base = Query {
            page_size: 1,
            now: at(999),
            ..Query::default()
        };
        let conferences = |reader, query: Query<'static>| {
            let register = hall.register.clone();
            async move {
                register
                    .list_conferences(&user(reader), &query, None)
                    .await
                    .map(|page| page.next_page_token)
            }
        };
        let token = conferences(2, base).await.expect("a page").expect("more");
        let token: &'static str = token.leak();
        let next = Query {
            page_token: token,
            ..base
        };
        assert!(conferences(2, next).await.is_ok());
        assert!(
            conferences(2, Query { page_size: 7, ..next }).await.is_ok(),
            "another size is fine"
        );
        invalid(&conferences(3, next).await);
        invalid(
            &conferences(
                2,
                Query {
                    filter: "end_time IS NOT NULL",
                    ..next
                },
            )
            .await,
        );
        let participants = |seat: &Seat, query: Query<'static>| {
            let (register, conference) = (hall.register.clone(), seat.conference.clone());
            async move {
                register
                    .list_participants(&conference, &query)
                    .await
                    .map(|page| page.next_page_token)
            }
        };
        invalid(&participants(&seats[0], next).await);
        let token: &'static str = participants(&seats[0], base)
            .await
            .expect("a page")
            .expect("more")
            .leak();
        let next = Query {
            page_token: token,
            ..base
        };
        assert!(participants(&seats[0], next).await.is_ok());
        invalid(&participants(&seats[1], next).await);
        let sessions = hall
            .register
            .list_participant_sessions(&seats[0].conference, &seats[0].participant, &next)
            .await;
        invalid(&sessions.map(|page| page.next_page_token));
        made_up_tokens_are_refused(&hall, &seats[0].conference, token).await;
    })
    .await;
}

async fn made_up_tokens_are_refused(hall: &Hall, conference: &ConferenceId, token: &str) {
    let mut tokens: Vec<String> = (0..token.len())
        .map(|end| token[..end].to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    for place in 0..token.len() {
        let other = if &token[place..=place] == "A" { "B" } else { "A" };
        tokens.push(format!("{}{other}{}", &token[..place], &token[place + 1..]));
    }
    tokens.extend([
        format!("{token}A"),
        format!("{token}="),
        format!(" {token}"),
        "A".repeat(100_000),
    ]);
    let mut runner = TestRunner::deterministic();
    for _ in 0..200 {
        tokens.push(
            "\\PC{1,80}|[A-Za-z0-9_-]{1,90}"
                .new_tree(&mut runner)
                .expect("a text")
                .current(),
        );
    }
    for token in &tokens {
        let query = Query {
            page_token: token,
            now: at(999),
            ..Query::default()
        };
        let answer = hall.register.list_participants(conference, &query).await;
        assert!(
            matches!(answer, Err(RegisterError::InvalidPageToken)),
            "{token:?}: {answer:?}"
        );
    }
}

/// While people come and go, paging through shows everything that was there at the start, once.
#[tokio::test]
async fn paging_neither_repeats_nor_skips() {
    each_engine(async |db| {
        let mut runner = TestRunner::deterministic();
        for _ in 0..8 {
            let changes = proptest::collection::vec((0..3_u8, 0..2_i64), 1..40)
                .new_tree(&mut runner)
                .expect("changes")
                .current();
            let page_size = (1..6_i32).new_tree(&mut runner).expect("a size").current();
            page_through(Hall::new(&db).await, page_size, changes).await;
        }
    })
    .await;
}

async fn page_through(mut hall: Hall, page_size: i32, changes: Vec<(u8, i64)>) {
    let mut now = at(0);
    let mut live = Vec::new();
    for second in 0..17 {
        now = at(second / 3);
        live.push(hall.join_with(anonymous("Guest"), None, now).await);
    }
    let conference = live[0].conference.clone();
    let there: Vec<ParticipantId> = live.iter().map(|seat| seat.participant.clone()).collect();

    let mut seen = Vec::new();
    let mut token = String::new();
    let mut changes = changes.into_iter();
    loop {
        let query = Query {
            page_size,
            page_token: &token,
            now,
            ..Query::default()
        };
        let page = hall
            .register
            .list_participants(&conference, &query)
            .await
            .expect("a page");
        seen.extend(page.items.into_iter().map(|item| item.id));
        let Some(next) = page.next_page_token else { break };
        token = next;
        for (kind, wait) in changes.by_ref().take(3) {
            now = now.plus_us(wait);
            change(&mut hall, &mut live, kind, now).await;
        }
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "nobody twice");
    assert!(
        there.iter().all(|participant| once.contains(participant)),
        "nobody skipped"
    );
}

async fn change(hall: &mut Hall, live: &mut Vec<Seat>, kind: u8, now: Micros) {
    match kind {
        0 => live.push(hall.join(anonymous("Newcomer"), now).await),
        1 if live.len() > 1 => {
            let seat = live.remove(0);
            hall.leave(&seat, now).await;
        }
        _ => {
            let heard: Vec<(SessionId, Micros)> = live.iter().map(|seat| (seat.session.clone(), now)).collect();
            hall.give(Input::Alive(heard), now).await.expect("alive");
        }
    }
}

async fn sessions_by_pages(hall: &Hall, seat: &Seat, page_size: i32) -> Vec<SessionId> {
    let mut sessions = Vec::new();
    let mut token = String::new();
    loop {
        let query = Query {
            page_size,
            page_token: &token,
            now: at(9),
            ..Query::default()
        };
        let page = hall
            .register
            .list_participant_sessions(&seat.conference, &seat.participant, &query)
            .await;
        let page = page.expect("a page");
        assert!(!page.items.is_empty(), "no empty page");
        sessions.extend(page.items.into_iter().map(|item| item.id));
        match page.next_page_token {
            Some(next) => token = next,
            None => return sessions,
        }
    }
}

fn invalid(answer: &Result<Option<String>, RegisterError>) {
    assert!(matches!(answer, Err(RegisterError::InvalidPageToken)), "{answer:?}");
}
