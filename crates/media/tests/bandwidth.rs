//! What a viewer gets to see behind a narrow network, in simulated time: real clients on both ends of the real shard, and a link that has a
//! rate and a queue as a home router has. Whatever the estimator believes, the link is what it is.

mod simulated;

use std::time::Duration;

use simulated::people::World;

/// Ada watches Ben, who sends 200 kbit/s, and Cem, who sends 600. Everybody talks.
fn meeting() -> (World, usize) {
    let mut world = World::new(1);
    world.join("ben", 200_000);
    world.join("cem", 600_000);
    let ada = world.join("ada", 0);
    world.play(Duration::from_millis(500));
    world.looks(ada);
    (world, ada)
}

#[test]
fn a_network_that_becomes_narrow_and_wide_again_is_obeyed() {
    let (mut world, ada) = meeting();
    let free = world.seconds(ada, 8);
    world.people[ada].down.rate_bps = Some(500_000);
    let narrow = world.seconds(ada, 25);
    world.people[ada].down.rate_bps = Some(150_000);
    let narrowest = world.seconds(ada, 20);
    world.people[ada].down.rate_bps = None;
    let again = world.seconds(ada, 15);
    let last = |rows: &[(usize, String)]| rows.last().map(|(_, seen)| seen.clone());
    let late = |rows: &[(usize, String)]| rows[rows.len() - 10..].to_vec();
    assert_eq!(last(&free).as_deref(), Some("bc"));
    // One fits beside two voices.
    let shows_one = late(&narrow).iter().filter(|(_, seen)| seen == "b").count();
    let changes = late(&narrow).windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    assert!(shows_one >= 9 && changes <= 1, "{narrow:?}");
    assert!(
        late(&narrow).iter().all(|(_, seen)| seen != "bc"),
        "two do not fit: {narrow:?}"
    );
    assert!(
        late(&narrowest).iter().all(|(_, seen)| seen.is_empty()),
        "{narrowest:?}"
    );
    assert_eq!(last(&again).as_deref(), Some("bc"), "{again:?}");
    for rows in [free, narrow, narrowest, again] {
        let settled = &rows[3..];
        assert!(
            settled.iter().all(|(sounds, _)| *sounds >= 90),
            "voices are not starved: {rows:?}"
        );
    }
}
