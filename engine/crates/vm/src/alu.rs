//! Arithmetic, byte order and comparisons of RFC 9669 as pure functions: what the interpreter does, and what the
//! compiler does ahead of time where it knows the operands.

use crate::program::Insn;

/// The second operand: the source register's value, or the sign-extended immediate.
#[must_use]
pub fn operand(insn: Insn, source: u64) -> u64 {
    if insn.op & 8 != 0 {
        source
    } else {
        i64::from(insn.imm).cast_unsigned()
    }
}

/// The result of an arithmetic instruction with `a` in its destination and `source` in its source register. None for
/// what is no such instruction.
#[must_use]
pub fn alu(insn: Insn, a: u64, source: u64) -> Option<u64> {
    if insn.op & 0xf0 == 0xd0 {
        return swap(insn, a);
    }
    if insn.off != 0 && !matches!(insn.op & 0xf0, 0x30 | 0x90 | 0xb0) {
        return None;
    }
    let b = operand(insn, source);
    if insn.op & 7 == 7 {
        alu64(insn, a, b)
    } else {
        alu32(insn, a as u32, b as u32).map(u64::from)
    }
}

fn alu64(insn: Insn, a: u64, b: u64) -> Option<u64> {
    let (sa, sb) = (a.cast_signed(), b.cast_signed());
    Some(match (insn.op & 0xf0, insn.off) {
        (0x00, _) => a.wrapping_add(b),
        (0x10, _) => a.wrapping_sub(b),
        (0x20, _) => a.wrapping_mul(b),
        (0x30, 0) => a.checked_div(b).unwrap_or(0),
        (0x30, 1) if b == 0 => 0,
        (0x30, 1) => sa.wrapping_div(sb).cast_unsigned(),
        (0x40, _) => a | b,
        (0x50, _) => a & b,
        (0x60, _) => a.wrapping_shl(b as u32),
        (0x70, _) => a.wrapping_shr(b as u32),
        (0x80, _) => a.wrapping_neg(),
        (0x90, 0) => a.checked_rem(b).unwrap_or(a),
        (0x90, 1) if b == 0 => a,
        (0x90, 1) => sa.wrapping_rem(sb).cast_unsigned(),
        (0xa0, _) => a ^ b,
        (0xb0, 0) => b,
        (0xb0, 8) => i64::from(b as i8).cast_unsigned(),
        (0xb0, 16) => i64::from(b as i16).cast_unsigned(),
        (0xb0, 32) => i64::from(b as i32).cast_unsigned(),
        (0xc0, _) => sa.wrapping_shr(b as u32).cast_unsigned(),
        _ => return None,
    })
}

fn alu32(insn: Insn, a: u32, b: u32) -> Option<u32> {
    let (sa, sb) = (a.cast_signed(), b.cast_signed());
    Some(match (insn.op & 0xf0, insn.off) {
        (0x00, _) => a.wrapping_add(b),
        (0x10, _) => a.wrapping_sub(b),
        (0x20, _) => a.wrapping_mul(b),
        (0x30, 0) => a.checked_div(b).unwrap_or(0),
        (0x30, 1) if b == 0 => 0,
        (0x30, 1) => sa.wrapping_div(sb).cast_unsigned(),
        (0x40, _) => a | b,
        (0x50, _) => a & b,
        (0x60, _) => a.wrapping_shl(b),
        (0x70, _) => a.wrapping_shr(b),
        (0x80, _) => a.wrapping_neg(),
        (0x90, 0) => a.checked_rem(b).unwrap_or(a),
        (0x90, 1) if b == 0 => a,
        (0x90, 1) => sa.wrapping_rem(sb).cast_unsigned(),
        (0xa0, _) => a ^ b,
        (0xb0, 0) => b,
        (0xb0, 8) => i32::from(b as i8).cast_unsigned(),
        (0xb0, 16) => i32::from(b as i16).cast_unsigned(),
        (0xc0, _) => sa.wrapping_shr(b).cast_unsigned(),
        _ => return None,
    })
}

/// Byte order: 0xd4 to little endian, 0xdc to big endian, 0xd7 an unconditional swap. None for what is no such operation.
#[must_use]
pub fn swap(insn: Insn, a: u64) -> Option<u64> {
    let reverse = match insn.op {
        0xd4 => false,
        0xdc | 0xd7 => true,
        _ => return None,
    };
    Some(match (insn.imm, reverse) {
        (16, true) => u64::from((a as u16).swap_bytes()),
        (32, true) => u64::from((a as u32).swap_bytes()),
        (64, true) => a.swap_bytes(),
        (16, false) => u64::from(a as u16),
        (32, false) => u64::from(a as u32),
        (64, false) => a,
        _ => return None,
    })
}

/// Whether the conditional jump `insn` is taken with `a` and `b` in its operands. None for what is no such jump.
#[must_use]
pub fn taken(insn: Insn, mut a: u64, mut b: u64) -> Option<bool> {
    let (mut sa, mut sb) = (a.cast_signed(), b.cast_signed());
    if insn.op & 7 == 6 {
        (a, b) = (a & 0xffff_ffff, b & 0xffff_ffff);
        (sa, sb) = (i64::from(a as i32), i64::from(b as i32));
    }
    Some(match insn.op & 0xf0 {
        0x10 => a == b,
        0x20 => a > b,
        0x30 => a >= b,
        0x40 => a & b != 0,
        0x50 => a != b,
        0x60 => sa > sb,
        0x70 => sa >= sb,
        0xa0 => a < b,
        0xb0 => a <= b,
        0xc0 => sa < sb,
        0xd0 => sa <= sb,
        _ => return None,
    })
}
