//! Strangers in quantity: who has a place when others have taken what they may.

use crate::script::{Script, check};
use meeting::limits;

const TOO_MANY_ON_THE_WAY: &str = "refused TooManyAtOnce { wait_us: 2000000 }";

/// Gives these steps, each of which is fine.
fn run(script: &mut Script, numbers: std::ops::Range<usize>, step: impl Fn(usize) -> String) {
    for number in numbers {
        let (step, told) = (step(number), script.run(&step(number)));
        assert!(!told.contains("refused"), "{step} => {told}");
    }
}

#[test]
fn the_last_places_of_a_conference_are_kept() {
    let mut script = Script::new();
    let (all, kept) = (limits::LIVE_SESSIONS_MAX, limits::LIVE_SESSIONS_KEPT);
    let (signed_in, strangers) = (all - kept.for_members, all - kept.for_members - kept.for_accounts);
    run(&mut script, 0..strangers, |number| {
        format!("0 join zoe z{number} from {number}")
    });
    assert_eq!(script.run("1 join zoe late"), "refused TooManySessions");
    assert_eq!(
        script.run("1 join zoe late with z7"),
        "refused TooManySessions",
        "a second device of theirs"
    );
    run(&mut script, strangers..signed_in, |number| {
        format!("1 join bob b{number}")
    });
    assert_eq!(script.run("1 join bob late"), "refused TooManySessions");
    let back = script.run("2 resume zoe late with z7 in z0");
    assert_eq!(
        back, "late of zoe starts @2, z7 ends @0 resumed",
        "whoever comes back takes the old place"
    );
    run(&mut script, signed_in..all, |number| {
        format!("2 join carol c{number} as member")
    });
    assert_eq!(script.run("3 join anna a1 as owner"), "refused TooManySessions");
    let back = script.run(&format!("3 resume carol a1 with c{signed_in} in z0"));
    assert_eq!(back, format!("a1 of carol starts @3, c{signed_in} ends @2 resumed"));
}

#[test]
fn a_host_may_give_anybody_the_last_place_and_no_further() {
    let mut script = Script::new();
    let all = limits::LIVE_SESSIONS_MAX;
    run(&mut script, 0..all - 1, |number| {
        format!("0 join anna a{number} as owner")
    });
    script.run("0 settings trusted");
    for session in ["z1", "z2"] {
        script.run(&format!("1 join zoe {session}"));
    }
    assert_eq!(
        script.run("1 admit z1"),
        "z1 is Admitted, zoe joins @1, z1 of zoe starts @1"
    );
    assert_eq!(script.run("1 admit z2"), "refused TooManySessions");
    assert_eq!(script.run("1 waiting"), "z2");
}

#[test]
fn whoever_sends_no_packet_keeps_nobody_out() {
    let mut script = Script::new();
    let share = limits::RESERVATIONS_OF_CLIENT_MAX;
    run(&mut script, 0..share, |number| format!("0 ask join zoe z{number}"));
    assert_eq!(script.run("1 ask join zoe late"), TOO_MANY_ON_THE_WAY);
    assert!(
        !script.run("1 join yan y1 from 1").contains("refused"),
        "another client"
    );
    let (all, kept) = (limits::RESERVATIONS_MAX, limits::RESERVATIONS_KEPT);
    let strangers = all - kept.for_members - kept.for_accounts;
    run(&mut script, share..strangers, |number| {
        format!("1 ask join zoe z{number} from {number}")
    });
    assert_eq!(script.run("1 ask join zoe late from 9999"), TOO_MANY_ON_THE_WAY);
    assert!(
        !script.run("1 join bob b1").contains("refused"),
        "somebody who is signed in"
    );
    assert!(!script.run("1 join anna a1 as owner").contains("refused"));
    assert_eq!(script.run("15 tick").matches("Expired").count(), share);
    assert!(
        !script.run("15 ask join zoe late").contains("refused"),
        "nobody is behind them"
    );
}

#[test]
fn an_account_counts_for_itself_wherever_it_comes_from() {
    let mut script = Script::new();
    let share = limits::RESERVATIONS_OF_ACCOUNT_MAX;
    run(&mut script, 0..share, |number| {
        format!("0 ask join bob b{number} from {number}")
    });
    assert_eq!(script.run("0 ask join bob late from 99"), TOO_MANY_ON_THE_WAY);
    assert!(!script.run("0 ask join carol c1 from 0").contains("refused"));
}

#[test]
fn the_last_places_at_the_door_are_kept() {
    let mut script = Script::new();
    script.run("0 settings restricted");
    let (all, kept) = (limits::KNOCKS_MAX, limits::KNOCKS_KEPT);
    let strangers = all - kept.for_members - kept.for_accounts;
    run(&mut script, 0..strangers, |number| {
        format!("0 join zoe z{number} from {number}")
    });
    assert_eq!(script.run("1 join zoe late from 99"), "refused LobbyFull");
    assert_eq!(script.run("1 join bob b1"), "b1 of bob knocks at z0");
    assert!(
        !script.run("1 join anna a1 as owner").contains("refused"),
        "the door is not the room"
    );
    script.run("2 deny z0");
    script.run("2 deny b1");
    assert_eq!(script.run("2 join yan late from 99"), "late of yan knocks at z0");
}

#[test]
fn a_class_behind_one_address_is_in_as_fast_as_it_is_admitted_and_half_of_the_door_is_left_to_others() {
    let mut script = Script::new();
    script.run("0 settings trusted");
    let share = limits::KNOCKS_OF_CLIENT_MAX;
    run(&mut script, 0..share, |number| format!("0 join pupil p{number}"));
    assert_eq!(script.run("0 ask join pupil late"), "refused LobbyFull");
    assert!(!script.run("0 join zoe z1 from 1").contains("refused"));
    for number in 0..300 - share {
        script.run(&format!("1 admit p{number}"));
        let told = script.run(&format!("1 join pupil p{}", number + share));
        assert!(told.ends_with("knocks at p0"), "{number}: {told}");
    }
}

#[test]
fn whoever_knocks_and_goes_again_and_again_is_slowed_down() {
    let mut script = Script::new();
    script.run("0 settings trusted");
    for number in 0..limits::KNOCKS_OF_CLIENT_MAX {
        script.run(&format!("0 join zoe z{number}"));
        assert_eq!(script.run(&format!("0 leave z{number}")), format!("z{number} is Left"));
    }
    for second in 0..5 {
        assert_eq!(
            script.run(&format!("{second} ask join zoe late")),
            "refused TooManyAtOnce { wait_us: 1000000 }"
        );
        let (second, session) = (second + 1, format!("y{second}"));
        assert_eq!(
            script.run(&format!("{second} join zoe {session}")),
            format!("{session} of zoe knocks at z0")
        );
    }
}

#[test]
fn those_who_are_about_to_knock_count_for_their_client_alone() {
    let mut script = Script::new();
    script.run("0 settings trusted");
    let share = limits::KNOCKS_OF_CLIENT_MAX;
    run(&mut script, 0..share, |number| format!("0 ask join zoe z{number}"));
    assert_eq!(script.run("0 ask join zoe late"), "refused LobbyFull");
    assert_eq!(script.run("0 join yan y1 from 1"), "y1 of yan knocks at z0");
}

#[test]
fn after_a_no() {
    check(
        "whoever was sent away waits, with everybody of the same client, and nobody else",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         1 ask join zoe z2            => z2 of zoe is on the way to z1's door
         2 deny z1                    => z1 is Denied
         3 join zoe z3                => refused TooManyAtOnce { wait_us: 10000000 }
         3 connect z2                 => z2 is refused TooManyAtOnce { wait_us: 9000000 }
         3 join yan y1 from 1         => y1 of yan knocks at z1
         3 join anna a1 as owner      => conference starts @3, anna joins @3, a1 of anna starts @3 as Host
         11 join zoe z4               => refused TooManyAtOnce { wait_us: 1000000 }
         12 join zoe z5               => z5 of zoe knocks at z1
         13 join zoe z6               => z6 of zoe knocks at z1",
    );
    check(
        "somebody who is signed in waits on all devices, and leaves others of their client alone",
        "0 settings restricted        => configured
         1 join bob b1                => b1 of bob knocks at b1
         2 deny b1                    => b1 is Denied
         3 join bob b2 from 1         => refused TooManyAtOnce { wait_us: 9000000 }
         3 join carol c1              => c1 of carol knocks at b1
         3 join zoe z1                => z1 of zoe knocks at b1",
    );
}
