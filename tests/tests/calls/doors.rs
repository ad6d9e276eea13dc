//! Who comes to a meeting's door by telephone, and what they hear there: rooms that have a password, those who guess, and those whose server
//! has no voice.

use std::process::Command;

use anyhow::{Context, Result};
use end_to_end::{binary, request};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use super::{
    conversation::amplitude,
    meetings::{CALLER, Space, at_the_number, newest, open, open_by, quiet},
    speech::{likeness, speech},
    telephone::Telephone,
    world::{DOMAIN_BASE, PROJECT, World},
};

const PASSWORD: &str = "Right-Passw0rd";

/// The heights of the tones that telephones are told things by.
const LOW: u32 = 330;
const MIDDLE: u32 = 494;
const HIGH: u32 = 740;

/// Guesses of one caller, after which nobody listens to them.
const GUESSES: usize = 10;

impl Space {
    /// All digits of its PIN, as an address has them.
    fn digits(&self) -> &str {
        &self.uri[4..17]
    }
}

/// A domain of rooms, which is a way into meetings; and a room that has a password there.
fn rooms(world: &World) -> Result<()> {
    let ask = |path: &str, body: &Value| {
        let path = format!("/v1beta1/projects/{PROJECT}/sipDomains{path}");
        request(world.server().address(), "POST", &path, Some(&world.token), Some(body))?.ok()
    };
    let domain = json!({"callTerminationMode": "PROGRAMMABLE", "callTerminationHandlerUris": ["meet:"]});
    ask("?sipDomainId=rooms", &domain)?;
    ask("/rooms/users?userId=library", &json!({"password": PASSWORD})).map(drop)
}

async fn library(world: &World) -> Telephone {
    let domain = format!("rooms.{DOMAIN_BASE}");
    Telephone::user("library", PASSWORD, &domain, &quiet(), "udp", world.sip).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_with_a_password_is_the_same_account_each_time() -> Result<()> {
    let world = open()?;
    rooms(&world)?;
    let space = Space::make(&world, "OPEN")?;
    let address = format!("sip:{}@rooms.{DOMAIN_BASE}", space.digits());
    let mut accounts = vec![];
    for _ in 0..2 {
        let mut library = library(&world).await;
        library.dial(&address).await;
        let is_there = |one: &Value| one.get("latestEndTime").is_none();
        let there = space.participants(&world, "signedinUser", |all| all.iter().any(is_there))?;
        let account = there.iter().find(|one| is_there(one)).context("it is there")?;
        accounts.push(account["signedinUser"].clone());
        library.hang_up().await;
        space.participants(&world, "signedinUser", |all| !all.iter().any(is_there))?;
    }
    assert_eq!(accounts[0], accounts[1]);
    let user = accounts[0]["user"].as_str().context("an account")?;
    assert!(
        user.starts_with("users/") && accounts[0]["displayName"] == "library",
        "{accounts:?}"
    );
    assert_eq!(space.telephones(&world, <[Value]>::is_empty)?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_withholds_its_name_is_a_caller_like_any_other() -> Result<()> {
    let world = open()?;
    rooms(&world)?;
    let space = Space::make(&world, "OPEN")?;
    let domain = format!("rooms.{DOMAIN_BASE}");
    let mut library = Telephone::nameless_user("library", PASSWORD, &domain, &quiet(), world.sip).await;
    library.dial(&format!("sip:{}@{domain}", space.digits())).await;
    let callers = space.telephones(&world, |all| all.len() == 1)?;
    assert_eq!(callers[0]["phoneUser"], json!({"displayName": "Caller"}), "{callers:?}");
    space.participants(&world, "signedinUser", <[Value]>::is_empty)?;
    library.hang_up().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_pins_is_not_listened_to_and_others_are() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let host = space.uri.rsplit_once('@').context("a host")?.1;
    let wrong = format!("sip:0000000000000@{host}");
    let guesses = (0..GUESSES).map(async |_| {
        let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
        caller.dial(&wrong).await;
        caller.closed_because().await;
    });
    join_all(guesses).await;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&space.uri).await;
    caller.closed_because().await;
    let words = speech("Too many wrong PINs were keyed in. Please call again later. Goodbye.")?;
    let likeness = likeness(&words, &caller.heard().await);
    assert!(likeness > 0.8, "the right one is not listened to: {likeness}");
    assert_eq!(space.telephones(&world, <[Value]>::is_empty)?, Vec::<Value>::new());

    let mut other = Telephone::gateway("sip:+442071838751@gateway.example", &quiet(), world.sip).await;
    other.dial(&space.uri).await;
    space.telephones(&world, |all| all.len() == 1).map(drop)
}

/// The tones of this, one after the other: each has its height for twentieths of a second.
fn tones(heard: &[i16]) -> Vec<u32> {
    let height = |piece: &[i16]| {
        let heights = [LOW, MIDDLE, HIGH].into_iter();
        let mut audible = heights.filter(|hz| amplitude(piece, f64::from(*hz)) > 1_500.0);
        audible.next()
    };
    let pieces: Vec<Option<u32>> = heard.chunks_exact(200).map(height).collect();
    let mut tones = vec![];
    let mut last = None;
    for pair in pieces.windows(2) {
        // What is there in one piece alone is the edge between two tones.
        if pair[0] == pair[1] {
            if pair[0] != last {
                tones.extend(pair[0]);
            }
            last = pair[0];
        }
    }
    tones
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_speak_tones_say_it() -> Result<()> {
    let nothing = tempfile::tempdir()?;
    let mut command = Command::new(binary()?);
    command.env("PATH", nothing.path());
    let world = open_by(command, tempfile::tempdir()?, "")?;
    let space = Space::make(&world, "OPEN")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&at_the_number(&world)).await;
    newest(&world, |call| call["state"] == "IN_PROGRESS")?;
    sleep(Duration::from_secs(1)).await;
    caller.press(&format!("{}#", space.pin)).await;
    space.telephones(&world, |all| all.len() == 1)?;
    for keys in ["*6", "*6", "*9", "*9"] {
        sleep(Duration::from_secs(2)).await;
        caller.press(keys).await;
    }
    sleep(Duration::from_secs(2)).await;
    let mute = format!("/sederunt/v1/{}:mute", space.name);
    request(
        world.server().address(),
        "POST",
        &mute,
        Some(&space.owner),
        Some(&json!({})),
    )?
    .ok()?;
    sleep(Duration::from_secs(2)).await;
    let asked_and_in = [MIDDLE, HIGH, LOW, MIDDLE, HIGH];
    let muted_and_heard = [LOW, HIGH];
    let raised_and_lowered = [LOW, HIGH, HIGH, LOW];
    let muted_by_host = [LOW, LOW];
    let expected = [&asked_and_in[..], &muted_and_heard, &raised_and_lowered, &muted_by_host].concat();
    assert_eq!(tones(&caller.heard().await), expected);
    Ok(())
}
