//! How much fuel a packet may cost at most.
//!
//! The loop counters of the analysis are never reset, so the bound of a loop's counter is how often its head runs in
//! all. Between two visits of a head each way through its body is run once at most.

use std::collections::{BTreeMap, BTreeSet};

use prevail::cfg::label::Label;
use prevail::crab::var_registry::VariableRegistry;
use prevail::ir::program::Program as Cfg;
use prevail::ir::syntax::Instruction;
use prevail::result::AnalysisResult;

use super::analysis::Graph;
use super::facts::Facts;
use super::loops::{Loop, Part};
use crate::charges::Charges;
use crate::helpers;

/// The cost of each instruction that can be reached.
pub type Costs = BTreeMap<Label, u64>;

/// What one execution of `instruction` costs at most, given what is known before it: the charges of
/// [`crate::charges`], and what a helper costs.
pub fn cost(label: &Label, instruction: &Instruction, facts: &Facts<'_>, charges: &Charges) -> u64 {
    if !label.special_label.is_empty() || matches!(label.from, -1 | i32::MAX) {
        return 0;
    }
    let Ok(pc) = usize::try_from(label.from) else {
        return 0;
    };
    if label.isjump() {
        // The way on is an edge too; only the way back is charged.
        return if label.to <= label.from {
            charges.jump(pc)
        } else {
            0
        };
    }
    let entered = charges.entry(pc);
    match instruction {
        Instruction::Call(call) => {
            let (_, length) = facts.range("r2.svalue");
            let length = length.map_or(u64::MAX, |length| u64::try_from(length).unwrap_or(0));
            entered.saturating_add(helpers::cost(call.func, [0, length, 0, 0, 0]))
        }
        Instruction::Jmp(jump) if jump.cond.is_none() => entered.saturating_add(charges.jump(pc)),
        _ => entered,
    }
}

/// The fuel of the most expensive way through the program. None where a loop's rounds are not bounded.
pub fn worst_case(
    graph: &Graph,
    result: &AnalysisResult,
    registry: &VariableRegistry,
    costs: &Costs,
) -> Option<u64> {
    let rounds = |of: &Loop| {
        let head = &of.head;
        let invariant = result.invariants.get(head)?;
        if invariant.pre.is_bottom() {
            return Some(0);
        }
        if !of.is_plain {
            return None;
        }
        let counter = result
            .invariants
            .get(&Label::make_increment_counter(head))?;
        if counter.post.is_bottom() {
            return Some(1);
        }
        let known = counter.post.to_set(registry);
        let (_, high) = Facts(known.value()).range(&format!("pc[{head}]"));
        u64::try_from(high?).ok()
    };
    let cfg = &graph.cfg;
    Ways { cfg, costs }
        .longest(&graph.parts, Some(&rounds))
        .map(|(way, inner)| way.saturating_add(inner))
}

/// What one round of the innermost loop around instruction `pc` costs at most, by the number of its instructions.
/// None where it holds another loop, or there is none.
pub fn round(graph: &Graph, pc: usize) -> Option<u64> {
    let cfg = &graph.cfg;
    let mut costs = Costs::new();
    for label in cfg.labels() {
        let nothing = BTreeSet::new();
        costs.insert(
            label.clone(),
            cost(
                label,
                cfg.instruction_at(label),
                &Facts(&nothing),
                graph.program.charges(),
            ),
        );
    }
    let mut found = None;
    let mut todo: Vec<&Part> = graph.parts.iter().collect();
    while let Some(part) = todo.pop() {
        let Part::Loop(inner) = part else { continue };
        todo.extend(inner.parts.iter());
        let holds = |part: &Part| matches!(part, Part::Label(label) if usize::try_from(label.from) == Ok(pc));
        if inner.parts.iter().any(holds) {
            found = Some(inner);
        }
    }
    let found = found?;
    let is_simple = found
        .parts
        .iter()
        .all(|part| matches!(part, Part::Label(_)));
    let (way, _) = Ways { cfg, costs: &costs }.longest(&found.parts, None)?;
    is_simple.then_some(way)
}

struct Ways<'a> {
    cfg: &'a Cfg,
    costs: &'a Costs,
}

type Rounds<'r> = &'r dyn Fn(&Loop) -> Option<u64>;

impl Ways<'_> {
    /// The longest way through `parts`, loops left out, and what all the rounds of the loops cost together.
    fn longest(&self, parts: &[Part], rounds: Option<Rounds<'_>>) -> Option<(u64, u64)> {
        let mut before: BTreeMap<&Label, u64> = BTreeMap::new();
        let (mut longest, mut in_loops) = (0u64, 0u64);
        for part in parts {
            let (labels, weight) = match part {
                Part::Label(label) => (vec![label], self.costs.get(label).copied().unwrap_or(0)),
                Part::Loop(inner_loop) => {
                    if let Some(rounds) = rounds {
                        let count = rounds(inner_loop)?;
                        let (way, inner) = self.longest(&inner_loop.parts, Some(rounds))?;
                        let all = way.saturating_mul(count).saturating_add(inner);
                        in_loops = in_loops.saturating_add(all);
                    }
                    (inner_loop.labels(), 0)
                }
            };
            let parents = labels
                .iter()
                .flat_map(|label| self.cfg.cfg().parents_of(label));
            let start = parents.filter_map(|parent| before.get(parent)).max();
            let end = start.copied().unwrap_or(0).saturating_add(weight);
            longest = longest.max(end);
            before.extend(labels.into_iter().map(|label| (label, end)));
        }
        Some((longest, in_loops))
    }
}
