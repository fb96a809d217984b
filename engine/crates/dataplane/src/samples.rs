//! A few packets a second for people to look at. Taking one costs a copy; a slow reader costs nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flowprotect_vm::packet::Flow;
use serde::Serialize;

use crate::fair::FairQueue;

/// Bytes of the IP packet that are kept.
const BYTES: usize = 256;
/// Samples kept for the reader, of all accounts. Beyond that, the account with the most gives way.
const RING: usize = 500;
/// Samples a second of each kind of verdict of an account: three kinds make 48 at most, and rare ones are seen in a flood
/// of others.
const PER_SECOND: u64 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleVerdict {
    Pass,
    Drop,
    WouldDrop,
}

/// A packet a program ran on.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub account_id: String,
    pub rule_id: String,
    /// Unix seconds.
    pub at: f64,
    pub source: String,
    pub source_port: u16,
    pub destination: String,
    pub destination_port: u16,
    /// Bytes of the whole IP packet.
    pub length: usize,
    pub verdict: SampleVerdict,
    pub tag: u64,
    pub challenge: bool,
    /// The first 256 bytes of the IP packet in base64.
    pub packet: String,
}

#[derive(Clone)]
pub(crate) struct Taken {
    pub account: usize,
    pub rule: usize,
    pub at_nanos: u64,
    pub flow: Flow,
    pub length: usize,
    pub verdict: SampleVerdict,
    pub tag: u64,
    pub challenge: bool,
    pub bytes: Vec<u8>,
}

/// When each kind of verdict of each account was sampled last, and what was taken.
pub(crate) struct Sampler {
    /// By account.
    next: Vec<[u64; 3]>,
    taken: FairQueue<usize, Taken>,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            next: Vec::new(),
            taken: FairQueue::new(RING),
        }
    }
}

impl Sampler {
    /// Whether a packet of this account and verdict is one to take now.
    pub fn wants(&mut self, account: usize, verdict: SampleVerdict, now_nanos: u64) -> bool {
        const GAP: u64 = 1_000_000_000 / PER_SECOND;
        if self.next.len() <= account {
            self.next.resize(account + 1, [0; 3]);
        }
        let next = &mut self.next[account][verdict as usize];
        // A clock that was set back must not silence the sampler.
        if now_nanos < *next && *next - now_nanos <= GAP {
            return false;
        }
        *next = now_nanos + GAP;
        true
    }

    pub fn take(&mut self, sample: Taken) {
        self.taken.push(sample.account, sample);
    }

    /// Hands everything over; the gaps go on as they were.
    pub fn drain(&mut self) -> Vec<Taken> {
        self.taken.drain()
    }
}

impl Taken {
    pub fn head(packet: &[u8]) -> Vec<u8> {
        packet[..packet.len().min(BYTES)].to_vec()
    }

    pub fn finish(self, account_id: &str, rule_id: &str) -> Sample {
        Sample {
            account_id: account_id.to_owned(),
            rule_id: rule_id.to_owned(),
            at: self.at_nanos as f64 / 1e9,
            source: self.flow.src.to_string(),
            source_port: self.flow.src_port,
            destination: self.flow.dst.to_string(),
            destination_port: self.flow.dst_port,
            length: self.length,
            verdict: self.verdict,
            tag: self.tag,
            challenge: self.challenge,
            packet: STANDARD.encode(self.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_fifty_a_second_and_every_kind_is_seen() {
        let mut sampler = Sampler::default();
        let mut counts = [0; 3];
        for step in 0..100_000u64 {
            let now = 5_000_000_000 + step * 10_000;
            for verdict in [
                SampleVerdict::Drop,
                SampleVerdict::Pass,
                SampleVerdict::WouldDrop,
            ] {
                counts[verdict as usize] += u64::from(sampler.wants(0, verdict, now));
            }
        }
        assert_eq!(counts, [PER_SECOND; 3]);
        assert!(sampler.wants(0, SampleVerdict::Pass, 1));
        assert!(sampler.wants(9, SampleVerdict::Pass, 1), "another account");
        assert!(!sampler.wants(9, SampleVerdict::Pass, 2));
    }

    #[test]
    fn a_reader_that_never_comes_costs_a_bounded_ring() {
        let mut sampler = Sampler::default();
        let flow = Flow {
            src: [127, 0, 0, 1].into(),
            src_port: 1,
            dst: [127, 0, 0, 2].into(),
            dst_port: 2,
        };
        for number in 0..2_000 {
            sampler.take(Taken {
                account: 0,
                rule: 0,
                at_nanos: number,
                flow,
                length: 1_000,
                verdict: SampleVerdict::Pass,
                tag: 0,
                challenge: false,
                bytes: Taken::head(&[7; 1_000]),
            });
        }
        let taken = sampler.drain();
        assert_eq!((taken.len(), taken[0].at_nanos), (RING, 1_500));
        assert_eq!(taken[0].bytes.len(), BYTES);
        assert!(sampler.drain().is_empty());
    }
}
