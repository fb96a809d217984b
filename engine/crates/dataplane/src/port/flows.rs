//! The flows of a relay: a bounded table in order of last use.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use ahash::AHashMap;

use super::batch::Local;

/// Who talks to which of our addresses. The port is the listener's, always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub client: SocketAddr,
    pub local: Local,
}

/// A flow with its socket towards upstream.
pub(super) struct Flow {
    pub key: Key,
    pub socket: OwnedFd,
    /// The local port of `socket`, 0 for one that is not of the relay's range.
    pub port: u16,
}

const NONE: u32 = u32::MAX;

struct Slot {
    flow: Option<Flow>,
    /// Counts the flows that had this slot: an event for an earlier one is told apart.
    generation: u32,
    used: Instant,
    newer: u32,
    older: u32,
}

/// Flows by key and by slot. A flow counts as used when its client's packet passes.
pub(super) struct Flows {
    index: AHashMap<Key, u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    most: usize,
}

impl Flows {
    /// A table of at most `most` flows, at least one.
    pub fn new(most: usize) -> Self {
        Self {
            index: AHashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            most: most.max(1),
        }
    }

    pub fn len(&self) -> usize {
        self.index.len()
    }

    pub fn is_full(&self) -> bool {
        self.len() >= self.most
    }

    /// The slot of the flow of `key`, now the one used last.
    pub fn touch(&mut self, key: &Key, now: Instant) -> Option<u32> {
        let slot = *self.index.get(key)?;
        self.slots[slot as usize].used = now;
        if self.newest != slot {
            self.unlink(slot);
            self.link(slot);
        }
        Some(slot)
    }

    /// Adds a flow and gives its slot. The caller has made room: see [`Flows::is_full`].
    pub fn insert(&mut self, flow: Flow, now: Instant) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                flow: None,
                generation: 0,
                used: now,
                newer: NONE,
                older: NONE,
            });
            (self.slots.len() - 1) as u32
        });
        self.index.insert(flow.key, slot);
        let entry = &mut self.slots[slot as usize];
        entry.flow = Some(flow);
        entry.used = now;
        self.link(slot);
        slot
    }

    pub fn get(&self, slot: u32) -> Option<&Flow> {
        self.slots.get(slot as usize)?.flow.as_ref()
    }

    /// What epoll tells of the flow in `slot`.
    pub fn token(&self, slot: u32) -> u64 {
        u64::from(self.slots[slot as usize].generation) << 32 | u64::from(slot)
    }

    /// The slot that `token` means, unless its flow is gone.
    pub fn slot_of(&self, token: u64) -> Option<u32> {
        let slot = token as u32;
        let entry = self.slots.get(slot as usize)?;
        (entry.flow.is_some() && u64::from(entry.generation) == token >> 32).then_some(slot)
    }

    /// Takes the flow out that was not used for longest.
    pub fn pop_oldest(&mut self) -> Option<Flow> {
        (self.oldest != NONE)
            .then_some(self.oldest)
            .and_then(|slot| self.remove(slot))
    }

    /// Takes a flow out that was not used for `idle`. Call it until it gives none.
    pub fn pop_idle(&mut self, now: Instant, idle: Duration) -> Option<Flow> {
        let oldest = self.slots.get(self.oldest as usize)?;
        if now.saturating_duration_since(oldest.used) < idle {
            return None;
        }
        self.pop_oldest()
    }

    pub fn remove(&mut self, slot: u32) -> Option<Flow> {
        let flow = self.slots.get_mut(slot as usize)?.flow.take()?;
        self.unlink(slot);
        self.index.remove(&flow.key);
        let entry = &mut self.slots[slot as usize];
        // The all-ones generation belongs to the listener's and the waker's tokens.
        entry.generation = (entry.generation + 1) % u32::MAX;
        self.free.push(slot);
        Some(flow)
    }

    fn link(&mut self, slot: u32) {
        let newest = self.newest;
        let entry = &mut self.slots[slot as usize];
        (entry.newer, entry.older) = (NONE, newest);
        if newest == NONE {
            self.oldest = slot;
        } else {
            self.slots[newest as usize].newer = slot;
        }
        self.newest = slot;
    }

    fn unlink(&mut self, slot: u32) {
        let entry = &self.slots[slot as usize];
        let (newer, older) = (entry.newer, entry.older);
        if newer == NONE {
            self.newest = older;
        } else {
            self.slots[newer as usize].older = older;
        }
        if older == NONE {
            self.oldest = newer;
        } else {
            self.slots[older as usize].newer = newer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(port: u16) -> Key {
        Key {
            client: ([127, 0, 0, 1], port).into(),
            local: Local {
                ip: [127, 0, 0, 2].into(),
                interface: 0,
            },
        }
    }

    fn flow(port: u16) -> Flow {
        Flow {
            key: key(port),
            socket: std::net::UdpSocket::bind("127.0.0.1:0").unwrap().into(),
            port,
        }
    }

    #[test]
    fn the_one_not_used_for_longest_goes_first() {
        let mut flows = Flows::new(3);
        let start = Instant::now();
        for port in 1..=3 {
            flows.insert(flow(port), start);
        }
        assert!(flows.is_full());
        assert!(flows.touch(&key(1), start).is_some());
        assert!(flows.touch(&key(9), start).is_none());
        let order: Vec<u16> = std::iter::from_fn(|| flows.pop_oldest())
            .map(|f| f.port)
            .collect();
        assert_eq!((order, flows.len()), (vec![2, 3, 1], 0));
    }

    #[test]
    fn idle_flows_go_and_their_tokens_with_them() {
        let mut flows = Flows::new(3);
        let start = Instant::now();
        let idle = Duration::from_secs(60);
        let slot = flows.insert(flow(1), start);
        let token = flows.token(slot);
        assert_eq!(flows.slot_of(token), Some(slot));
        assert!(flows.pop_idle(start + idle / 2, idle).is_none());
        flows.insert(flow(2), start + idle / 2);
        assert_eq!(flows.pop_idle(start + idle, idle).unwrap().port, 1);
        assert!(flows.pop_idle(start + idle, idle).is_none());
        assert_eq!(flows.slot_of(token), None);
        let again = flows.insert(flow(3), start + idle);
        assert_eq!((again, flows.slot_of(token)), (slot, None));
        assert_ne!(flows.token(again), token);
    }
}
