//! The instance behind a replay, with the clock and the random numbers that the capture and the seed give it.

use std::sync::Arc;

use super::feed::Prepared;
use super::{BATCH, Ran, ReplayOptions, Run};
use crate::instance::{Batch, Clock, Instance, Outcome, RunError};
use crate::packet::Flow;
use crate::program::Program;
use crate::trace::Traced;

/// What the runs cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub runs: u64,
    /// Fuel of all runs together, and of the most expensive one.
    pub total: u64,
    pub max: u64,
}

pub(super) struct Machine {
    instance: Instance,
    batch: Batch,
    /// Of the packets in `batch`.
    times: Vec<Clock>,
    /// Fuel for one packet.
    fuel: u64,
    /// State of the generator behind `rand`.
    seed: u64,
    /// The latest time so far: captures may be out of order.
    latest: u64,
    pub spent: Spent,
}

impl Machine {
    pub fn new(program: Arc<Program>, options: &ReplayOptions) -> Self {
        let instance = Instance::new(program, options.settings.clone());
        Self {
            batch: instance.batch(BATCH),
            times: Vec::with_capacity(BATCH),
            instance,
            fuel: options.settings.fuel,
            seed: options.seed,
            latest: 0,
            spent: Spent::default(),
        }
    }

    /// Runs the program on those of `packets`, at most [`BATCH`], that are its to see.
    pub fn run(&mut self, packets: &[Prepared<'_>]) {
        self.batch.clear();
        self.times.clear();
        for packet in packets {
            if let Some((bytes, headers)) = &packet.packet
                && self.batch.push_parsed(bytes, headers).is_ok()
            {
                let clock = self.clock(packet.record.unix_nanos);
                self.times.push(clock);
            }
        }
        let (batch, seed) = (&mut self.batch, &mut self.seed);
        (self.instance).run_batch_at(batch, &self.times, &mut || splitmix64(seed));
        for result in self.batch.results() {
            let used = result.as_ref().map(|decided| decided.fuel_used);
            self.spent.add(used, self.fuel);
        }
    }

    /// What the last run gave for each of `packets`, which are those that it was given.
    pub fn ran<'a>(&'a self, packets: &[Prepared<'_>]) -> impl Iterator<Item = Ran<'a>> {
        let mut slots = self.batch.results().iter().enumerate();
        packets.iter().map(move |packet| {
            packet.packet?;
            let (slot, result) = slots.next()?;
            Some(result.as_ref().map(|decided| Run {
                decided: *decided,
                challenge: self.batch.challenge(slot),
                printed: self.batch.printed(slot),
            }))
        })
    }

    /// Runs the program on one packet, and tells what it did.
    pub fn trace(
        &mut self,
        bytes: &[u8],
        flow: &Flow,
        unix_nanos: u64,
    ) -> (Result<Outcome, RunError>, Traced) {
        let clock = self.clock(unix_nanos);
        let seed = &mut self.seed;
        let traced = (self.instance).trace(bytes, flow, clock, &mut || splitmix64(seed));
        let used = traced.0.as_ref().map(|outcome| outcome.fuel_used);
        self.spent.add(used, self.fuel);
        traced
    }

    #[inline]
    fn clock(&mut self, unix_nanos: u64) -> Clock {
        self.latest = self.latest.max(unix_nanos);
        Clock {
            unix_nanos,
            monotonic_nanos: self.latest,
        }
    }
}

impl Spent {
    /// Adds a run that used so much fuel of `limit`, or why it came to nothing.
    #[inline]
    fn add(&mut self, used: Result<u64, &RunError>, limit: u64) {
        let fuel = match used {
            Ok(fuel) => fuel,
            Err(RunError::OutOfFuel) => limit,
            Err(RunError::Fault { .. }) => 0,
        };
        self.runs += 1;
        self.total = self.total.saturating_add(fuel);
        self.max = self.max.max(fuel);
    }
}

/// Steele, Lea and Flood's SplitMix64: small, seeded, good enough for a deterministic `rand`.
fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut value = *state;
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
