//! A table of bounded size that forgets: least recently used first, and what was idle for an hour.
//!
//! Every operation does a bounded amount of work. All memory is reserved when a table is made, though the operating
//! system gives it only as entries are first used; nothing is ever rehashed, swept or moved as a whole.
//!
//! Entries are in two lists by use, common and protected ([`Value::protected`]). Only common ones give way to others.
//! Protected ones are at most [`PROTECTED_PERCENT`] of a table: beyond that, the least recently used of them goes to the
//! front of the common list, and comes back when it is used.

mod index;
pub(crate) mod key;
mod list;
#[cfg(test)]
mod tests;

use ahash::RandomState;

use index::{HASH_BITS, Index};
pub use key::Key;
use list::{Links, List, NONE};

/// An entry that was not touched for this many seconds is gone.
pub const IDLE_SECONDS: u64 = 3600;
/// Most entries of one table.
pub const MAX_ENTRIES: usize = 1_000_000;
/// Share of a table's entries that others cannot evict, rounded down.
pub const PROTECTED_PERCENT: usize = 80;
/// Bytes of index above which caches do not hold it, so that asking early for cells is worth the instructions.
const PREFETCHED: usize = 2 << 20;
/// Entries looked at in each list for what is idle, whenever one is added.
const COLLECTED: usize = 2;
/// Time within a table starts this long, 68 years, before its first entry, so that clocks may go backward.
const BEFORE: u64 = 1 << 31;

/// What an entry holds.
pub trait Value: Copy {
    /// Whether the entry of this value is not to give way to others, at Unix second `now`.
    fn protected(&self, _now: u64) -> bool {
        false
    }
}

impl Value for u64 {}

/// One cache line for the keys and values of this crate.
#[derive(Debug)]
#[repr(C, align(64))]
struct Entry<K, V> {
    key: K,
    value: V,
    links: Links,
    /// Seconds of the table's time.
    touched: u32,
    /// The hash, and in the highest bit whether the entry is in the protected list.
    tag: u32,
}

/// See the module. Times are seconds of one clock and passed in; a clock that goes backward delays collection only.
#[derive(Debug)]
pub struct Table<K, V> {
    seeds: RandomState,
    index: Index,
    entries: Vec<Entry<K, V>>,
    most: usize,
    most_protected: u32,
    /// Common and protected.
    lists: [List; 2],
    /// The first of the entries that are free, linked by `next`.
    free: u32,
    /// Where the search for what is protected no longer goes on.
    hand: u32,
    /// Second at which the table's time is 0.
    epoch: u64,
}

impl<K: Key, V: Value> Table<K, V> {
    /// An empty table of `most` entries, or [`MAX_ENTRIES`] where that is less. With 0 it is off: nothing is kept.
    ///
    /// # Panics
    /// Where the operating system has no randomness or memory to give.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let most = most.min(MAX_ENTRIES);
        Self {
            seeds: key::seeds(),
            index: Index::new(most),
            entries: Vec::with_capacity(most),
            most,
            most_protected: (most * PROTECTED_PERCENT / 100) as u32,
            lists: [List::default(); 2],
            free: NONE,
            hand: 0,
            epoch: 0,
        }
    }

    #[must_use]
    pub fn is_on(&self) -> bool {
        self.most > 0
    }

    /// Entries, with those that are idle and not collected yet.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.lists[0].len + self.lists[1].len) as usize
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes reserved for entries and index: all that the table will ever use.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry<K, V>>() + self.index.bytes()
    }

    /// The value of `key`, touched.
    #[inline]
    pub fn get(&mut self, key: &K, now: u64) -> Option<V> {
        self.update(key, now, |value| *value)
    }

    /// What `change` makes of the value of `key`, touched.
    #[inline]
    pub fn update<R>(&mut self, key: &K, now: u64, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let slot = self.find(key, self.hash(key)).ok()?;
        if self.is_idle(slot, now) {
            self.remove_slot(slot);
            return None;
        }
        Some(self.change(slot, now, change))
    }

    /// What `change` makes of the value of `key`, touched; the value is `new` before that where there is none. None where
    /// the table is off.
    #[inline]
    pub fn upsert<R>(
        &mut self,
        key: K,
        now: u64,
        new: V,
        change: impl FnOnce(&mut V) -> R,
    ) -> Option<R> {
        if !self.is_on() {
            return None;
        }
        let hash = self.hash(&key);
        let slot = match self.find(&key, hash) {
            Ok(slot) => {
                if self.is_idle(slot, now) {
                    self.entries[slot as usize].value = new;
                }
                slot
            }
            Err(at) => self.add(at, hash, key, new, now),
        };
        let result = self.change(slot, now, change);
        Some(result)
    }

    /// Sets the value of `key`. False where the table is off.
    #[inline]
    pub fn set(&mut self, key: K, value: V, now: u64) -> bool {
        self.upsert(key, now, value, |old| *old = value).is_some()
    }

    /// Forgets `key`.
    pub fn remove(&mut self, key: &K) {
        if let Ok(slot) = self.find(key, self.hash(key)) {
            self.remove_slot(slot);
        }
    }

    /// Asks for what finds `key` to be brought into the cache, where the table is so large that this is faster.
    #[inline]
    pub fn prefetch(&self, key: &K) {
        if self.index.bytes() > PREFETCHED {
            self.index.prefetch(self.hash(key));
        }
    }

    #[inline]
    fn hash(&self, key: &K) -> u32 {
        key.hash(&self.seeds) as u32 & HASH_BITS
    }

    #[inline]
    fn find(&self, key: &K, hash: u32) -> Result<u32, usize> {
        self.index
            .find(hash, |slot| self.entries[slot as usize].key == *key)
    }

    fn stamp(&self, now: u64) -> u32 {
        u32::try_from(now.saturating_sub(self.epoch)).unwrap_or(u32::MAX)
    }

    fn is_idle(&self, slot: u32, now: u64) -> bool {
        let touched = self.entries[slot as usize].touched;
        u64::from(self.stamp(now).saturating_sub(touched)) >= IDLE_SECONDS
    }

    #[inline]
    fn change<R>(&mut self, slot: u32, now: u64, change: impl FnOnce(&mut V) -> R) -> R {
        let stamp = self.stamp(now);
        let entry = &mut self.entries[slot as usize];
        let result = change(&mut entry.value);
        entry.touched = stamp;
        let protected = self.most_protected > 0 && entry.value.protected(now);
        self.move_first(slot, protected);
        result
    }

    /// Puts the entry first in its list.
    #[inline]
    fn move_first(&mut self, slot: u32, protected: bool) {
        let was = self.is_protected(slot);
        if was == protected && self.lists[usize::from(was)].first == slot {
            return;
        }
        self.lists[usize::from(was)].unlink(&mut self.entries, slot);
        self.link(slot, protected);
        if protected && self.lists[1].len > self.most_protected {
            self.unprotect(self.lists[1].last);
        }
    }

    fn unprotect(&mut self, slot: u32) {
        self.lists[1].unlink(&mut self.entries, slot);
        self.link(slot, false);
    }

    #[inline]
    fn link(&mut self, slot: u32, protected: bool) {
        let tag = &mut self.entries[slot as usize].tag;
        *tag = *tag & HASH_BITS | u32::from(protected) << 31;
        self.lists[usize::from(protected)].link(&mut self.entries, slot);
    }

    #[inline]
    fn is_protected(&self, slot: u32) -> bool {
        self.entries[slot as usize].tag & !HASH_BITS != 0
    }

    /// A new entry, for the empty cell `at`.
    fn add(&mut self, at: usize, hash: u32, key: K, value: V, now: u64) -> u32 {
        if self.is_empty() {
            self.epoch = now.saturating_sub(BEFORE);
        }
        let entry = Entry {
            key,
            value,
            links: Links::default(),
            touched: self.stamp(now),
            tag: hash,
        };
        let slot = if self.free != NONE {
            let slot = self.free;
            self.free = self.entries[slot as usize].links.next;
            self.entries[slot as usize] = entry;
            self.index.put(at, hash, slot);
            slot
        } else if self.entries.len() < self.most {
            let slot = self.entries.len() as u32;
            self.entries.push(entry);
            self.index.put(at, hash, slot);
            slot
        } else {
            let slot = self.victim(now);
            let old = self.entries[slot as usize].tag & HASH_BITS;
            let was = usize::from(self.is_protected(slot));
            self.lists[was].unlink(&mut self.entries, slot);
            // The new cell before the old one goes: that moves cells, and `at` would not hold any more.
            self.index.put(at, hash, slot);
            self.index.remove(old, slot);
            self.entries[slot as usize] = entry;
            slot
        };
        self.link(slot, false);
        self.collect(now);
        self.foresee();
        slot
    }

    /// The entry that gives way: an idle one, or the least recently used of the common ones.
    fn victim(&self, now: u64) -> u32 {
        let [common, protected] = &self.lists;
        if protected.last != NONE && self.is_idle(protected.last, now) {
            return protected.last;
        }
        common.last
    }

    /// Forgets a few idle entries, and looks at one more for whether it is still to be protected.
    #[inline]
    fn collect(&mut self, now: u64) {
        for list in 0..2 {
            for _ in 0..COLLECTED {
                let last = self.lists[list].last;
                if last == NONE || !self.is_idle(last, now) {
                    break;
                }
                self.remove_slot(last);
            }
        }
        if self.lists[1].len > 0 {
            let slot = self.hand;
            self.hand = (slot + 1) % self.entries.len() as u32;
            if self.is_protected(slot) && !self.entries[slot as usize].value.protected(now) {
                self.unprotect(slot);
            }
            prefetch(&self.entries[self.hand as usize]);
        }
    }

    /// Brings into the cache what the next additions to a full table will need: the cells of the entry that will give
    /// way next, and the entry after it. They were not used for longest, so they are in no cache.
    #[inline]
    fn foresee(&self) {
        let next = self.lists[0].last;
        if self.entries.len() < self.most || next == NONE {
            return;
        }
        let next = &self.entries[next as usize];
        self.index.prefetch(next.tag & HASH_BITS);
        if let Some(further) = self.entries.get(next.links.prev as usize) {
            prefetch(further);
        }
    }

    fn remove_slot(&mut self, slot: u32) {
        let list = usize::from(self.is_protected(slot));
        self.lists[list].unlink(&mut self.entries, slot);
        let entry = &mut self.entries[slot as usize];
        entry.links.next = self.free;
        self.free = slot;
        self.index.remove(entry.tag & HASH_BITS, slot);
        entry.tag = 0;
    }
}

impl<K, V> list::Linked for Entry<K, V> {
    #[inline]
    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// Asks for the cache line of `what`, where the architecture has an instruction for it.
#[inline]
fn prefetch<T>(what: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch of an address that is valid, as that of a reference is, has no effect but on the cache.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(what).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = what;
}
