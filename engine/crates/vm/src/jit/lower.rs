//! One function of a program in Cranelift's intermediate code: its blocks, and the instructions in them.

use std::collections::{BTreeMap, HashMap};

use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{AbiParam, Block, FuncRef, InstBuilder, Signature, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, Variable};

use super::Options;
use super::edges::{Edges, Plan, is_jump};
use super::facts::{Facts, start_of, wide};
use super::runtime::EXHAUSTED;
use crate::arena::{BASE, FAR_REACH};
use crate::charges::Charges;
use crate::graph::successors;
use crate::program::Program;

/// A function at a call depth: its frame is where the depth says, so that each depth has code of its own.
pub type Key = (usize, usize);

/// What all functions of a program share.
pub struct Shared<'a> {
    pub program: &'a Program,
    pub charges: &'a Charges,
    /// Equal for instructions of one loop, see [`crate::graph::components`].
    pub loops: &'a [usize],
    /// Addresses of the read-only sections.
    pub sections: &'a [u64],
    pub load_mask: u64,
    pub convention: CallConv,
    pub options: Options,
}

impl Shared<'_> {
    /// The signature of compiled functions and helpers: arena, fuel and `arguments` more to result and fuel.
    pub fn signature(&self, arguments: usize) -> Signature {
        let mut signature = Signature::new(self.convention);
        signature.params = vec![AbiParam::new(I64); 2 + arguments];
        signature.returns = vec![AbiParam::new(I64); 2];
        signature
    }

    /// The signature of the function `key`.
    pub fn signature_of(&self, key: Key) -> Signature {
        self.signature(if key.1 == 0 { 0 } else { 5 })
    }
}

/// A value and a constant.
#[derive(Clone, Copy)]
pub(super) struct Sum {
    pub root: Value,
    pub delta: i64,
    /// The root is known to be small: an index, and what is added is the address of what it is an index into.
    pub is_index: bool,
}

impl Sum {
    /// Where this is in the arena from its index on, if it is a place there that an index and a mask of 16 bits lead to.
    pub fn far_offset(&self) -> Option<i64> {
        let offset = self.delta.wrapping_sub(BASE.cast_signed());
        (self.is_index && (0..=FAR_REACH).contains(&offset)).then_some(offset)
    }
}

/// Where a 64-bit value comes from, as far as it helps.
#[derive(Default)]
pub(super) struct Origins {
    /// The value is another one plus a constant.
    pub sums: HashMap<Value, Sum>,
    /// The value is a narrower one, extended by zeros.
    pub narrow: HashMap<Value, Value>,
}

/// The translation of one function.
pub(super) struct Lower<'a, 'f> {
    pub shared: &'a Shared<'a>,
    pub b: FunctionBuilder<'f>,
    pub facts: &'a Facts,
    pub base: Value,
    pub origins: Origins,
    /// Whether the code may write to the packet.
    pub writes_packet: bool,
    pub edges: Edges<'a>,
    registers: [Variable; 11],
    pub fuel: Variable,
    pub depth: usize,
    /// Instructions that most rounds of a loop do not come to.
    rare: Vec<bool>,
    pub blocks: BTreeMap<usize, Block>,
    /// Edges to blocks that are still to come.
    missing: BTreeMap<usize, usize>,
    /// By result and what is then left of the fuel.
    pub returns: BTreeMap<(u64, Value), Block>,
    /// Where the fuel is gone: each place has a block of its own, so that the way on is the next instruction.
    pub exhausted: Vec<Block>,
    /// By key, and the other way round the order in which they were asked for.
    pub functions: HashMap<Key, FuncRef>,
    pub called: Vec<Key>,
}

/// Why a function has no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    pub pc: usize,
    pub what: &'static str,
}

impl<'a, 'f> Lower<'a, 'f> {
    pub fn new(
        shared: &'a Shared<'a>,
        mut b: FunctionBuilder<'f>,
        facts: &'a Facts,
        (_, depth): Key,
    ) -> Self {
        let registers = std::array::from_fn(|_| b.declare_var(I64));
        let fuel = b.declare_var(I64);
        let start = b.create_block();
        b.append_block_params_for_function_params(start);
        b.switch_to_block(start);
        b.seal_block(start);
        let parameters = b.block_params(start).to_vec();
        b.def_var(fuel, parameters[1]);
        // Where what is known differs between ways to a place, registers are values after all.
        for (register, (variable, fact)) in registers.iter().zip(start_of(depth)).enumerate() {
            let value = match fact.known {
                Some(value) => b.ins().iconst(I64, value.cast_signed()),
                None => parameters[register + 1],
            };
            b.def_var(*variable, value);
        }
        Self {
            shared,
            b,
            facts,
            base: parameters[0],
            origins: Origins::default(),
            writes_packet: false,
            edges: Edges::new(shared.program, shared.charges, shared.loops, facts),
            registers,
            fuel,
            depth,
            rare: Vec::new(),
            blocks: BTreeMap::new(),
            missing: BTreeMap::new(),
            returns: BTreeMap::new(),
            exhausted: Vec::new(),
            functions: HashMap::new(),
            called: Vec::new(),
        }
    }

    /// Translates the function that starts at `entry`.
    ///
    /// # Errors
    /// [`Unsupported`] for instructions that there is no code for.
    pub fn function(&mut self, entry: usize) -> Result<(), Unsupported> {
        let plan = Plan::new(self.shared.program, &self.edges, entry);
        self.rare = plan.rare;
        for (pc, edges) in &plan.blocks {
            let block = self.block(*pc);
            self.blocks.insert(*pc, block);
            self.missing.insert(*pc, *edges);
        }
        self.fall(entry);
        for pc in &plan.order {
            if let Some(block) = self.blocks.get(pc).copied() {
                self.b.switch_to_block(block);
            }
            if self.instruction(*pc)?
                && let Some(next) = successors(self.shared.program, *pc).next
            {
                self.fall(next);
            }
        }
        self.finish();
        Ok(())
    }

    /// Goes on to the instruction at `pc`, which a block of its own may start with.
    fn fall(&mut self, pc: usize) {
        if let Some(block) = self.blocks.get(&pc).copied() {
            self.b.ins().jump(block, &[]);
            self.arrived(pc);
        }
    }

    fn finish(&mut self) {
        for ((value, fuel), block) in std::mem::take(&mut self.returns) {
            self.b.switch_to_block(block);
            // Out of the way: most are reached by a test that seldom holds, in a loop often.
            self.b.set_cold_block(block);
            let value = self.constant(value);
            self.b.ins().return_(&[value, fuel]);
        }
        let stubs = std::mem::take(&mut self.exhausted);
        if !stubs.is_empty() {
            let last = self.b.create_block();
            for stub in stubs {
                self.b.switch_to_block(stub);
                self.b.ins().jump(last, &[]);
            }
            self.b.switch_to_block(last);
            self.b.set_cold_block(last);
            let zero = self.constant(0);
            let fuel = self.b.ins().iconst(I64, EXHAUSTED);
            self.b.ins().return_(&[zero, fuel]);
        }
        self.b.seal_all_blocks();
    }

    /// A new block for code of the instruction at `pc`.
    pub fn block(&mut self, pc: usize) -> Block {
        let block = self.b.create_block();
        if self.rare[pc] {
            self.b.set_cold_block(block);
        }
        block
    }

    /// Counts an edge to the block at `pc`; after the last one the block is sealed.
    pub fn arrived(&mut self, pc: usize) {
        if let Some(missing) = self.missing.get_mut(&pc) {
            *missing -= 1;
            if *missing == 0 {
                self.b.seal_block(self.blocks[&pc]);
            }
        }
    }

    /// Translates an instruction. Returns whether control goes on to the next.
    fn instruction(&mut self, pc: usize) -> Result<bool, Unsupported> {
        let insn = self.shared.program.insns[pc];
        let unsupported = |what| Unsupported { pc, what };
        match insn.op & 7 {
            4 | 7 => self.arithmetic(pc, insn).ok_or(unsupported("arithmetic"))?,
            0 if insn.op == 0x18 => {
                let value = wide(self.shared.program, self.shared.sections, pc)
                    .ok_or(unsupported("a wide load"))?;
                let value = self.constant(value);
                self.set(insn.dst, value);
            }
            1 => self.load(pc, insn).ok_or(unsupported("a load"))?,
            3 if matches!(insn.op, 0xc3 | 0xdb) => self
                .atomic(pc, insn)
                .ok_or(unsupported("an atomic operation"))?,
            2 | 3 => self.store(pc, insn).ok_or(unsupported("a store"))?,
            _ if insn.op == 0x85 => self.call(pc, insn)?,
            _ if insn.op == 0x95 => {
                let known = self
                    .facts
                    .before(pc)
                    .and_then(|registers| registers[0].known);
                match known {
                    Some(value) => {
                        let block = self.return_block(value);
                        self.b.ins().jump(block, &[]);
                    }
                    None => {
                        let value = self.get(pc, 0);
                        let fuel = self.b.use_var(self.fuel);
                        self.b.ins().return_(&[value, fuel]);
                    }
                }
                return Ok(false);
            }
            _ if is_jump(insn.op) => {
                self.jump(pc, insn).ok_or(unsupported("a jump"))?;
                return Ok(false);
            }
            _ => return Err(unsupported("an unknown instruction")),
        }
        Ok(true)
    }

    /// The value of `register` before `pc`.
    pub fn get(&mut self, pc: usize, register: u8) -> Value {
        let register = usize::from(register);
        match self
            .facts
            .before(pc)
            .and_then(|facts| facts[register].known)
        {
            Some(value) => self.constant(value),
            None => self.b.use_var(self.registers[register]),
        }
    }

    /// Makes `value` the value of `register`.
    pub fn set(&mut self, register: u8, value: Value) {
        self.b.def_var(self.registers[usize::from(register)], value);
    }

    /// A 64-bit constant.
    pub fn constant(&mut self, value: u64) -> Value {
        self.b.ins().iconst(I64, value.cast_signed())
    }

    /// A value reduced to its low 32 bits.
    pub fn low(&mut self, value: Value) -> Value {
        self.b.ins().ireduce(I32, value)
    }
}
