//! What must hold before there is code: the structure that every loaded program has, and no way off its end.

use super::JitError;
use crate::check;
use crate::graph::{reachable, successors};
use crate::program::{Insn, Program};

/// Checks `program` again, whoever made it.
///
/// # Errors
/// [`JitError::Invalid`] with the code of what the loader would have said; [`JitError::Unsupported`] for what the loader
/// leaves to the run.
pub fn check(program: &Program) -> Result<(), JitError> {
    check::check(program).map_err(|found| JitError::Invalid(found.code))?;
    let unsupported = |pc, what| Err(JitError::Unsupported { pc, what });
    if program.insns.is_empty() {
        return unsupported(0, "an empty program");
    }
    let mut pc = 0;
    while let Some(insn) = program.insns.get(pc) {
        if writes(*insn, 10) {
            return unsupported(pc, "a write to r10");
        }
        pc += if insn.op == 0x18 { 2 } else { 1 };
    }
    let entries = (0..program.insns.len())
        .filter_map(|pc| crate::graph::callee(pc, program.insns[pc]))
        .chain([0]);
    for entry in std::collections::BTreeSet::from_iter(entries) {
        for pc in reachable(program, entry) {
            if successors(program, pc)
                .next
                .is_some_and(|next| next >= program.insns.len())
            {
                return unsupported(pc, "code that runs off the end of the program");
            }
        }
    }
    Ok(())
}

/// Whether `insn` changes `register` itself.
fn writes(insn: Insn, register: u8) -> bool {
    match insn.op & 7 {
        0 | 1 | 4 | 7 => insn.dst == register,
        3 if matches!(insn.op, 0xc3 | 0xdb) => {
            insn.imm & 1 == 1 && insn.imm != 0xf1 && insn.src == register
        }
        _ => false,
    }
}
