//! A program with its state: what one rule runs.

mod batch;

use std::sync::Arc;

pub use batch::{Batch, BatchError};

use crate::additions::keys::Keys;
use crate::additions::lists::Lists;
use crate::additions::{Extra, Limits};
use crate::challenges::NodeChallenges;
use crate::helpers::{ChallengeBudget, Env};
use crate::interp;
pub use crate::interp::RunError;
use crate::jit::Code;
use crate::memory::Memory;
use crate::packet::{Flow, Headers, parse};
use crate::program::Program;
use crate::state::{StateConfig, Tables};
use crate::trace::{Trace, Traced};

/// What a program decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Drop,
}

/// Limits and secrets of an instance.
#[derive(Clone, Debug)]
pub struct Settings {
    pub state: StateConfig,
    /// Fuel for one packet: an upper bound on the instructions that run, and helpers by bytes.
    pub fuel: u64,
    pub challenges: bool,
    /// Seconds between two challenges to one source.
    pub challenge_interval_secs: u64,
    pub challenges_per_second: u32,
    pub hmac_key: [u8; 32],
    /// The key before that: cookies made with it are still good.
    pub previous_hmac_key: Option<[u8; 32]>,
    /// Lists of prefixes that the program may look into.
    pub lists: Lists,
    pub additions: Limits,
    /// Keep what `cf_ebpf_printf` prints; off in production.
    pub capture_printf: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            state: StateConfig::default(),
            fuel: 1_000_000,
            challenges: true,
            challenge_interval_secs: 1,
            challenges_per_second: 1_000,
            hmac_key: [0; 32],
            previous_hmac_key: None,
            lists: Lists::default(),
            additions: Limits::default(),
            capture_printf: false,
        }
    }
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    pub tag: u64,
    /// Payload of a UDP packet to send back to the source.
    pub challenge: Option<Vec<u8>>,
    pub fuel_used: u64,
    pub printed: Vec<String>,
    /// The flow was declared good before: the program did not run.
    pub skipped: bool,
}

/// An outcome without what the run left in memory: the answer to the source, and what was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    pub verdict: Verdict,
    pub tag: u64,
    pub fuel_used: u64,
    /// The flow was declared good before: the program did not run.
    pub skipped: bool,
}

/// Of a packet whose flow was declared good.
const SKIPPED: Decided = Decided {
    verdict: Verdict::Pass,
    tag: 0,
    fuel_used: 0,
    skipped: true,
};

/// The time of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    pub unix_nanos: u64,
    /// Never goes back, whatever is done to the clock of the wall. The start is arbitrary.
    pub monotonic_nanos: u64,
}

/// What runs a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Machine code; where there is none for a program or a machine, the interpreter.
    #[default]
    Jit,
    Interpreter,
}

/// One program with its memory and state tables.
pub struct Instance {
    program: Arc<Program>,
    /// None where the program is interpreted.
    code: Option<Arc<Code>>,
    settings: Settings,
    memory: Memory,
    /// Payload of the answer that a run makes.
    challenge: Vec<u8>,
    kept: Kept,
}

/// What outlives a packet.
struct Kept {
    tables: Tables,
    budget: ChallengeBudget,
    extra: Extra,
}

impl Instance {
    /// An instance with the fastest engine that takes the program. The first one of a program compiles it.
    #[must_use]
    pub fn new(program: Arc<Program>, settings: Settings) -> Self {
        Self::with_engine(program, settings, Engine::default())
    }

    /// An instance with the engine `wanted`, or the interpreter where that does not take the program.
    #[must_use]
    pub fn with_engine(program: Arc<Program>, settings: Settings, wanted: Engine) -> Self {
        Self {
            code: match wanted {
                Engine::Jit => program.code().ok(),
                Engine::Interpreter => None,
            },
            memory: Memory::new(&program),
            challenge: Vec::new(),
            kept: Kept {
                tables: Tables::new(settings.state),
                budget: ChallengeBudget::default(),
                extra: Extra::new(
                    settings.additions,
                    settings.state,
                    keys(&settings),
                    settings.lists.clone(),
                ),
            },
            program,
            settings,
        }
    }

    /// Asks for what is remembered of `flow` to be brought into the cache: for packets about eight ahead of their run.
    #[inline]
    pub fn prefetch(&self, flow: &Flow) {
        self.kept.tables.prefetch(flow);
    }

    /// The engine that runs.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.code {
            Some(_) => Engine::Jit,
            None => Engine::Interpreter,
        }
    }

    /// Counts this instance's challenges among those of its node: where they are spent, there are none here either.
    pub fn share_challenges(&mut self, node: Arc<NodeChallenges>) {
        self.kept.budget.node = Some(node);
    }

    /// Takes over the keys and lists of `settings`; all that is remembered stays.
    pub fn renew(&mut self, settings: &Settings) {
        self.settings.hmac_key = settings.hmac_key;
        self.settings.previous_hmac_key = settings.previous_hmac_key;
        self.settings.lists = settings.lists.clone();
        self.kept.extra.keys = keys(settings);
        self.kept.extra.lists = settings.lists.clone();
    }

    /// Runs the program on one UDP packet that starts at its IP header.
    ///
    /// # Errors
    /// [`RunError`] where there is no verdict; the caller decides what happens to the packet.
    pub fn run(
        &mut self,
        packet: &[u8],
        flow: &Flow,
        now: Clock,
        random: &mut dyn FnMut() -> u64,
    ) -> Result<Outcome, RunError> {
        let Headers { ip_length, .. } = parse(packet).headers().ok_or_else(not_udp)?;
        let put = |memory: &mut Memory| {
            memory.put_packet(packet, ip_length);
            true
        };
        let (decided, printed) = self.run_put(put, flow, now, random)?;
        Ok(self.outcome(decided, printed))
    }

    /// Runs the program on `payload` in UDP of `flow`: the packet is written where the program finds it, and nothing is
    /// allocated where it passes or is dropped. [`Self::challenge`] is the rest of the outcome.
    ///
    /// # Errors
    /// [`RunError`] where there is no verdict, or the packet would have more than 1,500 bytes.
    pub fn run_udp(
        &mut self,
        flow: &Flow,
        payload: &[u8],
        now: Clock,
        random: &mut dyn FnMut() -> u64,
    ) -> Result<Decided, RunError> {
        let put = |memory: &mut Memory| memory.put_udp(flow, payload);
        let (decided, _) = self.run_put(put, flow, now, random)?;
        Ok(decided)
    }

    /// The payload of the answer to the source of the last packet, if the program wants one sent.
    #[must_use]
    pub fn challenge(&self) -> Option<&[u8]> {
        (!self.challenge.is_empty()).then_some(self.challenge.as_slice())
    }

    /// Runs the program on what `put` puts into the memory (false where it cannot), and gives what was printed as well.
    #[inline]
    fn run_put(
        &mut self,
        put: impl FnOnce(&mut Memory) -> bool,
        flow: &Flow,
        now: Clock,
        random: &mut dyn FnMut() -> u64,
    ) -> Result<(Decided, Vec<String>), RunError> {
        self.challenge.clear();
        if self.kept.extra.begin(flow, now.monotonic_nanos) {
            return Ok((SKIPPED, Vec::new()));
        }
        if !put(&mut self.memory) {
            return Err(not_udp());
        }
        self.memory.begin();
        let limit = self.settings.fuel;
        let mut fuel = limit;
        if let Some(code) = &self.code
            && !code.calls_helpers()
        {
            let result = code.run_alone(&mut self.memory, &mut fuel)?;
            return Ok((decided(result, 0, limit - fuel)?, Vec::new()));
        }
        let (program, code) = (&self.program, &self.code);
        let (memory, kept) = ((&mut self.memory, &mut self.challenge), &mut self.kept);
        let mut env = environment(&self.settings, memory, kept, flow, now, random);
        let result = match code {
            Some(code) => code.run(&mut env, &mut fuel),
            None => interp::run(program, &mut env, &mut fuel),
        };
        let decided = ended(result, &mut env, limit - fuel)?;
        Ok((decided, env.printed))
    }

    /// Runs the program as [`Self::run`] does, state and all, but interpreted, and tells what it did.
    pub fn trace(
        &mut self,
        packet: &[u8],
        flow: &Flow,
        now: Clock,
        random: &mut dyn FnMut() -> u64,
    ) -> (Result<Outcome, RunError>, Traced) {
        let Some(Headers { ip_length, .. }) = parse(packet).headers() else {
            return (Err(not_udp()), Traced::default());
        };
        self.challenge.clear();
        if self.kept.extra.begin(flow, now.monotonic_nanos) {
            return (Ok(self.outcome(SKIPPED, Vec::new())), Traced::default());
        }
        self.memory.set_packet(packet, ip_length);
        let mut trace = Trace::new(&self.program);
        let mut fuel = self.settings.fuel;
        let (memory, kept) = ((&mut self.memory, &mut self.challenge), &mut self.kept);
        let mut env = environment(&self.settings, memory, kept, flow, now, random);
        let result = interp::run_observed(&self.program, &mut env, &mut fuel, &mut trace);
        let result = ended(result, &mut env, self.settings.fuel - fuel);
        let printed = env.printed;
        let result = result.map(|decided| self.outcome(decided, printed));
        (result, trace.finish())
    }

    /// The outcome of the last run.
    fn outcome(&self, decided: Decided, printed: Vec<String>) -> Outcome {
        Outcome {
            verdict: decided.verdict,
            tag: decided.tag,
            challenge: self.challenge().map(<[u8]>::to_vec),
            fuel_used: decided.fuel_used,
            printed,
            skipped: decided.skipped,
        }
    }
}

/// All that helpers need.
fn environment<'a>(
    settings: &'a Settings,
    (memory, challenge): (&'a mut Memory, &'a mut Vec<u8>),
    kept: &'a mut Kept,
    flow: &Flow,
    now: Clock,
    random: &'a mut dyn FnMut() -> u64,
) -> Env<'a> {
    Env {
        memory,
        tables: &mut kept.tables,
        budget: &mut kept.budget,
        extra: &mut kept.extra,
        random,
        flow: *flow,
        now: now.unix_nanos / 1_000_000_000,
        challenges: settings.challenges,
        challenge_interval: settings.challenge_interval_secs,
        challenges_per_second: settings.challenges_per_second,
        print: settings.capture_printf,
        challenge,
        tag: 0,
        printed: Vec::new(),
    }
}

/// What a run with `env` came to. One without a verdict sends nothing.
fn ended(
    result: Result<u64, RunError>,
    env: &mut Env<'_>,
    fuel_used: u64,
) -> Result<Decided, RunError> {
    let ended = result.and_then(|result| decided(result, env.tag, fuel_used));
    match &ended {
        Ok(decided) if decided.verdict == Verdict::Pass => env.extra.passed(&env.flow),
        Ok(_) => {}
        Err(_) => env.challenge.clear(),
    }
    ended
}

#[inline]
fn decided(result: u64, tag: u64, fuel_used: u64) -> Result<Decided, RunError> {
    Ok(Decided {
        verdict: verdict(result)?,
        tag,
        fuel_used,
        skipped: false,
    })
}

#[cold]
fn not_udp() -> RunError {
    RunError::Fault {
        pc: 0,
        message: "not a UDP packet of at most 1,500 bytes".to_owned(),
    }
}

fn keys(settings: &Settings) -> Keys {
    Keys::new(&settings.hmac_key, settings.previous_hmac_key.as_ref())
}

#[inline]
fn verdict(result: u64) -> Result<Verdict, RunError> {
    match result {
        0 => Ok(Verdict::Pass),
        1 => Ok(Verdict::Drop),
        value => Err(no_verdict(value)),
    }
}

#[cold]
fn no_verdict(value: u64) -> RunError {
    RunError::Fault {
        pc: 0,
        message: format!("the program returned {value}, not 0 or 1"),
    }
}
