//! What is known of registers ahead of time: constants, addresses among them, and how many bits a value has.
//!
//! The context, the packet's window and the stack are at fixed addresses, so that most pointers of a program are
//! constants, and accesses through them need no mask.

use crate::alu;
use crate::arena::BASE;
use crate::graph::successors;
use crate::memory::{CONTEXT, CONTEXT_VALUES, frame_pointer};
use crate::program::{Insn, Program};

/// What is known of one register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its value.
    pub known: Option<u64>,
    /// It is below 2 to the power of this.
    pub bits: u8,
}

const ANY: Fact = Fact {
    known: None,
    bits: 64,
};

impl Fact {
    fn constant(value: u64) -> Self {
        Self {
            known: Some(value),
            bits: (64 - value.leading_zeros()) as u8,
        }
    }

    fn below(bits: u8) -> Self {
        Self {
            known: None,
            bits: bits.min(64),
        }
    }

    fn join(self, other: Self) -> Self {
        Self {
            known: self.known.filter(|_| self.known == other.known),
            bits: self.bits.max(other.bits),
        }
    }
}

/// What is known of r0 to r10 before an instruction.
pub type Registers = [Fact; 11];

/// What is known before each instruction of a function.
pub struct Facts(Vec<Option<Registers>>);

impl Facts {
    /// Follows the function that starts at `entry` and runs at call depth `depth`. Jumps that are decided by what is
    /// known are followed to one side only.
    #[must_use]
    pub fn new(program: &Program, sections: &[u64], entry: usize, depth: usize) -> Self {
        let mut facts = Self(vec![None; program.insns.len()]);
        let mut work = Vec::new();
        facts.reach(entry, &start_of(depth), &mut work);
        while let Some(pc) = work.pop() {
            let Some(mut registers) = facts.0[pc] else {
                continue;
            };
            let insn = program.insns[pc];
            let decided = decide(insn, &registers);
            step(program, sections, pc, &mut registers);
            let successors = successors(program, pc);
            for (target, side) in [(successors.next, false), (successors.taken, true)] {
                if let Some(target) = target
                    && decided.is_none_or(|taken| taken == side)
                {
                    let mut registers = registers;
                    narrow(insn, side, &mut registers);
                    facts.reach(target, &registers, &mut work);
                }
            }
        }
        facts
    }

    fn reach(&mut self, pc: usize, registers: &Registers, work: &mut Vec<usize>) {
        let Some(slot) = self.0.get_mut(pc) else {
            return;
        };
        let joined = match *slot {
            None => *registers,
            Some(before) => std::array::from_fn(|r| before[r].join(registers[r])),
        };
        if *slot != Some(joined) {
            *slot = Some(joined);
            work.push(pc);
        }
    }

    /// What is known before the instruction at `pc`. None where it never runs.
    #[must_use]
    pub fn before(&self, pc: usize) -> Option<&Registers> {
        self.0.get(pc)?.as_ref()
    }

    /// Which way the conditional jump `insn` at `pc` goes, if that is known.
    #[must_use]
    pub fn decided(&self, pc: usize, insn: Insn) -> Option<bool> {
        decide(insn, self.before(pc)?)
    }
}

/// What is known where a function starts that runs at call depth `depth`.
#[must_use]
pub fn start_of(depth: usize) -> Registers {
    let mut start = [Fact::constant(0); 11];
    start[10] = Fact::constant(frame_pointer(depth));
    if depth == 0 {
        start[1] = Fact::constant(BASE + CONTEXT as u64);
    } else {
        start[1..=5].fill(ANY);
    }
    start
}

fn decide(insn: Insn, registers: &Registers) -> Option<bool> {
    if !matches!(insn.op & 7, 5 | 6) || matches!(insn.op, 0x05 | 0x06 | 0x85 | 0x95) {
        return None;
    }
    let a = registers[usize::from(insn.dst)].known?;
    alu::taken(insn, a, operand(insn, registers).known?)
}

fn operand(insn: Insn, registers: &Registers) -> Fact {
    match insn.op & 8 {
        0 => Fact::constant(i64::from(insn.imm).cast_unsigned()),
        _ => registers[usize::from(insn.src)],
    }
}

/// What the instruction at `pc` makes of `registers`.
fn step(program: &Program, sections: &[u64], pc: usize, registers: &mut Registers) {
    let insn = program.insns[pc];
    let (dst, src) = (usize::from(insn.dst), usize::from(insn.src));
    match insn.op & 7 {
        4 | 7 => registers[dst] = arithmetic(insn, registers),
        0 => registers[dst] = wide(program, sections, pc).map_or(ANY, Fact::constant),
        1 => registers[dst] = load(insn, registers),
        3 if matches!(insn.op, 0xc3 | 0xdb) && insn.imm == 0xf1 => registers[0] = ANY,
        3 if matches!(insn.op, 0xc3 | 0xdb) && insn.imm & 1 == 1 => registers[src] = ANY,
        5 if insn.op == 0x85 => {
            registers[0] = ANY;
            registers[1..=5].fill(Fact::constant(0));
        }
        _ => {}
    }
}

/// Lowers what is known of the operands of the conditional jump `insn` to what holds on its `taken` side.
fn narrow(insn: Insn, taken: bool, registers: &mut Registers) {
    if insn.op & 7 != 5 {
        return;
    }
    let (dst, src) = (usize::from(insn.dst), usize::from(insn.src));
    let (a, b) = (registers[dst], operand(insn, registers));
    // Whether neither operand is greater than the other one.
    let (a_low, b_low) = match (insn.op & 0xf0, taken) {
        (0x10, true) | (0x50, false) => (true, true),
        (0x20 | 0x30, false) | (0xa0 | 0xb0, true) => (true, false),
        (0x20 | 0x30, true) | (0xa0 | 0xb0, false) => (false, true),
        _ => return,
    };
    if a_low {
        registers[dst].bits = a.bits.min(b.bits);
    }
    if b_low && insn.op & 8 != 0 {
        registers[src].bits = b.bits.min(a.bits);
    }
}

/// The value of the wide instruction at `pc`.
#[must_use]
pub fn wide(program: &Program, sections: &[u64], pc: usize) -> Option<u64> {
    let insn = program.insns[pc];
    let high = program.insns.get(pc + 1)?.imm;
    if insn.src == 0 {
        return Some(u64::from(insn.imm.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32);
    }
    let section = sections.get(usize::try_from(insn.imm).ok()?)?;
    Some(section.wrapping_add(i64::from(high).cast_unsigned()))
}

/// The value that the load `insn` gives, if it is known: that of a field of the context, which nothing may write to.
#[must_use]
pub fn loaded(insn: Insn, registers: &Registers) -> Option<u64> {
    let address = registers[usize::from(insn.src)].known?;
    let offset = address
        .wrapping_add(i64::from(insn.off).cast_unsigned())
        .wrapping_sub(BASE + CONTEXT as u64);
    if insn.op != 0x79 || !offset.is_multiple_of(8) {
        return None;
    }
    CONTEXT_VALUES
        .get(usize::try_from(offset / 8).ok()?)
        .copied()
}

fn load(insn: Insn, registers: &Registers) -> Fact {
    match (insn.op, loaded(insn, registers)) {
        (_, Some(value)) => Fact::constant(value),
        (0x71, _) => Fact::below(8),
        (0x69, _) => Fact::below(16),
        (0x61, _) => Fact::below(32),
        _ => ANY,
    }
}

fn arithmetic(insn: Insn, registers: &Registers) -> Fact {
    let a = registers[usize::from(insn.dst)];
    let b = operand(insn, registers);
    let code = insn.op & 0xf0;
    // A move, and a swap or a negation, have one operand only.
    let known = match code {
        0xb0 => b.known.and_then(|b| alu::alu(insn, 0, b)),
        0x80 | 0xd0 => a.known.and_then(|a| alu::alu(insn, a, 0)),
        _ => a.known.zip(b.known).and_then(|(a, b)| alu::alu(insn, a, b)),
    };
    if let Some(value) = known {
        return Fact::constant(value);
    }
    let width = if insn.op & 7 == 7 { 64 } else { 32 };
    let (a_bits, b_bits) = (a.bits.min(width), b.bits.min(width));
    let amount = b.known.map(|b| (b % u64::from(width)) as u8);
    let bits = match code {
        0xb0 if insn.off == 0 => b_bits,
        0x00 => a_bits.max(b_bits) + 1,
        0x40 | 0xa0 => a_bits.max(b_bits),
        0x50 => a_bits.min(b_bits),
        0x60 => a_bits.saturating_add(amount.unwrap_or(64)),
        0x70 => a_bits - amount.unwrap_or(0).min(a_bits),
        0x30 | 0x90 if insn.off == 0 => a_bits,
        0xd0 => insn.imm as u8,
        _ => width,
    };
    Fact::below(bits.min(width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::PACKET;

    fn insn(op: u8, dst: u8, src: u8, off: i16, imm: i32) -> Insn {
        Insn {
            op,
            dst,
            src,
            off,
            imm,
        }
    }

    fn facts(insns: Vec<Insn>) -> Facts {
        let program = Program {
            insns,
            ..Program::default()
        };
        Facts::new(&program, &[], 0, 0)
    }

    #[test]
    fn packet_pointers_are_constants_even_in_loops() {
        let found = facts(vec![
            insn(0x79, 6, 1, 0, 0),
            insn(0x71, 2, 6, 20, 0),
            insn(0x07, 3, 0, 0, 1),
            insn(0x2d, 2, 3, -3, 0),
            insn(0x95, 0, 0, 0, 0),
        ]);
        let at = |pc: usize, register: usize| found.before(pc).unwrap()[register];
        assert_eq!(at(1, 6).known, Some(BASE + PACKET as u64));
        assert_eq!((at(3, 2).known, at(3, 2).bits), (None, 8));
        assert_eq!(at(1, 3).known, None);
    }

    #[test]
    fn comparisons_tell_how_many_bits_values_have() {
        let found = facts(vec![
            insn(0x85, 0, 0, 0, 2),
            insn(0xbf, 6, 0, 0, 0),
            insn(0x85, 0, 0, 0, 2),
            insn(0x25, 0, 0, 3, 1400),
            insn(0x3d, 0, 6, 1, 0),
            insn(0x95, 0, 0, 0, 0),
            insn(0x65, 0, 0, 0, 7),
            insn(0x95, 0, 0, 0, 0),
        ]);
        let bits = |pc: usize| [0, 6].map(|r: usize| found.before(pc).unwrap()[r].bits);
        assert_eq!(bits(3), [64, 64]);
        assert_eq!(bits(4), [11, 64]);
        // Not r0 >= r6.
        assert_eq!(bits(5), [11, 64]);
        // r0 >= r6.
        assert_eq!(bits(6), [11, 11]);
        assert_eq!(bits(7), [64, 64]);
    }

    #[test]
    fn decided_jumps_are_followed_to_one_side() {
        let found = facts(vec![
            insn(0x79, 2, 1, 8, 0),
            insn(0x79, 3, 1, 0, 0),
            insn(0x07, 3, 0, 0, 1520),
            insn(0x2d, 3, 2, 1, 0),
            insn(0x95, 0, 0, 0, 0),
            insn(0x95, 0, 0, 0, 0),
        ]);
        assert!(found.before(4).is_some() && found.before(5).is_none());
        assert_eq!(found.decided(3, insn(0x2d, 3, 2, 1, 0)), Some(false));
    }

    #[test]
    fn a_called_function_knows_its_frame_only() {
        let program = Program {
            insns: vec![insn(0x95, 0, 0, 0, 0)],
            ..Program::default()
        };
        let found = Facts::new(&program, &[], 0, 2);
        let registers = found.before(0).unwrap();
        assert_eq!(registers[1], ANY);
        assert_eq!(registers[10].known, Some(frame_pointer(2)));
    }
}
