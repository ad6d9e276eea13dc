//! The audit log as people read it.
//!
//! The log names people by their ids alone, so that nothing in it has to be forgotten with them. The addresses that make it readable
//! are looked up for each page, among the accounts that there are; and an address in a question stands for its account.
//!
//! One thing in it is for everybody: a sign-in link is as good as a password, and an administrator can make one for anybody. Whoever it
//! was for is told.

use std::collections::BTreeMap;

use audit::{Action, Event, Listing, Query};
use meeting::UserId;

use crate::{AccountError, Identity, User, limits};

/// One line, with the addresses of the accounts in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// As it is kept.
    pub event: Event,
    /// Of whoever did it, as long as there is such an account.
    pub actor_email: Option<String>,
    /// Of whom it was done to.
    pub subject_email: Option<String>,
}

/// A sign-in link that somebody else made for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeLink {
    /// When it was made.
    pub create_us: i64,
    /// The administrator who made it; `None` if it was made on the server's command line, or by somebody who is gone.
    pub made_by: Option<User>,
    /// When it was used, if it was.
    pub use_us: Option<i64>,
    /// The address of the browser that used it.
    pub client: Option<String>,
}

impl Identity {
    /// One page of the audit log, and where the next one begins.
    pub async fn audit_events(&self, query: &Query) -> Result<(Vec<AuditEvent>, Option<String>), AccountError> {
        let query = Query {
            actor: self.resource_of(&query.actor).await?,
            subject: self.resource_of(&query.subject).await?,
            ..query.clone()
        };
        let Listing { events, next } = self.log.list(&query).await?;
        let mut known = BTreeMap::new();
        let mut items = Vec::with_capacity(events.len());
        for event in events {
            let actor_email = self.email_of(&event.actor, &mut known).await?;
            let subject_email = self.email_of(&event.subject, &mut known).await?;
            items.push(AuditEvent {
                event,
                actor_email,
                subject_email,
            });
        }
        Ok((items, next))
    }

    /// The newest links that others made for a user.
    pub async fn links_made_for(&self, user: &User) -> Result<Vec<MadeLink>, AccountError> {
        let about = |action: Action| Query {
            subject: user.resource_name(),
            action: action.name().to_owned(),
            size: limits::MADE_LINKS_MAX,
            ..Query::default()
        };
        let made = self.log.list(&about(Action::UserInvite)).await?.events;
        let sign_ins = self.log.list(&about(Action::SignInByLink)).await?.events;
        let mut links = Vec::new();
        for made in made.into_iter().filter(|made| made.actor != user.resource_name()) {
            let sign_in = sign_ins.iter().find(|sign_in| sign_in.detail == made.detail);
            links.push(MadeLink {
                create_us: made.time_us,
                made_by: self.account_named(&made.actor).await?,
                use_us: sign_in.map(|sign_in| sign_in.time_us),
                client: sign_in.and_then(|sign_in| sign_in.client.clone()),
            });
        }
        Ok(links)
    }

    /// The name that the log has for what a question names.
    async fn resource_of(&self, text: &str) -> Result<String, AccountError> {
        let user = if text.contains('@') {
            self.user_by_email(text).await?
        } else {
            None
        };
        Ok(user.map_or_else(|| text.to_owned(), |user| user.resource_name()))
    }

    /// The address of the account of that name, if it is one; each is looked up once.
    async fn email_of(
        &self,
        name: &str,
        known: &mut BTreeMap<String, Option<String>>,
    ) -> Result<Option<String>, AccountError> {
        if let Some(email) = known.get(name) {
            return Ok(email.clone());
        }
        let email = self.account_named(name).await?.map(|user| user.email);
        known.insert(name.to_owned(), email.clone());
        Ok(email)
    }

    async fn account_named(&self, name: &str) -> Result<Option<User>, AccountError> {
        match name.strip_prefix("users/").map(UserId::parse) {
            Some(Ok(id)) => self.user(&id).await,
            _ => Ok(None),
        }
    }
}
