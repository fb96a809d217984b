//! What an analysis found, the cause before what follows from it.

use std::collections::BTreeSet;

use prevail::cfg::label::Label;
use prevail::crab::interval::Interval;
use prevail::crab::var_registry::VariableRegistry;
use prevail::ir::syntax::Instruction;
use prevail::result::AnalysisResult;

use super::analysis::{Graph, Outcome, no_verdict, place_loop};
use super::facts::{self, Facts};
use super::{access, explain, returns, wording};
use crate::diagnostic::Diagnostic;
use crate::source::{line_of, place};

/// Everything that keeps the program from being accepted; empty where nothing does.
pub fn findings(
    graph: &Graph,
    result: &AnalysisResult,
    registry: &VariableRegistry,
) -> Vec<Diagnostic> {
    let Graph {
        program,
        platform,
        info,
        cfg,
        ..
    } = graph;
    let blame = || returns::blame(cfg, result, registry, program, info);
    let mut diagnostics = Vec::new();
    // In the order of the code, exits last: the first finding on a way is the cause of those that follow.
    let mut invariants: Vec<_> = result.invariants.iter().collect();
    invariants.sort_by_key(|(label, _)| matches!(cfg.instruction_at(label), Instruction::Exit(_)));
    for (label, invariant) in invariants {
        let looked_at = invariant.error.is_some() || !platform.maps.is_empty();
        if !looked_at || invariant.pre.is_bottom() {
            continue;
        }
        let instruction = cfg.instruction_at(label);
        let pc = usize::try_from(label.from).unwrap_or(0);
        let known = invariant.pre.to_set(registry);
        let facts = Facts(known.value());
        if let Some(error) = &invariant.error {
            let assertions = cfg.assertions_at(label);
            let mut diagnostic = explain::explain(&error.message, instruction, assertions, &facts);
            match instruction {
                Instruction::IncrementLoopCounter(_) => place_loop(&mut diagnostic, program, pc),
                Instruction::Exit(_) => place(&mut diagnostic, program, blame()),
                _ => {
                    place(&mut diagnostic, program, pc);
                    if let Some(line) = line_of(program, pc) {
                        wording::improve(&mut diagnostic, program, line);
                    }
                }
            }
            diagnostics.push(diagnostic);
        } else if explain::may_write_rodata(instruction, &facts) {
            let mut diagnostic = explain::error(
                "verify.write_to_const",
                "this may write to read-only data",
                "Copy it to a local variable first, and do not cast `const` away.",
            );
            place(&mut diagnostic, program, pc);
            diagnostics.push(diagnostic);
        }
    }
    if diagnostics.is_empty() && result.failed {
        diagnostics.push(no_verdict("the program could not be proven safe"));
    }
    let verdicts = Interval::from_i64_pair(0, 1);
    if diagnostics.is_empty() && !result.exit_value.is_included_in(&verdicts) {
        let message = format!(
            "the return value may be {}, it must be 0 (CF_EBPF_PASS) or 1 (CF_EBPF_DROP)",
            match ends(&result.exit_value) {
                (None, None) => "any number".to_owned(),
                known => access::range(known),
            }
        );
        let hint = "Return CF_EBPF_PASS or CF_EBPF_DROP on every path.";
        let mut diagnostic = explain::error("verify.return_value", message, hint);
        place(&mut diagnostic, program, blame());
        diagnostics.push(diagnostic);
    }
    if diagnostics.is_empty()
        && let Some(label) = no_way_out(graph, result)
    {
        let mut diagnostic = explain::error(
            "verify.loop",
            "this loop never ends: no way leads from it to a return",
            "Leave the loop after a fixed number of rounds, and return a verdict.",
        );
        let pc = usize::try_from(label.from).unwrap_or(0);
        place_loop(&mut diagnostic, program, pc);
        diagnostics.push(diagnostic);
    }
    fold(diagnostics)
}

/// An instruction that can be reached, and from which no exit can.
fn no_way_out<'a>(graph: &'a Graph, result: &'a AnalysisResult) -> Option<&'a Label> {
    let is_reached = |label: &Label| {
        result
            .invariants
            .get(label)
            .is_some_and(|invariant| !invariant.post.is_bottom())
    };
    let mut ends = BTreeSet::new();
    let mut todo = vec![Label::exit()];
    while let Some(label) = todo.pop() {
        if is_reached(&label) && ends.insert(label.clone()) {
            todo.extend(graph.cfg.cfg().parents_of(&label).iter().cloned());
        }
    }
    let mut stuck: BTreeSet<&Label> = result
        .invariants
        .keys()
        .filter(|label| is_reached(label) && !ends.contains(*label))
        .collect();
    // A state that cannot be may be noticed late: only what goes on for ever is a loop.
    loop {
        let goes_on = |label: &&Label| {
            let mut next = graph.cfg.cfg().children_of(label).iter();
            next.any(|child| stuck.contains(child))
        };
        let kept: BTreeSet<&Label> = stuck.iter().copied().filter(goes_on).collect();
        if kept.len() == stuck.len() {
            return kept.first().copied();
        }
        stuck = kept;
    }
}

/// One diagnostic for each line and code: copies of a statement (unrolled, or inlined twice) fail alike.
fn fold(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    for found in diagnostics {
        let is_known = kept.iter().any(|earlier| {
            earlier.code == found.code && found.line.is_some() && earlier.line == found.line
        });
        if !is_known && kept.len() < MAX_FINDINGS {
            kept.push(found);
        }
    }
    kept
}

/// More are of no use to anybody.
const MAX_FINDINGS: usize = 20;

fn ends(interval: &Interval) -> facts::Range {
    let lower = interval.lb().number().and_then(|number| number.to_i64());
    let upper = interval.ub().number().and_then(|number| number.to_i64());
    (lower, upper)
}

/// The heads of the loops whose rounds could not be counted.
pub fn uncounted(graph: &Graph, result: &AnalysisResult) -> Vec<usize> {
    let failed = result.invariants.iter().filter(|(label, invariant)| {
        invariant.error.is_some()
            && matches!(
                graph.cfg.instruction_at(label),
                Instruction::IncrementLoopCounter(_)
            )
    });
    failed
        .filter_map(|(label, _)| usize::try_from(label.from).ok())
        .collect()
}

/// The first instruction that an analysis could not prove.
pub fn first_pc(outcome: &Outcome) -> Option<usize> {
    let Outcome::Done(result, _) = outcome else {
        return None;
    };
    let mut failed = result
        .invariants
        .iter()
        .filter(|(_, invariant)| invariant.error.is_some());
    failed.find_map(|(label, _)| usize::try_from(label.from).ok())
}
