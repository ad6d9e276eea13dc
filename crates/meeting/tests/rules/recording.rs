//! What begins, pauses and ends the recording of a conference.

use crate::script::{Script, check};
use meeting::limits::RECORDINGS_PER_CONFERENCE_MAX;

#[test]
fn one_at_a_time() {
    check(
        "a recording begins and ends by somebody's word, and so does another one",
        "0 record r1                  => refused NoActiveConference
         0 join anna a1 as owner      => conference starts @0, anna joins @0, a1 of anna starts @0 as Host
         1 stop                       => refused NotRecording
         2 record r1 by anna          => recorded from @2
         3 record r2 by anna          => refused AlreadyRecording
         4 pause                      => recording pauses @4
         5 pause                      =>
         6 go-on                      => recording goes on @6
         7 go-on                      =>
         8 stop                       => recorded until @8 stopped
         8 pause                      => refused NotRecording
         9 record r2                  => recorded from @9
         10 stop r1                   =>
         11 stop r2                   => recorded until @11 disk_full
         11 lacks                     => nothing",
    );
}

#[test]
fn with_its_conference() {
    check(
        "it ends when its conference does, with whom that ends",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         1 record r1                  => recorded from @1
         2 pause                      => recording pauses @2
         9 leave a1                   => a1 ends @9 left, anna absent @9, recorded until @9 conference_ended, conference ends @9 empty",
    );
    check(
        "also when it is ended for all",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         1 record r1                  => recorded from @1
         9 end                        => a1 ends @9 conference_ended, anna absent @9, recorded until @9 conference_ended, conference ends @9 ended",
    );
    check(
        "nobody is there to be recorded, and what began after the last sign of life has no length",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         6 record r1                  => recorded from @6
         9 lost a1@5 silent           => a1 ends @5 silent, anna absent @5, waits until @39
         10 record r2                 => refused AlreadyRecording
         11 stop                      => recorded until @11 stopped
         12 record r2                 => refused NobodyInside
         39 tick                      => conference ends @5 nobody_returned",
    );
}

#[test]
fn interrupted() {
    check(
        "a kill ends it at the last sign of life, and it begins anew when somebody is back",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         1 record r1                  => recorded from @1
         5 alive a1@5                 => a1 heard @5
         9 restart                    => a1 ends @5 crash, anna absent @5, recorded until @5 crash, waits until @39
         9 lacks                      => nothing
         10 resume anna a2 with a1 in a1 => anna returns, a2 of anna starts @10
         10 lacks                     => a recording
         10 record r2                 => recorded from @10
         20 shutdown                  => a2 ends @20 shutdown, anna absent @20, recorded until @20 shutdown, waits until @50",
    );
    check(
        "one that was paused does not begin anew",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         1 record r1                  => recorded from @1
         2 pause                      => recording pauses @2
         9 restart                    => a1 ends @0 crash, anna absent @0, recorded until @2 crash, waits until @39
         10 resume anna a2 with a1 in a1 => anna returns, a2 of anna starts @10
         10 lacks                     => nothing",
    );
}

#[test]
fn by_itself() {
    check(
        "it begins when somebody comes who may record, and not again after somebody stopped it",
        "0 settings open recording    => configured
         0 join bob b1                => conference starts @0, bob joins @0, b1 of bob starts @0
         0 lacks                      => nothing
         1 join anna a1 as cohost     => anna joins @1, a1 of anna starts @1 as CoHost
         1 lacks                      => a recording
         1 record r1                  => recorded from @1
         2 lacks                      => nothing
         3 stop                       => recorded until @3 stopped
         3 lacks                      => nothing",
    );
}

#[test]
fn there_is_an_end_to_it() {
    let mut script = Script::new();
    for step in ["0 settings open recording", "0 join anna a1 as owner"] {
        script.run(step);
    }
    for number in 0..RECORDINGS_PER_CONFERENCE_MAX {
        // By hand, or by itself.
        let by = ["by anna", ""][number % 2];
        script.run("1 stop");
        assert_eq!(script.run(&format!("1 record r{number} {by}")), "recorded from @1");
    }
    script.run("3 restart");
    script.run("4 resume anna a2 with a1 in a1");
    assert_eq!(script.run("4 lacks"), "nothing", "what cannot be is not missing");
    assert_eq!(script.run("4 record late by anna"), "refused TooManyRecordings");
    script.run("5 end");
    script.run("6 join anna a3 as owner");
    assert_eq!(script.run("6 lacks"), "a recording", "the next conference has its own");
}

#[test]
fn asked() {
    check(
        "where people are asked, each answers for themselves, and may change it",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         1 agree a1                   => refused NotRecording
         2 record r1 asking           => recorded from @2
         3 agree a1                   => anna agrees @3
         4 agree a1                   =>
         5 refuse a1                  => anna refuses @5
         6 agree a1 with b1           => refused WrongSecret
         6 agree b1                   => refused UnknownSession
         7 pause                      => recording pauses @7
         8 agree a1                   => anna agrees @8
         9 stop                       => recorded until @9 stopped
         10 record r2                 => recorded from @10
         11 agree a1                  => refused NobodyAsked",
    );
    check(
        "an answer holds for all devices of a person, until the last of them is gone",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join ben b1                => ben joins @0, b1 of ben starts @0
         1 record r1 asking           => recorded from @1
         2 agree a1                   => anna agrees @2
         3 join anna a2               => a2 of anna starts @3
         3 agree a2                   =>
         4 leave a1                   => a1 ends @4 left
         4 agree a2                   =>
         5 leave a2                   => a2 ends @5 left, anna absent @5
         6 join anna a3               => anna returns, a3 of anna starts @6
         6 agree a3                   => anna agrees @6",
    );
}
