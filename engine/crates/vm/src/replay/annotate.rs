//! The capture again, with what became of each packet.

use std::io::Write;

use super::Ran;
use super::feed::Prepared;
use crate::capture::Writer;
use crate::helpers::MAX_CHALLENGE;
use crate::instance::Verdict;
use crate::packet::write_udp;

/// LINKTYPE_RAW: a packet that starts with its IP header.
const RAW_IP: u32 = 101;
const SKIPPED: &[u8] = b"Skipped: the flow was declared good";

pub(super) struct Annotator {
    writer: Writer,
    /// The comment that is being written.
    text: Vec<u8>,
    /// The challenge that is being written: its payload behind the longer headers, those of IPv6.
    answer: [u8; MAX_CHALLENGE + 48],
}

impl Annotator {
    /// For a capture of `bytes` bytes.
    pub fn new(bytes: usize) -> Self {
        Self {
            // Small packets grow by about their own size; what is not written to takes no memory.
            writer: Writer::with_capacity(2 * bytes),
            text: Vec::new(),
            answer: [0; MAX_CHALLENGE + 48],
        }
    }

    #[inline]
    pub fn packet(&mut self, packet: &Prepared<'_>, ran: Ran<'_>) {
        let record = &packet.record;
        let writer = &mut self.writer;
        let mut put = |comments: &[&[u8]]| {
            writer.packet(record.link, record.unix_nanos, record.data, comments);
        };
        let run = match ran {
            None => return put(&[b"Ignored"]),
            Some(Err(error)) => return put(&[format!("No verdict: {error}").as_bytes()]),
            Some(Ok(run)) => run,
        };
        let outcome = run.decided;
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
        if let Some(payload) = run.challenge {
            self.challenge(packet, payload);
        }
    }

    /// The challenge follows the packet that it answers.
    fn challenge(&mut self, packet: &Prepared<'_>, payload: &[u8]) {
        let flow = packet.packet.map(|(_, headers)| headers.flow.reversed());
        let length = flow.and_then(|flow| write_udp(&mut self.answer, &flow, payload));
        if let Some((length, _)) = length {
            let (answer, nanos) = (&self.answer[..length], packet.record.unix_nanos);
            (self.writer).packet(RAW_IP, nanos, answer, &[b"Challenge packet"]);
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
