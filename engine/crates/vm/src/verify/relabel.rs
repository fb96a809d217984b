//! Labels that keep Prevail from looking for callbacks.
//!
//! When it builds a program's graph, Prevail walks from every instruction to an exit to find functions that could be
//! passed to helpers. That is quadratic (minutes for 4,000 instructions), cannot be interrupted, and never needed:
//! no helper takes a function, and `check` refuses their addresses. Instructions of inlined calls are left out of that
//! walk. They are known by their label's prefix, which nothing else of the analysis reads, so all get one.

use std::collections::BTreeSet;

use prevail::cfg::label::Label;
use prevail::ir::syntax::{Instruction, InstructionSeq};
use prevail::spec::config::EbpfVerifierOptions;

const PREFIX: &str = "main";

/// Gives every label of `sequence` a prefix, but those of exits: there it says that a call returns.
pub fn relabel(sequence: &mut InstructionSeq) {
    let exits: BTreeSet<i32> = sequence
        .iter()
        .filter(|(_, instruction, _)| matches!(instruction, Instruction::Exit(_)))
        .map(|(label, _, _)| label.from)
        .collect();
    let prefix = |label: &mut Label| {
        if !exits.contains(&label.from) {
            PREFIX.clone_into(&mut label.stack_frame_prefix);
        }
    };
    for (label, instruction, _) in sequence {
        prefix(label);
        match instruction {
            Instruction::Jmp(jump) => prefix(&mut jump.target),
            Instruction::CallLocal(call) => prefix(&mut call.target),
            _ => {}
        }
    }
}

/// `options` for the graph of a relabelled program: its labels look one call deeper than they are.
pub fn graph_options(options: &EbpfVerifierOptions) -> EbpfVerifierOptions {
    let mut deeper = *options;
    deeper.runtime.max_call_stack_frames += 1;
    deeper
}
