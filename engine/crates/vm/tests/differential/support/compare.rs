//! Runs a program in both engines on the same packets and compares everything that can be seen.
//!
//! Compiled code runs twice, in two arenas with different patterns around what it may reach: an access that got out would
//! change a pattern, or bring something back that makes the two runs differ.

use std::net::IpAddr;
use std::sync::Arc;

use flowprotect_vm::additions::keys::Keys;
use flowprotect_vm::additions::lists::Lists;
use flowprotect_vm::additions::{Extra, Limits};
use flowprotect_vm::helpers::{ChallengeBudget, Env};
use flowprotect_vm::interp::{self, RunError};
use flowprotect_vm::jit::Code;
use flowprotect_vm::memory::{FRAME_BYTES, FRAMES, Memory, PACKET_BYTES};
use flowprotect_vm::packet::{Flow, Parsed, parse};
use flowprotect_vm::program::Program;
use flowprotect_vm::state::{Source, StateConfig, Tables};
use flowprotect_vm::trace::{Observer, Step};

/// What one engine keeps from packet to packet.
struct Side {
    memory: Memory,
    tables: Tables,
    budget: ChallengeBudget,
    extra: Extra,
    seed: u64,
}

/// Everything that a run leaves behind.
#[derive(Debug, PartialEq)]
struct Seen {
    result: Result<u64, RunError>,
    fuel: u64,
    tag: u64,
    challenge: Option<Vec<u8>>,
    printed: Vec<String>,
    context: Vec<u8>,
    stack: Vec<u8>,
    packet: Vec<u8>,
    source: Option<Source>,
    flow: Option<u64>,
}

/// One packet with what is known about it.
struct Case<'a> {
    packet: &'a [u8],
    flow: Flow,
    header: usize,
    /// Unix seconds.
    now: u64,
    fuel: u64,
}

/// Counts instructions: fuel has to bound them.
struct Steps(u64);

impl Observer for Steps {
    fn step(&mut self, _: Step<'_>) {
        self.0 += 1;
    }
}

/// How a program fared on its packets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub programs: usize,
    pub runs: usize,
    /// Runs that ended with a result.
    pub finished: usize,
    pub out_of_fuel: usize,
    /// Runs that the interpreter ended with a fault; compiled code stays in its arena and goes on.
    pub faults: usize,
    /// Runs of compiled code behind a fault, or after one: two arenas must not tell them apart.
    pub contained: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.programs += other.programs;
        self.runs += other.runs;
        self.finished += other.finished;
        self.out_of_fuel += other.out_of_fuel;
        self.faults += other.faults;
        self.contained += other.contained;
    }
}

/// With a list whose name is eight zero bytes, which is what a stack holds.
fn extra() -> Extra {
    let prefixes = vec![("10.0.0.0".parse().unwrap(), 8, 7)];
    Extra::new(
        Limits {
            buckets: 2,
            good_flows: 2,
        },
        StateConfig::default(),
        Keys::new(&[7; 32], Some(&[8; 32])),
        Lists::new([("\0".repeat(8), prefixes)]),
    )
}

impl Side {
    fn new(program: &Program, pattern: u8) -> Self {
        let mut memory = Memory::new(program);
        memory.paint(pattern);
        Self {
            memory,
            tables: Tables::new(StateConfig::default()),
            budget: ChallengeBudget::default(),
            extra: extra(),
            seed: 1,
        }
    }

    fn run(
        &mut self,
        case: &Case<'_>,
        engine: impl FnOnce(&mut Env<'_>, &mut u64) -> Result<u64, RunError>,
    ) -> Seen {
        let Case { flow, now, .. } = *case;
        let mut fuel = case.fuel;
        self.memory.set_packet(case.packet, case.header);
        self.extra.begin(&flow, now * 1_000_000_000);
        let seed = &mut self.seed;
        let mut sent = Vec::new();
        let mut env = Env {
            memory: &mut self.memory,
            tables: &mut self.tables,
            budget: &mut self.budget,
            random: &mut || {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *seed
            },
            flow,
            now,
            challenges: true,
            challenge_interval: 1,
            challenges_per_second: 10,
            print: true,
            challenge: &mut sent,
            tag: 0,
            printed: Vec::new(),
            extra: &mut self.extra,
        };
        let result = engine(&mut env, &mut fuel);
        let (tag, printed) = (env.tag, env.printed);
        let challenge = (!sent.is_empty()).then_some(sent);
        let context = self.memory.context_address();
        let window = u64::from_le_bytes(self.bytes(context, 8).try_into().unwrap());
        let stack = FRAME_BYTES * FRAMES;
        let bottom = self.memory.frame_pointer(0) - stack as u64;
        Seen {
            result,
            fuel,
            tag,
            challenge,
            printed,
            context: self.bytes(context, 24),
            stack: self.bytes(bottom, stack),
            packet: self.bytes(window, PACKET_BYTES),
            source: self.tables.source(flow.src, now),
            flow: self.tables.flow(&flow, now),
        }
    }

    fn bytes(&self, address: u64, length: usize) -> Vec<u8> {
        self.memory
            .read(address, length)
            .map_or_else(|_| Vec::new(), <[u8]>::to_vec)
    }
}

impl<'a> Case<'a> {
    fn new(number: usize, packet: &'a [u8], fuel: u64) -> Self {
        let (flow, header) = match parse(packet) {
            Parsed::Udp {
                flow,
                ip_header_length,
                ..
            } => (flow, ip_header_length),
            _ => (nobody(), 20),
        };
        Self {
            packet,
            flow,
            header,
            now: 1_000 + number as u64 / 2,
            fuel,
        }
    }
}

/// Runs `program` on each of `packets`.
///
/// # Errors
/// What differs, or that memory outside of the arena was touched.
pub fn compare(program: &Program, packets: &[Vec<u8>], fuel: u64) -> Result<Tally, String> {
    let code = Arc::new(Code::new(program).map_err(|error| format!("not compiled: {error}"))?);
    let mut interpreted = Side::new(program, 0);
    let mut compiled = Side::new(program, 0xa5);
    let mut twin = Side::new(program, 0x3c);
    let mut tally = Tally {
        programs: 1,
        ..Tally::default()
    };
    let mut comparable = true;
    for (number, packet) in packets.iter().enumerate() {
        let fail = |what: String| Err(format!("packet {number}: {what}"));
        let case = Case::new(number, packet, fuel);
        let b = compiled.run(&case, |env, fuel| code.run(env, fuel));
        let c = twin.run(&case, |env, fuel| code.run(env, fuel));
        if b != c {
            return fail(format!("two arenas are told apart: {}", difference(&b, &c)));
        }
        if comparable {
            let mut steps = Steps(0);
            let a = interpreted.run(&case, |env, fuel| {
                interp::run_observed(program, env, fuel, &mut steps)
            });
            comparable = tally.count(program, &a.result);
            if comparable && a != b {
                return fail(difference(&a, &b));
            }
            if steps.0 > fuel - a.fuel {
                return fail(format!("{} instructions for less fuel", steps.0));
            }
        }
        tally.contained += usize::from(!comparable);
        if !(compiled.memory.is_intact(0xa5) && twin.memory.is_intact(0x3c)) {
            return fail("memory outside of the arena was written to".to_owned());
        }
    }
    // The interpreter's is an arena that no compiled code was given, mapped right beside those that were.
    match interpreted.memory.is_intact(0) && interpreted.memory.is_clear() {
        true => Ok(tally),
        false => Err("memory of another program was written to".to_owned()),
    }
}

impl Tally {
    /// Counts a run of the interpreter. False where compiled code may go on differently: behind a wild access it does as
    /// it likes, but a helper that gets one ends both.
    fn count(&mut self, program: &Program, result: &Result<u64, RunError>) -> bool {
        self.runs += 1;
        match result {
            Ok(_) => self.finished += 1,
            Err(RunError::OutOfFuel) => self.out_of_fuel += 1,
            Err(RunError::Fault { pc, .. }) => {
                self.faults += 1;
                return program.insns.get(*pc).is_some_and(|insn| insn.op == 0x85);
            }
        }
        true
    }
}

fn difference(a: &Seen, b: &Seen) -> String {
    let mut text = format!(
        "interpreted {:?} with fuel {}, compiled {:?} with fuel {};",
        a.result, a.fuel, b.result, b.fuel
    );
    for (name, a, b) in [
        ("context", &a.context, &b.context),
        ("stack", &a.stack, &b.stack),
        ("packet", &a.packet, &b.packet),
    ] {
        if let Some(at) = (0..a.len()).find(|at| a[*at] != b[*at]) {
            text += &format!(" {name} differs at {at}: {:#x}, {:#x};", a[at], b[at]);
        }
    }
    let state = |seen: &Seen| {
        format!(
            "{:?} {:?} {} {:?} {:?}",
            seen.source, seen.flow, seen.tag, seen.challenge, seen.printed
        )
    };
    let (a, b) = (state(a), state(b));
    if a != b {
        text += &format!(" state: {a} and {b}");
    }
    text
}

fn nobody() -> Flow {
    let address = IpAddr::from([0, 0, 0, 0]);
    Flow {
        src: address,
        src_port: 0,
        dst: address,
        dst_port: 0,
    }
}
