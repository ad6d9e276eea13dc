//! Whose online meetings a path is about.
//!
//! `/me/…` is of whoever asks. Below `/users/{id}` stands the organizer, by id or by address; to an application that is anybody, and
//! to a person themselves.

use identity::User;
use identity::policy::Reach;
use meeting::UserId;

use super::{Asked, Graph};
use crate::failure::{Answer, Failure, Kind};

/// How a path names the organizer.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    /// Whoever asks.
    Mine,
    /// The user in the path's first key.
    Named,
}

impl Whose {
    /// The keys of a path: the user, if there is one, the meeting and the report.
    pub(super) fn keys(self, asked: &Asked) -> (Option<&str>, &str, &str) {
        match self {
            Whose::Mine => (None, asked.key(0), asked.key(1)),
            Whose::Named => (Some(asked.key(0)), asked.key(1), asked.key(2)),
        }
    }

    /// The organizer, if the caller may ask for what is theirs. What is secret looks like what is not there.
    pub(super) async fn organizer(self, graph: &Graph, asked: &Asked) -> Answer<User> {
        let hidden = || Failure::hidden(asked.asking.noun());
        let (named, ..) = self.keys(asked);
        match (named, asked.asking.reach()?) {
            (Some(named), Reach::Everybody) => user(graph, named).await?.ok_or_else(hidden),
            (Some(named), Reach::Own(caller)) if is_named(caller, named) => Ok(caller.clone()),
            (Some(_), Reach::Own(_)) => Err(hidden()),
            (None, Reach::Own(caller)) => Ok(caller.clone()),
            (None, Reach::Everybody) => {
                let sentence = "`/me` is for somebody who is signed in: name the organizer, as in `/users/{id}`.";
                Err(Failure::new(Kind::Invalid, sentence))
            }
        }
    }
}

/// Whether a path names somebody: by id or by address.
fn is_named(user: &User, name: &str) -> bool {
    user.id.as_str() == name || user.email.eq_ignore_ascii_case(name)
}

/// The account that a path names.
async fn user(graph: &Graph, name: &str) -> Answer<Option<User>> {
    let identity = &graph.installation.identity;
    let found = match UserId::parse(name) {
        Ok(id) => identity.user(&id).await,
        Err(_) => identity.user_by_email(name).await,
    };
    found.map_err(|error| Failure::unreachable(&error, "the accounts cannot be reached"))
}
