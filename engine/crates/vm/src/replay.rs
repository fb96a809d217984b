//! Replay: a capture through a program, on the capture's own clock.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::capture::{self, CaptureError, Record, Writer};
use crate::instance::{Clock, Instance, Outcome, RunError, Settings, Verdict};
use crate::offset;
use crate::packet::{Flow, Parsed, build_udp, parse};
use crate::program::Program;

/// Different tags that a summary counts one by one.
pub const MAX_TAGS: usize = 1_000;
/// LINKTYPE_RAW: a packet that starts with its IP header.
const RAW_IP: u32 = 101;

/// How to replay. `ip_offset` overrides what the link type says or the packets let guess; `seed` feeds `rand`.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    pub ip_offset: Option<usize>,
    pub seed: u64,
    /// Sources in the summary, busiest first.
    pub top: usize,
    /// Packets in the summary.
    pub first: usize,
    pub settings: Settings,
}

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

/// The summary, and the capture as pcapng with a comment on each packet.
pub struct Replay {
    pub summary: Summary,
    pub annotated: Vec<u8>,
}

/// Runs `program` on every packet of `capture`.
///
/// # Errors
/// [`CaptureError`] where the capture cannot be read.
pub fn replay(
    program: Arc<Program>,
    capture: &[u8],
    options: &ReplayOptions,
) -> Result<Replay, CaptureError> {
    let mut replay = replay_timed(program, capture, options, &|| false, &mut || 0)?;
    replay.summary.ns_per_packet = None;
    Ok(replay)
}

/// [`replay`] with the caller's clock, monotonic nanoseconds, read around each run. `stop` is asked before each packet.
///
/// # Errors
/// [`CaptureError`] where the capture cannot be read, or `capture.stopped` where `stop` said so.
pub fn replay_timed(
    program: Arc<Program>,
    capture: &[u8],
    options: &ReplayOptions,
    stop: &dyn Fn() -> bool,
    now: &mut dyn FnMut() -> u64,
) -> Result<Replay, CaptureError> {
    let records = capture::read(capture)?;
    let guessed = match options.ip_offset {
        Some(_) => BTreeMap::new(),
        None => offset::guess(&records),
    };
    let mut run = Run {
        options,
        instance: Instance::new(program, options.settings.clone()),
        seed: options.seed,
        summary: Summary::default(),
        sources: BTreeMap::new(),
        writer: Writer::default(),
        latest: 0,
        runs: 0,
        nanos: 0,
    };
    for (index, record) in records.iter().enumerate() {
        if stop() {
            return Err(CaptureError {
                code: "capture.stopped",
                packet: Some(index + 1),
                message: "the replay was stopped".to_owned(),
            });
        }
        let offset = options
            .ip_offset
            .or_else(|| offset::ip_offset(record.link, record.data))
            .or_else(|| guessed.get(&record.link).copied());
        let packet = offset
            .and_then(|offset| record.data.get(offset..))
            .unwrap_or_default();
        run.packet(index + 1, record, packet, now);
    }
    Ok(run.finish())
}

struct Run<'a> {
    options: &'a ReplayOptions,
    instance: Instance,
    /// State of the generator behind `rand`.
    seed: u64,
    summary: Summary,
    /// Packets and dropped packets.
    sources: BTreeMap<IpAddr, (u64, u64)>,
    writer: Writer,
    /// The latest time so far: captures may be out of order.
    latest: u64,
    runs: u64,
    nanos: u64,
}

impl Run<'_> {
    fn packet(
        &mut self,
        number: usize,
        record: &Record<'_>,
        packet: &[u8],
        now: &mut dyn FnMut() -> u64,
    ) {
        let mut row = PacketRow {
            number,
            time: record.unix_nanos as f64 / 1e9,
            flow: None,
            length: record.data.len(),
            verdict: "ignored",
            tag: 0,
            challenge: false,
            printed: Vec::new(),
        };
        let mut comments = vec!["Ignored".to_owned()];
        let mut challenge = None;
        if let Parsed::Udp { flow, .. } = parse(packet) {
            row.flow = Some(flow);
            match self.run(record.unix_nanos, packet, &flow, now) {
                Ok(outcome) => {
                    let dropped = outcome.verdict == Verdict::Drop;
                    row.verdict = if dropped { "drop" } else { "pass" };
                    comments[0] = format!("CF_EBPF_{}", if dropped { "DROP" } else { "PASS" });
                    if outcome.tag != 0 {
                        comments.push(format!("Analytics tag: {}", outcome.tag));
                    }
                    if outcome.skipped {
                        comments.push("Skipped: the flow was declared good".to_owned());
                        self.summary.skipped += 1;
                    }
                    row.tag = outcome.tag;
                    row.challenge = outcome.challenge.is_some();
                    row.printed = outcome.printed;
                    challenge = outcome
                        .challenge
                        .map(|payload| build_udp(&flow.reversed(), &payload));
                }
                Err(error) => {
                    row.verdict = "error";
                    comments[0] = format!("No verdict: {error}");
                }
            }
        }
        self.writer
            .packet(record.link, record.unix_nanos, record.data, &comments);
        if let Some(answer) = challenge {
            let comment = ["Challenge packet".to_owned()];
            self.writer
                .packet(RAW_IP, record.unix_nanos, &answer, &comment);
        }
        self.count(row);
    }

    fn run(
        &mut self,
        unix_nanos: u64,
        packet: &[u8],
        flow: &Flow,
        now: &mut dyn FnMut() -> u64,
    ) -> Result<Outcome, RunError> {
        let seed = &mut self.seed;
        let mut random = || splitmix64(seed);
        // What follows the IP packet (an Ethernet trailer) is not the program's to see.
        let packet = ip_only(packet);
        self.latest = self.latest.max(unix_nanos);
        let clock = Clock {
            unix_nanos,
            monotonic_nanos: self.latest,
        };
        let before = now();
        let result = self.instance.run(packet, flow, clock, &mut random);
        self.nanos += now().saturating_sub(before);
        self.runs += 1;
        let fuel = match &result {
            Ok(outcome) => outcome.fuel_used,
            Err(RunError::OutOfFuel) => self.options.settings.fuel,
            Err(RunError::Fault { .. }) => 0,
        };
        self.summary.fuel_total = self.summary.fuel_total.saturating_add(fuel);
        self.summary.fuel_max = self.summary.fuel_max.max(fuel);
        result
    }

    fn count(&mut self, row: PacketRow) {
        let summary = &mut self.summary;
        summary.packets += 1;
        let count = match row.verdict {
            "pass" => &mut summary.passed,
            "drop" => &mut summary.dropped,
            "error" => &mut summary.errors,
            _ => &mut summary.ignored,
        };
        *count += 1;
        summary.challenges += u64::from(row.challenge);
        if matches!(row.verdict, "pass" | "drop") {
            // A program that tags with random numbers must not grow the summary with the capture.
            if summary.tags.len() < MAX_TAGS || summary.tags.contains_key(&row.tag) {
                *summary.tags.entry(row.tag).or_default() += 1;
            } else {
                summary.tags_other += 1;
            }
        }
        if let Some(flow) = row.flow {
            let source = self.sources.entry(flow.src).or_default();
            source.0 += 1;
            source.1 += u64::from(row.verdict == "drop");
        }
        if summary.first.len() < self.options.first {
            summary.first.push(row);
        }
    }

    fn finish(mut self) -> Replay {
        let mut sources: Vec<SourceCount> = self
            .sources
            .into_iter()
            .map(|(address, (packets, dropped))| SourceCount {
                address,
                packets,
                dropped,
            })
            .collect();
        sources.sort_by_key(|source| std::cmp::Reverse(source.packets));
        sources.truncate(self.options.top);
        self.summary.sources = sources;
        self.summary.ns_per_packet = (self.runs > 0).then(|| self.nanos as f64 / self.runs as f64);
        Replay {
            summary: self.summary,
            annotated: self.writer.finish(),
        }
    }
}

fn ip_only(packet: &[u8]) -> &[u8] {
    let stated = |at: usize| {
        packet
            .get(at..at + 2)
            .map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])))
    };
    let length = if packet.first().is_some_and(|byte| byte >> 4 == 4) {
        stated(2)
    } else {
        40 + stated(4)
    };
    &packet[..length.min(packet.len())]
}

/// Steele, Lea and Flood's SplitMix64: small, seeded, good enough for a deterministic `rand`.
fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut value = *state;
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
