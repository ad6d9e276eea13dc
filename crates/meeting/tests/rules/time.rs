//! When things start and end, after a crash and with a clock that steps, and who is who.

use crate::script::check;

#[test]
fn start() {
    check(
        "a session starts when its transport is up, and with it whatever it is the first of",
        "10 join anna a1 => conference starts @10, anna joins @10, a1 of anna starts @10
         12 join anna a2 => a2 of anna starts @12
         13 join zoe z1  => zoe joins @13, z1 of zoe starts @13",
    );
    check(
        "the start is the first sign of life, and whoever is there is ended by no deadline",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 alive a1@0    =>
         1 deadline      => none
         99 tick         =>",
    );
}

#[test]
fn on_the_way() {
    check(
        "until its transport is up nobody is anywhere, and after 15 s nobody is on the way",
        "10 ask join anna a1 => a1 of anna is on the way to a1
         10 where        => nowhere
         10 may a1       => is not there
         10 deadline     => @25
         12 ask join zoe z1 => z1 of zoe is on the way to a1
         14 connect z1   => z1 is on the way no longer: Connected, conference starts @14, zoe joins @14, z1 of zoe starts @14
         14 where        => a1
         24 tick         =>
         25 tick         => a1 is on the way no longer: Expired
         25 connect a1   =>
         25 deadline     => none",
    );
    check(
        "whoever leaves or is lost before their transport is up was never there",
        "0 ask join anna a1 => a1 of anna is on the way to a1
         1 ask join bob b1 => b1 of bob is on the way to a1
         2 leave a1 with b1 => refused WrongSecret
         4 leave a1      => a1 is on the way no longer: Left
         4 connect a1    =>
         5 lost b1@4 closed => b1 is on the way no longer: Left
         6 ask join carol c1 => c1 of carol is on the way to a1
         7 lost c1@6 silent => c1 is on the way no longer: Expired
         8 ask join carol c2 => c2 of carol is on the way to a1
         9 lost c2@9 unsecured => c2 is on the way no longer: Unsecured
         9 ask join carol c3 => c3 of carol is on the way to a1
         9 lost c3@0 overloaded => c3 is on the way no longer: Overloaded
         9 deadline      => none",
    );
    check(
        "a server that stops sends those away who are on the way",
        "0 ask join anna a1 => a1 of anna is on the way to a1
         1 shutdown      => a1 is on the way no longer: Ended",
    );
    check(
        "ending the conference is also for those who are on the way into it",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 ask join zoe z1 => z1 of zoe is on the way to a1
         2 end           => z1 is refused ConferenceOver, a1 ends @2 conference_ended, anna absent @2, conference ends @2 ended
         3 ask join zoe z2 => z2 of zoe is on the way to z2
         4 end           => refused NoActiveConference
         4 connect z2    => z2 is on the way no longer: Connected, conference starts @4, zoe joins @4, z2 of zoe starts @4",
    );
    check(
        "a conference that ended by itself is not the one that those on the way start, and each has a name of its own",
        "0 ask join anna a1 => a1 of anna is on the way to a1
         1 join zoe z1   => conference starts @1, zoe joins @1, z1 of zoe starts @1
         1 where         => a1
         2 leave z1      => z1 ends @2 left, zoe absent @2, conference ends @2 empty
         3 connect a1    => a1 is on the way no longer: Connected, conference starts @3, anna joins @3, a1 of anna starts @3
         3 where         => after-a1",
    );
}

#[test]
fn on_the_way_back() {
    check(
        "the old session goes on until the transport of the new one is up, and its conference waits for it",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         8 ask resume anna a2 with a1 in a1 => a2 of anna is on the way to a1
         9 alive a1@9    => a1 heard @9
         10 lost a1@9 silent => a1 ends @9 silent, anna absent @9, waits until @40
         10 deadline     => @23
         12 connect a2   => a2 is on the way no longer: Connected, anna returns, a2 of anna starts @12
         12 deadline     => none
         13 leave a2     => a2 ends @13 left, anna absent @13, conference ends @13 empty",
    );
    check(
        "whoever is on the way back and does not come holds a conference open for no longer than that",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         8 ask resume anna a2 with a1 in a1 => a2 of anna is on the way to a1
         9 leave a1      => a1 ends @9 left, anna absent @9
         10 ask resume anna a3 with a1 in a1 => a3 of anna is on the way to a1
         23 tick         => a2 is on the way no longer: Expired
         24 leave a3     => a3 is on the way no longer: Left
         24 tick         => conference ends @9 nobody_returned
         24 connect a2   =>",
    );
    check(
        "somebody who is new holds no conference open",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         8 ask join zoe z1 => z1 of zoe is on the way to a1
         9 leave a1      => a1 ends @9 left, anna absent @9, conference ends @9 empty",
    );
    check(
        "what may not be any more is refused when the transport is up",
        "0 join anna a1 as owner => conference starts @0, anna joins @0, a1 of anna starts @0 as Host
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         1 ask resume zoe z2 with z1 in a1 => z2 of zoe is on the way to a1
         2 remove zoe    => zoe is put out, z1 ends @2 removed, zoe absent @2
         3 connect z2    => z2 is refused Removed
         4 ask resume anna a2 with a1 in a1 => a2 of anna is on the way to a1
         5 end           => a2 is refused ConferenceOver, a1 ends @5 conference_ended, anna absent @5, conference ends @5 ended",
    );
}

#[test]
fn end() {
    check(
        "a leave ends a session at once, and the last leave the conference",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         1 alive a1@1 z1@1 => a1 heard @1, z1 heard @1
         5 leave a1      => a1 ends @5 left, anna absent @5
         9 leave z1      => z1 ends @9 left, zoe absent @9, conference ends @9 empty",
    );
    check(
        "a lost session ends when it was last heard of",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         7 alive a1@7    => a1 heard @7
         20 lost a1@9 left => a1 ends @9 left, anna absent @9, conference ends @9 empty",
    );
    check(
        "the latest sign of life counts, whoever brings it",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         8 alive a1@7    => a1 heard @7
         8 alive a1@6    =>
         9 lost a1@3 left => a1 ends @7 left, anna absent @7, conference ends @7 empty",
    );
    check(
        "a conference ends with the latest end, not with the end that was noticed last",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         1 alive a1@1 z1@1 => a1 heard @1, z1 heard @1
         8 leave a1      => a1 ends @8 left, anna absent @8
         9 lost z1@3 silent => z1 ends @3 silent, zoe absent @3, waits until @39
         39 tick         => conference ends @8 nobody_returned",
    );
    check(
        "what has ended does not end again",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         1 alive a1@1 z1@1 => a1 heard @1, z1 heard @1
         2 leave a1      => a1 ends @2 left, anna absent @2
         3 lost a1@3 closed =>
         4 leave a1      =>
         5 alive a1@5    =>
         6 lost z1@6 left => z1 ends @6 left, zoe absent @6, conference ends @6 empty
         7 lost z1@6 left =>
         8 leave z1      => refused UnknownSession",
    );
    check(
        "only the session's own secret lets it leave",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join anna a2  => a2 of anna starts @0
         1 leave a1 with a2 => refused WrongSecret
         1 leave a1 with x9 => refused WrongSecret
         1 leave x9 with a1 => refused UnknownSession",
    );
    check(
        "ending the conference gives everything one end time and forbids to come back by oneself",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         1 alive a1@1    => a1 heard @1
         5 end           => a1 ends @5 conference_ended, anna absent @5, z1 ends @5 conference_ended, zoe absent @5, conference ends @5 ended
         6 resume anna a2 with a1 in a1 => refused ConferenceOver
         6 resume zoe z2 with z1 in a1 => refused ConferenceOver
         7 end           => refused NoActiveConference
         8 join zoe z3 with z1 => conference starts @8, zoe joins @8, z3 of zoe starts @8",
    );
    check(
        "a server that stops in good order ends the sessions, and the conference waits for the next start",
        "0 shutdown      =>
         0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 alive a1@1    => a1 heard @1
         5 shutdown      => a1 ends @5 shutdown, anna absent @5, waits until @35
         60 restart      => waits until @90
         61 resume anna a2 with a1 in a1 => anna returns, a2 of anna starts @61
         70 leave a2     => a2 ends @70 left, anna absent @70, conference ends @70 empty",
    );
    check(
        "one that does not start again in time finds nobody, and the conference ended when it stopped",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         5 shutdown      => a1 ends @5 shutdown, anna absent @5, waits until @35
         9000 restart    => waits until @9030
         9030 tick       => conference ends @5 nobody_returned",
    );
}

#[test]
fn silence() {
    check(
        "a session that falls silent ends when it was last heard of, and the conference waits 30 s for its person",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         7 alive a1@7    => a1 heard @7
         20 lost a1@9 silent => a1 ends @9 silent, anna absent @9, waits until @50
         20 deadline     => @50
         49 tick         =>
         50 tick         => conference ends @9 nobody_returned",
    );
    check(
        "whoever comes back is the same participant in the same conference, and leaves it as ever",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         9 lost a1@1 silent => a1 ends @1 silent, anna absent @1, waits until @39
         38 resume anna a2 with a1 in a1 => anna returns, a2 of anna starts @38
         38 deadline     => none
         40 leave a2     => a2 ends @40 left, anna absent @40, conference ends @40 empty",
    );
    check(
        "a connection that is closed without a word is no leave, and the word may follow",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 lost a1@1 closed => a1 ends @1 closed, anna absent @1, waits until @31
         2 leave a1      => conference ends @1 empty",
    );
    check(
        "while somebody is awaited, the last leave does not end the conference",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         9 lost z1@1 silent => z1 ends @1 silent, zoe absent @1, waits until @39
         20 leave a1     => a1 ends @20 left, anna absent @20
         39 tick         => conference ends @20 nobody_returned",
    );
    check(
        "whoever does not come back in time is awaited no longer, and the others go on",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         9 lost z1@1 silent => z1 ends @1 silent, zoe absent @1, waits until @39
         39 tick         => waits no longer for zoe
         39 deadline     => none
         40 leave a1     => a1 ends @40 left, anna absent @40, conference ends @40 empty",
    );
    check(
        "once everybody who was cut off has been back, the last leave ends the conference",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         4 alive a1@4 z1@4 => a1 heard @4, z1 heard @4
         5 restart       => a1 ends @4 crash, anna absent @4, z1 ends @4 crash, zoe absent @4, waits until @35
         6 resume anna a2 with a1 in a1 => anna returns, a2 of anna starts @6
         7 resume zoe z2 with z1 in a1 => zoe returns, z2 of zoe starts @7
         8 leave a2      => a2 ends @8 left, anna absent @8
         9 leave z2      => z2 ends @9 left, zoe absent @9, conference ends @9 empty",
    );
    check(
        "whoever was cut off and leaves then is not awaited",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         9 lost a1@2 silent => a1 ends @2 silent, anna absent @2, waits until @39
         9 lost z1@1 silent => z1 ends @1 silent, zoe absent @1, waits until @39
         12 leave a1     => waits no longer for anna
         13 leave a1     =>
         14 leave z1     => conference ends @2 empty",
    );
    check(
        "whoever is put out is not awaited either",
        "0 join anna a1 as owner => conference starts @0, anna joins @0, a1 of anna starts @0 as Host
         0 join bob b1   => bob joins @0, b1 of bob starts @0
         9 lost b1@1 silent => b1 ends @1 silent, bob absent @1, waits until @39
         12 remove bob   => bob is put out
         20 leave a1     => a1 ends @20 left, anna absent @20, conference ends @20 empty",
    );
    check(
        "a person is cut off with one device, and comes back with any",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 join anna a2  => a2 of anna starts @1
         9 lost a1@2 silent => a1 ends @2 silent, waits until @39
         10 leave a2     => a2 ends @10 left, anna absent @10
         12 join anna a3 => anna returns, a3 of anna starts @12
         13 leave a3     => a3 ends @13 left, anna absent @13, conference ends @13 empty",
    );
    check(
        "a server that was away itself gives those who are awaited their whole time again",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 woke          =>
         9 lost a1@1 silent => a1 ends @1 silent, anna absent @1, waits until @39
         100 woke        => waits until @130
         101 resume anna a2 with a1 in a1 => anna returns, a2 of anna starts @101
         102 woke        =>",
    );
    check(
        "the end for all is at once",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         9 lost a1@1 silent => a1 ends @1 silent, anna absent @1, waits until @39
         12 end          => conference ends @12 ended
         12 deadline     => none",
    );
}

#[test]
fn crash() {
    check(
        "open sessions end when they were last heard of, and the conference waits 30 s for them",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         4 alive a1@4 z1@3 => a1 heard @4, z1 heard @3
         5 join bob b1   => bob joins @5, b1 of bob starts @5
         60 restart      => a1 ends @4 crash, anna absent @4, b1 ends @5 crash, bob absent @5, z1 ends @3 crash, zoe absent @3, waits until @90
         60 deadline     => @90
         89 tick         =>
         90 tick         => conference ends @5 nobody_returned",
    );
    check(
        "who comes back is the same participant in the same conference",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         4 alive a1@4 z1@4 => a1 heard @4, z1 heard @4
         9 restart       => a1 ends @4 crash, anna absent @4, z1 ends @4 crash, zoe absent @4, waits until @39
         12 resume anna a2 in a1 => anna returns, a2 of anna starts @12
         13 resume zoe z2 with z1 in a1 => zoe returns, z2 of zoe starts @13
         14 alive a2@14 z2@14 => a2 heard @14, z2 heard @14
         39 tick         =>
         50 leave a2     => a2 ends @50 left, anna absent @50
         51 leave z2     => z2 ends @51 left, zoe absent @51, conference ends @51 empty",
    );
    check(
        "a second start finds nothing open and waits anew",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         4 alive a1@4    => a1 heard @4
         9 restart       => a1 ends @4 crash, anna absent @4, waits until @39
         20 restart      => waits until @50
         39 tick         =>
         50 tick         => conference ends @4 nobody_returned
         60 restart      =>",
    );
    check(
        "while others are awaited, a leave does not end the conference",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         0 join zoe z1   => zoe joins @0, z1 of zoe starts @0
         4 alive a1@4 z1@4 => a1 heard @4, z1 heard @4
         5 restart       => a1 ends @4 crash, anna absent @4, z1 ends @4 crash, zoe absent @4, waits until @35
         6 join anna a2  => anna returns, a2 of anna starts @6
         7 alive a2@7    => a2 heard @7
         9 leave a2      => a2 ends @9 left, anna absent @9
         9 deadline      => @35
         30 resume zoe z2 with z1 in a1 => zoe returns, z2 of zoe starts @30
         45 lost z2@31 left => z2 ends @31 left, zoe absent @31, conference ends @31 empty",
    );
    check(
        "a conference whose time is up is over, even before the deadline is served",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         4 alive a1@4    => a1 heard @4
         5 restart       => a1 ends @4 crash, anna absent @4, waits until @35
         36 resume anna a2 with a1 in a1 => refused ConferenceOver
         37 join anna a3 => conference ends @4 nobody_returned, conference starts @37, anna joins @37, a3 of anna starts @37
         37 where        => a3",
    );
    check(
        "a conference that waits can be ended",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         4 alive a1@4    => a1 heard @4
         5 restart       => a1 ends @4 crash, anna absent @4, waits until @35
         8 end           => conference ends @8 ended",
    );
}

#[test]
fn who() {
    check(
        "a signed-in user is one participant on all devices, and absent when the last of them is",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 join anna a2  => a2 of anna starts @1
         2 join zoe z1   => zoe joins @2, z1 of zoe starts @2
         5 alive a1@5 a2@5 z1@5 => a1 heard @5, a2 heard @5, z1 heard @5
         9 leave a1      => a1 ends @9 left
         9 lost a2@7 silent => a2 ends @7 silent, anna absent @9, waits until @39
         12 join anna a3 => anna returns, a3 of anna starts @12",
    );
    check(
        "an anonymous person is the participant whose secret they hold, also an older one and after a leave",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 join zoe z1   => zoe joins @1, z1 of zoe starts @1
         2 alive a1@2 z1@2 => a1 heard @2, z1 heard @2
         3 leave z1      => z1 ends @3 left, zoe absent @3
         4 join zoe z2 with z1 => zoe returns, z2 of zoe starts @4
         5 join zoe z3 with z1 => z3 of zoe starts @5",
    );
    check(
        "without a secret of this conference they are a new one, whatever name they give",
        "0 join zoe z1   => conference starts @0, zoe joins @0, z1 of zoe starts @0
         1 join zoe z2   => zoe joins @1, z2 of zoe starts @1
         2 join zoe z3 with x9 => zoe joins @2, z3 of zoe starts @2",
    );
    check(
        "the secret of a user makes nobody else that user, and an account outweighs a secret",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 join zoe z1 with a1 => zoe joins @1, z1 of zoe starts @1
         2 join anna a2 with z1 => a2 of anna starts @2
         3 resume zoe z2 with a1 in a1 => refused NotAParticipant",
    );
    check(
        "who comes in again under another name is shown under that name",
        "0 join zoe z1   => conference starts @0, zoe joins @0, z1 of zoe starts @0
         1 join zed z2 with z1 => zoe is now zed, z2 of zoe starts @1",
    );
    check(
        "a client that comes back ends the session whose secret it presents",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 join anna a2  => a2 of anna starts @1
         3 alive a1@3    => a1 heard @3
         8 resume anna a3 with a1 in a1 => a3 of anna starts @8, a1 ends @3 resumed
         9 resume anna a4 with a2 in a1 => a4 of anna starts @9, a2 ends @1 resumed
         9 lost a1@3 silent =>",
    );
    check(
        "nobody comes back who was not there",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 resume zoe z1 in a1 => refused NotAParticipant
         1 resume zoe z1 with x9 in a1 => refused NotAParticipant
         1 resume bob b1 in a1 => refused NotAParticipant
         1 resume anna a2 in x9 => refused ConferenceOver",
    );
    check(
        "ids and secrets are used once",
        "0 join anna a1  => conference starts @0, anna joins @0, a1 of anna starts @0
         1 join anna a1  => refused IdInUse
         1 resume anna a1 in a1 => refused IdInUse",
    );
}

#[test]
fn clock() {
    check(
        "recorded times do not go back with the clock, and ages are kept",
        "100 join anna a1 => conference starts @100, anna joins @100, a1 of anna starts @100
         101 alive a1@101 => a1 heard @101
         40 join anna a2  => a2 of anna starts @101
         42 alive a1@42 a2@41 =>
         42 deadline      => none
         50 lost a1@48 left => a1 ends @101 left
         60 leave a2      => a2 ends @101 left, anna absent @101, conference ends @101 empty
         61 join anna a3  => conference starts @61, anna joins @61, a3 of anna starts @61
         61 ask join anna a4 => a4 of anna is on the way to a3
         61 deadline      => @76",
    );
    check(
        "a conference that was held in the future makes no other last no time",
        "10800 join anna a1 => conference starts @10800, anna joins @10800, a1 of anna starts @10800
         12 leave a1      => a1 ends @10800 left, anna absent @10800, conference ends @10800 empty
         20 join anna a2  => conference starts @20, anna joins @20, a2 of anna starts @20
         25 leave a2      => a2 ends @25 left, anna absent @25, conference ends @25 empty",
    );
    check(
        "nor does one that is over and not yet ended",
        "10800 join anna a1 => conference starts @10800, anna joins @10800, a1 of anna starts @10800
         12 lost a1@11 silent => a1 ends @10800 silent, anna absent @10800, waits until @42
         50 join anna a2  => conference ends @10800 nobody_returned, conference starts @50, anna joins @50, a2 of anna starts @50",
    );
    check(
        "nobody is heard of in the future, or before the start",
        "10 join anna a1 => conference starts @10, anna joins @10, a1 of anna starts @10
         12 alive a1@5   =>
         13 alive a1@99  => a1 heard @13
         14 lost a1@99 left => a1 ends @14 left, anna absent @14, conference ends @14 empty",
    );
    check(
        "there is no time before the epoch",
        "-5 join anna a1 => conference starts @0, anna joins @0, a1 of anna starts @0",
    );
}
