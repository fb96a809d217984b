//! How many challenges may be sent: a program's own limit, and the one that all programs of a node share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// The challenges that a node may send in a second, whatever its rules allow: it must not be a weapon. Threads share it.
#[derive(Debug)]
pub struct NodeChallenges {
    per_second: AtomicU32,
    /// The second in the upper half, what is spent of it in the lower: they change together.
    state: AtomicU64,
}

impl NodeChallenges {
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        Self {
            per_second: AtomicU32::new(per_second),
            state: AtomicU64::new(0),
        }
    }

    /// Changes the limit, from the next challenge on.
    pub fn set_rate(&self, per_second: u32) {
        self.per_second.store(per_second, Relaxed);
    }

    /// Takes one challenge of the second `now`. False where all are spent.
    pub fn take(&self, now: u64) -> bool {
        let most = u64::from(self.per_second.load(Relaxed));
        let second = now << 32;
        let spend = |state: u64| {
            let spent = if state >> 32 == second >> 32 {
                state & u64::from(u32::MAX)
            } else {
                0
            };
            (spent < most).then_some(second | (spent + 1))
        };
        self.state.fetch_update(Relaxed, Relaxed, spend).is_ok()
    }

    /// Gives back one that was taken and is not sent.
    pub fn give_back(&self) {
        let return_one = |state: u64| (state & u64::from(u32::MAX) > 0).then(|| state - 1);
        // There is nothing to return where a new second has begun.
        let _ = self.state.fetch_update(Relaxed, Relaxed, return_one);
    }
}

/// What one program has spent of its limit in this second, and the limit it shares.
#[derive(Debug, Default)]
pub struct ChallengeBudget {
    second: u64,
    spent: u32,
    pub node: Option<Arc<NodeChallenges>>,
}

impl ChallengeBudget {
    /// Takes one challenge of the second `now`, of `per_second` and of the node's. False where either is spent.
    pub fn take(&mut self, now: u64, per_second: u32) -> bool {
        if self.second != now {
            (self.second, self.spent) = (now, 0);
        }
        if self.spent >= per_second || self.node.as_ref().is_some_and(|node| !node.take(now)) {
            return false;
        }
        self.spent += 1;
        true
    }

    /// Gives the node back one that was taken and is not sent.
    pub fn give_back(&mut self) {
        if let Some(node) = &self.node {
            node.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_share_the_nodes_challenges_and_a_second_brings_new_ones() {
        let node = Arc::new(NodeChallenges::new(3));
        let mut budgets = [(); 2].map(|()| ChallengeBudget {
            node: Some(Arc::clone(&node)),
            ..ChallengeBudget::default()
        });
        assert!(budgets[0].take(7, 2) && budgets[0].take(7, 2));
        assert!(!budgets[0].take(7, 2), "its own limit");
        assert!(budgets[1].take(7, 2));
        assert!(!budgets[1].take(7, 2), "the node's limit");
        budgets[0].give_back();
        assert!(budgets[1].take(7, 2) && !budgets[1].take(7, 3));
        assert!(
            budgets[0].take(8, 2) && budgets[0].take(6, 2),
            "a clock set back"
        );
        node.set_rate(0);
        assert!(!budgets[0].take(9, 2));
    }

    #[test]
    fn threads_never_get_more_than_there_are() {
        let node = NodeChallenges::new(1_000);
        let got: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..1_000).filter(|_| node.take(1)).count()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(got, 1_000);
    }
}
