//! The floor for what is kept of streams: the same bytes, into a table that knows nothing of conferences.

use anyhow::Result;
use db::{Db, Statement, Value};
use meeting::SessionId;
use register::{Measured, MeasuredStream};

/// A table of its own in a database.
pub(crate) struct BareTable {
    db: Db,
}

impl BareTable {
    pub(crate) async fn create(db: Db) -> Result<Self> {
        let table = "create table if not exists bare (session text not null, stream bigint not null,
            totals text not null, samples bytea not null, primary key (session, stream))";
        db.write(vec![Statement::new(table, vec![])]).await?;
        Ok(Self { db })
    }

    /// Puts in the bytes of what was measured, in one write.
    pub(crate) async fn put(&self, measured: &[Measured]) -> Result<()> {
        let rows = measured
            .iter()
            .flat_map(|of| of.streams.iter().map(|stream| row(&of.session, stream)));
        Ok(self.db.write(rows.collect()).await?)
    }
}

fn row(session: &SessionId, measured: &MeasuredStream) -> Statement {
    let put = "insert into bare (session, stream, totals, samples) values ($1, $2, $3, $4)
        on conflict (session, stream) do update set totals = excluded.totals, samples = excluded.samples";
    let totals = serde_json::to_string(&measured.totals).expect("numbers under plain names");
    let samples = measured.pieces.first().map(|piece| piece.samples.clone());
    let params: Vec<Value> = vec![
        session.as_str().into(),
        i64::from(measured.stream.ssrc).into(),
        totals.as_str().into(),
        samples.unwrap_or_default().into(),
    ];
    Statement::new(put, params)
}
