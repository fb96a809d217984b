//! Loads, stores and atomic operations: every address masked into the arena.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value};

use super::facts::loaded;
use super::lower::{Lower, Sum};
use crate::arena::{BASE, REACH, STORE_MASK};
use crate::memory::{PACKET, PACKET_BYTES};
use crate::program::Insn;

/// What an access does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Load,
    Store,
}

/// The arena is mapped all over, so that no access traps; programs align as they like.
const FLAGS: MemFlagsData = MemFlagsData::new().with_notrap();

fn width(op: u8) -> Type {
    match op & 0x18 {
        0x00 => I32,
        0x08 => I16,
        0x10 => I8,
        _ => I64,
    }
}

impl Lower<'_, '_> {
    /// What `value` is a constant away from: itself, if nothing better is known.
    pub(super) fn origin(&self, value: Value) -> Sum {
        let root = self.b.func.dfg.resolve_aliases(value);
        let itself = Sum {
            root,
            delta: 0,
            is_index: false,
        };
        self.origins.sums.get(&root).copied().unwrap_or(itself)
    }

    /// The host address, and an offset to it, for an access at `register` plus `offset`.
    fn address(&mut self, pc: usize, register: u8, offset: i16, kind: Kind) -> (Value, i32) {
        let mask = match kind {
            Kind::Load => self.shared.load_mask,
            Kind::Store => STORE_MASK,
        };
        let known = self
            .facts
            .before(pc)
            .and_then(|facts| facts[usize::from(register)].known);
        if kind == Kind::Store && !known.is_some_and(|address| misses_packet(address, offset)) {
            self.writes_packet = true;
        }
        if let Some(address) = known
            && self.shared.options.masks()
        {
            let address = address.wrapping_add(i64::from(offset).cast_unsigned());
            return (self.base, (address & mask) as i32);
        }
        let value = self.get(pc, register);
        let sum = self.origin(value);
        let total = sum.delta + i64::from(offset);
        let at = Sum {
            delta: total,
            ..sum
        };
        let (root, total, mask) = if let Some(offset) = at.far_offset()
            && self.shared.options.masks()
        {
            (sum.root, offset, STORE_MASK)
        } else if total.abs() <= REACH {
            (sum.root, total, mask)
        } else if i64::from(offset).abs() <= REACH {
            (value, i64::from(offset), mask)
        } else {
            let place = self.b.ins().iadd_imm_s(value, i64::from(offset));
            (place, 0, mask)
        };
        let masked = match self.shared.options.masks() {
            true if mask == 0xffff => {
                let low = self.b.ins().ireduce(I16, root);
                self.b.ins().uextend(I64, low)
            }
            true => self.b.ins().band_imm_u(root, mask.cast_signed()),
            false => self.b.ins().iadd_imm_s(root, -BASE.cast_signed()),
        };
        (self.b.ins().iadd(self.base, masked), total as i32)
    }

    /// Translates a load. None where there is no such load.
    pub(super) fn load(&mut self, pc: usize, insn: Insn) -> Option<()> {
        let of = width(insn.op);
        let signed = match insn.op & 0xe0 {
            0x60 => false,
            0x80 if of != I64 => true,
            _ => return None,
        };
        if let Some(value) = loaded(insn, self.facts.before(pc)?) {
            let value = self.constant(value);
            self.set(insn.dst, value);
            return Some(());
        }
        let (address, offset) = self.address(pc, insn.src, insn.off, Kind::Load);
        let ins = self.b.ins();
        let value = match (of, signed) {
            (I8, false) => ins.uload8(I64, FLAGS, address, offset),
            (I8, true) => ins.sload8(I64, FLAGS, address, offset),
            (I16, false) => ins.uload16(I64, FLAGS, address, offset),
            (I16, true) => ins.sload16(I64, FLAGS, address, offset),
            (I32, false) => ins.uload32(FLAGS, address, offset),
            (I32, true) => ins.sload32(FLAGS, address, offset),
            _ => ins.load(I64, FLAGS, address, offset),
        };
        self.set(insn.dst, value);
        Some(())
    }

    /// Translates a store. None where there is no such store.
    pub(super) fn store(&mut self, pc: usize, insn: Insn) -> Option<()> {
        if insn.op & 0xe0 != 0x60 {
            return None;
        }
        let of = width(insn.op);
        let value = match insn.op & 7 {
            3 => self.get(pc, insn.src),
            _ => self.constant(i64::from(insn.imm).cast_unsigned()),
        };
        let value = self.reduced(of, value);
        let (address, offset) = self.address(pc, insn.dst, insn.off, Kind::Store);
        self.b.ins().store(FLAGS, value, address, offset);
        Some(())
    }

    /// Translates an atomic operation. One thread runs a program, so that loads and stores are enough.
    pub(super) fn atomic(&mut self, pc: usize, insn: Insn) -> Option<()> {
        let of = width(insn.op);
        let (address, offset) = self.address(pc, insn.dst, insn.off, Kind::Store);
        let operand = self.get(pc, insn.src);
        let operand = self.reduced(of, operand);
        let old = self.b.ins().load(of, FLAGS, address, offset);
        let new = match insn.imm & !1 {
            0x00 => self.b.ins().iadd(old, operand),
            0x40 => self.b.ins().bor(old, operand),
            0x50 => self.b.ins().band(old, operand),
            0xa0 => self.b.ins().bxor(old, operand),
            0xe0 if insn.imm == 0xe1 => operand,
            0xf0 if insn.imm == 0xf1 => {
                let expected = self.get(pc, 0);
                let expected = self.reduced(of, expected);
                let same = self.b.ins().icmp(IntCC::Equal, old, expected);
                self.b.ins().select(same, operand, old)
            }
            _ => return None,
        };
        self.b.ins().store(FLAGS, new, address, offset);
        let old = self.extended(old);
        if insn.imm == 0xf1 {
            self.set(0, old);
        } else if insn.imm & 1 == 1 {
            self.set(insn.src, old);
        }
        Some(())
    }

    fn reduced(&mut self, to: Type, value: Value) -> Value {
        match to {
            I64 => value,
            _ => self.b.ins().ireduce(to, value),
        }
    }
}

/// Whether a store of up to 8 bytes at a known address leaves the packet alone.
fn misses_packet(address: u64, offset: i16) -> bool {
    let start = address
        .wrapping_add(i64::from(offset).cast_unsigned())
        .wrapping_sub(BASE)
        & STORE_MASK;
    start + 8 <= PACKET as u64 || start >= (PACKET + PACKET_BYTES) as u64
}
