//! The reference interpreter: plain, checks every access, counts fuel. Opcodes as in RFC 9669.

use crate::helpers::{self, Env};
use crate::memory::{BadAccess, FRAMES};
use crate::program::{Insn, Program};

/// Why a run gave no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    #[error("out of fuel")]
    OutOfFuel,
    #[error("fault at instruction {pc}: {message}")]
    Fault { pc: usize, message: String },
}

struct Frame {
    back: usize,
    saved: [u64; 4],
}

fn fault(pc: usize, message: impl Into<String>) -> RunError {
    RunError::Fault {
        pc,
        message: message.into(),
    }
}

fn bad(pc: usize, access: BadAccess) -> RunError {
    fault(
        pc,
        format!("access to {} bytes at {:#x}", access.length, access.address),
    )
}

/// Runs `program` from its first instruction and returns r0; `fuel` is lowered by what was used.
///
/// # Errors
/// [`RunError::OutOfFuel`], or [`RunError::Fault`] for whatever a verified program cannot do.
pub fn run(program: &Program, env: &mut Env<'_>, fuel: &mut u64) -> Result<u64, RunError> {
    let mut r = [0u64; 11];
    r[1] = env.memory.context_address();
    r[10] = env.memory.frame_pointer(0);
    let mut frames: Vec<Frame> = Vec::new();
    let mut pc = 0;
    loop {
        let insn = *program
            .insns
            .get(pc)
            .ok_or_else(|| fault(pc, "end of program"))?;
        if insn.dst > 10 || insn.src > 10 {
            return Err(fault(pc, "no such register"));
        }
        spend(fuel, 1)?;
        let mut next = pc + 1;
        match insn.op & 7 {
            4 | 7 => r[usize::from(insn.dst)] = alu(pc, insn, &r)?,
            0 | 1 => {
                if insn.op == 0x18 {
                    r[usize::from(insn.dst)] = wide(program, env, pc, insn)?;
                    next = pc + 2;
                } else {
                    r[usize::from(insn.dst)] = load(env, pc, insn, &r)?;
                }
            }
            2 | 3 if matches!(insn.op, 0xc3 | 0xdb) => atomic(env, pc, insn, &mut r)?,
            2 | 3 => store(env, pc, insn, &r)?,
            _ => match insn.op {
                0x85 if insn.src == 0 => {
                    spend(
                        fuel,
                        helpers::cost(insn.imm, [r[1], r[2], r[3], r[4], r[5]]),
                    )?;
                    if helpers::name(insn.imm).is_none() {
                        return Err(fault(pc, format!("no helper {}", insn.imm)));
                    }
                    let arguments = [r[1], r[2], r[3], r[4], r[5]];
                    r[0] = helpers::call(env, insn.imm, arguments)
                        .map_err(|access| bad(pc, access))?
                        .cast_unsigned();
                }
                0x85 if insn.src == 1 => {
                    if frames.len() + 1 >= FRAMES {
                        return Err(fault(pc, "calls are nested too deeply"));
                    }
                    frames.push(Frame {
                        back: next,
                        saved: [r[6], r[7], r[8], r[9]],
                    });
                    r[10] = env.memory.frame_pointer(frames.len());
                    next = target(pc, i64::from(insn.imm))?;
                }
                0x85 => return Err(fault(pc, "this kind of call is not supported")),
                0x95 => match frames.pop() {
                    None => return Ok(r[0]),
                    Some(frame) => {
                        [r[6], r[7], r[8], r[9]] = frame.saved;
                        r[10] = env.memory.frame_pointer(frames.len());
                        next = frame.back;
                    }
                },
                0x05 => next = target(pc, i64::from(insn.off))?,
                0x06 => next = target(pc, i64::from(insn.imm))?,
                _ => {
                    if taken(pc, insn, &r)? {
                        next = target(pc, i64::from(insn.off))?;
                    }
                }
            },
        }
        if r[10] != env.memory.frame_pointer(frames.len()) {
            return Err(fault(pc, "r10 is read-only"));
        }
        pc = next;
    }
}

fn spend(fuel: &mut u64, cost: u64) -> Result<(), RunError> {
    *fuel = fuel.checked_sub(cost).ok_or(RunError::OutOfFuel)?;
    Ok(())
}

fn target(pc: usize, offset: i64) -> Result<usize, RunError> {
    usize::try_from(pc as i64 + 1 + offset).map_err(|_| fault(pc, "jump out of the program"))
}

fn wide(program: &Program, env: &Env<'_>, pc: usize, insn: Insn) -> Result<u64, RunError> {
    let high = program
        .insns
        .get(pc + 1)
        .ok_or_else(|| fault(pc, "half of a wide instruction"))?
        .imm;
    match insn.src {
        0 => Ok(u64::from(insn.imm.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32),
        2 => {
            let index = usize::try_from(insn.imm).unwrap_or(usize::MAX);
            let base = env
                .memory
                .section_address(index)
                .ok_or_else(|| fault(pc, "no such read-only section"))?;
            Ok(base.wrapping_add(i64::from(high).cast_unsigned()))
        }
        source => Err(fault(
            pc,
            format!("wide load of kind {source} is not supported"),
        )),
    }
}

fn width(op: u8) -> usize {
    match op & 0x18 {
        0x00 => 4,
        0x08 => 2,
        0x10 => 1,
        _ => 8,
    }
}

fn address(base: u64, insn: Insn) -> u64 {
    base.wrapping_add(i64::from(insn.off).cast_unsigned())
}

fn load(env: &Env<'_>, pc: usize, insn: Insn, r: &[u64; 11]) -> Result<u64, RunError> {
    let signed = match insn.op & 0xe0 {
        0x60 => false,
        0x80 if insn.op & 0x18 != 0x18 => true,
        _ => return Err(fault(pc, format!("unknown load {:#04x}", insn.op))),
    };
    if insn.op & 7 != 1 {
        return Err(fault(pc, format!("unknown load {:#04x}", insn.op)));
    }
    let size = width(insn.op);
    let bytes = env
        .memory
        .read(address(r[usize::from(insn.src)], insn), size)
        .map_err(|access| bad(pc, access))?;
    let mut value = [0; 8];
    value[..size].copy_from_slice(bytes);
    let value = u64::from_le_bytes(value);
    Ok(match (signed, size) {
        (true, 1) => i64::from(value as i8).cast_unsigned(),
        (true, 2) => i64::from(value as i16).cast_unsigned(),
        (true, _) => i64::from(value as i32).cast_unsigned(),
        _ => value,
    })
}

fn store(env: &mut Env<'_>, pc: usize, insn: Insn, r: &[u64; 11]) -> Result<(), RunError> {
    if insn.op & 0xe0 == 0xc0 {
        return Err(fault(pc, "atomic operations are not supported"));
    }
    if insn.op & 0xe0 != 0x60 {
        return Err(fault(pc, format!("unknown store {:#04x}", insn.op)));
    }
    let value = if insn.op & 7 == 3 {
        r[usize::from(insn.src)]
    } else {
        i64::from(insn.imm).cast_unsigned()
    };
    let size = width(insn.op);
    env.memory
        .write(address(r[usize::from(insn.dst)], insn), size)
        .map_err(|access| bad(pc, access))?
        .copy_from_slice(&value.to_le_bytes()[..size]);
    Ok(())
}

/// Atomic operations (RFC 9669, section 5.3). One thread runs a program, so that they need no more than their order.
fn atomic(env: &mut Env<'_>, pc: usize, insn: Insn, r: &mut [u64; 11]) -> Result<(), RunError> {
    let size = width(insn.op);
    let at = address(r[usize::from(insn.dst)], insn);
    let bytes = env
        .memory
        .write(at, size)
        .map_err(|access| bad(pc, access))?;
    let mask = u64::MAX >> (64 - size * 8);
    let mut old = [0; 8];
    old[..size].copy_from_slice(bytes);
    let old = u64::from_le_bytes(old);
    let value = r[usize::from(insn.src)] & mask;
    let new = match insn.imm & !1 {
        0x00 => old.wrapping_add(value),
        0x40 => old | value,
        0x50 => old & value,
        0xa0 => old ^ value,
        0xe0 if insn.imm == 0xe1 => value,
        0xf0 if insn.imm == 0xf1 && r[0] & mask == old => value,
        0xf0 if insn.imm == 0xf1 => old,
        _ => {
            return Err(fault(
                pc,
                format!("unknown atomic operation {:#x}", insn.imm),
            ));
        }
    };
    bytes.copy_from_slice(&new.to_le_bytes()[..size]);
    if insn.imm == 0xf1 {
        r[0] = old;
    } else if insn.imm & 1 == 1 {
        r[usize::from(insn.src)] = old;
    }
    Ok(())
}

fn alu(pc: usize, insn: Insn, r: &[u64; 11]) -> Result<u64, RunError> {
    let is64 = insn.op & 7 == 7;
    let a = r[usize::from(insn.dst)];
    let from_register = insn.op & 8 != 0;
    if insn.op & 0xf0 == 0xd0 {
        return swap(pc, insn, a);
    }
    let b = if from_register {
        r[usize::from(insn.src)]
    } else {
        i64::from(insn.imm).cast_unsigned()
    };
    let unknown = || fault(pc, format!("unknown operation {:#04x}", insn.op));
    if insn.off != 0 && !matches!(insn.op & 0xf0, 0x30 | 0x90 | 0xb0) {
        return Err(unknown());
    }
    let value = if is64 {
        alu64(insn, a, b)
    } else {
        alu32(insn, a as u32, b as u32).map(u64::from)
    };
    value.ok_or_else(unknown)
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

/// Byte order: 0xd4 to little endian, 0xdc to big endian, 0xd7 an unconditional swap.
fn swap(pc: usize, insn: Insn, a: u64) -> Result<u64, RunError> {
    let reverse = match insn.op {
        0xd4 => false,
        0xdc | 0xd7 => true,
        _ => return Err(fault(pc, format!("unknown operation {:#04x}", insn.op))),
    };
    Ok(match (insn.imm, reverse) {
        (16, true) => u64::from((a as u16).swap_bytes()),
        (32, true) => u64::from((a as u32).swap_bytes()),
        (64, true) => a.swap_bytes(),
        (16, false) => u64::from(a as u16),
        (32, false) => u64::from(a as u32),
        (64, false) => a,
        _ => return Err(fault(pc, "byte swap of an unknown width")),
    })
}

fn taken(pc: usize, insn: Insn, r: &[u64; 11]) -> Result<bool, RunError> {
    let mut a = r[usize::from(insn.dst)];
    let mut b = if insn.op & 8 != 0 {
        r[usize::from(insn.src)]
    } else {
        i64::from(insn.imm).cast_unsigned()
    };
    let (mut sa, mut sb) = (a.cast_signed(), b.cast_signed());
    if insn.op & 7 == 6 {
        (a, b) = (a & 0xffff_ffff, b & 0xffff_ffff);
        (sa, sb) = (i64::from(a as i32), i64::from(b as i32));
    }
    Ok(match insn.op & 0xf0 {
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
        _ => return Err(fault(pc, format!("unknown jump {:#04x}", insn.op))),
    })
}
