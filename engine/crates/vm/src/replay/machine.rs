//! The instance behind a replay, with the clock and the random numbers that the capture and the seed give it.

use std::sync::Arc;

use super::feed::Prepared;
use super::{Ran, ReplayOptions};
use crate::instance::{Clock, Instance, Outcome, RunError};
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
        Self {
            instance: Instance::new(program, options.settings.clone()),
            fuel: options.settings.fuel,
            seed: options.seed,
            latest: 0,
            spent: Spent::default(),
        }
    }

    /// Runs the program on `packet`, if that is its to see.
    #[inline]
    pub fn run(&mut self, packet: &Prepared<'_>) -> Ran {
        let (bytes, flow) = packet.packet?;
        let clock = self.clock(packet.record.unix_nanos);
        let seed = &mut self.seed;
        let result = (self.instance).run(bytes, &flow, clock, &mut || splitmix64(seed));
        self.spend(&result);
        Some(result)
    }

    /// [`Self::run`], and tells what the program did.
    pub fn trace(
        &mut self,
        bytes: &[u8],
        flow: &Flow,
        unix_nanos: u64,
    ) -> (Result<Outcome, RunError>, Traced) {
        let clock = self.clock(unix_nanos);
        let seed = &mut self.seed;
        let traced = (self.instance).trace(bytes, flow, clock, &mut || splitmix64(seed));
        self.spend(&traced.0);
        traced
    }

    fn clock(&mut self, unix_nanos: u64) -> Clock {
        self.latest = self.latest.max(unix_nanos);
        Clock {
            unix_nanos,
            monotonic_nanos: self.latest,
        }
    }

    #[inline]
    fn spend(&mut self, result: &Result<Outcome, RunError>) {
        let fuel = match result {
            Ok(outcome) => outcome.fuel_used,
            Err(RunError::OutOfFuel) => self.fuel,
            Err(RunError::Fault { .. }) => 0,
        };
        self.spent.runs += 1;
        self.spent.total = self.spent.total.saturating_add(fuel);
        self.spent.max = self.spent.max.max(fuel);
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
