//! What is known of a program that was analysed, for its author's editor.

use std::collections::{BTreeMap, BTreeSet};

use prevail::cfg::label::Label;
use prevail::crab::var_registry::VariableRegistry;
use prevail::ir::syntax::{ArgPairKind, Instruction, Value};
use prevail::result::AnalysisResult;
use serde::Serialize;

use super::analysis::Graph;
use super::facts::{Facts, Range};
use super::fuel;
use super::names::{ListUse, list_uses};
use crate::helpers;
use crate::memory::PACKET_BYTES;
use crate::program::Program;
use crate::source::line_of;

/// Most entries of each list.
const MAX_ENTRIES: usize = 500;
/// Where `packet_buffer` starts in what the program sees, and its length.
const BUFFER: i64 = 16;
const BUFFER_BYTES: i64 = 1500;

/// What is known of a program. Lines are those of its C source; each list has at most 500 entries.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProgramFacts {
    /// Most fuel that a packet may cost; None where it could not be bounded.
    pub worst_case_fuel: Option<u64>,
    /// Each function's stack, the entry function first.
    pub stack: Vec<FunctionStack>,
    pub helpers: Vec<HelperUse>,
    /// The account's lists that are named in the program.
    pub lists: Vec<ListUse>,
    pub reads: Vec<PacketRead>,
    /// Lines with code that no packet reaches.
    pub unreachable: Vec<u32>,
    /// Whether a packet may get its verdict without a look at it.
    pub ignores_packet: bool,
}

/// The stack bytes of one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionStack {
    /// Its first line with code; None without line information.
    pub line: Option<u32>,
    pub bytes: u32,
}

/// A helper and the lines that call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HelperUse {
    pub name: &'static str,
    pub lines: Vec<u32>,
}

/// Bytes of `packet_buffer` that a line reads: from `from` to before `to`. `to` is None where it has no bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PacketRead {
    pub line: u32,
    pub from: u32,
    pub to: Option<u32>,
}

/// The facts of an analysis that reached its end. `accepted`: nothing was cut short by an error, and loops are counted.
/// None where `stop` says that the time is over.
pub fn facts(
    graph: &Graph,
    result: &AnalysisResult,
    registry: &VariableRegistry,
    counted: bool,
    stop: &dyn Fn() -> bool,
) -> Option<ProgramFacts> {
    let program = &graph.program;
    let charges = program.charges();
    let mut costs = fuel::Costs::new();
    let mut reads = BTreeSet::new();
    let mut looking = BTreeSet::new();
    let mut reached = BTreeSet::new();
    for (number, (label, invariant)) in result.invariants.iter().enumerate() {
        if number.is_multiple_of(16) && stop() {
            return None;
        }
        if invariant.pre.is_bottom() {
            continue;
        }
        let pc = usize::try_from(label.from).unwrap_or(0);
        if !label.isjump() {
            reached.insert(pc);
        }
        let instruction = graph.cfg.instruction_at(label);
        let reads_memory = match instruction {
            Instruction::Mem(access) => access.is_load,
            Instruction::Call(_) => true,
            _ => false,
        };
        if !reads_memory {
            let nothing = BTreeSet::new();
            costs.insert(
                label.clone(),
                fuel::cost(label, instruction, &Facts(&nothing), charges),
            );
            continue;
        }
        let known = invariant.pre.to_set(registry);
        let facts = Facts(known.value());
        costs.insert(
            label.clone(),
            fuel::cost(label, instruction, &facts, charges),
        );
        for range in packet_ranges(instruction, &facts) {
            looking.insert(label.clone());
            let line = line_of(program, pc).map(|line| line.line);
            if let (Some(line), Some((from, to))) = (line, shown(range)) {
                reads.insert(PacketRead { line, from, to });
            }
        }
    }
    let worst_case_fuel = counted
        .then(|| fuel::worst_case(graph, result, registry, &costs))
        .flatten();
    Some(ProgramFacts {
        worst_case_fuel,
        stack: stack(program),
        helpers: helper_uses(program),
        lists: list_uses(program),
        reads: merged(reads),
        unreachable: if result.failed {
            Vec::new()
        } else {
            unreachable(program, &reached)
        },
        ignores_packet: !result.failed && ignores_packet(graph, result, registry, &looking),
    })
}

/// The ranges of packet offsets that `instruction` reads, counted from the start of what the program sees.
fn packet_ranges(instruction: &Instruction, facts: &Facts<'_>) -> Vec<Range> {
    let at = |register: u8, offset: i64, width: Option<i64>| {
        if !facts.kinds(register).contains(&"packet") {
            return None;
        }
        let (low, high) = facts.range(&format!("r{register}.packet_offset"));
        let low = low.and_then(|low| low.checked_add(offset));
        let high = high.and_then(|high| high.checked_add(offset)?.checked_add(width?));
        Some((low, high))
    };
    match instruction {
        Instruction::Mem(access) => {
            let width = access.access.width as i64;
            at(
                access.access.basereg.v,
                i64::from(access.access.offset),
                Some(width),
            )
            .into_iter()
            .collect()
        }
        Instruction::Call(call) => call
            .contract
            .pairs
            .iter()
            .filter(|pair| pair.kind == ArgPairKind::PtrToReadableMem)
            .filter_map(|pair| {
                let (_, length) = facts.range(&format!("r{}.svalue", pair.size.v));
                at(pair.mem.v, 0, length)
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The part of a range that is in packet_buffer. None for the two lengths before it.
fn shown((low, high): Range) -> Option<(u32, Option<u32>)> {
    let clip = |end: i64| u32::try_from((end - BUFFER).clamp(0, BUFFER_BYTES)).ok();
    if high.is_some_and(|high| high <= BUFFER) {
        return None;
    }
    Some((clip(low.unwrap_or(BUFFER))?, high.and_then(clip)))
}

/// Ranges of the same line that touch become one.
fn merged(reads: BTreeSet<PacketRead>) -> Vec<PacketRead> {
    let mut found: Vec<PacketRead> = Vec::new();
    for read in reads {
        match found.last_mut() {
            Some(last) if last.line == read.line && last.to.is_none_or(|to| read.from <= to) => {
                last.to = last.to.zip(read.to).map(|(a, b)| a.max(b));
            }
            _ => found.push(read),
        }
    }
    found.truncate(MAX_ENTRIES);
    found
}

fn helper_uses(program: &Program) -> Vec<HelperUse> {
    let mut uses: BTreeMap<i32, BTreeSet<u32>> = BTreeMap::new();
    for (pc, insn) in program.insns.iter().enumerate() {
        if (insn.op, insn.src) == (0x85, 0) {
            let lines = uses.entry(insn.imm).or_default();
            lines.extend(line_of(program, pc).map(|line| line.line));
        }
    }
    uses.into_iter()
        .filter_map(|(id, lines)| {
            Some(HelperUse {
                name: helpers::name(id)?,
                lines: lines.into_iter().take(MAX_ENTRIES).collect(),
            })
        })
        .collect()
}

/// The deepest byte below r10 that each function names.
fn stack(program: &Program) -> Vec<FunctionStack> {
    let mut starts = BTreeSet::from([0]);
    for (pc, insn) in program.insns.iter().enumerate() {
        if (insn.op, insn.src) == (0x85, 1) {
            starts.extend(usize::try_from(pc as i64 + 1 + i64::from(insn.imm)));
        }
    }
    let ends = starts.iter().skip(1).copied().chain([program.insns.len()]);
    starts
        .iter()
        .zip(ends)
        .take(MAX_ENTRIES)
        .map(|(start, end)| FunctionStack {
            line: line_of(program, *start).map(|line| line.line),
            bytes: deepest(&program.insns[*start..end.max(*start)]),
        })
        .collect()
}

fn deepest(insns: &[crate::program::Insn]) -> u32 {
    let mut bytes = 0;
    let mut frame = [false; 11];
    frame[10] = true;
    for insn in insns {
        let (dst, src) = (usize::from(insn.dst.min(10)), usize::from(insn.src.min(10)));
        let offset = match insn.op & 7 {
            1 if frame[src] && src == 10 => i32::from(insn.off),
            2 | 3 if dst == 10 => i32::from(insn.off),
            7 if insn.op == 0x07 && frame[dst] => insn.imm,
            _ => 0,
        };
        bytes = bytes.max(offset.min(0).unsigned_abs());
        // Only r10 and fresh copies of it count: a copy that was moved is inside what was counted already.
        match insn.op {
            0xbf if src == 10 && dst != 10 => frame[dst] = true,
            op if matches!(op & 7, 0 | 1 | 4 | 7) && dst != 10 => frame[dst] = false,
            _ => {}
        }
    }
    bytes
}

fn unreachable(program: &Program, reached: &BTreeSet<usize>) -> Vec<u32> {
    let mut lines: BTreeMap<u32, bool> = BTreeMap::new();
    for pc in 0..program.insns.len() {
        // The second half of a wide instruction is none of its own.
        if pc > 0 && program.insns[pc - 1].op == 0x18 {
            continue;
        }
        let Some(line) = program.lines.range(..=pc).next_back() else {
            continue;
        };
        if !line.1.file.ends_with(".h") && line.1.line > 0 {
            *lines.entry(line.1.line).or_default() |= reached.contains(&pc);
        }
    }
    let dead = lines.into_iter().filter(|(_, is_reached)| !is_reached);
    dead.map(|(line, _)| line).take(MAX_ENTRIES).collect()
}

/// Whether a way leads to an exit past all reads of the packet. Ways on which the packet's memory is shorter than it
/// ever is do not count.
fn ignores_packet(
    graph: &Graph,
    result: &AnalysisResult,
    registry: &VariableRegistry,
    looking: &BTreeSet<Label>,
) -> bool {
    let mut seen = BTreeSet::new();
    let mut todo = vec![Label::entry()];
    while let Some(label) = todo.pop() {
        if label == Label::exit() {
            return true;
        }
        let Some(invariant) = result.invariants.get(&label) else {
            continue;
        };
        if looking.contains(&label) || invariant.post.is_bottom() || !seen.insert(label.clone()) {
            continue;
        }
        if let Instruction::Assume(assume) = graph.cfg.instruction_at(&label)
            && matches!(assume.cond.right, Value::Reg(_))
        {
            let known = invariant.post.to_set(registry);
            let (_, size) = Facts(known.value()).range("packet_size");
            if size.is_some_and(|size| size < PACKET_BYTES as i64) {
                continue;
            }
        }
        todo.extend(graph.cfg.cfg().children_of(&label).iter().cloned());
    }
    false
}
