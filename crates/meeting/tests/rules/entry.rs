//! Walking in, knocking, and what becomes of a knock.

use crate::script::check;

#[test]
fn walking_in() {
    check(
        "the owner and whom the owner trusts walk in, others knock, and a knock starts nothing",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         2 join bob b1 as stranger    => b1 of bob knocks at z1
         2 where                      => nowhere
         3 join anna a1 as owner      => conference starts @3, anna joins @3, a1 of anna starts @3 as Host
         4 join carol c1 as trusted   => carol joins @4, c1 of carol starts @4
         5 waiting                    => z1 b1",
    );
    check(
        "to a restricted space only those walk in who were invited",
        "0 settings restricted        => configured
         1 join anna a1 as trusted    => a1 of anna knocks at a1
         2 join bob b1 as member      => conference starts @2, bob joins @2, b1 of bob starts @2
         3 join carol c1 as cohost    => carol joins @3, c1 of carol starts @3 as CoHost",
    );
    check(
        "a program is known as one, at the door too and when it comes back",
        "0 settings trusted           => configured
         1 join anna a1 as owner      => conference starts @1, anna joins @1, a1 of anna starts @1 as Host
         2 join bob b1 by program     => bob joins @2, b1 of bob starts @2 by a program
         3 resume bob b2 with b1 in a1 by program => b2 of bob starts @3 by a program, b1 ends @2 resumed
         4 join carol c1 as stranger by program => c1 of carol knocks at a1
         5 admit c1                   => c1 is Admitted, carol joins @5, c1 of carol starts @5 by a program",
    );
    check(
        "whoever is not signed in is a stranger, whatever is claimed",
        "0 settings trusted           => configured
         1 join zoe z1 as owner       => z1 of zoe knocks at z1",
    );
    check(
        "newcomers watch where they are made to; members take part",
        "0 settings open moderation viewers => configured
         1 join zoe z1                => conference starts @1, zoe joins @1, z1 of zoe starts @1 as Viewer
         1 may z1                     => chat reactions
         2 join bob b1 as member      => bob joins @2, b1 of bob starts @2
         2 may b1                     => microphone camera screen chat reactions
         3 join anna a1 as owner on viewer => anna joins @3, a1 of anna starts @3 as Host
         3 may a1                     => chat reactions",
    );
    check(
        "whoever telephones is a stranger and somebody new with each call, unless a host called them or they dialled in",
        "0 settings trusted           => configured
         1 join anna a1 as owner      => conference starts @1, anna joins @1, a1 of anna starts @1 as Host
         2 join zoe z1 telephoning as stranger => z1 of zoe knocks at a1
         3 admit z1                   => z1 is Admitted, zoe joins @3, z1 of zoe starts @3
         4 leave z1                   => z1 ends @4 left, zoe absent @4
         5 join zoe z2 telephoning as stranger with z1 => z2 of zoe knocks at a1
         6 join yan y1 telephoning as member => yan joins @6, y1 of yan starts @6
         7 join zoe z3 telephoning on companion => refused CompanionNeedsAccount
         8 join xue x1 telephoning as trusted => xue joins @8, x1 of xue starts @8
         9 settings restricted        => configured
         9 join wim w1 telephoning as trusted => w1 of wim knocks at a1",
    );
    check(
        "a companion is a device of somebody known, without microphone and camera",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         1 join anna a2 on companion  => a2 of anna starts @1 on a companion
         1 may a2                     => screen chat reactions
         2 join zoe z1 on companion   => refused CompanionNeedsAccount
         2 may z1                     => is not there",
    );
    check(
        "a space that its app hides is joined through that app alone, by whomever",
        "0 settings open app-only     => configured
         1 join anna a1 as owner      => refused EntryPointNotAllowed
         1 join anna a1 as owner via other => refused EntryPointNotAllowed
         2 join anna a1 as owner via creator => conference starts @2, anna joins @2, a1 of anna starts @2 as Host
         3 resume anna a2 with a1 in a1 => refused EntryPointNotAllowed",
    );
}

#[test]
fn walking_in_again() {
    check(
        "who was in the conference walks in again, whatever the settings say by then",
        "0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         0 join anna a1               => anna joins @0, a1 of anna starts @0
         1 alive z1@1 a1@1            => a1 heard @1, z1 heard @1
         2 settings restricted        => configured
         3 leave z1                   => z1 ends @3 left, zoe absent @3
         4 join zoe z2 with z1        => zoe returns, z2 of zoe starts @4
         5 resume zoe z3 with z2 in z1 => z3 of zoe starts @5, z2 ends @4 resumed
         6 join anna a2               => a2 of anna starts @6
         7 join zoe z4                => z4 of zoe knocks at z1",
    );
    check(
        "and not into the next one",
        "0 join zoe z1                => conference starts @0, zoe joins @0, z1 of zoe starts @0
         1 settings restricted        => configured
         2 end                        => z1 ends @2 conference_ended, zoe absent @2, conference ends @2 ended
         3 join zoe z2 with z1        => z2 of zoe knocks at z2",
    );
}

#[test]
fn a_knock_ends() {
    check(
        "admitted: what follows is what follows from a join",
        "0 settings trusted           => configured
         1 join anna a1 as owner      => conference starts @1, anna joins @1, a1 of anna starts @1 as Host
         2 join zoe z1                => z1 of zoe knocks at a1
         3 may z1                     => is not there
         5 admit z1                   => z1 is Admitted, zoe joins @5, z1 of zoe starts @5
         5 may z1                     => microphone camera screen chat reactions
         5 waiting                    =>
         6 admit z1                   =>
         6 deny z1                    => refused UnknownKnock
         6 admit x9                   => refused UnknownKnock
         20 tick                      =>",
    );
    check(
        "admitted into an empty space: the conference has the name that was promised first",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         2 join yan y1                => y1 of yan knocks at z1
         3 admit y1                   => y1 is Admitted, conference starts @3, yan joins @3, y1 of yan starts @3
         3 where                      => z1
         4 end                        => y1 ends @4 conference_ended, yan absent @4, conference ends @4 ended
         5 admit z1                   => z1 is Admitted, conference starts @5, zoe joins @5, z1 of zoe starts @5
         5 where                      => by-z1",
    );
    check(
        "a name that was promised is the next conference's, whoever starts it",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         2 join anna a1 as owner      => conference starts @2, anna joins @2, a1 of anna starts @2 as Host
         2 where                      => z1
         3 end                        => a1 ends @3 conference_ended, anna absent @3, conference ends @3 ended
         4 join anna a2 as owner      => conference starts @4, anna joins @4, a2 of anna starts @4 as Host
         4 where                      => a2",
    );
    check(
        "denied",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         2 deny z1                    => z1 is Denied
         2 waiting                    =>
         3 deny z1                    => refused UnknownKnock
         3 leave z1                   => refused UnknownSession",
    );
    check(
        "given up, and only by who knocked",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         1 join yan y1                => y1 of yan knocks at z1
         2 leave z1 with y1           => refused WrongSecret
         2 leave z1                   => z1 is Left
         3 lost y1@2 closed           => y1 is Left
         4 lost y1@2 closed           =>
         4 deadline                   => none",
    );
    check(
        "not answered in time",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         2 join yan y1                => y1 of yan knocks at z1
         2 deadline                   => @601
         600 tick                     =>
         601 tick                     => z1 is Expired
         601 deadline                 => @602
         700 tick                     => y1 is Expired
         700 deadline                 => none",
    );
    check(
        "with the server, and not with the conference",
        "0 settings trusted           => configured
         1 join anna a1 as owner      => conference starts @1, anna joins @1, a1 of anna starts @1 as Host
         2 join zoe z1                => z1 of zoe knocks at a1
         3 end                        => a1 ends @3 conference_ended, anna absent @3, conference ends @3 ended
         3 waiting                    => z1
         4 shutdown                   => z1 is Ended
         4 waiting                    =>",
    );
}

#[test]
fn at_the_door() {
    check(
        "signs of life do not make a session of a knock, and a restart finds none",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         2 alive z1@2                 =>
         3 restart                    =>",
    );
    check(
        "ids and secrets are reserved",
        "0 settings trusted           => configured
         1 join zoe z1                => z1 of zoe knocks at z1
         2 join yan z1                => refused IdInUse
         2 join anna z1 as owner      => refused IdInUse",
    );
    check(
        "the deadlines of the conference and of the door are one list",
        "0 settings trusted           => configured
         0 join zoe z1                => z1 of zoe knocks at z1
         590 ask join anna a1 as owner => a1 of anna is on the way to z1
         590 deadline                 => @600
         600 tick                     => z1 is Expired
         600 deadline                 => @605",
    );
    check(
        "whoever knocks at a conference whose time is up waits for the next one",
        "0 join anna a1               => conference starts @0, anna joins @0, a1 of anna starts @0
         1 settings trusted           => configured
         2 restart                    => a1 ends @0 crash, anna absent @0, waits until @32
         33 join zoe z1               => z1 of zoe knocks at z1
         34 admit z1                  => z1 is Admitted, conference ends @0 nobody_returned, conference starts @34, zoe joins @34, z1 of zoe starts @34
         34 where                     => z1",
    );
    check(
        "whoever becomes a member while they wait is admitted as one",
        "0 settings restricted moderation viewers => configured
         1 join bob b1                => b1 of bob knocks at b1
         2 promote bob cohost         => b1 waits as CoHost
         2 promote bob cohost         =>
         3 admit b1                   => b1 is Admitted, conference starts @3, bob joins @3, b1 of bob starts @3 as CoHost",
    );
}

#[test]
fn decided_anew() {
    check(
        "who may walk in is decided when the transport is up",
        "0 ask join zoe z1            => z1 of zoe is on the way to z1
         0 ask join yan y1            => y1 of yan is on the way to z1
         1 settings trusted           => configured
         2 connect z1                 => z1 is on the way no longer: Connected, z1 of zoe knocks at z1
         2 waiting                    => z1
         2 coming                     => y1
         3 settings open              => configured
         4 connect y1                 => y1 is on the way no longer: Connected, conference starts @4, yan joins @4, y1 of yan starts @4
         4 where                      => z1",
    );
    check(
        "nobody waits in the lobby whose transport is not up",
        "0 settings trusted           => configured
         1 ask join zoe z1            => z1 of zoe is on the way to z1's door
         1 waiting                    =>
         2 admit z1                   => refused UnknownKnock
         3 connect z1                 => z1 is on the way no longer: Connected, z1 of zoe knocks at z1
         3 connect z1                 =>",
    );
    check(
        "whoever becomes a member while they are on the way comes in as one",
        "0 settings restricted        => configured
         1 ask join bob b1            => b1 of bob is on the way to b1's door
         2 promote bob cohost         => b1 waits as CoHost
         3 connect b1                 => b1 is on the way no longer: Connected, conference starts @3, bob joins @3, b1 of bob starts @3 as CoHost",
    );
    check(
        "a space that has been hidden meanwhile stays hidden",
        "0 ask join zoe z1            => z1 of zoe is on the way to z1
         1 settings open app-only     => configured
         2 connect z1                 => z1 is refused EntryPointNotAllowed",
    );
    check(
        "ids and secrets are reserved from the first moment",
        "0 ask join zoe z1            => z1 of zoe is on the way to z1
         1 ask join yan z1            => refused IdInUse",
    );
}
