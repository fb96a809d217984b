//! Replay: a capture through a program, on the capture's own clock.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;

use crate::capture::{self, CaptureError, Writer};
use crate::instance::{Clock, Instance, Settings, Verdict};
use crate::packet::{Flow, Parsed, build_udp, parse};
use crate::program::Program;

/// LINKTYPE_RAW: a packet that starts with its IP header.
const RAW_IP: u32 = 101;

/// How to replay. `ip_offset` overrides what the link type says; `seed` feeds `rand`.
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
    #[serde(flatten)]
    pub flow: Option<Flow>,
    pub length: usize,
    pub verdict: &'static str,
    pub tag: u64,
    pub challenge: bool,
    pub printed: Vec<String>,
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
    pub tags: BTreeMap<u64, u64>,
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
    let records = capture::read(capture)?;
    let mut instance = Instance::new(program, options.settings.clone());
    let mut state = options.seed;
    let mut random = move || splitmix64(&mut state);
    let mut summary = Summary::default();
    let mut sources: BTreeMap<IpAddr, (u64, u64)> = BTreeMap::new();
    let mut writer = Writer::default();
    for (index, record) in records.iter().enumerate() {
        let offset = options
            .ip_offset
            .or_else(|| capture::ip_offset(record.link, record.data));
        let packet = offset
            .and_then(|offset| record.data.get(offset..))
            .unwrap_or_default();
        let mut row = PacketRow {
            number: index + 1,
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
            let count = sources.entry(flow.src).or_default();
            count.0 += 1;
            let now = Clock {
                unix_nanos: record.unix_nanos,
            };
            // What follows the IP packet (an Ethernet trailer) is not the program's to see.
            match instance.run(ip_only(packet), &flow, now, &mut random) {
                Ok(outcome) => {
                    let dropped = outcome.verdict == Verdict::Drop;
                    row.verdict = if dropped { "drop" } else { "pass" };
                    count.1 += u64::from(dropped);
                    comments[0] = if dropped {
                        "CF_EBPF_DROP"
                    } else {
                        "CF_EBPF_PASS"
                    }
                    .to_owned();
                    if outcome.tag != 0 {
                        comments.push(format!("Analytics tag: {}", outcome.tag));
                    }
                    *summary.tags.entry(outcome.tag).or_default() += 1;
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
        summary.packets += 1;
        match row.verdict {
            "pass" => summary.passed += 1,
            "drop" => summary.dropped += 1,
            "error" => summary.errors += 1,
            _ => summary.ignored += 1,
        }
        writer.packet(record.link, record.unix_nanos, record.data, &comments);
        if let Some(answer) = challenge {
            summary.challenges += 1;
            writer.packet(
                RAW_IP,
                record.unix_nanos,
                &answer,
                &["Challenge packet".to_owned()],
            );
        }
        if summary.first.len() < options.first {
            summary.first.push(row);
        }
    }
    summary.sources = sources
        .into_iter()
        .map(|(address, (packets, dropped))| SourceCount {
            address,
            packets,
            dropped,
        })
        .collect();
    summary
        .sources
        .sort_by_key(|source| std::cmp::Reverse(source.packets));
    summary.sources.truncate(options.top);
    Ok(Replay {
        summary,
        annotated: writer.finish(),
    })
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
