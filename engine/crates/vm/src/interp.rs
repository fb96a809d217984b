//! The reference interpreter: plain, checks every access, counts fuel. Opcodes as in RFC 9669.

use crate::alu;
use crate::graph::callee;
use crate::helpers::{self, Env};
use crate::memory::{BadAccess, FRAMES};
use crate::program::{Insn, Program};
use crate::source::jump_target;
use crate::trace::{Observer, Step};

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

pub(crate) fn bad(pc: usize, access: BadAccess) -> RunError {
    fault(
        pc,
        format!("access to {} bytes at {:#x}", access.length, access.address),
    )
}

/// Runs `program` from its first instruction and returns r0; `fuel` is lowered by what was used, and gone where it was not
/// enough. What an instruction costs is in [`crate::charges`], helpers cost on top.
///
/// Registers that nothing was put into are 0: all but r1 and r10 at the start, all but the arguments and r10 in a function
/// that is called, and r1 to r5 after a call.
///
/// # Errors
/// [`RunError::OutOfFuel`], or [`RunError::Fault`] for whatever a verified program cannot do.
pub fn run(program: &Program, env: &mut Env<'_>, fuel: &mut u64) -> Result<u64, RunError> {
    run_observed(program, env, fuel, &mut ())
}

/// [`run`], with `observer` told of each instruction that did not end the run.
///
/// # Errors
/// As [`run`].
pub fn run_observed<O: Observer>(
    program: &Program,
    env: &mut Env<'_>,
    fuel: &mut u64,
    observer: &mut O,
) -> Result<u64, RunError> {
    let charges = program.charges();
    spend(fuel, charges.entry(0))?;
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
        let mut next = pc + 1;
        let before = O::LOOKS.then_some(r);
        match insn.op & 7 {
            4 | 7 => {
                let (a, b) = (r[usize::from(insn.dst)], r[usize::from(insn.src)]);
                r[usize::from(insn.dst)] = alu::alu(insn, a, b)
                    .ok_or_else(|| fault(pc, format!("unknown operation {:#04x}", insn.op)))?;
            }
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
                    r[1..=5].fill(0);
                }
                0x85 if insn.src == 1 => {
                    if frames.len() + 1 >= FRAMES {
                        return Err(fault(pc, "calls are nested too deeply"));
                    }
                    frames.push(Frame {
                        back: next,
                        saved: [r[6], r[7], r[8], r[9]],
                    });
                    r[0] = 0;
                    r[6..=9].fill(0);
                    r[10] = env.memory.frame_pointer(frames.len());
                    next =
                        callee(pc, insn).ok_or_else(|| fault(pc, "a call out of the program"))?;
                    spend(fuel, charges.entry(next))?;
                }
                0x85 => return Err(fault(pc, "this kind of call is not supported")),
                0x95 => match frames.pop() {
                    None => return Ok(r[0]),
                    Some(frame) => {
                        r[1..=5].fill(0);
                        [r[6], r[7], r[8], r[9]] = frame.saved;
                        r[10] = env.memory.frame_pointer(frames.len());
                        next = frame.back;
                    }
                },
                0x05 | 0x06 => {
                    spend(fuel, charges.jump(pc))?;
                    next = target(program, pc)?;
                }
                _ => {
                    let (a, b) = (r[usize::from(insn.dst)], r[usize::from(insn.src)]);
                    let is_taken = alu::taken(insn, a, alu::operand(insn, b))
                        .ok_or_else(|| fault(pc, format!("unknown jump {:#04x}", insn.op)))?;
                    if is_taken {
                        spend(fuel, charges.jump(pc))?;
                        next = target(program, pc)?;
                    }
                }
            },
        }
        if r[10] != env.memory.frame_pointer(frames.len()) {
            return Err(fault(pc, "r10 is read-only"));
        }
        if let Some(before) = before {
            observer.step(Step {
                pc,
                insn,
                before: &before,
                after: &r,
                fuel: *fuel,
            });
        }
        pc = next;
    }
}

fn spend(fuel: &mut u64, cost: u64) -> Result<(), RunError> {
    let left = fuel.checked_sub(cost);
    *fuel = left.unwrap_or(0);
    left.map(drop).ok_or(RunError::OutOfFuel)
}

fn target(program: &Program, pc: usize) -> Result<usize, RunError> {
    jump_target(program, pc).ok_or_else(|| fault(pc, "jump out of the program"))
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
