//! Jumps, and the fuel that they cost.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder};

use super::edges::{Edge, End};
use super::lower::Lower;
use crate::program::Insn;

impl Lower<'_, '_> {
    /// Translates a jump. None where there is no such jump.
    pub(super) fn jump(&mut self, pc: usize, insn: Insn) -> Option<()> {
        let always = matches!(insn.op, 0x05 | 0x06)
            .then_some(true)
            .or_else(|| self.facts.decided(pc, insn));
        let (taken, not_taken) = (self.edges.taken(pc), self.edges.not_taken(pc));
        if let Some(is_taken) = always {
            let edge = if is_taken { taken } else { not_taken }?;
            self.take(pc, edge);
            return Some(());
        }
        let (taken, not_taken) = (taken?, not_taken?);
        if let (End::Return(yes), End::Return(no), 0) =
            (taken.end, not_taken.end, taken.charge + not_taken.charge)
        {
            let condition = self.condition(pc, insn, true)?;
            let (yes, no) = (self.constant(yes), self.constant(no));
            let value = self.b.ins().select(condition, yes, no);
            let fuel = self.b.use_var(self.fuel);
            self.b.ins().return_(&[value, fuel]);
            return Some(());
        }
        // Cranelift puts the second side's code next, which should be the rest of the loop and not what comes after it.
        let is_taken = self.edges.stays(pc, not_taken) || !self.edges.stays(pc, taken);
        let sides = match is_taken {
            true => [taken, not_taken],
            false => [not_taken, taken],
        };
        let condition = self.condition(pc, insn, is_taken)?;
        let blocks = sides.map(|edge| self.landing(pc, edge));
        self.b.ins().brif(condition, blocks[0], &[], blocks[1], &[]);
        for (edge, block) in sides.into_iter().zip(blocks) {
            if edge.charge > 0 {
                self.b.seal_block(block);
                self.b.switch_to_block(block);
                self.take(pc, edge);
            } else if let End::At(pc) = edge.end {
                self.arrived(pc);
            }
        }
        Some(())
    }

    /// The block to jump to for `edge` of the jump at `pc`: one of its own where the edge costs fuel.
    fn landing(&mut self, pc: usize, edge: Edge) -> Block {
        match edge {
            Edge { charge: 1.., .. } => {
                let block = self.block(pc);
                if self.edges.is_rare(pc, edge) {
                    self.b.set_cold_block(block);
                }
                block
            }
            Edge {
                end: End::At(pc), ..
            } => self.blocks[&pc],
            Edge {
                end: End::Return(value),
                ..
            } => self.return_block(value),
        }
    }

    /// Leaves the current block over `edge` of the jump at `pc`.
    fn take(&mut self, pc: usize, edge: Edge) {
        let free = self.landing(pc, Edge { charge: 0, ..edge });
        if edge.charge == 0 {
            self.b.ins().jump(free, &[]);
        } else {
            self.spend(edge.charge, free);
        }
        if let End::At(pc) = edge.end {
            self.arrived(pc);
        }
    }

    /// Ends the block: to `then` if there is fuel for `cost`.
    pub(super) fn spend(&mut self, cost: u64, then: Block) {
        let exhausted = self.b.create_block();
        self.exhausted.push(exhausted);
        let fuel = self.b.use_var(self.fuel);
        let left = self.b.ins().iadd_imm_s(fuel, -cost.cast_signed());
        self.b.def_var(self.fuel, left);
        let enough = self
            .b
            .ins()
            .icmp_imm_s(IntCC::SignedGreaterThanOrEqual, left, 0);
        self.b.ins().brif(enough, then, &[], exhausted, &[]);
    }

    pub(super) fn return_block(&mut self, value: u64) -> Block {
        let fuel = self.b.use_var(self.fuel);
        let fuel = self.b.func.dfg.resolve_aliases(fuel);
        let b = &mut self.b;
        *self
            .returns
            .entry((value, fuel))
            .or_insert_with(|| b.create_block())
    }
}
