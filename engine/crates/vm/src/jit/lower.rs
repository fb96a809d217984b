//! One function of a program in Cranelift's intermediate code: control flow, calls and fuel.

use std::collections::{BTreeMap, HashMap};

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, ExtFuncData, ExternalName, FuncRef, InstBuilder, Signature, UserExternalName,
    Value,
};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, Variable};

use super::Options;
use super::edges::{Edge, Edges, End, Plan, is_jump};
use super::facts::{Facts, start_of, wide};
use super::runtime::{EXHAUSTED, arity, helper};
use crate::charges::Charges;
use crate::graph::callee;
use crate::program::{Insn, Program};

/// A function at a call depth: its frame is where the depth says, so that each depth has code of its own.
pub type Key = (usize, usize);

/// What all functions of a program share.
pub struct Shared<'a> {
    pub program: &'a Program,
    pub charges: &'a Charges,
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

/// Where a 64-bit value comes from, as far as it helps.
#[derive(Default)]
pub(super) struct Origins {
    /// The value is another one plus a constant.
    pub sums: HashMap<Value, (Value, i64)>,
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
    edges: Edges<'a>,
    registers: [Variable; 11],
    fuel: Variable,
    depth: usize,
    blocks: BTreeMap<usize, Block>,
    /// Edges to blocks that are still to come.
    missing: BTreeMap<usize, usize>,
    returns: BTreeMap<u64, Block>,
    exhausted: Option<Block>,
    /// By key, and the other way round the order in which they were asked for.
    functions: HashMap<Key, FuncRef>,
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
            edges: Edges::new(shared.program, shared.charges, facts),
            registers,
            fuel,
            depth,
            blocks: BTreeMap::new(),
            missing: BTreeMap::new(),
            returns: BTreeMap::new(),
            exhausted: None,
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
        for (pc, edges) in &plan.blocks {
            let block = self.b.create_block();
            self.blocks.insert(*pc, block);
            self.missing.insert(*pc, *edges);
        }
        // The block before the first instruction is open; a jump is needed where that is not the first in order.
        let mut open = true;
        if plan.order.first() != Some(&entry) {
            let block = self.blocks.get(&entry).copied().ok_or(Unsupported {
                pc: entry,
                what: "a function that starts in the middle of its code",
            })?;
            self.b.ins().jump(block, &[]);
            self.arrived(entry);
            open = false;
        }
        for pc in &plan.order {
            if let Some(block) = self.blocks.get(pc).copied() {
                if open {
                    self.b.ins().jump(block, &[]);
                    self.arrived(*pc);
                }
                self.b.switch_to_block(block);
            }
            open = self.instruction(*pc)?;
        }
        self.finish();
        Ok(())
    }

    fn finish(&mut self) {
        for (value, block) in std::mem::take(&mut self.returns) {
            self.b.switch_to_block(block);
            let value = self.constant(value);
            let fuel = self.b.use_var(self.fuel);
            self.b.ins().return_(&[value, fuel]);
        }
        if let Some(block) = self.exhausted {
            self.b.switch_to_block(block);
            self.b.set_cold_block(block);
            let zero = self.constant(0);
            let fuel = self.b.ins().iconst(I64, EXHAUSTED);
            self.b.ins().return_(&[zero, fuel]);
        }
        self.b.seal_all_blocks();
    }

    /// Counts an edge to the block at `pc`; after the last one the block is sealed.
    fn arrived(&mut self, pc: usize) {
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

    fn jump(&mut self, pc: usize, insn: Insn) -> Option<()> {
        let always = matches!(insn.op, 0x05 | 0x06)
            .then_some(true)
            .or_else(|| self.facts.decided(pc, insn));
        let (taken, not_taken) = (self.edges.taken(pc), self.edges.not_taken(pc));
        if let Some(is_taken) = always {
            let edge = if is_taken { taken } else { not_taken }?;
            self.take(edge);
            return Some(());
        }
        let (taken, not_taken) = (taken?, not_taken?);
        let condition = self.condition(pc, insn)?;
        if let (End::Return(yes), End::Return(no), 0) =
            (taken.end, not_taken.end, taken.charge + not_taken.charge)
        {
            let (yes, no) = (self.constant(yes), self.constant(no));
            let value = self.b.ins().select(condition, yes, no);
            let fuel = self.b.use_var(self.fuel);
            self.b.ins().return_(&[value, fuel]);
            return Some(());
        }
        let (yes, no) = (self.landing(taken), self.landing(not_taken));
        self.b.ins().brif(condition, yes, &[], no, &[]);
        for (edge, block) in [(taken, yes), (not_taken, no)] {
            if edge.charge > 0 {
                self.b.seal_block(block);
                self.b.switch_to_block(block);
                self.take(edge);
            } else if let End::At(pc) = edge.end {
                self.arrived(pc);
            }
        }
        Some(())
    }

    /// The block to jump to for `edge`: one of its own where the edge costs fuel.
    fn landing(&mut self, edge: Edge) -> Block {
        match edge {
            Edge { charge: 1.., .. } => self.b.create_block(),
            Edge {
                end: End::At(pc), ..
            } => self.blocks[&pc],
            Edge {
                end: End::Return(value),
                ..
            } => self.return_block(value),
        }
    }

    /// Leaves the current block over `edge`.
    fn take(&mut self, edge: Edge) {
        let free = self.landing(Edge { charge: 0, ..edge });
        if edge.charge == 0 {
            self.b.ins().jump(free, &[]);
        } else {
            self.spend(edge.charge, free);
        }
        if let End::At(pc) = edge.end {
            self.arrived(pc);
        }
    }

    /// Ends the block: to `then` if there is fuel for `cost`.
    fn spend(&mut self, cost: u64, then: Block) {
        let exhausted = match self.exhausted {
            Some(block) => block,
            None => *self.exhausted.insert(self.b.create_block()),
        };
        let fuel = self.b.use_var(self.fuel);
        let left = self.b.ins().iadd_imm_s(fuel, -cost.cast_signed());
        self.b.def_var(self.fuel, left);
        let enough = self
            .b
            .ins()
            .icmp_imm_s(IntCC::SignedGreaterThanOrEqual, left, 0);
        self.b.ins().brif(enough, then, &[], exhausted, &[]);
    }

    fn return_block(&mut self, value: u64) -> Block {
        let b = &mut self.b;
        *self
            .returns
            .entry(value)
            .or_insert_with(|| b.create_block())
    }

    fn call(&mut self, pc: usize, insn: Insn) -> Result<(), Unsupported> {
        let unsupported = |what| Unsupported { pc, what };
        let fuel = self.b.use_var(self.fuel);
        let call = match insn.src {
            0 => {
                let code = helper(insn.imm).ok_or(unsupported("an unknown helper"))?;
                let count = arity(insn.imm);
                let mut arguments = vec![self.base, fuel];
                arguments.extend((1..=count as u8).map(|register| self.get(pc, register)));
                let signature = self.b.import_signature(self.shared.signature(count));
                let code = self.b.ins().iconst(I64, code as usize as i64);
                self.b.ins().call_indirect(signature, code, &arguments)
            }
            1 => {
                let entry = callee(pc, insn).ok_or(unsupported("a call out of the program"))?;
                let on = self.b.create_block();
                self.spend(self.shared.charges.entry(entry), on);
                self.b.seal_block(on);
                self.b.switch_to_block(on);
                let fuel = self.b.use_var(self.fuel);
                let mut arguments = vec![self.base, fuel];
                arguments.extend((1..=5).map(|register| self.get(pc, register)));
                let function = self.import((entry, self.depth + 1));
                self.b.ins().call(function, &arguments)
            }
            _ => return Err(unsupported("this kind of call")),
        };
        let (value, fuel) = match self.b.inst_results(call) {
            [value, fuel] => (*value, *fuel),
            _ => return Err(unsupported("a call without results")),
        };
        // Out of fuel or at fault: everything ends. A helper's fault is at this instruction; functions tell their own.
        let (ended, on) = (self.b.create_block(), self.b.create_block());
        let fine = self
            .b
            .ins()
            .icmp_imm_s(IntCC::SignedGreaterThanOrEqual, fuel, 0);
        self.b.ins().brif(fine, on, &[], ended, &[]);
        self.b.seal_block(ended);
        self.b.seal_block(on);
        self.b.switch_to_block(ended);
        self.b.set_cold_block(ended);
        let place = match insn.src {
            0 => self.constant(pc as u64),
            _ => value,
        };
        self.b.ins().return_(&[place, fuel]);
        self.b.switch_to_block(on);
        self.b.def_var(self.fuel, fuel);
        self.set(0, value);
        let zero = self.constant(0);
        (1..=5).for_each(|register| self.set(register, zero));
        Ok(())
    }

    fn import(&mut self, key: Key) -> FuncRef {
        if let Some(function) = self.functions.get(&key) {
            return *function;
        }
        let signature = self.b.import_signature(self.shared.signature_of(key));
        let name = self.b.func.declare_imported_user_function(name(key));
        let function = self.b.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.functions.insert(key, function);
        self.called.push(key);
        function
    }

    /// A value reduced to its low 32 bits.
    pub fn low(&mut self, value: Value) -> Value {
        self.b.ins().ireduce(I32, value)
    }
}

/// The name under which `key` is known to Cranelift.
pub fn name((entry, depth): Key) -> UserExternalName {
    UserExternalName::new(depth as u32, entry as u32)
}
