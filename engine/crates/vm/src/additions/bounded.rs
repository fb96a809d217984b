//! A map that forgets: least recently used first, and what was idle for an hour.

use std::hash::Hash;

use ahash::RandomState;
use lru::LruCache;

use crate::state::IDLE_SECONDS;

/// A map of at most `most` entries, which takes memory only as it fills. Times are nanoseconds and passed in.
#[derive(Debug)]
pub struct Bounded<K: Hash + Eq, V> {
    entries: LruCache<K, (V, u64), RandomState>,
    most: usize,
}

impl<K: Hash + Eq, V> Bounded<K, V> {
    /// With `most` 0 the map is off: nothing is ever kept.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            entries: LruCache::unbounded_with_hasher(RandomState::new()),
            most,
        }
    }

    #[must_use]
    pub fn is_on(&self) -> bool {
        self.most > 0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of `key`, touched.
    pub fn get(&mut self, key: &K, now: u64) -> Option<&mut V> {
        let (_, touched) = self.entries.peek(key)?;
        if is_idle(*touched, now) {
            self.entries.pop(key);
            return None;
        }
        let (value, touched) = self.entries.get_mut(key)?;
        *touched = now.max(*touched);
        Some(value)
    }

    /// Sets the value of `key`. False where the map is off.
    pub fn set(&mut self, key: K, value: V, now: u64) -> bool {
        if !self.is_on() {
            return false;
        }
        self.entries.put(key, (value, now));
        while self.entries.len() > self.most || self.oldest_is_idle(now) {
            self.entries.pop_lru();
        }
        true
    }

    /// Forgets `key`.
    pub fn remove(&mut self, key: &K) {
        self.entries.pop(key);
    }

    fn oldest_is_idle(&self, now: u64) -> bool {
        self.entries
            .peek_lru()
            .is_some_and(|(_, (_, touched))| is_idle(*touched, now))
    }
}

fn is_idle(touched: u64, now: u64) -> bool {
    now.saturating_sub(touched) >= IDLE_SECONDS * 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = IDLE_SECONDS * 1_000_000_000;

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut map = Bounded::new(2);
        assert!(map.set(1, 'a', 0) && map.set(2, 'b', 0));
        assert_eq!(map.get(&1, 1), Some(&mut 'a'));
        assert!(map.set(3, 'c', 2));
        assert_eq!(map.get(&2, 2), None);
        assert!(map.get(&1, 2).is_some() && map.get(&3, 2).is_some());
    }

    #[test]
    fn the_idle_is_forgotten() {
        let mut map = Bounded::new(9);
        map.set(1, 'a', 5);
        assert!(map.get(&1, HOUR + 4).is_some());
        assert!(map.get(&1, 2 * HOUR + 4).is_none());
        map.set(1, 'a', 0);
        map.set(2, 'a', HOUR);
        assert_eq!(map.entries.len(), 1);
    }

    #[test]
    fn a_map_of_no_entries_is_off() {
        let mut map = Bounded::new(0);
        assert!(!map.is_on() && !map.set(1, 1, 0) && map.is_empty());
    }
}
