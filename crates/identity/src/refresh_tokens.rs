//! Refresh tokens: how long they last, and what becomes of those that anybody could have copied.
//!
//! One that nobody uses for [`limits::REFRESH_TOKEN_IDLE`] ends. An app that keeps a secret sends it along, so a copied
//! token alone is worth nothing, and the token stays the same, as Google's does: its libraries send a secret always, and many
//! programs go on with the token that their file held on the first day.
//!
//! An app without a secret gets another token at each use, and the one that comes too late ends the whole line (RFC 9700
//! §4.14.2), since either its bearer or the other one has stolen it. Too late means after its successor was *used*, not
//! after it was given: an answer may be lost on its way. So at most two of a line are good at any time, one row holds
//! both, and a client that never takes up the new one goes on with the old. Asked twice within
//! [`limits::REFRESH_TOKEN_GRACE`], as by two threads of one program, the second answer brings none: there would be two
//! successors, and the one that lost would look stolen.

use db::{Row, Statement};
use meeting::UserId;

use crate::{App, Identity, OAuthError, Scopes, Secret, accounts::user_id_of, grant::Grant, limits, sign_in::before};

/// Who a refresh token stands for, and what follows it.
pub(crate) struct Refreshed {
    pub(crate) user: UserId,
    pub(crate) grant: Grant,
    pub(crate) scopes: Scopes,
    /// The next one, for an app without a secret.
    pub(crate) next: Option<Secret>,
}

/// A row, as far as one token is concerned.
struct Line {
    user: UserId,
    scopes: Scopes,
    grant: Grant,
    /// Of the token that was used last.
    current: Vec<u8>,
    next: Option<Vec<u8>>,
    next_us: Option<i64>,
    /// Whether each use brings another.
    changes: bool,
    /// When it was used last, to the day where it stays the same.
    use_us: i64,
}

const COLUMNS: &str = "account, scopes, code_sha256, token_sha256, next_sha256, next_us, line_sha256, app, use_us";

fn line_of(row: &Row) -> Result<Line, db::Error> {
    Ok(Line {
        user: user_id_of(row, 0)?,
        scopes: Scopes::known_in(row.text(1)?),
        grant: Grant::of_digest(row.blob(2)?),
        current: row.blob(3)?.to_vec(),
        next: row.opt_blob(4)?.map(<[u8]>::to_vec),
        next_us: row.opt_int(5)?,
        changes: row.opt_blob(6)?.is_some(),
        use_us: row.int(8)?,
    })
}

impl Identity {
    /// The user and the app of a refresh token, be it the current one of its line or not.
    pub(crate) async fn holder_of(&self, token: &Secret) -> Result<Option<(UserId, String)>, db::Error> {
        let rows = self.lines(token, i64::MIN).await?;
        let holder = |row: &Row| Ok((user_id_of(row, 0)?, row.text(7)?.to_owned()));
        rows.first().map(holder).transpose()
    }

    /// Uses a refresh token of this app; `None` if it is none, or not any more.
    pub(crate) async fn use_refresh_token(
        &self,
        token: &Secret,
        app: &App,
        now_us: i64,
    ) -> Result<Option<Refreshed>, OAuthError> {
        let rows = self.lines(token, before(now_us, limits::REFRESH_TOKEN_IDLE)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        if row.text(7)? != app.client_id {
            return Ok(None);
        }
        let line = line_of(row)?;
        let digest = token.digest();
        let is_next = line.next.as_ref() == Some(&digest);
        if !is_next && line.current != digest {
            // It is of this line, and its successor was used: somebody has a copy.
            self.db.write(line.grant.ending().to_vec()).await?;
            return Ok(None);
        }
        let is_asked_twice = line
            .next_us
            .is_some_and(|next_us| !is_next && next_us > before(now_us, limits::REFRESH_TOKEN_GRACE));
        let next = if line.changes && !is_asked_twice {
            self.succeed(token, &line, now_us).await?
        } else {
            self.note_use(&line, now_us).await?;
            None
        };
        Ok(Some(Refreshed {
            user: line.user,
            grant: line.grant,
            scopes: line.scopes,
            next,
        }))
    }

    /// The row of a token's line that was used after this time.
    async fn lines(&self, token: &Secret, used_after_us: i64) -> Result<Vec<Row>, db::Error> {
        let sql = format!(
            "select {COLUMNS} from refresh_token
             where (token_sha256 = $1 or next_sha256 = $1 or line_sha256 = $2) and use_us > $3"
        );
        let params = vec![token.digest().into(), token.line_digest().into(), used_after_us.into()];
        self.db.read(&sql, params).await
    }

    /// Remembers that a token was used, once a day: more would be a durable write for each answer, and tell no more.
    async fn note_use(&self, line: &Line, now_us: i64) -> Result<(), db::Error> {
        if line.use_us > before(now_us, limits::REFRESH_TOKEN_USE_INTERVAL) {
            return Ok(());
        }
        let used = Statement::new(
            "update refresh_token set use_us = $2 where token_sha256 = $1",
            vec![line.current.as_slice().into(), now_us.into()],
        );
        self.db.write(vec![used]).await
    }

    /// Gives a token its successor, and ends its predecessor; `None` if the same token was used at the same time.
    async fn succeed(&self, token: &Secret, line: &Line, now_us: i64) -> Result<Option<Secret>, db::Error> {
        let next = token.successor();
        // The row must be as it was read, or there would be two successors.
        let write = Statement::new(
            "update refresh_token set token_sha256 = $1, next_sha256 = $2, next_us = $3, use_us = $3
             where token_sha256 = $4 and coalesce(next_us, 0) = $5",
            vec![
                token.digest().into(),
                next.digest().into(),
                now_us.into(),
                line.current.as_slice().into(),
                line.next_us.unwrap_or(0).into(),
            ],
        );
        match self.db.write(vec![write.expect(1)]).await {
            Ok(()) => Ok(Some(next)),
            Err(error) if error.is_conflict() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What a new refresh token is for.
pub(crate) struct NewRefreshToken<'a> {
    pub(crate) user: &'a UserId,
    pub(crate) app: &'a App,
    pub(crate) scopes: Scopes,
    pub(crate) grant: &'a Grant,
    /// Whether each use brings another.
    pub(crate) changes: bool,
}

impl NewRefreshToken<'_> {
    /// Keeps it, forgets the oldest where there are too many, and sweeps out those that nobody uses.
    pub(crate) fn keeping(&self, token: &Secret, now_us: i64) -> [Statement; 3] {
        let (user, app) = (self.user.as_str(), self.app.client_id.as_str());
        [
            Statement::new(
                "insert into refresh_token
                    (token_sha256, account, app, scopes, code_sha256, create_us, use_us, line_sha256)
                 values ($1, $2, $3, $4, $5, $6, $6, $7)",
                vec![
                    token.digest().into(),
                    user.into(),
                    app.into(),
                    self.scopes.to_string().into(),
                    self.grant.to_value(),
                    now_us.into(),
                    self.changes.then(|| token.line_digest()).into(),
                ],
            )
            .expect(1),
            Statement::new(
                "delete from refresh_token where account = $1 and app = $2 and token_sha256 not in
                    (select token_sha256 from refresh_token where account = $1 and app = $2
                     order by create_us desc, token_sha256 limit $3)",
                vec![user.into(), app.into(), limits::REFRESH_TOKENS_MAX.into()],
            ),
            Statement::new(
                "delete from refresh_token where use_us <= $1",
                vec![before(now_us, limits::REFRESH_TOKEN_IDLE).into()],
            ),
        ]
    }
}
