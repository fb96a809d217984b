//! Which statement returns what is no verdict.

use std::collections::BTreeSet;

use prevail::cfg::label::Label;
use prevail::crab::var_registry::VariableRegistry;
use prevail::ir::program::Program as Cfg;
use prevail::ir::syntax::{Instruction, Reg, Value};
use prevail::result::AnalysisResult;
use prevail::spec::type_descriptors::ProgramInfo;

use super::facts::Facts;
use crate::program::Program;
use crate::source::line_of;

/// The instruction that made the return value wrong: the last one to set r0 on a way to the exit to something that is
/// not known to be 0 or 1, with no decision in between. The program's last exit where there is none.
pub fn blame(
    cfg: &Cfg,
    result: &AnalysisResult,
    registry: &VariableRegistry,
    program: &Program,
    info: &ProgramInfo,
) -> usize {
    let exits = (0..program.insns.len()).filter(|pc| program.insns[*pc].op == 0x95);
    let last_exit = exits.clone().next_back().unwrap_or(0);
    let mut todo: Vec<Label> = cfg
        .cfg()
        .parents_of(&Label::exit())
        .iter()
        .cloned()
        .collect();
    let mut seen = BTreeSet::new();
    let mut blamed = Vec::new();
    while let Some(label) = todo.pop() {
        if !seen.insert(label.clone()) {
            continue;
        }
        let Some(invariant) = result.invariants.get(&label) else {
            continue;
        };
        if sets_r0(cfg.instruction_at(&label)) {
            let known = invariant.post.to_set(registry);
            let facts = Facts(known.value());
            let is_verdict = facts.kinds(0) == ["number"]
                && matches!(facts.range("r0.svalue"), (Some(low), Some(high)) if low >= 0 && high <= 1);
            if !invariant.post.is_bottom() && !is_verdict {
                blamed.extend(usize::try_from(label.from));
            }
            continue;
        }
        // What was set before a decision may have been read for another purpose, on another line.
        if !matches!(cfg.instruction_at(&label), Instruction::Assume(_)) {
            todo.extend(cfg.cfg().parents_of(&label).iter().cloned());
        }
    }
    // What an inlined function of a header made is returned elsewhere.
    let is_own = |pc: &usize| {
        let line = info.line_info.range(..=*pc).next_back();
        line.is_none_or(|(_, line)| !line.file_name.ends_with(".h"))
    };
    let blamed = blamed.into_iter().filter(is_own).max().unwrap_or(last_exit);
    let text = |pc: usize| line_of(program, pc).map_or("", |line| line.text.as_str());
    if returns_something(text(blamed)) {
        return blamed;
    }
    // What was made earlier, or joined with other results: the last return of more than a constant is meant.
    let lines = program.lines.iter().rev();
    lines
        .filter(|(_, line)| !line.file.ends_with(".h"))
        .find(|(_, line)| returns_something(&line.text))
        .map_or(blamed, |(pc, _)| *pc)
}

/// Whether a line of C returns something that is not a verdict's name.
fn returns_something(text: &str) -> bool {
    let Some((_, value)) = text.split_once("return ") else {
        return false;
    };
    let value = value.split(';').next().unwrap_or("").trim();
    !matches!(value, "CF_EBPF_PASS" | "CF_EBPF_DROP" | "0" | "1")
}

fn sets_r0(instruction: &Instruction) -> bool {
    let r0 = Reg { v: 0 };
    match instruction {
        Instruction::Bin(bin) => bin.dst == r0,
        Instruction::Un(un) => un.dst == r0,
        Instruction::Mem(access) => access.is_load && access.value == Value::Reg(r0),
        Instruction::LoadMapAddress(load) => load.dst == r0,
        Instruction::Call(_) => true,
        _ => false,
    }
}
