//! What programs are told of calls and recordings, as notices for the write that makes it so.
//!
//! A call that has an address for its states tells of each, once, as it was then: what is told late is still what happened. A
//! recording tells once that it is over, and is looked up when that is told, since by then there is nothing more that could
//! change and its links are good for an hour only.

use outbox::{Notice, Topic, Tries};

use crate::{Call, CallState, Calls};

impl Call {
    /// The notice of the state that it is in, if anybody is to hear of it. States come in the order of their numbers.
    pub(crate) fn news(&self, now_us: i64) -> Option<Notice> {
        Some(Notice {
            topic: Topic::CallStates,
            subject: self.id.clone(),
            version: self.state.number(),
            sender: self.project.clone(),
            address: self.state_update_uri.clone()?,
            text: serde_json::to_string(self).expect("numbers and texts"),
            tries: Tries {
                made_us: now_us,
                failures: 0,
            },
        })
    }

    /// The call as it was when this was written; `None` if the notice is of something else, or by a version that wrote otherwise.
    pub fn told_by(notice: &Notice) -> Option<Call> {
        let is_of_call = notice.topic == Topic::CallStates;
        is_of_call.then(|| serde_json::from_str(&notice.text).ok()).flatten()
    }
}

impl Calls {
    /// The notice of a call that is about to be written, if its state is another one than before. One task conducts a call, and
    /// nobody else writes it while it goes on.
    pub(crate) async fn news_of(&self, call: &Call, now_us: i64) -> Result<Option<Notice>, db::Error> {
        if call.state_update_uri.is_none() {
            return Ok(None);
        }
        let sql = "select state from call where id = $1";
        let rows = self.db.read(sql, vec![call.id.as_str().into()]).await?;
        let before = rows.first().map(|row| row.int(0)).transpose()?;
        let is_new = before.and_then(CallState::read) != Some(call.state);
        Ok(is_new.then(|| call.news(now_us)).flatten())
    }
}

/// The notice that a recording of this project is over, for the address that it names.
pub(crate) fn over(id: &str, project: &str, address: &str, now_us: i64) -> Notice {
    Notice {
        topic: Topic::Recordings,
        subject: id.to_owned(),
        version: 1,
        sender: project.to_owned(),
        address: address.to_owned(),
        text: String::new(),
        tries: Tries {
            made_us: now_us,
            failures: 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use db::{Db, Statement, testing::each_engine};
    use outbox::Outbox;
    use recording::Finished;
    use telephony::agent::Cause;

    use super::*;
    use crate::{CreateMethod, Direction, Recording, RecordingState, Source, recordings::Outcome};

    const NOW_US: i64 = 1_767_225_600_000_000;
    const SERVER: &str = "https://app.example";

    fn call(id: &str) -> Call {
        Call {
            id: id.to_owned(),
            project: "one".to_owned(),
            to: "sip:a@b".to_owned(),
            from: None,
            is_private: true,
            labels: BTreeMap::new(),
            direction: Direction::Outgoing,
            state: CallState::Starting,
            create_method: CreateMethod::Api,
            error_code: None,
            error_message: None,
            final_status: None,
            cut_off: None,
            create_us: NOW_US,
            start_us: Some(NOW_US),
            ring_us: None,
            answer_us: None,
            end_us: None,
            sip_call_id: None,
            originating_call: None,
            bridged: false,
            state_update_uri: Some(format!("{SERVER}/states")),
            participant_session: None,
        }
    }

    async fn world(db: &Db) -> Calls {
        let sql = "insert into project (id, name, create_us, signing_key) values ('one', 'one', 1, $1)";
        let project = Statement::new(sql, vec![vec![0_u8; 64].into()]);
        db.write(vec![project]).await.expect("a project");
        Calls::new(db.clone())
    }

    /// What is told of these, one after the other, as each is taken.
    async fn told(db: &Db) -> Vec<Notice> {
        let outbox = Outbox::new(db.clone());
        let mut told = vec![];
        loop {
            let due = outbox.notices_due(SERVER, 100, i64::MAX).await.expect("reads");
            if due.is_empty() {
                return told;
            }
            for notice in due {
                outbox.settle_notice(&notice, outbox::Next::Done).await.expect("writes");
                told.push(notice);
            }
        }
    }

    #[tokio::test]
    async fn a_call_tells_each_of_its_states_once_and_as_it_was() {
        each_engine(async |db| {
            let (calls, mut call) = (world(&db).await, call("a"));
            let mut expected = vec![];
            let mut write = async |call: &Call, is_new: bool| {
                calls.write_call(call, NOW_US).await.expect("writes");
                expected.extend(is_new.then(|| call.clone()));
            };
            write(&call, true).await;
            write(&call, false).await;
            call.label("key", "value");
            write(&call, false).await;
            call.state = CallState::Ringing;
            write(&call, true).await;
            call.answered(NOW_US + 1);
            write(&call, true).await;
            call.label("key", "other");
            write(&call, false).await;
            call.ended(NOW_US + 2, Cause::HungUp);
            write(&call, true).await;
            write(&call, false).await;
            let told: Vec<Call> = told(&db).await.iter().filter_map(Call::told_by).collect();
            assert_eq!(told, expected);
            assert_eq!(calls.call("one", "a").await.expect("reads"), Some(call));
        })
        .await;
    }

    #[tokio::test]
    async fn a_call_that_nobody_hears_of_tells_nothing() {
        each_engine(async |db| {
            let calls = world(&db).await;
            let silent = Call {
                state_update_uri: None,
                ..call("a")
            };
            calls.write_call(&silent, NOW_US).await.expect("writes");
            // One that cannot be written tells nothing either.
            let nobodys = Call {
                project: "gone".to_owned(),
                ..call("b")
            };
            calls
                .write_call(&nobodys, NOW_US)
                .await
                .expect_err("there is no such project");
            assert_eq!(told(&db).await, []);
        })
        .await;
    }

    #[tokio::test]
    async fn calls_of_a_server_that_died_tell_their_end_as_it_is_written() {
        each_engine(async |db| {
            let calls = world(&db).await;
            let mut answered = call("a");
            answered.answered(NOW_US + 1);
            for call in [&answered, &call("b")] {
                calls.write_call(call, NOW_US + 9).await.expect("writes");
            }
            assert_eq!(told(&db).await.len(), 2);
            calls.end_abandoned().await.expect("writes");
            let mut told: Vec<Call> = told(&db).await.iter().filter_map(Call::told_by).collect();
            told.sort_by(|one, other| one.id.cmp(&other.id));
            let states: Vec<CallState> = told.iter().map(|call| call.state).collect();
            assert_eq!(states, [CallState::Completed, CallState::Failed]);
            for call in told {
                let written = calls.call("one", &call.id).await.expect("reads");
                assert_eq!(written, Some(call));
            }
            calls.end_abandoned().await.expect("writes");
            assert_eq!(self::told(&db).await, [], "it ends once");
        })
        .await;
    }

    #[tokio::test]
    async fn a_recording_tells_once_that_it_is_over() {
        each_engine(async |db| {
            let calls = world(&db).await;
            let call = Call {
                end_us: Some(NOW_US),
                state_update_uri: None,
                ..call("a")
            };
            calls.write_call(&call, NOW_US).await.expect("writes");
            let begin = async |id: &str, has_address: bool| {
                let recording = Recording {
                    id: id.to_owned(),
                    project: "one".to_owned(),
                    call: "a".to_owned(),
                    state: RecordingState::Pending,
                    source: Source::RecordAction,
                    error_code: None,
                    trims_silence: false,
                    channels: 1,
                    duration_ms: None,
                    files: vec![],
                    start_us: Some(NOW_US),
                    create_us: NOW_US,
                    ready_uri: has_address.then(|| format!("{SERVER}/ready")),
                    is_held: false,
                };
                calls.begin_recording(&recording, None).await.expect("writes");
            };
            for (id, has_address) in [("empty", true), ("failed", true), ("late", true), ("silent", false)] {
                begin(id, has_address).await;
            }
            assert_eq!(told(&db).await, []);
            calls
                .recording_finished("empty", Outcome::Finished(&Finished::Empty))
                .await
                .expect("writes");
            calls
                .recording_finished("failed", Outcome::Failed)
                .await
                .expect("writes");
            calls
                .recording_finished("silent", Outcome::Failed)
                .await
                .expect("writes");
            let check = async |expected: &[(&str, RecordingState)]| {
                let mut found = vec![];
                for notice in told(&db).await {
                    assert_eq!((notice.sender.as_str(), Call::told_by(&notice)), ("one", None));
                    let recording = calls
                        .recording_told_by(&notice)
                        .await
                        .expect("reads")
                        .expect("it is there");
                    found.push((recording.id, recording.state));
                }
                found.sort();
                let expected: Vec<_> = expected.iter().map(|(id, state)| ((*id).to_owned(), *state)).collect();
                assert_eq!(found, expected);
            };
            check(&[("empty", RecordingState::Empty), ("failed", RecordingState::Failed)]).await;
            // What is over stays so, and those that take too long are over too.
            calls
                .recording_finished("empty", Outcome::Failed)
                .await
                .expect("writes");
            calls.give_up_recordings(NOW_US).await.expect("writes");
            check(&[]).await;
            calls.give_up_recordings(NOW_US + 1).await.expect("writes");
            check(&[("late", RecordingState::Failed)]).await;
        })
        .await;
    }
}
