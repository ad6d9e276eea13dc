//! What has to be true of rows and files when a story is over, whatever happened.

use std::{collections::BTreeMap, path::Path};

use audio::{decode::decode, silence::is_silent};
use db::{Db, Row};

use super::account::Account;

/// States that calls do not leave.
const OVER: std::ops::RangeInclusive<i64> = 5..=9;
const COMPLETED: i64 = 5;
const PENDING: i64 = 1;
const SUCCEEDED: i64 = 2;
/// What a kill may cost of a recording, and how much earlier or later a take begins or ends than its row says: a beat or so, and a
/// document's end.
const LOST_MS_MAX: i64 = 2_000;
const SLACK_MS: i64 = 500;

/// How late it may be heard that a telephone is off.
const HEARD_US: i64 = 20_000;
/// Within which time all that is over is written down, though a write or some fail: what was under way is tried again each second.
const SETTLED_US: i64 = 5_000_000;
/// How old the last sign of life may be: they come each five seconds, and one may be under way.
const ALIVE_US: i64 = 6_000_000;
/// How much older each write makes it that failed since: it is tried again after a second, and a beat.
const AGAIN_US: i64 = 1_020_000;

async fn read(db: &Db, sql: &str) -> Vec<Row> {
    db.read(sql, vec![]).await.expect("the disk can be read")
}

/// A server that has started has taken up all that one before it left.
pub(super) async fn nothing_is_open(account: &Account, db: &Db) {
    let open = read(db, "select id from call where end_us is null limit 1").await;
    assert!(open.is_empty(), "{}: a call is open after a start", account.name());
}

/// Whether nothing is left to be done.
pub(super) async fn is_settled(db: &Db) -> bool {
    let sql = "select id from call where end_us is null union all select id from recording where state = 1 limit 1";
    read(db, sql).await.is_empty()
}

/// Looks at everything.
pub(super) async fn judge(account: &mut Account, db: &Db, folder: &Path) {
    let calls = calls(account, db).await;
    notices(account, db, &calls).await;
    recordings(account, db, folder, &calls).await;
    account.tally.failures = usize::from(account.has_failed());
    account.tally.deaths = account.deaths_us.len();
}

struct Judged {
    end_us: i64,
    answer_us: Option<i64>,
    state: i64,
    tells: bool,
}

/// Every call that somebody was told of is there, and each has ended, once it had begun, and by a death at its last sign of life.
async fn calls(account: &mut Account, db: &Db) -> BTreeMap<String, Judged> {
    let name = account.name();
    let sql = "select id, state, create_us, answer_us, end_us, sip_call_id, state_update_uri, bridged, error_code from call limit 10000";
    let mut calls = BTreeMap::new();
    for row in read(db, sql).await {
        let id = row.text(0).expect("an id").to_owned();
        let (state, create_us) = (row.int(1).expect("a state"), row.int(2).expect("a time"));
        let answer_us = row.opt_int(3).expect("a time");
        let end_us = row.opt_int(4).expect("a time");
        let end_us = end_us.unwrap_or_else(|| panic!("{name}: {id} is open"));
        assert!(OVER.contains(&state), "{name}: {id} ended in the state {state}");
        let begin_us = answer_us.unwrap_or(create_us);
        assert!(
            begin_us >= create_us && end_us >= begin_us,
            "{name}: {id} ends before it began"
        );
        let telephone = row.opt_text(5).expect("a name");
        let over_us = telephone.and_then(|name| account.ends_us.get(name).copied());
        let is_cut_off = state == COMPLETED || row.opt_text(8).expect("a code") == Some("SERVER_LOST");
        let death_us = account.deaths_us.iter().copied().find(|death| *death > create_us);
        match (over_us, death_us) {
            // The row may be of the moment in which that was heard.
            (Some(over_us), death_us) if death_us.is_none_or(|death_us| over_us + SETTLED_US < death_us) => {
                assert!(
                    (end_us - over_us).abs() <= HEARD_US,
                    "{name}: {id} was over at {over_us}, and ended at {end_us}"
                );
            }
            // One that came to its end before a telephone had it; the death was somebody else's.
            _ if telephone.is_none() && !is_cut_off => assert!(
                end_us - begin_us <= SETTLED_US,
                "{name}: {id} of no telephone began at {begin_us}, and ended at {end_us}"
            ),
            (_, Some(death_us)) => {
                account.tally.cut_off += 1;
                // Signs of life are among the writes that fail, also some in a row.
                let alive_us = death_us - ALIVE_US - AGAIN_US * account.failed_between(end_us, death_us);
                assert!(
                    end_us <= death_us && end_us >= alive_us.max(begin_us).min(death_us),
                    "{name}: {id} ended at {end_us}, and its server died at {death_us}"
                );
            }
            (_, None) => {}
        }
        account.tally.calls += 1;
        account.tally.bridged += usize::from(row.int(7).expect("yes or no") != 0);
        let tells = row.opt_text(6).expect("an address").is_some();
        calls.insert(
            id,
            Judged {
                end_us,
                answer_us,
                state,
                tells,
            },
        );
    }
    for id in &account.acknowledged {
        assert!(
            calls.contains_key(id),
            "{name}: {id} was acknowledged, and is not there"
        );
    }
    calls
}

/// Nobody is told of what is not so, and everybody of what is.
async fn notices(account: &Account, db: &Db, calls: &BTreeMap<String, Judged>) {
    let name = account.name();
    let sql =
        "select subject, version from outbox_notice where topic = 'call_states' order by subject, version limit 10000";
    let mut told: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in read(db, sql).await {
        let version = row.int(1).expect("a version");
        told.entry(row.text(0).expect("an id").to_owned())
            .or_default()
            .push(version);
    }
    for (id, states) in &told {
        let call = calls
            .get(id)
            .unwrap_or_else(|| panic!("{name}: {id} is told of, and is not there"));
        let over: Vec<&i64> = states.iter().filter(|state| OVER.contains(state)).collect();
        assert_eq!(
            over,
            [&call.state],
            "{name}: {id} is told to have ended as it did, once"
        );
    }
    for (id, call) in calls.iter().filter(|(_, call)| call.tells) {
        let is_told = told.get(id).is_some_and(|states| states.contains(&call.state));
        assert!(is_told, "{name}: nobody is told that {id} ended");
    }
    let sql = "select r.id from recording r left join outbox_notice n on n.topic = 'recordings' and n.subject = r.id
        where r.ready_uri is not null and n.subject is null limit 10000";
    let untold = read(db, sql).await;
    assert!(untold.is_empty(), "{name}: nobody is told that a recording is over");
    let sql = "select n.subject from outbox_notice n left join recording r on n.subject = r.id
        where n.topic = 'recordings' and (r.id is null or r.state = 1) limit 10000";
    assert!(
        read(db, sql).await.is_empty(),
        "{name}: a recording is told to be over that is not"
    );
}

/// A recording that succeeded has what was said from its begin to the end of its call, but for the last two seconds before a death.
async fn recordings(account: &mut Account, db: &Db, folder: &Path, calls: &BTreeMap<String, Judged>) {
    let name = account.name();
    let sql = "select id, call, state, source, start_us, duration_ms, error_code from recording limit 10000";
    for row in read(db, sql).await {
        let (id, call) = (row.text(0).expect("an id"), row.text(1).expect("a call"));
        let state = row.int(2).expect("a state");
        assert_ne!(state, PENDING, "{name}: {id} is still pending");
        let call = calls.get(call).unwrap_or_else(|| panic!("{name}: {id} is of no call"));
        account.tally.recordings += 1;
        if state != SUCCEEDED {
            let error = row.opt_int(6).expect("a code");
            let may_fail =
                account.has_failed() || call.end_us - call.answer_us.unwrap_or(call.end_us) < 1_000 * SLACK_MS;
            assert!(
                may_fail || !account.deaths_us.is_empty(),
                "{name}: {id} came to {state} ({error:?}), and nothing was wrong"
            );
            continue;
        }
        account.tally.succeeded += 1;
        let wav = std::fs::read(folder.join("recordings").join(format!("{id}.wav")));
        let wav = wav.unwrap_or_else(|error| panic!("{name}: {id} succeeded, and has no file: {error}"));
        let kept = decode(&wav).unwrap_or_else(|error| panic!("{name}: {id} is no sound: {error}"));
        let duration_ms = row.int(5).expect("a duration");
        let kept_ms = i64::try_from(kept.len() / 8).expect("short");
        assert!(
            (kept_ms - duration_ms).abs() <= 20,
            "{name}: {id} has {kept_ms} ms and says {duration_ms}"
        );
        // All of a call's recording is of its caller, who never stops speaking: what is silent is what is missing.
        let heard = kept.chunks(160).filter(|frame| !is_silent(frame)).count();
        let silent_ms = kept_ms - 20 * i64::try_from(heard).expect("short");
        assert!(
            silent_ms <= SLACK_MS,
            "{name}: {id} is silent for {silent_ms} of {kept_ms} ms"
        );
        let is_of_call = row.int(3).expect("a source") == 2;
        let ended_us = account.deaths_us.iter().copied().find(|death| call.end_us <= *death);
        let lost_ms = if is_of_call {
            let said_ms = (call.end_us - row.int(4).expect("a time")) / 1_000;
            said_ms - kept_ms
        } else {
            0
        };
        let may_be_lost = LOST_MS_MAX + SLACK_MS;
        assert!(
            lost_ms <= may_be_lost,
            "{name}: {id} lacks {lost_ms} ms beside its {kept_ms}, with a death at {ended_us:?}"
        );
    }
}
