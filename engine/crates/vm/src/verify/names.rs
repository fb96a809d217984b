//! The names of the lists that a program looks into, for those who know which lists there are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use crate::additions::table::{self, Register};
use crate::program::{Insn, Program};
use crate::source::{jump_target, line_of};

/// A list that a program names, and the lines that do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListUse {
    pub name: String,
    pub lines: Vec<u32>,
}

/// What a register holds: what was put into `In` at an earlier instruction, or a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Value<T> {
    In(u8),
    Known(T),
}

/// The address of a name (index of its read-only section, offset) and its length, as they are before `pc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Wanted {
    pc: usize,
    name: Value<(usize, usize)>,
    size: Value<usize>,
}

/// The lists that `program` names, by name. The C macros take literals only, and these are followed from where they are
/// loaded, over branches that share a call; a name that is moved through memory is left out.
pub fn list_uses(program: &Program) -> Vec<ListUse> {
    let mut uses: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let calls: Vec<usize> = (0..program.insns.len())
        .filter(|pc| takes_name(&program.insns[*pc]))
        .collect();
    if calls.is_empty() {
        return Vec::new();
    }
    let before = predecessors(program);
    for pc in calls {
        for name in names_at(program, pc, &before) {
            let line = line_of(program, pc).map(|line| line.line);
            uses.entry(name).or_default().extend(line);
        }
    }
    uses.into_iter()
        .map(|(name, lines)| ListUse {
            name,
            lines: lines.into_iter().collect(),
        })
        .collect()
}

/// Whether `insn` calls a helper whose first argument names a list.
fn takes_name(insn: &Insn) -> bool {
    let addition = ((insn.op, insn.src) == (0x85, 0)).then(|| table::find(insn.imm));
    addition
        .flatten()
        .is_some_and(|addition| addition.registers.first() == Some(&Register::Literal))
}

/// The instructions that control may come from, for each instruction.
fn predecessors(program: &Program) -> Vec<Vec<usize>> {
    let mut before = vec![Vec::new(); program.insns.len()];
    let mut pc = 0;
    while let Some(insn) = program.insns.get(pc) {
        let next = pc + if insn.op == 0x18 { 2 } else { 1 };
        let falls = !matches!(insn.op, 0x05 | 0x06 | 0x95);
        let targets = [falls.then_some(next), jump_target(program, pc)];
        for to in targets.into_iter().flatten() {
            if let Some(known) = before.get_mut(to) {
                known.push(pc);
            }
        }
        pc = next;
    }
    before
}

fn names_at(program: &Program, call: usize, before: &[Vec<usize>]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut todo = vec![Wanted {
        pc: call,
        name: Value::In(1),
        size: Value::In(2),
    }];
    let mut seen = HashSet::new();
    while let Some(wanted) = todo.pop() {
        if let (Value::Known((section, offset)), Value::Known(size)) = (wanted.name, wanted.size) {
            let bytes = program.rodata.get(section).map(|rodata| &rodata.bytes);
            let text = bytes.and_then(|bytes| bytes.get(offset..offset.checked_add(size)?));
            names.extend(text.and_then(|text| String::from_utf8(text.to_vec()).ok()));
            continue;
        }
        if !seen.insert(wanted) {
            continue;
        }
        for pc in &before[wanted.pc] {
            let name = step(program, *pc, wanted.name, literal);
            let size = step(program, *pc, wanted.size, number);
            if let (Some(name), Some(size)) = (name, size) {
                todo.push(Wanted {
                    pc: *pc,
                    name,
                    size,
                });
            }
        }
    }
    names
}

/// What `value` was before the instruction at `pc`; `constant` is what such an instruction loads. None where it is lost.
fn step<T: Copy>(
    program: &Program,
    pc: usize,
    value: Value<T>,
    constant: fn(&Program, usize) -> Option<T>,
) -> Option<Value<T>> {
    let Value::In(register) = value else {
        return Some(value);
    };
    let insn = &program.insns[pc];
    if insn.op == 0x85 {
        return (register > 5).then_some(value);
    }
    let writes = matches!(insn.op & 7, 0 | 1 | 4 | 7) && insn.dst == register;
    if !writes {
        return Some(value);
    }
    if insn.op == 0xbf && insn.off == 0 {
        return Some(Value::In(insn.src));
    }
    constant(program, pc).map(Value::Known)
}

fn literal(program: &Program, pc: usize) -> Option<(usize, usize)> {
    let insn = &program.insns[pc];
    if (insn.op, insn.src) != (0x18, 2) {
        return None;
    }
    let offset = program.insns.get(pc + 1)?.imm;
    Some((
        usize::try_from(insn.imm).ok()?,
        usize::try_from(offset).ok()?,
    ))
}

fn number(program: &Program, pc: usize) -> Option<usize> {
    let insn = &program.insns[pc];
    (insn.op == 0xb7)
        .then(|| usize::try_from(insn.imm).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Rodata;

    fn insn(op: u8, dst: u8, src: u8, off: i16, imm: i32) -> Insn {
        Insn {
            op,
            dst,
            src,
            off,
            imm,
        }
    }

    fn names(insns: Vec<Insn>) -> Vec<String> {
        let program = Program {
            insns,
            rodata: vec![Rodata {
                name: ".rodata.str1.1".to_owned(),
                bytes: b"good\0bad\0\xff\0".to_vec(),
            }],
            ..Program::default()
        };
        list_uses(&program)
            .into_iter()
            .map(|list| list.name)
            .collect()
    }

    fn load(register: u8, offset: i32) -> [Insn; 2] {
        [insn(0x18, register, 2, 0, 0), insn(0, 0, 0, 0, offset)]
    }

    const EXIT: u8 = 0x95;

    #[test]
    fn branches_that_share_a_call_name_both() {
        let [good, good_offset] = load(1, 0);
        let [bad, bad_offset] = load(7, 5);
        let found = names(vec![
            insn(0x15, 6, 0, 4, 0),
            good,
            good_offset,
            insn(0xb7, 2, 0, 0, 4),
            insn(0x05, 0, 0, 4, 0),
            bad,
            bad_offset,
            insn(0xbf, 1, 7, 0, 0),
            insn(0xb7, 2, 0, 0, 3),
            insn(0x85, 0, 0, 0, 76),
            insn(EXIT, 0, 0, 0, 0),
        ]);
        assert_eq!(found, ["bad", "good"]);
    }

    #[test]
    fn a_loop_ends_and_what_is_not_followed_is_left_out() {
        let [good, offset] = load(8, 0);
        let kept = [
            good,
            offset,
            insn(0xbf, 1, 8, 0, 0),
            insn(0xb7, 2, 0, 0, 4),
            insn(0x85, 0, 0, 0, 77),
            insn(0x55, 0, 0, -4, 0),
            insn(EXIT, 0, 0, 0, 0),
        ];
        assert_eq!(names(kept.to_vec()), ["good"]);
        for (at, other) in [
            (2, insn(0x79, 1, 10, -8, 0)),
            (2, insn(0x85, 0, 0, 0, 1)),
            (3, insn(0xb7, 2, 0, 0, 400)),
            (3, insn(0xb7, 2, 0, 0, -1)),
            (4, insn(0x85, 0, 0, 0, 65)),
        ] {
            let mut changed = kept.to_vec();
            changed[at] = other;
            assert!(names(changed).is_empty(), "{other:?}");
        }
        let mut binary = kept.to_vec();
        (binary[1].imm, binary[3].imm) = (9, 1);
        assert!(names(binary).is_empty());
    }
}
