//! Replay: a capture through a program, on the capture's own clock.

mod annotate;
mod feed;
mod machine;
mod step;
mod summary;

use std::sync::Arc;

use crate::capture::CaptureError;
use crate::instance::{Decided, Outcome, RunError, Settings};
use crate::program::Program;
use annotate::Annotator;
use feed::{Feed, Prepared};
use machine::Machine;
pub use step::{PacketTrace, trace};
use summary::Tally;
pub use summary::{MAX_TAGS, PacketRow, SourceCount, Summary};

/// Packets that are run between two looks at the clock. The dearest program takes about a millisecond for each.
pub const BATCH: usize = 64;

/// How to replay. `ip_offset` overrides what the link type says or the packets let guess; `seed` feeds `rand`.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    pub ip_offset: Option<usize>,
    pub seed: u64,
    /// Sources in the summary, busiest first.
    pub top: usize,
    /// Packets in the summary.
    pub first: usize,
    /// Whether to write the annotated capture.
    pub annotate: bool,
    pub settings: Settings,
}

/// The summary, and the capture as pcapng with a comment on each packet: empty unless it was asked for.
pub struct Replay {
    pub summary: Summary,
    pub annotated: Vec<u8>,
}

/// What running a packet gave; None for one that is not the program's to see.
type Ran<'a> = Option<Result<Run<'a>, &'a RunError>>;

/// A run that came to a verdict.
#[derive(Clone, Copy)]
struct Run<'a> {
    decided: Decided,
    /// Payload of the answer to the source.
    challenge: Option<&'a [u8]>,
    printed: &'a [String],
}

impl<'a> From<&'a Outcome> for Run<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        Self {
            decided: Decided {
                verdict: outcome.verdict,
                tag: outcome.tag,
                fuel_used: outcome.fuel_used,
                skipped: outcome.skipped,
            },
            challenge: outcome.challenge.as_deref(),
            printed: &outcome.printed,
        }
    }
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

/// [`replay`] with the caller's clock, monotonic nanoseconds, read around each [`BATCH`]. `stop` is asked before each.
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
    let mut feed = Feed::new(capture, options.ip_offset)?;
    let mut machine = Machine::new(program, options);
    let mut tally = Tally::new(options.top, options.first);
    let mut annotator = options.annotate.then(|| Annotator::new(capture.len()));
    let mut batch: Vec<Prepared<'_>> = Vec::with_capacity(BATCH);
    let mut nanos = 0;
    loop {
        feed.fill(&mut batch, BATCH)?;
        let Some(first) = batch.first() else {
            break;
        };
        if stop() {
            return Err(stopped(first.number));
        }
        let before = now();
        machine.run(&batch);
        nanos += now().saturating_sub(before);
        for (packet, ran) in batch.iter().zip(machine.ran(&batch)) {
            if let Some(annotator) = &mut annotator {
                annotator.packet(packet, ran);
            }
            tally.packet(packet, ran);
        }
        batch.clear();
    }
    Ok(Replay {
        summary: tally.finish(machine.spent, nanos),
        annotated: annotator.map(Annotator::finish).unwrap_or_default(),
    })
}

fn stopped(packet: usize) -> CaptureError {
    CaptureError {
        code: "capture.stopped",
        packet: Some(packet),
        message: "the replay was stopped".to_owned(),
    }
}
