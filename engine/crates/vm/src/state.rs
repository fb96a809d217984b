//! The two state tables of a rule's program: per source address and per flow. Both are LRU.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use ahash::RandomState;
use lru::LruCache;

use crate::packet::Flow;

/// An entry that was not touched for this long is collected.
pub const IDLE_SECONDS: u64 = 3600;

/// Entries each table holds; 0 switches a table off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateConfig {
    pub source_entries: usize,
    pub flow_entries: usize,
}

impl Default for StateConfig {
    fn default() -> Self {
        Self {
            source_entries: 1_000,
            flow_entries: 10_000,
        }
    }
}

/// What is remembered of a source address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub status: u8,
    /// Unix second at which `status` falls back to none; 0 is never.
    pub expiry: u64,
    pub data: u64,
    /// Unix second of the last challenge; 0 is none.
    pub challenged: u64,
    touched: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct FlowEntry {
    data: u64,
    touched: u64,
}

/// The tables. Times are Unix seconds and passed in.
#[derive(Debug)]
pub struct Tables {
    sources: Option<LruCache<IpAddr, Source, RandomState>>,
    flows: Option<LruCache<Flow, FlowEntry, RandomState>>,
}

impl Tables {
    #[must_use]
    pub fn new(config: StateConfig) -> Self {
        fn table<K: std::hash::Hash + Eq, V>(
            entries: usize,
        ) -> Option<LruCache<K, V, RandomState>> {
            NonZeroUsize::new(entries).map(|size| LruCache::with_hasher(size, RandomState::new()))
        }
        Self {
            sources: table(config.source_entries),
            flows: table(config.flow_entries),
        }
    }

    /// Whether the source table is on.
    #[must_use]
    pub fn has_sources(&self) -> bool {
        self.sources.is_some()
    }

    /// Whether the flow table is on.
    #[must_use]
    pub fn has_flows(&self) -> bool {
        self.flows.is_some()
    }

    /// The entry of `address`, touched; an idle one is gone, an expired status is none.
    pub fn source(&mut self, address: IpAddr, now: u64) -> Option<&mut Source> {
        let table = self.sources.as_mut()?;
        if is_idle(table.peek(&address)?.touched, now) {
            table.pop(&address);
            return None;
        }
        let entry = table.get_mut(&address)?;
        entry.touched = now;
        if entry.expiry != 0 && entry.expiry <= now {
            entry.status = 0;
            entry.expiry = 0;
        }
        Some(entry)
    }

    /// The entry of `address`, made if it is not there. None where the table is off.
    pub fn source_or_new(&mut self, address: IpAddr, now: u64) -> Option<&mut Source> {
        if self.source(address, now).is_none() {
            let table = self.sources.as_mut()?;
            while table
                .peek_lru()
                .is_some_and(|(_, oldest)| is_idle(oldest.touched, now))
            {
                table.pop_lru();
            }
            table.put(
                address,
                Source {
                    touched: now,
                    ..Source::default()
                },
            );
        }
        self.sources.as_mut()?.get_mut(&address)
    }

    /// The data of `flow`, touched.
    pub fn flow(&mut self, flow: &Flow, now: u64) -> Option<u64> {
        let table = self.flows.as_mut()?;
        if is_idle(table.peek(flow)?.touched, now) {
            table.pop(flow);
            return None;
        }
        let entry = table.get_mut(flow)?;
        entry.touched = now;
        Some(entry.data)
    }

    /// Sets the data of `flow`. False where the table is off.
    pub fn set_flow(&mut self, flow: &Flow, data: u64, now: u64) -> bool {
        let Some(table) = self.flows.as_mut() else {
            return false;
        };
        while table
            .peek_lru()
            .is_some_and(|(_, oldest)| is_idle(oldest.touched, now))
        {
            table.pop_lru();
        }
        table.put(*flow, FlowEntry { data, touched: now });
        true
    }
}

fn is_idle(touched: u64, now: u64) -> bool {
    now.saturating_sub(touched) >= IDLE_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    #[test]
    fn the_least_recently_used_source_goes_first() {
        let mut tables = Tables::new(StateConfig {
            source_entries: 2,
            flow_entries: 1,
        });
        tables.source_or_new(address(1), 10).unwrap().data = 1;
        tables.source_or_new(address(2), 10).unwrap().data = 2;
        assert!(tables.source(address(1), 11).is_some());
        tables.source_or_new(address(3), 12);
        assert!(tables.source(address(1), 12).is_some());
        assert!(tables.source(address(2), 12).is_none());
    }

    #[test]
    fn a_status_expires_and_an_idle_entry_is_collected() {
        let mut tables = Tables::new(StateConfig::default());
        let entry = tables.source_or_new(address(1), 100).unwrap();
        (entry.status, entry.expiry, entry.data) = (2, 110, 9);
        assert_eq!(tables.source(address(1), 109).unwrap().status, 2);
        let entry = tables.source(address(1), 110).unwrap();
        assert_eq!((entry.status, entry.expiry, entry.data), (0, 0, 9));
        assert!(tables.source(address(1), 110 + IDLE_SECONDS).is_none());
    }

    #[test]
    fn a_table_of_no_entries_is_off() {
        let mut tables = Tables::new(StateConfig {
            source_entries: 0,
            flow_entries: 0,
        });
        assert!(!tables.has_sources() && !tables.has_flows());
        assert!(tables.source_or_new(address(1), 1).is_none());
    }
}
