//! What hosts do to those who are in.

use crate::script::check;

#[test]
fn removing() {
    check(
        "all devices of a participant end, and they knock to come back, also where everybody walks in",
        "0 join anna a1 as owner      => conference starts @0, anna joins @0, a1 of anna starts @0 as Host
         0 join bob b1                => bob joins @0, b1 of bob starts @0
         0 join bob b2                => b2 of bob starts @0
         1 alive a1@1 b1@1            => a1 heard @1, b1 heard @1
         2 remove bob                 => bob is put out, b1 ends @2 removed, b2 ends @2 removed, bob absent @2
         3 remove bob                 =>
         4 resume bob b3 with b1 in a1 => refused Removed
         5 join bob b3                => b3 of bob knocks at a1
         6 admit b3                   => b3 is Admitted, bob returns, b3 of bob starts @6
         7 join bob b4                => b4 of bob starts @7",
    );
    check(
        "an anonymous participant is known by the secret",
        "0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         0 join anna a1               => anna joins @0, a1 of anna starts @0
         1 remove zoe                 => zoe is put out, z1 ends @1 removed, zoe absent @1
         2 join zoe z2 with z1        => z2 of zoe knocks at z1
         3 deny z2                    => z2 is Denied
         4 join zoe z3 with z1 from 1 => z3 of zoe knocks at z1",
    );
    check(
        "once a guest was put out, guests knock, and whoever has an account or was there walks in",
        "0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         0 join yan y1                => yan joins @0, y1 of yan starts @0
         0 join anna a1 as owner      => anna joins @0, a1 of anna starts @0 as Host
         1 remove zoe                 => zoe is put out, z1 ends @1 removed, zoe absent @1
         2 join zoe z2                => z2 of zoe knocks at z1
         2 join xue x1                => x1 of xue knocks at z1
         2 join bob b1 as stranger    => bob joins @2, b1 of bob starts @2
         3 join yan y2 with y1        => y2 of yan starts @3
         4 admit x1                   => x1 is Admitted, xue joins @4, x1 of xue starts @4
         5 join wim w1                => w1 of wim knocks at z1",
    );
    check(
        "guests knock after a crash, too, and no longer in the next conference",
        "0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         0 join anna a1               => anna joins @0, a1 of anna starts @0
         1 alive a1@1                 => a1 heard @1
         1 remove zoe                 => zoe is put out, z1 ends @1 removed, zoe absent @1
         2 restart                    => a1 ends @1 crash, anna absent @1, waits until @32
         3 join xue x1                => x1 of xue knocks at z1
         32 tick                      => conference ends @1 nobody_returned
         33 join zoe z2               => conference starts @33, zoe joins @33, z2 of zoe starts @33",
    );
    check(
        "guests walk in again once the guest who was put out is let back in, and after one with an account was put out",
        "0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         0 join bob b1                => bob joins @0, b1 of bob starts @0
         0 join anna a1               => anna joins @0, a1 of anna starts @0
         1 remove bob                 => bob is put out, b1 ends @1 removed, bob absent @1
         2 join yan y1                => yan joins @2, y1 of yan starts @2
         3 remove zoe                 => zoe is put out, z1 ends @3 removed, zoe absent @3
         4 join zoe z2 with z1        => z2 of zoe knocks at z1
         5 admit z2                   => z2 is Admitted, zoe returns, z2 of zoe starts @5
         6 join xue x1                => xue joins @6, x1 of xue starts @6",
    );
    check(
        "who has left is put out, too, and is forgotten with the conference",
        "0 join bob b1                => conference starts @0, bob joins @0, b1 of bob starts @0
         0 join anna a1               => anna joins @0, a1 of anna starts @0
         1 leave b1                   => b1 ends @1 left, bob absent @1
         2 remove bob                 => bob is put out
         3 join bob b2                => b2 of bob knocks at b1
         4 end                        => a1 ends @4 conference_ended, anna absent @4, conference ends @4 ended
         5 join bob b3                => conference starts @5, bob joins @5, b3 of bob starts @5",
    );
    check(
        "putting the last one out ends the conference",
        "0 join bob b1                => conference starts @0, bob joins @0, b1 of bob starts @0
         1 alive b1@1                 => b1 heard @1
         2 remove bob                 => bob is put out, b1 ends @2 removed, bob absent @2, conference ends @2 empty
         3 remove bob                 => refused NoActiveConference",
    );
    check(
        "the host stays, a co-host need not, and nobody is put out who was not there",
        "0 join anna a1 as owner      => conference starts @0, anna joins @0, a1 of anna starts @0 as Host
         0 join bob b1 as cohost      => bob joins @0, b1 of bob starts @0 as CoHost
         0 settings trusted           => configured
         0 join zoe z1                => z1 of zoe knocks at a1
         1 remove anna                => refused HostStays
         1 remove zoe                 => refused UnknownParticipant
         2 remove bob                 => bob is put out, b1 ends @2 removed, bob absent @2
         3 join bob b2 as cohost      => b2 of bob knocks at a1",
    );
    check(
        "while others are awaited after a crash, it ends nothing more",
        "0 join bob b1                => conference starts @0, bob joins @0, b1 of bob starts @0
         0 join zoe z1                => zoe joins @0, z1 of zoe starts @0
         1 alive b1@1 z1@1            => b1 heard @1, z1 heard @1
         2 restart                    => b1 ends @1 crash, bob absent @1, z1 ends @1 crash, zoe absent @1, waits until @32
         3 remove bob                 => bob is put out
         4 join bob b2                => b2 of bob knocks at b1
         32 tick                      => conference ends @1 nobody_returned",
    );
}

#[test]
fn configuring() {
    check(
        "what is allowed follows from the settings at once, and roles stay",
        "0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         0 join anna a1 as owner      => anna joins @0, a1 of anna starts @0 as Host
         1 settings open moderation chat reactions present viewers => configured
         1 may z1                     => microphone camera
         1 may a1                     => microphone camera screen chat reactions
         2 settings open              => configured
         2 may z1                     => microphone camera screen chat reactions",
    );
    check(
        "a co-host changes them while they are there, on whatever device, and not before or afterwards",
        "0 moderate bob moderation    => refused NoActiveConference
         0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         1 moderate bob moderation    => refused NotInside
         2 join bob b1 as cohost on companion => bob joins @2, b1 of bob starts @2 as CoHost on a companion
         3 moderate bob moderation    => configured
         3 moderate bob moderation    =>
         4 leave b1                   => b1 ends @4 left, bob absent @4
         5 moderate bob moderation    => refused NotInside",
    );
    check(
        "the same settings again change nothing",
        "0 settings open              =>
         1 settings trusted           => configured",
    );
    check(
        "restrictions wait for moderation, and end when it is switched off",
        "0 settings open chat viewers => configured
         0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         1 may z1                     => microphone camera screen chat reactions
         2 settings open moderation chat viewers => configured
         2 may z1                     => microphone camera screen reactions
         3 settings open chat viewers => configured
         3 may z1                     => microphone camera screen chat reactions
         4 settings open              =>",
    );
    check(
        "nobody who waits is let in by settings",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         2 settings open              => configured
         2 waiting                    => z1
         3 join zoe z2                => conference starts @3, zoe joins @3, z2 of zoe starts @3",
    );
}

#[test]
fn promoting() {
    check(
        "a co-host is one on all devices from now on, and an ordinary participant afterwards",
        "0 settings open moderation present => configured
         0 join bob b1                => conference starts @0, bob joins @0, b1 of bob starts @0
         0 join bob b2 on companion   => b2 of bob starts @0 on a companion
         0 may b1                     => microphone camera chat reactions
         1 promote bob cohost         => bob is CoHost
         1 may b1                     => microphone camera screen chat reactions
         1 may b2                     => screen chat reactions
         2 promote bob cohost         =>
         3 promote bob member         => bob is Contributor
         3 may b1                     => microphone camera chat reactions",
    );
    check(
        "who watches may run the meeting from the gallery, and has to come in again to speak",
        "0 settings open moderation viewers => configured
         0 join bob b1                => conference starts @0, bob joins @0, b1 of bob starts @0 as Viewer
         1 promote bob member         =>
         2 promote bob cohost         => bob is CoHost
         2 may b1                     => chat reactions
         3 join bob b2 as cohost      => b2 of bob starts @3 as CoHost
         3 may b2                     => microphone camera screen chat reactions
         4 promote bob trusted        => bob is Contributor
         4 may b1                     => chat reactions",
    );
    check(
        "who is not there is promoted when they come",
        "0 promote bob cohost         =>
         1 join anna a1               => conference starts @1, anna joins @1, a1 of anna starts @1
         2 promote bob cohost         =>",
    );
}
