//! For how long recordings are kept, which whatever happens, and how they go: with their files, also when something comes between.

use std::{fs, path::Path};

use calls::{Calls, DeletionError, ForgetCallerError, ForgottenCaller, PolicyError, Recording, RecordingPolicy};
use db::{Db, Statement, Value, testing::each_engine};
use recording::{Place, Spool, Store};
use tempfile::TempDir;

use super::{NOW_US, by, world};

const DAY_US: i64 = 86_400_000_000;

/// Calls with recordings, and the folder that their files are in.
struct Kept {
    calls: Calls,
    spool: Spool,
    store: Store,
    folder: TempDir,
}

impl Kept {
    async fn open(db: &Db) -> Kept {
        let folder = TempDir::new().expect("a folder");
        Kept {
            calls: world(db).await,
            spool: Spool::open(&folder.path().join("takes")).expect("a folder"),
            store: Store::open(&Place::Folder(folder.path().to_owned())).expect("a folder"),
            folder,
        }
    }

    async fn recording(&self, id: &str) -> Recording {
        let found = self.calls.recording("one", "call", id).await.expect("reads");
        found.expect("it is there")
    }

    async fn delete(&self, recording: &Recording) -> Result<(), DeletionError> {
        self.calls
            .delete_recording(&self.spool, &self.store, recording, &by(1))
            .await
    }

    /// Which recordings have rows, and which have files.
    async fn there(&self, db: &Db) -> (Vec<String>, Vec<String>) {
        let rows = db
            .read("select id from recording order by id limit 100", vec![])
            .await
            .expect("reads");
        let rows = rows.iter().map(|row| row.text(0).expect("an id").to_owned()).collect();
        (rows, files(self.folder.path()))
    }

    async fn sweep(&self) -> usize {
        let later_us = NOW_US + 1_000;
        let swept = self.calls.sweep_leftovers(&self.spool, &self.store, later_us).await;
        swept.expect("sweeps")
    }
}

/// The ids of which there are files or a take.
fn files(folder: &Path) -> Vec<String> {
    let mut ids = vec![];
    for part in ["recordings", "takes"] {
        for file in fs::read_dir(folder.join(part)).into_iter().flatten() {
            let path = file.expect("a file").path();
            ids.push(path.file_stem().expect("a name").to_string_lossy().into_owned());
        }
    }
    ids.sort();
    ids.dedup();
    ids
}

async fn put_call(db: &Db, id: &str, to: &str, from: Option<&str>, end_us: Option<i64>) {
    let sql = "insert into call (id, project, to_address, from_address, is_private, labels, direction, state, create_method, transport,
        create_us, end_us, alive_us, sip_call_id) values ($1, 'one', $2, $3, 0, '{\"name\":\"Ada\"}', 2, 5, 1, 3, 1, $4, 1, 'abc')";
    let params: Vec<Value> = vec![id.into(), to.into(), from.into(), end_us.into()];
    db.write(vec![Statement::new(sql, params)]).await.expect("a call");
}

/// A recording that is kept (2), failed (4) or goes on (1), with what there is of it on the disk.
async fn put_recording(db: &Db, folder: &Path, call: &str, id: &str, state: i64, create_us: i64) {
    let sql = "insert into recording (id, project, call, state, source, trims_silence, channels, create_us)
        values ($1, 'one', $2, $3, 2, 0, 2, $4)";
    let params: Vec<Value> = vec![id.into(), call.into(), state.into(), create_us.into()];
    db.write(vec![Statement::new(sql, params)]).await.expect("a recording");
    fs::create_dir_all(folder.join("recordings")).expect("a folder");
    match state {
        2 => {
            for form in ["wav", "mp3"] {
                fs::write(folder.join(format!("recordings/{id}.{form}")), id).expect("a file");
            }
        }
        _ => fs::write(folder.join(format!("takes/{id}.2")), id).expect("a file"),
    }
}

/// The lines of the audit log, in the order of their names: action and subject.
async fn lines(db: &Db) -> Vec<String> {
    let sql = "select action, subject, detail from audit_event order by action, subject, detail limit 100";
    let rows = db.read(sql, vec![]).await.expect("reads");
    let line = |row: &db::Row| {
        let column = |place| row.text(place).expect("a text").to_owned();
        format!("{} {} {}", column(0), column(1), column(2))
            .trim_end()
            .to_owned()
    };
    rows.iter().map(line).collect()
}

#[tokio::test]
async fn a_deletion_takes_all_that_there_is() {
    each_engine(async |db| {
        let kept = Kept::open(&db).await;
        put_call(&db, "call", "sip:a@b", None, Some(1)).await;
        for (id, state) in [("kept", 2), ("failed", 4), ("goes-on", 1), ("other", 2)] {
            put_recording(&db, kept.folder.path(), "call", id, state, NOW_US).await;
        }
        for id in ["kept", "failed"] {
            let recording = kept.recording(id).await;
            kept.delete(&recording).await.expect("it is deleted");
            let again = kept.delete(&recording).await;
            assert!(matches!(again, Err(DeletionError::NotFound)), "{again:?}");
        }
        let refused = kept.delete(&kept.recording("goes-on").await).await;
        assert!(matches!(refused, Err(DeletionError::Pending)), "{refused:?}");
        let left = ["goes-on", "other"].map(str::to_owned).to_vec();
        assert_eq!(kept.there(&db).await, (left.clone(), left));
        assert_eq!(kept.sweep().await, 0, "nothing is left over");
    })
    .await;
}

#[tokio::test]
async fn files_that_cannot_be_removed_at_once_are_nobodys_and_go_later() {
    each_engine(async |db| {
        let kept = Kept::open(&db).await;
        put_call(&db, "call", "sip:a@b", None, Some(1)).await;
        put_recording(&db, kept.folder.path(), "call", "kept", 2, NOW_US).await;
        // A store that takes nothing away: as if the server were killed before it was asked.
        let broken = kept.folder.path().join("broken");
        fs::create_dir_all(broken.join("recordings/kept.wav/in-it")).expect("a folder");
        let store = Store::open(&Place::Folder(broken)).expect("a folder");
        let recording = kept.recording("kept").await;
        let deleted = kept
            .calls
            .delete_recording(&kept.spool, &store, &recording, &by(1))
            .await;
        deleted.expect("it is deleted all the same");
        assert_eq!(kept.there(&db).await, (vec![], vec!["kept".to_owned()]));
        let link = kept.calls.recording_of_link("kept").await.expect("reads");
        assert_eq!(link, None, "nobody finds it any more");
        // Another one, of which nothing is there, and which does not wait for the first.
        let another = "insert into recording_leftover (id, due_us) values ('another', $1)";
        let another = Statement::new(another, vec![(NOW_US + 500).into()]);
        db.write(vec![another]).await.expect("writes");
        let swept = kept.calls.sweep_leftovers(&kept.spool, &store, NOW_US + 1_000);
        swept.await.expect_err("the store is still away");
        assert_eq!(kept.sweep().await, 1);
        assert_eq!(kept.there(&db).await, (vec![], vec![]));
        assert_eq!(kept.sweep().await, 0, "once is enough");
    })
    .await;
}

#[tokio::test]
async fn recordings_go_when_they_are_as_old_as_their_project_keeps_them() {
    each_engine(async |db| {
        let kept = Kept::open(&db).await;
        put_call(&db, "call", "sip:a@b", None, Some(1)).await;
        for (id, state, days) in [
            ("old", 2, 31),
            ("failed", 4, 31),
            ("goes-on", 1, 31),
            ("held", 2, 31),
            ("new", 2, 29),
        ] {
            put_recording(&db, kept.folder.path(), "call", id, state, NOW_US - days * DAY_US).await;
        }
        let expire = async || {
            let expired = kept
                .calls
                .delete_expired_recordings(&kept.spool, &kept.store, NOW_US)
                .await;
            expired.expect("it is looked")
        };
        assert_eq!(expire().await, 0, "they are kept for ever");
        let held = kept.recording("held").await;
        kept.calls
            .hold_recording(&held, true, &by(1))
            .await
            .expect("it is held");
        let mut policy = RecordingPolicy {
            retention_days: Some(30),
            is_held: true,
            ..RecordingPolicy::default()
        };
        let set = async |policy: &RecordingPolicy| kept.calls.set_recording_policy("one", policy, &by(2)).await;
        set(&policy).await.expect("it holds");
        assert_eq!(expire().await, 0, "all are held");
        policy.is_held = false;
        set(&policy).await.expect("it holds");
        assert_eq!((expire().await, expire().await), (2, 0));
        let left = ["goes-on", "held", "new"].map(str::to_owned).to_vec();
        assert_eq!(kept.there(&db).await, (left.clone(), left));
        let lines = lines(&db).await;
        let names = |id: &str| format!("projects/one/calls/call/recordings/{id}");
        assert_eq!(
            lines,
            [
                "hold.lift projects/one".to_owned(),
                "hold.set projects/one".to_owned(),
                format!("hold.set {}", names("held")),
                format!("recording.delete {}", names("failed")),
                format!("recording.delete {}", names("old")),
                "recording_policy.set projects/one kept for 30 days".to_owned(),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_held_is_deleted_by_nobody() {
    each_engine(async |db| {
        let kept = Kept::open(&db).await;
        put_call(&db, "call", "sip:a@b", None, Some(1)).await;
        put_recording(&db, kept.folder.path(), "call", "kept", 2, NOW_US).await;
        let seen_before = kept.recording("kept").await;
        kept.calls
            .hold_recording(&seen_before, true, &by(1))
            .await
            .expect("it is held");
        let refused = kept.delete(&seen_before).await;
        assert!(matches!(refused, Err(DeletionError::Held)), "{refused:?}");
        let held = kept.recording("kept").await;
        kept.calls
            .hold_recording(&held, false, &by(2))
            .await
            .expect("it is lifted");
        let policy = RecordingPolicy {
            is_held: true,
            ..RecordingPolicy::default()
        };
        kept.calls
            .set_recording_policy("one", &policy, &by(3))
            .await
            .expect("it holds");
        let refused = kept.delete(&seen_before).await;
        assert!(matches!(refused, Err(DeletionError::ProjectHeld)), "{refused:?}");
        let status = kept.calls.recording_status("one", "call").await.expect("reads");
        assert!(status.is_project_held && status.held.is_empty(), "{status:?}");
        let nothing = RecordingPolicy::default();
        kept.calls
            .set_recording_policy("one", &nothing, &by(4))
            .await
            .expect("it holds");
        kept.delete(&seen_before).await.expect("it is deleted");
        let gone = kept.calls.hold_recording(&seen_before, true, &by(5)).await;
        assert!(matches!(gone, Err(PolicyError::NotFound)), "{gone:?}");
    })
    .await;
}

#[tokio::test]
async fn policies_have_limits() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let check = async |change: &dyn Fn(&mut RecordingPolicy), expected: Option<&str>| {
            let mut policy = RecordingPolicy::default();
            change(&mut policy);
            let set = calls.set_recording_policy("one", &policy, &by(1)).await;
            let refused = match set {
                Ok(()) => {
                    assert_eq!(calls.recording_policy("one").await.expect("reads"), policy);
                    None
                }
                Err(PolicyError::Invalid { field, .. }) => Some(field),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(refused, expected, "{policy:?}");
        };
        check(&|_| {}, None).await;
        check(&|policy| policy.retention_days = Some(1), None).await;
        check(&|policy| policy.retention_days = Some(0), Some("retention_days")).await;
        check(&|policy| policy.retention_days = Some(i64::MAX), Some("retention_days")).await;
        check(&|policy| policy.beep_every_s = Some(15), None).await;
        check(&|policy| policy.beep_every_s = Some(1), Some("beep_every_seconds")).await;
        check(
            &|policy| policy.announcement = Some("This call is recorded.".to_owned()),
            None,
        )
        .await;
        check(
            &|policy| policy.announcement = Some("a".repeat(501)),
            Some("announcement"),
        )
        .await;
        let nobodys = calls
            .set_recording_policy("none", &RecordingPolicy::default(), &by(1))
            .await;
        assert!(matches!(nobodys, Err(PolicyError::NotFound)), "{nobodys:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_called_is_forgotten() {
    each_engine(async |db| {
        let kept = Kept::open(&db).await;
        let (ada, bo) = ("+442071838750", "sip:bo@example.org");
        put_call(&db, "from-ada", bo, Some(ada), Some(1)).await;
        put_call(&db, "to-ada", "sip:+442071838750@gateway.example", Some(bo), Some(1)).await;
        put_call(&db, "held", bo, Some(ada), Some(1)).await;
        put_call(&db, "goes-on", bo, Some(ada), None).await;
        put_call(&db, "others", bo, Some("+4930123"), Some(1)).await;
        for call in ["from-ada", "held", "others"] {
            put_recording(&db, kept.folder.path(), call, &format!("of-{call}"), 2, NOW_US).await;
        }
        let held = kept.calls.recording("one", "held", "of-held").await.expect("reads");
        let held = held.expect("it is there");
        kept.calls
            .hold_recording(&held, true, &by(1))
            .await
            .expect("it is held");
        let forget = async |who: &str| kept.calls.forget_caller("one", who, &by(2)).await;
        let name = |call: &str| format!("projects/one/calls/{call}");
        let forgotten = forget(ada).await.expect("it is done");
        let expected = ForgottenCaller {
            calls: 2,
            recordings: 1,
            held: vec![name("held")],
            going_on: vec![name("goes-on")],
        };
        assert_eq!(forgotten, expected);
        assert_eq!(kept.sweep().await, 1);
        let left = ["of-held", "of-others"].map(str::to_owned).to_vec();
        assert_eq!(kept.there(&db).await, (left.clone(), left));

        let call = async |id: &str| kept.calls.call("one", id).await.expect("reads").expect("it is there");
        let from_ada = call("from-ada").await;
        assert_eq!(
            (from_ada.from.as_deref(), from_ada.is_private, from_ada.to.as_str()),
            (None, true, bo)
        );
        assert!(
            from_ada.labels.is_empty() && from_ada.sip_call_id.is_none(),
            "{from_ada:?}"
        );
        let to_ada = call("to-ada").await;
        assert_eq!((to_ada.from.as_deref(), to_ada.is_private), (Some(bo), false));
        assert_eq!(to_ada.to, "sip:anonymous@anonymous.invalid");
        assert_eq!(call("held").await.from.as_deref(), Some(ada));
        assert_eq!(call("others").await.labels.len(), 1);

        let again = forget(ada).await.expect("it is done");
        assert_eq!((again.calls, again.held.len()), (0, 1));
        let nobody = forget("nobody").await;
        assert!(matches!(nobody, Err(ForgetCallerError::Address(_))), "{nobody:?}");
        let policy = RecordingPolicy {
            is_held: true,
            ..RecordingPolicy::default()
        };
        kept.calls
            .set_recording_policy("one", &policy, &by(3))
            .await
            .expect("it holds");
        let refused = forget(bo).await;
        assert!(matches!(refused, Err(ForgetCallerError::ProjectHeld)), "{refused:?}");
        let missing = kept.calls.forget_caller("none", ada, &by(3)).await;
        assert!(matches!(missing, Err(ForgetCallerError::NotFound)), "{missing:?}");
    })
    .await;
}

/// How somebody stands in a call who was forgotten there.
const NOBODY: &str = "sip:anonymous@anonymous.invalid";
const DESK: &str = "sip:desk@demo.sip.example.org";
const BO: &str = "sip:bo@b.example";
/// As what Bo calls on from our domain.
const BO_CALLING: &str = "sip:bo@demo.sip.example.org";
const ADA: &str = "+442071838750";
const CY: &str = "sip:cy@c.example";
const LED_ON: &str =
    r#"update call set tried = '["sip:dan@c.example:5070","sip:+4930123456@gw.example"]' where id = 'first'"#;

/// Bo has called the desk, out of that Ada, with whom he spoke, and Cy, who did not answer. What was said is recorded with the first call.
async fn put_conversation(db: &Db, kept: &Kept) {
    for table in ["recording", "signalling", "outbox_notice", "call"] {
        let clear = Statement::new(format!("delete from {table}"), vec![]);
        db.write(vec![clear]).await.expect("it is empty");
    }
    for (id, to, from) in [("first", DESK, BO), ("ada", ADA, BO_CALLING), ("cy", CY, BO_CALLING)] {
        put_call(db, id, to, Some(from), Some(1)).await;
        let said = "insert into signalling (call, messages, end_us) values ($1, '[]', 1)";
        let told = "insert into outbox_notice (topic, subject, version, sender, receiver, address, text, made_us, due_us, attempts)
            values ('call_states', $1, 1, 'one', 'r', 'a', '{}', 1, 1, 0)";
        let of_call = [said, told].map(|sql| Statement::new(sql, vec![id.into()]));
        db.write(of_call.into()).await.expect("writes");
    }
    let others = "update call set originating_call = 'first' where id <> 'first'";
    db.write(vec![Statement::new(others, vec![])]).await.expect("writes");
    put_recording(db, kept.folder.path(), "first", "spoken", 2, NOW_US).await;
}

#[tokio::test]
async fn whoever_is_in_a_conversation_is_forgotten_in_all_of_its_calls() {
    /// Who is to be forgotten, what is changed of the conversation before, in how many calls they are forgotten, how often it is held and
    /// goes on, and who the others say then.
    type Case<'a> = (&'a str, &'a str, usize, [usize; 2], [(&'a str, Option<&'a str>); 3]);

    async fn check(db: &Db, kept: &Kept, (who, change, calls, [held, going_on], parties): Case<'_>) {
        put_conversation(db, kept).await;
        if !change.is_empty() {
            db.write(vec![Statement::new(change.to_owned(), vec![])])
                .await
                .expect("writes");
        }
        let is_gone = calls > 0;
        let names = |count| vec!["projects/one/calls/first".to_owned(); count];
        let expected = ForgottenCaller {
            calls,
            recordings: usize::from(is_gone),
            held: names(held),
            going_on: names(going_on),
        };
        let forgotten = kept.calls.forget_caller("one", who, &by(2)).await.expect("it is done");
        assert_eq!(forgotten, expected, "{who} {change}");
        kept.sweep().await;
        assert_eq!(files(kept.folder.path()).is_empty(), is_gone, "{who} {change}");
        for (id, (to, from)) in ["first", "ada", "cy"].into_iter().zip(parties) {
            let call = kept.calls.call("one", id).await.expect("reads").expect("it is there");
            assert_eq!((call.to.as_str(), call.from.as_deref()), (to, from), "{who}: {id}");
            let is_said = [!call.labels.is_empty(), call.sip_call_id.is_some()];
            assert_eq!(is_said, [!is_gone; 2], "{who}: {id}");
        }
        for table in ["signalling", "outbox_notice"] {
            let rows = db.read(&format!("select 1 from {table}"), vec![]).await.expect("reads");
            assert_eq!(rows.len(), if is_gone { 0 } else { 3 }, "{who} {change}: {table}");
        }
    }

    each_engine(async |db| {
        let kept = Kept::open(&db).await;
        let all = [(DESK, Some(BO)), (ADA, Some(BO_CALLING)), (CY, Some(BO_CALLING))];
        let [desk, ada, cy] = all;
        let cases: [Case<'_>; 10] = [
            (ADA, "", 1, [0, 0], [desk, (NOBODY, ada.1), cy]),
            // He calls on as an address that is not the one by which he asks.
            (BO, "", 3, [0, 0], [(DESK, None), (ADA, None), (CY, None)]),
            // Nobody answered there, and yet what was written down may be about them.
            (CY, "", 1, [0, 0], [desk, ada, (NOBODY, cy.1)]),
            (ADA, "update recording set is_held = 1", 0, [1, 0], all),
            (ADA, "update recording set state = 1", 0, [0, 1], all),
            (ADA, "update call set end_us = null where id = 'cy'", 0, [0, 1], all),
            ("sip:dan@c.example", "", 0, [0, 0], all),
            // The desk is an alias that led to Dan, who was not there, and to Eve by the trunk.
            ("sip:dan@c.example", LED_ON, 1, [0, 0], all),
            ("+4930123456", LED_ON, 1, [0, 0], all),
            ("sip:dan@b.example", LED_ON, 0, [0, 0], all),
        ];
        for case in cases {
            check(&db, &kept, case).await;
        }
    })
    .await;
}
