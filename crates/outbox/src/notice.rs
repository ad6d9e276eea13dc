//! What somebody is told because the fact itself says whom: a call that names the address which hears of its states, a recording
//! that names the one which hears of its end.
//!
//! Nobody subscribed, so there is nothing to spread and nobody to be asked whether they may hear: whoever writes the fact writes the
//! notice with it, due at once. What came of the fact may have changed by the time that it is told, and a receiver wants to hear of
//! each step and not four times of the last; so a notice can carry what was so when it was written.
//!
//! Notices of one subject are told in their order while that costs nobody much: one waits for those before it while these are
//! in their first, quick tries, and no longer, or a receiver that chokes on one would hear of the end hours after it. Notices are
//! looked for by the server that receives them, some for each, so that one which is gone stands in nobody's way.

use db::{Row, Statement, Value};

use crate::{
    Next, Outbox, Outcome, Topic, Tries,
    limits::{NOTICE_QUICK_TRIES, NOTICE_WAITS_US},
};

/// Something that somebody is to be told at an address which the fact names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What kind of thing it is of.
    pub topic: Topic,
    /// The id of the thing.
    pub subject: String,
    /// Which step of the thing: a later one has a higher number.
    pub version: i64,
    /// In whose name it is told.
    pub sender: String,
    /// Where.
    pub address: String,
    /// What was so then, as whoever writes it reads it; empty if that is looked up when it is told.
    pub text: String,
    /// What has been tried.
    pub tries: Tries,
}

const COLUMNS: &str = "topic, subject, version, sender, address, text, made_us, attempts";

/// The server that an address leads to, as far as that tells receivers apart: scheme, host and port.
fn receiver_of(address: &str) -> &str {
    let host = address.find("://").map_or(0, |scheme| scheme + 3);
    let end = address[host..].find(['/', '?', '#']);
    end.map_or(address, |length| &address[..host + length])
}

/// Nobody is told any more what happened to this: a statement for the write that forgets who it was.
pub fn untold(subject: &str) -> Statement {
    Statement::new("delete from outbox_notice where subject = $1", vec![subject.into()])
}

impl Notice {
    /// The statement for the write that makes the fact: one is durable if and only if the other is.
    pub fn posted(&self) -> Statement {
        let sql = "insert into outbox_notice
            (topic, subject, version, sender, receiver, address, text, made_us, due_us, attempts)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)";
        let [topic, subject, version] = self.key();
        let params = vec![
            topic,
            subject,
            version,
            self.sender.as_str().into(),
            receiver_of(&self.address).into(),
            self.address.as_str().into(),
            self.text.as_str().into(),
            self.tries.made_us.into(),
            i64::from(self.tries.failures).into(),
        ];
        Statement::new(sql, params).expect(1)
    }

    /// What follows from another try, which ended now: the contract's waits, one after the other.
    pub fn after(&self, outcome: Outcome, now_us: i64) -> Next {
        let wait_us = usize::try_from(self.tries.failures)
            .ok()
            .and_then(|failures| NOTICE_WAITS_US.get(failures));
        match (outcome, wait_us) {
            (Outcome::Told, _) => Next::Done,
            (Outcome::Failed, None) => Next::Dropped,
            (Outcome::Failed, Some(wait_us)) => Next::Again {
                due_us: now_us.saturating_add(*wait_us),
            },
        }
    }

    fn key(&self) -> [Value; 3] {
        [
            self.topic.name().into(),
            self.subject.as_str().into(),
            self.version.into(),
        ]
    }
}

impl Outbox {
    /// Servers that something is due for.
    pub async fn receivers_awaiting(&self, now_us: i64) -> Result<Vec<String>, db::Error> {
        let sql = "select distinct receiver from outbox_notice where due_us <= $1";
        let rows = self.db.read(sql, vec![now_us.into()]).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// Some of what a server is due to be told, the oldest first, and nothing that has to wait for another.
    pub async fn notices_due(&self, receiver: &str, most: u32, now_us: i64) -> Result<Vec<Notice>, db::Error> {
        let sql = format!(
            "select {COLUMNS} from outbox_notice n where receiver = $1 and due_us <= $2
            and not exists (select 1 from outbox_notice e where e.topic = n.topic and e.subject = n.subject
                and e.version < n.version and e.attempts < $4)
            order by due_us limit $3"
        );
        let params = vec![
            receiver.into(),
            now_us.into(),
            i64::from(most).into(),
            NOTICE_QUICK_TRIES.into(),
        ];
        let rows = self.db.read(&sql, params).await?;
        rows.iter().map(notice_of).collect()
    }

    /// Writes what follows from a try.
    pub async fn settle_notice(&self, notice: &Notice, next: Next) -> Result<(), db::Error> {
        let mut params = Vec::from(notice.key());
        let sql = match next {
            Next::Done | Next::Dropped => {
                "delete from outbox_notice where topic = $1 and subject = $2 and version = $3"
            }
            Next::Again { due_us } => {
                params.push(due_us.into());
                "update outbox_notice set due_us = $4, attempts = attempts + 1
                where topic = $1 and subject = $2 and version = $3"
            }
        };
        self.db.write(vec![Statement::new(sql, params)]).await
    }
}

fn notice_of(row: &Row) -> Result<Notice, db::Error> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(Notice {
        topic: Topic::named(row.text(0)?).ok_or(db::Error::Column {
            column: 0,
            wanted: "topic",
        })?,
        subject: text(1)?,
        version: row.int(2)?,
        sender: text(3)?,
        address: text(4)?,
        text: text(5)?,
        tries: Tries {
            made_us: row.int(6)?,
            failures: u32::try_from(row.int(7)?).unwrap_or(u32::MAX),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_are_told_apart_by_scheme_host_and_port() {
        for (address, expected) in [
            ("https://app.example/states?call=1", "https://app.example"),
            ("https://app.example", "https://app.example"),
            ("https://app.example?call=1", "https://app.example"),
            ("http://127.0.0.1:9000/a/b", "http://127.0.0.1:9000"),
            (
                "https://app.example/to?next=http://other.example/",
                "https://app.example",
            ),
            ("nonsense", "nonsense"),
            ("nonsense/b", "nonsense"),
            ("", ""),
        ] {
            assert_eq!(receiver_of(address), expected, "{address}");
        }
    }

    #[test]
    fn it_is_tried_nine_times_at_the_contracts_intervals() {
        let mut notice = Notice {
            topic: Topic::CallStates,
            subject: "c".to_owned(),
            version: 1,
            sender: "p".to_owned(),
            address: "https://app.example/".to_owned(),
            text: String::new(),
            tries: Tries {
                made_us: 5,
                failures: 0,
            },
        };
        let now_us = 1_767_225_600_000_000;
        for wait_s in [1, 2, 4, 8, 60, 1_800, 3_600, 7_200] {
            let due_us = now_us + wait_s * 1_000_000;
            assert_eq!(
                notice.after(Outcome::Failed, now_us),
                Next::Again { due_us },
                "{wait_s} s"
            );
            assert_eq!(notice.after(Outcome::Told, now_us), Next::Done);
            notice.tries.failures += 1;
        }
        assert_eq!(notice.after(Outcome::Failed, now_us), Next::Dropped);
        assert_eq!(notice.after(Outcome::Told, now_us), Next::Done);
    }
}
