//! A number of places, or of bytes, and who has how many of them.

use std::collections::HashMap;

use crate::{Rank, Taker};

/// How a pool is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// All there is.
    pub total: u64,
    /// What strangers leave for those with an account.
    pub kept_for_accounts: u64,
    /// What everybody else leaves for those who are close.
    pub kept_for_close: u64,
    /// What the strangers of one client may have.
    pub per_client: u64,
    /// What one account may have.
    pub per_account: u64,
}

/// What is used up where somebody gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// Their own share: others still get something.
    Own,
    /// All that people like them may have.
    All,
}

/// What is shared out, and who has it.
#[derive(Debug)]
pub struct Pool {
    rule: Rule,
    taken: u64,
    by_taker: HashMap<Taker, u64>,
}

impl Rule {
    /// What people of a rank may have together, with those who are farther.
    fn open_to(&self, rank: Rank) -> u64 {
        let kept = match rank {
            Rank::Stranger => self.kept_for_accounts + self.kept_for_close,
            Rank::SignedIn => self.kept_for_close,
            Rank::Close => 0,
        };
        self.total.saturating_sub(kept)
    }

    fn share_of(&self, taker: &Taker) -> u64 {
        match taker {
            Taker::Stranger(_) => self.per_client,
            Taker::Account { .. } => self.per_account,
        }
    }
}

impl Pool {
    /// Nobody has anything yet.
    pub fn new(rule: Rule) -> Pool {
        Pool {
            rule,
            taken: 0,
            by_taker: HashMap::new(),
        }
    }

    /// Gives somebody so much more, all or nothing.
    pub fn take(&mut self, taker: &Taker, amount: u64) -> Result<(), Used> {
        let own = self.by_taker.get(taker).copied().unwrap_or_default();
        if own + amount > self.rule.share_of(taker) {
            return Err(Used::Own);
        }
        if self.taken + amount > self.rule.open_to(taker.rank()) {
            return Err(Used::All);
        }
        self.taken += amount;
        self.by_taker.insert(taker.clone(), own + amount);
        Ok(())
    }

    /// Takes back what [`Pool::take`] gave.
    pub fn give_back(&mut self, taker: &Taker, amount: u64) {
        let Some(own) = self.by_taker.get_mut(taker) else {
            return;
        };
        // Nobody gives back more than they had: it would be somebody else's.
        let amount = amount.min(*own);
        *own -= amount;
        self.taken -= amount;
        if *own == 0 {
            self.by_taker.remove(taker);
        }
    }

    /// How much is taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::Client;

    const RULE: Rule = Rule {
        total: 10,
        kept_for_accounts: 3,
        kept_for_close: 2,
        per_client: 4,
        per_account: 5,
    };

    fn taker(name: &str) -> Taker {
        let stranger = |last| Taker::Stranger(Client::at(Ipv4Addr::new(192, 0, 2, last).into()));
        match name {
            "one" => stranger(1),
            "two" => stranger(2),
            "host" => Taker::Account {
                id: name.to_owned(),
                rank: Rank::Close,
            },
            account => Taker::account(account),
        }
    }

    #[test]
    fn shares_and_what_is_kept() {
        let check = |rows: &[(&str, u64, Result<(), Used>)]| {
            let mut pool = Pool::new(RULE);
            for (step, (who, amount, expected)) in rows.iter().enumerate() {
                assert_eq!(pool.take(&taker(who), *amount), *expected, "step {step} of {rows:?}");
            }
        };
        // A client has its share, and another still gets something, until strangers have all that they may have.
        check(&[
            ("one", 4, Ok(())),
            ("one", 1, Err(Used::Own)),
            ("two", 2, Err(Used::All)),
            ("two", 1, Ok(())),
            ("two", 1, Err(Used::All)),
            ("ada", 3, Ok(())),
            ("bob", 1, Err(Used::All)),
            ("host", 2, Ok(())),
            ("host", 1, Err(Used::All)),
        ]);
        // Those who are close may have what nobody else took; what strangers may have is not more because they did not.
        check(&[
            ("ada", 5, Ok(())),
            ("ada", 1, Err(Used::Own)),
            ("bob", 3, Ok(())),
            ("one", 1, Err(Used::All)),
            ("host", 2, Ok(())),
        ]);
        check(&[("one", 5, Err(Used::Own)), ("one", 4, Ok(()))]);
    }

    #[test]
    fn what_is_given_back_is_there_again() {
        let mut pool = Pool::new(RULE);
        let (one, two) = (taker("one"), taker("two"));
        assert_eq!(pool.take(&one, 4), Ok(()));
        pool.give_back(&one, 1);
        assert_eq!(pool.take(&two, 2), Ok(()));
        // More than was taken frees nothing of the other's.
        pool.give_back(&one, 9);
        pool.give_back(&one, 9);
        assert_eq!(pool.taken(), 2);
        pool.give_back(&two, 2);
        assert_eq!((pool.taken(), pool.by_taker.len()), (0, 0));
    }

    proptest! {
        #[test]
        fn nobody_has_more_than_the_rule_says(
            steps in prop::collection::vec((0..5_usize, 0..6_u64, any::<bool>()), 0..200),
        ) {
            let mut pool = Pool::new(RULE);
            let takers = ["one", "two", "ada", "bob", "host"].map(taker);
            for (who, amount, takes) in steps {
                let taker = &takers[who];
                if takes {
                    let _ = pool.take(taker, amount);
                } else {
                    pool.give_back(taker, amount);
                }
                let sum: u64 = pool.by_taker.values().sum();
                prop_assert_eq!(sum, pool.taken);
                prop_assert!(pool.taken <= RULE.total);
                for (taker, own) in &pool.by_taker {
                    prop_assert!(*own <= RULE.share_of(taker));
                }
            }
        }
    }
}
