//! Refresh tokens over time: which one is good, what ends one, and what each kind of client makes of it.

use audit::By;
use db::testing::each_engine;
use identity::{AppKind, OAuthCode, limits};

use crate::world::*;

/// One use of a refresh token, and what it has to bring.
#[derive(Clone, Copy, Debug)]
enum Brings {
    /// An access token, and this many-th refresh token of the line.
    Next,
    /// An access token alone.
    Access,
    Nothing,
}

use Brings::{Access, Next, Nothing};

/// The place of a token in its line, the seconds since the first was given, and what its use brings.
type Use = (usize, i64, Brings);

/// Uses the tokens of a new line as each row says.
async fn check(kind: AppKind, rows: &[&[Use]]) {
    each_engine(async |db| {
        let world = world(db).await;
        for row in rows {
            follow(&world, kind, row).await;
        }
    })
    .await;
}

async fn follow(world: &World, kind: AppKind, uses: &[Use]) {
    let app = match kind {
        AppKind::Web => &world.web,
        AppKind::Installed => &world.installed,
    };
    let code = world.code(app, &[("access_type", "offline")]).await;
    let mut line = vec![world.redeem(app, &code).await.expect("redeemed")];
    for &(place, seconds, brings) in uses {
        let now_us = NOW_US + seconds * SECOND_US;
        let token = line[place].refresh_token.clone().expect("in the line");
        let form = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
        match (world.token(app, &form, now_us).await, brings) {
            (Ok(response), Next) => {
                assert!(response.refresh_token.is_some(), "{place} at {seconds} of {uses:?}");
                line.push(response);
            }
            (Ok(response), Access) => assert_eq!(response.refresh_token, None, "{place} at {seconds} of {uses:?}"),
            (Err(OAuthCode::InvalidGrant), Nothing) => {
                // Whatever ends a line ends what it gave.
                for response in &line {
                    let caller = world.caller(&response.access_token, now_us).await;
                    assert!(caller.is_err(), "{place} at {seconds} of {uses:?}");
                }
            }
            (answer, _) => panic!("{place} at {seconds} of {uses:?} brings {answer:?}"),
        }
    }
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const IDLE: i64 = limits::REFRESH_TOKEN_IDLE.as_secs().cast_signed();
const GRACE: i64 = limits::REFRESH_TOKEN_GRACE.as_secs().cast_signed();

/// Google's libraries send the secret, and many programs keep the token of the first day in a file.
#[tokio::test]
async fn one_that_comes_with_a_secret_stays_until_it_lies_unused() {
    let rows: &[&[Use]] = &[
        &[(0, 0, Access), (0, 1, Access), (0, HOUR, Access), (0, IDLE - 1, Access)],
        &[(0, DAY, Access), (0, DAY + IDLE - 1, Access), (0, 2 * IDLE, Access)],
        &[(0, IDLE, Nothing)],
        &[(0, DAY, Access), (0, DAY + IDLE, Nothing)],
    ];
    check(AppKind::Web, rows).await;
}

#[tokio::test]
async fn one_of_a_client_without_a_secret_is_followed_by_another() {
    let rows: &[&[Use]] = &[
        &[(0, HOUR, Next), (1, 2 * HOUR, Next), (2, 3 * HOUR, Next)],
        &[(0, DAY, Next), (1, DAY + IDLE, Nothing)],
        // An answer was lost.
        &[(0, HOUR, Next), (0, HOUR + GRACE, Next), (2, 2 * HOUR, Next)],
        // The client keeps to the first.
        &[(0, HOUR, Next), (0, 2 * HOUR, Next), (0, 3 * HOUR, Next)],
        // Two threads: whichever answer the program keeps is good.
        &[(0, HOUR, Next), (0, HOUR + 1, Access), (1, 2 * HOUR, Next)],
        &[(0, HOUR, Next), (0, HOUR + 1, Access), (0, 2 * HOUR, Next)],
        &[(0, HOUR, Next), (1, 2 * HOUR, Next), (1, 2 * HOUR + 1, Access)],
    ];
    check(AppKind::Installed, rows).await;
}

/// A copy and the original cannot both go on: whichever comes too late ends both.
#[tokio::test]
async fn a_used_one_that_comes_again_ends_the_line() {
    let rows: &[&[Use]] = &[
        // The copy comes late, and the person has to be asked again.
        &[
            (0, 9, Next),
            (1, HOUR, Next),
            (0, HOUR + 1, Nothing),
            (2, HOUR + 2, Nothing),
        ],
        // The copy comes first; the original finds out, and the copy has nothing more.
        &[
            (0, 1, Next),
            (1, HOUR, Next),
            (0, HOUR + 1, Nothing),
            (1, HOUR + 2, Nothing),
        ],
        // Both took a successor of the same token.
        &[
            (0, 1, Next),
            (0, GRACE + 1, Next),
            (2, HOUR, Next),
            (1, HOUR + 1, Nothing),
        ],
        &[
            (0, 1, Next),
            (0, GRACE + 1, Next),
            (1, HOUR, Nothing),
            (2, HOUR + 1, Nothing),
        ],
    ];
    check(AppKind::Installed, rows).await;
}

/// The two ways to give one back, also when it is not the newest.
#[tokio::test]
async fn any_of_a_line_gives_it_back() {
    each_engine(async |db| {
        let world = world(db).await;
        for place in 0..2 {
            let code = world.code(&world.installed, &[]).await;
            let first = world.redeem(&world.installed, &code).await.expect("redeemed");
            let first = first.refresh_token.expect("installed applications get one");
            let next = world.refresh(&world.installed, &first, &[]).await.expect("refreshed");
            let line = [first, next.refresh_token.expect("another")];
            world
                .identity
                .revoke(&line[place], &By::command_line(NOW_US))
                .await
                .expect("given back");
            for token in &line {
                let refused = world.refresh(&world.installed, token, &[]).await;
                assert_eq!(refused, Err(OAuthCode::InvalidGrant));
            }
        }
    })
    .await;
}
