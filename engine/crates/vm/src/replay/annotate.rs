//! The capture again, with what became of each packet.

use std::io::Write;

use super::Ran;
use super::feed::Prepared;
use crate::capture::Writer;
use crate::instance::{Outcome, Verdict};
use crate::packet::build_udp;

/// LINKTYPE_RAW: a packet that starts with its IP header.
const RAW_IP: u32 = 101;
const SKIPPED: &[u8] = b"Skipped: the flow was declared good";

pub(super) struct Annotator {
    writer: Writer,
    /// The comment that is being written.
    text: Vec<u8>,
}

impl Annotator {
    /// For a capture of `bytes` bytes.
    pub fn new(bytes: usize) -> Self {
        Self {
            // Small packets grow by about their own size; what is not written to takes no memory.
            writer: Writer::with_capacity(2 * bytes),
            text: Vec::new(),
        }
    }

    #[inline]
    pub fn packet(&mut self, packet: &Prepared<'_>, ran: &Ran) {
        let record = &packet.record;
        let writer = &mut self.writer;
        let mut put = |comments: &[&[u8]]| {
            writer.packet(record.link, record.unix_nanos, record.data, comments);
        };
        let outcome = match ran {
            None => return put(&[b"Ignored"]),
            Some(Err(error)) => return put(&[format!("No verdict: {error}").as_bytes()]),
            Some(Ok(outcome)) => outcome,
        };
        let verdict: &[u8] = match outcome.verdict {
            Verdict::Pass => b"CF_EBPF_PASS",
            Verdict::Drop => b"CF_EBPF_DROP",
        };
        match (outcome.tag != 0, outcome.skipped) {
            (false, false) => put(&[verdict]),
            (false, true) => put(&[verdict, SKIPPED]),
            (true, skipped) => {
                let tag = tag(&mut self.text, outcome.tag);
                let comments = [verdict, tag, SKIPPED];
                put(&comments[..2 + usize::from(skipped)]);
            }
        }
        self.challenge(packet, outcome);
    }

    /// The challenge follows the packet that it answers.
    fn challenge(&mut self, packet: &Prepared<'_>, outcome: &Outcome) {
        if let (Some(payload), Some((_, flow))) = (&outcome.challenge, packet.packet) {
            let answer = build_udp(&flow.reversed(), payload);
            let nanos = packet.record.unix_nanos;
            (self.writer).packet(RAW_IP, nanos, &answer, &[b"Challenge packet"]);
        }
    }

    pub fn finish(self) -> Vec<u8> {
        self.writer.finish()
    }
}

/// The comment of a tag, written to `text`.
fn tag(text: &mut Vec<u8>, tag: u64) -> &[u8] {
    text.clear();
    // Writing to a vector does not fail.
    let _ = write!(text, "Analytics tag: {tag}");
    text
}
