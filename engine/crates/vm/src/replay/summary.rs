//! Counts over a capture.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ahash::AHashMap;
use serde::{Serialize, Serializer};

use super::Ran;
use super::feed::Prepared;
use super::machine::Spent;
use crate::instance::Verdict;
use crate::packet::Flow;

/// Different tags that a summary counts one by one.
pub const MAX_TAGS: usize = 1_000;

/// One source's packets.
#[derive(Clone, Debug, Serialize)]
pub struct SourceCount {
    pub address: IpAddr,
    pub packets: u64,
    pub dropped: u64,
}

/// One packet's verdict: `pass`, `drop`, `ignored` (not UDP, or too large) or `error` (no verdict).
#[derive(Clone, Debug, Serialize)]
pub struct PacketRow {
    /// Counts from 1.
    pub number: usize,
    /// Unix seconds.
    pub time: f64,
    #[serde(flatten, serialize_with = "named")]
    pub flow: Option<Flow>,
    pub length: usize,
    pub verdict: &'static str,
    pub tag: u64,
    pub challenge: bool,
    pub printed: Vec<String>,
}

impl PacketRow {
    pub(super) fn new(packet: &Prepared<'_>, ran: Ran<'_>) -> Self {
        let (verdict, tag, challenge, printed) = match ran {
            Some(Ok(run)) => (
                match run.decided.verdict {
                    Verdict::Pass => "pass",
                    Verdict::Drop => "drop",
                },
                run.decided.tag,
                run.challenge.is_some(),
                run.printed.to_vec(),
            ),
            Some(Err(_)) => ("error", 0, false, Vec::new()),
            None => ("ignored", 0, false, Vec::new()),
        };
        Self {
            number: packet.number,
            time: packet.record.unix_nanos as f64 / 1e9,
            flow: packet.packet.map(|(_, headers)| headers.flow),
            length: packet.record.data.len(),
            verdict,
            tag,
            challenge,
            printed,
        }
    }
}

/// A flow in the words of the summary.
fn named<S: Serializer>(flow: &Option<Flow>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Named {
        source: Option<IpAddr>,
        source_port: Option<u16>,
        destination: Option<IpAddr>,
        destination_port: Option<u16>,
    }
    Named {
        source: flow.map(|flow| flow.src),
        source_port: flow.map(|flow| flow.src_port),
        destination: flow.map(|flow| flow.dst),
        destination_port: flow.map(|flow| flow.dst_port),
    }
    .serialize(serializer)
}

/// Counts over the whole capture.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    pub packets: u64,
    pub passed: u64,
    pub dropped: u64,
    pub ignored: u64,
    pub errors: u64,
    pub challenges: u64,
    /// Passed without the program, because it had declared their flow good.
    pub skipped: u64,
    /// Packets by tag: the first [`MAX_TAGS`] tags that were seen.
    pub tags: BTreeMap<u64, u64>,
    /// Packets with other tags.
    pub tags_other: u64,
    /// Fuel of all runs together, and of the most expensive one.
    pub fuel_total: u64,
    pub fuel_max: u64,
    /// Mean time of one run by the caller's clock; None where there was no clock or no run.
    pub ns_per_packet: Option<f64>,
    pub sources: Vec<SourceCount>,
    pub first: Vec<PacketRow>,
}

/// Packets and dropped packets of a source.
#[derive(Clone, Copy, Default)]
struct Count {
    packets: u64,
    dropped: u64,
}

/// The summary while it is made.
pub(super) struct Tally {
    summary: Summary,
    tags: AHashMap<u64, u64>,
    v4: AHashMap<u32, Count>,
    v6: AHashMap<u128, Count>,
    top: usize,
    first: usize,
}

impl Tally {
    /// With the `top` busiest sources and the `first` packets.
    pub fn new(top: usize, first: usize) -> Self {
        Self {
            summary: Summary::default(),
            tags: AHashMap::new(),
            v4: AHashMap::new(),
            v6: AHashMap::new(),
            top,
            first,
        }
    }

    #[inline]
    pub fn packet(&mut self, packet: &Prepared<'_>, ran: Ran<'_>) {
        let summary = &mut self.summary;
        summary.packets += 1;
        let mut dropped = false;
        match ran {
            None => summary.ignored += 1,
            Some(Err(_)) => summary.errors += 1,
            Some(Ok(run)) => {
                let outcome = run.decided;
                dropped = outcome.verdict == Verdict::Drop;
                summary.dropped += u64::from(dropped);
                summary.passed += u64::from(!dropped);
                summary.challenges += u64::from(run.challenge.is_some());
                summary.skipped += u64::from(outcome.skipped);
                // A program that tags with random numbers must not grow the summary with the capture.
                let has_room = self.tags.len() < MAX_TAGS;
                match self.tags.get_mut(&outcome.tag) {
                    Some(count) => *count += 1,
                    None if has_room => {
                        self.tags.insert(outcome.tag, 1);
                    }
                    None => summary.tags_other += 1,
                }
            }
        }
        if let Some((_, headers)) = &packet.packet {
            let source = match headers.flow.src {
                IpAddr::V4(address) => self.v4.entry(address.to_bits()).or_default(),
                IpAddr::V6(address) => self.v6.entry(address.to_bits()).or_default(),
            };
            source.packets += 1;
            source.dropped += u64::from(dropped);
        }
        if summary.first.len() < self.first {
            summary.first.push(PacketRow::new(packet, ran));
        }
    }

    /// The summary of runs that took `nanos` nanoseconds together.
    pub fn finish(self, spent: Spent, nanos: u64) -> Summary {
        let mut sources = busiest(self.v4, self.top, |bits| Ipv4Addr::from_bits(bits).into());
        sources.extend(busiest(self.v6, self.top, |bits| {
            Ipv6Addr::from_bits(bits).into()
        }));
        sources.sort_by_key(rank);
        sources.truncate(self.top);
        Summary {
            tags: self.tags.into_iter().collect(),
            fuel_total: spent.total,
            fuel_max: spent.max,
            ns_per_packet: (spent.runs > 0).then(|| nanos as f64 / spent.runs as f64),
            sources,
            ..self.summary
        }
    }
}

/// Busiest first; among equals the lower address, so that two replays agree.
fn rank(source: &SourceCount) -> (Reverse<u64>, IpAddr) {
    (Reverse(source.packets), source.address)
}

/// The `top` busiest of `counts`, in no order.
fn busiest<K: Hash + Eq>(
    counts: AHashMap<K, Count>,
    top: usize,
    address: impl Fn(K) -> IpAddr,
) -> Vec<SourceCount> {
    let mut sources: Vec<_> = counts
        .into_iter()
        .map(|(key, count)| SourceCount {
            address: address(key),
            packets: count.packets,
            dropped: count.dropped,
        })
        .collect();
    if sources.len() > top {
        sources.select_nth_unstable_by_key(top, rank);
        sources.truncate(top);
    }
    sources
}
