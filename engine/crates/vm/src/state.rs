//! The two state tables of a rule's program: per source address and per flow.

use std::net::IpAddr;

use crate::packet::Flow;
pub use crate::table::{IDLE_SECONDS, MAX_ENTRIES};
use crate::table::{Table, Value};

/// `CF_EBPF_SRC_IP_STATUS_VERIFIED`
pub const VERIFIED: u8 = 2;

/// Entries each table holds, at most [`MAX_ENTRIES`]; 0 switches a table off.
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

/// What is remembered of a source address. Packed, so that its entry fits a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, packed(4))]
pub struct Source {
    /// Unix second at which `status` falls back to none; 0 is never.
    pub expiry: u64,
    pub data: u64,
    /// Unix second of the last challenge; 0 is none.
    pub challenged: u64,
    pub status: u8,
}

impl Source {
    fn expire(&mut self, now: u64) {
        if self.expiry != 0 && self.expiry <= now {
            self.status = 0;
            self.expiry = 0;
        }
    }
}

impl Value for Source {
    /// A flood of forged sources is not to cost those their status that answered a challenge. Whom a program blocklists
    /// is not protected: such addresses are the sender's choice, and could fill the protected part.
    fn protected(&self, now: u64) -> bool {
        self.status == VERIFIED && (self.expiry == 0 || self.expiry > now)
    }
}

/// The tables. Times are Unix seconds and passed in.
#[derive(Debug)]
pub struct Tables {
    sources: Table<IpAddr, Source>,
    flows: Table<Flow, u64>,
}

impl Tables {
    #[must_use]
    pub fn new(config: StateConfig) -> Self {
        Self {
            sources: Table::new(config.source_entries),
            flows: Table::new(config.flow_entries),
        }
    }

    /// Whether the source table is on.
    #[must_use]
    pub fn has_sources(&self) -> bool {
        self.sources.is_on()
    }

    /// Whether the flow table is on.
    #[must_use]
    pub fn has_flows(&self) -> bool {
        self.flows.is_on()
    }

    /// The entry of `address`, touched; an idle one is gone, an expired status is none.
    #[inline]
    pub fn source(&mut self, address: IpAddr, now: u64) -> Option<Source> {
        self.sources.update(&address, now, |entry| {
            entry.expire(now);
            *entry
        })
    }

    /// Changes the entry of `address`, made if it is not there. False where the table is off.
    #[inline]
    pub fn change_source(
        &mut self,
        address: IpAddr,
        now: u64,
        change: impl FnOnce(&mut Source),
    ) -> bool {
        let changed = self
            .sources
            .upsert(address, now, Source::default(), |entry| {
                entry.expire(now);
                change(entry);
            });
        changed.is_some()
    }

    /// Asks for what finds `flow` and its source to be brought into the cache: for packets about eight ahead in a batch.
    #[inline]
    pub fn prefetch(&self, flow: &Flow) {
        self.sources.prefetch(&flow.src);
        self.flows.prefetch(flow);
    }

    /// The data of `flow`, touched.
    #[inline]
    pub fn flow(&mut self, flow: &Flow, now: u64) -> Option<u64> {
        self.flows.get(flow, now)
    }

    /// Sets the data of `flow`. False where the table is off.
    #[inline]
    pub fn set_flow(&mut self, flow: &Flow, data: u64, now: u64) -> bool {
        self.flows.set(*flow, data, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    fn sources(entries: usize) -> Tables {
        Tables::new(StateConfig {
            source_entries: entries,
            flow_entries: 1,
        })
    }

    fn set_status(tables: &mut Tables, number: u32, status: u8, expiry: u64, now: u64) {
        tables.change_source(address(number), now, |entry| {
            (entry.status, entry.expiry) = (status, expiry);
        });
    }

    /// Status of those of `numbers` that are there.
    fn left(tables: &mut Tables, numbers: std::ops::Range<u32>, now: u64) -> Vec<(u32, u8)> {
        numbers
            .filter_map(|number| {
                let entry = tables.source(address(number), now)?;
                Some((number, entry.status))
            })
            .collect()
    }

    #[test]
    fn the_least_recently_used_source_goes_first() {
        let mut tables = sources(2);
        assert!(tables.change_source(address(1), 10, |entry| entry.data = 1));
        assert!(tables.change_source(address(2), 10, |entry| entry.data = 2));
        assert!(tables.source(address(1), 11).is_some());
        tables.change_source(address(3), 12, |_| {});
        assert!(tables.source(address(1), 12).is_some());
        assert!(tables.source(address(2), 12).is_none());
    }

    #[test]
    fn a_status_expires_and_an_idle_entry_is_collected() {
        let mut tables = Tables::new(StateConfig::default());
        tables.change_source(address(1), 100, |entry| {
            (entry.status, entry.expiry, entry.data) = (2, 110, 9);
        });
        assert_eq!({ tables.source(address(1), 109).unwrap().status }, 2);
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
        assert!(!tables.change_source(address(1), 1, |_| {}));
        assert!(tables.source(address(1), 1).is_none());
    }

    #[test]
    fn a_flood_of_new_sources_evicts_no_verified_one() {
        let mut tables = sources(100);
        for number in 0..80 {
            set_status(&mut tables, number, VERIFIED, 0, 10);
        }
        for number in 1_000..11_000 {
            let status = (number % 4) as u8;
            // What the flood brings is anything but verified.
            set_status(
                &mut tables,
                number,
                if status == VERIFIED { 3 } else { status },
                0,
                11,
            );
        }
        let all: Vec<_> = (0..80).map(|number| (number, VERIFIED)).collect();
        assert_eq!(left(&mut tables, 0..80, 12), all);
    }

    #[test]
    fn verified_ones_beyond_the_share_are_common_by_age() {
        let mut tables = sources(100);
        for number in 0..90 {
            set_status(&mut tables, number, VERIFIED, 0, 10);
        }
        for number in 1_000..2_000 {
            tables.change_source(address(number), 11, |_| {});
        }
        // Ten too many: the oldest ten gave way.
        let kept: Vec<_> = (10..90).map(|number| (number, VERIFIED)).collect();
        assert_eq!(left(&mut tables, 0..90, 12), kept);
    }

    #[test]
    fn what_is_verified_no_longer_is_common() {
        let mut tables = sources(10);
        for number in 0..8 {
            set_status(&mut tables, number, VERIFIED, 0, 10);
        }
        set_status(&mut tables, 0, 0, 0, 11);
        set_status(&mut tables, 1, VERIFIED, 20, 11);
        // Expired, and noticed without being used.
        for number in 1_000..1_100 {
            tables.change_source(address(number), 20, |_| {});
        }
        let kept: Vec<_> = (2..8).map(|number| (number, VERIFIED)).collect();
        assert_eq!(left(&mut tables, 0..8, 21), kept);
    }
}
