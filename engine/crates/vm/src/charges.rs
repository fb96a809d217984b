//! What a run costs, the same in every engine: fuel for entering functions and for jumps that close a loop.
//!
//! Entering a function costs its length, and a jump back costs the distance it goes back. Between two jumps back control
//! only moves forward, so the sum is an upper bound on the instructions that ran; straight code pays nothing on its way.

use std::collections::BTreeMap;

use crate::graph::{callee, components, reachable, successors};
use crate::program::Program;

/// Fuel by instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charges {
    jumps: Vec<u32>,
    entries: BTreeMap<usize, u64>,
}

impl Charges {
    /// Computes the charges of `program`, which need not be valid.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let component = components(program);
        let count = program.insns.len();
        let mut jumps = vec![0; count];
        // A jump back that is on no cycle is taken at most once in a function, which pays for it on entry.
        let mut once = vec![0; count];
        for pc in 0..count {
            if let Some(to) = successors(program, pc).taken
                && to <= pc
            {
                let distance = (pc - to + 1) as u32;
                if component[pc] == component[to] {
                    jumps[pc] = distance;
                } else {
                    once[pc] = distance;
                }
            }
        }
        let called = program
            .insns
            .iter()
            .enumerate()
            .filter_map(|(pc, insn)| callee(pc, *insn));
        let mut entries = BTreeMap::from([(0, 0)]);
        entries.extend(called.map(|entry| (entry, 0)));
        for (entry, cost) in &mut entries {
            let body = reachable(program, *entry);
            let end = body.last().map_or(0, |last| last + 1);
            let backward: u64 = body.iter().map(|pc| u64::from(once[*pc])).sum();
            *cost = end.saturating_sub(*entry) as u64 + backward;
        }
        Self { jumps, entries }
    }

    /// Fuel for taking the jump at `pc`.
    #[must_use]
    pub fn jump(&self, pc: usize) -> u64 {
        self.jumps.get(pc).copied().unwrap_or_default().into()
    }

    /// Fuel for entering the function that starts at `entry`.
    #[must_use]
    pub fn entry(&self, entry: usize) -> u64 {
        self.entries.get(&entry).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::jumps;

    #[test]
    fn a_loop_costs_its_length_each_time() {
        let charges = Charges::new(&jumps(&[(0xb7, 0), (0x07, 0), (0x15, -2), (0x95, 0)]));
        assert_eq!(charges.entry(0), 4);
        assert_eq!([0, 1, 2, 3].map(|pc| charges.jump(pc)), [0, 0, 2, 0]);
        assert_eq!(Charges::new(&jumps(&[(0x05, -1)])).jump(0), 1);
    }

    #[test]
    fn a_jump_back_outside_of_loops_is_paid_on_entry() {
        // 0: if goto 3; 1: exit; 2: exit; 3: goto 1
        let charges = Charges::new(&jumps(&[(0x15, 2), (0x95, 0), (0x95, 0), (0x05, -3)]));
        assert_eq!(charges.jump(3), 0);
        assert_eq!(charges.entry(0), 4 + 3);
    }

    #[test]
    fn damaged_programs_are_charged_too() {
        for program in [jumps(&[]), jumps(&[(0x05, -9)]), jumps(&[(0x18, 0)])] {
            assert_eq!(Charges::new(&program).jump(7), 0);
        }
    }
}
