//! What a program must be whatever the verifier says: instructions and helpers that exist, jumps that stay inside,
//! calls that are neither recursive nor too deep.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Stage};
use crate::helpers;
use crate::load::MAX_INSTRUCTIONS;
use crate::memory::FRAMES;
use crate::program::{Insn, Program};
use crate::source::{jump_target, place};

/// Most instructions with every call written out: so the verifier sees a program, and calls of calls multiply.
const MAX_WRITTEN_OUT: usize = 4 * MAX_INSTRUCTIONS;

/// Each function by its first instruction, with the sites and targets of its calls.
type Functions = BTreeMap<usize, Vec<(usize, usize)>>;

/// Checks the structure of `program`; the first finding is enough.
///
/// # Errors
/// One diagnostic with a line: `load.instruction`, `load.helper`, `load.indirect_call`, `load.jump`, `load.instructions`,
/// `verify.recursion` or `verify.call_depth`.
pub fn check(program: &Program) -> Result<(), Box<Diagnostic>> {
    let mut starts = vec![false; program.insns.len()];
    let mut pc = 0;
    while let Some(start) = starts.get_mut(pc) {
        *start = true;
        pc += if program.insns[pc].op == 0x18 { 2 } else { 1 };
    }
    if pc != program.insns.len() {
        return Err(found(
            program,
            0,
            "load.instruction",
            "the program ends in the middle of an instruction",
            None,
        ));
    }
    let is_start = |target: Option<usize>| target.and_then(|pc| starts.get(pc)) == Some(&true);
    for pc in (0..starts.len()).filter(|pc| starts[*pc]) {
        let insn = program.insns[pc];
        instruction(program, pc, insn)?;
        let jump = jump_target(program, pc);
        let is_jump = matches!(insn.op & 7, 5 | 6) && !matches!(insn.op, 0x85 | 0x8d | 0x95);
        let leaves =
            (is_jump && !is_start(jump)) || (callee(pc, insn).is_some_and(|to| !is_start(to)));
        if leaves {
            return Err(found(
                program,
                pc,
                "load.jump",
                "a jump leaves the program",
                None,
            ));
        }
    }
    calls(program)
}

fn found(
    program: &Program,
    pc: usize,
    code: &str,
    message: impl Into<String>,
    hint: Option<&str>,
) -> Box<Diagnostic> {
    let stage = if code.starts_with("load") {
        Stage::Load
    } else {
        Stage::Verify
    };
    let mut diagnostic = Diagnostic::error(stage, code, message);
    diagnostic.hint = hint.map(str::to_owned);
    place(&mut diagnostic, program, pc);
    Box::new(diagnostic)
}

fn instruction(program: &Program, pc: usize, insn: Insn) -> Result<(), Box<Diagnostic>> {
    if insn.dst > 10 || insn.src > 10 {
        let message = format!("instruction {pc} names a register above 10");
        return Err(found(program, pc, "load.instruction", message, None));
    }
    match (insn.op, insn.src) {
        (0x85, 0) if helpers::name(insn.imm).is_none() => Err(found(
            program,
            pc,
            "load.helper",
            format!("there is no helper {}", insn.imm),
            Some("Call only the functions that cf_ebpf_helper.h and flowprotect_abi.h declare."),
        )),
        (0x8d, _) => Err(found(
            program,
            pc,
            "load.indirect_call",
            "a call through a function pointer",
            Some("Call functions by name; choose between them with if or switch."),
        )),
        _ => match unsupported(insn) {
            Some(name) => {
                let message = format!("instruction {pc} is {name}, which is not supported");
                let hint =
                    "Compile with the project's own flags: they keep to what programs may use.";
                Err(found(program, pc, "load.instruction", message, Some(hint)))
            }
            None => Ok(()),
        },
    }
}

/// What is wrong with an instruction that the engine does not run.
fn unsupported(insn: Insn) -> Option<&'static str> {
    let known = match insn.op {
        0x18 => matches!(insn.src, 0 | 2),
        0x20 | 0x28 | 0x30 | 0x38 | 0x40 | 0x48 | 0x50 | 0x58 => {
            return Some("a legacy packet load");
        }
        0x85 if !matches!(insn.src, 0 | 1) => return Some("a call of a kernel function"),
        0xc3 | 0xdb => {
            let operation = insn.imm & !1;
            matches!(operation, 0x00 | 0x40 | 0x50 | 0xa0) || matches!(insn.imm, 0xe1 | 0xf1)
        }
        0xd4 | 0xdc | 0xd7 => matches!(insn.imm, 16 | 32 | 64),
        0x05 | 0x06 | 0x84 | 0x85 | 0x87 | 0x95 => true,
        0x61 | 0x69 | 0x71 | 0x79 | 0x81 | 0x89 | 0x91 => true,
        0x62 | 0x6a | 0x72 | 0x7a | 0x63 | 0x6b | 0x73 | 0x7b => true,
        op => match (op & 7, op & 0xf0) {
            (4 | 7, code) => code <= 0xc0 && code != 0x80,
            (5 | 6, code) => (0x10..=0x70).contains(&code) || (0xa0..=0xd0).contains(&code),
            _ => false,
        },
    };
    match known {
        true if uses_reserved(insn) => Some("damaged: a field that must be zero is not"),
        true => None,
        false => Some("unknown"),
    }
}

/// Whether a field is set that RFC 9669 reserves. Verifier and interpreter must not read it differently.
fn uses_reserved(insn: Insn) -> bool {
    let Insn {
        op,
        dst,
        src,
        off,
        imm,
    } = insn;
    let register = op & 8 != 0;
    match op {
        0x18 => off != 0,
        0x05 => dst != 0 || src != 0 || imm != 0,
        0x06 => dst != 0 || src != 0 || off != 0,
        0x85 => dst != 0 || off != 0,
        0x95 => dst != 0 || src != 0 || off != 0 || imm != 0,
        0x84 | 0x87 => src != 0 || off != 0 || imm != 0,
        0xd4 | 0xdc | 0xd7 => src != 0 || off != 0,
        0xc3 | 0xdb => false,
        _ => match op & 7 {
            1 | 3 => imm != 0,
            2 => src != 0,
            5 | 6 => (register && imm != 0) || (!register && src != 0),
            _ => {
                let offset = match (op & 0xf0, register) {
                    (0x30 | 0x90, _) => matches!(off, 0 | 1),
                    (0xb0, true) => matches!(off, 0 | 8 | 16) || (off == 32 && op & 7 == 7),
                    _ => off == 0,
                };
                !offset || (register && imm != 0) || (!register && src != 0)
            }
        },
    }
}

/// Where the call at `pc` goes, if it is one of a function of the program.
fn callee(pc: usize, insn: Insn) -> Option<Option<usize>> {
    (insn.op == 0x85 && insn.src == 1)
        .then(|| usize::try_from(pc as i64 + 1 + i64::from(insn.imm)).ok())
}

/// The calls of each function, by its first instruction. A function reaches to the start of the next.
fn calls(program: &Program) -> Result<(), Box<Diagnostic>> {
    let sites: Vec<(usize, usize)> = (0..program.insns.len())
        .filter(|pc| *pc == 0 || program.insns[pc - 1].op != 0x18)
        .filter_map(|pc| Some((pc, callee(pc, program.insns[pc])??)))
        .collect();
    let mut functions: Functions = BTreeMap::from([(0, Vec::new())]);
    for (_, to) in &sites {
        functions.entry(*to).or_default();
    }
    for site in &sites {
        if let Some((_, calls)) = functions.range_mut(..=site.0).next_back() {
            calls.push(*site);
        }
    }
    // Paths are at most FRAMES long, but wide: a function that was left at one depth need not be seen again there.
    let mut seen = BTreeSet::new();
    walk(program, &functions, &mut vec![0], &mut seen)?;
    let size = written_out(program, &functions, 0, &mut BTreeMap::new());
    if size > MAX_WRITTEN_OUT {
        let message = format!(
            "with every call written out the program has {size} instructions, {MAX_WRITTEN_OUT} are allowed"
        );
        let hint =
            "The verifier looks at a function anew for each call: call long functions less often.";
        return Err(found(program, 0, "load.instructions", message, Some(hint)));
    }
    Ok(())
}

/// Instructions of the function at `start` with its calls written out. Calls are known not to be recursive.
fn written_out(
    program: &Program,
    functions: &Functions,
    start: usize,
    known: &mut BTreeMap<usize, usize>,
) -> usize {
    if let Some(size) = known.get(&start) {
        return *size;
    }
    let next = functions.range(start + 1..).next().map(|(next, _)| *next);
    let mut size = next.unwrap_or(program.insns.len()) - start;
    for (_, to) in functions.get(&start).into_iter().flatten() {
        size = size.saturating_add(written_out(program, functions, *to, known));
    }
    known.insert(start, size);
    size
}

fn walk(
    program: &Program,
    functions: &Functions,
    path: &mut Vec<usize>,
    seen: &mut BTreeSet<(usize, usize)>,
) -> Result<(), Box<Diagnostic>> {
    let here = path[path.len() - 1];
    for (site, to) in functions.get(&here).into_iter().flatten() {
        if path.contains(to) {
            let hint = "Turn it into a loop with a fixed number of rounds.";
            let message = "a function calls itself, directly or through others";
            return Err(found(
                program,
                *site,
                "verify.recursion",
                message,
                Some(hint),
            ));
        }
        if path.len() >= FRAMES {
            let message = format!("calls are nested more than {FRAMES} deep, cf_ebpf_main counted");
            let hint = "Make a function `static inline __attribute__((always_inline))`.";
            return Err(found(
                program,
                *site,
                "verify.call_depth",
                message,
                Some(hint),
            ));
        }
        if seen.insert((*to, path.len())) {
            path.push(*to);
            walk(program, functions, path, seen)?;
            path.pop();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXIT: Insn = Insn {
        op: 0x95,
        dst: 0,
        src: 0,
        off: 0,
        imm: 0,
    };

    fn code(insns: Vec<Insn>) -> Option<String> {
        let program = Program {
            insns,
            ..Program::default()
        };
        check(&program).err().map(|found| found.code)
    }

    fn insn(op: u8, src: u8, off: i16, imm: i32) -> Insn {
        Insn {
            op,
            dst: 0,
            src,
            off,
            imm,
        }
    }

    #[test]
    fn what_is_not_supported_is_named() {
        assert_eq!(code(vec![insn(0xb7, 0, 0, 1), EXIT]), None);
        for (bad, expected) in [
            (insn(0x85, 0, 0, 21), "load.helper"),
            (insn(0x85, 2, 0, 1), "load.instruction"),
            (insn(0x8d, 0, 0, 0), "load.indirect_call"),
            (insn(0x20, 0, 0, 0), "load.instruction"),
            (insn(0xdb, 0, 0, 0x70), "load.instruction"),
            (insn(0xff, 0, 0, 0), "load.instruction"),
            (insn(0xb7, 11, 0, 0), "load.instruction"),
            (insn(0x05, 0, 1, 0), "load.jump"),
            (insn(0x05, 0, -2, 0), "load.jump"),
            (insn(0x85, 1, 0, 9), "load.jump"),
        ] {
            assert_eq!(code(vec![bad, EXIT]).as_deref(), Some(expected), "{bad:?}");
        }
        assert_eq!(
            code(vec![insn(0x18, 0, 0, 0)]).as_deref(),
            Some("load.instruction")
        );
        let into_the_middle = vec![
            insn(0x05, 0, 1, 0),
            insn(0x18, 0, 0, 0),
            insn(0, 0, 0, 0),
            EXIT,
        ];
        assert_eq!(code(into_the_middle).as_deref(), Some("load.jump"));
    }

    #[test]
    fn calls_must_be_finite_and_few() {
        let call = |offset| insn(0x85, 1, 0, offset);
        assert_eq!(
            code(vec![call(-1), EXIT]).as_deref(),
            Some("verify.recursion")
        );
        // A chain of functions, each a call of the next and an exit.
        let chain = |frames: usize| {
            let mut insns = [call(1), EXIT].repeat(frames - 1);
            insns.push(EXIT);
            code(insns)
        };
        assert_eq!(chain(FRAMES), None);
        assert_eq!(chain(FRAMES + 1).as_deref(), Some("verify.call_depth"));
        // Three levels that each call the next sixty times: 216,000 functions written out.
        let mut insns = Vec::new();
        for _ in 0..3 {
            insns.extend((0..60).map(|done| call(60 - done)));
            insns.push(EXIT);
        }
        insns.push(EXIT);
        assert_eq!(code(insns).as_deref(), Some("load.instructions"));
    }
}
