//! Control flow over instructions: successors, what a function reaches, and which jumps close a loop.

use crate::program::{Insn, Program};
use crate::source::jump_target;

/// Where control goes from an instruction. A call goes on behind itself; targets may lie outside of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Successors {
    /// The instruction that follows, unless this one never goes on to it.
    pub next: Option<usize>,
    /// The target of a jump.
    pub taken: Option<usize>,
}

impl Successors {
    fn iter(self) -> impl Iterator<Item = usize> {
        self.next.into_iter().chain(self.taken)
    }
}

/// The successors of the instruction at `pc`.
#[must_use]
pub fn successors(program: &Program, pc: usize) -> Successors {
    let Some(insn) = program.insns.get(pc) else {
        return Successors::default();
    };
    Successors {
        next: match insn.op {
            0x95 | 0x05 | 0x06 => None,
            0x18 => Some(pc + 2),
            _ => Some(pc + 1),
        },
        taken: jump_target(program, pc),
    }
}

/// The first instruction of the function that a call instruction calls, if `insn` at `pc` is one.
#[must_use]
pub fn callee(pc: usize, insn: Insn) -> Option<usize> {
    (insn.op == 0x85 && insn.src == 1)
        .then(|| usize::try_from(pc as i64 + 1 + i64::from(insn.imm)).ok())
        .flatten()
}

/// The instructions that `entry` reaches without following calls, in order of address.
#[must_use]
pub fn reachable(program: &Program, entry: usize) -> Vec<usize> {
    let mut seen = vec![false; program.insns.len()];
    let mut work = vec![entry];
    while let Some(pc) = work.pop() {
        if let Some(flag) = seen.get_mut(pc)
            && !*flag
        {
            *flag = true;
            work.extend(successors(program, pc).iter());
        }
    }
    (0..seen.len()).filter(|pc| seen[*pc]).collect()
}

/// A number for each instruction, equal for two where each reaches the other (Tarjan's strongly connected components).
///
/// A jump is part of a loop exactly where its two ends have the same number.
#[must_use]
pub fn components(program: &Program) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let count = program.insns.len();
    let mut index = vec![UNSEEN; count];
    let mut low = vec![0; count];
    let mut component = vec![UNSEEN; count];
    let (mut clock, mut stack) = (0, Vec::new());
    // Each entry: an instruction and how many of its successors were visited. A recursion would be as deep as a program
    // is long.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for root in 0..count {
        if index[root] != UNSEEN {
            continue;
        }
        path.push((root, 0));
        while let Some((pc, visited)) = path.pop() {
            if visited == 0 {
                (index[pc], low[pc]) = (clock, clock);
                clock += 1;
                stack.push(pc);
            }
            match successors(program, pc).iter().nth(visited) {
                Some(to) => {
                    path.push((pc, visited + 1));
                    if to < count && index[to] == UNSEEN {
                        path.push((to, 0));
                    } else if to < count && component[to] == UNSEEN {
                        low[pc] = low[pc].min(index[to]);
                    }
                }
                None => {
                    if low[pc] == index[pc] {
                        while let Some(member) = stack.pop() {
                            component[member] = pc;
                            if member == pc {
                                break;
                            }
                        }
                    }
                    if let Some((parent, _)) = path.last() {
                        low[*parent] = low[*parent].min(low[pc]);
                    }
                }
            }
        }
    }
    component
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A program of jumps: (opcode, offset).
    pub fn jumps(code: &[(u8, i16)]) -> Program {
        let insn = |(op, off): &(u8, i16)| Insn {
            op: *op,
            dst: 0,
            src: 0,
            off: *off,
            imm: 0,
        };
        Program {
            insns: code.iter().map(insn).collect(),
            ..Program::default()
        }
    }

    #[test]
    fn loops_are_components() {
        // 0: if goto 3; 1: goto 4; 2: exit (unreached); 3: goto 1; 4: if goto 0 ... 5: exit; 6: goto 6
        let program = jumps(&[
            (0x15, 2),
            (0x05, 2),
            (0x95, 0),
            (0x05, -3),
            (0x15, -5),
            (0x95, 0),
            (0x05, -1),
        ]);
        let found = components(&program);
        assert!([1, 3, 4].iter().all(|pc| found[*pc] == found[0]));
        assert!([2, 5, 6].iter().all(|pc| found[*pc] != found[0]));
        assert_eq!(reachable(&program, 0), [0, 1, 3, 4, 5]);
    }

    #[test]
    fn targets_outside_are_ignored() {
        let program = jumps(&[(0x15, 100), (0x05, -100)]);
        assert_eq!(reachable(&program, 0), [0, 1]);
        assert_eq!(components(&program).len(), 2);
        assert_eq!(callee(0, program.insns[0]), None);
    }
}
