//! Where jumps of a function really lead: through other jumps, and straight to a return of a constant.

use std::collections::BTreeMap;

use super::facts::Facts;
use crate::alu;
use crate::charges::Charges;
use crate::graph::successors;
use crate::program::Program;

/// How many instructions an edge is followed.
const PATIENCE: usize = 8;

/// Where an edge ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At an instruction.
    At(usize),
    /// The function returns this.
    Return(u64),
}

/// An edge and the fuel for taking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub end: End,
    pub charge: u64,
}

/// The edges of one function.
pub struct Edges<'a> {
    program: &'a Program,
    charges: &'a Charges,
    /// See [`components`](crate::graph::components).
    loops: &'a [usize],
    facts: &'a Facts,
}

impl<'a> Edges<'a> {
    #[must_use]
    pub fn new(
        program: &'a Program,
        charges: &'a Charges,
        loops: &'a [usize],
        facts: &'a Facts,
    ) -> Self {
        Self {
            program,
            charges,
            loops,
            facts,
        }
    }

    /// Where the jump at `pc` leads if it is taken.
    #[must_use]
    pub fn taken(&self, pc: usize) -> Option<Edge> {
        let to = successors(self.program, pc).taken?;
        Some(self.follow(pc, to, self.charges.jump(pc)))
    }

    /// Where the jump at `pc` leads if it is not taken.
    #[must_use]
    pub fn not_taken(&self, pc: usize) -> Option<Edge> {
        let to = successors(self.program, pc).next?;
        Some(self.follow(pc, to, 0))
    }

    /// The edges that leave the jump at `pc`, as far as they are ever taken.
    pub fn leaving(&self, pc: usize) -> impl Iterator<Item = Edge> {
        let decided = self.facts.decided(pc, self.program.insns[pc]);
        let taken = self.taken(pc).filter(|_| decided != Some(false));
        let not_taken = self.not_taken(pc).filter(|_| decided != Some(true));
        taken.into_iter().chain(not_taken)
    }

    /// Whether `edge` of the jump at `pc` stays in the loop around it.
    #[must_use]
    pub fn stays(&self, pc: usize, edge: Edge) -> bool {
        matches!(edge.end, End::At(to) if self.loops.get(to) == self.loops.get(pc))
    }

    /// Whether few rounds of a loop take `edge` of the jump at `pc`: a value is seldom the one that it is compared with.
    #[must_use]
    pub fn is_rare(&self, pc: usize, edge: Edge) -> bool {
        let (equal, other) = match self.program.insns[pc].op {
            0x15 | 0x16 => (self.taken(pc), self.not_taken(pc)),
            0x55 | 0x56 => (self.not_taken(pc), self.taken(pc)),
            _ => return false,
        };
        let stays = |edge: Option<Edge>| edge.is_some_and(|edge| self.stays(pc, edge));
        equal == Some(edge) && equal != other && stays(equal) && stays(other)
    }

    fn follow(&self, from: usize, to: usize, charge: u64) -> Edge {
        let mut edge = Edge {
            end: End::At(to),
            charge,
        };
        let (mut pc, mut spent) = (to, charge);
        let mut result = self
            .facts
            .before(from)
            .and_then(|registers| registers[0].known);
        // An instruction that sets the result may be skipped only if a return is found behind it.
        let mut skipped = false;
        for _ in 0..PATIENCE {
            let Some(insn) = self.program.insns.get(pc) else {
                break;
            };
            match insn.op {
                0x05 | 0x06 => {
                    spent += self.charges.jump(pc);
                    let Some(next) = successors(self.program, pc).taken else {
                        break;
                    };
                    pc = next;
                }
                0xb7 | 0xb4 if insn.dst == 0 => {
                    result = alu::alu(*insn, 0, 0);
                    skipped = true;
                    pc += 1;
                }
                0x95 => {
                    if let Some(value) = result {
                        edge = Edge {
                            end: End::Return(value),
                            charge: spent,
                        };
                    }
                    break;
                }
                _ => break,
            }
            if !skipped {
                edge = Edge {
                    end: End::At(pc),
                    charge: spent,
                };
            }
        }
        edge
    }
}

/// The instructions of a function that need code.
pub struct Plan {
    /// Those that run at all, those first that all ways to others lead over: what is known of values is then known
    /// where they are used.
    pub order: Vec<usize>,
    /// Where a block must start, and how many edges lead there.
    pub blocks: BTreeMap<usize, usize>,
    /// By instruction, whether all ways to it are rare.
    pub rare: Vec<bool>,
}

impl Plan {
    /// The instructions that are reached from `entry` over `edges`.
    #[must_use]
    pub fn new(program: &Program, edges: &Edges<'_>, entry: usize) -> Self {
        let order = reached(program, edges, entry, true);
        let mut rare = vec![true; program.insns.len()];
        for pc in reached(program, edges, entry, false) {
            rare[pc] = false;
        }
        let mut falls = vec![0; program.insns.len() + 2];
        let mut blocks: BTreeMap<usize, usize> = BTreeMap::new();
        for pc in order.iter().copied() {
            if is_jump(program.insns[pc].op) {
                for edge in edges.leaving(pc) {
                    if let End::At(to) = edge.end {
                        *blocks.entry(to).or_default() += 1;
                    }
                }
            } else if let Some(next) = successors(program, pc).next {
                falls[next] += 1;
            }
        }
        for (pc, count) in &mut blocks {
            *count += falls[*pc] + usize::from(*pc == entry);
        }
        Self {
            order,
            blocks,
            rare,
        }
    }
}

/// The instructions to which `entry` leads over `edges`, rare ones only if `all`, in reverse postorder.
fn reached(program: &Program, edges: &Edges<'_>, entry: usize, all: bool) -> Vec<usize> {
    let mut seen = vec![false; program.insns.len()];
    let mut order = Vec::new();
    // With whether all that follows was visited.
    let mut work = vec![(entry, false)];
    while let Some((pc, done)) = work.pop() {
        if done {
            order.push(pc);
            continue;
        }
        match seen.get_mut(pc) {
            Some(flag) if !*flag => *flag = true,
            _ => continue,
        }
        work.push((pc, true));
        if !is_jump(program.insns[pc].op) {
            work.extend(successors(program, pc).next.map(|next| (next, false)));
            continue;
        }
        for edge in edges.leaving(pc) {
            if let End::At(to) = edge.end
                && (all || !edges.is_rare(pc, edge))
            {
                work.push((to, false));
            }
        }
    }
    order.reverse();
    order
}

/// Whether `op` is a jump, conditional or not. Calls and returns are not.
#[must_use]
pub fn is_jump(op: u8) -> bool {
    matches!(op & 7, 5 | 6) && !matches!(op, 0x85 | 0x8d | 0x95)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::components;
    use crate::program::Insn;

    fn with_edges<T>(code: &[(u8, i16, i32)], look: impl Fn(&Program, &Edges<'_>) -> T) -> T {
        let insn = |(op, off, imm): &(u8, i16, i32)| Insn {
            op: *op,
            dst: 0,
            src: 0,
            off: *off,
            imm: *imm,
        };
        let program = Program {
            insns: code.iter().map(insn).collect(),
            ..Program::default()
        };
        let charges = Charges::new(&program);
        let loops = components(&program);
        let facts = Facts::new(&program, &[], 0, 0);
        look(&program, &Edges::new(&program, &charges, &loops, &facts))
    }

    fn edge(code: &[(u8, i16, i32)], pc: usize) -> Edge {
        with_edges(code, |_, edges| edges.taken(pc).unwrap())
    }

    #[test]
    fn what_a_loop_does_for_one_value_is_rare() {
        // A call; 1: if equal goto 5; 2: if not equal goto 1; 3: if not equal goto 1; 4: exit; 5: call; 6: goto 2
        let code = [
            (0x85, 0, 2),
            (0x15, 3, 9),
            (0x55, -2, 8),
            (0x55, -3, 7),
            (0x95, 0, 0),
            (0x85, 0, 2),
            (0x05, -5, 0),
        ];
        let plan = with_edges(&code, |program, edges| Plan::new(program, edges, 0));
        assert_eq!(plan.order, [0, 1, 5, 6, 2, 3, 4]);
        assert_eq!(plan.rare, [false, false, false, true, true, true, true]);
    }

    #[test]
    fn jumps_to_jumps_are_followed_and_paid() {
        // A call makes r0 unknown; 1: if goto 3; 2: exit; 3: goto 1
        let found = edge(
            &[(0x85, 0, 1), (0x15, 1, 9), (0x95, 0, 0), (0x05, -3, 0)],
            1,
        );
        assert_eq!((found.end, found.charge), (End::At(1), 3));
    }

    #[test]
    fn constant_returns_are_found() {
        let code = [
            (0x85, 0, 1),
            (0x15, 1, 9),
            (0x95, 0, 0),
            (0xb7, 0, 1),
            (0x05, -3, 0),
        ];
        let found = edge(&code, 1);
        assert_eq!(found.end, End::Return(1));
        assert_eq!(found.charge, 0);
    }

    #[test]
    fn an_endless_loop_is_not_followed_for_ever() {
        assert!(edge(&[(0x05, -1, 0)], 0).charge > 0);
    }
}
