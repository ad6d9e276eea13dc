//! Who takes something of what is scarce.

use std::fmt;

use crate::Client;

/// Who takes, and by what they are told from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Taker {
    /// Nobody in particular: all such people of one client are one.
    Stranger(Client),
    /// Somebody with an account, or a program with one.
    Account {
        /// The account's id.
        id: String,
        /// How close they are.
        rank: Rank,
    },
}

/// How close somebody is to whatever is shared out; the closest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rank {
    /// Whoever has no account.
    Stranger,
    /// Whoever has one.
    SignedIn,
    /// Those for whom the last of it is kept: owner, co-hosts and members of a space.
    Close,
}

impl Taker {
    /// Somebody with an account.
    pub fn account(id: impl Into<String>) -> Taker {
        let id = id.into();
        let rank = Rank::SignedIn;
        Taker::Account { id, rank }
    }

    /// How close they are.
    pub fn rank(&self) -> Rank {
        match self {
            Taker::Stranger(_) => Rank::Stranger,
            Taker::Account { rank, .. } => *rank,
        }
    }
}

/// For the log.
impl fmt::Display for Taker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Taker::Stranger(client) => client.fmt(formatter),
            Taker::Account { id, .. } => id.fmt(formatter),
        }
    }
}
