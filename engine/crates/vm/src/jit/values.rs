//! Arithmetic, byte order and comparisons.

use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Type, Value};

use super::lower::{Lower, Sum};
use crate::alu;
use crate::program::Insn;

impl Lower<'_, '_> {
    /// Translates an arithmetic instruction. None where there is no such instruction.
    pub(super) fn arithmetic(&mut self, pc: usize, insn: Insn) -> Option<()> {
        if let Some(value) = self.result_known(pc, insn) {
            let value = self.constant(value);
            self.set(insn.dst, value);
            return Some(());
        }
        if self.is_idle(pc, insn) {
            let value = self.get(
                pc,
                if insn.op & 0xf0 == 0xb0 {
                    insn.src
                } else {
                    insn.dst
                },
            );
            self.set(insn.dst, value);
            return Some(());
        }
        let value = match insn.op & 0xf0 {
            0xb0 => self.moved(pc, insn)?,
            0xd0 => self.swapped(pc, insn)?,
            _ => self.computed(pc, insn)?,
        };
        self.set(insn.dst, value);
        Some(())
    }

    /// Whether `insn` only clears bits that are known to be clear.
    fn is_idle(&self, pc: usize, insn: Insn) -> bool {
        let Some(facts) = self.facts.before(pc) else {
            return false;
        };
        let bits = |register: u8| facts[usize::from(register)].bits;
        match insn.op {
            0x57 | 0x54 => {
                let kept = i64::from(insn.imm).trailing_ones().min(31);
                u32::from(bits(insn.dst)) <= kept
            }
            0xbc => insn.off == 0 && bits(insn.src) <= 32,
            _ => false,
        }
    }

    fn result_known(&self, pc: usize, insn: Insn) -> Option<u64> {
        let registers = self.facts.before(pc)?;
        let a = registers[usize::from(insn.dst)].known;
        let b = match insn.op & 8 {
            0 => Some(0),
            _ => registers[usize::from(insn.src)].known,
        };
        match insn.op & 0xf0 {
            0xb0 => alu::alu(insn, 0, b?),
            0x80 | 0xd0 => alu::alu(insn, a?, 0),
            _ => alu::alu(insn, a?, b?),
        }
    }

    /// A 64-bit value that is `value` extended by zeros.
    pub(super) fn extended(&mut self, value: Value) -> Value {
        if self.b.func.dfg.value_type(value) == I64 {
            return value;
        }
        let wide = self.b.ins().uextend(I64, value);
        self.origins.narrow.insert(wide, value);
        wide
    }

    fn moved(&mut self, pc: usize, insn: Insn) -> Option<Value> {
        let is64 = insn.op & 7 == 7;
        let source = self.get(pc, insn.src);
        let from = match insn.off {
            0 if is64 => return Some(source),
            0 => {
                let low = self.low(source);
                return Some(self.extended(low));
            }
            8 => I8,
            16 => I16,
            32 if is64 => I32,
            _ => return None,
        };
        let low = self.b.ins().ireduce(from, source);
        let value = self.b.ins().sextend(if is64 { I64 } else { I32 }, low);
        Some(self.extended(value))
    }

    fn swapped(&mut self, pc: usize, insn: Insn) -> Option<Value> {
        let value = self.get(pc, insn.dst);
        let reverse = match insn.op {
            0xd4 => false,
            0xdc | 0xd7 => true,
            _ => return None,
        };
        let low = match insn.imm {
            16 => self.b.ins().ireduce(I16, value),
            32 => self.low(value),
            64 => value,
            _ => return None,
        };
        let low = match reverse {
            true => self.b.ins().bswap(low),
            false => low,
        };
        Some(self.extended(low))
    }

    fn computed(&mut self, pc: usize, insn: Insn) -> Option<Value> {
        let is64 = insn.op & 7 == 7;
        let wide = self.get(pc, insn.dst);
        let a = if is64 { wide } else { self.low(wide) };
        let b = match (insn.op & 8, is64) {
            _ if insn.op & 0xf0 == 0x80 => a,
            (0, true) => self.b.ins().iconst(I64, i64::from(insn.imm)),
            (0, false) => self
                .b
                .ins()
                .iconst(I32, i64::from(insn.imm.cast_unsigned())),
            (_, true) => self.get(pc, insn.src),
            (_, false) => {
                let source = self.get(pc, insn.src);
                self.low(source)
            }
        };
        let value = match (insn.op & 0xf0, insn.off) {
            (0x00, 0) => self.b.ins().iadd(a, b),
            (0x10, 0) => self.b.ins().isub(a, b),
            (0x20, 0) => self.b.ins().imul(a, b),
            (0x30, 0 | 1) => self.divided(a, b, insn.off == 1, false),
            (0x90, 0 | 1) => self.divided(a, b, insn.off == 1, true),
            (0x40, 0) => self.b.ins().bor(a, b),
            (0x50, 0) => self.b.ins().band(a, b),
            (0x60, 0) => self.b.ins().ishl(a, b),
            (0x70, 0) => self.b.ins().ushr(a, b),
            (0x80, 0) => self.b.ins().ineg(a),
            (0xa0, 0) => self.b.ins().bxor(a, b),
            (0xc0, 0) => self.b.ins().sshr(a, b),
            _ => return None,
        };
        if is64 {
            self.remember_sum(pc, insn, value);
        }
        Some(self.extended(value))
    }

    /// Notes that `value`, which `insn` makes, is another one plus a constant, if it is.
    fn remember_sum(&mut self, pc: usize, insn: Insn, value: Value) {
        let Some(facts) = self.facts.before(pc) else {
            return;
        };
        let a = facts[usize::from(insn.dst)];
        let b = match insn.op & 8 {
            0 => Some(i64::from(insn.imm)),
            _ => facts[usize::from(insn.src)].known.map(u64::cast_signed),
        };
        let (register, delta) = match (insn.op & 0xf0, a.known, b) {
            (0x00, None, Some(delta)) => (insn.dst, delta),
            (0x10, None, Some(delta)) => (insn.dst, delta.wrapping_neg()),
            (0x00, Some(delta), None) => (insn.src, delta.cast_signed()),
            _ => return,
        };
        let from = self.get(pc, register);
        let before = self.origin(from);
        let Some(delta) = before.delta.checked_add(delta) else {
            return;
        };
        let small = facts[usize::from(register)].bits < 16 && before.delta == 0;
        let sum = Sum {
            root: before.root,
            delta,
            is_index: before.is_index || small,
        };
        if sum.far_offset().is_some() || delta.unsigned_abs() < 1 << 31 && a.known.is_none() {
            self.origins.sums.insert(value, sum);
        }
    }

    /// Division as RFC 9669 has it: by zero it gives 0, and its remainder the dividend; nothing traps.
    fn divided(&mut self, a: Value, b: Value, signed: bool, remainder: bool) -> Value {
        let of = self.b.func.dfg.value_type(a);
        let (zero, one) = (self.b.ins().iconst(of, 0), self.b.ins().iconst(of, 1));
        let by_zero = self.b.ins().icmp(IntCC::Equal, b, zero);
        let mut divisor = self.b.ins().select(by_zero, one, b);
        let instead = if remainder { a } else { zero };
        let value = if signed {
            // The smallest number divided by -1 would trap: it is a negation.
            let minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
            divisor = self.b.ins().select(minus_one, one, divisor);
            if remainder {
                let value = self.b.ins().srem(a, divisor);
                self.b.ins().select(minus_one, zero, value)
            } else {
                let value = self.b.ins().sdiv(a, divisor);
                let negated = self.b.ins().ineg(a);
                self.b.ins().select(minus_one, negated, value)
            }
        } else if remainder {
            self.b.ins().urem(a, divisor)
        } else {
            self.b.ins().udiv(a, divisor)
        };
        self.b.ins().select(by_zero, instead, value)
    }

    /// What says that a jump is taken or, without `taken`, that it is not. None where there is no such jump.
    pub(super) fn condition(&mut self, pc: usize, insn: Insn, taken: bool) -> Option<Value> {
        let code = match insn.op & 0xf0 {
            0x10 => IntCC::Equal,
            0x20 => IntCC::UnsignedGreaterThan,
            0x30 => IntCC::UnsignedGreaterThanOrEqual,
            0x40 => IntCC::NotEqual,
            0x50 => IntCC::NotEqual,
            0x60 => IntCC::SignedGreaterThan,
            0x70 => IntCC::SignedGreaterThanOrEqual,
            0xa0 => IntCC::UnsignedLessThan,
            0xb0 => IntCC::UnsignedLessThanOrEqual,
            0xc0 => IntCC::SignedLessThan,
            0xd0 => IntCC::SignedLessThanOrEqual,
            _ => return None,
        };
        let code = if taken { code } else { code.complement() };
        let is_test = insn.op & 0xf0 == 0x40;
        let a = self.get(pc, insn.dst);
        let b = match insn.op & 8 {
            0 => self.constant(i64::from(insn.imm).cast_unsigned()),
            _ => self.get(pc, insn.src),
        };
        if !is_test && let Some((a, b)) = self.narrowed(pc, insn, a, b) {
            return Some(self.b.ins().icmp(code.unsigned(), a, b));
        }
        let (a, b) = match insn.op & 7 {
            5 => (a, b),
            _ => (self.low(a), self.low(b)),
        };
        if is_test {
            let both = self.b.ins().band(a, b);
            return Some(match taken {
                true => both,
                false => self.b.ins().icmp_imm_u(IntCC::Equal, both, 0),
            });
        }
        Some(self.b.ins().icmp(code, a, b))
    }

    /// The operands of a comparison in the narrow type of both, where they were extended by zeros for it alone.
    ///
    /// Such values are not negative, so that signed comparisons are unsigned ones.
    fn narrowed(&mut self, pc: usize, insn: Insn, a: Value, b: Value) -> Option<(Value, Value)> {
        let is32 = insn.op & 7 == 6;
        let narrow = |this: &Self, value: Value| {
            let value = this.b.func.dfg.resolve_aliases(value);
            let narrow = *this.origins.narrow.get(&value)?;
            let of: Type = this.b.func.dfg.value_type(narrow);
            // In 32 bits the highest one is a sign.
            (!is32 || of.bits() < 32).then_some((narrow, of))
        };
        let (low, of) = narrow(self, a)?;
        let known = match insn.op & 8 {
            0 => Some(i64::from(insn.imm).cast_unsigned()),
            _ => self.facts.before(pc)?[usize::from(insn.src)].known,
        };
        if let Some(known) = known {
            let fits = known < 1 << of.bits();
            return fits.then(|| (low, self.b.ins().iconst(of, known.cast_signed())));
        }
        let (other, same) = narrow(self, b)?;
        (of == same).then_some((low, other))
    }
}
