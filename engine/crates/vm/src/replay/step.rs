//! One packet of a replay, step by step.

use std::sync::Arc;

use serde::Serialize;

use super::feed::Feed;
use super::machine::Machine;
use super::{BATCH, PacketRow, ReplayOptions, Run, stopped};
use crate::capture::CaptureError;
use crate::program::Program;
use crate::trace::Traced;

/// A packet's row of the summary and what the program did with it.
#[derive(Clone, Debug, Serialize)]
pub struct PacketTrace {
    #[serde(flatten)]
    pub packet: PacketRow,
    /// Passed without the program, because it had declared the flow good.
    pub skipped: bool,
    /// Why there is no verdict.
    pub error: Option<String>,
    #[serde(flatten)]
    pub trace: Traced,
}

/// Runs `program` on the packets of `capture` as a replay does, and tells of packet `number`, counted from 1, what the
/// program did. `stop` is asked before each [`BATCH`].
///
/// # Errors
/// [`CaptureError`] where the capture cannot be read up to that packet, `trace.packet` where it has fewer packets, or
/// `capture.stopped` where `stop` said so.
pub fn trace(
    program: Arc<Program>,
    capture: &[u8],
    number: usize,
    options: &ReplayOptions,
    stop: &dyn Fn() -> bool,
) -> Result<PacketTrace, CaptureError> {
    let mut feed = Feed::new(capture, options.ip_offset)?;
    let mut machine = Machine::new(program, options);
    let mut batch = Vec::with_capacity(BATCH);
    let mut left = number.checked_sub(1).ok_or_else(|| missing(0, 0))?;
    while left > 0 {
        feed.fill(&mut batch, left.min(BATCH))?;
        let Some(first) = batch.first() else {
            break;
        };
        if stop() {
            return Err(stopped(first.number));
        }
        left -= batch.len();
        machine.run(&batch);
        batch.clear();
    }
    feed.fill(&mut batch, 1)?;
    let Some(packet) = batch.pop() else {
        return Err(missing(number, number - 1 - left));
    };
    let (ran, trace) = match packet.packet {
        Some((bytes, headers)) => {
            let (ran, trace) = machine.trace(bytes, &headers.flow, packet.record.unix_nanos);
            (Some(ran), trace)
        }
        None => (None, Traced::default()),
    };
    let ran = ran.as_ref().map(|ran| ran.as_ref().map(Run::from));
    Ok(PacketTrace {
        skipped: matches!(ran, Some(Ok(run)) if run.decided.skipped),
        error: match ran {
            Some(Err(error)) => Some(error.to_string()),
            _ => None,
        },
        packet: PacketRow::new(&packet, ran),
        trace,
    })
}

/// That packet `number` is not one of the `count` packets of the capture.
fn missing(number: usize, count: usize) -> CaptureError {
    CaptureError {
        code: "trace.packet",
        packet: None,
        message: match number {
            0 => "packets count from 1".to_owned(),
            _ => format!("there is no packet {number}: the capture has {count} packets"),
        },
    }
}
