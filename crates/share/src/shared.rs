//! A pool that many hand out of at once.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Limit, Pool, Reports, Rule, Taker, Used};

/// A pool behind a lock. Clones share it.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Mutex<Pool>,
    limit: Arc<Limit>,
}

/// What somebody holds. It is given back when this is dropped.
#[derive(Debug)]
#[must_use = "what is dropped is given back"]
pub struct Permit {
    from: Arc<Inner>,
    taker: Taker,
    amount: u64,
}

impl Shared {
    /// A pool that is called so where somebody gets nothing of it.
    pub fn new(name: &'static str, rule: Rule, reports: &Reports) -> Shared {
        Shared(Arc::new(Inner {
            pool: Mutex::new(Pool::new(rule)),
            limit: reports.limit(name),
        }))
    }

    /// Takes so much for somebody, all or nothing.
    pub fn take(&self, taker: Taker, amount: u64) -> Result<Permit, Used> {
        self.0.take(&taker, amount)?;
        Ok(Permit {
            from: Arc::clone(&self.0),
            taker,
            amount,
        })
    }

    /// How much is taken.
    pub fn taken(&self) -> u64 {
        self.0.lock(|pool| pool.taken())
    }
}

impl Permit {
    /// Takes more for the same; what is held already stays held either way.
    pub fn grow(&mut self, amount: u64) -> Result<(), Used> {
        self.from.take(&self.taker, amount)?;
        self.amount += amount;
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.from.lock(|pool| pool.give_back(&self.taker, self.amount));
    }
}

impl Inner {
    fn take(&self, taker: &Taker, amount: u64) -> Result<(), Used> {
        let outcome = self.lock(|pool| pool.take(taker, amount));
        if outcome.is_err() {
            self.limit.reached(taker);
        }
        outcome
    }

    fn lock<T>(&self, change: impl FnOnce(&mut Pool) -> T) -> T {
        // A pool is never left half changed, so a panic elsewhere does not spoil it.
        change(&mut self.pool.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Client;

    const RULE: Rule = Rule {
        total: 10,
        kept_for_accounts: 4,
        kept_for_close: 0,
        per_client: 6,
        per_account: 10,
    };

    #[test]
    fn a_permit_gives_back_what_it_holds() {
        let reports = Reports::default();
        let shared = Shared::new("places", RULE, &reports);
        let stranger = Taker::Stranger(Client::HERE);
        let mut permit = shared.take(stranger, 2).expect("there is enough");
        permit.grow(4).expect("there is enough");
        assert_eq!(permit.grow(1), Err(Used::Own));
        assert_eq!(shared.taken(), 6);
        let other = shared.take(Taker::Stranger(Client::at([192, 0, 2, 1].into())), 1);
        assert_eq!(other.expect_err("strangers leave four"), Used::All);
        drop(permit);
        assert_eq!((shared.taken(), reports.read()), (0, vec![("places", 2)]));
    }
}
