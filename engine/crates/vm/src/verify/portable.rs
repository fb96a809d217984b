//! What keeps a program from being portable whatever its loops do: read-only data, and FlowProtect's own helpers.

use std::collections::BTreeSet;

use super::explain;
use crate::additions::table::{self, Addition};
use crate::diagnostic::Diagnostic;
use crate::program::{Insn, Program};
use crate::source::place;

/// The instructions of `program` with their numbers, without the second halves of wide ones.
fn insns(program: &Program) -> impl Iterator<Item = (usize, &Insn)> {
    let mut second = false;
    program.insns.iter().enumerate().filter(move |(_, insn)| {
        let is_whole = !second;
        second = is_whole && insn.op == 0x18;
        is_whole
    })
}

fn addition(insn: &Insn) -> Option<&'static Addition> {
    let calls = (insn.op, insn.src) == (0x85, 0);
    calls.then(|| table::find(insn.imm)).flatten()
}

/// An error for the first call of each of FlowProtect's own helpers. Where there is none, one for the first use of read-only
/// data: names of lists are such data too. (A section that nothing refers to does not count.) Empty where the portable
/// verdict is possible.
pub fn obstacles(program: &Program) -> Vec<Diagnostic> {
    let mut known = BTreeSet::new();
    let mut found: Vec<Diagnostic> = insns(program)
        .filter_map(|(pc, insn)| Some((pc, addition(insn)?)))
        .filter(|(_, addition)| known.insert(addition.id))
        .map(|(pc, addition)| own_helper(program, pc, addition.name))
        .collect();
    let rodata = insns(program).find(|(_, insn)| (insn.op, insn.src) == (0x18, 2));
    if let Some((pc, _)) = rodata.filter(|_| found.is_empty()) {
        found.push(read_only_data(program, pc));
    }
    found
}

fn own_helper(program: &Program, pc: usize, name: &str) -> Diagnostic {
    let mut diagnostic = explain::error(
        "verify.not_portable",
        format!("{name} is a helper of FlowProtect's own: other implementations do not have it"),
        "Use the helpers of cf_ebpf_helper.h only, or check without --portable.",
    );
    place(&mut diagnostic, program, pc);
    diagnostic
}

fn read_only_data(program: &Program, pc: usize) -> Diagnostic {
    let mut diagnostic = explain::error(
        "verify.not_portable",
        "read-only data (a string or a constant table): FlowProtect takes it, Cloudflare's verifier does not",
        "Compare with numbers or single characters, or check without --portable.",
    );
    place(&mut diagnostic, program, pc);
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(insns: &[(u8, u8, i32)]) -> Vec<String> {
        let insn = |&(op, src, imm): &(u8, u8, i32)| Insn {
            op,
            dst: 0,
            src,
            off: 0,
            imm,
        };
        let program = Program {
            insns: insns.iter().map(insn).collect(),
            ..Program::default()
        };
        obstacles(&program)
            .into_iter()
            .map(|found| found.message)
            .collect()
    }

    #[test]
    fn each_own_helper_is_named_once() {
        let found = messages(&[(0x85, 0, 2), (0x85, 0, 66), (0x85, 0, 64), (0x85, 0, 66)]);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("fp_make_cookie ") && found[1].starts_with("fp_nanos "));
    }

    #[test]
    fn what_only_looks_like_a_call_is_none() {
        // A number, a call within the program, and the second half of a wide instruction.
        assert!(messages(&[(0xb7, 0, 64), (0x85, 1, 64)]).is_empty());
        assert!(messages(&[(0x18, 0, 0), (0x85, 0, 64), (0x95, 0, 0)]).is_empty());
        assert_eq!(messages(&[(0x18, 2, 0), (0, 0, 0), (0x95, 0, 0)]).len(), 1);
    }
}
