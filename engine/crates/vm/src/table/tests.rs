use std::net::IpAddr;

use super::*;
use crate::additions::{Bucket, Owner};
use crate::packet::Flow;
use crate::state::Source;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A number, and until when it is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    number: u64,
    until: u64,
}

impl Value for Held {
    fn protected(&self, now: u64) -> bool {
        self.until > now
    }
}

fn address(number: u64) -> IpAddr {
    if number.is_multiple_of(3) {
        IpAddr::from(u128::from(number / 3).to_be_bytes())
    } else {
        IpAddr::from((number as u32).wrapping_mul(2_654_435_769).to_be_bytes())
    }
}

/// The same table without any haste: entries in a vector for each list, the most recently used first, and by slot.
struct Model {
    lists: [Vec<Known>; 2],
    slots: Vec<Option<u64>>,
    free: Vec<usize>,
    most: usize,
    hand: usize,
}

#[derive(Clone, Copy)]
struct Known {
    key: u64,
    held: Held,
    touched: u64,
}

impl Known {
    fn is_idle(&self, now: u64) -> bool {
        now.saturating_sub(self.touched) >= IDLE_SECONDS
    }
}

impl Model {
    fn new(most: usize) -> Self {
        Self {
            lists: [Vec::new(), Vec::new()],
            slots: Vec::new(),
            free: Vec::new(),
            most,
            hand: 0,
        }
    }

    fn take(&mut self, key: u64) -> Option<Known> {
        for list in &mut self.lists {
            if let Some(at) = list.iter().position(|known| known.key == key) {
                return Some(list.remove(at));
            }
        }
        None
    }

    fn forget(&mut self, key: u64) {
        if self.take(key).is_some() {
            let slot = self.slots.iter().position(|slot| *slot == Some(key));
            let slot = slot.unwrap();
            self.slots[slot] = None;
            self.free.push(slot);
        }
    }

    fn place(&mut self, known: Known, now: u64) {
        let most_protected = self.most * 8 / 10;
        let protected = most_protected > 0 && known.held.until > now;
        self.lists[usize::from(protected)].insert(0, known);
        if self.lists[1].len() > most_protected {
            let fallen = self.lists[1].pop().unwrap();
            self.lists[0].insert(0, fallen);
        }
    }

    fn get(&mut self, key: u64, now: u64, until: Option<u64>) -> Option<u64> {
        let known = *self.lists.iter().flatten().find(|known| known.key == key)?;
        if known.is_idle(now) {
            self.forget(key);
            return None;
        }
        self.take(key);
        let held = Held {
            until: until.unwrap_or(known.held.until),
            ..known.held
        };
        let touched = now;
        self.place(Known { held, touched, key }, now);
        Some(known.held.number)
    }

    fn set(&mut self, key: u64, held: Held, now: u64) {
        if self.most == 0 {
            return;
        }
        let known = Known {
            key,
            held,
            touched: now,
        };
        if self.take(key).is_none() {
            self.make_room(now);
            let slot = self.free.pop().unwrap_or(self.slots.len());
            self.slots.resize(self.slots.len().max(slot + 1), None);
            self.slots[slot] = Some(key);
            self.lists[0].insert(0, known);
            self.collect(now);
            self.take(key);
        }
        self.place(known, now);
    }

    fn make_room(&mut self, now: u64) {
        if self.lists[0].len() + self.lists[1].len() < self.most {
            return;
        }
        let idle = self.lists[1].last().filter(|known| known.is_idle(now));
        let victim = idle.or(self.lists[0].last()).unwrap().key;
        self.forget(victim);
    }

    fn collect(&mut self, now: u64) {
        for list in 0..2 {
            for _ in 0..COLLECTED {
                if let Some(known) = self.lists[list].last().filter(|known| known.is_idle(now)) {
                    self.forget(known.key);
                } else {
                    break;
                }
            }
        }
        if self.lists[1].is_empty() {
            return;
        }
        let looked_at = self.slots[self.hand];
        self.hand = (self.hand + 1) % self.slots.len();
        let ended = |known: &&Known| Some(known.key) == looked_at && known.held.until <= now;
        if let Some(known) = self.lists[1].iter().find(ended).copied() {
            self.take(known.key);
            self.lists[0].insert(0, known);
        }
    }
}

/// Random operations on a table and the model; `back` is how far the clock may go backward at times.
fn compare(most: usize, keys: u64, back: u64, seed: u64) {
    let mut random = Random(seed);
    let mut table: Table<IpAddr, Held> = Table::new(most);
    let (bytes, mut model) = (table.bytes(), Model::new(most));
    let mut now = 5_000 + random.below(1 << 40);
    for step in 0..3_000 {
        let key = random.below(keys);
        match random.below(40) {
            0 => now += random.below(IDLE_SECONDS / 2),
            1 => now = now.saturating_sub(random.below(back + 1)),
            2 => now += u64::from(random.below(30) == 0) * (IDLE_SECONDS + random.below(9)),
            _ => {}
        }
        let until = match random.below(3) {
            0 => now + random.below(2 * IDLE_SECONDS),
            _ => 0,
        };
        let what = random.below(10);
        match what {
            0..=3 => {
                let found = table.get(&address(key), now).map(|held| held.number);
                assert_eq!(found, model.get(key, now, None), "step {step}");
            }
            4..=7 => {
                let number = random.next();
                let held = Held { number, until };
                assert_eq!(table.set(address(key), held, now), most > 0);
                model.set(key, held, now);
            }
            8 => {
                let found = table.update(&address(key), now, |held| {
                    held.until = until;
                    held.number
                });
                assert_eq!(found, model.get(key, now, Some(until)), "step {step}");
            }
            _ => {
                table.remove(&address(key));
                model.forget(key);
            }
        }
        assert_eq!(table.lists[1].len as usize, model.lists[1].len());
        assert_eq!(table.len(), model.lists[0].len() + model.lists[1].len());
    }
    assert_eq!(table.bytes(), bytes, "memory was taken later");
}

#[test]
fn a_table_does_as_the_model_does() {
    for seed in 0..60 {
        compare(20, 40, 0, seed);
        compare(7, 300, 0, seed);
        compare(64, 70, 2 * IDLE_SECONDS, seed);
    }
}

#[test]
fn the_smallest_tables_do_as_the_model_does() {
    for most in 0..6 {
        for seed in 0..15 {
            compare(most, 8, 100, seed);
        }
    }
}

#[test]
fn an_entry_is_a_cache_line() {
    assert_eq!(size_of::<Entry<IpAddr, Source>>(), 64);
    assert_eq!(size_of::<Entry<IpAddr, u64>>(), 64);
    assert_eq!(size_of::<Entry<Flow, u64>>(), 64);
    assert_eq!(size_of::<Entry<Owner, Bucket>>(), 64);
}

#[test]
fn memory_is_bounded() {
    for most in [1, 10, 1_000, 10_000, 349_525, MAX_ENTRIES] {
        let table: Table<Flow, u64> = Table::new(most);
        assert!(table.bytes() <= most * 96 + 32, "{most}: {}", table.bytes());
    }
    let more: Table<IpAddr, u64> = Table::new(usize::MAX);
    assert_eq!(more.most, MAX_ENTRIES);
}

#[test]
fn idle_entries_are_collected_a_few_at_a_time() {
    let mut table: Table<IpAddr, u64> = Table::new(100);
    for number in 0..50 {
        table.set(address(number), number, 10);
    }
    let later = 10 + IDLE_SECONDS;
    assert!(table.set(address(99), 99, later));
    assert_eq!(table.len(), 51 - COLLECTED);
    for _ in 0..30 {
        let _ = table.set(address(99), 99, later);
    }
    // Only additions collect: what is found again costs no more than the finding.
    assert_eq!(table.len(), 51 - COLLECTED);
    for number in 100..150 {
        table.set(address(number), number, later);
    }
    assert_eq!(table.len(), 51);
}

#[test]
fn a_clock_that_goes_backward_loses_nothing() {
    let mut table: Table<IpAddr, u64> = Table::new(4);
    table.set(address(1), 1, 1_000_000_000);
    assert_eq!(table.get(&address(1), 1_000), Some(1));
    table.set(address(2), 2, 2_000);
    // What was touched since is as old as the new time says.
    assert_eq!(table.get(&address(1), 1_000 + IDLE_SECONDS), None);
    assert_eq!(table.get(&address(2), 1_999 + IDLE_SECONDS), Some(2));
    assert_eq!(table.get(&address(2), u64::MAX), None);
    assert!(table.is_empty());
    table.set(address(3), 3, 0);
    assert_eq!(table.get(&address(3), 0), Some(3));
}

#[test]
fn addresses_of_the_two_families_differ() {
    let mut table: Table<IpAddr, u64> = Table::new(10);
    let four: IpAddr = "1.2.3.4".parse().unwrap();
    for (number, text) in ["::ffff:1.2.3.4", "::1.2.3.4", "8000::1.2.3.4"]
        .iter()
        .enumerate()
    {
        let six: IpAddr = text.parse().unwrap();
        table.set(six, number as u64, 0);
        assert_eq!(table.get(&four, 0), None);
    }
}

#[test]
fn hashes_depend_on_the_table() {
    let one = Table::<Flow, u64>::new(1);
    let other = Table::<Flow, u64>::new(1);
    let flow = Flow {
        src: address(1),
        src_port: 1,
        dst: address(2),
        dst_port: 2,
    };
    assert_eq!(one.hash(&flow), one.hash(&flow));
    let port = |port| Flow {
        src_port: port,
        ..flow
    };
    assert!((0..4).any(|number| one.hash(&port(number)) != other.hash(&port(number))));
}
