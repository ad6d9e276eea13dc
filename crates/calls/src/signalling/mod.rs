//! What was said by SIP about a call that is over: its messages, for thirty days.
//!
//! Messages are rows of their own beside the call's, written when the last of them has come: a telephone acknowledges an end after
//! it. In between, and while the call goes on, there is nothing to be read yet.

mod pcap;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use db::Statement;
use serde::{Deserialize, Serialize};
use telephony::agent::Message;
use tokio::task::JoinHandle;

pub use pcap::pcap;

use crate::{Call, Calls, Telephones, limits};

/// A message of SIP that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipMessage {
    /// When, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// From where.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// What it says, without secrets.
    pub text: String,
}

impl SipMessage {
    /// Its first line, as far as it differs between messages: `INVITE sip:ada@example.org SIP/2.0`, or `100 Trying`.
    pub fn line(&self) -> &str {
        let line = self.text.lines().next().unwrap_or_default();
        line.strip_prefix("SIP/2.0 ").unwrap_or(line)
    }

    /// What is asked or answered: `INVITE`, or `100`.
    pub fn method(&self) -> &str {
        self.line().split(' ').next().unwrap_or_default()
    }
}

impl From<Message> for SipMessage {
    fn from(message: Message) -> SipMessage {
        let Message {
            at_us,
            source,
            destination,
            text,
        } = message;
        SipMessage {
            at_us,
            source,
            destination,
            text,
        }
    }
}

/// Why there is nothing to be read.
#[derive(Debug, thiserror::Error)]
pub enum SignallingError {
    /// There is no such call, it did not go by SIP, or too long ago.
    #[error("there is nothing that was said by SIP about such a call, or no longer")]
    NotFound,
    /// It goes on, or has just ended.
    #[error("what was said about a call is there a second after its end")]
    GoesOn,
    /// The database.
    #[error("the calls cannot be reached")]
    Store(#[from] db::Error),
}

fn us(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).expect("some days")
}

/// Deletes what was said about a call, whose numbers and names are in it.
pub(crate) fn forgotten(call: &str) -> Statement {
    Statement::new("delete from signalling where call = $1", vec![call.into()])
}

impl Calls {
    /// A call of a project that is over, and what was said by SIP about it, the first first.
    pub async fn signalling(
        &self,
        project: &str,
        id: &str,
        now_us: i64,
    ) -> Result<(Call, Vec<SipMessage>), SignallingError> {
        let call = self.call(project, id).await?.ok_or(SignallingError::NotFound)?;
        let end_us = call.end_us.ok_or(SignallingError::GoesOn)?;
        if call.sip_call_id.is_none() || end_us < now_us - us(limits::SIGNALLING_KEPT) {
            return Err(SignallingError::NotFound);
        }
        let sql = "select messages from signalling where call = $1";
        let rows = self.db.read(sql, vec![call.id.as_str().into()]).await?;
        let Some(row) = rows.first() else {
            return Err(if end_us > now_us - us(limits::SIGNALLING_WITHIN) {
                SignallingError::GoesOn
            } else {
                SignallingError::NotFound
            });
        };
        let messages = serde_json::from_str(row.text(0)?).unwrap_or_default();
        Ok((call, messages))
    }

    /// Writes what was said about a call that is over, unless somebody in it was forgotten meanwhile.
    async fn write_signalling(&self, call: &Call, messages: &[SipMessage]) -> Result<(), db::Error> {
        let text = serde_json::to_string(messages).expect("numbers and texts");
        let sql = "insert into signalling (call, messages, end_us) select id, $2, end_us from call
            where id = $1 and sip_call_id = $3 and end_us is not null on conflict (call) do nothing";
        let params = vec![call.id.as_str().into(), text.into(), call.sip_call_id.as_deref().into()];
        self.db.write(vec![Statement::new(sql, params)]).await
    }

    /// Deletes what was said about calls that ended more than thirty days ago, some at a time: how many were.
    pub async fn delete_expired_signalling(&self, now_us: i64) -> Result<usize, db::Error> {
        let sql = "select call from signalling where end_us < $1 order by end_us limit 100";
        let before_us = now_us - us(limits::SIGNALLING_KEPT);
        let rows = self.db.read(sql, vec![before_us.into()]).await?;
        let delete = |id: &str| Statement::new("delete from signalling where call = $1", vec![id.into()]);
        let deletes = rows
            .iter()
            .map(|row| row.text(0).map(delete))
            .collect::<Result<_, _>>()?;
        if !rows.is_empty() {
            self.db.write(deletes).await?;
        }
        Ok(rows.len())
    }

    /// Waits for the last words about a call that has ended, and writes down all of them, behind what was said of attempts before.
    pub(crate) async fn keep_signalling(&self, agent: &dyn Telephones, call: &Call, earlier: Attempts) {
        let Some(sip_call_id) = &call.sip_call_id else { return };
        tokio::time::sleep(limits::LAST_WORDS_WITHIN).await;
        let mut messages = vec![];
        for attempt in earlier.0 {
            messages.extend(attempt.await.unwrap_or_default());
        }
        messages.extend(agent.signalling(sip_call_id));
        let messages: Vec<SipMessage> = messages.into_iter().map(Into::into).collect();
        if messages.is_empty() {
            return;
        }
        self.write_signalling_at_last(call, &messages).await;
    }

    /// Writes it, some times if need be: that it was written, and nobody knew, does no harm.
    async fn write_signalling_at_last(&self, call: &Call, messages: &[SipMessage]) {
        for tried in 1.. {
            let Err(error) = self.write_signalling(call, messages).await else {
                return;
            };
            if tried == limits::SIGNALLING_TRIES_MAX {
                tracing::warn!(call = call.id, %error, "what was said about a call cannot be written; it is lost");
                return;
            }
            tokio::time::sleep(limits::WRITTEN_AGAIN_AFTER).await;
        }
    }
}

/// What was said about attempts to reach somebody that came to nothing, after which somebody else was called: the first first. Each is
/// fetched when its last words have come, since it is not kept until the call is over.
#[derive(Default)]
pub(crate) struct Attempts(Vec<JoinHandle<Vec<Message>>>);

impl Attempts {
    /// One has come to nothing.
    pub(crate) fn add(&mut self, agent: Arc<dyn Telephones>, sip_call_id: String) {
        self.0.push(tokio::spawn(async move {
            tokio::time::sleep(limits::LAST_WORDS_WITHIN).await;
            agent.signalling(&sip_call_id)
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::atomic::{AtomicU32, Ordering},
    };

    use db::{
        Db,
        testing::{Disk, Fate, each_engine},
    };

    use super::*;
    use crate::{CallState, CreateMethod, Direction};

    const DAY_US: i64 = 86_400_000_000;
    const END_US: i64 = 1_767_225_600_000_000;

    fn call(id: &str, end_us: Option<i64>, sip_call_id: Option<&str>) -> Call {
        Call {
            id: id.to_owned(),
            project: "one".to_owned(),
            to: "sip:a@b".to_owned(),
            from: None,
            is_private: true,
            labels: BTreeMap::new(),
            direction: Direction::Incoming,
            state: CallState::Completed,
            create_method: CreateMethod::IncomingCall,
            error_code: None,
            error_message: None,
            final_status: None,
            cut_off: None,
            create_us: END_US - 1_000_000,
            start_us: None,
            ring_us: None,
            answer_us: None,
            end_us,
            sip_call_id: sip_call_id.map(str::to_owned),
            originating_call: None,
            bridged: false,
            state_update_uri: None,
            participant_session: None,
        }
    }

    fn message(text: &str) -> SipMessage {
        SipMessage {
            at_us: END_US,
            source: ([192, 0, 2, 1], 5_060).into(),
            destination: ([192, 0, 2, 2], 5_061).into(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_first_line_says_what_a_message_is() {
        let check = |text: &str, method: &str, line: &str| {
            let message = message(text);
            assert_eq!((message.method(), message.line()), (method, line));
        };
        check(
            "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n",
            "INVITE",
            "INVITE sip:a@b SIP/2.0",
        );
        check("SIP/2.0 100 Trying\r\nVia: x\r\n", "100", "100 Trying");
        check("SIP/2.0 486 Busy Here\r\n", "486", "486 Busy Here");
        check("", "", "");
    }

    async fn project(db: &Db) {
        let sql = "insert into project (id, name, create_us, signing_key) values ('one', 'one', 1, $1)";
        let project = Statement::new(sql, vec![vec![0_u8; 64].into()]);
        db.write(vec![project]).await.expect("a project");
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_written_is_tried_again() {
        for (fails, is_kept) in [(0, true), (1, true), (4, true), (5, false)] {
            let failing = Arc::new(AtomicU32::new(0));
            let left = Arc::clone(&failing);
            let disk = Disk::new(move || {
                let fails = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
                fails.map_or(
                    Fate::Done {
                        answered_after: Duration::ZERO,
                    },
                    |_| Fate::Refused,
                )
            });
            let db = disk.open();
            project(&db).await;
            let (calls, over) = (Calls::new(db), call("kept", Some(END_US), Some("x")));
            calls.write_call(&over, END_US).await.expect("writes");
            failing.store(fails, Ordering::Relaxed);
            let said = [message("BYE sip:a SIP/2.0\r\n")];
            calls.write_signalling_at_last(&over, &said).await;
            let kept = calls.signalling("one", "kept", END_US).await;
            assert_eq!(kept.is_ok(), is_kept, "{fails} writes fail: {kept:?}");
        }
    }

    #[tokio::test]
    async fn what_was_said_is_there_from_the_end_of_a_call_for_thirty_days() {
        each_engine(async |db| {
            project(&db).await;
            let calls = Calls::new(db.clone());
            let said = vec![message("BYE sip:a SIP/2.0\r\n"), message("SIP/2.0 200 OK\r\n\0")];
            for (call, messages) in [
                (call("kept", Some(END_US), Some("x")), Some(&said)),
                (call("on", None, Some("x")), None),
                (call("unsaid", Some(END_US), Some("x")), None),
                (call("undialled", Some(END_US), None), None),
            ] {
                calls.write_call(&call, END_US).await.expect("writes");
                if let Some(messages) = messages {
                    calls.write_signalling(&call, messages).await.expect("writes");
                    calls.write_signalling(&call, &[]).await.expect("it is written once");
                }
            }
            let check = async |project: &str, id: &str, at_us: i64, expected: Result<usize, &str>| {
                let found = calls.signalling(project, id, END_US + at_us).await;
                let found = found.map(|(_, messages)| {
                    assert_eq!(messages, said);
                    messages.len()
                });
                let found = found.map_err(|error| match error {
                    SignallingError::NotFound => "none",
                    SignallingError::GoesOn => "not yet",
                    SignallingError::Store(error) => panic!("{error}"),
                });
                assert_eq!(found, expected, "{id} at {at_us}");
            };
            check("one", "kept", 0, Ok(2)).await;
            check("one", "kept", 30 * DAY_US, Ok(2)).await;
            check("one", "kept", 30 * DAY_US + 1, Err("none")).await;
            check("two", "kept", 0, Err("none")).await;
            check("one", "on", 0, Err("not yet")).await;
            check("one", "unsaid", 1, Err("not yet")).await;
            check("one", "unsaid", 60_000_000, Err("none")).await;
            check("one", "undialled", 0, Err("none")).await;
            let expire = async |at_us: i64| calls.delete_expired_signalling(END_US + at_us).await.expect("writes");
            assert_eq!(expire(30 * DAY_US).await, 0);
            assert_eq!(expire(30 * DAY_US + 1).await, 1);
            check("one", "kept", 0, Err("not yet")).await;
        })
        .await;
    }
}
