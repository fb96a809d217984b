//! What is measured: each engine runs one packet and returns the program's result.

use std::sync::Arc;

use flowprotect_vm::additions::Extra;
use flowprotect_vm::additions::Limits;
use flowprotect_vm::additions::keys::Keys;
use flowprotect_vm::additions::lists::Lists;
use flowprotect_vm::helpers::{ChallengeBudget, Env};
use flowprotect_vm::instance::{Batch, Clock, Decided, Instance, Settings};
use flowprotect_vm::interp;
use flowprotect_vm::jit::Code;
use flowprotect_vm::memory::{Memory, PACKET_BYTES};
use flowprotect_vm::program::Program;
use flowprotect_vm::state::{StateConfig, Tables};

use crate::KEY;
use crate::native::{self, Entry, State};
use crate::traffic::Packet;

/// An engine with its state.
pub trait Engine {
    /// Receives the packets `batch` of `packets` where the engine wants them. This is not measured.
    fn receive(&mut self, _packets: &[Packet], _batch: &[usize]) {}

    /// Runs packet `index` of `packets`, which is number `slot` of its batch. Returns 0 or 1, or 2 for a failure.
    fn run(&mut self, packets: &[Packet], index: usize, slot: usize, now: u64) -> u64;

    /// Runs a batch that was received, and adds to `results`.
    fn run_batch(&mut self, packets: &[Packet], batch: &[usize], now: u64, results: &mut Vec<u8>) {
        for (slot, index) in batch.iter().enumerate() {
            results.push(self.run(packets, *index, slot, now) as u8);
        }
    }
}

/// Packets that are received together.
pub const BATCH: usize = 32;
type Window = [u64; PACKET_BYTES / 8];

/// Packets in the layout of the ABI, where they were received as it were.
pub struct Windows(Vec<Window>);

impl Windows {
    pub fn new(packets: &[Packet]) -> Self {
        let window = |packet: &Packet| {
            let mut bytes = [0u8; PACKET_BYTES];
            bytes[..8].copy_from_slice(&(packet.bytes.len() as u64).to_le_bytes());
            bytes[8..16].copy_from_slice(&(packet.header as u64).to_le_bytes());
            bytes[16..16 + packet.bytes.len()].copy_from_slice(&packet.bytes);
            std::array::from_fn(|word| {
                u64::from_le_bytes(bytes[word * 8..word * 8 + 8].try_into().unwrap())
            })
        };
        Self(packets.iter().map(window).collect())
    }
}

/// One batch of them, just received.
pub struct Received<'a> {
    all: &'a Windows,
    slots: Vec<Window>,
    /// Each slot is zero from this word on.
    dirty: Vec<usize>,
}

impl<'a> Received<'a> {
    pub fn new(all: &'a Windows) -> Self {
        Self {
            all,
            slots: vec![[0; PACKET_BYTES / 8]; BATCH],
            dirty: vec![0; BATCH],
        }
    }

    /// Copies packets, and clears what longer ones left: no more, or the copy would drive packets out of the cache.
    fn receive(&mut self, packets: &[Packet], batch: &[usize]) {
        for ((slot, dirty), index) in self.slots.iter_mut().zip(&mut self.dirty).zip(batch) {
            let end = (16 + packets[*index].bytes.len()).div_ceil(8);
            slot[..end].copy_from_slice(&self.all.0[*index][..end]);
            slot[end..(*dirty).max(end)].fill(0);
            *dirty = end;
        }
    }

    fn context(&self, slot: usize) -> [u64; 3] {
        let start = self.slots[slot].as_ptr() as u64;
        [start, start + PACKET_BYTES as u64, start]
    }
}

/// Native code on packets in place.
pub struct Native<'a> {
    pub entry: Entry,
    pub windows: Received<'a>,
    /// None for a program without helpers, which alone look at it.
    pub state: Option<Box<State>>,
}

impl Engine for Native<'_> {
    fn receive(&mut self, packets: &[Packet], batch: &[usize]) {
        self.windows.receive(packets, batch);
    }

    // In the loop of the batch: native code pays for nothing but itself.
    #[inline]
    fn run(&mut self, packets: &[Packet], index: usize, slot: usize, now: u64) -> u64 {
        if let Some(state) = &mut self.state {
            state.packet(packets[index].flow, now);
        }
        let context = self.windows.context(slot);
        (self.entry)(&raw const context)
    }
}

/// Native code on a copy of the packet in the same memory that compiled programs use.
pub struct NativeCopy {
    pub entry: Entry,
    pub memory: Memory,
    pub state: Box<State>,
}

impl Engine for NativeCopy {
    #[inline(never)]
    fn run(&mut self, packets: &[Packet], index: usize, _: usize, now: u64) -> u64 {
        let packet = &packets[index];
        self.memory.set_packet(&packet.bytes, packet.header);
        self.state.packet(packet.flow, now);
        let start = self.memory.arena().start() as u64 + flowprotect_vm::memory::PACKET as u64;
        let context = [start, start + PACKET_BYTES as u64, start];
        (self.entry)(&raw const context)
    }
}

/// Our engines, with all that a run needs but nothing around it.
pub struct Ours {
    pub program: Arc<Program>,
    /// None for the interpreter.
    pub code: Option<Arc<Code>>,
    pub memory: Memory,
    pub tables: Tables,
    pub budget: ChallengeBudget,
    pub extra: Extra,
    challenge: Vec<u8>,
}

impl Ours {
    pub fn new(program: &Arc<Program>, compiled: bool) -> Self {
        Self {
            program: Arc::clone(program),
            code: compiled.then(|| program.code().unwrap()),
            memory: Memory::new(program),
            tables: Tables::new(StateConfig::default()),
            budget: ChallengeBudget::default(),
            extra: Extra::new(
                Limits::default(),
                StateConfig::default(),
                Keys::new(&KEY, None),
                Lists::default(),
            ),
            challenge: Vec::new(),
        }
    }
}

impl Engine for Ours {
    #[inline(never)]
    fn run(&mut self, packets: &[Packet], index: usize, _: usize, now: u64) -> u64 {
        let packet = &packets[index];
        self.memory.set_packet(&packet.bytes, packet.header);
        let mut fuel = 1_000_000;
        if let Some(code) = &self.code
            && !code.calls_helpers()
        {
            return code.run_alone(&mut self.memory, &mut fuel).unwrap_or(2);
        }
        self.challenge.clear();
        let mut env = Env {
            memory: &mut self.memory,
            tables: &mut self.tables,
            budget: &mut self.budget,
            random: &mut || 4,
            flow: packet.flow,
            now,
            challenges: true,
            challenge_interval: 1,
            challenges_per_second: u32::MAX,
            print: false,
            challenge: &mut self.challenge,
            tag: 0,
            printed: Vec::new(),
            extra: &mut self.extra,
        };
        let result = match &self.code {
            Some(code) => code.run(&mut env, &mut fuel),
            None => interp::run(&self.program, &mut env, &mut fuel),
        };
        result.unwrap_or(2)
    }
}

/// The whole of what the data plane calls for a packet.
pub struct Whole(Instance);

impl Whole {
    pub fn new(program: &Arc<Program>) -> Self {
        let settings = Settings {
            hmac_key: KEY,
            challenges_per_second: u32::MAX,
            ..Settings::default()
        };
        Self(Instance::new(Arc::clone(program), settings))
    }
}

impl Engine for Whole {
    #[inline(never)]
    fn run(&mut self, packets: &[Packet], index: usize, _: usize, now: u64) -> u64 {
        let packet = &packets[index];
        let clock = Clock {
            unix_nanos: now * 1_000_000_000,
            monotonic_nanos: now * 1_000_000_000,
        };
        match self.0.run(&packet.bytes, &packet.flow, clock, &mut || 4) {
            Ok(outcome) => outcome.verdict as u64,
            Err(_) => 2,
        }
    }
}

/// Batches in place: what is measured is all that happens between reception and outcome.
pub struct InPlace(Instance, Batch);

impl InPlace {
    pub fn new(program: &Arc<Program>) -> Self {
        let instance = Whole::new(program).0;
        let batch = instance.batch(BATCH);
        Self(instance, batch)
    }
}

impl Engine for InPlace {
    fn receive(&mut self, packets: &[Packet], batch: &[usize]) {
        self.1.clear();
        for index in batch {
            self.1.push(&packets[*index].bytes).expect("a UDP packet");
        }
    }

    fn run(&mut self, _: &[Packet], _: usize, _: usize, _: u64) -> u64 {
        2
    }

    #[inline(never)]
    fn run_batch(&mut self, _: &[Packet], _: &[usize], now: u64, results: &mut Vec<u8>) {
        let clock = Clock {
            unix_nanos: now * 1_000_000_000,
            monotonic_nanos: now * 1_000_000_000,
        };
        self.0.run_batch(&mut self.1, clock, &mut || 4);
        let digit = |result: &Result<_, _>| match result {
            Ok(Decided { verdict, .. }) => *verdict as u8,
            Err(_) => 2,
        };
        results.extend(self.1.results().iter().map(digit));
    }
}

/// Which of rbpf's engines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Interpreter,
    Jit,
    Cranelift,
}

/// rbpf on packets in place.
pub struct Rbpf<'a> {
    machine: Machine<'a>,
    state: Box<State>,
    windows: Received<'a>,
}

enum Machine<'a> {
    /// Gets our context as its memory. Nothing checks where the packet is that it points to.
    Raw(rbpf::EbpfVmRaw<'a>),
    /// Makes such a context by itself, and checks accesses against the packet.
    Checked(rbpf::EbpfVmFixedMbuff<'a>, Kind),
}

impl<'a> Rbpf<'a> {
    /// None where rbpf does not take the program.
    pub fn new(code: &'a [u8], kind: Kind, windows: &'a Windows) -> Option<Self> {
        let mut raw = rbpf::EbpfVmRaw::new(Some(code)).ok()?;
        let mut checked = rbpf::EbpfVmFixedMbuff::new(Some(code), 0, 8).ok()?;
        for (id, _, _) in &native::HELPERS {
            raw.register_helper(*id, wrapped(*id)?).ok()?;
            checked.register_helper(*id, wrapped(*id)?).ok()?;
        }
        match kind {
            Kind::Interpreter => {}
            Kind::Jit => raw.jit_compile().ok()?,
            Kind::Cranelift => checked.cranelift_compile().ok()?,
        }
        Some(Self {
            machine: match kind {
                Kind::Jit => Machine::Raw(raw),
                _ => Machine::Checked(checked, kind),
            },
            state: State::new(),
            windows: Received::new(windows),
        })
    }
}

/// rbpf's helpers have one argument more, and are functions of Rust.
fn wrapped(id: u32) -> Option<rbpf::Helper> {
    macro_rules! helpers {
        ($($index:literal)*) => {
            match id {
                $(id if id == native::HELPERS[$index].0 => {
                    Some(|a, b, c, d, _| (native::HELPERS[$index].2)(a, b, c, d))
                })*
                _ => None,
            }
        };
    }
    helpers!(0 1 2 3 4 5 6 7 8)
}

impl Engine for Rbpf<'_> {
    fn receive(&mut self, packets: &[Packet], batch: &[usize]) {
        self.windows.receive(packets, batch);
    }

    #[inline(never)]
    fn run(&mut self, packets: &[Packet], index: usize, slot: usize, now: u64) -> u64 {
        self.state.packet(packets[index].flow, now);
        let mut context = self.windows.context(slot);
        // SAFETY: these are where the window and the context are; nothing else looks at them while the machine runs.
        let (packet, words) = unsafe {
            (
                std::slice::from_raw_parts_mut(context[0] as *mut u8, PACKET_BYTES),
                std::slice::from_raw_parts_mut(context.as_mut_ptr().cast::<u8>(), 24),
            )
        };
        let result = match &mut self.machine {
            // SAFETY: the programs were verified, and so stay in their packet and stack.
            Machine::Raw(machine) => unsafe { machine.execute_program_jit(words) },
            Machine::Checked(machine, Kind::Cranelift) => machine.execute_program_cranelift(packet),
            Machine::Checked(machine, _) => machine.execute_program(packet),
        };
        result.unwrap_or(2)
    }
}
