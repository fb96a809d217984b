//! A bounded queue that many fill: where there is no room, whoever holds the most gives way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Entries by owner, at most so many together.
pub(crate) struct FairQueue<K, T> {
    most: usize,
    total: usize,
    queues: BTreeMap<K, VecDeque<T>>,
    /// How much each owner holds, to find the largest quickly.
    sizes: BTreeSet<(usize, K)>,
}

impl<K: Ord + Clone, T> FairQueue<K, T> {
    pub fn new(most: usize) -> Self {
        Self {
            most,
            total: 0,
            queues: BTreeMap::new(),
            sizes: BTreeSet::new(),
        }
    }

    /// Adds an entry. Where that is one too many, the oldest of the owner of most goes.
    pub fn push(&mut self, owner: K, entry: T) {
        let queue = self.queues.entry(owner.clone()).or_default();
        queue.push_back(entry);
        let held = queue.len();
        self.sizes.remove(&(held - 1, owner.clone()));
        self.sizes.insert((held, owner));
        self.total += 1;
        if self.total > self.most {
            self.evict();
        }
    }

    fn evict(&mut self) {
        let Some((held, owner)) = self.sizes.pop_last() else {
            return;
        };
        if let Some(queue) = self.queues.get_mut(&owner) {
            queue.pop_front();
        }
        self.sizes.insert((held - 1, owner));
        self.total -= 1;
    }

    /// Hands over everything, owner by owner, each in order of arrival.
    pub fn drain(&mut self) -> Vec<T> {
        self.sizes.clear();
        self.total = 0;
        std::mem::take(&mut self.queues)
            .into_values()
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noisy_give_way_to_the_quiet() {
        let mut queue = FairQueue::new(100);
        queue.push("quiet", 0);
        for number in 0..10_000 {
            queue.push("noisy", number);
            queue.push("loud", number);
        }
        queue.push("late", 0);
        let found = queue.drain();
        // Owners in the order of their names: late, loud, noisy, quiet.
        assert_eq!(found.len(), 100);
        assert_eq!((found[0], found[99]), (0, 0));
        let loud = found[1..99]
            .iter()
            .filter(|number| **number >= 9_900)
            .count();
        assert_eq!(
            loud, 98,
            "the newest of the noisy, and both have their share"
        );
        assert!(queue.drain().is_empty());
    }
}
